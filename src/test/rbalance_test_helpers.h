/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_helpers.h
 * @brief Header file for rbalance_test_helpers.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_HELPERS_H
#define TOR_TEST_RBALANCE_TEST_HELPERS_H

#include "feature/rbalance/rbalance_state.h"

/** Wall clock of the moment when a test begins, in milliseconds since the
 * epoch; the monotonic clock is RBT_MONO then. */
#define RBT_WALL UINT64_C(1800000000000)
#define RBT_MONO UINT64_C(1000000)

void rbt_fill_key(uint8_t seed, ed25519_keypair_t *keys_out);
const ed25519_keypair_t *rbt_service_keys(void);
void rbt_fill_point(uint8_t seed, rb_point_t *point_out);
rb_pointset_t *rbt_make_set(uint64_t period_num, uint8_t first_seed,
                            int n_points);
void rbt_blinded_key(uint64_t period_num, uint8_t *out);
smartlist_t *rbt_make_sets(uint8_t first_seed, int n_points);
rb_config_t *rbt_make_config(void);
extern const uint8_t rbt_cluster_id[RB_CLUSTER_ID_LEN];
rb_state_t *rbt_make_state(uint8_t seed, const rb_config_t *config,
                           rb_now_t now);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_HELPERS_H) */
