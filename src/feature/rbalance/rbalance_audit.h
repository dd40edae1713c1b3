/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_audit.h
 * @brief Header file for rbalance_audit.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_AUDIT_H
#define TOR_FEATURE_RBALANCE_RBALANCE_AUDIT_H

#include "feature/rbalance/rbalance_upload.h"
#include "lib/defs/x25519_sizes.h"

/** What an HSDir said when we asked it for our descriptor. */
typedef enum rb_answer_t {
  /** Nothing of use. */
  RB_ANSWER_NONE = 0,
  /** That it has none. */
  RB_ANSWER_MISSING,
  /** It sent one. */
  RB_ANSWER_FOUND,
} rb_answer_t;

/** What the answer means. */
typedef enum rb_finding_t {
  /** Nothing: there was no answer, or we uploaded meanwhile. */
  RB_FINDING_NONE = 0,
  /** The HSDir has what we uploaded. */
  RB_FINDING_SAME,
  /** It has none. */
  RB_FINDING_MISSING,
  /** It has an older one. */
  RB_FINDING_OLDER,
  /** It took ours and now has a newer one, so somebody else publishes. */
  RB_FINDING_NEWER,
  /** It rejected ours for a newer one. */
  RB_FINDING_REJECTOR,
} rb_finding_t;

/** The question to an HSDir that is under way, and when the next one is due.
 * All times are in monotonic milliseconds. */
typedef struct rb_audit_t {
  /** True while there is no answer yet; then to what. */
  bool is_pending;
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  uint8_t hsdir[DIGEST_LEN];
  uint64_t revision;
  uint64_t asked_at;
  /** When the next question is due; 0 if none was planned yet. */
  uint64_t next_at;
  /** How often a newer descriptor was found, and when we last warned; 0 for
   * never. */
  uint64_t n_newer;
  uint64_t warned_at;
} rb_audit_t;

rb_hsdir_t *rb_audit_pick(rb_upload_t *upload, uint64_t interval,
                          uint64_t now);
void rb_audit_start(rb_audit_t *audit, const uint8_t *blinded_key,
                    rb_hsdir_t *dir, uint64_t now);
bool rb_audit_is_free(rb_audit_t *audit, uint64_t interval, uint64_t random,
                      uint64_t now);
rb_finding_t rb_audit_finish(rb_audit_t *audit, const uint8_t *blinded_key,
                             const rb_hsdir_t *dir, rb_answer_t answer,
                             uint64_t revision);
bool rb_audit_take_warning(rb_audit_t *audit, uint64_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_AUDIT_H) */
