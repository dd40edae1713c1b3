/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_upload.c
 * @brief What became of a descriptor at each HSDir that it was sent to.
 *
 * A full upload goes to every responsible HSDir with a new revision counter.
 * Each answers for itself; one that fails gets the same revision again after
 * 5, 10 and 20 seconds, and then every minute.  An HSDir that rejects the
 * revision has one that is not lower, so only a new revision can help, which
 * means a full upload; these are rarer each time they did not help.
 * rbalance_repair.c acts on what is kept here.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_upload.h"

#include "lib/ctime/di_ops.h"
#include "lib/log/util_bug.h"

#include <string.h>

/** Forget everything in <b>upload</b> but its revision: somebody else may
 * have published since. */
void
rb_upload_forget(rb_upload_t *upload)
{
  const uint64_t revision = upload->revision;
  memset(upload, 0, sizeof(*upload));
  upload->revision = revision;
}

/** Return the HSDir with the DIGEST_LEN bytes <b>id</b> in <b>upload</b>, or
 * NULL. */
rb_hsdir_t *
rb_upload_find(rb_upload_t *upload, const uint8_t *id)
{
  for (int i = 0; i < upload->n_dirs; ++i) {
    if (fast_memeq(upload->dirs[i].id, id, DIGEST_LEN)) {
      return &upload->dirs[i];
    }
  }
  return NULL;
}

/** Note that the descriptor of <b>upload</b> with <b>revision</b> was sent to
 * the HSDir <b>id</b> at <b>now</b>.  Return that HSDir, or NULL if there are
 * too many to keep track of. */
rb_hsdir_t *
rb_upload_note_sent(rb_upload_t *upload, const uint8_t *id,
                    uint64_t revision, uint64_t now)
{
  rb_hsdir_t *dir = rb_upload_find(upload, id);

  if (revision != upload->revision) {
    upload->revision = revision;
    upload->renew_at = 0;
  }
  if (!upload->first_sent_at) {
    upload->first_sent_at = now;
  }
  if (!dir) {
    if (upload->n_dirs == RB_MAX_HSDIRS) {
      return NULL;
    }
    dir = &upload->dirs[upload->n_dirs++];
    memset(dir, 0, sizeof(*dir));
    memcpy(dir->id, id, sizeof(dir->id));
  }
  if (dir->revision != revision) {
    dir->revision = revision;
    dir->n_failures = 0;
  }
  dir->sent_at = now;
  dir->result = RB_RESULT_SENT;
  dir->fail = RB_FAIL_NONE;
  dir->retry_at = 0;
  return dir;
}

/** If every HSDir of <b>upload</b> gave its answer, and none rejected it, be
 * quick again at the next rejection. */
static void
settle(rb_upload_t *upload)
{
  for (int i = 0; i < upload->n_dirs; ++i) {
    if (upload->dirs[i].result == RB_RESULT_SENT ||
        upload->dirs[i].fail == RB_FAIL_REJECTED) {
      return;
    }
  }
  upload->renew_backoff = 0;
}

/** Note that <b>dir</b> of <b>upload</b> has the descriptor. */
void
rb_upload_note_ok(rb_upload_t *upload, rb_hsdir_t *dir, uint64_t now)
{
  dir->result = RB_RESULT_OK;
  dir->fail = RB_FAIL_NONE;
  dir->n_failures = 0;
  dir->retry_at = 0;
  dir->ok_at = now;
  upload->ok_at = now;
  upload->force_at = upload->force_backoff = 0;
  settle(upload);
}

/** Return how many milliseconds to wait after failure number
 * <b>n_failures</b>, from 1, at one HSDir. */
static uint64_t
retry_wait(int n_failures)
{
  static const uint64_t waits[] = RB_UPLOAD_RETRY_MSEC;
  const int n_waits = (int) (sizeof(waits) / sizeof(waits[0]));
  return waits[n_failures < n_waits ? n_failures - 1 : n_waits - 1];
}

/** Return the wait that follows <b>wait</b>: <b>min</b> and then twice as
 * long each time, but at most <b>max</b>. */
static uint64_t
next_wait(uint64_t wait, uint64_t min, uint64_t max)
{
  wait = wait ? 2 * wait : min;
  return wait > max ? max : wait;
}

/** Note that <b>dir</b> of <b>upload</b> does not have the descriptor, for
 * the reason <b>fail</b>, and when to do something about it. */
void
rb_upload_note_failed(rb_upload_t *upload, rb_hsdir_t *dir, rb_fail_t fail,
                      uint64_t now)
{
  dir->result = RB_RESULT_FAILED;
  dir->fail = fail;
  dir->retry_at = 0;
  if (fail == RB_FAIL_LOST) {
    dir->retry_at = now;
  } else if (fail != RB_FAIL_REJECTED) {
    dir->n_failures++;
    dir->retry_at = now + retry_wait(dir->n_failures);
  } else if (!upload->renew_at) {
    upload->renew_backoff = next_wait(upload->renew_backoff,
                                      RB_RENEW_MIN_MSEC, RB_RENEW_MAX_MSEC);
    upload->renew_at = now + upload->renew_backoff;
  }
  settle(upload);
}

/** Note that we are about to try <b>dir</b> again.  If nothing comes of that,
 * it is due again later. */
void
rb_upload_note_retry(rb_hsdir_t *dir, uint64_t now)
{
  dir->retry_at = now + RB_UPLOAD_TIMEOUT_MSEC;
}

/** Forget the HSDir <b>id</b> of <b>upload</b>: it is not responsible any
 * more. */
void
rb_upload_remove(rb_upload_t *upload, const uint8_t *id)
{
  rb_hsdir_t *dir = rb_upload_find(upload, id);
  if (dir) {
    *dir = upload->dirs[--upload->n_dirs];
  }
}

/** Forget every HSDir of <b>upload</b> that the last full upload left out: it
 * is not responsible any more.  Not to be called in the middle of one. */
void
rb_upload_drop_old(rb_upload_t *upload)
{
  for (int i = upload->n_dirs - 1; i >= 0; --i) {
    if (upload->dirs[i].revision != upload->revision) {
      upload->dirs[i] = upload->dirs[--upload->n_dirs];
    }
  }
}

/** Return true iff <b>dir</b> did not answer in time. */
bool
rb_hsdir_is_late(const rb_hsdir_t *dir, uint64_t now)
{
  return dir->result == RB_RESULT_SENT &&
    now >= dir->sent_at + RB_UPLOAD_TIMEOUT_MSEC;
}

/** Return true iff it is time to send the descriptor to <b>dir</b> again. */
bool
rb_hsdir_wants_retry(const rb_hsdir_t *dir, uint64_t now)
{
  return dir->result == RB_RESULT_FAILED && dir->retry_at &&
    now >= dir->retry_at;
}

/** Return true iff it is time to upload <b>upload</b> with a new revision,
 * because this one was rejected.  Then it is not again, until the next
 * rejection. */
bool
rb_upload_take_renewal(rb_upload_t *upload, uint64_t now)
{
  if (!upload->renew_at || now < upload->renew_at) {
    return false;
  }
  upload->renew_at = 0;
  return true;
}

/** If a new revision of <b>upload</b> is planned because this one was
 * rejected, make it due at <b>now</b>: we know what it must be above. */
void
rb_upload_renew_now(rb_upload_t *upload, uint64_t now)
{
  if (upload->renew_at > now) {
    upload->renew_at = now;
  }
}

/** Return true iff no HSDir took <b>upload</b> for <b>max_age</b>
 * milliseconds. */
static bool
is_overdue(const rb_upload_t *upload, uint64_t max_age, uint64_t now)
{
  const uint64_t since = upload->ok_at ? upload->ok_at :
    upload->first_sent_at;
  return since && now >= since + max_age;
}

/** Return true iff no HSDir took <b>upload</b> for <b>max_age</b>
 * milliseconds, so that an upload must be forced.  Then it is not again for
 * a while, which gets longer each time. */
bool
rb_upload_take_overdue(rb_upload_t *upload, uint64_t max_age, uint64_t now)
{
  if (!is_overdue(upload, max_age, now) || now < upload->force_at) {
    return false;
  }
  upload->force_backoff = next_wait(upload->force_backoff, RB_FORCE_MIN_MSEC,
                                    max_age > RB_FORCE_MIN_MSEC ? max_age :
                                    RB_FORCE_MIN_MSEC);
  upload->force_at = now + upload->force_backoff;
  return true;
}

/** Return true iff no HSDir took <b>upload</b> for <b>max_age</b>
 * milliseconds, and since an upload was forced for that the last time each
 * was tried again, and failed again. */
bool
rb_upload_is_hopeless(const rb_upload_t *upload, uint64_t max_age,
                      uint64_t now)
{
  const uint64_t forced_at = upload->force_at - upload->force_backoff;

  if (!is_overdue(upload, max_age, now) || !upload->force_at ||
      !upload->n_dirs) {
    return false;
  }
  for (int i = 0; i < upload->n_dirs; ++i) {
    if (upload->dirs[i].result != RB_RESULT_FAILED ||
        upload->dirs[i].sent_at <= forced_at) {
      return false;
    }
  }
  return true;
}

/** Return true iff we may replace a newer descriptor that somebody else
 * uploaded after ours by <b>upload</b>.  Then we may not for a while, which
 * gets longer each time: another publisher may do the same to us. */
bool
rb_upload_take_replacement(rb_upload_t *upload, uint64_t now)
{
  if (now < upload->replace_at) {
    return false;
  }
  if (now >= upload->replace_at + RB_REPLACE_MAX_MSEC) {
    upload->replace_backoff = 0;
  }
  upload->replace_backoff = next_wait(upload->replace_backoff,
                                      RB_REPLACE_MIN_MSEC,
                                      RB_REPLACE_MAX_MSEC);
  upload->replace_at = now + upload->replace_backoff;
  return true;
}

/** Return how many HSDirs have the last revision of <b>upload</b>. */
int
rb_upload_count_ok(const rb_upload_t *upload)
{
  int count = 0;
  for (int i = 0; i < upload->n_dirs; ++i) {
    count += (upload->dirs[i].result == RB_RESULT_OK &&
              upload->dirs[i].revision == upload->revision);
  }
  return count;
}

/** Return the name of <b>result</b> in events. */
const char *
rb_result_to_string(rb_result_t result)
{
  switch (result) {
    case RB_RESULT_SENT: return "SENT";
    case RB_RESULT_OK: return "OK";
    case RB_RESULT_FAILED: return "FAILED";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}

/** Return the name of <b>fail</b> in events. */
const char *
rb_fail_to_string(rb_fail_t fail)
{
  switch (fail) {
    case RB_FAIL_NONE: return "NONE";
    case RB_FAIL_REJECTED: return "REJECTED";
    case RB_FAIL_UNEXPECTED: return "UNEXPECTED";
    case RB_FAIL_CLOSED: return "CLOSED";
    case RB_FAIL_TIMEOUT: return "TIMEOUT";
    case RB_FAIL_LOST: return "LOST";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}
