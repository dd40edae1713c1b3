/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_join.c
 * @brief How a node that knows no other finds the cluster, and is found.
 *
 * It opens a stream to the service's own address, where any node may answer,
 * proves the token and its node key in the usual handshake, and asks
 * (join_request).  The answer (join_response) names the nodes of the cluster;
 * from then on they meet as if the configuration had named them.  That comes
 * before the node publishes anything: as long as it is pending, the node
 * claims no role.  After RB_JOIN_ATTEMPTS without an answer it is alone.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_join.h"

#include "feature/rbalance/rbalance_gossip.h"
#include "feature/rbalance/rbalance_msg.h"
#include "lib/string/compat_string.h"

#include <string.h>

/** Return true iff we still try to join before we do anything else. */
bool
rb_join_is_pending(const rb_state_t *state)
{
  return state->config->join && !state->join.is_over &&
    rb_peers_count(state->peers) == 0;
}

/** Ask for a stream to the cluster, if it is time, or give up. */
void
rb_join_run(rb_state_t *state, rb_now_t now, smartlist_t *actions)
{
  rb_join_t *join = &state->join;
  if (!rb_join_is_pending(state) || !state->network_is_ready ||
      now.mono < join->next_at) {
    return;
  }
  if (join->n_attempts == RB_JOIN_ATTEMPTS) {
    join->is_over = true;
    rb_actions_add(actions, RB_ACT_JOINED)->was_accepted = false;
    return;
  }
  join->n_attempts++;
  join->next_at = now.mono + RB_JOIN_INTERVAL_MSEC;
  rb_actions_add(actions, RB_ACT_JOIN);
}

/** Send <b>msg</b> on <b>channel</b>, as the first there, and release it. */
static void
send_msg(const rb_state_t *state, uint64_t channel, rb_msg_t *msg,
         rb_now_t now, smartlist_t *actions)
{
  rb_action_t *action = rb_actions_add(actions, RB_ACT_SEND);
  strlcpy(msg->node_id, state->record->node_id, sizeof(msg->node_id));
  msg->timestamp = now.wall;
  msg->number = 1;
  action->channel = channel;
  action->text = rb_msg_encode(msg);
  rb_msg_free(msg);
}

/** Return the place in <b>state</b> of the join channel <b>channel</b>, or
 * of a free one if that is 0; NULL if there is none. */
static rb_join_channel_t *
find_channel(rb_state_t *state, uint64_t channel)
{
  for (int i = 0; i < RB_MAX_JOIN_CHANNELS; ++i) {
    if (state->join.channels[i].number == channel) {
      return &state->join.channels[i];
    }
  }
  return NULL;
}

/** The join channel of <b>event</b> finished its handshake: ask, or wait for
 * the question. */
void
rb_join_channel_up(rb_state_t *state, const rb_event_t *event, rb_now_t now,
                   smartlist_t *actions)
{
  rb_join_channel_t *channel = find_channel(state, 0);
  const bool is_ours = event->u.channel.is_inbound &&
    ed25519_pubkey_eq(event->u.channel.peer, &state->node_keys.pubkey);

  if (!channel || is_ours) {
    state->dropped[RB_DROP_LIMIT] += !channel;
    rb_actions_add(actions, RB_ACT_HANG_UP)->channel =
      event->u.channel.number;
    return;
  }
  channel->number = event->u.channel.number;
  channel->is_inbound = event->u.channel.is_inbound;
  ed25519_pubkey_copy(&channel->peer, event->u.channel.peer);
  if (!channel->is_inbound) {
    rb_msg_t *msg = rb_msg_new(RB_MSG_JOIN_REQUEST);
    msg->u.join_request.request_time = now.wall / 1000;
    msg->u.join_request.priority = state->config->priority;
    send_msg(state, channel->number, msg, now, actions);
  }
}

/** The join channel of <b>event</b> is gone. */
void
rb_join_channel_lost(rb_state_t *state, const rb_event_t *event)
{
  rb_join_channel_t *channel = find_channel(state, event->u.channel.number);
  if (channel && channel->number) {
    memset(channel, 0, sizeof(*channel));
  }
}

/** Answer the request in <b>msg</b> that came on <b>channel</b>. */
static void
answer_request(rb_state_t *state, const rb_join_channel_t *channel,
               const rb_msg_t *msg, rb_now_t now, smartlist_t *actions)
{
  rb_msg_t *answer = rb_msg_new(RB_MSG_JOIN_RESPONSE);
  smartlist_t *known = answer->u.join_response.known_peers;
  const ed25519_public_key_t *ours = &state->node_keys.pubkey;
  rb_peer_t *joiner;
  rb_action_t *action;

  joiner = rb_gossip_learn(state, &channel->peer, NULL, now, actions);
  answer->u.join_response.success = (joiner != NULL);
  if (joiner) {
    strlcpy(joiner->node_id, msg->node_id, sizeof(joiner->node_id));
    joiner->priority = msg->u.join_request.priority;
    smartlist_add(known, tor_memdup(ours, sizeof(*ours)));
    DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
      if (peer != joiner && peer->state != RB_NODE_DEAD &&
          smartlist_len(known) < RB_MAX_KNOWN) {
        smartlist_add(known, tor_memdup(&peer->key, sizeof(peer->key)));
      }
    } DIGEST256MAP_FOREACH_END;
  }
  action = rb_actions_add(actions, RB_ACT_JOINED);
  action->was_accepted = (joiner != NULL);
  ed25519_pubkey_copy(&action->peer, &channel->peer);
  send_msg(state, channel->number, answer, now, actions);
}

/** Take over the nodes that <b>response</b> names. */
static void
take_response(rb_state_t *state, const rb_msg_join_response_t *response,
              rb_now_t now, smartlist_t *actions)
{
  const ed25519_public_key_t *ours = &state->node_keys.pubkey;
  rb_action_t *action;

  if (!rb_join_is_pending(state) || !response->success) {
    return;
  }
  SMARTLIST_FOREACH_BEGIN(response->known_peers,
                          const ed25519_public_key_t *, key) {
    if (!ed25519_pubkey_eq(key, ours)) {
      rb_gossip_learn(state, key, NULL, now, actions);
    }
  } SMARTLIST_FOREACH_END(key);
  state->join.is_over = true;
  state->listen_until = now.mono + state->config->heartbeat_timeout;
  action = rb_actions_add(actions, RB_ACT_JOINED);
  action->was_accepted = true;
  ed25519_pubkey_copy(&action->peer, ours);
}

/** Handle the frame of <b>len</b> bytes at <b>text</b> if it came on a join
 * channel; then return true.  One message ends the channel's use: who asked
 * hangs up when the answer came. */
bool
rb_join_receive(rb_state_t *state, uint64_t number, const char *text,
                size_t len, rb_now_t now, smartlist_t *actions)
{
  rb_join_channel_t *channel = find_channel(state, number);
  rb_msg_t *msg;

  if (!channel || !channel->number) {
    return false;
  }
  msg = rb_msg_decode(text, len);
  if (msg && msg->type == RB_MSG_JOIN_REQUEST && channel->is_inbound &&
      !channel->is_answered) {
    channel->is_answered = true;
    answer_request(state, channel, msg, now, actions);
  } else {
    if (msg && msg->type == RB_MSG_JOIN_RESPONSE && !channel->is_inbound) {
      take_response(state, &msg->u.join_response, now, actions);
    } else {
      state->dropped[RB_DROP_MALFORMED]++;
    }
    rb_actions_add(actions, RB_ACT_HANG_UP)->channel = channel->number;
    memset(channel, 0, sizeof(*channel));
  }
  rb_msg_free(msg);
  return true;
}
