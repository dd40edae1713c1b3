/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_exclusion.c
 * @brief Test the list of excluded nodes.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_exclusion.h"

/** Note in <b>list</b> at <b>stamp</b> whether the node that <b>seed</b> names
 * is excluded.  Return true iff that was taken. */
static bool
note(smartlist_t *list, uint8_t seed, uint64_t stamp, bool is_excluded)
{
  rb_exclusion_t word;
  memset(word.signature.sig, seed, sizeof(word.signature.sig));
  memset(word.node_key.pubkey, seed, sizeof(word.node_key.pubkey));
  word.stamp = stamp;
  word.is_excluded = is_excluded;
  return rb_exclusions_note(list, &word);
}

/** Return true iff <b>list</b> excludes the node that <b>seed</b> names. */
static bool
contains(const smartlist_t *list, uint8_t seed)
{
  ed25519_public_key_t key;
  memset(key.pubkey, seed, sizeof(key.pubkey));
  return rb_exclusions_contain(list, &key);
}

/** Only the service's key makes a good signature, of exactly that word. */
static void
test_rbalance_exclusion_signature(void *arg)
{
  const ed25519_public_key_t *service_key = &rbt_service_keys()->pubkey;
  rb_exclusion_t word, other;
  ed25519_keypair_t keys;
  (void) arg;

  memset(&word, 0, sizeof(word));
  rbt_fill_key(1, &keys);
  ed25519_pubkey_copy(&word.node_key, &keys.pubkey);
  word.stamp = RBT_WALL;
  word.is_excluded = true;
  tt_assert(!rb_exclusion_is_signed(&word, service_key));
  tt_int_op(rb_exclusion_sign(&word, rbt_service_keys()), OP_EQ, 0);
  tt_assert(rb_exclusion_is_signed(&word, service_key));
  tt_assert(!rb_exclusion_is_signed(&word, &keys.pubkey));

  other = word;
  other.is_excluded = false;
  tt_assert(!rb_exclusion_is_signed(&other, service_key));
  other = word;
  other.stamp += UINT64_C(1) << 40;
  tt_assert(!rb_exclusion_is_signed(&other, service_key));
  other = word;
  other.node_key.pubkey[31] ^= 1;
  tt_assert(!rb_exclusion_is_signed(&other, service_key));
  other = word;
  other.signature.sig[63] ^= 1;
  tt_assert(!rb_exclusion_is_signed(&other, service_key));
  tt_int_op(rb_exclusion_sign(&word, &keys), OP_EQ, 0);
  tt_assert(!rb_exclusion_is_signed(&word, service_key));
 done:
  ;
}

/** The later word wins, in whatever order words come. */
static void
test_rbalance_exclusion_note(void *arg)
{
  smartlist_t *list = smartlist_new();
  (void) arg;

  tt_assert(!contains(list, 1));
  tt_assert(note(list, 1, 100, true));
  tt_assert(contains(list, 1));
  tt_assert(!contains(list, 2));
  tt_assert(!note(list, 1, 100, true));
  tt_assert(!note(list, 1, 99, false));
  tt_assert(!note(list, 1, 100, false));
  tt_assert(contains(list, 1));
  tt_assert(note(list, 1, 101, false));
  tt_assert(!contains(list, 1));
  /* Of two words of one time the one that excludes counts. */
  tt_assert(note(list, 1, 101, true));
  tt_assert(contains(list, 1));
  tt_int_op(smartlist_len(list), OP_EQ, 1);
 done:
  rb_exclusions_free(list);
}

/** A full list gives up the oldest node that is included, never one that is
 * excluded. */
static void
test_rbalance_exclusion_limit(void *arg)
{
  smartlist_t *list = smartlist_new();
  (void) arg;

  for (uint8_t i = 0; i < RB_MAX_EXCLUSIONS; ++i) {
    tt_assert(note(list, i, 1000 + i, i != 5 && i != 7));
  }
  tt_assert(note(list, 200, 1, true));
  tt_int_op(smartlist_len(list), OP_EQ, RB_MAX_EXCLUSIONS);
  tt_assert(note(list, 201, 1, true));
  tt_assert(!note(list, 202, 9999, true));
  tt_int_op(smartlist_len(list), OP_EQ, RB_MAX_EXCLUSIONS);
  tt_assert(contains(list, 200) && contains(list, 201) && contains(list, 0));
 done:
  rb_exclusions_free(list);
}

/** What is written is read; what is malformed or too much is refused. */
static void
test_rbalance_exclusion_json(void *arg)
{
#define KEY "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\""
#define SIG "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB" \
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==\""
  static const char *const bad[] = {
    "{}", "[1]", "[[]]", "[{}]",
    "[{\"node_key\":" KEY ",\"stamp\":1,\"signature\":" SIG "}]",
    "[{\"node_key\":" KEY ",\"stamp\":1,\"excluded\":true}]",
    "[{\"node_key\":" KEY ",\"stamp\":1,\"excluded\":true,"
      "\"signature\":" KEY "}]",
    "[{\"node_key\":" KEY ",\"stamp\":-1,\"excluded\":true,"
      "\"signature\":" SIG "}]",
    "[{\"node_key\":" KEY ",\"stamp\":1,\"excluded\":1,"
      "\"signature\":" SIG "}]",
    "[{\"node_key\":\"AQE=\",\"stamp\":1,\"excluded\":true,"
      "\"signature\":" SIG "}]",
  };
#undef SIG
#undef KEY
  smartlist_t *list = smartlist_new(), *read = NULL;
  const rb_exclusion_t *word;
  json_t *json = NULL;
  (void) arg;

  note(list, 1, 100, true);
  note(list, 2, 200, false);
  json = rb_exclusions_to_json(list);
  read = rb_exclusions_from_json(json);
  tt_int_op(smartlist_len(read), OP_EQ, 2);
  tt_assert(contains(read, 1));
  tt_assert(!contains(read, 2));
  word = smartlist_get(read, 1);
  tt_int_op(word->signature.sig[63], OP_EQ, 2);
  tt_assert(!note(read, 2, 199, true));
  rb_exclusions_free(read);
  json_decref(json);
  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    json = json_loads(bad[i], 0, NULL);
    tt_assert(json);
    read = rb_exclusions_from_json(json);
    tt_ptr_op(read, OP_EQ, NULL);
    json_decref(json);
  }
  json = json_array();
  for (int i = 0; i <= RB_MAX_EXCLUSIONS; ++i) {
    json_t *part = rb_exclusions_to_json(list);
    json_array_append(json, json_array_get(part, 0));
    json_decref(part);
  }
  tt_ptr_op(rb_exclusions_from_json(json), OP_EQ, NULL);
  read = rb_exclusions_dup(list);
  tt_assert(contains(read, 1));
 done:
  json_decref(json);
  rb_exclusions_free(read);
  rb_exclusions_free(list);
}

#define T(name) \
  { #name, test_rbalance_exclusion_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_exclusion_tests[] = {
  T(signature),
  T(note),
  T(limit),
  T(json),
  END_OF_TESTCASES
};
