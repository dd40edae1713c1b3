/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_repair.h
 * @brief Header file for rbalance_repair.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_REPAIR_H
#define TOR_FEATURE_RBALANCE_RBALANCE_REPAIR_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

void rb_repair_handle_upload(rb_state_t *state, const rb_event_t *event,
                             rb_now_t now, smartlist_t *actions);
void rb_repair_handle_answer(rb_state_t *state, const rb_event_t *event,
                             rb_now_t now, smartlist_t *actions);
void rb_repair_run(rb_state_t *state, uint64_t now, smartlist_t *actions);
const char *rb_repair_to_string(rb_repair_t repair);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_REPAIR_H) */
