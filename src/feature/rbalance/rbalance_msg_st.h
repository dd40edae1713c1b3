/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_msg_st.h
 * @brief One struct per message that nodes exchange.
 *
 * The field names are those of doc/protocol.md.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_MSG_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_MSG_ST_H

#include "feature/rbalance/rbalance_join_st.h"
#include "feature/rbalance/rbalance_lease_st.h"
#include "lib/container/smartlist.h"
#include "lib/crypt_ops/crypto_ed25519.h"

/** The types of message. */
typedef enum rb_msg_type_t {
  RB_MSG_HEARTBEAT = 0,
  RB_MSG_LEASE_CLAIM,
  RB_MSG_LEASE_RELEASE,
  RB_MSG_INTRO_POINTS,
  RB_MSG_PEER_ANNOUNCE,
  RB_MSG_JOIN_REQUEST,
  RB_MSG_JOIN_RESPONSE,
  RB_MSG_BACKEND_UNHEALTHY,
  RB_MSG_PING,
  RB_MSG_PONG,
  RB_MSG_TYPE_MAX_,
} rb_msg_type_t;

/** Who publishes: a node is one or the other. */
typedef enum rb_role_t {
  RB_ROLE_STANDBY = 0,
  RB_ROLE_PUBLISHER,
} rb_role_t;

/** The newest record of a node that the sender of a heartbeat has. */
typedef struct rb_known_t {
  /** Identity key of the node. */
  ed25519_public_key_t node_key;
  /** Incarnation and sequence of its record; see rb_record_t. */
  uint64_t incarnation;
  uint64_t sequence;
} rb_known_t;

/** Liveness and state of the sender, sent once per heartbeat interval. */
typedef struct rb_msg_heartbeat_t {
  rb_role_t role;
  /** The sender's own lease. */
  rb_lease_t lease;
  /** Introduction points the sender has for the current descriptor. */
  uint64_t intro_point_count;
  /** Seconds since the epoch when the sender last uploaded; 0 for never. */
  uint64_t last_publish_ts;
  /** Effort that clients of the sender should spend (prop327). */
  uint64_t pow_effort;
  /** Digest of the names and numbers of all records the sender has. */
  uint8_t digest[DIGEST256_LEN];
  /** rb_exclusion_t of all nodes that the sender knows to be, or to have been,
   * excluded, owned; NULL for none. */
  smartlist_t *exclusions;
  /** The rb_known_t of every record the sender has, owned; NULL where the
   * digest says enough. */
  smartlist_t *known;
} rb_msg_heartbeat_t;

/** A node new to the sender: itself, when a channel came up, or another. */
typedef struct rb_msg_peer_announce_t {
  ed25519_public_key_t node_key;
  /** Name of that node; the message's node_id is the sender's. */
  char name[RB_NODE_ID_LEN + 1];
  /** Priority in the election, lower first. */
  uint16_t priority;
} rb_msg_peer_announce_t;

/** Why a node is reported as unhealthy. */
typedef enum rb_report_reason_t {
  /** It leaves pings unanswered. */
  RB_REPORT_SILENT = 0,
  /** Its channel broke and its relays refuse introductions: it is gone. */
  RB_REPORT_REFUSED,
  RB_REPORT_REASON_MAX_,
} rb_report_reason_t;

/** A node does not serve, as one that had a channel to it says. */
typedef struct rb_msg_backend_unhealthy_t {
  /** Identity key of the node. */
  ed25519_public_key_t node_key;
  /** Name of the node. */
  char backend_name[RB_NODE_ID_LEN + 1];
  /** The newest record that the reporter has of it; a newer one refutes the
   * report. */
  uint64_t incarnation;
  uint64_t sequence;
  /** Identity key of the node that says so. */
  ed25519_public_key_t reporter;
  rb_report_reason_t reason;
} rb_msg_backend_unhealthy_t;

/** A signed record, of the sender or of a third node. */
typedef struct rb_msg_intro_points_t {
  /** Text of the record, owned. */
  char *record;
  /** The signature of that text by the node it speaks of. */
  ed25519_signature_t signature;
} rb_msg_intro_points_t;

/** Asks for (ping) or gives (pong) an immediate answer. */
typedef struct rb_msg_ping_t {
  /** Chosen by the asker, returned unchanged. */
  uint64_t id;
} rb_msg_ping_t;

/** A message. */
typedef struct rb_msg_t {
  rb_msg_type_t type;
  /** Name of the sender. */
  char node_id[RB_NODE_ID_LEN + 1];
  /** Milliseconds since the epoch when it was sent, by the sender's clock. */
  uint64_t timestamp;
  /** Counts the messages in this direction of the channel, from 1. */
  uint64_t number;
  /** What is particular to the type. */
  union {
    rb_msg_heartbeat_t heartbeat;
    /** Of lease_claim and lease_release. */
    rb_lease_t lease;
    rb_msg_intro_points_t intro_points;
    rb_msg_peer_announce_t peer_announce;
    rb_msg_join_request_t join_request;
    rb_msg_join_response_t join_response;
    rb_msg_backend_unhealthy_t backend_unhealthy;
    rb_msg_ping_t ping;
  } u;
} rb_msg_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_MSG_ST_H) */
