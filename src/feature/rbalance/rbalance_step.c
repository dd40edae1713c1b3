/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_step.c
 * @brief The whole protocol: (state, event, now) -> actions.
 *
 * Everything that can happen to a node comes in as an rb_event_t, and
 * everything it does about it goes out as a list of rb_action_t.  Each event
 * first changes what it is about; then the timers run, which is all that a
 * tick does.  rbalance_service.c feeds the events in and carries the actions
 * out; the tests do the same without a network.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_step.h"

#include "feature/rbalance/rbalance_election.h"
#include "feature/rbalance/rbalance_gossip.h"
#include "feature/rbalance/rbalance_health.h"
#include "feature/rbalance/rbalance_inbox.h"
#include "feature/rbalance/rbalance_join.h"
#include "feature/rbalance/rbalance_leave.h"
#include "feature/rbalance/rbalance_neighbors.h"
#include "feature/rbalance/rbalance_outbox.h"
#include "feature/rbalance/rbalance_overlap.h"
#include "feature/rbalance/rbalance_report.h"
#include "feature/rbalance/rbalance_repair.h"
#include "feature/rbalance/rbalance_slot.h"
#include "lib/ctime/di_ops.h"
#include "lib/intmath/cmp.h"

#include <string.h>

/** If this process was stopped for a while, shift the silence of the peers,
 * and the end of their leases, by that time: they could not be heard. */
static void
forgive_stall(rb_state_t *state, uint64_t now)
{
  const uint64_t gap = now - state->last_tick;
  if (gap > RB_STALL_MSEC) {
    DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
      if (peer->lease_until > state->last_tick) {
        peer->lease_until += gap;
      }
      peer->last_heard += gap;
      peer->role_heard += gap;
      for (int i = 0; i < peer->n_reports; ++i) {
        peer->reports[i].at += gap;
      }
    } DIGEST256MAP_FOREACH_END;
  }
  state->last_tick = now;
}

/** Ask for a channel to every neighbour that has none, as its backoff allows,
 * and close those that we opened to nodes which are none any more. */
static void
run_dials(rb_state_t *state, uint64_t now, smartlist_t *actions)
{
  if (!state->network_is_ready) {
    return;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    if (rb_peer_is_surplus(peer, now)) {
      rb_actions_add(actions, RB_ACT_HANG_UP)->channel = peer->channel;
      peer->channel = 0;
    }
    if (rb_peer_begin_dial(peer, now)) {
      rb_action_t *action = rb_actions_add(actions, RB_ACT_DIAL);
      ed25519_pubkey_copy(&action->peer, &peer->key);
    }
  } DIGEST256MAP_FOREACH_END;
}

/** Send the heartbeats and pings that are due.  A publisher's heartbeat
 * renews its lease (rule 4). */
static void
run_heartbeats(rb_state_t *state, rb_now_t now, smartlist_t *actions)
{
  if (now.mono >= state->heartbeat_at) {
    if (rb_state_has_lease(state, now.mono)) {
      state->lease_until = now.mono + state->config->lease_duration;
      rb_outbox_broadcast_own_lease(state, now, actions);
    }
    rb_outbox_broadcast_heartbeat(state, now, actions);
    state->heartbeat_at = now.mono + state->config->heartbeat_interval;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    if (now.mono >= peer->ping_at && (peer->is_neighbor || peer->channel)) {
      peer->pings_unanswered++;
      rb_outbox_send_ping(state, peer, now, actions);
      peer->ping_at = now.mono + state->config->ping_interval;
    }
  } DIGEST256MAP_FOREACH_END;
}

/** Move <b>peer</b> to the state <b>next</b> for <b>reason</b>. */
static void
change_lifecycle(rb_state_t *state, rb_peer_t *peer, rb_lifecycle_t next,
                 rb_lifecycle_reason_t reason, rb_now_t now,
                 smartlist_t *actions)
{
  rb_action_t *action = rb_actions_add(actions, RB_ACT_PEER_CHANGED);
  ed25519_pubkey_copy(&action->peer, &peer->key);
  action->prev_state = peer->state;
  action->state = next;
  action->reason = reason;
  if (reason == RB_REASON_PING_TIMEOUT) {
    rb_report_silence(state, peer, now, actions);
  }
  if (next == RB_NODE_INITIALIZING || next == RB_NODE_HEALTHY) {
    rb_report_return(state, peer, now, actions);
  }
  if (next == RB_NODE_DEAD || peer->state == RB_NODE_DEAD) {
    state->neighbors_are_dirty = true;
  }
  peer->state = next;
  peer->state_reason = reason;
  peer->state_since = now.mono;
  state->merge_is_dirty = true;
}

/** Move every peer to the state it should be in, and forget those that are
 * long dead. */
static void
run_lifecycles(rb_state_t *state, rb_now_t now, smartlist_t *actions)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    rb_lifecycle_reason_t reason = RB_REASON_HEARTBEAT;
    const rb_lifecycle_t next =
      rb_peer_next_state(peer, state->config, now.mono, &reason);
    if (next != peer->state) {
      change_lifecycle(state, peer, next, reason, now, actions);
    }
  } DIGEST256MAP_FOREACH_END;
  if (rb_peers_forget(state->peers, RB_FORGET_MSEC, now.mono)) {
    state->neighbors_are_dirty = true;
  }
  rb_neighbors_refresh(state);
}

/** Switch between being alone and being one of several. */
static void
run_mode(rb_state_t *state, smartlist_t *actions)
{
  const int n_alive = rb_peers_count_alive(state->peers);
  if ((n_alive > 0) != state->is_multi) {
    rb_action_t *action = rb_actions_add(actions, RB_ACT_MODE_CHANGED);
    state->is_multi = (n_alive > 0);
    action->is_multi = state->is_multi;
    action->n_alive = n_alive;
  }
}

/** Fill <b>candidate</b> with what we know of <b>peer</b> at <b>now</b>. */
static void
candidate_from_peer(const rb_state_t *state, rb_candidate_t *candidate,
                    const rb_peer_t *peer, uint64_t now)
{
  bool is_wanted;
  candidate->key = peer->key.pubkey;
  candidate->priority = peer->priority;
  candidate->is_alive = rb_peer_is_alive(peer);
  rb_leave_get_standing(state, peer, &candidate->can_publish, &is_wanted);
  candidate->is_publisher = (peer->role == RB_ROLE_PUBLISHER);
  candidate->lease_until = peer->lease_until;
  candidate->last_heard = MAX(peer->last_heard, peer->role_heard);
  candidate->is_gone = candidate->is_publisher &&
    state->config->fast_takeover && rb_report_is_gone(state, peer, now);
}

/** Fill <b>view</b> with what the election decides on.  Its others are a new
 * array that the caller frees. */
static void
make_view(const rb_state_t *state, uint64_t now, rb_election_view_t *view)
{
  const int n_peers = rb_peers_count(state->peers);
  rb_candidate_t *others = tor_calloc(n_peers + 1, sizeof(*others));

  memset(view, 0, sizeof(*view));
  view->is_complete = true;
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    candidate_from_peer(state, &others[view->n_others++], peer, now);
    view->is_complete &= rb_peer_is_introduced(peer);
  } DIGEST256MAP_FOREACH_END;
  view->others = others;
  view->self.key = state->node_keys.pubkey.pubkey;
  view->self.priority = state->config->priority;
  view->self.is_alive = true;
  view->self.can_publish = rb_leave_may_publish(state, now);
  view->self.is_publisher = (state->role == RB_ROLE_PUBLISHER);
  view->self.lease_until = state->lease_until;
  view->self.last_heard = now;
  /* Until the network was ready once, or for a while after, nobody could
   * be heard; but with everybody heard there is nothing to wait for. */
  view->is_listening = n_peers > 0 && !view->is_complete &&
    now < state->listen_until;
  view->is_listening |= !state->listen_until || rb_join_is_pending(state);
  view->heartbeat_timeout = state->config->heartbeat_timeout;
  view->takeover_grace = state->config->takeover_grace;
  view->backoff_jitter = state->config->backoff_jitter;
}

/** Change our role to <b>role</b> for <b>reason</b>, and tell everybody. */
static void
change_role(rb_state_t *state, rb_role_t role, rb_role_reason_t reason,
            rb_now_t now, smartlist_t *actions)
{
  rb_action_t *action = rb_actions_add(actions, RB_ACT_ROLE_CHANGED);
  action->role = role;
  action->role_reason = reason;
  state->role = role;
  state->lease_until = 0;
  if (role == RB_ROLE_PUBLISHER) {
    state->lease_until = now.mono + state->config->lease_duration;
    rb_slots_start_term(state);
  }
  rb_outbox_broadcast_own_lease(state, now, actions);
}

/** Give up the role because our lease ran out: others may have taken it, so
 * listen until we heard them all again. */
static void
lose_lease(rb_state_t *state, rb_now_t now, smartlist_t *actions)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    peer->has_heartbeat = false;
  } DIGEST256MAP_FOREACH_END;
  state->listen_until = now.mono + state->config->heartbeat_timeout;
  change_role(state, RB_ROLE_STANDBY, RB_ROLE_LEASE_LOST, now, actions);
}

/** Apply the election's rules. */
static void
run_election(rb_state_t *state, rb_now_t now, smartlist_t *actions)
{
  rb_election_view_t view;

  if (!state->listen_until && state->network_is_ready) {
    state->listen_until = now.mono + state->config->heartbeat_timeout;
  }
  make_view(state, now.mono, &view);
  switch (rb_election_decide(&view, now.mono, rb_state_random(state),
                             &state->claim_at)) {
    case RB_ELECTION_KEEP:
      break;
    case RB_ELECTION_CLAIM:
      change_role(state, RB_ROLE_PUBLISHER, RB_ROLE_VACANT, now, actions);
      break;
    case RB_ELECTION_STEP_DOWN:
      change_role(state, RB_ROLE_STANDBY, view.self.can_publish ?
                  RB_ROLE_BETTER_PUBLISHER : RB_ROLE_WITHDRAWN, now,
                  actions);
      break;
    case RB_ELECTION_LEASE_LOST:
      lose_lease(state, now, actions);
      break;
  }
  tor_free(view.others);
}

/** Ask for the uploads that are due.  What to publish is computed once for
 * changes that come in short order, as all records do when a node starts. */
static void
run_publishing(rb_state_t *state, uint64_t now, smartlist_t *actions)
{
  if (now >= state->merged_at + RB_TICK_MSEC) {
    rb_slots_refresh(state, now);
  }
  for (int i = 0; i < state->n_slots; ++i) {
    rb_slot_t *slot = &state->slots[i];
    if (rb_slot_is_due(state, slot, now)) {
      rb_action_t *action = rb_actions_add(actions, RB_ACT_PUBLISH);
      memcpy(action->blinded_key, slot->blinded_key,
             sizeof(action->blinded_key));
      slot->requested_at = now;
    }
  }
}

/** Decide between the channel of <b>peer</b> in use and the new one in
 * <b>event</b>; return true iff the new one wins.  Of two that were opened
 * at once, both ends keep the one that the node with the lower key opened;
 * else the new one, for the old may be of an earlier life of the peer. */
static bool
new_channel_wins(const rb_state_t *state, const rb_peer_t *peer,
                 const rb_event_t *event, uint64_t now)
{
  const bool we_are_lower =
    fast_memcmp(state->node_keys.pubkey.pubkey, peer->key.pubkey,
                ED25519_PUBKEY_LEN) < 0;
  if (event->u.channel.is_inbound == peer->channel_is_inbound ||
      now >= peer->channel_since + RB_SIMULTANEOUS_MSEC) {
    return true;
  }
  return event->u.channel.is_inbound != we_are_lower;
}

/** Take the new channel of <b>event</b> into use, or hang up. */
static void
handle_channel_up(rb_state_t *state, const rb_event_t *event, rb_now_t now,
                  smartlist_t *actions)
{
  rb_peer_t *peer = rb_gossip_learn(state, event->u.channel.peer, NULL, now,
                                    actions);
  if (!peer) {
    rb_actions_add(actions, RB_ACT_HANG_UP)->channel =
      event->u.channel.number;
    return;
  }
  if (!event->u.channel.is_inbound) {
    peer->is_dialing = false;
  }
  if (peer->channel) {
    const bool wins = new_channel_wins(state, peer, event, now.mono);
    rb_actions_add(actions, RB_ACT_HANG_UP)->channel =
      wins ? peer->channel : event->u.channel.number;
    if (!wins) {
      return;
    }
  }
  peer->channel = event->u.channel.number;
  peer->channel_is_inbound = event->u.channel.is_inbound;
  peer->channel_since = now.mono;
  peer->last_sent_number = peer->last_received_number = 0;
  peer->dial_backoff = 0;
  peer->dial_again_at = 0;
  peer->rtt = event->u.channel.rtt;
  peer->skew = event->u.channel.skew;
  peer->last_heard = now.mono;
  peer->is_new_channel = true;
  peer->n_mismatches = 0;
  /* The heartbeat goes first: until it tells what life the node is in, what
   * is known of an earlier one must not come alive. */
  rb_outbox_send_heartbeat(state, peer, now, actions);
  rb_outbox_send_announce(state, peer, NULL, now, actions);
  rb_outbox_send_publishers(state, peer, now, actions);
  rb_report_return(state, peer, now, actions);
}

/** Wait before the next try to reach <b>peer</b>: twice as long as the last
 * time, and a random part of that. */
static void
back_off(rb_state_t *state, rb_peer_t *peer, uint64_t now)
{
  peer->dial_backoff *= 2;
  if (peer->dial_backoff < RB_DIAL_BACKOFF_MIN_MSEC) {
    peer->dial_backoff = RB_DIAL_BACKOFF_MIN_MSEC;
  } else if (peer->dial_backoff > RB_DIAL_BACKOFF_MAX_MSEC) {
    peer->dial_backoff = RB_DIAL_BACKOFF_MAX_MSEC;
  }
  peer->dial_at = now + peer->dial_backoff / 2 +
    rb_state_random(state) % (peer->dial_backoff / 2 + 1);
}

/** Note that a channel is gone, or could not be opened.  One that was up for
 * long is opened again at once: whether that works tells a broken channel from
 * a dead peer. */
static void
handle_channel_lost(rb_state_t *state, const rb_event_t *event, uint64_t now)
{
  rb_peer_t *peer = rb_peers_find(state->peers, event->u.channel.peer);
  if (!peer) {
    return;
  }
  if (event->type == RB_EV_DIAL_FAILED) {
    peer->is_dialing = false;
    back_off(state, peer, now);
  } else if (peer->channel == event->u.channel.number) {
    peer->channel = 0;
    if (now >= peer->channel_since + RB_STEADY_CHANNEL_MSEC) {
      peer->dial_at = now;
      peer->dial_again_at = now + RB_DIAL_AGAIN_MSEC;
    } else {
      back_off(state, peer, now);
    }
  }
}

/** Take over our introduction points, and tell everybody if they changed. */
static void
handle_own_points(rb_state_t *state, const rb_event_t *event, rb_now_t now,
                  smartlist_t *actions)
{
  const smartlist_t *sets = event->u.own_points.sets;
  const bool is_news =
    rb_state_note_keyless(state, event->u.own_points.is_keyless);
  state->wanted_points = event->u.own_points.wanted;
  state->n_relays = event->u.own_points.n_relays;
  rb_slots_sync(state, sets, now.mono);
  if (is_news || !rb_pointsets_eq(sets, state->record->sets)) {
    rb_state_renew_record(state, sets);
    rb_outbox_broadcast_record(state, now, actions);
  }
  rb_overlap_resolve(state, actions);
}

/** Note the upload of a descriptor to one HSDir.  With the first, tell
 * everybody its revision counter at once: if we die now, a successor must stay
 * above it. */
static void
handle_uploaded(rb_state_t *state, const rb_event_t *event, rb_now_t now,
                smartlist_t *actions)
{
  rb_slot_t *slot = rb_slots_find(state, event->u.uploaded.blinded_key);

  state->last_publish_ts = now.wall / 1000;
  if (slot) {
    const bool is_news = event->u.uploaded.revision > slot->revision;
    rb_slots_refresh(state, now.mono);
    rb_slot_note_upload(slot, event->u.uploaded.revision, now.mono);
    if (is_news) {
      rb_outbox_broadcast_own_lease(state, now, actions);
    }
  }
}

/** Change in <b>state</b> what <b>event</b> is about. */
static void
take_event(rb_state_t *state, const rb_event_t *event, rb_now_t now,
           smartlist_t *actions)
{
  switch (event->type) {
    case RB_EV_TICK:
      state->network_is_ready = event->u.tick.network_is_ready;
      break;
    case RB_EV_CONFIG:
      rb_state_set_config(state, event->u.config, now.mono);
      rb_outbox_broadcast_record(state, now, actions);
      break;
    case RB_EV_CHANNEL_UP:
      handle_channel_up(state, event, now, actions);
      break;
    case RB_EV_JOIN_UP:
      rb_join_channel_up(state, event, now, actions);
      break;
    case RB_EV_JOIN_DOWN:
      rb_join_channel_lost(state, event);
      break;
    case RB_EV_CHANNEL_DOWN:
    case RB_EV_DIAL_FAILED:
      handle_channel_lost(state, event, now.mono);
      break;
    case RB_EV_REFUSED:
      rb_report_note_refusal(state, event->u.refused, now, actions);
      break;
    case RB_EV_FRAME:
      rb_inbox_receive(state, event->u.frame.channel, event->u.frame.text,
                       event->u.frame.len, now, actions);
      break;
    case RB_EV_OWN_POINTS:
      handle_own_points(state, event, now, actions);
      break;
    case RB_EV_UPLOADED:
      handle_uploaded(state, event, now, actions);
      break;
    case RB_EV_COMMAND:
      rb_leave_command(state, event->u.command.verb, event->u.command.node,
                       event->u.command.service_keys, now,
                       event->u.command.refusal_out, actions);
      break;
    case RB_EV_BACKENDS:
      rb_leave_note_backends(state, event->u.backends_are_down, now, actions);
      break;
    case RB_EV_HSDIR_SENT:
    case RB_EV_HSDIR_RESULT:
    case RB_EV_HSDIR_GONE:
      rb_repair_handle_upload(state, event, now, actions);
      break;
    case RB_EV_HSDIR_ANSWER:
      rb_repair_handle_answer(state, event, now, actions);
      break;
  }
}

/** Let <b>event</b> happen to <b>state</b> at <b>now</b>, and return what is
 * to be done: a new list of rb_action_t, in order, to be freed with
 * rb_actions_free(). */
smartlist_t *
rb_step(rb_state_t *state, const rb_event_t *event, rb_now_t now)
{
  smartlist_t *actions = smartlist_new();

  forgive_stall(state, now.mono);
  take_event(state, event, now, actions);
  run_heartbeats(state, now, actions);
  run_lifecycles(state, now, actions);
  run_mode(state, actions);
  rb_join_run(state, now, actions);
  run_election(state, now, actions);
  run_publishing(state, now.mono, actions);
  if (event->type == RB_EV_TICK) {
    rb_health_run(state, now.mono, actions);
    rb_repair_run(state, now.mono, actions);
  }
  run_dials(state, now.mono, actions);
  return actions;
}
