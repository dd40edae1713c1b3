/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_health.h
 * @brief Header file for rbalance_health.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HEALTH_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HEALTH_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

void rb_health_run(rb_state_t *state, uint64_t now, smartlist_t *actions);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HEALTH_H) */
