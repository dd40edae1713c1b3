/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_step.c
 * @brief Tests of the whole protocol: several nodes, virtual time.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_sim.h"

#include "feature/rbalance/rbalance_step.h"

/** Milliseconds in a second. */
#define SEC UINT64_C(1000)

/** Return a simulation of <b>n_nodes</b> nodes with <b>n_points</b> points,
 * all started at once and left alone for half a minute. */
static rbt_sim_t *
make_cluster(int n_nodes, int n_points)
{
  rbt_sim_t *sim = rbt_sim_new(n_nodes, n_points);
  for (int i = 0; i < n_nodes; ++i) {
    rbt_sim_start(sim, i);
  }
  rbt_sim_run(sim, 30 * SEC);
  return sim;
}

/** Return true iff both descriptors of <b>sim</b> have <b>expected</b> points
 * of <b>node</b>. */
static bool
has_points(const rbt_sim_t *sim, int node, int expected)
{
  return sim->descs[0].n_points[node] == expected &&
    sim->descs[1].n_points[node] == expected;
}

/** Three nodes that start together become one publisher, the first in the
 * order, and two standbys that never upload; both descriptors have all
 * points. */
static void
test_rbalance_step_formation(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  (void) arg;

  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  for (int i = 0; i < 3; ++i) {
    tt_assert(has_points(sim, i, 3));
    tt_assert(sim->nodes[i].state->is_multi);
    tt_int_op(rb_peers_count_state(sim->nodes[i].state->peers,
                                   RB_NODE_HEALTHY), OP_EQ, 2);
  }
  tt_int_op(sim->nodes[1].n_uploads, OP_EQ, 0);
  tt_int_op(sim->nodes[2].n_uploads, OP_EQ, 0);
  tt_int_op(sim->nodes[0].n_claims, OP_EQ, 1);
  /* Nothing changes, nothing is uploaded but for the refresh. */
  sim->nodes[0].n_uploads = 0;
  rbt_sim_run(sim, 500 * SEC);
  tt_int_op(sim->nodes[0].n_uploads, OP_EQ, 0);
  rbt_sim_run(sim, 200 * SEC);
  tt_int_op(sim->nodes[0].n_uploads, OP_EQ, 2);
 done:
  rbt_sim_free(sim);
}

/** A node without peers is publisher at once, and tor's own. */
static void
test_rbalance_step_alone(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(1, 3);
  (void) arg;

  rbt_sim_start(sim, 0);
  rbt_sim_run(sim, SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  tt_assert(!sim->nodes[0].state->is_multi);
  tt_assert(has_points(sim, 0, 3));
 done:
  rbt_sim_free(sim);
}

/** A node whose peers are all gone listens for the heartbeat timeout, and
 * then publishes alone; when one comes, both are in. */
static void
test_rbalance_step_single_multi(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(2, 3);
  (void) arg;

  rbt_sim_start(sim, 1);
  rbt_sim_run(sim, 29 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, -1);
  rbt_sim_run(sim, 17 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_assert(has_points(sim, 1, 3));
  tt_assert(!sim->nodes[1].state->is_multi);

  rbt_sim_start(sim, 0);
  rbt_sim_run(sim, 75 * SEC);
  tt_assert(sim->nodes[1].state->is_multi);
  tt_assert(has_points(sim, 0, 3));
  tt_assert(has_points(sim, 1, 3));
  /* Rule 9: the better node leaves the role where it is. */
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);

  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 15 * SEC);
  tt_assert(!sim->nodes[1].state->is_multi);
  tt_assert(has_points(sim, 0, 0));
  tt_assert(has_points(sim, 1, 3));
 done:
  rbt_sim_free(sim);
}

/** A dead standby's points leave within seconds, and come back with it. */
static void
test_rbalance_step_dead_standby(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  (void) arg;

  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, 12 * SEC);
  tt_assert(has_points(sim, 2, 0));
  tt_assert(has_points(sim, 0, 3));
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, 75 * SEC);
  tt_assert(has_points(sim, 2, 3));
  tt_int_op(sim->nodes[2].n_uploads, OP_EQ, 0);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
 done:
  rbt_sim_free(sim);
}

/** A dead publisher is replaced when its lease is over (rule 4), by the next
 * in the order, and only by that; it does not take the role back. */
static void
test_rbalance_step_dead_publisher(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  (void) arg;

  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 48 * SEC);
  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 0);
  rbt_sim_run(sim, 16 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);
  tt_assert(has_points(sim, 0, 0));
  tt_assert(has_points(sim, 1, 3));
  tt_assert(has_points(sim, 2, 3));

  rbt_sim_start(sim, 0);
  rbt_sim_run(sim, 75 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_int_op(sim->nodes[0].state->role, OP_EQ, RB_ROLE_STANDBY);
  tt_assert(has_points(sim, 0, 3));
 done:
  rbt_sim_free(sim);
}

/** A publisher that hangs is replaced; when it goes on it finds its lease
 * over, uploads nothing and is a standby. */
static void
test_rbalance_step_hung_publisher(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  int n_uploads;
  (void) arg;

  sim->nodes[0].is_stopped = true;
  rbt_sim_run(sim, 66 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_assert(has_points(sim, 0, 0));
  n_uploads = sim->nodes[0].n_uploads;
  rbt_sim_cut(sim, 0, 1);
  rbt_sim_cut(sim, 0, 2);
  sim->nodes[0].is_stopped = false;
  sim->nodes[0].wants_upload[0] = true;
  sim->nodes[0].wants_upload[1] = true;
  rbt_sim_run(sim, 75 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);
  tt_int_op(sim->nodes[0].n_uploads, OP_EQ, n_uploads);
  tt_int_op(sim->nodes[0].n_claims, OP_EQ, 1);
  tt_assert(has_points(sim, 0, 3));
 done:
  rbt_sim_free(sim);
}

/** A standby that was stopped does not take the others for dead. */
static void
test_rbalance_step_stopped_standby(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  (void) arg;

  sim->nodes[1].is_stopped = true;
  rbt_sim_run(sim, 300 * SEC);
  rbt_sim_cut(sim, 0, 1);
  rbt_sim_cut(sim, 1, 2);
  sim->nodes[1].is_stopped = false;
  rbt_sim_run(sim, 2 * SEC);
  tt_int_op(sim->nodes[1].state->role, OP_EQ, RB_ROLE_STANDBY);
  rbt_sim_run(sim, 60 * SEC);
  tt_int_op(sim->nodes[1].n_claims, OP_EQ, 0);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  tt_assert(has_points(sim, 1, 3));
 done:
  rbt_sim_free(sim);
}

/** Two publishers that find each other: the later in the order steps down on
 * the first message (rule 8). */
static void
test_rbalance_step_split_brain(void *arg)
{
  rbt_sim_t *sim = make_cluster(2, 3);
  (void) arg;

  sim->nodes[1].state->role = RB_ROLE_PUBLISHER;
  sim->nodes[1].state->lease_until = RBT_MONO + sim->time + 60 * SEC;
  sim->nodes[1].state->heartbeat_at = 0;
  sim->nodes[0].state->heartbeat_at = 0;
  rbt_sim_run(sim, SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);
 done:
  rbt_sim_free(sim);
}

/** A node that was publisher before, and becomes publisher again when nobody
 * else is left, publishes both descriptors at once. */
static void
test_rbalance_step_second_term_alone(void *arg)
{
  rbt_sim_t *sim = make_cluster(2, 3);
  (void) arg;

  /* It uploaded in its first term, so tor has nothing to do for an hour. */
  sim->nodes[1].wants_upload[0] = false;
  sim->nodes[1].wants_upload[1] = false;
  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 75 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_assert(!sim->nodes[1].state->is_multi);
  tt_assert(has_points(sim, 0, 0));
  tt_assert(has_points(sim, 1, 3));
 done:
  rbt_sim_free(sim);
}

/** A channel that breaks is opened again before anybody is given up. */
static void
test_rbalance_step_reconnect(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  (void) arg;

  sim->nodes[0].n_uploads = 0;
  for (int i = 0; i < 5; ++i) {
    rbt_sim_cut(sim, 0, 1);
    rbt_sim_cut(sim, 0, 2);
    rbt_sim_cut(sim, 1, 2);
    rbt_sim_run(sim, 20 * SEC);
  }
  tt_int_op(sim->nodes[0].n_uploads, OP_EQ, 0);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  for (int i = 0; i < 3; ++i) {
    tt_int_op(rb_peers_count_state(sim->nodes[i].state->peers,
                                   RB_NODE_HEALTHY), OP_EQ, 2);
  }
 done:
  rbt_sim_free(sim);
}

/** Return how many channels <b>state</b> asks for when <b>event</b> happens at
 * <b>now</b>. */
static int
count_dials(rb_state_t *state, const rb_event_t *event, rb_now_t now)
{
  smartlist_t *actions = rb_step(state, event, now);
  int n = 0;
  SMARTLIST_FOREACH(actions, const rb_action_t *, action,
                    n += action->type == RB_ACT_DIAL);
  rb_actions_free(actions);
  return n;
}

/** Check how often node 0 of <b>sim</b> tries to open the channel to its only
 * peer again, when it breaks and nobody answers: at once, then once more
 * unless relays refuse. */
static void
check_tries(rbt_sim_t *sim, bool is_refused)
{
  rb_state_t *state = sim->nodes[0].state;
  rb_now_t now = { .mono = RBT_MONO + sim->time,
                   .wall = RBT_WALL + sim->time };
  rb_peer_t *peer = NULL;
  rb_event_t event;
  int n_dials = 0;

  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, p) {
    peer = p;
  } DIGEST256MAP_FOREACH_END;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_CHANNEL_DOWN;
  event.u.channel.peer = &peer->key;
  event.u.channel.number = peer->channel;
  tt_int_op(count_dials(state, &event, now), OP_EQ, 1);
  if (is_refused) {
    event.type = RB_EV_REFUSED;
    event.u.refused = &peer->key;
    tt_int_op(count_dials(state, &event, now), OP_EQ, 0);
  }
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_TICK;
  event.u.tick.network_is_ready = true;
  for (uint64_t waited = SEC / 2; waited < 20 * SEC; waited += SEC / 2) {
    now.mono += SEC / 2;
    now.wall += SEC / 2;
    n_dials += count_dials(state, &event, now);
    tt_int_op(n_dials, OP_EQ, !is_refused && waited >= RB_DIAL_AGAIN_MSEC);
  }
 done:
  ;
}

/** Where the first try to open a lost channel again gets no answer, a second
 * begins beside it, and no third. */
static void
test_rbalance_step_second_try(void *arg)
{
  rbt_sim_t *sim = make_cluster(2, 3);
  (void) arg;

  check_tries(sim, false);
  rbt_sim_free(sim);
  sim = make_cluster(2, 3);
  check_tries(sim, true);
  rbt_sim_free(sim);
}

/** A new point is published within seconds, and a withdrawn one is gone. */
static void
test_rbalance_step_points_change(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  (void) arg;

  rb_pointsets_free(sim->nodes[2].sets);
  sim->nodes[2].sets = rbt_make_sets(100, 5);
  rbt_sim_run(sim, 3 * SEC);
  tt_assert(has_points(sim, 2, 5));
  rb_pointsets_free(sim->nodes[2].sets);
  sim->nodes[2].sets = rbt_make_sets(100, 0);
  rbt_sim_run(sim, 3 * SEC);
  tt_assert(has_points(sim, 2, 0));
  tt_int_op(sim->descs[0].n_total, OP_EQ, 6);
 done:
  rbt_sim_free(sim);
}

/** More points than a descriptor may have: 20, shared fairly. */
static void
test_rbalance_step_cap(void *arg)
{
  rbt_sim_t *sim = make_cluster(6, 7);
  (void) arg;

  for (int i = 0; i < 2; ++i) {
    tt_int_op(sim->descs[i].n_total, OP_EQ, 20);
    for (int j = 0; j < 6; ++j) {
      tt_int_op(sim->descs[i].n_points[j], OP_GE, 3);
      tt_int_op(sim->descs[i].n_points[j], OP_LE, 4);
    }
  }
 done:
  rbt_sim_free(sim);
}

/** Clocks that differ are no hindrance, and known. */
static void
test_rbalance_step_clocks(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(3, 3);
  const rb_peer_t *peer;
  (void) arg;

  sim->nodes[1].skew = 30 * (int64_t) SEC;
  sim->nodes[2].skew = -30 * (int64_t) SEC;
  for (int i = 0; i < 3; ++i) {
    rbt_sim_start(sim, i);
  }
  rbt_sim_run(sim, 30 * SEC);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 9);
  peer = rb_peers_find(sim->nodes[2].state->peers,
                       &sim->nodes[1].keys.pubkey);
  tt_i64_op(peer->skew, OP_EQ, 60 * (int64_t) SEC);
  tt_u64_op(peer->rtt, OP_EQ, 2 * sim->latency);
 done:
  rbt_sim_free(sim);
}

/** A node whose clock was set back between two lives is listened to all the
 * same. */
static void
test_rbalance_step_clock_set_back(void *arg)
{
  rbt_sim_t *sim = make_cluster(3, 3);
  (void) arg;

  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, 15 * SEC);
  sim->nodes[2].skew = -3600 * (int64_t) SEC;
  rb_pointsets_free(sim->nodes[2].sets);
  sim->nodes[2].sets = rbt_make_sets(100, 4);
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, 90 * SEC);
  tt_assert(has_points(sim, 2, 4));
 done:
  rbt_sim_free(sim);
}

#define T(name) { #name, test_rbalance_step_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_step_tests[] = {
  T(formation),
  T(alone),
  T(single_multi),
  T(dead_standby),
  T(dead_publisher),
  T(hung_publisher),
  T(stopped_standby),
  T(split_brain),
  T(second_term_alone),
  T(reconnect),
  T(second_try),
  T(points_change),
  T(cap),
  T(clocks),
  T(clock_set_back),
  END_OF_TESTCASES
};
