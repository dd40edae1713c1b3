/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_peer_st.h
 * @brief What a node knows of another.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_PEER_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_PEER_ST_H

#include "feature/rbalance/rbalance_lease_st.h"
#include "feature/rbalance/rbalance_msg_st.h"
#include "feature/rbalance/rbalance_now_st.h"
#include "feature/rbalance/rbalance_record.h"

/** The life of a node as its peers see it. */
typedef enum rb_lifecycle_t {
  /** Known, but no heartbeat yet. */
  RB_NODE_JOINING = 0,
  /** Heartbeats, but no introduction points yet. */
  RB_NODE_INITIALIZING,
  /** Heartbeats and points: its points may be published. */
  RB_NODE_HEALTHY,
  /** Leaves pings unanswered: its points must not be published. */
  RB_NODE_UNHEALTHY,
  /** Missed too many heartbeats. */
  RB_NODE_DEAD,
} rb_lifecycle_t;

/** Why a node changed its state. */
typedef enum rb_lifecycle_reason_t {
  RB_REASON_HEARTBEAT = 0,
  RB_REASON_INTRO_POINTS,
  RB_REASON_NO_INTRO_POINTS,
  RB_REASON_PING_TIMEOUT,
  RB_REASON_HEARTBEAT_TIMEOUT,
  /** Its relays refuse introductions to it: its circuits are gone. */
  RB_REASON_REFUSED,
  /** Another node says so. */
  RB_REASON_REPORTED,
} rb_lifecycle_reason_t;

/** What part the points of a node have in the merge. */
typedef enum rb_part_t {
  /** None, so far or by an operator's word. */
  RB_PART_NONE = 0,
  /** They are merged. */
  RB_PART_IN,
  /** They were, until the node was not Healthy any more. */
  RB_PART_UNWELL,
  /** They were, until the node had no backend, but others had. */
  RB_PART_NO_BACKEND,
} rb_part_t;

/** One node's word that another does not serve. */
typedef struct rb_report_t {
  /** Identity key of the node that says so. */
  uint8_t reporter[ED25519_PUBKEY_LEN];
  rb_report_reason_t reason;
  /** Monotonic milliseconds when we heard of it. */
  uint64_t at;
} rb_report_t;

/** What we know of one other node. */
typedef struct rb_peer_t {
  /** Its identity key, which is also its node address. */
  ed25519_public_key_t key;
  /** True iff our configuration names it. */
  bool is_configured;
  /** True iff we want a channel to it: see rbalance_neighbors.c. */
  bool is_neighbor;
  rb_lifecycle_t state;
  /** Monotonic milliseconds since when it has that state, and why. */
  uint64_t state_since;
  rb_lifecycle_reason_t state_reason;
  /** What part its points have in the merge: see rbalance_health.c. */
  rb_part_t part;
  /** Number of the channel to it that is in use; 0 for none.  rbalance_step.c
   * numbers channels. */
  uint64_t channel;
  /** True iff it opened that channel. */
  bool channel_is_inbound;
  /** Monotonic milliseconds since when it is in use. */
  uint64_t channel_since;
  /** Monotonic milliseconds since when a channel that we opened leads to it
   * though it is no neighbour; 0 if none does. */
  uint64_t surplus_since;
  /** Numbers of the last message sent and received on that channel. */
  uint64_t last_sent_number;
  uint64_t last_received_number;
  /** Monotonic milliseconds when we may try to open a channel. */
  uint64_t dial_at;
  /** Monotonic milliseconds when we may try once more, though a try is under
   * way; 0 for never. */
  uint64_t dial_again_at;
  /** Milliseconds of the wait before the next try. */
  uint64_t dial_backoff;
  /** True iff a channel to it is being opened. */
  bool is_dialing;
  /** Monotonic milliseconds when it last sent anything; when we first knew
   * it, if it never did. */
  uint64_t last_heard;
  /** True iff its channel broke and its relays refuse introductions. */
  bool is_refused;
  /** The n_reports that other nodes made of its newest record; those before
   * last_heard are kept to know them again. */
  rb_report_t reports[RB_MAX_REPORTS];
  int n_reports;
  /** True iff it sent a heartbeat since we listen: ever, or since we lost our
   * lease. */
  bool has_heartbeat;
  /** Pings sent since it last sent anything. */
  int pings_unanswered;
  /** Monotonic milliseconds when the next ping is due. */
  uint64_t ping_at;
  /** Id of the last ping, and when it left. */
  uint64_t ping_id;
  rb_now_t ping_sent;
  /** Milliseconds a message and its answer took last; 0 if not known. */
  uint64_t rtt;
  /** Milliseconds its clock is ahead of ours, by the last measurement; and
   * true iff that is too much, and the operator was told. */
  int64_t skew;
  bool skew_is_told;
  /** Name it gave itself in its last message; empty if none came yet. */
  char node_id[RB_NODE_ID_LEN + 1];
  /** Role, priority and upload time of its last heartbeat or claim. */
  rb_role_t role;
  uint16_t priority;
  uint64_t last_publish_ts;
  /** Effort that its last heartbeat suggests for its clients. */
  uint32_t pow_effort;
  /** Monotonic milliseconds when its lease ends, if it is publisher. */
  uint64_t lease_until;
  /** The last lease we have of it, and monotonic milliseconds when that came
   * first, from itself or through others. */
  rb_lease_t lease;
  uint64_t role_heard;
  /** Heartbeats in a row with another digest than ours; true iff the next
   * heartbeat to it is the first on its channel. */
  int n_mismatches;
  bool is_new_channel;
  /** Its newest record, owned; NULL until one came. */
  rb_record_t *record;
} rb_peer_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_PEER_ST_H) */
