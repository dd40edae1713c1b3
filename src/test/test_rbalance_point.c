/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_point.c
 * @brief Test introduction points and sets of them.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

/** Bytes of the link specifiers of a point of the tests: NSPEC and three
 * specifiers. */
#define LSPECS_LEN (1 + 2 + 6 + 2 + 20 + 2 + 32)
/** Where the second and the third of them begin. */
#define RSA_ID_OFF (1 + 2 + 6)
#define ED_ID_OFF (RSA_ID_OFF + 2 + 20)

/** Every point of the tests is sound, and any two differ in every key. */
static void
test_rbalance_point_ok(void *arg)
{
  rb_point_t a, b;
  uint8_t rsa_id[DIGEST_LEN], expected[DIGEST_LEN];
  (void) arg;

  for (int seed = 0; seed < 256; ++seed) {
    rbt_fill_point((uint8_t) seed, &a);
    tt_int_op(a.lspecs_len, OP_EQ, LSPECS_LEN);
    tt_int_op(rb_point_check(&a), OP_EQ, RB_POINT_OK);
    tt_int_op(rb_point_get_rsa_id(&a, rsa_id), OP_EQ, 0);
    memset(expected, seed, sizeof(expected));
    tt_mem_op(rsa_id, OP_EQ, expected, sizeof(expected));
  }
  rbt_fill_point(1, &a);
  rbt_fill_point(2, &b);
  tt_mem_op(a.auth_key, OP_NE, b.auth_key, sizeof(a.auth_key));
  tt_mem_op(a.enc_key, OP_NE, b.enc_key, sizeof(a.enc_key));
  tt_mem_op(a.onion_key, OP_NE, b.onion_key, sizeof(a.onion_key));

 done:
  ;
}

/** Link specifiers of every other length than their own are malformed, and
 * so are those with another count. */
static void
test_rbalance_point_lspecs_len(void *arg)
{
  rb_point_t point;
  (void) arg;

  rbt_fill_point(1, &point);
  for (size_t len = 0; len <= sizeof(point.lspecs) + 2; ++len) {
    point.lspecs_len = len;
    tt_int_op(rb_point_check(&point), OP_EQ,
              len == LSPECS_LEN ? RB_POINT_OK : RB_POINT_BAD_LSPECS);
  }
  point.lspecs_len = LSPECS_LEN;
  for (int n = 0; n < 256; ++n) {
    point.lspecs[0] = (uint8_t) n;
    tt_int_op(rb_point_check(&point), OP_EQ,
              n == 3 ? RB_POINT_OK : RB_POINT_BAD_LSPECS);
  }
  point.lspecs[0] = 3;

  /* The length byte of each specifier. */
  for (int n = 0; n < 256; ++n) {
    point.lspecs[2] = (uint8_t) n;
    tt_int_op(rb_point_check(&point) == RB_POINT_OK, OP_EQ, n == 6);
  }
  point.lspecs[2] = 6;
  for (int n = 0; n < 256; ++n) {
    point.lspecs[RSA_ID_OFF + 1] = (uint8_t) n;
    tt_int_op(rb_point_check(&point) == RB_POINT_OK, OP_EQ, n == 20);
  }
  point.lspecs[RSA_ID_OFF + 1] = 20;
  for (int n = 0; n < 256; ++n) {
    point.lspecs[ED_ID_OFF + 1] = (uint8_t) n;
    tt_int_op(rb_point_check(&point) == RB_POINT_OK, OP_EQ, n == 32);
  }

 done:
  ;
}

/** The whole buffer may be used, and no more than that is read. */
static void
test_rbalance_point_lspecs_full(void *arg)
{
  rb_point_t point;
  const size_t rest = RB_MAX_LSPECS_LEN - LSPECS_LEN - 2;
  (void) arg;

  rbt_fill_point(1, &point);
  point.lspecs[0] = 4;
  point.lspecs[LSPECS_LEN] = 9; /* No type that tor knows. */
  point.lspecs[LSPECS_LEN + 1] = (uint8_t) rest;
  point.lspecs_len = RB_MAX_LSPECS_LEN;
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_OK);
  point.lspecs[LSPECS_LEN + 1] = (uint8_t) (rest + 1);
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_LSPECS);
  point.lspecs_len = RB_MAX_LSPECS_LEN + 1;
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_LSPECS);

  /* No specifier at all is well formed, but not enough. */
  memset(point.lspecs, 0, sizeof(point.lspecs));
  point.lspecs_len = 1;
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_MISSING_LSPEC);

 done:
  ;
}

/** A client needs three kinds of specifier: none may be missing. */
static void
test_rbalance_point_missing_lspec(void *arg)
{
  static const size_t type_offsets[] = { 1, RSA_ID_OFF, ED_ID_OFF };
  rb_point_t point;
  uint8_t rsa_id[DIGEST_LEN];
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(type_offsets); ++i) {
    rbt_fill_point(1, &point);
    point.lspecs[type_offsets[i]] = 77;
    tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_MISSING_LSPEC);
    tt_int_op(rb_point_get_rsa_id(&point, rsa_id), OP_EQ,
              type_offsets[i] == RSA_ID_OFF ? -1 : 0);
  }

 done:
  ;
}

/** A specifier of a type that tor knows must have the length of that type,
 * even if it is one more than a client needs: tor parses each. */
static void
test_rbalance_point_lspec_types(void *arg)
{
  static const size_t lens[] = { 6, 18, 20, 32 };
  rb_point_t point;
  uint8_t rsa_id[DIGEST_LEN];
  (void) arg;

  for (int type = 0; type < 6; ++type) {
    for (size_t len = 0; len < 64; ++len) {
      rbt_fill_point(1, &point);
      point.lspecs[0] = 4;
      point.lspecs[LSPECS_LEN] = (uint8_t) type;
      point.lspecs[LSPECS_LEN + 1] = (uint8_t) len;
      point.lspecs_len = LSPECS_LEN + 2 + len;
      tt_int_op(rb_point_check(&point), OP_EQ,
                (type > 3 || len == lens[type] ? RB_POINT_OK :
                                                 RB_POINT_BAD_LSPECS));
    }
  }

  /* An RSA id that is one byte too short, the rest as it should be. */
  rbt_fill_point(1, &point);
  point.lspecs[RSA_ID_OFF + 1] = 19;
  memmove(point.lspecs + ED_ID_OFF - 1, point.lspecs + ED_ID_OFF, 34);
  point.lspecs_len--;
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_LSPECS);
  tt_int_op(rb_point_get_rsa_id(&point, rsa_id), OP_EQ, -1);

 done:
  ;
}

/** No key may be zero, and the authentication key must be on its curve. */
static void
test_rbalance_point_bad_key(void *arg)
{
  rb_point_t point;
  (void) arg;

  rbt_fill_point(1, &point);
  memset(point.auth_key, 0, sizeof(point.auth_key));
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_KEY);
  /* y = 2 is on no point of the curve. */
  point.auth_key[0] = 2;
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_KEY);
  /* y = 1 is the neutral element, which is of small order. */
  point.auth_key[0] = 1;
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_KEY);

  rbt_fill_point(1, &point);
  memset(point.enc_key, 0, sizeof(point.enc_key));
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_KEY);
  rbt_fill_point(1, &point);
  memset(point.onion_key, 0, sizeof(point.onion_key));
  tt_int_op(rb_point_check(&point), OP_EQ, RB_POINT_BAD_KEY);

 done:
  ;
}

/** A set is equal to one with the same points in another order, and to no
 * other. */
static void
test_rbalance_point_set_eq(void *arg)
{
  rb_pointset_t *a = rbt_make_set(1, 1, 3);
  rb_pointset_t *b = rb_pointset_dup(a);
  rb_pointset_t *none = NULL;
  rb_point_t *point;
  (void) arg;

  tt_assert(rb_pointset_eq(a, b));
  smartlist_reverse(b->points);
  tt_assert(rb_pointset_eq(a, b));
  tt_assert(rb_pointset_eq(b, a));

  b->period_num = 2;
  tt_assert(!rb_pointset_eq(a, b));
  b->period_num = 1;
  b->blinded_key[31] ^= 1;
  tt_assert(!rb_pointset_eq(a, b));
  b->blinded_key[31] ^= 1;
  tt_assert(rb_pointset_eq(a, b));

  /* Each key of a point counts. */
  point = smartlist_get(b->points, 1);
  point->auth_key[0] ^= 1;
  tt_assert(!rb_pointset_eq(a, b));
  point->auth_key[0] ^= 1;
  point->enc_key[0] ^= 1;
  tt_assert(!rb_pointset_eq(a, b));
  point->enc_key[0] ^= 1;
  point->onion_key[0] ^= 1;
  tt_assert(!rb_pointset_eq(a, b));
  point->onion_key[0] ^= 1;
  tt_assert(rb_pointset_eq(a, b));

  point = smartlist_pop_last(b->points);
  tor_free(point);
  tt_assert(!rb_pointset_eq(a, b));
  tt_assert(!rb_pointset_eq(b, a));
  rb_pointset_free(none);

 done:
  rb_pointset_free(a);
  rb_pointset_free(b);
}

/** A copy shares nothing with its original. */
static void
test_rbalance_point_sets_dup(void *arg)
{
  smartlist_t *sets = rbt_make_sets(1, 3);
  smartlist_t *copy = rb_pointsets_dup(sets);
  smartlist_t *none = NULL;
  rb_pointset_t *set;
  rb_point_t *point;
  (void) arg;

  tt_int_op(smartlist_len(copy), OP_EQ, 2);
  tt_assert(rb_pointsets_eq(sets, copy));
  smartlist_reverse(copy);
  tt_assert(!rb_pointsets_eq(sets, copy));
  smartlist_reverse(copy);

  set = smartlist_get(copy, 1);
  point = smartlist_get(set->points, 2);
  point->auth_key[31] ^= 0x40;
  tt_assert(!rb_pointsets_eq(sets, copy));
  set = smartlist_pop_last(copy);
  rb_pointset_free(set);
  tt_assert(!rb_pointsets_eq(sets, copy));
  tt_assert(!rb_pointsets_eq(copy, sets));
  rb_pointsets_free(none);

 done:
  rb_pointsets_free(sets);
  rb_pointsets_free(copy);
}

/** A set is found by its blinded key, and the largest one is measured. */
static void
test_rbalance_point_sets_find(void *arg)
{
  smartlist_t *sets = smartlist_new();
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  (void) arg;

  rbt_blinded_key(1, blinded_key);
  tt_ptr_op(rb_pointsets_find(sets, blinded_key), OP_EQ, NULL);
  tt_int_op(rb_pointsets_max_len(sets), OP_EQ, 0);

  smartlist_add(sets, rbt_make_set(1, 1, 5));
  smartlist_add(sets, rbt_make_set(2, 9, 0));
  smartlist_add(sets, rbt_make_set(3, 20, 2));
  for (int i = 0; i < 3; ++i) {
    rbt_blinded_key(i + 1, blinded_key);
    tt_ptr_op(rb_pointsets_find(sets, blinded_key), OP_EQ,
              smartlist_get(sets, i));
    blinded_key[31] ^= 0x80;
    tt_ptr_op(rb_pointsets_find(sets, blinded_key), OP_EQ, NULL);
  }
  tt_int_op(rb_pointsets_max_len(sets), OP_EQ, 5);

 done:
  rb_pointsets_free(sets);
}

struct testcase_t rbalance_point_tests[] = {
  { "ok", test_rbalance_point_ok, TT_FORK, NULL, NULL },
  { "lspecs_len", test_rbalance_point_lspecs_len, TT_FORK, NULL, NULL },
  { "lspecs_full", test_rbalance_point_lspecs_full, TT_FORK, NULL, NULL },
  { "missing_lspec", test_rbalance_point_missing_lspec, TT_FORK, NULL,
    NULL },
  { "lspec_types", test_rbalance_point_lspec_types, TT_FORK, NULL, NULL },
  { "bad_key", test_rbalance_point_bad_key, TT_FORK, NULL, NULL },
  { "set_eq", test_rbalance_point_set_eq, TT_FORK, NULL, NULL },
  { "sets_dup", test_rbalance_point_sets_dup, TT_FORK, NULL, NULL },
  { "sets_find", test_rbalance_point_sets_find, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
