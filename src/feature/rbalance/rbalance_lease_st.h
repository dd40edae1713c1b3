/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_lease_st.h
 * @brief What a node says of its publisher role.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_LEASE_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_LEASE_ST_H

#include "feature/rbalance/rbalance_limits.h"
#include "lib/crypt_ops/crypto_ed25519.h"

/** The revision counter of a descriptor that was uploaded (rend-spec-v3
 * section 2.4). */
typedef struct rb_revision_t {
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  uint64_t counter;
} rb_revision_t;

/** What the sender knows of the publisher role of one node, itself or
 * another. */
typedef struct rb_lease_t {
  /** Identity key of the node it speaks of. */
  ed25519_public_key_t node_key;
  /** Priority of that node in the election, lower first. */
  uint16_t priority;
  /** These order what a node says of its role: its incarnation, and a number
   * that grows with each claim, renewal and release. */
  uint64_t incarnation;
  uint64_t number;
  /** Milliseconds the lease ran when that was said; 0 for a standby. */
  uint64_t lasts;
  /** True iff the node does not want the role now: it stepped down. */
  bool declines;
  /** The n_revisions last revision counters that the node uploaded or knows
   * of: a later publisher stays above them. */
  rb_revision_t revisions[RB_MAX_SETS];
  int n_revisions;
  /** Of all that, by the node it speaks of. */
  ed25519_signature_t signature;
  /** Milliseconds the lease still runs, as who passes it on says: at most
   * <b>lasts</b>. */
  uint64_t left;
} rb_lease_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_LEASE_ST_H) */
