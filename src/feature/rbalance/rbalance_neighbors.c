/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_neighbors.c
 * @brief Which nodes have a channel to which.
 *
 * Up to RB_MESH_NODES nodes everybody has a channel to everybody.  In a larger
 * cluster the nodes stand on a ring, ordered by key, and each has the
 * neighbours at RB_RING_OFFSETS distances in both directions: 1, and powers
 * of the fourth root of the number of nodes, as in Chord (Stoica et al.
 * 2001).  So the cost of a node does not grow with the cluster, a message that
 * everybody passes on reaches all in a few hops, and every node is watched by
 * the same few others, whoever computes it.
 *
 * Dead nodes have no place on the ring, but keep one on a second ring of all
 * nodes, so that the halves of a split cluster go on looking for each
 * other.  And who saw a neighbour die goes on looking for that one: nobody
 * else may have seen it.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_neighbors.h"

#include "lib/ctime/di_ops.h"

#include <stdlib.h>
#include <string.h>

/** Return the largest number whose fourth power is at most <b>n</b>, times
 * itself <b>power</b> times; the distance of a neighbour on a ring of
 * <b>n</b> nodes. */
static int
ring_offset(int n, int power)
{
  int offset = 1, root = 1;
  while ((root + 1) * (root + 1) * (root + 1) * (root + 1) <= n) {
    ++root;
  }
  while (power-- > 0) {
    offset *= root;
  }
  return offset;
}

/** Return true iff two nodes, <b>distance</b> places apart on a ring of
 * <b>n</b>, are neighbours. */
static bool
is_ring_distance(int n, int distance)
{
  if (n <= RB_MESH_NODES) {
    return true;
  }
  for (int power = 0; power < RB_RING_OFFSETS; ++power) {
    /* With a root of 1 all powers are 1: then the distances 1 to 4. */
    const int root_is_one = ring_offset(n, 1) == 1;
    const int offset = root_is_one ? power + 1 : ring_offset(n, power);
    if (distance == offset || distance == n - offset) {
      return true;
    }
  }
  return false;
}

/** Return how many places <b>key</b> is after the first on the ring of
 * <b>state</b>, ourselves included; without dead nodes unless
 * <b>with_dead</b>.  <b>key</b> itself need not be on it.  Store the number
 * of nodes on the ring in <b>n_out</b>. */
static int
place_of(const rb_state_t *state, const ed25519_public_key_t *key,
         bool with_dead, int *n_out)
{
  const uint8_t *ours = state->node_keys.pubkey.pubkey;
  int place = fast_memcmp(ours, key->pubkey, ED25519_PUBKEY_LEN) < 0;
  int n = 1;
  DIGEST256MAP_FOREACH(state->peers->map, k, const rb_peer_t *, peer) {
    if (with_dead || peer->state != RB_NODE_DEAD) {
      ++n;
      place += fast_memcmp(peer->key.pubkey, key->pubkey,
                           ED25519_PUBKEY_LEN) < 0;
    }
  } DIGEST256MAP_FOREACH_END;
  *n_out = n;
  return place;
}

/** Return true iff the nodes <b>a</b> and <b>b</b> should have a channel, as
 * <b>state</b> sees the cluster. */
bool
rb_neighbors_are_adjacent(const rb_state_t *state,
                          const ed25519_public_key_t *a,
                          const ed25519_public_key_t *b)
{
  int n = 0;
  const int place_a = place_of(state, a, false, &n);
  const int place_b = place_of(state, b, false, &n);
  return is_ring_distance(n, abs(place_a - place_b));
}

/** Return true iff everybody has a channel to everybody, as far as
 * <b>state</b> can tell. */
bool
rb_neighbors_is_mesh(const rb_state_t *state)
{
  int n = 0;
  place_of(state, &state->node_keys.pubkey, false, &n);
  return n <= RB_MESH_NODES;
}

/** Mark the nodes of <b>state</b> that we want a channel to, if that may have
 * changed.  One walk around both rings is enough. */
void
rb_neighbors_refresh(rb_state_t *state)
{
  const ed25519_public_key_t *ours = &state->node_keys.pubkey;
  smartlist_t *peers;
  int n_all = 0, n_living = 0, place = 0, living_place = 0;
  int our_place, our_living_place;

  if (!state->neighbors_are_dirty) {
    return;
  }
  state->neighbors_are_dirty = false;
  our_place = place_of(state, ours, true, &n_all);
  our_living_place = place_of(state, ours, false, &n_living);
  peers = rb_peers_list(state->peers);
  SMARTLIST_FOREACH_BEGIN(peers, rb_peer_t *, peer) {
    const bool lives = peer->state != RB_NODE_DEAD;
    if (place == our_place) {
      /* We stand in between. */
      ++place;
      ++living_place;
    }
    peer->is_neighbor =
      is_ring_distance(n_all, abs(place - our_place)) ||
      (lives && is_ring_distance(n_living,
                                 abs(living_place - our_living_place))) ||
      (peer->is_neighbor && !lives && rb_peer_is_silent(peer));
    ++place;
    living_place += lives;
  } SMARTLIST_FOREACH_END(peer);
  smartlist_free(peers);
}
