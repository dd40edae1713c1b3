/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_audit.c
 * @brief Which HSDir to ask for our own descriptor, and what its answer means.
 *
 * An HSDir that took the descriptor may lose it: a relay keeps descriptors in
 * memory, and is restarted.  So the publisher fetches its descriptors back,
 * from one HSDir at a time and from each once in a while, and compares the
 * revision counter with the one it uploaded.  It also asks an HSDir that
 * rejected a descriptor which one it has: of a publisher that died before
 * anybody heard of its last upload, or that nobody could hear.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_audit.h"

#include "lib/ctime/di_ops.h"

#include <string.h>

/** Return the HSDir of <b>upload</b> to be asked next, or NULL if none is
 * due: it took the last revision some time ago and was not asked for longer
 * than any other.  <b>interval</b> is the time between two questions, in
 * milliseconds. */
rb_hsdir_t *
rb_audit_pick(rb_upload_t *upload, uint64_t interval, uint64_t now)
{
  rb_hsdir_t *best = NULL;
  const uint64_t rest = 2 * interval < RB_AUDIT_REST_MSEC ?
    2 * interval : RB_AUDIT_REST_MSEC;

  for (int i = 0; i < upload->n_dirs; ++i) {
    rb_hsdir_t *dir = &upload->dirs[i];
    if (dir->result != RB_RESULT_OK || dir->revision != upload->revision ||
        now < dir->ok_at + rest ||
        (dir->audited_at &&
         now < dir->audited_at + RB_AUDIT_ROUND * interval)) {
      continue;
    }
    if (!best || dir->audited_at < best->audited_at) {
      best = dir;
    }
  }
  return best;
}

/** Note in <b>audit</b> that <b>dir</b> was asked for the descriptor with
 * <b>blinded_key</b>. */
void
rb_audit_start(rb_audit_t *audit, const uint8_t *blinded_key,
               rb_hsdir_t *dir, uint64_t now)
{
  audit->is_pending = true;
  memcpy(audit->blinded_key, blinded_key, sizeof(audit->blinded_key));
  memcpy(audit->hsdir, dir->id, sizeof(audit->hsdir));
  audit->revision = dir->revision;
  audit->asked_at = now;
  dir->audited_at = now;
}

/** Return true iff <b>audit</b> is ready for the next question; then the one
 * after it is due after <b>interval</b> milliseconds, give or take a half as
 * <b>random</b> says.  A question that is not answered is given up. */
bool
rb_audit_is_free(rb_audit_t *audit, uint64_t interval, uint64_t random,
                 uint64_t now)
{
  const bool is_planned = audit->next_at != 0;
  if (audit->is_pending &&
      now >= audit->asked_at + RB_UPLOAD_TIMEOUT_MSEC) {
    audit->is_pending = false;
  }
  if (audit->is_pending || now < audit->next_at) {
    return false;
  }
  audit->next_at = now + interval / 2 + random % (interval + 1);
  return is_planned;
}

/** Return what it means that <b>dir</b>, which took the revision that
 * <b>audit</b> asked for, gave <b>answer</b> and <b>revision</b>. */
static rb_finding_t
compare(const rb_audit_t *audit, const rb_hsdir_t *dir, rb_answer_t answer,
        uint64_t revision)
{
  if (dir->ok_at > audit->asked_at || answer == RB_ANSWER_NONE) {
    return RB_FINDING_NONE;
  }
  if (answer == RB_ANSWER_MISSING) {
    return RB_FINDING_MISSING;
  }
  if (revision == audit->revision) {
    return RB_FINDING_SAME;
  }
  return revision < audit->revision ? RB_FINDING_OLDER : RB_FINDING_NEWER;
}

/** Take the <b>answer</b> of <b>dir</b>, NULL if we know it no more, about
 * the descriptor with <b>blinded_key</b>; <b>revision</b> is of the one that
 * it sent.  Return what that means.  Of an HSDir that rejected ours nothing
 * is news but a newer one: the rest is tried again in any case. */
rb_finding_t
rb_audit_finish(rb_audit_t *audit, const uint8_t *blinded_key,
                const rb_hsdir_t *dir, rb_answer_t answer, uint64_t revision)
{
  rb_finding_t finding;

  if (!dir || !audit->is_pending ||
      !fast_memeq(audit->hsdir, dir->id, sizeof(audit->hsdir)) ||
      !fast_memeq(audit->blinded_key, blinded_key,
                  sizeof(audit->blinded_key))) {
    return RB_FINDING_NONE;
  }
  audit->is_pending = false;
  if (dir->revision != audit->revision) {
    return RB_FINDING_NONE;
  }
  if (dir->fail == RB_FAIL_REJECTED) {
    return answer == RB_ANSWER_FOUND && revision > audit->revision ?
      RB_FINDING_REJECTOR : RB_FINDING_NONE;
  }
  if (dir->result != RB_RESULT_OK) {
    return RB_FINDING_NONE;
  }
  finding = compare(audit, dir, answer, revision);
  audit->n_newer += (finding == RB_FINDING_NEWER);
  return finding;
}

/** Return true iff we may warn of a newer descriptor, which we do once in
 * RB_AUDIT_WARN_MSEC. */
bool
rb_audit_take_warning(rb_audit_t *audit, uint64_t now)
{
  if (audit->warned_at && now < audit->warned_at + RB_AUDIT_WARN_MSEC) {
    return false;
  }
  audit->warned_at = now;
  return true;
}
