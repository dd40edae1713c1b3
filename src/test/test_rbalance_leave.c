/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_leave.c
 * @brief Test draining, exclusion and stepping down, in clusters of several
 * nodes.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_sim.h"

#include "feature/rbalance/rbalance_leave.h"

/** Give <b>node</b> of <b>sim</b> the command <b>verb</b>, about the node
 * <b>about</b>.  Return why it was refused, or NULL. */
static const char *
command(rbt_sim_t *sim, int node, rb_verb_t verb, int about)
{
  const char *refusal = "not answered";
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_COMMAND;
  event.u.command.verb = verb;
  event.u.command.node = &sim->nodes[about].keys.pubkey;
  event.u.command.service_keys = sim->nodes[node].state->record->is_keyless ?
    NULL : rbt_service_keys();
  event.u.command.refusal_out = &refusal;
  rbt_sim_happen(sim, node, &event);
  return refusal;
}

/** Return how many nodes of <b>sim</b> hold the node <b>about</b> to be
 * excluded. */
static int
count_excluding(const rbt_sim_t *sim, int about)
{
  int n = 0;
  for (int i = 0; i < sim->n_nodes; ++i) {
    n += rb_exclusions_contain(sim->nodes[i].state->exclusions,
                               &sim->nodes[about].keys.pubkey);
  }
  return n;
}

/** A draining publisher hands the role over at once, its points leave the
 * descriptor, and come back when it drains no more; it does not take the role
 * back. */
static void
test_rbalance_leave_drain(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  tt_ptr_op(command(sim, 0, RB_VERB_DRAIN, 0), OP_EQ, NULL);
  tt_int_op(sim->nodes[0].state->role, OP_EQ, RB_ROLE_STANDBY);
  rbt_sim_run(sim, 1000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  rbt_sim_run(sim, 4000);
  tt_int_op(sim->descs[0].uploader, OP_EQ, 1);
  tt_int_op(sim->descs[0].n_points[0], OP_EQ, 0);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 6);
  tt_int_op(sim->descs[1].n_points[0], OP_EQ, 0);

  tt_ptr_op(command(sim, 0, RB_VERB_UNDRAIN, 0), OP_EQ, NULL);
  rbt_sim_run(sim, 5000);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 9);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
 done:
  rbt_sim_free(sim);
}

/** The last node that serves is never withdrawn, whatever it was told. */
static void
test_rbalance_leave_last(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  for (int i = 0; i < 3; ++i) {
    tt_ptr_op(command(sim, i, RB_VERB_DRAIN, i), OP_EQ, NULL);
    rbt_sim_run(sim, 5000);
  }
  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 9);
  rbt_sim_kill(sim, 0);
  rbt_sim_kill(sim, 1);
  rbt_sim_run(sim, 120000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 2);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 3);
  tt_int_op(sim->descs[0].n_points[2], OP_EQ, 3);
 done:
  rbt_sim_free(sim);
}

/** A publisher steps down for one lease; then it may be publisher again. */
static void
test_rbalance_leave_step_down(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  tt_str_op(command(sim, 1, RB_VERB_STEPDOWN, 1), OP_EQ,
            "This node is not the publisher");
  tt_ptr_op(command(sim, 0, RB_VERB_STEPDOWN, 0), OP_EQ, NULL);
  rbt_sim_run(sim, 2000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_ptr_op(command(sim, 1, RB_VERB_STEPDOWN, 1), OP_EQ, NULL);
  rbt_sim_run(sim, 2000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 2);
  rbt_sim_run(sim, 60000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 2);
  tt_ptr_op(command(sim, 2, RB_VERB_STEPDOWN, 2), OP_EQ, NULL);
  rbt_sim_run(sim, 2000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  rbt_sim_kill(sim, 1);
  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, 60000);
  tt_str_op(command(sim, 0, RB_VERB_STEPDOWN, 0), OP_EQ,
            "No other node could publish");
 done:
  rbt_sim_free(sim);
}

/** An exclusion reaches everybody, also who was away, until a later word; the
 * last node can't be excluded. */
static void
test_rbalance_leave_exclude(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  const ed25519_public_key_t *excluded = &sim->nodes[0].keys.pubkey;
  (void) arg;

  rbt_sim_kill(sim, 2);
  tt_ptr_op(command(sim, 1, RB_VERB_EXCLUDE, 0), OP_EQ, NULL);
  rbt_sim_run(sim, 8000);
  tt_assert(rb_exclusions_contain(sim->nodes[0].state->exclusions, excluded));
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_int_op(sim->descs[0].n_points[0], OP_EQ, 0);
  tt_str_op(command(sim, 0, RB_VERB_EXCLUDE, 1), OP_EQ,
            "No other healthy node would be left");
  rbt_sim_start(sim, 2);
  rbt_sim_run(sim, 40000);
  tt_assert(rb_exclusions_contain(sim->nodes[2].state->exclusions, excluded));
  tt_int_op(sim->descs[0].n_total, OP_EQ, 6);

  tt_ptr_op(command(sim, 2, RB_VERB_INCLUDE, 0), OP_EQ, NULL);
  rbt_sim_run(sim, 5000);
  tt_int_op(count_excluding(sim, 0), OP_EQ, 0);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 9);

  /* Of two words in one millisecond the second counts. */
  tt_ptr_op(command(sim, 2, RB_VERB_EXCLUDE, 0), OP_EQ, NULL);
  tt_ptr_op(command(sim, 2, RB_VERB_INCLUDE, 0), OP_EQ, NULL);
  rbt_sim_run(sim, 5000);
  tt_int_op(count_excluding(sim, 0), OP_EQ, 0);
 done:
  rbt_sim_free(sim);
}

/** Of the words of two operators the later counts, also where the node that
 * was told has not heard of the first. */
static void
test_rbalance_leave_unheard(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  const ed25519_public_key_t *excluded = &sim->nodes[0].keys.pubkey;
  (void) arg;

  tt_ptr_op(command(sim, 1, RB_VERB_EXCLUDE, 0), OP_EQ, NULL);
  rbt_sim_run(sim, 1);
  tt_assert(!rb_exclusions_contain(sim->nodes[2].state->exclusions,
                                   excluded));
  tt_ptr_op(command(sim, 2, RB_VERB_INCLUDE, 0), OP_EQ, NULL);
  rbt_sim_run(sim, 5000);
  tt_int_op(count_excluding(sim, 0), OP_EQ, 0);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 9);
 done:
  rbt_sim_free(sim);
}

/** Tell <b>node</b> of <b>sim</b> whether its backends <b>are_down</b>, and
 * let that get around. */
static void
set_backends(rbt_sim_t *sim, int node, bool are_down)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_BACKENDS;
  event.u.backends_are_down = are_down;
  rbt_sim_happen(sim, node, &event);
  rbt_sim_run(sim, 5000);
}

/** The points of a node without a backend leave the descriptor, also those of
 * the publisher, which stays that; without any backend all are in. */
static void
test_rbalance_leave_backends(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  const uint64_t sequence = sim->nodes[0].state->record->sequence;
  (void) arg;

  set_backends(sim, 0, false);
  tt_u64_op(sim->nodes[0].state->record->sequence, OP_EQ, sequence);
  set_backends(sim, 0, true);
  for (int i = 0; i < RB_MAX_SETS; ++i) {
    tt_int_op(sim->descs[i].uploader, OP_EQ, 0);
    tt_int_op(sim->descs[i].n_points[0], OP_EQ, 0);
    tt_int_op(sim->descs[i].n_total, OP_EQ, 6);
  }
  set_backends(sim, 1, true);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 3);
  tt_int_op(sim->descs[0].n_points[2], OP_EQ, 3);
  set_backends(sim, 2, true);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 9);
  set_backends(sim, 1, false);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 3);
  tt_int_op(sim->descs[0].n_points[1], OP_EQ, 3);
  /* The last node with a backend dies: the others are better than none. */
  rbt_sim_kill(sim, 1);
  rbt_sim_run(sim, 10000);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 6);
  set_backends(sim, 0, false);
  set_backends(sim, 2, false);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 6);
  for (int i = 0; i < 3; ++i) {
    tt_int_op(sim->nodes[i].n_claims, OP_EQ, i == 0);
  }
 done:
  rbt_sim_free(sim);
}

/** A node that drains is better than one without a backend, and an excluded
 * one is worse; the last node with a backend can't be excluded. */
static void
test_rbalance_leave_ranks(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  set_backends(sim, 0, true);
  set_backends(sim, 1, true);
  tt_str_op(command(sim, 0, RB_VERB_EXCLUDE, 2), OP_EQ,
            "No other healthy node would be left");
  tt_ptr_op(command(sim, 2, RB_VERB_DRAIN, 2), OP_EQ, NULL);
  rbt_sim_run(sim, 5000);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 3);
  tt_int_op(sim->descs[0].n_points[2], OP_EQ, 3);

  /* One that is down itself may go; then only an excluded one is up. */
  tt_ptr_op(command(sim, 0, RB_VERB_EXCLUDE, 1), OP_EQ, NULL);
  set_backends(sim, 1, false);
  tt_int_op(sim->descs[0].n_points[2], OP_EQ, 3);
  set_backends(sim, 2, true);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 3);
  tt_int_op(sim->descs[0].n_points[0], OP_EQ, 3);
  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 120000);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 3);
  tt_int_op(sim->descs[0].n_points[2], OP_EQ, 3);
  rbt_sim_kill(sim, 2);
  rbt_sim_run(sim, 120000);
  tt_int_op(sim->descs[0].n_points[1], OP_EQ, 3);
 done:
  rbt_sim_free(sim);
}

/** A word from far in the future is not believed, nor one that the service
 * did not sign. */
static void
test_rbalance_leave_disbelief(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  rb_state_t *state = sim->nodes[0].state;
  const rb_now_t now = { RBT_MONO + sim->time, RBT_WALL };
  smartlist_t *list = smartlist_new(), *actions = smartlist_new();
  rb_exclusion_t word;
  (void) arg;

  ed25519_pubkey_copy(&word.node_key, &sim->nodes[1].keys.pubkey);
  word.is_excluded = true;
  word.stamp = RBT_WALL + 86400001;
  rb_exclusion_sign(&word, rbt_service_keys());
  smartlist_add(list, &word);
  rb_leave_receive_exclusions(state, NULL, list, now, actions);
  tt_int_op(smartlist_len(actions), OP_EQ, 0);
  tt_int_op(smartlist_len(state->exclusions), OP_EQ, 0);
  word.stamp--;
  rb_exclusion_sign(&word, &sim->nodes[1].keys);
  rb_leave_receive_exclusions(state, NULL, list, now, actions);
  tt_int_op(smartlist_len(actions), OP_EQ, 0);
  tt_int_op(smartlist_len(state->exclusions), OP_EQ, 0);
  tt_u64_op(state->dropped[RB_DROP_BAD_RECORD], OP_EQ, 1);
  rb_exclusion_sign(&word, rbt_service_keys());
  rb_leave_receive_exclusions(state, NULL, list, now, actions);
  tt_int_op(smartlist_len(state->exclusions), OP_EQ, 1);
  tt_int_op(((rb_action_t *) smartlist_get(actions, 0))->standing, OP_EQ,
            RB_STANDING_EXCLUDE);
 done:
  smartlist_free(list);
  rb_actions_free(actions);
  rbt_sim_free(sim);
}

/** A node without the service's key is never publisher, and can't
 * exclude others, but serves. */
static void
test_rbalance_leave_keyless(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(2, 3);
  (void) arg;

  rbt_sim_start(sim, 0);
  sim->nodes[0].state->config->keyless = true;
  rbt_sim_start(sim, 1);
  rbt_sim_run(sim, 30000);
  tt_assert(sim->nodes[0].state->record->is_keyless);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 6);
  tt_str_op(command(sim, 0, RB_VERB_EXCLUDE, 1), OP_EQ,
            "This node does not have the service's key; ask one that has");
  rbt_sim_kill(sim, 1);
  rbt_sim_run(sim, 200000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, -1);
  tt_int_op(sim->nodes[0].n_uploads, OP_EQ, 0);
 done:
  rbt_sim_free(sim);
}

#define T(name) { #name, test_rbalance_leave_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_leave_tests[] = {
  T(drain),
  T(last),
  T(step_down),
  T(exclude),
  T(unheard),
  T(backends),
  T(ranks),
  T(disbelief),
  T(keyless),
  END_OF_TESTCASES
};
