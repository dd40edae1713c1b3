/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_exclusion.c
 * @brief Test the list of excluded nodes.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_exclusion.h"

/** Note in <b>list</b> at <b>stamp</b> whether the node that <b>seed</b> names
 * is excluded.  Return true iff that was taken. */
static bool
note(smartlist_t *list, uint8_t seed, uint64_t stamp, bool is_excluded)
{
  rb_exclusion_t word;
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
  static const char *const bad[] = {
    "{}", "[1]", "[[]]", "[{}]", "[{\"node_key\":" KEY ",\"stamp\":1}]",
    "[{\"node_key\":" KEY ",\"stamp\":-1,\"excluded\":true}]",
    "[{\"node_key\":" KEY ",\"stamp\":1,\"excluded\":1}]",
    "[{\"node_key\":\"AQE=\",\"stamp\":1,\"excluded\":true}]",
  };
#undef KEY
  smartlist_t *list = smartlist_new(), *read = NULL;
  json_t *json = NULL;
  (void) arg;

  note(list, 1, 100, true);
  note(list, 2, 200, false);
  json = rb_exclusions_to_json(list);
  read = rb_exclusions_from_json(json);
  tt_int_op(smartlist_len(read), OP_EQ, 2);
  tt_assert(contains(read, 1));
  tt_assert(!contains(read, 2));
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
  T(note),
  T(limit),
  T(json),
  END_OF_TESTCASES
};
