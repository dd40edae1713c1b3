/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_state.c
 * @brief Tests of the state of a node.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_settings.h"

/** A node has its own record from the start: signed, named and numbered. */
static void
test_rbalance_state_record(void *arg)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  smartlist_t *sets = rbt_make_sets(1, 3);
  rb_record_t *parsed = NULL;
  uint64_t sequence;
  (void) arg;

  tt_u64_op(state->record->incarnation, OP_EQ, RBT_WALL);
  tt_int_op(strlen(state->record->node_id), OP_EQ, 12);
  tt_assert(rb_node_id_is_valid(state->record->node_id));
  sequence = state->record->sequence;
  rb_state_renew_record(state, sets);
  tt_u64_op(state->record->sequence, OP_EQ, sequence + 1);
  tt_assert(rb_pointsets_eq(state->record->sets, sets));
  tt_assert(state->merge_is_dirty);
  tt_int_op(rb_record_parse(state->record->text, &state->record->signature,
                            rbt_cluster_id, &parsed), OP_EQ, RB_RECORD_OK);
  tt_assert(rb_pointsets_eq(parsed->sets, sets));

  /* New settings make a new record with the same points. */
  strlcpy(config->node_id, "alpha", sizeof(config->node_id));
  config->priority = 7;
  rb_state_set_config(state, config, RBT_MONO);
  tt_u64_op(state->record->sequence, OP_EQ, sequence + 2);
  tt_str_op(state->record->node_id, OP_EQ, "alpha");
  tt_int_op(state->record->priority, OP_EQ, 7);
  tt_assert(rb_pointsets_eq(state->record->sets, sets));
 done:
  rb_record_free(parsed);
  rb_pointsets_free(sets);
  rb_config_free(config);
  rb_state_free(state);
}

/** Only our own points and those of healthy nodes are chosen, each under its
 * own blinded key. */
static void
test_rbalance_state_choose(void *arg)
{
  static const rb_lifecycle_t unfit[] = {
    RB_NODE_JOINING, RB_NODE_INITIALIZING, RB_NODE_UNHEALTHY, RB_NODE_DEAD,
  };
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  smartlist_t *sets = rbt_make_sets(1, 3);
  smartlist_t *choices = NULL;
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  ed25519_keypair_t peer_keys;
  rb_peer_t *peer;
  (void) arg;

  rb_state_renew_record(state, sets);
  rbt_fill_key(2, &peer_keys);
  peer = rb_peers_add(state->peers, &peer_keys.pubkey, 8, RBT_MONO);
  peer->record = rb_record_new();
  /* The peer has points for period 2 only. */
  smartlist_add(peer->record->sets, rbt_make_set(2, 50, 4));
  peer->state = RB_NODE_HEALTHY;

  rbt_blinded_key(1, blinded_key);
  choices = rb_state_choose(state, blinded_key, 20, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 3);
  rb_choices_free(choices);
  rbt_blinded_key(2, blinded_key);
  choices = rb_state_choose(state, blinded_key, 20, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 7);
  rb_choices_free(choices);
  rbt_blinded_key(3, blinded_key);
  choices = rb_state_choose(state, blinded_key, 20, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 0);
  rbt_blinded_key(2, blinded_key);
  for (size_t i = 0; i < ARRAY_LENGTH(unfit); ++i) {
    rb_choices_free(choices);
    peer->state = unfit[i];
    choices = rb_state_choose(state, blinded_key, 20, NULL, NULL);
    tt_int_op(smartlist_len(choices), OP_EQ, 3);
  }
 done:
  rb_choices_free(choices);
  rb_pointsets_free(sets);
  rb_config_free(config);
  rb_state_free(state);
}

/** The generator of jitters is SplitMix64: first outputs for seed
 * 1234567. */
static void
test_rbalance_state_random(void *arg)
{
  static const uint64_t expected[] = {
    UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
    UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
    UINT64_C(16408922859458223821),
  };
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  (void) arg;

  state->random = 1234567;
  for (size_t i = 0; i < ARRAY_LENGTH(expected); ++i) {
    tt_u64_op(rb_state_random(state), OP_EQ, expected[i]);
  }
 done:
  rb_config_free(config);
  rb_state_free(state);
}

/** Every reason to drop has a name of its own. */
static void
test_rbalance_state_drop_names(void *arg)
{
  (void) arg;
  for (int i = 0; i < RB_DROP_MAX_; ++i) {
    tt_str_op(rb_drop_to_string((rb_drop_t) i), OP_NE, "UNKNOWN");
    for (int j = 0; j < i; ++j) {
      tt_str_op(rb_drop_to_string((rb_drop_t) i), OP_NE,
                rb_drop_to_string((rb_drop_t) j));
    }
  }
 done:
  ;
}

#define T(name) { #name, test_rbalance_state_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_state_tests[] = {
  T(record),
  T(choose),
  T(random),
  T(drop_names),
  END_OF_TESTCASES
};
