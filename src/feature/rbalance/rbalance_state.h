/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_state.h
 * @brief Header file for rbalance_state.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_STATE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_STATE_H

#include "feature/rbalance/rbalance_exclusion.h"
#include "feature/rbalance/rbalance_audit.h"
#include "feature/rbalance/rbalance_lease_st.h"
#include "feature/rbalance/rbalance_merge.h"
#include "feature/rbalance/rbalance_now_st.h"
#include "feature/rbalance/rbalance_peers.h"
#include "feature/rbalance/rbalance_slot_st.h"

/** Why something that came from outside was dropped. */
typedef enum rb_drop_t {
  /** Not one of our messages, or of another version. */
  RB_DROP_MALFORMED = 0,
  /** A message with a number that was there before. */
  RB_DROP_REPLAYED,
  /** A frame with an impossible length. */
  RB_DROP_OVERSIZED,
  /** A message on a channel that is not in use. */
  RB_DROP_CHANNEL,
  /** A record that we have, or that is older. */
  RB_DROP_OLD_RECORD,
  /** A record that is malformed or unsound; one, or a lease or exclusion,
   * that is badly signed. */
  RB_DROP_BAD_RECORD,
  /** A record of another cluster. */
  RB_DROP_WRONG_CLUSTER,
  /** A lease or report of a node that we don't know. */
  RB_DROP_UNKNOWN_NODE,
  /** A stream whose handshake failed, or without a good tag. */
  RB_DROP_HANDSHAKE,
  /** A stream or node above a limit. */
  RB_DROP_LIMIT,
  RB_DROP_MAX_,
} rb_drop_t;

/** Everything that one node knows and decides on, for one service. */
typedef struct rb_state_t {
  /** Our settings, owned. */
  rb_config_t *config;
  /** Names the cluster. */
  uint8_t cluster_id[RB_CLUSTER_ID_LEN];
  /** The service's key. */
  ed25519_public_key_t service_key;
  /** Our node keys. */
  ed25519_keypair_t node_keys;
  /** Our own record, owned; its sets are our introduction points. */
  rb_record_t *record;
  /** Points we want in each of our sets. */
  int wanted_points;
  /** Relays in the network that could have a point. */
  int n_relays;
  /** The other nodes, owned. */
  rb_peers_t *peers;
  /** The effort that tor suggests for clients of this node (prop327). */
  uint32_t pow_effort;
  /** True iff the neighbours may have changed. */
  bool neighbors_are_dirty;
  /** Our role, and monotonic milliseconds when our lease ends. */
  rb_role_t role;
  uint64_t lease_until;
  /** What we said of our lease last, and monotonic milliseconds when it ends
   * then; 0 if it does not run. */
  rb_lease_t lease;
  uint64_t lease_said_until;
  /** See rb_election_decide(). */
  uint64_t claim_at;
  /** What part our own points have in the merge: see rbalance_health.c. */
  rb_part_t part;
  /** Monotonic milliseconds until which another node should be publisher,
   * because the operator wants that or our uploads fail; 0 for never. */
  uint64_t stood_down_until;
  /** rb_exclusion_t of nodes that operators excluded, owned. */
  smartlist_t *exclusions;
  /** Monotonic milliseconds until which we only listen; 0 before the network
   * is ready. */
  uint64_t listen_until;
  /** True iff peers are alive. */
  bool is_multi;
  /** Joining, ourselves and others. */
  rb_join_t join;
  /** True iff tor can build circuits. */
  bool network_is_ready;
  /** Monotonic milliseconds of the last tick and of the next heartbeat. */
  uint64_t last_tick;
  uint64_t heartbeat_at;
  /** The descriptors: n_slots of them. */
  rb_slot_t slots[RB_MAX_SETS];
  int n_slots;
  /** True iff a digest in slots may be out of date; monotonic milliseconds
   * when they were computed last. */
  bool merge_is_dirty;
  uint64_t merged_at;
  /** Seconds since the epoch of our last upload; 0 for never. */
  uint64_t last_publish_ts;
  /** Seconds since the epoch when an HSDir last took a descriptor; 0 for
   * never. */
  uint64_t last_upload_ok_ts;
  /** The question to an HSDir for our descriptor. */
  rb_audit_t audit;
  /** How often we dropped what, by rb_drop_t. */
  uint64_t dropped[RB_DROP_MAX_];
  /** Heartbeats that we sent to each peer, and that came from them. */
  uint64_t n_heartbeats_sent;
  uint64_t n_heartbeats_received;
  /** State of the generator for jitters; nothing secret depends on it. */
  uint64_t random;
} rb_state_t;

rb_state_t *rb_state_new(const rb_config_t *config,
                         const uint8_t *cluster_id,
                         const ed25519_public_key_t *service_key,
                         const ed25519_keypair_t *node_keys,
                         uint64_t random_seed, rb_now_t now);
void rb_state_free_(rb_state_t *state);
#define rb_state_free(state) FREE_AND_NULL(rb_state_t, rb_state_free_, (state))

void rb_state_default_node_id(const ed25519_public_key_t *key, char *out);
void rb_state_set_config(rb_state_t *state, const rb_config_t *config,
                         uint64_t now);
bool rb_state_note_keyless(rb_state_t *state, bool is_keyless);
void rb_state_renew_record(rb_state_t *state, const smartlist_t *sets);
void rb_state_outlive(rb_state_t *state, uint64_t incarnation);
uint64_t rb_state_random(rb_state_t *state);
bool rb_state_has_lease(const rb_state_t *state, uint64_t now);
smartlist_t *rb_state_choose(const rb_state_t *state,
                             const uint8_t *blinded_key, int cap,
                             rb_point_usable_fn_t usable, void *arg);
const char *rb_drop_to_string(rb_drop_t drop);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_STATE_H) */
