/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_election.c
 * @brief Tests of the election, with the numbers of its rules.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_election.h"

/** The moment of all these tests. */
#define NOW UINT64_C(1000000)

/** Keys of the nodes; the byte is the place in the order of keys. */
static uint8_t keys[8][ED25519_PUBKEY_LEN];

/** Set up a live standby with the key number <b>i</b> and
 * <b>priority</b>. */
static void
make_standby(rb_candidate_t *node, int i, uint16_t priority)
{
  memset(node, 0, sizeof(*node));
  memset(keys[i], i, sizeof(keys[i]));
  node->key = keys[i];
  node->priority = priority;
  node->is_alive = true;
  node->can_publish = true;
  node->last_heard = NOW;
}

/** Make <b>node</b> a publisher whose lease still runs for
 * <b>lease_left</b>, heard <b>silence</b> ago. */
static void
make_publisher(rb_candidate_t *node, uint64_t lease_left, uint64_t silence)
{
  node->is_publisher = true;
  node->lease_until = NOW + lease_left;
  node->last_heard = NOW - silence;
}

/** Set up a view of a standby with key 3 and priority 100 that sees the
 * <b>n_others</b> nodes at <b>others</b>, with the default times. */
static void
make_view(rb_election_view_t *view, rb_candidate_t *others, int n_others)
{
  memset(view, 0, sizeof(*view));
  make_standby(&view->self, 3, 100);
  view->others = others;
  view->n_others = n_others;
  view->is_complete = true;
  view->heartbeat_timeout = 30000;
  view->takeover_grace = 90000;
  view->backoff_jitter = 15000;
}

/** Decide on <b>view</b> as if the jitter of a claim were over. */
static rb_election_verdict_t
decide(const rb_election_view_t *view)
{
  uint64_t claim_at = 0;
  rb_election_verdict_t verdict;
  rb_election_decide(view, NOW, 0, &claim_at);
  verdict = rb_election_decide(view, NOW, 0, &claim_at);
  return verdict;
}

/** Rule 1: antisymmetric, priority before key. */
static void
test_rbalance_election_rule1_order(void *arg)
{
  static const struct {
    int key_a;
    uint16_t priority_a;
    int key_b;
    uint16_t priority_b;
  } before[] = {
    /* 1 */ { 1, 100, 2, 100 },
    /* 2 */ { 2, 99, 1, 100 },
    /* 3 */ { 7, 0, 0, 65535 },
    /* 4 */ { 0, 5, 7, 5 },
  };
  rb_candidate_t a, b;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(before); ++i) {
    make_standby(&a, before[i].key_a, before[i].priority_a);
    make_standby(&b, before[i].key_b, before[i].priority_b);
    tt_int_op(rb_candidate_cmp(&a, &b), OP_LT, 0);
    tt_int_op(rb_candidate_cmp(&b, &a), OP_GT, 0);
    tt_int_op(rb_candidate_cmp(&a, &a), OP_EQ, 0);
  }
 done:
  ;
}

/** Exchange two elements of <b>others</b>. */
static void
swap(rb_candidate_t *others, int i, int j)
{
  const rb_candidate_t tmp = others[i];
  others[i] = others[j];
  others[j] = tmp;
}

/** Count in <b>n_wrong</b> the orders of arrival of <b>view</b>'s others from
 * <b>first</b> on in which the verdict is not <b>expected</b>. */
static void
check_permutations(rb_election_view_t *view, int first,
                   rb_election_verdict_t expected, int *n_seen, int *n_wrong)
{
  if (first == view->n_others) {
    ++*n_seen;
    *n_wrong += (decide(view) != expected);
    return;
  }
  for (int i = first; i < view->n_others; ++i) {
    swap(view->others, first, i);
    check_permutations(view, first + 1, expected, n_seen, n_wrong);
    swap(view->others, first, i);
  }
}

/** Rule 1: every order of arrival gives the same verdict. */
static void
test_rbalance_election_rule1_arrival(void *arg)
{
  rb_candidate_t others[5];
  rb_election_view_t view;
  int n_seen = 0, n_wrong = 0;
  (void) arg;

  make_standby(&others[0], 4, 100);
  make_standby(&others[1], 5, 100);
  make_standby(&others[2], 0, 101);
  make_standby(&others[3], 1, 100);
  others[3].is_alive = false;
  make_standby(&others[4], 2, 99);
  others[4].can_publish = false;
  make_view(&view, others, 5);
  check_permutations(&view, 0, RB_ELECTION_CLAIM, &n_seen, &n_wrong);
  tt_int_op(n_seen, OP_EQ, 120);
  tt_int_op(n_wrong, OP_EQ, 0);

  /* With a better candidate alive, never. */
  others[3].is_alive = true;
  n_seen = 0;
  check_permutations(&view, 0, RB_ELECTION_KEEP, &n_seen, &n_wrong);
  tt_int_op(n_seen, OP_EQ, 120);
  tt_int_op(n_wrong, OP_EQ, 0);
 done:
  ;
}

/** Rule 2: who is no candidate does not claim and stands in nobody's way. */
static void
test_rbalance_election_rule2_candidates(void *arg)
{
  rb_candidate_t other;
  rb_election_view_t view;
  (void) arg;

  make_standby(&other, 1, 1);
  make_view(&view, &other, 1);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  other.is_alive = false;
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_CLAIM);
  other.is_alive = true;
  other.can_publish = false;
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_CLAIM);
  view.self.can_publish = false;
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  /* A publisher that stops being a candidate gives the role up. */
  make_publisher(&view.self, 60000, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_STEP_DOWN);
 done:
  ;
}

/** Rule 3: a vacancy is claimed after a jitter, but not while listening. */
static void
test_rbalance_election_rule3_claim(void *arg)
{
  rb_candidate_t other;
  rb_election_view_t view;
  uint64_t claim_at = 0;
  (void) arg;

  make_standby(&other, 5, 100);
  make_view(&view, &other, 1);
  view.is_listening = true;
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  view.is_listening = false;

  /* The jitter is short when we know everybody ... */
  tt_int_op(rb_election_decide(&view, NOW, RB_SHORT_JITTER_MSEC, &claim_at),
            OP_EQ, RB_ELECTION_KEEP);
  tt_u64_op(claim_at, OP_EQ, NOW + RB_SHORT_JITTER_MSEC);
  tt_int_op(rb_election_decide(&view, claim_at - 1, 0, &claim_at), OP_EQ,
            RB_ELECTION_KEEP);
  tt_int_op(rb_election_decide(&view, claim_at, 0, &claim_at), OP_EQ,
            RB_ELECTION_CLAIM);
  /* ... never longer than the option says ... */
  view.is_complete = false;
  claim_at = 0;
  rb_election_decide(&view, NOW, 15000, &claim_at);
  tt_u64_op(claim_at, OP_EQ, NOW + 15000);
  claim_at = 0;
  rb_election_decide(&view, NOW, 15001, &claim_at);
  tt_u64_op(claim_at, OP_EQ, NOW);
  /* ... forgotten when the vacancy ends ... */
  make_publisher(&other, 1000, 0);
  rb_election_decide(&view, NOW, 0, &claim_at);
  tt_u64_op(claim_at, OP_EQ, 0);
  /* ... and nothing to a node that is alone. */
  view.n_others = 0;
  tt_int_op(rb_election_decide(&view, NOW, 12345, &claim_at), OP_EQ,
            RB_ELECTION_CLAIM);
 done:
  ;
}

/** Rule 4: an expired lease is a vacancy, and a lost role. */
static void
test_rbalance_election_rule4_lease(void *arg)
{
  rb_candidate_t other;
  rb_election_view_t view;
  (void) arg;

  make_standby(&other, 5, 200);
  make_view(&view, &other, 1);
  make_publisher(&other, 1, 0);
  tt_assert(!rb_election_is_vacant(&view, NOW));
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  make_publisher(&other, 0, 0);
  tt_assert(rb_election_is_vacant(&view, NOW));
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_CLAIM);

  make_publisher(&view.self, 1, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  make_publisher(&view.self, 0, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_LEASE_LOST);
 done:
  ;
}

/** Rule 5: a released lease is a vacancy at once. */
static void
test_rbalance_election_rule5_release(void *arg)
{
  rb_candidate_t other;
  rb_election_view_t view;
  (void) arg;

  make_standby(&other, 5, 200);
  make_view(&view, &other, 1);
  make_publisher(&other, 60000, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  other.is_publisher = false;
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_CLAIM);
 done:
  ;
}

/** Rule 6: silence for timeout and grace is a vacancy, though the lease
 * runs. */
static void
test_rbalance_election_rule6_silence(void *arg)
{
  rb_candidate_t other;
  rb_election_view_t view;
  (void) arg;

  make_standby(&other, 5, 200);
  make_view(&view, &other, 1);
  make_publisher(&other, 1000000, 30000 + 90000 - 1);
  other.is_alive = false;
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  make_publisher(&other, 1000000, 30000 + 90000);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_CLAIM);
 done:
  ;
}

/** Rule 8: the later of two live publishers steps down. */
static void
test_rbalance_election_rule8_two_publishers(void *arg)
{
  rb_candidate_t other;
  rb_election_view_t view;
  (void) arg;

  make_standby(&other, 2, 100);
  make_view(&view, &other, 1);
  make_publisher(&view.self, 60000, 0);
  make_publisher(&other, 60000, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_STEP_DOWN);
  /* Not for one that is suspect, or whose lease is over. */
  make_publisher(&other, 60000, 30000);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  make_publisher(&other, 0, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
  /* The other end of the same pair keeps the role. */
  make_standby(&other, 4, 100);
  make_publisher(&other, 60000, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
 done:
  ;
}

/** Rule 9: a better node does not take a role that somebody has. */
static void
test_rbalance_election_rule9_no_flapping(void *arg)
{
  rb_candidate_t other;
  rb_election_view_t view;
  (void) arg;

  make_standby(&other, 7, 65535);
  make_view(&view, &other, 1);
  view.self.priority = 0;
  make_publisher(&other, 60000, 0);
  tt_int_op(decide(&view), OP_EQ, RB_ELECTION_KEEP);
 done:
  ;
}

#define T(name) \
  { #name, test_rbalance_election_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_election_tests[] = {
  T(rule1_order),
  T(rule1_arrival),
  T(rule2_candidates),
  T(rule3_claim),
  T(rule4_lease),
  T(rule5_release),
  T(rule6_silence),
  T(rule8_two_publishers),
  T(rule9_no_flapping),
  END_OF_TESTCASES
};
