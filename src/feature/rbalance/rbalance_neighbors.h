/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_neighbors.h
 * @brief Header file for rbalance_neighbors.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_NEIGHBORS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_NEIGHBORS_H

#include "feature/rbalance/rbalance_state.h"

void rb_neighbors_refresh(rb_state_t *state);
bool rb_neighbors_is_mesh(const rb_state_t *state);
bool rb_neighbors_are_adjacent(const rb_state_t *state,
                               const ed25519_public_key_t *a,
                               const ed25519_public_key_t *b);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_NEIGHBORS_H) */
