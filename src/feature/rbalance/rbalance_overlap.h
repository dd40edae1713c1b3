/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_overlap.h
 * @brief Header file for rbalance_overlap.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_OVERLAP_H
#define TOR_FEATURE_RBALANCE_RBALANCE_OVERLAP_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

smartlist_t *rb_overlap_list_taken(const rb_state_t *state,
                                   const uint8_t *blinded_key,
                                   int n_relays);
void rb_overlap_resolve(const rb_state_t *state, smartlist_t *actions);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_OVERLAP_H) */
