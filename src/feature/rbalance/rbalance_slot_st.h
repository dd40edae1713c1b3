/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_slot_st.h
 * @brief A descriptor of a balanced service.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_SLOT_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_SLOT_ST_H

#include "feature/rbalance/rbalance_upload.h"

/** A descriptor of the service, and when it is to be published. */
typedef struct rb_slot_t {
  uint64_t period_num;
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  /** True iff it is the next descriptor, not the current one. */
  bool is_next;
  /** Monotonic milliseconds when we first knew of it. */
  uint64_t first_seen;
  /** Digest of the points it should have, and since when it has this
   * value. */
  uint8_t digest[DIGEST256_LEN];
  uint64_t digest_since;
  /** Monotonic milliseconds since when the digest is not the published one;
   * 0 if it is. */
  uint64_t stale_since;
  /** True iff we uploaded it since we are publisher; then the digest it had
   * and when, in monotonic milliseconds. */
  bool is_published;
  uint8_t published_digest[DIGEST256_LEN];
  uint64_t published_at;
  /** Monotonic milliseconds when we last asked for an upload; 0 for never. */
  uint64_t requested_at;
  /** Highest revision counter that any node uploaded; 0 for none known. */
  uint64_t revision;
  /** Where it was uploaded. */
  rb_upload_t upload;
} rb_slot_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_SLOT_ST_H) */
