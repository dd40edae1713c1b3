/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_step.h
 * @brief Header file for rbalance_step.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_STEP_H
#define TOR_FEATURE_RBALANCE_RBALANCE_STEP_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

smartlist_t *rb_step(rb_state_t *state, const rb_event_t *event,
                     rb_now_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_STEP_H) */
