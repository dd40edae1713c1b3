/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_leave.h
 * @brief Header file for rbalance_leave.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_LEAVE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_LEAVE_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

/** The highest rank: see rb_leave_get_rank(). */
#define RB_LEAVE_MAX_RANK 7
/** What a rank has of a node without a backend. */
#define RB_LEAVE_RANK_BACKENDS 2

void rb_leave_get_standing(const rb_state_t *state, const rb_peer_t *peer,
                           bool *can_publish_out, bool *is_wanted_out);
int rb_leave_get_rank(const rb_state_t *state, const rb_peer_t *peer);
void rb_leave_note_backends(rb_state_t *state, bool are_down, rb_now_t now,
                            smartlist_t *actions);
bool rb_leave_may_publish(const rb_state_t *state, uint64_t now);
const char *rb_leave_stand_down(rb_state_t *state, uint64_t until,
                                const char *why, smartlist_t *actions);
void rb_leave_command(rb_state_t *state, rb_verb_t verb,
                      const ed25519_public_key_t *node,
                      const ed25519_keypair_t *service_keys, rb_now_t now,
                      const char **refusal_out, smartlist_t *actions);
void rb_leave_receive_exclusions(rb_state_t *state, const rb_peer_t *sender,
                                 const smartlist_t *exclusions, rb_now_t now,
                                 smartlist_t *actions);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_LEAVE_H) */
