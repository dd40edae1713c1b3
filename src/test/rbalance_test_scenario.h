/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_scenario.h
 * @brief Header file for rbalance_test_scenario.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_SCENARIO_H
#define TOR_TEST_RBALANCE_TEST_SCENARIO_H

#include "test/rbalance_test_world.h"

/** The first seed that makes a big cluster. */
#define RBT_BIG_SEEDS UINT64_C(1000000)

rbt_world_t *rbt_scenario_new(uint64_t seed);
void rbt_scenario_start_met(rbt_world_t *world);
void rbt_scenario_run(rbt_world_t *world);
bool rbt_scenario_settle(rbt_world_t *world, uint64_t limit);
bool rbt_scenario_passes(uint64_t seed, uint64_t *n_steps_out);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_SCENARIO_H) */
