/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_join.h
 * @brief Header file for rbalance_join.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_JOIN_H
#define TOR_FEATURE_RBALANCE_RBALANCE_JOIN_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

bool rb_join_is_pending(const rb_state_t *state);
void rb_join_run(rb_state_t *state, rb_now_t now, smartlist_t *actions);
void rb_join_channel_up(rb_state_t *state, const rb_event_t *event,
                        rb_now_t now, smartlist_t *actions);
void rb_join_channel_lost(rb_state_t *state, const rb_event_t *event);
bool rb_join_receive(rb_state_t *state, uint64_t channel, const char *text,
                     size_t len, rb_now_t now, smartlist_t *actions);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_JOIN_H) */
