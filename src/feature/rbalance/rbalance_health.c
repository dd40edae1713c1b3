/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_health.c
 * @brief Tell whose points leave the merge because of their node's health,
 * and whose come back.
 *
 * What is merged is decided in rb_state_choose(); here it is only watched, so
 * that the operator hears of each change once.  The publisher tells of every
 * node, for it is its descriptor that changes; a node also tells that its own
 * points leave for want of a backend.  A standby looks on in silence, but what
 * changes while nobody publishes is left to whoever takes the role: it will
 * be in that node's first descriptor.  What an operator said of a node
 * is not told here (rbalance_leave.c does), nor that of a draining node.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_health.h"

#include "feature/rbalance/rbalance_leave.h"
#include "lib/intmath/cmp.h"

/** Return the rank of <b>peer</b>, or of ourselves if that is NULL, but for
 * its backends. */
static int
rank_with_backends(const rb_state_t *state, const rb_peer_t *peer)
{
  return rb_leave_get_rank(state, peer) & ~RB_LEAVE_RANK_BACKENDS;
}

/** Return true iff <b>peer</b>, or ourselves if that is NULL, has points that
 * could be merged. */
static bool
has_points(const rb_state_t *state, const rb_peer_t *peer)
{
  return peer ? peer->state == RB_NODE_HEALTHY :
    rb_pointsets_max_len(state->record->sets) > 0;
}

/** Return the rank of the nodes whose points are merged. */
static int
find_merged_rank(const rb_state_t *state)
{
  int best = has_points(state, NULL) ? rb_leave_get_rank(state, NULL) :
                                       RB_LEAVE_MAX_RANK;
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    if (has_points(state, peer)) {
      best = MIN(best, rb_leave_get_rank(state, peer));
    }
  } DIGEST256MAP_FOREACH_END;
  return best;
}

/** Return what part <b>peer</b>, or ourselves if that is NULL, has in a merge
 * of the nodes with <b>merged_rank</b>. */
static rb_part_t
judge(const rb_state_t *state, const rb_peer_t *peer, int merged_rank)
{
  if (rank_with_backends(state, peer) > merged_rank) {
    return RB_PART_NONE;
  }
  if (!has_points(state, peer)) {
    return peer ? RB_PART_UNWELL : RB_PART_NONE;
  }
  return rb_leave_get_rank(state, peer) > merged_rank ? RB_PART_NO_BACKEND :
                                                        RB_PART_IN;
}

/** Return true iff a node with <b>part</b> was merged before, and left because
 * of its health. */
static bool
is_out(rb_part_t part)
{
  return part == RB_PART_UNWELL || part == RB_PART_NO_BACKEND;
}

/** Return the word for why <b>peer</b>, or ourselves if that is NULL, is out
 * with <b>part</b> or, iff <b>returns</b>, comes back from that. */
static const char *
say_why(const rb_state_t *state, const rb_peer_t *peer, rb_part_t part,
        bool returns)
{
  if (part == RB_PART_UNWELL && peer) {
    return rb_lifecycle_reason_to_string(peer->state_reason);
  }
  /* If no other node has a backend, one comes back without. */
  return returns && !(rb_leave_get_rank(state, peer) &
                      RB_LEAVE_RANK_BACKENDS) ?
    "BACKENDS_UP" : "BACKENDS_DOWN";
}

/** Tell that the points of <b>peer</b>, or ours if that is NULL, do
 * <b>standing</b>, because of <b>why</b>. */
static void
tell(const rb_state_t *state, const rb_peer_t *peer, rb_standing_t standing,
     const char *why, smartlist_t *actions)
{
  rb_action_t *action = rb_actions_add(actions, RB_ACT_STANDING);
  action->standing = standing;
  action->why = why;
  ed25519_pubkey_copy(&action->peer, peer ? &peer->key :
                      &state->node_keys.pubkey);
}

/** Make <b>next</b> the <b>part</b> of <b>peer</b>, or of ourselves if that is
 * NULL.  Tell of it iff <b>tells</b>; else, leave it to others iff somebody
 * <b>publishes</b>. */
static void
change_part(const rb_state_t *state, const rb_peer_t *peer, rb_part_t *part,
            rb_part_t next, bool tells, bool publishes, smartlist_t *actions)
{
  const bool leaves = *part == RB_PART_IN && is_out(next);
  const bool returns = is_out(*part) && next == RB_PART_IN;

  if (leaves && !tells && !publishes) {
    return;
  }
  if (*part != RB_PART_IN && next != RB_PART_IN &&
      !(is_out(*part) && is_out(next))) {
    /* It never was in; or an operator's word comes on top. */
    return;
  }
  if (tells && leaves) {
    tell(state, peer, RB_STANDING_EXCLUDE, say_why(state, peer, next, false),
         actions);
  } else if (tells && returns) {
    tell(state, peer, RB_STANDING_INCLUDE, say_why(state, peer, *part, true),
         actions);
  }
  *part = next;
}

/** Return true iff another node publishes at monotonic milliseconds
 * <b>now</b>, as far as we know. */
static bool
another_publishes(const rb_state_t *state, uint64_t now)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    if (peer->role == RB_ROLE_PUBLISHER && now < peer->lease_until &&
        rb_peer_is_alive(peer)) {
      return true;
    }
  } DIGEST256MAP_FOREACH_END;
  return false;
}

/** Tell of each node, if it is ours to tell, whose points left the merge
 * because of its health since the last call, or came back. */
void
rb_health_run(rb_state_t *state, uint64_t now, smartlist_t *actions)
{
  const int merged_rank = find_merged_rank(state);
  const bool is_publisher = (state->role == RB_ROLE_PUBLISHER);
  const bool publishes = is_publisher || another_publishes(state, now);

  change_part(state, NULL, &state->part, judge(state, NULL, merged_rank),
              true, publishes, actions);
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    change_part(state, peer, &peer->part, judge(state, peer, merged_rank),
                is_publisher, publishes, actions);
  } DIGEST256MAP_FOREACH_END;
}
