/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_scenario.c
 * @brief What happens to a simulated cluster, made up from a seed.
 *
 * First comes a time of faults, then everything is mended but for nodes that
 * stay dead, and from then on the cluster must find together by itself.  Seeds
 * below RBT_BIG_SEEDS make clusters of 3 to 12 nodes, the others of 100 to
 * 200.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_scenario.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_invariants.h"
#include "test/rbalance_test_links.h"
#include "test/rbalance_test_points.h"

#include <stdio.h>
#include <stdlib.h>

/** Milliseconds in a day. */
#define DAY (UINT64_C(86400) * RBT_SEC)

/** Milliseconds between two questions to the HSDirs, which are only one here
 * for each descriptor: each is asked after RB_AUDIT_ROUND of these. */
#define AUDIT_INTERVAL 2000

/** The times of one kind of scenario, in milliseconds. */
typedef struct times_t {
  uint64_t ping, heartbeat, timeout, lease, grace, jitter;
  /** A call is given up after this. */
  uint64_t dial;
  /** How long faults go on, at least and at most. */
  uint64_t faults_min, faults_max;
  /** How long the cluster may take to find together then. */
  uint64_t settle;
} times_t;

/** The defaults of the options, and shorter ones, which are tried more. */
static const times_t times[2] = {
  { 2000, 10000, 30000, 60000, 90000, 15000, 60000, 90000, 300000, 300000 },
  { 1000, 4000, 12000, 24000, 30000, 5000, 20000, 30000, 120000, 200000 },
};

/** Return the times of <b>world</b>: every eighth has the defaults. */
static const times_t *
times_of(const rbt_world_t *world)
{
  return &times[world->seed % 8 != 0];
}

/** Return <b>low</b> to <b>high</b> by chance. */
static int
between(rbt_world_t *world, int low, int high)
{
  return low + (int) rbt_world_random(world, (uint64_t) (high - low + 1));
}

/** Return true by chance, <b>percent</b> times of 100. */
static bool
chance(rbt_world_t *world, int percent)
{
  return rbt_world_random(world, 100) < (uint64_t) percent;
}

/** Return true iff <b>world</b> is a big cluster. */
static bool
is_big(const rbt_world_t *world)
{
  return world->seed >= RBT_BIG_SEEDS;
}

/** Return a skew of a clock, up to a day. */
static int64_t
make_skew(rbt_world_t *world)
{
  return (int64_t) rbt_world_random(world, 2 * DAY) - (int64_t) DAY;
}

/** Let the nodes of <b>world</b> know each other: all, or each the one before
 * it, or all the first. */
static void
make_knowledge(rbt_world_t *world)
{
  const int kind = is_big(world) ? 0 : between(world, 0, 9);
  for (int i = 0; i < world->n_nodes; ++i) {
    if (kind < 6) {
      for (int j = 0; j < world->n_nodes; ++j) {
        rbt_world_know(world, i, j);
      }
    } else if (i > 0) {
      rbt_world_know(world, i, kind < 8 ? i - 1 : 0);
    }
  }
}

/** Return how many nodes the cluster of <b>seed</b> has. */
static int
size_of(uint64_t seed)
{
  static const int sizes[] = { 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12 };
  static const int big_sizes[] = { 100, 200, 120, 160 };
  return seed < RBT_BIG_SEEDS ? sizes[(seed / 8) % ARRAY_LENGTH(sizes)] :
    big_sizes[seed % ARRAY_LENGTH(big_sizes)];
}

/** Return the world that <b>seed</b> makes, before anything happens. */
rbt_world_t *
rbt_scenario_new(uint64_t seed)
{
  rbt_world_t *world = rbt_world_new(seed, size_of(seed));
  const times_t *t = times_of(world);
  const bool has_order = chance(world, 50), has_skews = chance(world, 50);
  const bool is_fast = chance(world, 80), is_impatient = chance(world, 25);

  world->dial_timeout = t->dial;
  world->n_replayed = chance(world, 50) ? between(world, 1, 20) : 0;
  world->n_broken = chance(world, 30) ? between(world, 1, 3) : 0;
  make_knowledge(world);
  for (int i = 0; i < world->n_nodes; ++i) {
    rbt_node_t *n = &world->nodes[i];
    n->config->ping_interval = t->ping;
    n->config->heartbeat_interval = t->heartbeat;
    n->config->heartbeat_timeout = t->timeout;
    n->config->lease_duration = t->lease;
    n->config->takeover_grace = t->grace;
    n->config->backoff_jitter = t->jitter;
    n->config->fast_takeover = is_fast;
    n->config->audit_interval = AUDIT_INTERVAL;
    if (is_impatient) {
      n->config->descriptor_max_age = t->timeout;
    }
    n->config->priority = (uint16_t) (has_order ? between(world, 1, 200) :
                                      100);
    n->config->max_peers = RBT_WORLD_MAX_NODES;
    n->n_wanted = between(world, 1, is_big(world) ? 2 : 6);
    n->skew = has_skews ? make_skew(world) : 0;
  }
  return world;
}

/** Split the nodes of <b>world</b> in two, or put one alone. */
static void
make_partition(rbt_world_t *world)
{
  const bool is_silent = chance(world, 50);
  if (world->partition_is_silent) {
    rbt_links_heal(world);
  }
  if (chance(world, 50)) {
    world->nodes[between(world, 0, world->n_nodes - 1)].side = 1;
  } else {
    for (int i = 0; i < world->n_nodes; ++i) {
      world->nodes[i].side = between(world, 0, 1);
    }
  }
  rbt_world_trace(world, "a %s partition begins",
                  is_silent ? "silent" : "broken");
  for (int i = 0; i < world->n_nodes; ++i) {
    if (world->nodes[i].side) {
      rbt_world_trace(world, "... with n%d beyond", i);
    }
  }
  rbt_links_partition(world, is_silent);
}

/** Let two nodes of <b>world</b> not reach each other. */
static void
make_gap(rbt_world_t *world)
{
  const int a = between(world, 0, world->n_nodes - 1);
  const int b = (a + between(world, 1, world->n_nodes - 1)) % world->n_nodes;
  rbt_links_heal(world);
  rbt_world_trace(world, "n%d and n%d can't reach each other", a, b);
  rbt_links_open_gap(world, a, b);
}

/** Let a link of <b>world</b> carry nothing for a while, or break. */
static void
hurt_link(rbt_world_t *world)
{
  const int n_links = smartlist_len(world->links);
  rbt_link_t *link;
  if (!n_links) {
    return;
  }
  link = smartlist_get(world->links,
                       n_links - 1 - between(world, 0, MIN(n_links, 30) - 1));
  rbt_world_trace(world, "the link of n%d and n%d is hurt", link->node[0],
                  link->node[1]);
  if (chance(world, 50)) {
    rbt_links_break(world, link);
  } else {
    link->stalled_until = world->time + rbt_world_random(world, 20000);
  }
}

/** Give the node number <b>i</b> of <b>world</b> another configuration. */
static void
reconfigure(rbt_world_t *world, int i)
{
  rbt_node_t *n = &world->nodes[i];
  n->config->priority = (uint16_t) between(world, 1, 200);
  rbt_world_trace(world, "n%d: has priority %d", i, n->config->priority);
  if (n->state && !n->is_stopped) {
    rb_event_t event;
    memset(&event, 0, sizeof(event));
    event.type = RB_EV_CONFIG;
    event.u.config = n->config;
    rbt_world_happen(world, i, &event);
  }
}

/** Start the node number <b>i</b> of <b>world</b> if it is down. */
static void
ensure_running(rbt_world_t *world, int i)
{
  if (!world->nodes[i].state) {
    rbt_world_start(world, i);
  }
}

/** Let something that concerns the node number <b>i</b> of <b>world</b>
 * change which is no fault. */
static void
make_change(rbt_world_t *world, int i)
{
  rbt_node_t *n = &world->nodes[i];
  switch (between(world, 0, 4)) {
    case 0:
      if (world->period < RBT_MAX_PERIODS / 2) {
        rbt_points_rotate_all(world);
      }
      break;
    case 1:
      n->n_wanted = between(world, 0, is_big(world) ? 3 : 7);
      rbt_world_trace(world, "n%d: wants %d points", i, n->n_wanted);
      if (n->state) {
        rbt_points_change(world, i);
      }
      break;
    case 2:
      reconfigure(world, i);
      break;
    default:
      if (n->state) {
        rbt_world_trace(world, "n%d: has other points", i);
        rbt_points_change(world, i);
      }
      break;
  }
}

/** Let something happen to <b>world</b>. */
static void
make_fault(rbt_world_t *world)
{
  const int i = between(world, 0, world->n_nodes - 1);
  rbt_node_t *n = &world->nodes[i];
  switch (between(world, 0, 16)) {
    case 0: case 1:
      rbt_world_kill(world, i);
      break;
    case 2:
      rbt_world_kill(world, i);
      rbt_world_start(world, i);
      break;
    case 3: case 4:
      ensure_running(world, i);
      break;
    case 5:
      rbt_world_stop(world, i);
      break;
    case 6:
      rbt_world_continue(world, i);
      break;
    case 7:
      make_partition(world);
      break;
    case 8:
      rbt_links_heal(world);
      break;
    case 9:
      n->skew += make_skew(world) / (chance(world, 50) ? 1 : 10000);
      rbt_world_trace(world, "n%d: its clock is set to %+d s", i,
                      (int) (n->skew / 1000));
      break;
    case 10:
      n->slowness = rbt_world_random(world, 2000);
      rbt_world_trace(world, "n%d: is slow by %d ms", i, (int) n->slowness);
      break;
    case 11:
      hurt_link(world);
      break;
    case 12:
      make_gap(world);
      break;
    case 13:
      rbt_world_set_backends(world, i, !n->backends_are_down);
      break;
    case 14:
      rbt_world_set_uploads(world, i, !n->uploads_fail);
      break;
    default:
      make_change(world, i);
      break;
  }
}

/** Mend everything in <b>world</b>; some nodes stay dead where that leaves
 * nobody without anybody to ask, and some without a backend. */
static void
mend(rbt_world_t *world)
{
  const bool may_stay_dead = smartlist_len(world->nodes[0].config->peers) > 1;
  rbt_world_trace(world, "everything is mended");
  rbt_links_heal(world);
  world->n_broken = 0;
  for (int i = 0; i < world->n_nodes; ++i) {
    rbt_world_continue(world, i);
    world->nodes[i].slowness = 0;
    rbt_world_set_uploads(world, i, false);
    if (chance(world, 20)) {
      rbt_world_set_backends(world, i, !world->nodes[i].backends_are_down);
    }
    if (i == 0 || !may_stay_dead || chance(world, 70)) {
      ensure_running(world, i);
    }
  }
}

/** Let up to <b>limit</b> milliseconds pass in <b>world</b> until all agree.
 * Return false, and note why, if they do not. */
bool
rbt_scenario_settle(rbt_world_t *world, uint64_t limit)
{
  const uint64_t end = world->time + limit;
  char *fault = NULL;
  do {
    tor_free(fault);
    rbt_world_run(world, 2 * RBT_SEC);
    fault = rbt_check_agreement(world);
  } while (fault && world->time < end && !world->failure);
  if (fault) {
    rbt_world_fail(world, "after the quiet time, %s", fault);
  }
  tor_free(fault);
  return !world->failure;
}

/** Give every node of <b>world</b> the present records of all others: that
 * they meet is not what is measured here. */
static void
share_records(rbt_world_t *world)
{
  for (int i = 0; i < world->n_nodes * world->n_nodes; ++i) {
    const rbt_node_t *from = &world->nodes[i / world->n_nodes];
    rb_peer_t *peer =
      rb_peers_find(world->nodes[i % world->n_nodes].state->peers,
                    &from->keys.pubkey);
    if (peer) {
      tor_assert(rb_record_parse(from->state->record->text,
                                 &from->state->record->signature,
                                 rbt_cluster_id, &peer->record) ==
                 RB_RECORD_OK);
      peer->priority = peer->record->priority;
    }
  }
}

/** Start all nodes of <b>world</b>, which know each other's names, with the
 * records that they would have after they met: in a large cluster that takes
 * the simulation longer than all that follows. */
void
rbt_scenario_start_met(rbt_world_t *world)
{
  for (int i = 0; i < world->n_nodes; ++i) {
    rbt_world_start(world, i);
    rbt_points_complete(world, i);
    rbt_points_report(world, i);
  }
  share_records(world);
}

/** Start the nodes of <b>world</b>, at once or one by one. */
static void
start_all(rbt_world_t *world)
{
  const bool all_at_once = chance(world, 50);
  if (is_big(world)) {
    rbt_scenario_start_met(world);
    return;
  }
  for (int i = 0; i < world->n_nodes; ++i) {
    rbt_world_start(world, i);
    if (!all_at_once) {
      rbt_world_run(world, rbt_world_random(world, 10 * RBT_SEC));
    }
  }
}

/** Let everything happen to <b>world</b> that its seed says. */
void
rbt_scenario_run(rbt_world_t *world)
{
  const times_t *t = times_of(world);
  uint64_t end;

  start_all(world);
  rbt_world_run(world, rbt_world_random(world, 30 * RBT_SEC));
  end = world->time + (is_big(world) ? t->faults_min : t->faults_min +
    rbt_world_random(world, t->faults_max - t->faults_min));
  while (world->time < end && !world->failure) {
    make_fault(world);
    rbt_world_run(world, rbt_world_random(world, t->heartbeat * 3));
  }
  mend(world);
  if (rbt_scenario_settle(world, t->settle)) {
    char *fault;
    rbt_world_run(world, 2 * t->heartbeat);
    fault = rbt_check_agreement(world);
    if (fault) {
      rbt_world_fail(world, "after all agreed, %s", fault);
    }
    tor_free(fault);
  }
}

/** Run the scenario of <b>seed</b>.  Return true iff nothing went wrong; else
 * print what, and the end of the trace.  With RB_SIM_TRACE in the environment
 * print the whole trace.  Add the steps it took to <b>n_steps_out</b>. */
bool
rbt_scenario_passes(uint64_t seed, uint64_t *n_steps_out)
{
  const bool prints_all = getenv("RB_SIM_TRACE") != NULL;
  rbt_world_t *world = rbt_scenario_new(seed);
  bool passed;

  if (prints_all) {
    rbt_world_keep_trace(world, true);
  }
  rbt_scenario_run(world);
  passed = !world->failure;
  *n_steps_out += world->n_steps;
  if (!passed) {
    printf("\nSeed %d, %d nodes, after %d ms: %s\n", (int) seed,
           world->n_nodes, (int) world->time, world->failure);
  }
  rbt_world_free(world);
  if (!passed && !prints_all) {
    /* It all happens again, for the trace. */
    world = rbt_scenario_new(seed);
    rbt_world_keep_trace(world, false);
    rbt_scenario_run(world);
    rbt_world_print_trace(world);
    rbt_world_free(world);
    printf("The whole trace: RB_SIM_SEED=%d RB_SIM_TRACE=1 "
           "src/test/test rbalance/world/seeds\n", (int) seed);
  }
  fflush(stdout);
  return passed;
}
