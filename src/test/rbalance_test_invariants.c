/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_invariants.c
 * @brief What must hold in a simulated world, at each step and in the end.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_invariants.h"
#include "test/rbalance_test_links.h"
#include "test/rbalance_test_points.h"

#include "feature/rbalance/rbalance_gossip.h"

/** Messages to one peer that one event can cause, but for records that the
 * peer asked for and reports of others. */
#define MAX_MESSAGES_PER_PEER 8

/** Return how many messages <b>event</b> may make the node with <b>state</b>
 * send: it did <b>actions</b>. */
static int
max_messages(const rb_state_t *state, const rb_event_t *event,
             const smartlist_t *actions)
{
  int n_channels = 1, n_changes = 0;
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    n_channels += (peer->channel != 0);
  } DIGEST256MAP_FOREACH_END;
  SMARTLIST_FOREACH(actions, const rb_action_t *, action,
                    n_changes += action->type == RB_ACT_PEER_CHANGED);
  return n_channels * (MAX_MESSAGES_PER_PEER + n_changes) +
    (event->type == RB_EV_FRAME ? rb_peers_count(state->peers) + 2 : 0);
}

/** The tables of <b>node</b> must be within their bounds. */
static void
check_bounds(rbt_world_t *world, int node)
{
  const rb_state_t *state = world->nodes[node].state;
  if (rb_peers_count(state->peers) > state->config->max_peers) {
    rbt_world_fail(world, "n%d knows %d nodes", node,
                   rb_peers_count(state->peers));
  }
  if (state->n_slots > RB_MAX_SETS) {
    rbt_world_fail(world, "n%d has %d slots", node, state->n_slots);
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    if (peer->n_reports > RB_MAX_REPORTS) {
      rbt_world_fail(world, "n%d has %d reports", node, peer->n_reports);
    }
    if (ed25519_pubkey_eq(&peer->key, &state->node_keys.pubkey)) {
      rbt_world_fail(world, "n%d is its own peer", node);
    }
  } DIGEST256MAP_FOREACH_END;
}

/** <b>event</b> happened to <b>node</b>, which did <b>actions</b>: note if
 * something is wrong with that. */
void
rbt_check_step(rbt_world_t *world, int node, const rb_event_t *event,
               const smartlist_t *actions)
{
  const rb_state_t *state = world->nodes[node].state;
  rb_now_t now;
  int n_sent = 0;

  rbt_world_get_time(world, node, &now);
  SMARTLIST_FOREACH_BEGIN(actions, const rb_action_t *, action) {
    n_sent += (action->type == RB_ACT_SEND);
    if (action->type == RB_ACT_PUBLISH && state->role == RB_ROLE_STANDBY) {
      rbt_world_fail(world, "n%d wants to publish as a standby", node);
    }
    if (action->type == RB_ACT_SEND &&
        strlen(action->text) > RB_MAX_FRAME_LEN) {
      rbt_world_fail(world, "n%d sends more than a frame", node);
    }
  } SMARTLIST_FOREACH_END(action);
  if (n_sent > max_messages(state, event, actions)) {
    rbt_world_fail(world, "n%d sends %d messages at once", node, n_sent);
  }
  if (state->role == RB_ROLE_PUBLISHER && now.mono >= state->lease_until) {
    rbt_world_fail(world, "n%d is publisher without a lease", node);
  }
  check_bounds(world, node);
}

/** <b>node</b> is about to upload <b>choices</b> in place of its own
 * <b>set</b>: note if something is wrong with that. */
void
rbt_check_upload(rbt_world_t *world, int node, const rb_pointset_t *set,
                 const smartlist_t *choices)
{
  const int cap = MIN(RB_MAX_POINTS,
                      world->nodes[node].config->max_intro_points);
  if (world->nodes[node].state->role != RB_ROLE_PUBLISHER) {
    rbt_world_fail(world, "n%d uploads as a standby", node);
  }
  if (smartlist_len(choices) == 0) {
    rbt_world_fail(world, "n%d uploads an empty descriptor", node);
  }
  if (smartlist_len(choices) > cap) {
    rbt_world_fail(world, "n%d uploads %d points", node,
                   smartlist_len(choices));
  }
  SMARTLIST_FOREACH_BEGIN(choices, const rb_choice_t *, choice) {
    ed25519_public_key_t key;
    const int i = rbt_points_find(choice->point->auth_key);
    memcpy(key.pubkey, choice->node_key, sizeof(key.pubkey));
    if (i < 0 || world->point_owner[i] != rbt_world_find(world, &key)) {
      rbt_world_fail(world, "n%d uploads a point of nobody", node);
    } else if (world->point_period[i] != set->period_num) {
      rbt_world_fail(world, "n%d uploads a point of period %d for %d", node,
                     (int) world->point_period[i], (int) set->period_num);
    }
    for (int j = 0; j < choice_sl_idx; ++j) {
      const rb_choice_t *other = smartlist_get(choices, j);
      if (rb_point_same_relay(choice->point, other->point)) {
        rbt_world_fail(world, "n%d uploads two points of a relay", node);
      }
    }
  } SMARTLIST_FOREACH_END(choice);
}

/** Return how long two publishers may go on who are joined by links in use:
 * until one hears a heartbeat of the other, passed on if need be. */
static uint64_t
two_publishers_limit(const rbt_world_t *world)
{
  return world->nodes[0].config->heartbeat_interval + 10 * RBT_SEC;
}

/** Return true iff two publishers are joined by links in use. */
static bool
publishers_are_joined(const rbt_world_t *world)
{
  int part_of[RBT_WORLD_MAX_NODES];
  bool has_publisher[RBT_WORLD_MAX_NODES];
  int n_parts;
  memset(has_publisher, 0, sizeof(has_publisher));
  rbt_links_are_joined(world, &n_parts, part_of);
  for (int i = 0; i < world->n_nodes; ++i) {
    if (part_of[i] < 0 || !world->nodes[i].publisher_since) {
      continue;
    }
    if (has_publisher[part_of[i]]) {
      return true;
    }
    has_publisher[part_of[i]] = true;
  }
  return false;
}

/** Once a second, note if there are several publishers in <b>world</b> for
 * longer than may be. */
void
rbt_check_world(rbt_world_t *world)
{
  int n_publishers = 0;
  if (world->time < world->checked_at + RBT_SEC) {
    return;
  }
  world->checked_at = world->time;
  for (int i = 0; i < world->n_nodes; ++i) {
    n_publishers += (world->nodes[i].publisher_since != 0 &&
                     !world->nodes[i].is_stopped);
  }
  if (n_publishers < 2 || !publishers_are_joined(world)) {
    world->two_publishers_since = 0;
  } else if (!world->two_publishers_since) {
    world->two_publishers_since = world->time;
  } else if (world->time >=
             world->two_publishers_since + two_publishers_limit(world)) {
    rbt_world_fail(world, "%d publishers know of each other", n_publishers);
  }
}

/** Return true iff <b>node</b> has the point number <b>point</b> now. */
static bool
has_point(const rbt_world_t *world, int node, uint64_t period, int point)
{
  SMARTLIST_FOREACH_BEGIN(world->nodes[node].sets, const rb_pointset_t *,
                          set) {
    if (set->period_num != period) {
      continue;
    }
    SMARTLIST_FOREACH_BEGIN(set->points, const rb_point_t *, p) {
      if (rbt_points_find(p->auth_key) == point) {
        return true;
      }
    } SMARTLIST_FOREACH_END(p);
  } SMARTLIST_FOREACH_END(set);
  return false;
}

/** Return true iff <b>node</b> has points to give, and a backend if
 * <b>with_backend</b>. */
static bool
has_offer(const rbt_world_t *world, int node, bool with_backend)
{
  const rbt_node_t *n = &world->nodes[node];
  return n->state && n->n_wanted > 0 &&
    !(with_backend && n->backends_are_down);
}

/** Return true iff only points of nodes with a backend should be published:
 * there are some. */
static bool
needs_backends(const rbt_world_t *world)
{
  for (int i = 0; i < world->n_nodes; ++i) {
    if (has_offer(world, i, true)) {
      return true;
    }
  }
  return false;
}

/** Return NULL if the HSDirs have for <b>period</b> what they should: points
 * of all running nodes with a backend, or without if there are no others, as
 * many as may be; else what is wrong, to be freed by the caller. */
static char *
check_desc(const rbt_world_t *world, uint64_t period)
{
  const rbt_desc_t *desc = &world->descs[period];
  const bool with_backend = needs_backends(world);
  int count[RBT_WORLD_MAX_NODES];
  int n_all = 0, n_offering = 0;
  char *fault = NULL;

  memset(count, 0, sizeof(count));
  for (int i = 0; i < desc->n_points; ++i) {
    const int owner = world->point_owner[desc->points[i]];
    if (!world->nodes[owner].state) {
      tor_asprintf(&fault, "period %d has a point of n%d, which is dead",
                   (int) period, owner);
      return fault;
    }
    if (!has_point(world, owner, period, desc->points[i])) {
      tor_asprintf(&fault, "period %d has an old point of n%d",
                   (int) period, owner);
      return fault;
    }
    count[owner]++;
  }
  for (int i = 0; i < world->n_nodes; ++i) {
    if (has_offer(world, i, with_backend)) {
      n_all += world->nodes[i].n_wanted;
      ++n_offering;
    } else if (count[i]) {
      tor_asprintf(&fault, "period %d has points of n%d, which has no "
                   "backend", (int) period, i);
      return fault;
    }
  }
  if (desc->n_points != MIN(n_all, RB_MAX_POINTS)) {
    tor_asprintf(&fault, "period %d has %d points of %d", (int) period,
                 desc->n_points, n_all);
    return fault;
  }
  for (int i = 0; i < world->n_nodes && n_offering <= RB_MAX_POINTS; ++i) {
    if (has_offer(world, i, with_backend) && !count[i]) {
      tor_asprintf(&fault, "period %d has no point of n%d", (int) period, i);
      return fault;
    }
  }
  return NULL;
}

/** Return NULL if <b>node</b> sees <b>other</b> as it is; else what is wrong,
 * to be freed by the caller. */
static char *
check_view(const rbt_world_t *world, int node, int other)
{
  const rbt_node_t *n = &world->nodes[node], *o = &world->nodes[other];
  const rb_peer_t *peer = rb_peers_find(n->state->peers, &o->keys.pubkey);
  char *fault = NULL;
  rb_now_t now;

  rbt_world_get_time(world, node, &now);
  if (!o->state) {
    if (peer && (rb_peer_is_alive(peer) ||
                 peer->state == RB_NODE_UNHEALTHY)) {
      tor_asprintf(&fault, "n%d takes n%d for %s, but it is dead", node,
                   other, rb_lifecycle_to_string(peer->state));
    }
  } else if (!peer) {
    tor_asprintf(&fault, "n%d does not know n%d", node, other);
  } else if (peer->state != (o->n_wanted ? RB_NODE_HEALTHY :
                             RB_NODE_INITIALIZING)) {
    tor_asprintf(&fault, "n%d takes n%d for %s (%s, %s, %d reports, "
                 "%d pings, record %d of %d)", node, other,
                 rb_lifecycle_to_string(peer->state),
                 peer->is_neighbor ? "neighbor" : "watched by others",
                 peer->channel ? "channel" : "no channel",
                 peer->n_reports, peer->pings_unanswered,
                 peer->record ? (int) peer->record->sequence : 0,
                 (int) o->state->record->sequence);
  } else if (!peer->record ||
             peer->record->incarnation != o->state->record->incarnation ||
             peer->record->sequence != o->state->record->sequence) {
    tor_asprintf(&fault, "n%d has another record of n%d", node, other);
  } else if ((peer->role == RB_ROLE_PUBLISHER &&
              now.mono < peer->lease_until) !=
             (o->state->role == RB_ROLE_PUBLISHER)) {
    tor_asprintf(&fault, "n%d is wrong about the role of n%d", node, other);
  }
  return fault;
}

/** Return NULL if all running nodes of <b>world</b>, where nothing is broken
 * any more, agree with each other, with what is, and with what is published;
 * else what is wrong, to be freed by the caller. */
char *
rbt_check_agreement(const rbt_world_t *world)
{
  uint8_t first_digest[DIGEST256_LEN], digest[DIGEST256_LEN];
  int part_of[RBT_WORLD_MAX_NODES];
  int n_parts = 0, n_running = 0, n_publishers = 0, n_offering = 0;
  char *fault = NULL;

  if (!rbt_links_are_joined(world, &n_parts, part_of)) {
    tor_asprintf(&fault, "the cluster is in %d parts", n_parts);
    return fault;
  }
  for (int i = 0; i < world->n_nodes; ++i) {
    const rbt_node_t *n = &world->nodes[i];
    if (!n->state) {
      continue;
    }
    n_publishers += (n->state->role == RB_ROLE_PUBLISHER);
    n_offering += (n->n_wanted > 0);
    for (int j = 0; j < world->n_nodes && !fault; ++j) {
      fault = i != j ? check_view(world, i, j) : NULL;
    }
    if (fault) {
      return fault;
    }
    rb_gossip_digest(n->state, digest);
    if (!n_running++) {
      memcpy(first_digest, digest, sizeof(digest));
    } else if (fast_memneq(first_digest, digest, sizeof(digest))) {
      tor_asprintf(&fault, "the digest of n%d differs", i);
      return fault;
    }
  }
  if (n_publishers != (n_running > 0)) {
    tor_asprintf(&fault, "there are %d publishers", n_publishers);
    return fault;
  }
  if (n_offering) {
    fault = check_desc(world, world->period);
  }
  return (fault || !n_offering) ? fault :
    check_desc(world, world->period + 1);
}
