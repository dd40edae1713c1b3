/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_memory.c
 * @brief Test what a node remembers over a restart.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_memory.h"
#include "feature/rbalance/rbalance_settings.h"

/** Return the state of a node that just started at <b>now</b>. */
static rb_state_t *
make_node(rb_now_t now)
{
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  rb_config_free(config);
  return state;
}

/** A node remembers who it knew and who was excluded, and its next life is
 * later even if the clock was set back. */
static void
test_rbalance_memory_round_trip(void *arg)
{
  const rb_now_t before = { RBT_MONO, RBT_WALL };
  const rb_now_t after = { RBT_MONO, RBT_WALL - 1000000 };
  rb_state_t *state = make_node(before), *next = make_node(after);
  ed25519_keypair_t keys, others;
  rb_exclusion_t word;
  char *text = NULL, *again = NULL;
  (void) arg;

  for (uint8_t seed = 2; seed < 7; ++seed) {
    rbt_fill_key(seed, &keys);
    rb_peers_add(state->peers, &keys.pubkey, 64, RBT_MONO);
  }
  ed25519_pubkey_copy(&word.node_key, &keys.pubkey);
  word.stamp = 5;
  word.is_excluded = true;
  rb_exclusion_sign(&word, rbt_service_keys());
  rb_exclusions_note(state->exclusions, &word);
  /* Somebody wrote another one into the file. */
  rbt_fill_key(2, &others);
  ed25519_pubkey_copy(&word.node_key, &others.pubkey);
  rb_exclusions_note(state->exclusions, &word);
  text = rb_memory_write(state);
  tt_int_op(rb_memory_apply(next, text, after), OP_EQ, 0);
  tt_int_op(rb_peers_count(next->peers), OP_EQ, 5);
  tt_ptr_op(rb_peers_find(next->peers, &keys.pubkey), OP_NE, NULL);
  tt_assert(rb_exclusions_contain(next->exclusions, &keys.pubkey));
  tt_assert(!rb_exclusions_contain(next->exclusions, &others.pubkey));
  tt_u64_op(next->record->incarnation, OP_EQ, RBT_WALL + 1);
  again = rb_memory_write(next);
  tt_str_op(again, OP_NE, text);
  tor_free(again);
  /* Knowing the same, the text is the same. */
  again = rb_memory_write(state);
  tt_str_op(again, OP_EQ, text);
 done:
  tor_free(text);
  tor_free(again);
  rb_state_free(state);
  rb_state_free(next);
}

/** Anything damaged is refused as a whole. */
static void
test_rbalance_memory_damaged(void *arg)
{
#define KEY "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\""
  static const char *const bad[] = {
    "", "{", "[]", "{}", "{\"version\":1}",
    "{\"version\":2,\"incarnation\":1,\"nodes\":[],\"exclusions\":[]}",
    "{\"version\":1,\"incarnation\":-1,\"nodes\":[],\"exclusions\":[]}",
    "{\"version\":1,\"incarnation\":1,\"nodes\":[" KEY ",1],"
      "\"exclusions\":[]}",
    "{\"version\":1,\"incarnation\":1,\"nodes\":[" KEY "],"
      "\"exclusions\":[1]}",
    "{\"version\":1,\"incarnation\":1,\"nodes\":[" KEY "]}",
  };
#undef KEY
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_state_t *state = make_node(now);
  char *text = rb_memory_write(state);
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    tt_int_op(rb_memory_apply(state, bad[i], now), OP_EQ, -1);
  }
  for (size_t len = strlen(text); len-- > 0; ) {
    text[len] = '\0';
    tt_int_op(rb_memory_apply(state, text, now), OP_EQ, -1);
  }
  tt_int_op(rb_peers_count(state->peers), OP_EQ, 0);
  tt_u64_op(state->record->incarnation, OP_EQ, RBT_WALL);
 done:
  tor_free(text);
  rb_state_free(state);
}

#define T(name) { #name, test_rbalance_memory_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_memory_tests[] = {
  T(round_trip),
  T(damaged),
  END_OF_TESTCASES
};
