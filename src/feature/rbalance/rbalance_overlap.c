/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_overlap.c
 * @brief Nodes keep their introduction points at different relays.
 *
 * Of two points at one relay clients use only one (see rbalance_merge.c), so
 * a node that picks relays passes over those where others have a point for
 * the same descriptor.  Nodes that pick at the same time can still collide;
 * then the node that started later retires its point and picks another.  Both
 * only while the network has relays to spare.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_overlap.h"

#include "lib/ctime/di_ops.h"

#include <string.h>

/** Return how many relays the points of all healthy nodes, and those that we
 * want to have, need for the descriptor with <b>blinded_key</b>. */
static int
count_needed_relays(const rb_state_t *state, const uint8_t *blinded_key)
{
  const rb_pointset_t *set = rb_pointsets_find(state->record->sets,
                                               blinded_key);
  int count = set ? smartlist_len(set->points) : 0;
  if (count < state->wanted_points) {
    count = state->wanted_points;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    if (peer->state == RB_NODE_HEALTHY && peer->record) {
      set = rb_pointsets_find(peer->record->sets, blinded_key);
      count += set ? smartlist_len(set->points) : 0;
    }
  } DIGEST256MAP_FOREACH_END;
  return count;
}

/** Return true iff <b>n_relays</b> relays are enough for every point of the
 * descriptor with <b>blinded_key</b> to have its own. */
static bool
has_spare_relays(const rb_state_t *state, const uint8_t *blinded_key,
                 int n_relays)
{
  return n_relays >= count_needed_relays(state, blinded_key) +
    RB_SPARE_RELAYS;
}

/** Return a new list of the points, of other nodes, at whose relays we should
 * not have one for the descriptor with <b>blinded_key</b>: empty if the
 * <b>n_relays</b> relays of the network are not enough to be choosy.  The
 * points stay <b>state</b>'s. */
smartlist_t *
rb_overlap_list_taken(const rb_state_t *state, const uint8_t *blinded_key,
                      int n_relays)
{
  smartlist_t *taken = smartlist_new();
  if (!has_spare_relays(state, blinded_key, n_relays)) {
    return taken;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    const rb_pointset_t *set = NULL;
    if (peer->state == RB_NODE_HEALTHY && peer->record) {
      set = rb_pointsets_find(peer->record->sets, blinded_key);
    }
    if (set) {
      smartlist_add_all(taken, set->points);
    }
  } DIGEST256MAP_FOREACH_END;
  return taken;
}

/** Return true iff <b>peer</b> started before us, so that we give way. */
static bool
we_give_way(const rb_state_t *state, const rb_peer_t *peer)
{
  const rb_record_t *ours = state->record, *theirs = peer->record;
  if (ours->incarnation != theirs->incarnation) {
    return ours->incarnation > theirs->incarnation;
  }
  return fast_memcmp(ours->node_key.pubkey, theirs->node_key.pubkey,
                     sizeof(ours->node_key.pubkey)) > 0;
}

/** Return true iff a node that goes before us has a point at the relay of
 * <b>point</b>, ours for the descriptor with <b>blinded_key</b>. */
static bool
must_retire(const rb_state_t *state, const uint8_t *blinded_key,
            const rb_point_t *point)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    const rb_pointset_t *set;
    if (peer->state != RB_NODE_HEALTHY || !peer->record ||
        !we_give_way(state, peer)) {
      continue;
    }
    set = rb_pointsets_find(peer->record->sets, blinded_key);
    if (!set) {
      continue;
    }
    SMARTLIST_FOREACH_BEGIN(set->points, const rb_point_t *, other) {
      if (rb_point_same_relay(point, other)) {
        return true;
      }
    } SMARTLIST_FOREACH_END(other);
  } DIGEST256MAP_FOREACH_END;
  return false;
}

/** Append to <b>actions</b> the retirement of each of our points that
 * another node's point at the same relay shadows. */
void
rb_overlap_resolve(const rb_state_t *state, smartlist_t *actions)
{
  SMARTLIST_FOREACH_BEGIN(state->record->sets, const rb_pointset_t *, set) {
    if (!has_spare_relays(state, set->blinded_key, state->n_relays)) {
      continue;
    }
    SMARTLIST_FOREACH_BEGIN(set->points, const rb_point_t *, point) {
      if (must_retire(state, set->blinded_key, point)) {
        rb_action_t *action = rb_actions_add(actions, RB_ACT_RETIRE_POINT);
        memcpy(action->blinded_key, set->blinded_key,
               sizeof(action->blinded_key));
        memcpy(action->auth_key, point->auth_key, sizeof(action->auth_key));
      }
    } SMARTLIST_FOREACH_END(point);
  } SMARTLIST_FOREACH_END(set);
}
