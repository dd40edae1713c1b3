/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_tag.c
 * @brief Test the tags with which nodes join.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_tag.h"

/** Two tokens, the second of which tags here are made with. */
static const char token_text[] =
  "abcdefghijklmnopqrstuvwxyz0123456789\n"
  "0123456789abcdefghijklmnopqrstuvwxyz\n";

/** Return the tokens of token_text. */
static smartlist_t *
make_tokens(void)
{
  const char *fault = NULL;
  return rb_tokens_parse(token_text, &fault);
}

/** A tag names its node, under whichever token it was made, and no two are
 * the same. */
static void
test_rbalance_tag_round_trip(void *arg)
{
  smartlist_t *tokens = make_tokens();
  ed25519_keypair_t keys;
  uint8_t nonce[RB_TAG_NONCE_LEN] = { 1 };
  char *text = NULL, *other = NULL;
  rb_tag_t tag;
  (void) arg;

  rbt_fill_key(1, &keys);
  for (int i = 0; i < 2; ++i) {
    text = rb_tag_make(smartlist_get(tokens, i), rbt_cluster_id, &keys.pubkey,
                       nonce, RBT_WALL);
    tt_int_op(strlen(text), OP_LT, 200);
    tt_int_op(rb_tag_check(text, tokens, rbt_cluster_id, RBT_WALL, &tag),
              OP_EQ, 0);
    tt_assert(ed25519_pubkey_eq(&tag.node_key, &keys.pubkey));
    tor_free(text);
  }
  text = rb_tag_make(smartlist_get(tokens, 0), rbt_cluster_id, &keys.pubkey,
                     nonce, RBT_WALL);
  nonce[0]++;
  other = rb_tag_make(smartlist_get(tokens, 0), rbt_cluster_id, &keys.pubkey,
                      nonce, RBT_WALL);
  tt_str_op(text, OP_NE, other);
 done:
  tor_free(text);
  tor_free(other);
  rb_tokens_free(tokens);
}

/** A tag is valid for five minutes, and a minute before its time. */
static void
test_rbalance_tag_time(void *arg)
{
  static const struct { int64_t age; int expected; } cases[] = {
    { 0, 0 }, { 300, 0 }, { 301, -1 }, { -60, 0 }, { -61, -1 },
    { 86400, -1 }, { -86400, -1 },
  };
  smartlist_t *tokens = make_tokens();
  const uint8_t nonce[RB_TAG_NONCE_LEN] = { 1 };
  ed25519_keypair_t keys;
  rb_tag_t tag;
  char *text = NULL;
  (void) arg;

  rbt_fill_key(1, &keys);
  text = rb_tag_make(smartlist_get(tokens, 0), rbt_cluster_id, &keys.pubkey,
                     nonce, RBT_WALL);
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    tt_int_op(rb_tag_check(text, tokens, rbt_cluster_id, (uint64_t)
                           ((int64_t) RBT_WALL + 1000 * cases[i].age), &tag),
              OP_EQ, cases[i].expected);
  }
 done:
  tor_free(text);
  rb_tokens_free(tokens);
}

/** Nothing else is a tag: of ten thousand changed, cut, extended, foreign and
 * random texts none passes. */
static void
test_rbalance_tag_forged(void *arg)
{
  smartlist_t *tokens = make_tokens(), *foreign = NULL;
  const uint8_t nonce[RB_TAG_NONCE_LEN] = { 1 };
  const uint8_t other_cluster[RB_CLUSTER_ID_LEN] = "elsewhere";
  const char *fault = NULL;
  char *text = NULL, *copy = NULL;
  ed25519_keypair_t keys;
  rb_tag_t tag;
  size_t len;
  (void) arg;

  rbt_fill_key(1, &keys);
  text = rb_tag_make(smartlist_get(tokens, 0), rbt_cluster_id, &keys.pubkey,
                     nonce, RBT_WALL);
  len = strlen(text);
  tt_int_op(rb_tag_check("", tokens, rbt_cluster_id, RBT_WALL, &tag),
            OP_EQ, -1);
  tt_int_op(rb_tag_check(text, tokens, other_cluster, RBT_WALL, &tag),
            OP_EQ, -1);
  foreign = rb_tokens_parse("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", &fault);
  tt_int_op(rb_tag_check(text, foreign, rbt_cluster_id, RBT_WALL, &tag),
            OP_EQ, -1);
  for (int i = 0; i < 10000; ++i) {
    const size_t at = (size_t) i % len;
    copy = tor_strdup(text);
    if (i % 3 == 0) {
      copy[at] = '\0';
    } else if (i % 3 == 1) {
      char *longer = NULL;
      tor_asprintf(&longer, "%s%.*s", copy, (int) at + 1, copy);
      tor_free(copy);
      copy = longer;
    } else {
      copy[at] = copy[at] == 'b' ? 'c' : 'b';
    }
    tt_int_op(rb_tag_check(copy, tokens, rbt_cluster_id, RBT_WALL, &tag),
              OP_EQ, -1);
    tor_free(copy);
  }
 done:
  tor_free(text);
  tor_free(copy);
  rb_tokens_free(tokens);
  rb_tokens_free(foreign);
}

#define T(name) { #name, test_rbalance_tag_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_tag_tests[] = {
  T(round_trip),
  T(time),
  T(forged),
  END_OF_TESTCASES
};
