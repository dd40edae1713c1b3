/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_pow.c
 * @brief Test what nodes have in common of their proof-of-work defenses.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/hs/hs_pow.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_pow.h"
#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_token.h"

#define TOKEN_A "0123456789abcdef0123456789abcdef\n"
#define TOKEN_B "fedcba9876543210fedcba9876543210\n"
#define NOW (RBT_WALL / 1000)

/** Return the tokens in <b>text</b>. */
static smartlist_t *
make_tokens(const char *text)
{
  const char *fault = NULL;
  smartlist_t *tokens = rb_tokens_parse(text, &fault);
  tor_assert(tokens);
  return tokens;
}

/** Seeds and times are those that another implementation computes: the nodes
 * of a cluster may have different versions. */
static void
test_rbalance_pow_vectors(void *arg)
{
  uint8_t cluster_id[RB_CLUSTER_ID_LEN];
  smartlist_t *tokens = make_tokens(TOKEN_A);
  rb_pow_seeds_t seeds;
  (void) arg;

  memset(cluster_id, 5, sizeof(cluster_id));
  rb_pow_get_seeds(tokens, cluster_id, true, NOW, &seeds);
  tt_str_op(hex_str((const char *) seeds.current, RB_KEY_LEN), OP_EQ,
            "54644B87A7B931488272B7F9D5D0F380"
            "FCC836BE02241C334861874AF315BC41");
  tt_str_op(hex_str((const char *) seeds.previous, RB_KEY_LEN), OP_EQ,
            "3090BC0C46C6B05A8058ADE6AE4BCAF9"
            "19F519125D13931C665B5AD102EA5181");
  tt_u64_op(seeds.expires, OP_EQ, 1800004509);
 done:
  rb_tokens_free(tokens);
}

/** Each seed is followed by another after a time that stock tor could have
 * drawn, and is the previous one then. */
static void
test_rbalance_pow_succession(void *arg)
{
  smartlist_t *tokens = make_tokens(TOKEN_A);
  rb_pow_seeds_t seeds, next;
  uint64_t shortest = UINT64_MAX, longest = 0;
  (void) arg;

  rb_pow_get_seeds(tokens, rbt_cluster_id, true, NOW, &seeds);
  for (int i = 0; i < 1000; ++i) {
    rb_pow_get_seeds(tokens, rbt_cluster_id, true, seeds.expires - 1, &next);
    tt_mem_op(&next, OP_EQ, &seeds, sizeof(seeds));
    rb_pow_get_seeds(tokens, rbt_cluster_id, true, seeds.expires, &next);
    tt_mem_op(next.previous, OP_EQ, seeds.current, RB_KEY_LEN);
    tt_mem_op(next.current, OP_NE, seeds.current, RB_KEY_LEN);
    shortest = MIN(shortest, next.expires - seeds.expires);
    longest = MAX(longest, next.expires - seeds.expires);
    memcpy(&seeds, &next, sizeof(seeds));
  }
  tt_u64_op(shortest, OP_GE, HS_SERVICE_POW_SEED_ROTATE_TIME_MIN);
  tt_u64_op(longest, OP_LT, HS_SERVICE_POW_SEED_ROTATE_TIME_MAX);
  tt_u64_op(longest - shortest, OP_GT, 600);
 done:
  rb_tokens_free(tokens);
}

/** Return true iff a standby with <b>tokens</b> accepts at <b>now</b> what the
 * publisher with <b>publisher_tokens</b> asks of clients then. */
static bool
accepts(const smartlist_t *tokens, const smartlist_t *publisher_tokens,
        uint64_t now, uint64_t publisher_now)
{
  rb_pow_seeds_t asked, accepted;
  rb_pow_get_seeds(publisher_tokens, rbt_cluster_id, true, publisher_now,
                   &asked);
  rb_pow_get_seeds(tokens, rbt_cluster_id, false, now, &accepted);
  return fast_memeq(asked.current, accepted.current, RB_KEY_LEN) ||
    fast_memeq(asked.current, accepted.previous, RB_KEY_LEN);
}

/** Clocks may differ by a minute, and it takes clients a while to come. */
static void
test_rbalance_pow_skew(void *arg)
{
  smartlist_t *tokens = make_tokens(TOKEN_A);
  int refused = 0;
  (void) arg;

  for (uint64_t now = NOW; now < NOW + 20000; ++now) {
    tt_assert(accepts(tokens, tokens, now - RB_POW_LEAD_SEC, now));
    tt_assert(accepts(tokens, tokens, now + 3600, now));
    refused += !accepts(tokens, tokens, now - RB_POW_LEAD_SEC - 60, now);
  }
  /* Beyond that it is a matter of luck. */
  tt_int_op(refused, OP_GT, 60);
 done:
  rb_tokens_free(tokens);
}

/** Return true iff with <b>tokens</b> the seed has just changed at
 * <b>now</b>, or is about to. */
static bool
is_young(const smartlist_t *tokens, uint64_t now)
{
  rb_pow_seeds_t before, after;
  rb_pow_get_seeds(tokens, rbt_cluster_id, true, now - RB_POW_GRACE_SEC,
                   &before);
  rb_pow_get_seeds(tokens, rbt_cluster_id, true, now + RB_POW_LEAD_SEC,
                   &after);
  return before.expires != after.expires;
}

/** While a token is replaced, step by step, some nodes are a step ahead, the
 * publisher or others; but for the first minutes of a seed they agree. */
static void
test_rbalance_pow_rotation(void *arg)
{
  smartlist_t *steps[] = {
    make_tokens(TOKEN_A), make_tokens(TOKEN_A TOKEN_B),
    make_tokens(TOKEN_B TOKEN_A), make_tokens(TOKEN_B),
  };
  const int n_steps = (int) ARRAY_LENGTH(steps);
  (void) arg;

  for (int i = 0; i + 1 < n_steps; ++i) {
    for (uint64_t now = NOW; now < NOW + 20000; now += 10) {
      tt_assert(accepts(steps[i], steps[i], now, now));
      tt_assert(accepts(steps[i + 1], steps[i + 1], now, now));
      if (!is_young(steps[i], now) && !is_young(steps[i + 1], now)) {
        tt_assert(accepts(steps[i], steps[i + 1], now, now));
        tt_assert(accepts(steps[i + 1], steps[i], now, now));
      }
    }
  }
 done:
  for (int i = 0; i < n_steps; ++i) {
    rb_tokens_free(steps[i]);
  }
}

/** The publisher suggests the most that any living node needs; the others keep
 * to themselves, or no effort would ever fall. */
static void
test_rbalance_pow_effort(void *arg)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  ed25519_keypair_t keys;
  rb_peer_t *peer;
  (void) arg;

  rbt_fill_key(2, &keys);
  peer = rb_peers_add(state->peers, &keys.pubkey, 8, RBT_MONO);
  peer->state = RB_NODE_HEALTHY;
  peer->pow_effort = 70;
  tt_u64_op(rb_pow_share_effort(state, 50), OP_EQ, 50);
  state->role = RB_ROLE_PUBLISHER;
  tt_u64_op(rb_pow_share_effort(state, 50), OP_EQ, 70);
  tt_u64_op(state->pow_effort, OP_EQ, 50);
  tt_u64_op(rb_pow_share_effort(state, 90), OP_EQ, 90);
  peer->state = RB_NODE_DEAD;
  tt_u64_op(rb_pow_share_effort(state, 50), OP_EQ, 50);
 done:
  rb_state_free(state);
  rb_config_free(config);
}

#define T(name) { #name, test_rbalance_pow_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_pow_tests[] = {
  T(vectors),
  T(succession),
  T(skew),
  T(rotation),
  T(effort),
  END_OF_TESTCASES
};
