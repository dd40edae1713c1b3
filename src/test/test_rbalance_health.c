/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_health.c
 * @brief Test who tells whose points leave the merge and come back, in
 * clusters of several nodes.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_sim.h"

/** Milliseconds after which everything is settled again. */
#define SETTLED 60000

/** Check that what was told in <b>sim</b> since the last call is
 * <b>expected</b>, line by line in the order of the alphabet.  Return true iff
 * so. */
static bool
was_told(rbt_sim_t *sim, const char *expected)
{
  char *told;
  bool r = false;
  smartlist_sort_strings(sim->told);
  told = smartlist_join_strings(sim->told, "\n", 0, NULL);
  tt_str_op(told, OP_EQ, expected);
  r = true;
 done:
  tor_free(told);
  SMARTLIST_FOREACH(sim->told, char *, line, tor_free(line));
  smartlist_clear(sim->told);
  return r;
}

/** Let the operator of <b>node</b> say <b>verb</b>, about the node
 * <b>about</b>. */
static void
command(rbt_sim_t *sim, int node, rb_verb_t verb, int about)
{
  const char *refusal = NULL;
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_COMMAND;
  event.u.command.verb = verb;
  event.u.command.node = &sim->nodes[about].keys.pubkey;
  event.u.command.service_keys = rbt_service_keys();
  event.u.command.refusal_out = &refusal;
  rbt_sim_happen(sim, node, &event);
  tt_ptr_op(refusal, OP_EQ, NULL);
 done:
  rbt_sim_run(sim, SETTLED);
}

/** Let the backends of <b>node</b> be down or not. */
static void
set_backends(rbt_sim_t *sim, int node, bool are_down)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_BACKENDS;
  event.u.backends_are_down = are_down;
  rbt_sim_happen(sim, node, &event);
  rbt_sim_run(sim, SETTLED);
}

/** The publisher, and only it, tells once of a node that dies, and once when
 * it is back. */
static void
test_rbalance_health_standby(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  tt_assert(was_told(sim, ""));
  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, 2 * SETTLED);
  tt_assert(was_told(sim, "0: EXCLUDE 2 PING_TIMEOUT"));
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, "0: INCLUDE 2 INTRO_POINTS"));

  /* One that lost its introduction points lives, but has nothing to give. */
  SMARTLIST_FOREACH_BEGIN(sim->nodes[2].sets, rb_pointset_t *, set) {
    SMARTLIST_FOREACH(set->points, rb_point_t *, point, tor_free(point));
    smartlist_clear(set->points);
  } SMARTLIST_FOREACH_END(set);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, "0: EXCLUDE 2 NO_INTRO_POINTS"));
 done:
  rbt_sim_free(sim);
}

/** A successor tells of the publisher that died, and of who died with it, but
 * not of what an earlier publisher told. */
static void
test_rbalance_health_publisher(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(5, 1);
  (void) arg;

  for (int i = 0; i < 5; ++i) {
    rbt_sim_start(sim, i);
  }
  rbt_sim_run(sim, 30000);
  rbt_sim_kill(sim, 4);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, "0: EXCLUDE 4 PING_TIMEOUT"));
  rbt_sim_kill(sim, 0);
  rbt_sim_kill(sim, 3);
  rbt_sim_run(sim, 3 * SETTLED);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_assert(was_told(sim, "1: EXCLUDE 0 HEARTBEAT_TIMEOUT\n"
                     "1: EXCLUDE 3 HEARTBEAT_TIMEOUT"));
  command(sim, 1, RB_VERB_STEPDOWN, 1);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 2);
  tt_assert(was_told(sim, "1: STEP_DOWN 1 OPERATOR"));
  for (int i = 0; i < 5; ++i) {
    if (!sim->nodes[i].state) {
      rbt_sim_start(sim, i);
    }
  }
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, "2: INCLUDE 0 INTRO_POINTS\n"
                     "2: INCLUDE 3 INTRO_POINTS\n"
                     "2: INCLUDE 4 INTRO_POINTS"));
 done:
  rbt_sim_free(sim);
}

/** A node without a backend says so itself, and so does the publisher; the
 * last one stays, and when it has none either, all are back. */
static void
test_rbalance_health_backends(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  set_backends(sim, 1, true);
  tt_assert(was_told(sim, "0: EXCLUDE 1 BACKENDS_DOWN\n"
                     "1: EXCLUDE 1 BACKENDS_DOWN"));
  set_backends(sim, 0, true);
  tt_assert(was_told(sim, "0: EXCLUDE 0 BACKENDS_DOWN"));
  set_backends(sim, 0, false);
  tt_assert(was_told(sim, "0: INCLUDE 0 BACKENDS_UP"));
  set_backends(sim, 0, true);
  tt_assert(was_told(sim, "0: EXCLUDE 0 BACKENDS_DOWN"));
  set_backends(sim, 2, true);
  tt_assert(was_told(sim, "0: INCLUDE 0 BACKENDS_DOWN\n"
                     "0: INCLUDE 1 BACKENDS_DOWN\n"
                     "1: INCLUDE 1 BACKENDS_DOWN"));
  set_backends(sim, 1, false);
  tt_assert(was_told(sim, "0: EXCLUDE 0 BACKENDS_DOWN\n"
                     "0: EXCLUDE 2 BACKENDS_DOWN\n"
                     "2: EXCLUDE 2 BACKENDS_DOWN"));
  /* One that is out already dies: nothing leaves. */
  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, ""));
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, "0: INCLUDE 2 INTRO_POINTS"));
 done:
  rbt_sim_free(sim);
}

/** What the operator takes out is told as his word only, whatever becomes of
 * it. */
static void
test_rbalance_health_operator(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  command(sim, 1, RB_VERB_EXCLUDE, 2);
  tt_assert(was_told(sim, "0: EXCLUDE 2 OPERATOR\n1: EXCLUDE 2 OPERATOR\n"
                     "2: EXCLUDE 2 OPERATOR"));
  set_backends(sim, 2, true);
  set_backends(sim, 2, false);
  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, 2 * SETTLED);
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, "2: EXCLUDE 2 OPERATOR"));
  command(sim, 1, RB_VERB_INCLUDE, 2);
  tt_assert(was_told(sim, "0: INCLUDE 2 OPERATOR\n1: INCLUDE 2 OPERATOR\n"
                     "2: INCLUDE 2 OPERATOR"));

  /* One that was drained may go. */
  command(sim, 2, RB_VERB_DRAIN, 2);
  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, 2 * SETTLED);
  tt_assert(was_told(sim, ""));

  /* One that is ill may be excluded too: both must end. */
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, ""));
  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, SETTLED);
  command(sim, 0, RB_VERB_EXCLUDE, 2);
  tt_assert(was_told(sim, "0: EXCLUDE 2 OPERATOR\n"
                     "0: EXCLUDE 2 PING_TIMEOUT\n1: EXCLUDE 2 OPERATOR"));
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, SETTLED);
  tt_assert(was_told(sim, "2: EXCLUDE 2 OPERATOR"));
  command(sim, 0, RB_VERB_INCLUDE, 2);
  tt_assert(was_told(sim, "0: INCLUDE 2 INTRO_POINTS\n"
                     "0: INCLUDE 2 OPERATOR\n1: INCLUDE 2 OPERATOR\n"
                     "2: INCLUDE 2 OPERATOR"));
 done:
  rbt_sim_free(sim);
}

#define T(name) { #name, test_rbalance_health_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_health_tests[] = {
  T(standby),
  T(publisher),
  T(backends),
  T(operator),
  END_OF_TESTCASES
};
