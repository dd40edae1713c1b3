/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_gossip.h
 * @brief Header file for rbalance_gossip.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_GOSSIP_H
#define TOR_FEATURE_RBALANCE_RBALANCE_GOSSIP_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

void rb_gossip_digest(const rb_state_t *state, uint8_t *digest_out);
smartlist_t *rb_gossip_list_known(rb_state_t *state);
void rb_gossip_receive_known(rb_state_t *state, rb_peer_t *peer,
                             const rb_msg_heartbeat_t *heartbeat,
                             rb_now_t now, smartlist_t *actions);
void rb_gossip_receive_record(rb_state_t *state, rb_peer_t *sender,
                              const rb_msg_intro_points_t *msg, rb_now_t now,
                              smartlist_t *actions);
void rb_gossip_receive_announce(rb_state_t *state, rb_peer_t *sender,
                                const rb_msg_peer_announce_t *announce,
                                rb_now_t now, smartlist_t *actions);
rb_peer_t *rb_gossip_learn(rb_state_t *state,
                           const ed25519_public_key_t *key,
                           const rb_peer_t *sender, rb_now_t now,
                           smartlist_t *actions);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_GOSSIP_H) */
