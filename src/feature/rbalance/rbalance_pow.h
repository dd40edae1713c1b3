/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_pow.h
 * @brief Header file for rbalance_pow.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_POW_H
#define TOR_FEATURE_RBALANCE_RBALANCE_POW_H

#include "feature/rbalance/rbalance_state.h"

/** The seeds that a node accepts solutions for. */
typedef struct rb_pow_seeds_t {
  /** The one that a descriptor tells clients. */
  uint8_t current[RB_KEY_LEN];
  uint8_t previous[RB_KEY_LEN];
  /** Seconds since the epoch when the next one takes its place. */
  uint64_t expires;
} rb_pow_seeds_t;

void rb_pow_get_seeds(const smartlist_t *tokens, const uint8_t *cluster_id,
                      bool is_publisher, uint64_t now, rb_pow_seeds_t *out);
uint32_t rb_pow_share_effort(rb_state_t *state, uint32_t own);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_POW_H) */
