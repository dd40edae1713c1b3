/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_upload.h
 * @brief Header file for rbalance_upload.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_UPLOAD_H
#define TOR_FEATURE_RBALANCE_RBALANCE_UPLOAD_H

#include "feature/rbalance/rbalance_limits.h"
#include "lib/cc/torint.h"
#include "lib/defs/digest_sizes.h"

/** What came of sending a descriptor to one HSDir. */
typedef enum rb_result_t {
  /** No answer yet. */
  RB_RESULT_SENT = 0,
  /** It has the descriptor. */
  RB_RESULT_OK,
  /** It does not, as far as we know. */
  RB_RESULT_FAILED,
} rb_result_t;

/** Why an HSDir does not have a descriptor. */
typedef enum rb_fail_t {
  RB_FAIL_NONE = 0,
  /** It refused it: it has one with this revision counter or a higher one. */
  RB_FAIL_REJECTED,
  /** It gave another answer. */
  RB_FAIL_UNEXPECTED,
  /** The stream ended without an answer. */
  RB_FAIL_CLOSED,
  /** There was no answer in time. */
  RB_FAIL_TIMEOUT,
  /** It had taken the descriptor, but has it no more. */
  RB_FAIL_LOST,
} rb_fail_t;

/** What we know of one HSDir that a descriptor was sent to.  All times are
 * in monotonic milliseconds. */
typedef struct rb_hsdir_t {
  /** RSA identity of the relay. */
  uint8_t id[DIGEST_LEN];
  /** Revision counter of the descriptor that was sent last, when, and what
   * came of it. */
  uint64_t revision;
  uint64_t sent_at;
  rb_result_t result;
  rb_fail_t fail;
  /** When it last took a descriptor; 0 for never. */
  uint64_t ok_at;
  /** Failures with this revision, and when to try again; 0 for not. */
  int n_failures;
  uint64_t retry_at;
  /** When we last asked it for the descriptor; 0 for never. */
  uint64_t audited_at;
} rb_hsdir_t;

/** Where a descriptor was sent in our term as publisher.  All times are in
 * monotonic milliseconds. */
typedef struct rb_upload_t {
  /** Revision counter of the last upload, also of an earlier term; 0 for
   * none. */
  uint64_t revision;
  /** The HSDirs: n_dirs of them. */
  rb_hsdir_t dirs[RB_MAX_HSDIRS];
  int n_dirs;
  /** When it was first sent, and when an HSDir last took it; 0 for never. */
  uint64_t first_sent_at;
  uint64_t ok_at;
  /** When to ask for a new revision because this one was rejected; 0 for
   * not.  Then how long we waited the last time. */
  uint64_t renew_at;
  uint64_t renew_backoff;
  /** When we may force an upload again, and how long we waited before. */
  uint64_t force_at;
  uint64_t force_backoff;
  /** When we may replace another's newer descriptor again, and how long we
   * waited before. */
  uint64_t replace_at;
  uint64_t replace_backoff;
} rb_upload_t;

void rb_upload_forget(rb_upload_t *upload);
rb_hsdir_t *rb_upload_find(rb_upload_t *upload, const uint8_t *id);
rb_hsdir_t *rb_upload_note_sent(rb_upload_t *upload, const uint8_t *id,
                                uint64_t revision, uint64_t now);
void rb_upload_note_ok(rb_upload_t *upload, rb_hsdir_t *dir, uint64_t now);
void rb_upload_note_failed(rb_upload_t *upload, rb_hsdir_t *dir,
                           rb_fail_t fail, uint64_t now);
void rb_upload_note_retry(rb_hsdir_t *dir, uint64_t now);
void rb_upload_remove(rb_upload_t *upload, const uint8_t *id);
void rb_upload_drop_old(rb_upload_t *upload);
bool rb_hsdir_is_late(const rb_hsdir_t *dir, uint64_t now);
bool rb_hsdir_wants_retry(const rb_hsdir_t *dir, uint64_t now);
bool rb_upload_take_renewal(rb_upload_t *upload, uint64_t now);
void rb_upload_renew_now(rb_upload_t *upload, uint64_t now);
bool rb_upload_take_overdue(rb_upload_t *upload, uint64_t max_age,
                            uint64_t now);
bool rb_upload_is_hopeless(const rb_upload_t *upload, uint64_t max_age,
                           uint64_t now);
bool rb_upload_take_replacement(rb_upload_t *upload, uint64_t now);
int rb_upload_count_ok(const rb_upload_t *upload);
const char *rb_result_to_string(rb_result_t result);
const char *rb_fail_to_string(rb_fail_t fail);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_UPLOAD_H) */
