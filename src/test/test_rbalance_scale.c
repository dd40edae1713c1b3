/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_scale.c
 * @brief What a node costs in a small and in a large cluster.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_points.h"
#include "test/rbalance_test_scenario.h"

#include <stdio.h>

/** Heartbeat intervals for which traffic is measured. */
#define N_INTERVALS 3
/** Heartbeat intervals in which news must reach everybody. */
#define MAX_NEWS_INTERVALS 10

/** Traffic in a quiet cluster, for one node and second: on average, and of
 * the node with the most. */
typedef struct traffic_t {
  double messages, bytes;
  double max_messages, max_bytes;
} traffic_t;

/** Return a world of <b>n_nodes</b> nodes with the default settings that run
 * and agree. */
static rbt_world_t *
make_quiet_world(int n_nodes)
{
  rbt_world_t *world = rbt_world_new(1, n_nodes);
  for (int i = 0; i < n_nodes; ++i) {
    world->nodes[i].config->max_peers = RBT_WORLD_MAX_NODES;
    for (int j = 0; j < n_nodes; ++j) {
      rbt_world_know(world, i, j);
    }
    world->nodes[i].n_wanted = 1;
  }
  rbt_scenario_start_met(world);
  rbt_scenario_settle(world, 300 * RBT_SEC);
  return world;
}

/** Store in <b>traffic</b> what the nodes of <b>world</b> send while nothing
 * happens. */
static void
measure(rbt_world_t *world, traffic_t *traffic)
{
  const uint64_t msec =
    N_INTERVALS * world->nodes[0].config->heartbeat_interval;
  const double sec = (double) msec / 1000;

  memset(traffic, 0, sizeof(*traffic));
  for (int i = 0; i < world->n_nodes; ++i) {
    world->nodes[i].n_sent = world->nodes[i].n_bytes = 0;
  }
  rbt_world_run(world, msec);
  for (int i = 0; i < world->n_nodes; ++i) {
    const rbt_node_t *n = &world->nodes[i];
    const double messages = (double) n->n_sent / sec;
    const double bytes = (double) n->n_bytes / sec;
    traffic->messages += messages / world->n_nodes;
    traffic->bytes += bytes / world->n_nodes;
    traffic->max_messages = MAX(traffic->max_messages, messages);
    traffic->max_bytes = MAX(traffic->max_bytes, bytes);
  }
}

/** Return how many nodes of <b>world</b> have the present record of
 * <b>node</b>. */
static int
count_informed(const rbt_world_t *world, int node)
{
  const rb_state_t *state = world->nodes[node].state;
  int count = 0;
  for (int i = 0; i < world->n_nodes; ++i) {
    const rb_peer_t *peer = i == node ? NULL :
      rb_peers_find(world->nodes[i].state->peers,
                    &world->nodes[node].keys.pubkey);
    count += peer && peer->record &&
      peer->record->incarnation == state->record->incarnation &&
      peer->record->sequence == state->record->sequence;
  }
  return count;
}

/** Change the points of <b>node</b> and return how many milliseconds it takes
 * from its new record on until every node of <b>world</b> has that; stop at
 * <b>limit</b>. */
static uint64_t
spread_news(rbt_world_t *world, int node, uint64_t limit)
{
  const uint64_t sequence = world->nodes[node].state->record->sequence;
  uint64_t since;
  rbt_points_change(world, node);
  /* The record without the point that is gone, and later the one with the
   * point that is new. */
  while (world->nodes[node].state->record->sequence < sequence + 2 &&
         !world->failure && world->time < 3600 * RBT_SEC) {
    rbt_world_run(world, 50);
  }
  since = world->time;
  while (count_informed(world, node) < world->n_nodes - 1 &&
         world->time < since + limit && !world->failure) {
    rbt_world_run(world, 50);
  }
  return world->time - since;
}

/** In a quiet cluster a node of 200 sends at most twice the messages and
 * bytes that a node of 10 sends, and news of a node reaches all others within
 * ten heartbeat intervals. */
static void
test_rbalance_scale_quiet(void *arg)
{
  static const int sizes[] = { 10, 200 };
  traffic_t traffic[ARRAY_LENGTH(sizes)];
  rbt_world_t *world = NULL;
  (void) arg;

  for (size_t k = 0; k < ARRAY_LENGTH(sizes); ++k) {
    uint64_t limit, took;
    world = make_quiet_world(sizes[k]);
    tt_ptr_op(world->failure, OP_EQ, NULL);
    measure(world, &traffic[k]);
    limit = MAX_NEWS_INTERVALS * world->nodes[0].config->heartbeat_interval;
    took = spread_news(world, sizes[k] / 2, limit);
    printf("[%d nodes: %.2f messages/s (at most %.2f), %.0f bytes/s (at most "
           "%.0f) of a node; news took %d ms] ", sizes[k],
           traffic[k].messages, traffic[k].max_messages, traffic[k].bytes,
           traffic[k].max_bytes, (int) took);
    tt_ptr_op(world->failure, OP_EQ, NULL);
    tt_int_op(count_informed(world, sizes[k] / 2), OP_EQ, sizes[k] - 1);
    tt_u64_op(took, OP_LE, limit);
    rbt_world_free(world);
  }
  tt_assert(traffic[0].messages > 1);
  tt_assert(traffic[1].messages <= 2 * traffic[0].messages);
  tt_assert(traffic[1].bytes <= 2 * traffic[0].bytes);
  tt_assert(traffic[1].max_messages <= 2 * traffic[0].max_messages);
  tt_assert(traffic[1].max_bytes <= 2 * traffic[0].max_bytes);
 done:
  if (world && world->failure) {
    puts(world->failure);
  }
  rbt_world_free(world);
}

struct testcase_t rbalance_scale_tests[] = {
  { "quiet", test_rbalance_scale_quiet, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
