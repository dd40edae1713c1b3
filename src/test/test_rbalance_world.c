/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_world.c
 * @brief The protocol in simulated clusters with faults, made from seeds.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_invariants.h"
#include "test/rbalance_test_links.h"
#include "test/rbalance_test_points.h"
#include "test/rbalance_test_scenario.h"

#include <stdio.h>
#include <stdlib.h>

/** Return the number in the environment variable <b>name</b>, or
 * <b>otherwise</b> if there is none. */
static uint64_t
number_from_env(const char *name, uint64_t otherwise)
{
  const char *text = getenv(name);
  return text ? (uint64_t) strtoull(text, NULL, 10) : otherwise;
}

/** Return how many nodes of <b>world</b> are publisher. */
static int
count_publishers(const rbt_world_t *world)
{
  int count = 0;
  for (int i = 0; i < world->n_nodes; ++i) {
    count += world->nodes[i].publisher_since != 0;
  }
  return count;
}

/** Run the scenario of one seed or, as the environment says, of RB_SIM_SEEDS
 * of them from RB_SIM_SEED on. */
static void
test_rbalance_world_seeds(void *arg)
{
  const uint64_t first = number_from_env("RB_SIM_SEED", 1);
  const uint64_t n_seeds = number_from_env("RB_SIM_SEEDS", 1);
  uint64_t n_steps = 0;
  int n_failed = 0;
  (void) arg;

  for (uint64_t i = 0; i < n_seeds; ++i) {
    n_failed += !rbt_scenario_passes(first + i, &n_steps);
  }
  printf("[%d of %d seeds failed, %d steps] ", n_failed, (int) n_seeds,
         (int) n_steps);
  tt_int_op(n_failed, OP_EQ, 0);
 done:
  ;
}

/** Two nodes that became publisher while they could not reach each other, and
 * still can't, hear of each other through a third: one steps down, and stays
 * that. */
static void
test_rbalance_world_gap(void *arg)
{
  rbt_world_t *world = rbt_world_new(1, 3);
  (void) arg;

  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      rbt_world_know(world, i, j);
    }
  }
  rbt_links_open_gap(world, 0, 2);
  rbt_world_start(world, 0);
  rbt_world_start(world, 2);
  rbt_world_run(world, 120 * RBT_SEC);
  tt_int_op(count_publishers(world), OP_EQ, 2);
  rbt_world_start(world, 1);
  rbt_world_run(world, 100 * RBT_SEC);
  for (int i = 0; i < 400; ++i) {
    tt_int_op(count_publishers(world), OP_EQ, 1);
    rbt_world_run(world, RBT_SEC);
  }
  tt_ptr_op(world->failure, OP_EQ, NULL);
 done:
  rbt_world_free(world);
}

/** Let <b>world</b> run until its publisher would have given up that no HSDir
 * takes its descriptors. */
static void
lose_patience(rbt_world_t *world)
{
  rbt_world_run(world, world->nodes[0].config->descriptor_max_age +
                120 * RBT_SEC);
}

/** Each publisher whose uploads all fail leaves the role to the next, until
 * one gets through; if none is left that was not tried, it goes on trying. */
static void
test_rbalance_world_resign(void *arg)
{
  rbt_world_t *world = rbt_world_new(1, 3);
  int order[3];
  (void) arg;

  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      rbt_world_know(world, i, j);
    }
    rbt_world_start(world, i);
  }
  rbt_world_run(world, 60 * RBT_SEC);
  for (int i = 0; i < 3; ++i) {
    order[i] = rbt_world_find_publisher(world);
    tt_int_op(order[i], OP_GE, 0);
    tt_assert(i < 1 || order[i] != order[i - 1]);
    tt_assert(i < 2 || order[i] != order[i - 2]);
    rbt_world_run(world, 300 * RBT_SEC);
    tt_int_op(world->descs[1].uploader, OP_EQ, order[i]);
    rbt_world_set_uploads(world, order[i], true);
    lose_patience(world);
    tt_int_op(world->nodes[order[i]].n_resignations, OP_EQ, i < 2);
    tt_int_op(count_publishers(world), OP_EQ, 1);
  }
  tt_int_op(rbt_world_find_publisher(world), OP_EQ, order[2]);
  rbt_world_kill(world, order[0]);
  rbt_world_kill(world, order[1]);
  rbt_world_set_uploads(world, order[2], false);
  rbt_world_run(world, 180 * RBT_SEC);
  tt_int_op(world->descs[1].uploader, OP_EQ, order[2]);
  tt_int_op(world->descs[1].n_points, OP_EQ, 3);
  tt_ptr_op(world->failure, OP_EQ, NULL);
 done:
  rbt_world_free(world);
}

#define T(name) { #name, test_rbalance_world_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_world_tests[] = {
  T(gap),
  T(resign),
  T(seeds),
  END_OF_TESTCASES
};
