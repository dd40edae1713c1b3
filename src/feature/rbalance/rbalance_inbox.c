/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inbox.c
 * @brief What a message of a peer does to our state.
 *
 * A message counts only if it came on the channel in use with its sender,
 * whose node key the handshake has proven, and if its number was not there
 * before.  Whatever is wrong with it, it is dropped and counted, and nothing
 * else happens.  rbalance_outbox.c makes the answers.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_inbox.h"

#include "feature/rbalance/rbalance_gossip.h"
#include "feature/rbalance/rbalance_handshake.h"
#include "feature/rbalance/rbalance_join.h"
#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_leave.h"
#include "feature/rbalance/rbalance_msg.h"
#include "feature/rbalance/rbalance_outbox.h"
#include "feature/rbalance/rbalance_report.h"
#include "lib/ctime/di_ops.h"
#include "lib/log/util_bug.h"
#include "lib/string/compat_string.h"

#include <stdlib.h>
#include <string.h>

/** Handle the heartbeat of <b>peer</b>: its state, and the records that it
 * lacks. */
static void
receive_heartbeat(rb_state_t *state, rb_peer_t *peer,
                  const rb_msg_heartbeat_t *heartbeat, rb_now_t now,
                  smartlist_t *actions)
{
  if (!ed25519_pubkey_eq(&heartbeat->lease.node_key, &peer->key)) {
    state->dropped[RB_DROP_MALFORMED]++;
    return;
  }
  state->n_heartbeats_received++;
  peer->has_heartbeat = true;
  peer->is_refused = false;
  peer->last_publish_ts = heartbeat->last_publish_ts;
  peer->pow_effort = (uint32_t) heartbeat->pow_effort;
  rb_lease_note(state, &heartbeat->lease, now.mono);
  if (heartbeat->lease.incarnation < peer->lease.incarnation) {
    /* Its clock was set back: it must learn to number its leases higher. */
    rb_lease_t lease;
    rb_lease_of_peer(peer, now.mono, &lease);
    rb_outbox_send_lease(state, peer, &lease, now, actions);
  }
  if (peer->record &&
      peer->record->incarnation < heartbeat->lease.incarnation) {
    /* The circuits of an earlier life are gone, and its points with them. */
    rb_record_free(peer->record);
    state->merge_is_dirty = true;
  } else if (peer->record &&
             peer->record->incarnation > heartbeat->lease.incarnation) {
    /* The same goes for its records. */
    rb_outbox_send_record(state, peer, peer->record, now, actions);
  }
  if (heartbeat->exclusions) {
    rb_leave_receive_exclusions(state, peer, heartbeat->exclusions, now,
                                actions);
  }
  rb_gossip_receive_known(state, peer, heartbeat, now, actions);
}

/** Somebody passed us our own <b>lease</b>: outlive one that is of a later
 * life than this. */
static void
receive_own_lease(rb_state_t *state, const rb_lease_t *lease, rb_now_t now,
                  smartlist_t *actions)
{
  if (lease->incarnation <= state->record->incarnation) {
    return;
  }
  if (!rb_lease_is_signed(lease)) {
    state->dropped[RB_DROP_BAD_RECORD]++;
    return;
  }
  rb_state_outlive(state, lease->incarnation);
  rb_outbox_broadcast_record(state, now, actions);
  rb_outbox_broadcast_own_lease(state, now, actions);
}

/** Handle the <b>lease</b> that <b>peer</b> sent, of itself or of another, and
 * pass it on: even in a small cluster the channel between two publishers may
 * be the one that is broken. */
static void
receive_lease(rb_state_t *state, rb_peer_t *peer, const rb_lease_t *lease,
              rb_now_t now, smartlist_t *actions)
{
  if (ed25519_pubkey_eq(&lease->node_key, &state->node_keys.pubkey)) {
    receive_own_lease(state, lease, now, actions);
  } else if (!rb_peers_find(state->peers, &lease->node_key)) {
    state->dropped[RB_DROP_UNKNOWN_NODE]++;
  } else if (rb_lease_note(state, lease, now.mono)) {
    rb_outbox_broadcast_lease(state, peer, lease, now, actions);
  }
}

/** Handle the answer to a ping: if it is to our last one, learn round-trip
 * time and clock of <b>peer</b>. */
static void
receive_pong(const rb_state_t *state, rb_peer_t *peer, const rb_msg_t *msg,
             rb_now_t now, smartlist_t *actions)
{
  const int64_t limit = (int64_t) state->config->clock_skew;
  bool is_skewed;

  if (!peer->ping_id || msg->u.ping.id != peer->ping_id) {
    return;
  }
  peer->ping_id = 0;
  peer->rtt = now.mono - peer->ping_sent.mono;
  peer->skew = rb_clock_skew(msg->timestamp,
                             peer->ping_sent.wall + peer->rtt / 2);
  is_skewed = llabs(peer->skew) > limit;
  if (is_skewed && !peer->skew_is_told) {
    rb_action_t *action = rb_actions_add(actions, RB_ACT_CLOCK_SKEW);
    ed25519_pubkey_copy(&action->peer, &peer->key);
    action->skew = peer->skew;
  }
  peer->skew_is_told = is_skewed;
}

/** Handle <b>msg</b> of <b>peer</b> by its type. */
static void
receive_msg(rb_state_t *state, rb_peer_t *peer, const rb_msg_t *msg,
            rb_now_t now, smartlist_t *actions)
{
  switch (msg->type) {
    case RB_MSG_HEARTBEAT:
      receive_heartbeat(state, peer, &msg->u.heartbeat, now, actions);
      break;
    case RB_MSG_LEASE_CLAIM:
    case RB_MSG_LEASE_RELEASE:
      receive_lease(state, peer, &msg->u.lease, now, actions);
      break;
    case RB_MSG_INTRO_POINTS:
      rb_gossip_receive_record(state, peer, &msg->u.intro_points, now,
                               actions);
      break;
    case RB_MSG_PEER_ANNOUNCE:
      rb_gossip_receive_announce(state, peer, &msg->u.peer_announce, now,
                                 actions);
      break;
    case RB_MSG_BACKEND_UNHEALTHY:
      rb_report_receive(state, peer, &msg->u.backend_unhealthy, now,
                        actions);
      break;
    case RB_MSG_PING:
      rb_outbox_send_pong(state, peer, msg->u.ping.id, now, actions);
      break;
    case RB_MSG_PONG:
      receive_pong(state, peer, msg, now, actions);
      break;
    case RB_MSG_JOIN_REQUEST:
    case RB_MSG_JOIN_RESPONSE:
      /* On a peer channel they have no place. */
      state->dropped[RB_DROP_MALFORMED]++;
      break;
    case RB_MSG_TYPE_MAX_:
      tor_assert_nonfatal_unreached();
      break;
  }
}

/** Handle the frame of <b>len</b> bytes at <b>text</b> that came on
 * <b>channel</b>. */
void
rb_inbox_receive(rb_state_t *state, uint64_t channel, const char *text,
                 size_t len, rb_now_t now, smartlist_t *actions)
{
  rb_peer_t *peer = rb_peers_find_by_channel(state->peers, channel);
  rb_msg_t *msg;

  if (!peer) {
    if (!rb_join_receive(state, channel, text, len, now, actions)) {
      state->dropped[RB_DROP_CHANNEL]++;
    }
    return;
  }
  msg = rb_msg_decode(text, len);
  if (!msg) {
    state->dropped[RB_DROP_MALFORMED]++;
    return;
  }
  if (msg->number <= peer->last_received_number) {
    state->dropped[RB_DROP_REPLAYED]++;
    rb_msg_free(msg);
    return;
  }
  peer->last_received_number = msg->number;
  peer->last_heard = now.mono;
  peer->pings_unanswered = 0;
  strlcpy(peer->node_id, msg->node_id, sizeof(peer->node_id));
  receive_msg(state, peer, msg, now, actions);
  rb_msg_free(msg);
}
