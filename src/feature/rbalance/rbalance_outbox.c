/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_outbox.c
 * @brief The messages that we send, each as a send action.
 *
 * Every function here takes the state it speaks of, the time for the
 * message's timestamp, and the list of actions to append to.  A peer without
 * a channel in use is passed over.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_outbox.h"

#include "feature/rbalance/rbalance_gossip.h"
#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_msg.h"
#include "lib/string/compat_string.h"

#include <string.h>

/** Number, date and sign <b>msg</b> as ours and send it to <b>peer</b>.
 * Release <b>msg</b>. */
static void
send_msg(rb_state_t *state, rb_peer_t *peer, rb_msg_t *msg, rb_now_t now,
         smartlist_t *actions)
{
  if (peer->channel) {
    rb_action_t *action = rb_actions_add(actions, RB_ACT_SEND);
    strlcpy(msg->node_id, state->record->node_id, sizeof(msg->node_id));
    msg->timestamp = now.wall;
    msg->number = ++peer->last_sent_number;
    action->channel = peer->channel;
    action->text = rb_msg_encode(msg);
  }
  rb_msg_free(msg);
}

/** Return how many points we have for the current descriptor. */
static uint64_t
count_own_points(const rb_state_t *state)
{
  const rb_pointset_t *set = NULL;
  if (smartlist_len(state->record->sets) > 0) {
    set = smartlist_get(state->record->sets, 0);
  }
  return set ? (uint64_t) smartlist_len(set->points) : 0;
}

/** Send our state to <b>peer</b>, and which records we have if it is the
 * first time, or if what <b>peer</b> has went on differing. */
void
rb_outbox_send_heartbeat(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                         smartlist_t *actions)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_HEARTBEAT);
  rb_msg_heartbeat_t *heartbeat = &msg->u.heartbeat;

  heartbeat->role = state->role;
  rb_lease_of_ourselves(state, now.mono, &heartbeat->lease);
  heartbeat->intro_point_count = count_own_points(state);
  heartbeat->last_publish_ts = state->last_publish_ts;
  heartbeat->pow_effort = state->pow_effort;
  rb_gossip_digest(state, heartbeat->digest);
  if (smartlist_len(state->exclusions)) {
    heartbeat->exclusions = rb_exclusions_dup(state->exclusions);
  }
  if (peer->is_new_channel || peer->n_mismatches >= RB_DIGEST_PATIENCE) {
    heartbeat->known = rb_gossip_list_known(state);
    peer->is_new_channel = false;
    peer->n_mismatches = 0;
  }
  state->n_heartbeats_sent++;
  send_msg(state, peer, msg, now, actions);
}

/** Send our heartbeat to everybody. */
void
rb_outbox_broadcast_heartbeat(rb_state_t *state, rb_now_t now,
                              smartlist_t *actions)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    if (peer->channel) {
      rb_outbox_send_heartbeat(state, peer, now, actions);
    }
  } DIGEST256MAP_FOREACH_END;
}

/** Send <b>peer</b> what <b>lease</b> says: a claim if its node is publisher,
 * else a release. */
void
rb_outbox_send_lease(rb_state_t *state, rb_peer_t *peer,
                     const rb_lease_t *lease, rb_now_t now,
                     smartlist_t *actions)
{
  rb_msg_t *msg = rb_msg_new(lease->lasts ? RB_MSG_LEASE_CLAIM :
                                            RB_MSG_LEASE_RELEASE);
  memcpy(&msg->u.lease, lease, sizeof(*lease));
  send_msg(state, peer, msg, now, actions);
}

/** Send everybody but <b>except</b>, which may be NULL, what <b>lease</b>
 * says. */
void
rb_outbox_broadcast_lease(rb_state_t *state, const rb_peer_t *except,
                          const rb_lease_t *lease, rb_now_t now,
                          smartlist_t *actions)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    if (peer->channel && peer != except) {
      rb_outbox_send_lease(state, peer, lease, now, actions);
    }
  } DIGEST256MAP_FOREACH_END;
}

/** Tell everybody whether we hold the publisher role. */
void
rb_outbox_broadcast_own_lease(rb_state_t *state, rb_now_t now,
                              smartlist_t *actions)
{
  rb_lease_t lease;
  rb_lease_of_ourselves(state, now.mono, &lease);
  rb_outbox_broadcast_lease(state, NULL, &lease, now, actions);
}

/** Tell <b>peer</b> that the node <b>subject</b> exists, or, where that is
 * NULL, that we do. */
void
rb_outbox_send_announce(rb_state_t *state, rb_peer_t *peer,
                        const rb_peer_t *subject, rb_now_t now,
                        smartlist_t *actions)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_PEER_ANNOUNCE);
  rb_msg_peer_announce_t *announce = &msg->u.peer_announce;
  const ed25519_public_key_t *key =
    subject ? &subject->key : &state->node_keys.pubkey;

  ed25519_pubkey_copy(&announce->node_key, key);
  announce->priority = subject ? subject->priority : state->config->priority;
  if (!subject) {
    strlcpy(announce->name, state->record->node_id, sizeof(announce->name));
  } else if (subject->node_id[0]) {
    strlcpy(announce->name, subject->node_id, sizeof(announce->name));
  } else {
    rb_state_default_node_id(key, announce->name);
  }
  send_msg(state, peer, msg, now, actions);
}

/** Tell <b>peer</b>, which may have just started, which other nodes are
 * publisher as far as we know: it must not take the role to be vacant before
 * it knows everybody. */
void
rb_outbox_send_publishers(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                          smartlist_t *actions)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, other) {
    rb_lease_t lease;
    if (other == peer || other->role != RB_ROLE_PUBLISHER ||
        other->state == RB_NODE_DEAD || now.mono >= other->lease_until) {
      continue;
    }
    rb_outbox_send_announce(state, peer, other, now, actions);
    rb_lease_of_peer(other, now.mono, &lease);
    rb_outbox_send_lease(state, peer, &lease, now, actions);
  } DIGEST256MAP_FOREACH_END;
}

/** Send <b>report</b> to <b>peer</b>. */
void
rb_outbox_send_report(rb_state_t *state, rb_peer_t *peer,
                      const rb_msg_backend_unhealthy_t *report,
                      rb_now_t now, smartlist_t *actions)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_BACKEND_UNHEALTHY);
  memcpy(&msg->u.backend_unhealthy, report, sizeof(*report));
  send_msg(state, peer, msg, now, actions);
}

/** Send <b>report</b> to everybody but <b>except</b>, which may be NULL, and
 * the node it speaks of. */
void
rb_outbox_broadcast_report(rb_state_t *state, const rb_peer_t *except,
                           const rb_msg_backend_unhealthy_t *report,
                           rb_now_t now, smartlist_t *actions)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    if (peer->channel && peer != except) {
      rb_outbox_send_report(state, peer, report, now, actions);
    }
  } DIGEST256MAP_FOREACH_END;
}

/** Send <b>record</b> to <b>peer</b>. */
void
rb_outbox_send_record(rb_state_t *state, rb_peer_t *peer,
                      const rb_record_t *record, rb_now_t now,
                      smartlist_t *actions)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_INTRO_POINTS);
  msg->u.intro_points.record = tor_strdup(record->text);
  memcpy(&msg->u.intro_points.signature, &record->signature,
         sizeof(record->signature));
  send_msg(state, peer, msg, now, actions);
}

/** Send our own record to everybody. */
void
rb_outbox_broadcast_record(rb_state_t *state, rb_now_t now,
                           smartlist_t *actions)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    rb_outbox_send_record(state, peer, state->record, now, actions);
  } DIGEST256MAP_FOREACH_END;
}

/** Send <b>peer</b> a ping with a new id. */
void
rb_outbox_send_ping(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                    smartlist_t *actions)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_PING);
  peer->ping_id = 1 + rb_state_random(state) % INT64_MAX;
  peer->ping_sent = now;
  msg->u.ping.id = peer->ping_id;
  send_msg(state, peer, msg, now, actions);
}

/** Answer the ping <b>id</b> of <b>peer</b>. */
void
rb_outbox_send_pong(rb_state_t *state, rb_peer_t *peer, uint64_t id,
                    rb_now_t now, smartlist_t *actions)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_PONG);
  msg->u.ping.id = id;
  send_msg(state, peer, msg, now, actions);
}
