/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_gossip.c
 * @brief Test how records reach everybody.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_sim.h"

#include "feature/rbalance/rbalance_gossip.h"
#include "feature/rbalance/rbalance_msg.h"
#include "feature/rbalance/rbalance_settings.h"

/** Leave in the configuration of each node of <b>sim</b> only the node before
 * it. */
static void
make_chain(rbt_sim_t *sim)
{
  for (int i = 0; i < sim->n_nodes; ++i) {
    smartlist_t *peers = sim->nodes[i].config->peers;
    SMARTLIST_FOREACH(peers, ed25519_public_key_t *, key, tor_free(key));
    smartlist_clear(peers);
    if (i > 0) {
      const ed25519_public_key_t *key = &sim->nodes[i - 1].keys.pubkey;
      smartlist_add(peers, tor_memdup(key, sizeof(*key)));
    }
  }
}

/** Return how many of the nodes of <b>sim</b> that run know all that run, and
 * have their records. */
static int
count_complete(const rbt_sim_t *sim)
{
  int n_running = 0, n_complete = 0;
  for (int i = 0; i < sim->n_nodes; ++i) {
    n_running += sim->nodes[i].state != NULL;
  }
  for (int i = 0; i < sim->n_nodes; ++i) {
    const rb_state_t *state = sim->nodes[i].state;
    n_complete += state &&
      rb_peers_count_state(state->peers, RB_NODE_HEALTHY) == n_running - 1;
  }
  return n_complete;
}

/** Each node knows only the one before it: all meet, also in a cluster that
 * is too large for a mesh. */
static void
test_rbalance_gossip_chain(void *arg)
{
  static const int sizes[] = { 4, RBT_SIM_MAX_NODES };
  rbt_sim_t *sim = NULL;
  (void) arg;

  for (size_t k = 0; k < ARRAY_LENGTH(sizes); ++k) {
    sim = rbt_sim_new(sizes[k], 1);
    make_chain(sim);
    for (int i = 0; i < sim->n_nodes; ++i) {
      rbt_sim_start(sim, i);
      rbt_sim_run(sim, 1000);
    }
    rbt_sim_run(sim, 100000);
    tt_int_op(count_complete(sim), OP_EQ, sizes[k]);
    tt_int_op(rbt_sim_count_publishers(sim), OP_EQ, 1);
    tt_int_op(sim->descs[0].n_total, OP_EQ, sizes[k]);
    rbt_sim_kill(sim, 0);
    rbt_sim_run(sim, 200000);
    tt_int_op(count_complete(sim), OP_EQ, sizes[k] - 1);
    rbt_sim_free(sim);
  }
 done:
  rbt_sim_free(sim);
}

/** Equal knowledge has equal digests; another sequence number or a dead node
 * changes them. */
static void
test_rbalance_gossip_digest(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(3, 1);
  uint8_t digests[3][DIGEST256_LEN], changed[DIGEST256_LEN];
  smartlist_t *known = NULL;
  rb_state_t *state;
  rb_peer_t *peer;
  (void) arg;

  for (int i = 0; i < 3; ++i) {
    rbt_sim_start(sim, i);
  }
  rbt_sim_run(sim, 60000);
  for (int i = 0; i < 3; ++i) {
    rb_gossip_digest(sim->nodes[i].state, digests[i]);
    tt_mem_op(digests[i], OP_EQ, digests[0], DIGEST256_LEN);
  }
  state = sim->nodes[0].state;
  known = rb_gossip_list_known(state);
  tt_int_op(smartlist_len(known), OP_EQ, 3);
  SMARTLIST_FOREACH(known, rb_known_t *, entry, tor_free(entry));
  smartlist_free(known);
  peer = rb_peers_find(state->peers, &sim->nodes[1].keys.pubkey);
  peer->record->sequence++;
  rb_gossip_digest(state, changed);
  tt_mem_op(changed, OP_NE, digests[0], DIGEST256_LEN);
  peer->record->sequence--;
  peer->state = RB_NODE_DEAD;
  rb_gossip_digest(state, changed);
  tt_mem_op(changed, OP_NE, digests[0], DIGEST256_LEN);
  known = rb_gossip_list_known(state);
  tt_int_op(smartlist_len(known), OP_EQ, 2);
 done:
  if (known) {
    SMARTLIST_FOREACH(known, rb_known_t *, entry, tor_free(entry));
    smartlist_free(known);
  }
  rbt_sim_free(sim);
}

/** A record that got lost is found by the digests, within a few
 * heartbeats. */
static void
test_rbalance_gossip_lost(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(3, 1);
  rb_peer_t *peer;
  (void) arg;

  for (int i = 0; i < 3; ++i) {
    rbt_sim_start(sim, i);
  }
  rbt_sim_run(sim, 60000);
  /* Its owner has a new one that nobody was sent. */
  rb_state_renew_record(sim->nodes[1].state, NULL);
  rbt_sim_run(sim, 50000);
  peer = rb_peers_find(sim->nodes[0].state->peers,
                       &sim->nodes[1].keys.pubkey);
  tt_u64_op(peer->record->sequence, OP_EQ,
            sim->nodes[1].state->record->sequence);
 done:
  rbt_sim_free(sim);
}

/** Who passes on the record of a dead node, in its newest form or an older
 * one, is told that the node is dead; of a living node nothing is said. */
static void
test_rbalance_gossip_dead(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(3, 1);
  smartlist_t *actions = smartlist_new();
  rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_msg_intro_points_t msg;
  rb_msg_t *report = NULL;
  rb_state_t *state;
  rb_peer_t *sender, *subject;
  (void) arg;

  memset(&msg, 0, sizeof(msg));
  for (int i = 0; i < 3; ++i) {
    rbt_sim_start(sim, i);
  }
  rbt_sim_run(sim, 60000);
  now.mono += sim->time;
  now.wall += sim->time;
  state = sim->nodes[0].state;
  sender = rb_peers_find(state->peers, &sim->nodes[1].keys.pubkey);
  subject = rb_peers_find(state->peers, &sim->nodes[2].keys.pubkey);
  msg.record = tor_strdup(subject->record->text);
  memcpy(&msg.signature, &subject->record->signature, sizeof(msg.signature));
  rb_gossip_receive_record(state, sender, &msg, now, actions);
  tt_int_op(smartlist_len(actions), OP_EQ, 0);

  subject->state = RB_NODE_DEAD;
  for (int i = 0; i < 2; ++i) {
    const rb_action_t *action;
    rb_gossip_receive_record(state, sender, &msg, now, actions);
    tt_int_op(smartlist_len(actions), OP_EQ, i + 1);
    action = smartlist_get(actions, i);
    tt_int_op(action->type, OP_EQ, RB_ACT_SEND);
    tt_u64_op(action->channel, OP_EQ, sender->channel);
    report = rb_msg_decode(action->text, strlen(action->text));
    tt_assert(report);
    tt_int_op(report->type, OP_EQ, RB_MSG_BACKEND_UNHEALTHY);
    tt_assert(ed25519_pubkey_eq(&report->u.backend_unhealthy.node_key,
                                &subject->key));
    rb_msg_free(report);
    /* From now on that one is old. */
    rb_state_renew_record(sim->nodes[2].state, NULL);
    rb_record_free(subject->record);
    tt_int_op(rb_record_parse(sim->nodes[2].state->record->text,
                              &sim->nodes[2].state->record->signature,
                              state->cluster_id, &subject->record), OP_EQ,
              RB_RECORD_OK);
  }
  tt_u64_op(state->dropped[RB_DROP_OLD_RECORD], OP_GE, 3);
  /* The node itself knows better. */
  rb_gossip_receive_record(state, subject, &msg, now, actions);
  tt_int_op(smartlist_len(actions), OP_EQ, 2);
 done:
  rb_msg_free(report);
  tor_free(msg.record);
  rb_actions_free(actions);
  rbt_sim_free(sim);
}

/** There is room for as many nodes as the configuration says. */
static void
test_rbalance_gossip_limit(void *arg)
{
  rbt_sim_t *sim = rbt_sim_new(2, 1);
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  smartlist_t *actions = smartlist_new();
  rb_msg_peer_announce_t announce;
  rb_state_t *state;
  (void) arg;

  rbt_sim_start(sim, 0);
  state = sim->nodes[0].state;
  state->config->max_peers = 5;
  memset(&announce, 0, sizeof(announce));
  strlcpy(announce.name, "x", sizeof(announce.name));
  for (uint8_t i = 0; i < 100; ++i) {
    memset(announce.node_key.pubkey, 100 + i,
           sizeof(announce.node_key.pubkey));
    rb_gossip_receive_announce(state, NULL, &announce, now, actions);
  }
  tt_int_op(rb_peers_count(state->peers), OP_EQ, 5);
  tt_u64_op(state->dropped[RB_DROP_LIMIT], OP_EQ, 96);
  ed25519_pubkey_copy(&announce.node_key, &state->node_keys.pubkey);
  rb_gossip_receive_announce(state, NULL, &announce, now, actions);
  tt_u64_op(state->dropped[RB_DROP_LIMIT], OP_EQ, 96);
 done:
  rb_actions_free(actions);
  rbt_sim_free(sim);
}

#define T(name) { #name, test_rbalance_gossip_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_gossip_tests[] = {
  T(chain),
  T(digest),
  T(lost),
  T(dead),
  T(limit),
  END_OF_TESTCASES
};
