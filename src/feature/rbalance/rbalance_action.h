/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_action.h
 * @brief Header file for rbalance_action.c: what comes out of a step.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_ACTION_H
#define TOR_FEATURE_RBALANCE_RBALANCE_ACTION_H

#include "feature/rbalance/rbalance_event_st.h"
#include "feature/rbalance/rbalance_peers.h"

/** What a node can be told to do. */
typedef enum rb_action_type_t {
  /** Send text on a channel. */
  RB_ACT_SEND = 0,
  /** Open a channel to a peer. */
  RB_ACT_DIAL,
  /** Open a stream to the service's own address, to join. */
  RB_ACT_JOIN,
  /** Close a channel. */
  RB_ACT_HANG_UP,
  /** Upload a descriptor soon. */
  RB_ACT_PUBLISH,
  /** Replace one of our introduction points by one at another relay. */
  RB_ACT_RETIRE_POINT,
  /** Tell the operator: a peer changed its state. */
  RB_ACT_PEER_CHANGED,
  /** Tell the operator: we changed our role. */
  RB_ACT_ROLE_CHANGED,
  /** Tell the operator: we are alone, or not alone any more. */
  RB_ACT_MODE_CHANGED,
  /** Tell the operator: a peer's clock differs too much. */
  RB_ACT_CLOCK_SKEW,
  /** Tell the operator: a node joined, or could not. */
  RB_ACT_JOINED,
  /** Tell the operator: a node was taken out or back, or we gave up the
   * publisher role. */
  RB_ACT_STANDING,
  /** Upload a descriptor, as it is, to one HSDir. */
  RB_ACT_UPLOAD_TO,
  /** Fetch our own descriptor from one HSDir. */
  RB_ACT_FETCH_FROM,
  /** Tell the operator: what came of an upload to one HSDir. */
  RB_ACT_UPLOAD_RESULT,
  /** Tell the operator: we repair what HSDirs have. */
  RB_ACT_REPAIR,
  /** Tell the operator: an HSDir has a descriptor that is newer than ours. */
  RB_ACT_FOREIGN_PUBLISHER,
} rb_action_type_t;

/** What became of a node. */
typedef enum rb_standing_t {
  /** We gave up the publisher role. */
  RB_STANDING_STEP_DOWN = 0,
  /** A node was excluded: its points leave the merge. */
  RB_STANDING_EXCLUDE,
  /** A node was included again. */
  RB_STANDING_INCLUDE,
} rb_standing_t;

/** Why a node changed its role. */
typedef enum rb_role_reason_t {
  /** The role was vacant. */
  RB_ROLE_VACANT = 0,
  /** A better publisher was seen. */
  RB_ROLE_BETTER_PUBLISHER,
  /** Our lease ran out. */
  RB_ROLE_LEASE_LOST,
  /** We drain, are excluded, or the operator wants another publisher. */
  RB_ROLE_WITHDRAWN,
} rb_role_reason_t;

/** Why we repair what HSDirs have. */
typedef enum rb_repair_t {
  /** An HSDir rejected the revision counter. */
  RB_REPAIR_REJECTED = 0,
  /** No HSDir took the descriptor for too long. */
  RB_REPAIR_TOO_OLD,
  /** An HSDir lost it. */
  RB_REPAIR_MISSING,
  /** An HSDir has an older one. */
  RB_REPAIR_OLDER,
  /** An HSDir has a newer one, of somebody else. */
  RB_REPAIR_NEWER,
} rb_repair_t;

/** One action. */
typedef struct rb_action_t {
  rb_action_type_t type;
  /** SEND, HANG_UP: number of the channel. */
  uint64_t channel;
  /** SEND: the message, owned. */
  char *text;
  /** JOINED: true iff it did; the node is in peer. */
  bool was_accepted;
  /** DIAL, PEER_CHANGED, CLOCK_SKEW: the peer; STANDING: the node, if it is
   * about one. */
  ed25519_public_key_t peer;
  /** PUBLISH, RETIRE_POINT, and what is about HSDirs: blinded key of the
   * descriptor. */
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  /** UPLOAD_TO, FETCH_FROM, UPLOAD_RESULT, REPAIR, FOREIGN_PUBLISHER:
   * identity of the HSDir; of a REPAIR that is about all, zero. */
  uint8_t hsdir[DIGEST_LEN];
  /** UPLOAD_RESULT: revision counter, what came of it, and why. */
  uint64_t revision;
  rb_result_t result;
  rb_fail_t fail;
  /** REPAIR: why. */
  rb_repair_t repair;
  /** RETIRE_POINT: authentication key of the point. */
  uint8_t auth_key[ED25519_PUBKEY_LEN];
  /** PEER_CHANGED: from, to and why. */
  rb_lifecycle_t prev_state;
  rb_lifecycle_t state;
  rb_lifecycle_reason_t reason;
  /** ROLE_CHANGED: to and why. */
  rb_role_t role;
  rb_role_reason_t role_reason;
  /** MODE_CHANGED: true iff peers are alive, and how many. */
  bool is_multi;
  int n_alive;
  /** STANDING: what, and the word for why, static; NULL if an operator said
   * so. */
  rb_standing_t standing;
  const char *why;
  /** CLOCK_SKEW: milliseconds the peer is ahead. */
  int64_t skew;
} rb_action_t;

rb_action_t *rb_actions_add(smartlist_t *actions, rb_action_type_t type);
void rb_actions_free_(smartlist_t *actions);
#define rb_actions_free(actions) \
  FREE_AND_NULL(smartlist_t, rb_actions_free_, (actions))
const char *rb_role_reason_to_string(rb_role_reason_t reason);
const char *rb_standing_to_string(rb_standing_t standing);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_ACTION_H) */
