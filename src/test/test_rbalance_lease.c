/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_lease.c
 * @brief Test what nodes say of the publisher role.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_slot.h"
#include "lib/crypt_ops/crypto_ope.h"

/** Return the state of a node with one peer, whose key goes to <b>key</b>,
 * and with both descriptors. */
static rb_state_t *
make_state(ed25519_public_key_t *key)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  smartlist_t *sets = rbt_make_sets(1, 1);
  ed25519_keypair_t keys;

  rbt_fill_key(2, &keys);
  ed25519_pubkey_copy(key, &keys.pubkey);
  rb_peers_add(state->peers, key, 8, RBT_MONO);
  rb_slots_sync(state, sets, RBT_MONO);
  rb_pointsets_free(sets);
  rb_config_free(config);
  return state;
}

/** What is written is read; anything missing or out of bounds is refused. */
static void
test_rbalance_lease_json(void *arg)
{
  static const char *const fields[] = {
    "node_key", "priority", "incarnation", "number", "lasts", "left",
    "declines", "revisions", "signature",
  };
  static const char *const values[] = { "null", "-1", "0.5", "\"x\"", "{}",
    "[0]", "[{}]" };
  ed25519_public_key_t key;
  rb_state_t *state = make_state(&key);
  rb_lease_t lease, read;
  json_t *json = NULL;
  (void) arg;

  state->role = RB_ROLE_PUBLISHER;
  state->lease_until = RBT_MONO + 5000;
  state->slots[1].revision = 77;
  rb_lease_of_ourselves(state, RBT_MONO, &lease);
  json = rb_lease_to_json(&lease);
  tt_int_op(rb_lease_from_json(json, &read), OP_EQ, 0);
  tt_mem_op(&read, OP_EQ, &lease, sizeof(lease));
  tt_u64_op(read.left, OP_EQ, 5000);
  tt_int_op(read.n_revisions, OP_EQ, 1);
  tt_u64_op(read.revisions[0].counter, OP_EQ, 77);
  for (size_t i = 0; i < ARRAY_LENGTH(fields); ++i) {
    json_t *good = json_incref(json_object_get(json, fields[i]));
    json_object_del(json, fields[i]);
    tt_int_op(rb_lease_from_json(json, &read), OP_EQ, -1);
    for (size_t v = 0; v < ARRAY_LENGTH(values); ++v) {
      json_object_set_new(json, fields[i],
                          json_loads(values[v], JSON_DECODE_ANY, NULL));
      tt_int_op(rb_lease_from_json(json, &read), OP_EQ, -1);
    }
    json_object_set_new(json, fields[i], good);
    tt_int_op(rb_lease_from_json(json, &read), OP_EQ, 0);
  }
  json_object_set_new(json, "left", json_integer(5001));
  tt_int_op(rb_lease_from_json(json, &read), OP_EQ, -1);
  json_object_set_new(json, "lasts", json_integer(86400001));
  tt_int_op(rb_lease_from_json(json, &read), OP_EQ, -1);
  tt_int_op(rb_lease_from_json(NULL, &read), OP_EQ, -1);
 done:
  json_decref(json);
  rb_state_free(state);
}

/** Have the node with the key of make_state() sign <b>lease</b>, and tell
 * <b>state</b> of it at <b>now</b>.  Return true iff it is news. */
static bool
note(rb_state_t *state, rb_lease_t *lease, uint64_t now)
{
  ed25519_keypair_t keys;
  rbt_fill_key(2, &keys);
  rb_lease_sign(lease, &keys);
  return rb_lease_note(state, lease, now);
}

/** The later word of a node counts, in whatever order words come. */
static void
test_rbalance_lease_order(void *arg)
{
  ed25519_public_key_t key;
  rb_state_t *state = make_state(&key);
  rb_peer_t *peer = rb_peers_find(state->peers, &key);
  rb_lease_t lease;
  (void) arg;

  memset(&lease, 0, sizeof(lease));
  ed25519_pubkey_copy(&lease.node_key, &key);
  lease.incarnation = 10;
  lease.number = 5;
  lease.priority = 3;
  lease.lasts = lease.left = 1000;
  tt_assert(note(state, &lease, RBT_MONO));
  tt_int_op(peer->role, OP_EQ, RB_ROLE_PUBLISHER);
  tt_u64_op(peer->lease_until, OP_EQ, RBT_MONO + 1000);
  tt_int_op(peer->priority, OP_EQ, 3);
  lease.lasts = lease.left = 0;
  tt_assert(!note(state, &lease, RBT_MONO));
  lease.number = 4;
  tt_assert(!note(state, &lease, RBT_MONO));
  lease.incarnation = 9;
  lease.number = 99;
  tt_assert(!note(state, &lease, RBT_MONO));
  tt_int_op(peer->role, OP_EQ, RB_ROLE_PUBLISHER);
  lease.incarnation = 11;
  lease.number = 1;
  lease.declines = true;
  tt_assert(note(state, &lease, RBT_MONO + 7));
  tt_int_op(peer->role, OP_EQ, RB_ROLE_STANDBY);
  tt_u64_op(peer->lease_until, OP_EQ, 0);
  tt_u64_op(peer->role_heard, OP_EQ, RBT_MONO + 7);
  tt_assert(peer->lease.declines);
  memset(lease.node_key.pubkey, 9, sizeof(lease.node_key.pubkey));
  tt_assert(!note(state, &lease, RBT_MONO));
 done:
  rb_state_free(state);
}

/** What the node did not sign is not believed, and nothing of it is noted. */
static void
test_rbalance_lease_forged(void *arg)
{
  ed25519_public_key_t key;
  rb_state_t *state = make_state(&key);
  const rb_peer_t *peer = rb_peers_find(state->peers, &key);
  rb_lease_t good, next, lease;
  ed25519_keypair_t keys;
  (void) arg;

  memset(&good, 0, sizeof(good));
  ed25519_pubkey_copy(&good.node_key, &key);
  good.number = 1;
  good.lasts = good.left = 60000;
  good.n_revisions = 1;
  memcpy(good.revisions[0].blinded_key, state->slots[0].blinded_key,
         ED25519_PUBKEY_LEN);
  good.revisions[0].counter = 7;
  tt_assert(note(state, &good, RBT_MONO));
  tt_int_op(peer->role, OP_EQ, RB_ROLE_PUBLISHER);
  tt_u64_op(state->slots[0].revision, OP_EQ, 7);

  next = good;
  next.number++;
  rbt_fill_key(2, &keys);
  rb_lease_sign(&next, &keys);
  for (int i = 0; i < 7; ++i) {
    lease = next;
    switch (i) {
      case 0: rb_lease_sign(&lease, &state->node_keys); break;
      case 1: lease.priority = 1; break;
      case 2: lease.incarnation = 1; break;
      case 3: lease.lasts = lease.left = 0; break;
      case 4: lease.declines = true; break;
      case 5: lease.revisions[0].counter = 8; break;
      case 6: lease.n_revisions = 0; break;
    }
    tt_assert(!rb_lease_note(state, &lease, RBT_MONO));
    tt_u64_op(state->dropped[RB_DROP_BAD_RECORD], OP_EQ,
              (uint64_t) i + 1);
  }
  tt_u64_op(peer->lease.number, OP_EQ, 1);
  tt_u64_op(peer->lease_until, OP_EQ, RBT_MONO + 60000);
  tt_u64_op(state->slots[0].revision, OP_EQ, 7);
  tt_assert(rb_lease_note(state, &next, RBT_MONO));
 done:
  rb_state_free(state);
}

/** Who passes a lease on can say that it has less time left, until somebody
 * says otherwise, but never that it has more than when it came first. */
static void
test_rbalance_lease_left(void *arg)
{
  ed25519_public_key_t key;
  rb_state_t *state = make_state(&key);
  const rb_peer_t *peer = rb_peers_find(state->peers, &key);
  rb_lease_t lease, passed;
  (void) arg;

  memset(&lease, 0, sizeof(lease));
  ed25519_pubkey_copy(&lease.node_key, &key);
  lease.number = 1;
  lease.lasts = 60000;
  tt_assert(note(state, &lease, RBT_MONO));
  tt_int_op(peer->role, OP_EQ, RB_ROLE_PUBLISHER);
  tt_u64_op(peer->lease_until, OP_EQ, RBT_MONO);
  rb_lease_of_peer(peer, RBT_MONO + 1, &passed);
  tt_u64_op(passed.left, OP_EQ, 0);

  lease.left = 50000;
  tt_assert(!note(state, &lease, RBT_MONO + 5000));
  tt_u64_op(peer->lease_until, OP_EQ, RBT_MONO + 55000);
  rb_lease_of_peer(peer, RBT_MONO + 6000, &passed);
  tt_u64_op(passed.left, OP_EQ, 49000);
  tt_mem_op(&passed.signature, OP_EQ, &lease.signature,
            sizeof(lease.signature));
  lease.left = 40000;
  tt_assert(!note(state, &lease, RBT_MONO + 6000));
  tt_u64_op(peer->lease_until, OP_EQ, RBT_MONO + 55000);
  lease.left = 60000;
  tt_assert(!note(state, &lease, RBT_MONO + 30000));
  tt_u64_op(peer->lease_until, OP_EQ, RBT_MONO + 60000);
 done:
  rb_state_free(state);
}

/** The same word has the same number and signature, however often it is
 * said. */
static void
test_rbalance_lease_said(void *arg)
{
  ed25519_public_key_t key;
  rb_state_t *state = make_state(&key);
  rb_lease_t first, second;
  (void) arg;

  rb_lease_of_ourselves(state, RBT_MONO, &first);
  rb_lease_of_ourselves(state, RBT_MONO + 9, &second);
  tt_mem_op(&first, OP_EQ, &second, sizeof(first));
  tt_u64_op(first.number, OP_EQ, 1);
  state->role = RB_ROLE_PUBLISHER;
  state->lease_until = RBT_MONO + 60000;
  rb_lease_of_ourselves(state, RBT_MONO + 10, &first);
  tt_u64_op(first.number, OP_EQ, 2);
  tt_u64_op(first.lasts, OP_EQ, 59990);
  rb_lease_of_ourselves(state, RBT_MONO + 30, &second);
  tt_u64_op(second.number, OP_EQ, 2);
  tt_u64_op(second.lasts, OP_EQ, 59990);
  tt_u64_op(second.left, OP_EQ, 59970);
  state->lease_until++;
  rb_lease_of_ourselves(state, RBT_MONO + 30, &second);
  tt_u64_op(second.number, OP_EQ, 3);
  rb_slot_note_upload(&state->slots[0], 100, RBT_MONO);
  rb_lease_of_ourselves(state, RBT_MONO + 30, &second);
  tt_u64_op(second.number, OP_EQ, 4);
  state->stood_down_until = RBT_MONO + 50;
  rb_lease_of_ourselves(state, RBT_MONO + 30, &second);
  tt_u64_op(second.number, OP_EQ, 5);
  tt_assert(second.declines);
  state->role = RB_ROLE_STANDBY;
  rb_lease_of_ourselves(state, RBT_MONO + 60, &second);
  tt_u64_op(second.number, OP_EQ, 6);
  tt_u64_op(second.lasts + second.left, OP_EQ, 0);
 done:
  rb_state_free(state);
}

/** Return the next counter for the descriptor number <b>i</b>, if tor wants
 * <b>counter</b>. */
static uint64_t
next_revision(const rb_state_t *state, int i, uint64_t counter)
{
  return rb_lease_next_revision(state, state->slots[i].blinded_key, counter);
}

/** The next counter of a descriptor is above the highest of anybody. */
static void
test_rbalance_lease_next_revision(void *arg)
{
  ed25519_public_key_t key;
  rb_state_t *state = make_state(&key);
  const uint8_t *blinded_key = state->slots[0].blinded_key;
  const uint8_t unknown[ED25519_PUBKEY_LEN] = { 0 };
  rb_lease_t lease;
  (void) arg;

  tt_u64_op(next_revision(state, 0, 1), OP_EQ, 1);
  rb_slot_note_upload(&state->slots[0], 100, RBT_MONO);
  tt_u64_op(next_revision(state, 0, 100), OP_EQ, 101);
  tt_u64_op(next_revision(state, 0, 102), OP_EQ, 102);
  memset(&lease, 0, sizeof(lease));
  ed25519_pubkey_copy(&lease.node_key, &key);
  lease.incarnation = 10;
  lease.number = 1;
  lease.n_revisions = 2;
  memcpy(lease.revisions[0].blinded_key, blinded_key, ED25519_PUBKEY_LEN);
  lease.revisions[0].counter = 250;
  lease.revisions[1].counter = 999;
  tt_assert(note(state, &lease, RBT_MONO));
  tt_u64_op(next_revision(state, 0, 102), OP_EQ, 251);
  lease.number++;
  lease.revisions[0].counter = 120;
  tt_assert(note(state, &lease, RBT_MONO));
  tt_u64_op(next_revision(state, 0, 102), OP_EQ, 251);
  tt_u64_op(next_revision(state, 1, 102), OP_EQ, 102);
  tt_u64_op(rb_lease_next_revision(state, unknown, 102), OP_EQ, 102);
 done:
  rb_state_free(state);
}

/** What tor wants where it has no counter is not uploaded: nothing could be
 * uploaded over it.  Nor is what the leases of peers could not tell. */
static void
test_rbalance_lease_revision_limit(void *arg)
{
  ed25519_public_key_t key;
  rb_state_t *state = make_state(&key);
  rb_lease_t lease;
  (void) arg;

  tt_u64_op(next_revision(state, 0, CRYPTO_OPE_ERROR), OP_EQ, 1);
  rb_slot_note_upload(&state->slots[0], 1, RBT_MONO);
  tt_u64_op(next_revision(state, 0, CRYPTO_OPE_ERROR), OP_EQ, 2);

  /* What a node tells of leaves room to stay above it. */
  memset(&lease, 0, sizeof(lease));
  ed25519_pubkey_copy(&lease.node_key, &key);
  memcpy(lease.revisions[0].blinded_key, state->slots[0].blinded_key,
         ED25519_PUBKEY_LEN);
  lease.n_revisions = 1;
  for (int i = 1; i >= 0; --i) {
    lease.number++;
    lease.revisions[0].counter = RB_MAX_TOLD_REVISION + i;
    tt_assert(note(state, &lease, RBT_MONO));
    tt_u64_op(next_revision(state, 0, 2), OP_EQ,
              i ? 2 : RB_MAX_TOLD_REVISION + 1);
  }
  rb_slot_note_upload(&state->slots[0], RB_MAX_REVISION, RBT_MONO);
  tt_u64_op(next_revision(state, 0, 2), OP_EQ, RB_MAX_REVISION);
  tt_u64_op(next_revision(state, 0, CRYPTO_OPE_ERROR), OP_EQ,
            RB_MAX_REVISION);
 done:
  rb_state_free(state);
}

#define T(name) { #name, test_rbalance_lease_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_lease_tests[] = {
  T(json),
  T(order),
  T(forged),
  T(left),
  T(said),
  T(next_revision),
  T(revision_limit),
  END_OF_TESTCASES
};
