/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_circuit_id.c
 * @brief Test what web servers are told about circuits.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_circuit_id.h"
#include "lib/crypt_ops/crypto_rand.h"

/** Random bytes that were asked for. */
static size_t n_random = 0;

/** Count the bytes, and make them up. */
static int
mock_strongest_rand(uint8_t *out, size_t len)
{
  n_random += len;
  memset(out, 'k', len);
  return 0;
}

/** A circuit always has the same digits, and no other circuit has them. */
static void
test_rbalance_circuit_id_same(void *arg)
{
  char text[RB_CIRCUIT_ID_LEN + 1], again[RB_CIRCUIT_ID_LEN + 1];
  strmap_t *seen = strmap_new();
  (void) arg;

  for (uint32_t number = 0; number < 1000; ++number) {
    rb_circuit_id_print(number, text);
    rb_circuit_id_print(number, again);
    tt_str_op(text, OP_EQ, again);
    tt_int_op(strlen(text), OP_EQ, RB_CIRCUIT_ID_LEN);
    tt_int_op(strspn(text, "0123456789ABCDEF"), OP_EQ, RB_CIRCUIT_ID_LEN);
    tt_ptr_op(strmap_set(seen, text, seen), OP_EQ, NULL);
  }
 done:
  strmap_free(seen, NULL);
}

/** The digits do not show the number, and depend on a random key. */
static void
test_rbalance_circuit_id_opaque(void *arg)
{
  static const struct {
    uint32_t number;
    const char *decimal;
    const char *hex;
  } cases[] = {
    { 0xdeadbeef, "3735928559", "DEADBEEF" },
    { 0x01020304, "16909060", "01020304" },
    { 100000, "100000", "000186A0" },
  };
  char text[RB_CIRCUIT_ID_LEN + 1], other[RB_CIRCUIT_ID_LEN + 1];
  int n_same = 0;
  (void) arg;

  MOCK(crypto_strongest_rand_, mock_strongest_rand);
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_circuit_id_print(cases[i].number, text);
    tt_ptr_op(strstr(text, cases[i].decimal), OP_EQ, NULL);
    tt_ptr_op(strstr(text, cases[i].hex), OP_EQ, NULL);
    /* Neighbours have nothing in common. */
    rb_circuit_id_print(cases[i].number + 1, other);
    for (int c = 0; c < RB_CIRCUIT_ID_LEN; ++c) {
      n_same += text[c] == other[c];
    }
  }
  tt_int_op(n_same, OP_LT, RB_CIRCUIT_ID_LEN);
  /* There was one key, of 256 bits. */
  tt_int_op(n_random, OP_EQ, DIGEST256_LEN);
 done:
  UNMOCK(crypto_strongest_rand_);
}

#define T(name) \
  { #name, test_rbalance_circuit_id_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_circuit_id_tests[] = {
  T(same),
  T(opaque),
  END_OF_TESTCASES
};
