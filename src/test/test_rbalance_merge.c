/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_merge.c
 * @brief Tests of the fair merge of introduction points.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_merge.h"

/** Most nodes that a test here has. */
#define MAX_NODES 30

/** Seed of the merges. */
static const uint8_t seed[ED25519_PUBKEY_LEN] = "some blinded key";

/** What the nodes of a test offer. */
typedef struct offers_t {
  uint8_t keys[MAX_NODES][ED25519_PUBKEY_LEN];
  rb_pointset_t *sets[MAX_NODES];
  rb_offer_t offers[MAX_NODES];
  int n;
} offers_t;

/** Give <b>o</b> one more node, with <b>n_points</b> points of its own. */
static void
add_node(offers_t *o, int n_points)
{
  const int i = o->n++;
  memset(o->keys[i], i, sizeof(o->keys[i]));
  o->sets[i] = rbt_make_set(1, (uint8_t) (i * 8 + 1), n_points);
  o->offers[i].node_key = o->keys[i];
  o->offers[i].set = o->sets[i];
}

/** Release what <b>o</b> holds. */
static void
clear_offers(offers_t *o)
{
  for (int i = 0; i < o->n; ++i) {
    rb_pointset_free(o->sets[i]);
  }
  memset(o, 0, sizeof(*o));
}

/** Return how many of <b>choices</b> are of node <b>i</b> of <b>o</b>. */
static int
count_of(const offers_t *o, const smartlist_t *choices, int i)
{
  int count = 0;
  SMARTLIST_FOREACH(choices, const rb_choice_t *, choice,
                    count += (choice->node_key == o->keys[i]));
  return count;
}

/** Return the difference between the nodes of <b>o</b> with the most and the
 * fewest of <b>choices</b>. */
static int
spread(const offers_t *o, const smartlist_t *choices)
{
  int min = RB_MAX_POINTS, max = 0;
  for (int i = 0; i < o->n; ++i) {
    const int count = count_of(o, choices, i);
    min = MIN(min, count);
    max = MAX(max, count);
  }
  return max - min;
}

/** With points enough for all, every node has its share and at most one
 * more; never more than the cap; never a node without. */
static void
test_rbalance_merge_fair(void *arg)
{
  static const struct {
    int n_nodes, n_points, cap, expected;
  } cases[] = {
    /*  1 */ { 3, 3, 20, 9 },
    /*  2 */ { 3, 7, 20, 20 },
    /*  3 */ { 6, 7, 20, 20 },
    /*  4 */ { 2, 7, 20, 14 },
    /*  5 */ { 20, 3, 20, 20 },
    /*  6 */ { 19, 7, 20, 20 },
    /*  7 */ { 7, 3, 20, 20 },
    /*  8 */ { 1, 3, 20, 3 },
    /*  9 */ { 3, 7, 3, 3 },
    /* 10 */ { 30, 3, 20, 20 },
  };
  offers_t o;
  smartlist_t *choices = NULL;
  (void) arg;
  memset(&o, 0, sizeof(o));

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    for (int j = 0; j < cases[i].n_nodes; ++j) {
      add_node(&o, cases[i].n_points);
    }
    choices = rb_merge(o.offers, o.n, cases[i].cap, seed, NULL, NULL);
    tt_int_op(smartlist_len(choices), OP_EQ, cases[i].expected);
    tt_int_op(spread(&o, choices), OP_LE, 1);
    tt_int_op(rb_choices_count_nodes(choices), OP_EQ,
              MIN(cases[i].n_nodes, cases[i].cap));
    rb_choices_free(choices);
    clear_offers(&o);
  }
 done:
  rb_choices_free(choices);
  clear_offers(&o);
}

/** What a node with few points can't use goes to the others, equally. */
static void
test_rbalance_merge_leftovers(void *arg)
{
  offers_t o;
  smartlist_t *choices = NULL;
  (void) arg;
  memset(&o, 0, sizeof(o));

  add_node(&o, 1);
  add_node(&o, 7);
  add_node(&o, 0);
  add_node(&o, 7);
  add_node(&o, 7);
  choices = rb_merge(o.offers, o.n, 20, seed, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 20);
  tt_int_op(count_of(&o, choices, 0), OP_EQ, 1);
  tt_int_op(count_of(&o, choices, 2), OP_EQ, 0);
  tt_int_op(count_of(&o, choices, 1), OP_GE, 6);
  tt_int_op(count_of(&o, choices, 3), OP_GE, 6);
  tt_int_op(count_of(&o, choices, 4), OP_GE, 6);
 done:
  rb_choices_free(choices);
  clear_offers(&o);
}

/** The same points give the same choice in whatever order they come, and
 * another seed gives another. */
static void
test_rbalance_merge_deterministic(void *arg)
{
  static const uint8_t other_seed[ED25519_PUBKEY_LEN] = "another key";
  offers_t o;
  rb_offer_t reversed[6];
  smartlist_t *a = NULL, *b = NULL, *c = NULL;
  uint8_t digest_a[DIGEST256_LEN], digest_b[DIGEST256_LEN];
  uint8_t digest_c[DIGEST256_LEN];
  (void) arg;
  memset(&o, 0, sizeof(o));

  for (int i = 0; i < 6; ++i) {
    add_node(&o, 7);
  }
  for (int i = 0; i < 6; ++i) {
    reversed[i] = o.offers[5 - i];
    smartlist_reverse(o.sets[i]->points);
  }
  a = rb_merge(o.offers, o.n, 20, seed, NULL, NULL);
  b = rb_merge(reversed, o.n, 20, seed, NULL, NULL);
  c = rb_merge(o.offers, o.n, 20, other_seed, NULL, NULL);
  rb_choices_digest(a, digest_a);
  rb_choices_digest(b, digest_b);
  rb_choices_digest(c, digest_c);
  tt_mem_op(digest_a, OP_EQ, digest_b, DIGEST256_LEN);
  tt_mem_op(digest_a, OP_NE, digest_c, DIGEST256_LEN);
 done:
  rb_choices_free(a);
  rb_choices_free(b);
  rb_choices_free(c);
  clear_offers(&o);
}

/** The descriptor does not show which points are of one node: they are not
 * grouped. */
static void
test_rbalance_merge_shuffled(void *arg)
{
  offers_t o;
  smartlist_t *choices = NULL;
  int n_changes = 0;
  (void) arg;
  memset(&o, 0, sizeof(o));

  for (int i = 0; i < 4; ++i) {
    add_node(&o, 5);
  }
  choices = rb_merge(o.offers, o.n, 20, seed, NULL, NULL);
  for (int i = 1; i < smartlist_len(choices); ++i) {
    const rb_choice_t *one = smartlist_get(choices, i - 1);
    const rb_choice_t *two = smartlist_get(choices, i);
    n_changes += (one->node_key != two->node_key);
  }
  /* Grouped would be 3, taking turns 19; by chance about 15. */
  tt_int_op(n_changes, OP_GT, 6);
  tt_int_op(n_changes, OP_LT, 19);
 done:
  rb_choices_free(choices);
  clear_offers(&o);
}

/** Say that only points with an odd first byte of the RSA id are usable. */
static bool
is_odd(const rb_point_t *point, void *arg)
{
  uint8_t id[DIGEST_LEN];
  ++*(int *) arg;
  return rb_point_get_rsa_id(point, id) == 0 && (id[0] & 1);
}

/** A point that can't be used or is there twice is passed over, for another
 * of the same node if there is one. */
static void
test_rbalance_merge_unusable(void *arg)
{
  offers_t o;
  smartlist_t *choices = NULL;
  int n_asked = 0;
  (void) arg;
  memset(&o, 0, sizeof(o));

  add_node(&o, 6);
  add_node(&o, 6);
  choices = rb_merge(o.offers, o.n, 20, seed, is_odd, &n_asked);
  tt_int_op(n_asked, OP_EQ, 12);
  tt_int_op(smartlist_len(choices), OP_EQ, 6);
  tt_int_op(count_of(&o, choices, 0), OP_EQ, 3);
  rb_choices_free(choices);

  /* The second node claims every point of the first. */
  SMARTLIST_FOREACH(o.sets[0]->points, const rb_point_t *, point,
    smartlist_add(o.sets[1]->points, tor_memdup(point, sizeof(*point))));
  choices = rb_merge(o.offers, o.n, 20, seed, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 12);
 done:
  rb_choices_free(choices);
  clear_offers(&o);
}

/** Of two points at one relay only one is chosen, and a node whose first
 * point is shadowed gives its next. */
static void
test_rbalance_merge_same_relay(void *arg)
{
  offers_t o;
  smartlist_t *choices = NULL;
  (void) arg;
  memset(&o, 0, sizeof(o));

  add_node(&o, 3);
  add_node(&o, 3);
  for (int i = 0; i < 2; ++i) {
    rb_point_t *one = smartlist_get(o.sets[0]->points, i);
    rb_point_t *two = smartlist_get(o.sets[1]->points, i);
    memcpy(two->lspecs, one->lspecs, sizeof(two->lspecs));
  }
  choices = rb_merge(o.offers, o.n, 20, seed, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 4);
  tt_int_op(count_of(&o, choices, 0), OP_GE, 1);
  tt_int_op(count_of(&o, choices, 1), OP_GE, 1);
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < i; ++j) {
      const rb_choice_t *one = smartlist_get(choices, i);
      const rb_choice_t *two = smartlist_get(choices, j);
      tt_assert(!rb_point_same_relay(one->point, two->point));
    }
  }
 done:
  rb_choices_free(choices);
  clear_offers(&o);
}

/** Nodes without a set for the descriptor, or no nodes at all, are fine. */
static void
test_rbalance_merge_nothing(void *arg)
{
  offers_t o;
  smartlist_t *choices = NULL;
  (void) arg;
  memset(&o, 0, sizeof(o));

  choices = rb_merge(o.offers, 0, 20, seed, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 0);
  tt_int_op(rb_choices_count_nodes(choices), OP_EQ, 0);
  rb_choices_free(choices);
  add_node(&o, 3);
  o.offers[0].set = NULL;
  choices = rb_merge(o.offers, 1, 20, seed, NULL, NULL);
  tt_int_op(smartlist_len(choices), OP_EQ, 0);
 done:
  rb_choices_free(choices);
  clear_offers(&o);
}

/** A digest changes with every part of a point that clients see. */
static void
test_rbalance_merge_digest(void *arg)
{
  offers_t o;
  smartlist_t *choices = NULL;
  uint8_t before[DIGEST256_LEN], after[DIGEST256_LEN];
  rb_point_t *point;
  uint8_t *parts[4];
  (void) arg;
  memset(&o, 0, sizeof(o));

  add_node(&o, 1);
  point = smartlist_get(o.sets[0]->points, 0);
  parts[0] = point->auth_key;
  parts[1] = point->enc_key;
  parts[2] = point->onion_key;
  parts[3] = point->lspecs;
  choices = rb_merge(o.offers, 1, 20, seed, NULL, NULL);
  for (int i = 0; i < 4; ++i) {
    rb_choices_digest(choices, before);
    parts[i][5] ^= 1;
    rb_choices_digest(choices, after);
    tt_mem_op(before, OP_NE, after, DIGEST256_LEN);
  }
 done:
  rb_choices_free(choices);
  clear_offers(&o);
}

#define T(name) { #name, test_rbalance_merge_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_merge_tests[] = {
  T(fair),
  T(leftovers),
  T(deterministic),
  T(shuffled),
  T(unusable),
  T(same_relay),
  T(nothing),
  T(digest),
  END_OF_TESTCASES
};
