/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_overlap.c
 * @brief Tests of keeping introduction points at different relays.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_overlap.h"
#include "feature/rbalance/rbalance_settings.h"

/** Relays that are enough for two nodes with three points each. */
#define ENOUGH (6 + RB_SPARE_RELAYS)

/** Return a node, number 1, with the points 1 to 3 for period 1 and 4 to 6
 * for period 2, and with a healthy peer, number 2, whose points for period 1
 * begin with <b>peer_seed</b>. */
static rb_state_t *
make_state(uint8_t peer_seed, rb_peer_t **peer_out)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  smartlist_t *sets = rbt_make_sets(1, 3);
  ed25519_keypair_t keys;
  rb_peer_t *peer;

  rb_state_renew_record(state, sets);
  state->wanted_points = 3;
  state->n_relays = ENOUGH;
  rbt_fill_key(2, &keys);
  peer = rb_peers_add(state->peers, &keys.pubkey, 8, RBT_MONO);
  peer->state = RB_NODE_HEALTHY;
  peer->record = rb_record_new();
  ed25519_pubkey_copy(&peer->record->node_key, &peer->key);
  peer->record->incarnation = RBT_WALL - 1;
  smartlist_add(peer->record->sets, rbt_make_set(1, peer_seed, 3));
  *peer_out = peer;
  rb_pointsets_free(sets);
  rb_config_free(config);
  return state;
}

/** Return how many points <b>state</b> retires. */
static int
count_retired(const rb_state_t *state)
{
  smartlist_t *actions = smartlist_new();
  int count;
  rb_overlap_resolve(state, actions);
  count = smartlist_len(actions);
  rb_actions_free(actions);
  return count;
}

/** Return at how many relays <b>state</b> would not pick a point for period
 * <b>period_num</b>. */
static int
count_taken(const rb_state_t *state, uint64_t period_num)
{
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  smartlist_t *taken;
  int count;
  rbt_blinded_key(period_num, blinded_key);
  taken = rb_overlap_list_taken(state, blinded_key, state->n_relays);
  count = smartlist_len(taken);
  smartlist_free(taken);
  return count;
}

/** A shadowed point is retired, by its two keys; other points are not. */
static void
test_rbalance_overlap_retire(void *arg)
{
  rb_peer_t *peer;
  rb_state_t *state = make_state(3, &peer);
  smartlist_t *actions = smartlist_new();
  const rb_action_t *action;
  rb_point_t point;
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  (void) arg;

  rb_overlap_resolve(state, actions);
  tt_int_op(smartlist_len(actions), OP_EQ, 1);
  action = smartlist_get(actions, 0);
  tt_int_op(action->type, OP_EQ, RB_ACT_RETIRE_POINT);
  rbt_fill_point(3, &point);
  tt_mem_op(action->auth_key, OP_EQ, point.auth_key, ED25519_PUBKEY_LEN);
  rbt_blinded_key(1, blinded_key);
  tt_mem_op(action->blinded_key, OP_EQ, blinded_key, ED25519_PUBKEY_LEN);
  /* Points at the same relay for different descriptors do no harm. */
  rb_pointset_free_(peer->record->sets->list[0]);
  peer->record->sets->list[0] = rbt_make_set(1, 4, 3);
  tt_int_op(count_retired(state), OP_EQ, 0);
 done:
  rb_actions_free(actions);
  rb_state_free(state);
}

/** Of two nodes exactly one gives way: who started later, and of those that
 * started together, who has the greater key. */
static void
test_rbalance_overlap_order(void *arg)
{
  rb_peer_t *peer;
  rb_state_t *state = make_state(1, &peer);
  ed25519_public_key_t key;
  (void) arg;

  tt_int_op(count_retired(state), OP_EQ, 3);
  peer->record->incarnation = RBT_WALL + 1;
  tt_int_op(count_retired(state), OP_EQ, 0);

  peer->record->incarnation = RBT_WALL;
  memset(peer->record->node_key.pubkey, 0, ED25519_PUBKEY_LEN);
  tt_int_op(count_retired(state), OP_EQ, 3);
  memset(peer->record->node_key.pubkey, 0xff, ED25519_PUBKEY_LEN);
  tt_int_op(count_retired(state), OP_EQ, 0);
  ed25519_pubkey_copy(&key, &peer->record->node_key);
  tt_mem_op(key.pubkey, OP_NE, state->node_keys.pubkey.pubkey,
            ED25519_PUBKEY_LEN);
 done:
  rb_state_free(state);
}

/** Nobody gives way to a node that is not published, or where relays are
 * too few. */
static void
test_rbalance_overlap_limits(void *arg)
{
  rb_peer_t *peer;
  rb_state_t *state = make_state(1, &peer);
  (void) arg;

  tt_int_op(count_retired(state), OP_EQ, 3);
  tt_int_op(count_taken(state, 1), OP_EQ, 3);
  state->n_relays = ENOUGH - 1;
  tt_int_op(count_retired(state), OP_EQ, 0);
  tt_int_op(count_taken(state, 1), OP_EQ, 0);
  state->n_relays = ENOUGH;
  state->wanted_points = 4;
  tt_int_op(count_retired(state), OP_EQ, 0);
  state->wanted_points = 3;
  peer->state = RB_NODE_UNHEALTHY;
  tt_int_op(count_retired(state), OP_EQ, 0);
  tt_int_op(count_taken(state, 1), OP_EQ, 0);
 done:
  rb_state_free(state);
}

/** What is taken is counted for each descriptor by itself. */
static void
test_rbalance_overlap_taken(void *arg)
{
  rb_peer_t *peer;
  rb_state_t *state = make_state(50, &peer);
  (void) arg;

  tt_int_op(count_taken(state, 1), OP_EQ, 3);
  tt_int_op(count_taken(state, 2), OP_EQ, 0);
  tt_int_op(count_taken(state, 3), OP_EQ, 0);
  tt_int_op(count_retired(state), OP_EQ, 0);
 done:
  rb_state_free(state);
}

#define T(name) { #name, test_rbalance_overlap_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_overlap_tests[] = {
  T(retire),
  T(order),
  T(limits),
  T(taken),
  END_OF_TESTCASES
};
