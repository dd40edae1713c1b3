/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_join_st.h
 * @brief What nodes that join say, and remember.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_JOIN_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_JOIN_ST_H

#include "feature/rbalance/rbalance_limits.h"
#include "lib/container/smartlist.h"
#include "lib/crypt_ops/crypto_ed25519.h"

/** Asks which nodes there are. */
typedef struct rb_msg_join_request_t {
  /** Seconds since the epoch when the sender asked. */
  uint64_t request_time;
  /** Priority of the sender in the election, lower first. */
  uint16_t priority;
} rb_msg_join_request_t;

/** The answer to that. */
typedef struct rb_msg_join_response_t {
  bool success;
  /** Node keys (ed25519_public_key_t) of the nodes that the sender knows and
   * has not found dead, itself first, owned. */
  smartlist_t *known_peers;
} rb_msg_join_response_t;

/** A stream between a node that joins and one that answers. */
typedef struct rb_join_channel_t {
  /** Number of the channel; 0 for a free place. */
  uint64_t number;
  /** True iff we answer. */
  bool is_inbound;
  bool is_answered;
  /** Node key of the other, if we answer. */
  ed25519_public_key_t peer;
} rb_join_channel_t;

/** How far we are in joining: see rbalance_join.c. */
typedef struct rb_join_t {
  /** True iff we were answered or gave up. */
  bool is_over;
  int n_attempts;
  /** Monotonic milliseconds of the next attempt. */
  uint64_t next_at;
  rb_join_channel_t channels[RB_MAX_JOIN_CHANNELS];
} rb_join_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_JOIN_ST_H) */
