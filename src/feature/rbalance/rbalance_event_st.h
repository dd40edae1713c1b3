/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_event_st.h
 * @brief What goes into a step.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_EVENT_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_EVENT_ST_H

#include "feature/rbalance/rbalance_config_st.h"
#include "feature/rbalance/rbalance_audit.h"
#include "feature/rbalance/rbalance_peers.h"

/** What can happen to a node. */
typedef enum rb_event_type_t {
  /** Time passed. */
  RB_EV_TICK = 0,
  /** A stream of a joining node finished its handshake. */
  RB_EV_JOIN_UP,
  /** Such a stream is gone, or could not be opened. */
  RB_EV_JOIN_DOWN,
  /** The configuration changed. */
  RB_EV_CONFIG,
  /** A channel finished its handshake. */
  RB_EV_CHANNEL_UP,
  /** A channel that was up is gone. */
  RB_EV_CHANNEL_DOWN,
  /** A channel could not be opened. */
  RB_EV_DIAL_FAILED,
  /** The relays of a peer that we have no channel to refuse introductions to
   * it. */
  RB_EV_REFUSED,
  /** A frame came on a channel. */
  RB_EV_FRAME,
  /** Our introduction points may have changed. */
  RB_EV_OWN_POINTS,
  /** A descriptor was sent to the HSDirs. */
  RB_EV_UPLOADED,
  /** The operator gave a command. */
  RB_EV_COMMAND,
  /** Whether this node has a backend that answers may have changed. */
  RB_EV_BACKENDS,
  /** A descriptor was sent to one HSDir. */
  RB_EV_HSDIR_SENT,
  /** That HSDir took it or not, or gave no answer. */
  RB_EV_HSDIR_RESULT,
  /** That HSDir is not responsible for it any more. */
  RB_EV_HSDIR_GONE,
  /** An HSDir that we asked for our descriptor answered, or did not. */
  RB_EV_HSDIR_ANSWER,
} rb_event_type_t;

/** What an operator can tell a node: see HSBALANCE in
 * doc/control-rbalance.md. */
typedef enum rb_verb_t {
  RB_VERB_PUBLISH = 0,
  RB_VERB_STEPDOWN,
  RB_VERB_DRAIN,
  RB_VERB_UNDRAIN,
  RB_VERB_EXCLUDE,
  RB_VERB_INCLUDE,
} rb_verb_t;

/** One event.  All pointers are borrowed for the length of the step. */
typedef struct rb_event_t {
  rb_event_type_t type;
  union {
    struct {
      /** True iff tor can build circuits. */
      bool network_is_ready;
    } tick;
    const rb_config_t *config;
    /** For CHANNEL_UP, CHANNEL_DOWN, DIAL_FAILED, JOIN_UP and JOIN_DOWN. */
    struct {
      /** Number of the channel, never 0 and never used again. */
      uint64_t number;
      const ed25519_public_key_t *peer;
      /** True iff the peer opened it. */
      bool is_inbound;
      /** Milliseconds: see rb_handshake_t. */
      uint64_t rtt;
      int64_t skew;
    } channel;
    struct {
      /** Number of the channel. */
      uint64_t channel;
      const char *text;
      size_t len;
    } frame;
    struct {
      /** rb_pointset_t of the current and then of the next descriptor. */
      const smartlist_t *sets;
      /** Points we want to have in each. */
      int wanted;
      /** Relays in the network that could have one. */
      int n_relays;
      /** True iff one of the descriptors was made without the service's
       * secret key, so that we can't sign it. */
      bool is_keyless;
    } own_points;
    struct {
      const uint8_t *blinded_key;
      /** Its revision counter. */
      uint64_t revision;
    } uploaded;
    /** Key of the peer. */
    const ed25519_public_key_t *refused;
    /** True iff none answers. */
    bool backends_are_down;
    struct {
      rb_verb_t verb;
      /** The node it is about, for EXCLUDE and INCLUDE. */
      const ed25519_public_key_t *node;
      /** The service's keys to sign that with; NULL if this node does not
       * have them. */
      const ed25519_keypair_t *service_keys;
      /** Set to NULL, or to why it can't be done now. */
      const char **refusal_out;
    } command;
    /** For HSDIR_SENT, _RESULT, _GONE and _ANSWER. */
    struct {
      /** Blinded key of the descriptor, and identity of the HSDir. */
      const uint8_t *blinded_key;
      const uint8_t *id;
      /** SENT and ANSWER: revision counter of the descriptor. */
      uint64_t revision;
      /** RESULT: RB_FAIL_NONE if it was taken. */
      rb_fail_t fail;
      rb_answer_t answer;
    } hsdir;
  } u;
} rb_event_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_EVENT_ST_H) */
