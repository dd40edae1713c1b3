/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_admission.c
 * @brief Who asks to join how often, and with which tags.
 *
 * A tag is answered once, and a node at most RB_MAX_JOINS_PER_NODE times in
 * RB_JOIN_WINDOW_MSEC.  Only tags with a good MAC come here.  The memory is
 * bounded: when it is full, nobody is admitted until the oldest tag could not
 * be used again anyway.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_admission.h"

#include "lib/ctime/di_ops.h"

#include <string.h>

/** One tag that was answered. */
typedef struct admission_t {
  rb_tag_t tag;
  /** Monotonic milliseconds when that was. */
  uint64_t at;
} admission_t;

/** Return an empty memory. */
rb_admissions_t *
rb_admissions_new(void)
{
  rb_admissions_t *admissions = tor_malloc_zero(sizeof(*admissions));
  admissions->list = smartlist_new();
  return admissions;
}

/** Release <b>admissions</b>; NULL is fine. */
void
rb_admissions_free_(rb_admissions_t *admissions)
{
  if (!admissions) {
    return;
  }
  SMARTLIST_FOREACH(admissions->list, admission_t *, admission,
                    tor_free(admission));
  smartlist_free(admissions->list);
  tor_free(admissions);
}

/** Return true iff the node with <b>tag</b> may be answered at monotonic
 * milliseconds <b>now</b>, and remember that it was. */
bool
rb_admissions_admit(rb_admissions_t *admissions, const rb_tag_t *tag,
                    uint64_t now)
{
  admission_t *admission;
  int n_of_node = 0;

  SMARTLIST_FOREACH_BEGIN(admissions->list, admission_t *, old) {
    if (now >= old->at + RB_JOIN_WINDOW_MSEC) {
      SMARTLIST_DEL_CURRENT_KEEPORDER(admissions->list, old);
      tor_free(old);
    } else if (tor_memeq(old->tag.mac, tag->mac, sizeof(tag->mac))) {
      return false;
    } else {
      n_of_node += ed25519_pubkey_eq(&old->tag.node_key, &tag->node_key);
    }
  } SMARTLIST_FOREACH_END(old);
  if (n_of_node >= RB_MAX_JOINS_PER_NODE ||
      smartlist_len(admissions->list) >= RB_MAX_ADMISSIONS) {
    return false;
  }
  admission = tor_malloc_zero(sizeof(*admission));
  memcpy(&admission->tag, tag, sizeof(*tag));
  admission->at = now;
  smartlist_add(admissions->list, admission);
  return true;
}
