/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_inbox.c
 * @brief Tests of what messages do: the good, the bad and the old.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_sim.h"

#include "feature/rbalance/rbalance_inbox.h"
#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_msg.h"
#include "feature/rbalance/rbalance_step.h"

/** Return a simulation of two nodes that are up. */
static rbt_sim_t *
make_pair(void)
{
  rbt_sim_t *sim = rbt_sim_new(2, 3);
  rbt_sim_start(sim, 0);
  rbt_sim_start(sim, 1);
  rbt_sim_run(sim, 30000);
  return sim;
}

/** Return the state of node 0 of <b>sim</b>, which all tests here send
 * to. */
static rb_state_t *
receiver(const rbt_sim_t *sim)
{
  return sim->nodes[0].state;
}

/** Return what node 0 of <b>sim</b> knows of node 1. */
static rb_peer_t *
sender(const rbt_sim_t *sim)
{
  return rb_peers_find(receiver(sim)->peers, &sim->nodes[1].keys.pubkey);
}

/** Fill <b>lease</b> with a new lease of node 1 that has <b>left</b>
 * milliseconds left. */
static void
fill_lease(const rbt_sim_t *sim, rb_lease_t *lease, uint64_t left)
{
  memset(lease, 0, sizeof(*lease));
  ed25519_pubkey_copy(&lease->node_key, &sim->nodes[1].keys.pubkey);
  lease->priority = 99;
  lease->incarnation = sender(sim)->lease.incarnation;
  lease->number = sender(sim)->lease.number + 1;
  lease->lasts = lease->left = left;
  rb_lease_sign(lease, &sim->nodes[1].keys);
}

/** Send <b>msg</b> of node 1 to node 0, with a number that is next, and
 * release it. */
static void
send_msg(rbt_sim_t *sim, rb_msg_t *msg)
{
  char *text;
  strlcpy(msg->node_id, "intruder", sizeof(msg->node_id));
  msg->timestamp = RBT_WALL;
  msg->number = sender(sim)->last_received_number + 1;
  text = rb_msg_encode(msg);
  rbt_sim_inject(sim, 1, 0, text);
  rbt_sim_run(sim, 50);
  tor_free(text);
  rb_msg_free(msg);
}

/** Send the signed <b>record</b> as node 1. */
static void
send_record(rbt_sim_t *sim, const rb_record_t *record)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_INTRO_POINTS);
  msg->u.intro_points.record = tor_strdup(record->text);
  memcpy(&msg->u.intro_points.signature, &record->signature,
         sizeof(record->signature));
  send_msg(sim, msg);
}

/** What is no message is dropped and counted, and changes nothing else. */
static void
test_rbalance_inbox_malformed(void *arg)
{
  static const char *const bad[] = {
    "x", "{}", "[]", "null", "{\"type\":\"heartbeat\"}",
    "{\"version\":1,\"type\":\"shutdown\",\"node_id\":\"a\","
      "\"timestamp\":1,\"number\":100000}",
    "{\"version\":2,\"type\":\"lease_release\",\"node_id\":\"a\","
      "\"timestamp\":1,\"number\":100000}",
    "{\"version\":1,\"type\":\"lease_release\",\"node_id\":\"a\","
      "\"timestamp\":1,\"number\":100000,\"number\":100001}",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
  };
  rbt_sim_t *sim = make_pair();
  const uint64_t number = sender(sim)->last_received_number;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    rbt_sim_inject(sim, 1, 0, bad[i]);
    rbt_sim_run(sim, 50);
    tt_u64_op(receiver(sim)->dropped[RB_DROP_MALFORMED], OP_EQ, i + 1);
  }
  tt_u64_op(sender(sim)->last_received_number, OP_LE, number + 4);
  tt_int_op(sender(sim)->state, OP_EQ, RB_NODE_HEALTHY);
  tt_int_op(rbt_sim_find_publisher(sim), OP_EQ, 0);
 done:
  rbt_sim_free(sim);
}

/** A message whose number was there is dropped. */
static void
test_rbalance_inbox_replayed(void *arg)
{
  rbt_sim_t *sim = make_pair();
  rb_msg_t *msg = rb_msg_new(RB_MSG_LEASE_CLAIM);
  char *text = NULL;
  (void) arg;

  fill_lease(sim, &msg->u.lease, 60000);
  strlcpy(msg->node_id, "x", sizeof(msg->node_id));
  msg->number = sender(sim)->last_received_number;
  text = rb_msg_encode(msg);
  rbt_sim_inject(sim, 1, 0, text);
  rbt_sim_run(sim, 50);
  tt_u64_op(receiver(sim)->dropped[RB_DROP_REPLAYED], OP_EQ, 1);
  tt_int_op(sender(sim)->role, OP_EQ, RB_ROLE_STANDBY);
 done:
  tor_free(text);
  rb_msg_free(msg);
  rbt_sim_free(sim);
}

/** A frame on a channel that is not in use is dropped. */
static void
test_rbalance_inbox_channel(void *arg)
{
  rbt_sim_t *sim = make_pair();
  const rb_now_t now = { RBT_MONO + sim->time, RBT_WALL };
  smartlist_t *actions = smartlist_new();
  const uint64_t before = receiver(sim)->dropped[RB_DROP_CHANNEL];
  (void) arg;

  rb_inbox_receive(receiver(sim), 4711, "{}", 2, now, actions);
  tt_u64_op(receiver(sim)->dropped[RB_DROP_CHANNEL], OP_EQ, before + 1);
  tt_int_op(smartlist_len(actions), OP_EQ, 0);
 done:
  rb_actions_free(actions);
  rbt_sim_free(sim);
}

/** A claim makes the sender publisher, a release ends that. */
static void
test_rbalance_inbox_lease(void *arg)
{
  rbt_sim_t *sim = make_pair();
  rb_msg_t *msg = rb_msg_new(RB_MSG_LEASE_CLAIM);
  (void) arg;

  fill_lease(sim, &msg->u.lease, 60000);
  send_msg(sim, msg);
  tt_int_op(sender(sim)->role, OP_EQ, RB_ROLE_PUBLISHER);
  tt_int_op(sender(sim)->priority, OP_EQ, 99);
  tt_u64_op(sender(sim)->lease_until, OP_EQ, RBT_MONO + sim->time + 60000);
  tt_str_op(sender(sim)->node_id, OP_EQ, "intruder");
  msg = rb_msg_new(RB_MSG_LEASE_RELEASE);
  fill_lease(sim, &msg->u.lease, 0);
  send_msg(sim, msg);
  tt_int_op(sender(sim)->role, OP_EQ, RB_ROLE_STANDBY);
  tt_u64_op(sender(sim)->lease_until, OP_EQ, 0);
 done:
  rbt_sim_free(sim);
}

/** A record is taken if it is sound and newer, and teaches us its node;
 * everything else is counted by what is wrong. */
static void
test_rbalance_inbox_record(void *arg)
{
  static const uint8_t other_cluster[RB_CLUSTER_ID_LEN] = "elsewhere";
  rbt_sim_t *sim = make_pair();
  const uint64_t *dropped = receiver(sim)->dropped;
  rb_record_t *record = rb_record_new();
  ed25519_keypair_t stranger;
  uint64_t old;
  (void) arg;

  strlcpy(record->node_id, "x", sizeof(record->node_id));
  record->incarnation = RBT_WALL + 1;
  smartlist_add(record->sets, rbt_make_set(1, 100, 2));
  rb_record_sign(record, rbt_cluster_id, &sim->nodes[1].keys);
  send_record(sim, record);
  tt_u64_op(sender(sim)->record->incarnation, OP_EQ, RBT_WALL + 1);
  tt_int_op(rb_pointsets_max_len(sender(sim)->record->sets), OP_EQ, 2);

  old = dropped[RB_DROP_OLD_RECORD];
  send_record(sim, record);
  tt_u64_op(dropped[RB_DROP_OLD_RECORD], OP_EQ, old + 1);

  record->incarnation++;
  rb_record_sign(record, rbt_cluster_id, &sim->nodes[1].keys);
  record->signature.sig[3] ^= 1;
  send_record(sim, record);
  tt_u64_op(dropped[RB_DROP_BAD_RECORD], OP_EQ, 1);

  rb_record_sign(record, other_cluster, &sim->nodes[1].keys);
  send_record(sim, record);
  tt_u64_op(dropped[RB_DROP_WRONG_CLUSTER], OP_EQ, 1);

  rbt_fill_key(200, &stranger);
  rb_record_sign(record, rbt_cluster_id, &stranger);
  send_record(sim, record);
  tt_ptr_op(rb_peers_find(receiver(sim)->peers, &stranger.pubkey), OP_NE,
            NULL);

  tt_u64_op(sender(sim)->record->incarnation, OP_EQ, RBT_WALL + 1);
 done:
  rb_record_free(record);
  rbt_sim_free(sim);
}

/** A record of ours from a life that seems later makes us start a life after
 * that one. */
static void
test_rbalance_inbox_own_record(void *arg)
{
  rbt_sim_t *sim = make_pair();
  rb_record_t *record = rb_record_new();
  uint64_t old;
  (void) arg;

  strlcpy(record->node_id, "x", sizeof(record->node_id));
  record->incarnation = RBT_WALL - 1;
  rb_record_sign(record, rbt_cluster_id, &sim->nodes[0].keys);
  old = receiver(sim)->record->sequence;
  send_record(sim, record);
  tt_u64_op(receiver(sim)->record->sequence, OP_EQ, old);

  record->incarnation = RBT_WALL + 5000;
  rb_record_sign(record, rbt_cluster_id, &sim->nodes[0].keys);
  send_record(sim, record);
  tt_u64_op(receiver(sim)->record->incarnation, OP_EQ, RBT_WALL + 5001);
  tt_int_op(rb_pointsets_max_len(receiver(sim)->record->sets), OP_EQ, 3);
 done:
  rb_record_free(record);
  rbt_sim_free(sim);
}

/** The same goes for a lease of ours, which nobody else can make. */
static void
test_rbalance_inbox_own_lease(void *arg)
{
  rbt_sim_t *sim = make_pair();
  rb_lease_t lease;
  (void) arg;

  memset(&lease, 0, sizeof(lease));
  ed25519_pubkey_copy(&lease.node_key, &sim->nodes[0].keys.pubkey);
  for (int i = 0; i < 3; ++i) {
    rb_msg_t *msg = rb_msg_new(RB_MSG_LEASE_RELEASE);
    const uint64_t ours = receiver(sim)->record->incarnation;
    lease.incarnation = i ? ours + 5000 : ours;
    lease.number = 1000;
    rb_lease_sign(&lease, &sim->nodes[i == 1].keys);
    memcpy(&msg->u.lease, &lease, sizeof(lease));
    send_msg(sim, msg);
    tt_u64_op(receiver(sim)->record->incarnation, OP_EQ,
              i == 2 ? ours + 5001 : ours);
    tt_u64_op(receiver(sim)->dropped[RB_DROP_BAD_RECORD], OP_EQ, i > 0);
  }
  tt_u64_op(receiver(sim)->lease.incarnation, OP_EQ, lease.incarnation + 1);
 done:
  rbt_sim_free(sim);
}

/** A node that numbers its leases lower than before, for it lost its state
 * and its clock was set back, learns of it, and is believed again. */
static void
test_rbalance_inbox_lower_lease(void *arg)
{
  rbt_sim_t *sim = make_pair();
  uint64_t before;
  (void) arg;

  before = sender(sim)->lease.incarnation;
  sender(sim)->lease.incarnation += 5000;
  rb_lease_sign(&sender(sim)->lease, &sim->nodes[1].keys);
  sender(sim)->role = RB_ROLE_STANDBY;
  sim->nodes[1].state->role = RB_ROLE_PUBLISHER;
  sim->nodes[1].state->lease_until = UINT64_MAX / 2;
  rbt_sim_run(sim, 12000);
  tt_u64_op(sender(sim)->lease.incarnation, OP_EQ, before + 5001);
  tt_u64_op(sender(sim)->record->incarnation, OP_EQ, before + 5001);
 done:
  rbt_sim_free(sim);
}

/** Anything that a peer sends counts as a sign of life; a pong is judged
 * only if we asked for it. */
static void
test_rbalance_inbox_pong(void *arg)
{
  rbt_sim_t *sim = make_pair();
  rb_msg_t *msg = rb_msg_new(RB_MSG_PONG);
  uint64_t rtt;
  (void) arg;

  sender(sim)->pings_unanswered = 3;
  sender(sim)->ping_id = 5;
  rtt = sender(sim)->rtt;
  msg->u.ping.id = 6;
  send_msg(sim, msg);
  tt_u64_op(sender(sim)->rtt, OP_EQ, rtt);
  tt_u64_op(sender(sim)->ping_id, OP_EQ, 5);
  tt_int_op(sender(sim)->pings_unanswered, OP_LE, 1);
 done:
  rbt_sim_free(sim);
}

/** Return how often node 0 of <b>sim</b> tells of node 1's clock when that
 * answers a ping with a clock that is <b>ahead</b> milliseconds ahead. */
static int
count_complaints(const rbt_sim_t *sim, uint64_t ahead)
{
  const rb_now_t now = { RBT_WALL + 40000, RBT_MONO + 40000 };
  rb_msg_t *msg = rb_msg_new(RB_MSG_PONG);
  smartlist_t *actions;
  rb_event_t event;
  char *text;
  int n = 0;

  strlcpy(msg->node_id, "beta", sizeof(msg->node_id));
  msg->u.ping.id = sender(sim)->ping_id = 9;
  sender(sim)->ping_sent = now;
  msg->timestamp = now.wall + ahead;
  msg->number = sender(sim)->last_received_number + 1;
  text = rb_msg_encode(msg);
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_FRAME;
  event.u.frame.channel = sender(sim)->channel;
  event.u.frame.text = text;
  event.u.frame.len = strlen(text);
  actions = rb_step(receiver(sim), &event, now);
  SMARTLIST_FOREACH(actions, const rb_action_t *, action,
                    n += action->type == RB_ACT_CLOCK_SKEW);
  rb_actions_free(actions);
  rb_msg_free(msg);
  tor_free(text);
  return n;
}

/** The operator is told once that a clock is wrong, also of one that was so
 * when the channel came up; and again when it was right meanwhile. */
static void
test_rbalance_inbox_clock(void *arg)
{
  rbt_sim_t *sim = make_pair();
  (void) arg;

  sender(sim)->skew = 6000;
  tt_int_op(count_complaints(sim, 6000), OP_EQ, 1);
  tt_int_op(count_complaints(sim, 6000), OP_EQ, 0);
  tt_int_op(count_complaints(sim, 5000), OP_EQ, 0);
  tt_int_op(count_complaints(sim, 6000), OP_EQ, 1);
 done:
  rbt_sim_free(sim);
}

#define T(name) { #name, test_rbalance_inbox_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_inbox_tests[] = {
  T(malformed),
  T(replayed),
  T(channel),
  T(lease),
  T(record),
  T(own_record),
  T(own_lease),
  T(lower_lease),
  T(pong),
  T(clock),
  END_OF_TESTCASES
};
