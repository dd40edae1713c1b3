/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_neighbors.c
 * @brief Test who has a channel to whom.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_neighbors.h"
#include "feature/rbalance/rbalance_settings.h"
#include "lib/arch/bytes.h"

/** Fill <b>key</b> with the node key number <b>i</b>, in order. */
static void
number_key(int i, ed25519_public_key_t *key)
{
  memset(key, 0, sizeof(*key));
  set_uint32(key->pubkey, htonl((uint32_t) i + 1));
}

/** Return the state of node <b>self</b> of <b>n</b> that know each other. */
static rb_state_t *
make_member(int n, int self)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  number_key(self, &state->node_keys.pubkey);
  for (int i = 0; i < n; ++i) {
    ed25519_public_key_t key;
    number_key(i, &key);
    if (i != self) {
      rb_peers_add(state->peers, &key, 1000, RBT_MONO);
    }
  }
  state->neighbors_are_dirty = true;
  rb_neighbors_refresh(state);
  rb_config_free(config);
  return state;
}

/** Return how many neighbours <b>state</b> has, and mark them in
 * <b>marks</b>. */
static int
count_neighbors(const rb_state_t *state, int n, bool *marks)
{
  int count = 0;
  for (int i = 0; i < n; ++i) {
    ed25519_public_key_t key;
    const rb_peer_t *peer;
    number_key(i, &key);
    peer = rb_peers_find(state->peers, &key);
    marks[i] = peer && peer->is_neighbor;
    count += marks[i];
  }
  return count;
}

/** Up to eight nodes everybody is everybody's neighbour. */
static void
test_rbalance_neighbors_mesh(void *arg)
{
  rb_state_t *state = NULL;
  bool marks[16];
  (void) arg;

  for (int n = 2; n <= RB_MESH_NODES; ++n) {
    state = make_member(n, n / 2);
    tt_assert(rb_neighbors_is_mesh(state));
    tt_int_op(count_neighbors(state, n, marks), OP_EQ, n - 1);
    rb_state_free(state);
  }
  state = make_member(RB_MESH_NODES + 1, 0);
  tt_assert(!rb_neighbors_is_mesh(state));
 done:
  rb_state_free(state);
}

/** Return the longest shortest way between two of <b>n</b> nodes whose
 * neighbours are marked in <b>near</b>, or -1 if there is none. */
static int
diameter(int n, bool (*near)[256])
{
  int longest = 0;
  for (int from = 0; from < n; ++from) {
    int hops[256], queue[256], head = 0, tail = 0;
    memset(hops, -1, sizeof(hops));
    hops[from] = 0;
    queue[tail++] = from;
    while (head < tail) {
      const int at = queue[head++];
      for (int to = 0; to < n; ++to) {
        if (near[at][to] && hops[to] < 0) {
          hops[to] = hops[at] + 1;
          queue[tail++] = to;
        }
      }
    }
    if (tail < n) {
      return -1;
    }
    longest = MAX(longest, hops[queue[tail - 1]]);
  }
  return longest;
}

/** In larger clusters nobody has more than eight neighbours, both ends agree
 * on who is one, and everybody is reached in few hops. */
static void
test_rbalance_neighbors_ring(void *arg)
{
  static const int sizes[] = { 9, 10, 11, 16, 17, 50, 81, 100, 200 };
  static bool near[256][256];
  rb_state_t *state = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(sizes); ++i) {
    const int n = sizes[i];
    for (int self = 0; self < n; ++self) {
      state = make_member(n, self);
      tt_int_op(count_neighbors(state, n, near[self]), OP_LE,
                2 * RB_RING_OFFSETS);
      rb_state_free(state);
    }
    for (int a = 0; a < n; ++a) {
      for (int b = 0; b < n; ++b) {
        tt_int_op(near[a][b], OP_EQ, near[b][a]);
      }
    }
    tt_int_op(diameter(n, near), OP_GE, 1);
    tt_int_op(diameter(n, near), OP_LE, 10);
  }
 done:
  rb_state_free(state);
}

/** Dead nodes have no place among the living, but are looked for where they
 * would be. */
static void
test_rbalance_neighbors_dead(void *arg)
{
  rb_state_t *state = make_member(20, 0);
  ed25519_public_key_t next, after;
  (void) arg;

  number_key(1, &next);
  number_key(3, &after);
  tt_assert(rb_neighbors_are_adjacent(state, &state->node_keys.pubkey,
                                      &next));
  tt_assert(!rb_peers_find(state->peers, &after)->is_neighbor);
  for (int i = 1; i < 3; ++i) {
    ed25519_public_key_t key;
    number_key(i, &key);
    rb_peers_find(state->peers, &key)->state = RB_NODE_DEAD;
  }
  state->neighbors_are_dirty = true;
  rb_neighbors_refresh(state);
  tt_assert(rb_peers_find(state->peers, &after)->is_neighbor);
  tt_assert(rb_peers_find(state->peers, &next)->is_neighbor);
 done:
  rb_state_free(state);
}

/** A neighbour that we saw die ourselves stays one, whatever the rings say:
 * else it would be judged by others, who know nothing, live, be a neighbour,
 * be dead again, and so on. */
static void
test_rbalance_neighbors_lost(void *arg)
{
  rb_state_t *state = make_member(20, 0);
  ed25519_public_key_t key;
  rb_peer_t *peer;
  int last = 0;
  (void) arg;

  /* The farthest that is a neighbour only while three others are dead. */
  for (int i = 1; i <= 3; ++i) {
    number_key(i, &key);
    rb_peers_find(state->peers, &key)->state = RB_NODE_DEAD;
  }
  state->neighbors_are_dirty = true;
  rb_neighbors_refresh(state);
  for (int i = 1; i < 12; ++i) {
    number_key(i, &key);
    last = rb_peers_find(state->peers, &key)->is_neighbor ? i : last;
  }
  number_key(last, &key);
  peer = rb_peers_find(state->peers, &key);
  peer->state = RB_NODE_DEAD;
  for (int i = 1; i <= 3; ++i) {
    number_key(i, &key);
    rb_peers_find(state->peers, &key)->state = RB_NODE_HEALTHY;
  }
  peer->is_refused = true;
  state->neighbors_are_dirty = true;
  rb_neighbors_refresh(state);
  tt_assert(peer->is_neighbor);
  /* Of one that only others saw die we want no channel. */
  peer->is_refused = false;
  state->neighbors_are_dirty = true;
  rb_neighbors_refresh(state);
  tt_assert(!peer->is_neighbor);
  peer->is_refused = true;
  state->neighbors_are_dirty = true;
  rb_neighbors_refresh(state);
  tt_assert(!peer->is_neighbor);
 done:
  rb_state_free(state);
}

#define T(name) \
  { #name, test_rbalance_neighbors_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_neighbors_tests[] = {
  T(mesh),
  T(ring),
  T(dead),
  T(lost),
  END_OF_TESTCASES
};
