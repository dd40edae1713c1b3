/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_join.c
 * @brief Test how a node that knows no other finds the cluster.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_join.h"
#include "feature/rbalance/rbalance_msg.h"
#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_step.h"

/** Return the state of a node that <b>seed</b> names, without peers, which
 * joins if <b>join</b>. */
static rb_state_t *
make_node(uint8_t seed, bool join)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state;
  config->join = join;
  state = rbt_make_state(seed, config, now);
  rb_config_free(config);
  return state;
}

/** Let <b>event</b> happen to <b>state</b> <b>msec</b> after the start. */
static smartlist_t *
step(rb_state_t *state, const rb_event_t *event, uint64_t msec)
{
  const rb_now_t now = { RBT_MONO + msec, RBT_WALL + msec };
  return rb_step(state, event, now);
}

/** Let time pass for <b>state</b> until <b>msec</b> after the start. */
static smartlist_t *
tick(rb_state_t *state, uint64_t msec)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_TICK;
  event.u.tick.network_is_ready = true;
  return step(state, &event, msec);
}

/** Let a join channel of <b>state</b> be up. */
static smartlist_t *
join_up(rb_state_t *state, uint64_t number, const rb_state_t *other,
        bool is_inbound)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_JOIN_UP;
  event.u.channel.number = number;
  event.u.channel.peer = &other->node_keys.pubkey;
  event.u.channel.is_inbound = is_inbound;
  return step(state, &event, 1000);
}

/** Let <b>text</b> come in on the channel <b>number</b>. */
static smartlist_t *
receive(rb_state_t *state, uint64_t number, const char *text)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_FRAME;
  event.u.frame.channel = number;
  event.u.frame.text = text;
  event.u.frame.len = strlen(text);
  return step(state, &event, 2000);
}

/** What find() returns where there is nothing: no action of any use. */
static const rb_action_t nothing;

/** Return the first action of <b>type</b> in <b>actions</b>, or
 * &nothing. */
static const rb_action_t *
find(const smartlist_t *actions, rb_action_type_t type)
{
  SMARTLIST_FOREACH(actions, const rb_action_t *, action,
                    if (action->type == type) return action);
  return &nothing;
}

/** Return true iff there is an action of <b>type</b> in <b>actions</b>. */
static bool
has(const smartlist_t *actions, rb_action_type_t type)
{
  return find(actions, type) != &nothing;
}

/** A node asks five times before it takes the role; one that is not to join
 * does not ask. */
static void
test_rbalance_join_attempts(void *arg)
{
  rb_state_t *state = make_node(1, true);
  smartlist_t *actions = NULL;
  int n_attempts = 0;
  (void) arg;

  for (uint64_t at = 250; at < 74500; at += 250) {
    actions = tick(state, at);
    n_attempts += has(actions, RB_ACT_JOIN);
    tt_int_op(n_attempts, OP_EQ, 1 + (at - 250) / 15000);
    tt_int_op(state->role, OP_EQ, RB_ROLE_STANDBY);
    tt_assert(!has(actions, RB_ACT_JOINED));
    rb_actions_free(actions);
  }
  actions = tick(state, 75250);
  tt_assert(has(actions, RB_ACT_JOINED));
  tt_assert(!find(actions, RB_ACT_JOINED)->was_accepted);
  tt_assert(!rb_join_is_pending(state));
  rb_actions_free(actions);
  actions = tick(state, 75500);
  tt_int_op(state->role, OP_EQ, RB_ROLE_PUBLISHER);
  rb_actions_free(actions);
  rb_state_free(state);

  state = make_node(1, false);
  actions = tick(state, 250);
  tt_assert(!has(actions, RB_ACT_JOIN));
 done:
  rb_actions_free(actions);
  rb_state_free(state);
}

/** Question and answer: both know each other and all that the answering node
 * knew, and the one that joined listens before it does anything. */
static void
test_rbalance_join_answer(void *arg)
{
  rb_state_t *joiner = make_node(1, true), *member = make_node(2, false);
  smartlist_t *actions = NULL;
  ed25519_keypair_t third, dead;
  char *text = NULL;
  rb_peer_t *peer;
  (void) arg;

  rbt_fill_key(3, &third);
  rbt_fill_key(4, &dead);
  rb_peers_add(member->peers, &third.pubkey, 9, RBT_MONO);
  rb_peers_add(member->peers, &dead.pubkey, 9, RBT_MONO)->state =
    RB_NODE_DEAD;
  actions = tick(joiner, 250);
  rb_actions_free(actions);
  actions = join_up(joiner, 7, member, false);
  tt_u64_op(find(actions, RB_ACT_SEND)->channel, OP_EQ, 7);
  tt_assert(has(actions, RB_ACT_SEND));
  text = tor_strdup(find(actions, RB_ACT_SEND)->text);
  rb_actions_free(actions);

  actions = join_up(member, 9, joiner, true);
  tt_assert(!has(actions, RB_ACT_SEND));
  rb_actions_free(actions);
  actions = receive(member, 9, text);
  tt_assert(find(actions, RB_ACT_JOINED)->was_accepted);
  tt_ptr_op(rb_peers_find(member->peers, &joiner->node_keys.pubkey), OP_NE,
            NULL);
  tor_free(text);
  tt_assert(has(actions, RB_ACT_SEND));
  text = tor_strdup(find(actions, RB_ACT_SEND)->text);
  rb_actions_free(actions);

  actions = receive(joiner, 7, text);
  tt_assert(find(actions, RB_ACT_JOINED)->was_accepted);
  tt_u64_op(find(actions, RB_ACT_HANG_UP)->channel, OP_EQ, 7);
  tt_int_op(rb_peers_count(joiner->peers), OP_EQ, 2);
  tt_ptr_op(rb_peers_find(joiner->peers, &third.pubkey), OP_NE, NULL);
  peer = rb_peers_find(joiner->peers, &member->node_keys.pubkey);
  tt_ptr_op(peer, OP_NE, NULL);
  tt_assert(has(actions, RB_ACT_DIAL));
  rb_actions_free(actions);
  actions = tick(joiner, 20000);
  tt_int_op(joiner->role, OP_EQ, RB_ROLE_STANDBY);
 done:
  tor_free(text);
  rb_actions_free(actions);
  rb_state_free(joiner);
  rb_state_free(member);
}

/** What is no question is dropped and ends the channel; there are few
 * channels; a message on a peer channel or after the answer does nothing. */
static void
test_rbalance_join_bad(void *arg)
{
  static const char *const bad[] = {
    "", "{}", "x", "{\"type\":\"join_request\"}",
    "{\"version\":1,\"type\":\"join_response\",\"node_id\":\"a\","
      "\"timestamp\":1,\"number\":1,\"success\":true,\"known_peers\":[]}",
    "{\"version\":1,\"type\":\"lease_release\",\"node_id\":\"a\","
      "\"timestamp\":1,\"number\":1}",
  };
  rb_state_t *joiner = make_node(1, true), *member = make_node(2, false);
  smartlist_t *actions = NULL;
  (void) arg;

  for (uint64_t i = 0; i < 10000; ++i) {
    actions = join_up(member, i + 1, joiner, true);
    tt_assert(!has(actions, RB_ACT_HANG_UP));
    rb_actions_free(actions);
    actions = receive(member, i + 1, bad[i % ARRAY_LENGTH(bad)]);
    tt_u64_op(find(actions, RB_ACT_HANG_UP)->channel, OP_EQ, i + 1);
    tt_assert(!has(actions, RB_ACT_SEND));
    rb_actions_free(actions);
    tt_u64_op(member->dropped[RB_DROP_MALFORMED], OP_EQ, i + 1);
  }
  tt_int_op(rb_peers_count(member->peers), OP_EQ, 0);
  for (uint64_t i = 0; i <= RB_MAX_JOIN_CHANNELS; ++i) {
    actions = join_up(member, 20000 + i, joiner, true);
    tt_int_op(has(actions, RB_ACT_HANG_UP), OP_EQ,
              i == RB_MAX_JOIN_CHANNELS);
    rb_actions_free(actions);
  }
  tt_u64_op(member->dropped[RB_DROP_LIMIT], OP_EQ, 1);
  /* Nobody joins himself. */
  actions = join_up(joiner, 5, joiner, true);
  tt_assert(has(actions, RB_ACT_HANG_UP));
 done:
  rb_actions_free(actions);
  rb_state_free(joiner);
  rb_state_free(member);
}

#define T(name) { #name, test_rbalance_join_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_join_tests[] = {
  T(attempts),
  T(answer),
  T(bad),
  END_OF_TESTCASES
};
