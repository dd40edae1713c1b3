/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_outbox.c
 * @brief Tests of the messages that a node sends.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_msg.h"
#include "feature/rbalance/rbalance_outbox.h"
#include "feature/rbalance/rbalance_settings.h"

/** The moment of all these tests. */
static const rb_now_t now = { RBT_MONO, RBT_WALL };

/** Return the state of a node that has two peers, both with a record, and a
 * channel to the first: number 7. */
static rb_state_t *
make_state(rb_peer_t **first_out, rb_peer_t **second_out)
{
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  rb_peer_t *peers[2];
  for (uint8_t i = 0; i < 2; ++i) {
    ed25519_keypair_t keys;
    rbt_fill_key(i + 2, &keys);
    peers[i] = rb_peers_add(state->peers, &keys.pubkey, 8, RBT_MONO);
    peers[i]->record = rb_record_new();
    strlcpy(peers[i]->record->node_id, "peer", RB_NODE_ID_LEN);
    peers[i]->record->incarnation = 50;
    peers[i]->record->sequence = 5;
    rb_record_sign(peers[i]->record, rbt_cluster_id, &keys);
  }
  peers[0]->channel = 7;
  *first_out = peers[0];
  *second_out = peers[1];
  rb_config_free(config);
  return state;
}

/** Return the message in the action number <b>i</b> of <b>actions</b>, which
 * must send it on channel 7; or NULL. */
static rb_msg_t *
sent_msg(const smartlist_t *actions, int i)
{
  const rb_action_t *action;
  if (i >= smartlist_len(actions)) {
    return NULL;
  }
  action = smartlist_get(actions, i);
  if (action->type != RB_ACT_SEND || action->channel != 7) {
    return NULL;
  }
  return rb_msg_decode(action->text, strlen(action->text));
}

/** A heartbeat has our state and names every record; messages are numbered
 * and dated, and only who has a channel gets one. */
static void
test_rbalance_outbox_heartbeat(void *arg)
{
  rb_peer_t *first, *second;
  rb_state_t *state = make_state(&first, &second);
  smartlist_t *actions = smartlist_new();
  smartlist_t *sets = rbt_make_sets(1, 3);
  rb_msg_t *msg = NULL;
  (void) arg;

  rb_state_renew_record(state, sets);
  state->role = RB_ROLE_PUBLISHER;
  state->lease_until = RBT_MONO + 1234;
  state->last_publish_ts = 99;
  rb_outbox_broadcast_heartbeat(state, now, actions);
  rb_outbox_broadcast_heartbeat(state, now, actions);
  tt_int_op(smartlist_len(actions), OP_EQ, 2);
  msg = sent_msg(actions, 1);
  tt_ptr_op(msg, OP_NE, NULL);
  tt_u64_op(msg->number, OP_EQ, 2);
  tt_u64_op(msg->timestamp, OP_EQ, RBT_WALL);
  tt_str_op(msg->node_id, OP_EQ, state->record->node_id);
  tt_int_op(msg->u.heartbeat.role, OP_EQ, RB_ROLE_PUBLISHER);
  tt_u64_op(msg->u.heartbeat.lease.left, OP_EQ, 1234);
  tt_u64_op(msg->u.heartbeat.intro_point_count, OP_EQ, 3);
  tt_u64_op(msg->u.heartbeat.last_publish_ts, OP_EQ, 99);
  tt_int_op(msg->u.heartbeat.lease.priority, OP_EQ, 100);
  tt_ptr_op(msg->u.heartbeat.known, OP_EQ, NULL);
  rb_msg_free(msg);
  first->is_new_channel = true;
  rb_outbox_broadcast_heartbeat(state, now, actions);
  msg = sent_msg(actions, 2);
  tt_int_op(smartlist_len(msg->u.heartbeat.known), OP_EQ, 3);
 done:
  rb_msg_free(msg);
  rb_pointsets_free(sets);
  rb_actions_free(actions);
  rb_state_free(state);
}

/** A ping has a fresh id and is remembered; a pong has the id it answers. */
static void
test_rbalance_outbox_ping(void *arg)
{
  rb_peer_t *first, *second;
  rb_state_t *state = make_state(&first, &second);
  smartlist_t *actions = smartlist_new();
  rb_msg_t *msg = NULL;
  (void) arg;

  rb_outbox_send_ping(state, first, now, actions);
  msg = sent_msg(actions, 0);
  tt_int_op(msg->type, OP_EQ, RB_MSG_PING);
  tt_u64_op(msg->u.ping.id, OP_NE, 0);
  tt_u64_op(msg->u.ping.id, OP_EQ, first->ping_id);
  tt_u64_op(first->ping_sent.mono, OP_EQ, RBT_MONO);
  rb_outbox_send_ping(state, first, now, actions);
  tt_u64_op(msg->u.ping.id, OP_NE, first->ping_id);
  rb_msg_free(msg);
  rb_outbox_send_pong(state, first, 4711, now, actions);
  msg = sent_msg(actions, 2);
  tt_int_op(msg->type, OP_EQ, RB_MSG_PONG);
  tt_u64_op(msg->u.ping.id, OP_EQ, 4711);
 done:
  rb_msg_free(msg);
  rb_actions_free(actions);
  rb_state_free(state);
}

/** Claim and release go to everybody. */
static void
test_rbalance_outbox_lease(void *arg)
{
  rb_peer_t *first, *second;
  rb_state_t *state = make_state(&first, &second);
  smartlist_t *actions = smartlist_new();
  rb_msg_t *msg = NULL;
  (void) arg;

  state->role = RB_ROLE_PUBLISHER;
  state->lease_until = RBT_MONO + 60000;
  rb_outbox_broadcast_own_lease(state, now, actions);
  msg = sent_msg(actions, 0);
  tt_int_op(msg->type, OP_EQ, RB_MSG_LEASE_CLAIM);
  tt_u64_op(msg->u.lease.left, OP_EQ, 60000);
  tt_int_op(msg->u.lease.priority, OP_EQ, 100);
  tt_u64_op(msg->u.lease.number, OP_EQ, 1);
  rb_msg_free(msg);
  state->role = RB_ROLE_STANDBY;
  rb_outbox_broadcast_own_lease(state, now, actions);
  msg = sent_msg(actions, 1);
  tt_int_op(msg->type, OP_EQ, RB_MSG_LEASE_RELEASE);
  tt_u64_op(msg->u.lease.left, OP_EQ, 0);
  tt_u64_op(msg->u.lease.number, OP_EQ, 2);
  tt_int_op(smartlist_len(actions), OP_EQ, 2);
 done:
  rb_msg_free(msg);
  rb_actions_free(actions);
  rb_state_free(state);
}

#define T(name) { #name, test_rbalance_outbox_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_outbox_tests[] = {
  T(heartbeat),
  T(ping),
  T(lease),
  END_OF_TESTCASES
};
