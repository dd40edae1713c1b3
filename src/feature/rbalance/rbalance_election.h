/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_election.h
 * @brief Header file for rbalance_election.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_ELECTION_H
#define TOR_FEATURE_RBALANCE_RBALANCE_ELECTION_H

#include "feature/rbalance/rbalance_msg_st.h"

/** A node as the election sees it. */
typedef struct rb_candidate_t {
  /** Identity key of the node, ED25519_PUBKEY_LEN bytes, borrowed. */
  const uint8_t *key;
  /** Priority, lower first. */
  uint16_t priority;
  /** True iff it answers; always true of ourselves. */
  bool is_alive;
  /** True iff it can sign descriptors and is not draining. */
  bool can_publish;
  /** True iff it last said that it is the publisher. */
  bool is_publisher;
  /** Monotonic milliseconds when the lease it last spoke of ends. */
  uint64_t lease_until;
  /** Monotonic milliseconds when it was last heard. */
  uint64_t last_heard;
  /** True iff everybody who can judge says that it is gone: see
   * rb_report_is_gone(). */
  bool is_gone;
} rb_candidate_t;

/** What an election decides on, all at one moment. */
typedef struct rb_election_view_t {
  /** Ourselves. */
  rb_candidate_t self;
  /** The n_others other nodes we know. */
  rb_candidate_t *others;
  int n_others;
  /** True while we still listen for a cluster that may be running. */
  bool is_listening;
  /** True iff every node we know has been heard at some time, so that our
   * view of the order is the others' view, too. */
  bool is_complete;
  /** Times of the configuration, in milliseconds. */
  uint64_t heartbeat_timeout;
  uint64_t takeover_grace;
  uint64_t backoff_jitter;
} rb_election_view_t;

/** What to do about the publisher role. */
typedef enum rb_election_verdict_t {
  /** Nothing. */
  RB_ELECTION_KEEP = 0,
  /** The role is vacant and we are the first candidate: claim it. */
  RB_ELECTION_CLAIM,
  /** Another publisher is before us in the order: give the role up. */
  RB_ELECTION_STEP_DOWN,
  /** Our own lease ran out, as after a stop of this process: others may have
   * taken the role, so give it up and listen. */
  RB_ELECTION_LEASE_LOST,
} rb_election_verdict_t;

int rb_candidate_cmp(const rb_candidate_t *a, const rb_candidate_t *b);
bool rb_election_is_vacant(const rb_election_view_t *view, uint64_t now);
bool rb_election_self_is_first(const rb_election_view_t *view);
rb_election_verdict_t rb_election_decide(const rb_election_view_t *view,
                                         uint64_t now, uint64_t random,
                                         uint64_t *claim_at);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_ELECTION_H) */
