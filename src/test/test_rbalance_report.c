/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_report.c
 * @brief Test what nodes say of each other's health, and rule 7.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_sim.h"

#include "feature/rbalance/rbalance_report.h"

/** Tell <b>node</b> that the relays of <b>peer</b> refuse introductions. */
static void
refuse(rbt_sim_t *sim, int node, int peer)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_REFUSED;
  event.u.refused = &sim->nodes[peer].keys.pubkey;
  rbt_sim_happen(sim, node, &event);
}

/** Rule 7: when all who are left say that the publisher's relays refuse, it is
 * replaced at once, and its points go. */
static void
test_rbalance_report_takeover(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 500);
  refuse(sim, 1, 0);
  refuse(sim, 2, 0);
  rbt_sim_run(sim, 1000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  rbt_sim_run(sim, 3000);
  tt_int_op(sim->descs[0].n_points[0], OP_EQ, 0);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 6);
 done:
  rbt_sim_free(sim);
}

/** As long as one node that can judge does not say so, the lease counts; and
 * so it does where the option is off. */
static void
test_rbalance_report_quorum(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  (void) arg;

  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 500);
  refuse(sim, 1, 0);
  rbt_sim_run(sim, 20000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, -1);
  rbt_sim_run(sim, 60000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  rbt_sim_free(sim);

  sim = rbt_sim_new_trio();
  for (int i = 1; i < 3; ++i) {
    sim->nodes[i].state->config->fast_takeover = false;
  }
  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 500);
  refuse(sim, 1, 0);
  refuse(sim, 2, 0);
  rbt_sim_run(sim, 10000);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, -1);
 done:
  rbt_sim_free(sim);
}

/** A refusal does not count while there is a channel; a publisher that was
 * only restarted comes back as a standby. */
static void
test_rbalance_report_return(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  rb_peer_t *peer;
  (void) arg;

  refuse(sim, 1, 0);
  peer = rb_peers_find(sim->nodes[1].state->peers,
                       &sim->nodes[0].keys.pubkey);
  tt_assert(!peer->is_refused);

  rbt_sim_kill(sim, 0);
  rbt_sim_run(sim, 500);
  refuse(sim, 1, 0);
  refuse(sim, 2, 0);
  tt_assert(peer->is_refused);
  rbt_sim_run(sim, 2000);
  tt_int_op(peer->n_reports, OP_EQ, 1);
  rbt_sim_start(sim, 0);
  rbt_sim_run(sim, 20000);
  tt_assert(!peer->is_refused);
  tt_int_op(peer->n_reports, OP_EQ, 0);
  tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 1);
  tt_int_op(sim->descs[0].n_total, OP_EQ, 9);
 done:
  rbt_sim_free(sim);
}

/** A node that hears it is said to be gone says that it is here, once; a
 * report that its record refuted counts no more; reports are bounded. */
static void
test_rbalance_report_receive(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new_trio();
  rb_state_t *state = sim->nodes[0].state;
  const rb_now_t now = { RBT_MONO + sim->time, RBT_WALL + sim->time };
  rb_peer_t *sender = rb_peers_find(state->peers,
                                    &sim->nodes[1].keys.pubkey);
  rb_peer_t *subject = rb_peers_find(state->peers,
                                     &sim->nodes[2].keys.pubkey);
  smartlist_t *actions = smartlist_new();
  const uint64_t sequence = state->record->sequence;
  rb_msg_backend_unhealthy_t report;
  (void) arg;

  memset(&report, 0, sizeof(report));
  ed25519_pubkey_copy(&report.node_key, &state->node_keys.pubkey);
  report.incarnation = state->record->incarnation;
  report.sequence = sequence;
  rb_report_receive(state, sender, &report, now, actions);
  tt_u64_op(state->record->sequence, OP_EQ, sequence + 1);
  rb_report_receive(state, sender, &report, now, actions);
  tt_u64_op(state->record->sequence, OP_EQ, sequence + 1);

  ed25519_pubkey_copy(&report.node_key, &subject->key);
  report.incarnation = subject->record->incarnation;
  report.sequence = subject->record->sequence - 1;
  rb_report_receive(state, sender, &report, now, actions);
  tt_int_op(subject->n_reports, OP_EQ, 0);
  report.sequence++;
  for (uint8_t i = 0; i < 200; ++i) {
    memset(report.reporter.pubkey, i, sizeof(report.reporter.pubkey));
    rb_report_receive(state, sender, &report, now, actions);
  }
  tt_int_op(subject->n_reports, OP_EQ, RB_MAX_REPORTS);
  memset(report.node_key.pubkey, 77, sizeof(report.node_key.pubkey));
  rb_report_receive(state, sender, &report, now, actions);
  tt_u64_op(state->dropped[RB_DROP_UNKNOWN_NODE], OP_EQ, 1);
 done:
  rb_actions_free(actions);
  rbt_sim_free(sim);
}

#define T(name) { #name, test_rbalance_report_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_report_tests[] = {
  T(takeover),
  T(quorum),
  T(return),
  T(receive),
  END_OF_TESTCASES
};
