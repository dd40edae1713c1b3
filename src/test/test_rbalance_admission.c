/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_admission.c
 * @brief Test who may join how often.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_admission.h"
#include "lib/arch/bytes.h"

/** Ask <b>admissions</b> for the node that <b>node</b> names, with the tag
 * number <b>number</b>. */
static bool
ask(rb_admissions_t *admissions, uint32_t node, uint32_t number, uint64_t now)
{
  rb_tag_t tag;
  memset(&tag, 0, sizeof(tag));
  set_uint32(tag.node_key.pubkey, node);
  set_uint32(tag.mac, number);
  return rb_admissions_admit(admissions, &tag, now);
}

/** A tag is good once, as long as it is valid. */
static void
test_rbalance_admission_replay(void *arg)
{
  rb_admissions_t *admissions = rb_admissions_new();
  (void) arg;

  tt_assert(ask(admissions, 1, 1, 1000));
  tt_assert(!ask(admissions, 1, 1, 1000));
  tt_assert(!ask(admissions, 2, 1, 1000));
  tt_assert(!ask(admissions, 1, 1, 360999));
  tt_assert(ask(admissions, 1, 1, 362000));
 done:
  rb_admissions_free(admissions);
}

/** A node is answered five times, others are not hindered by that. */
static void
test_rbalance_admission_rate(void *arg)
{
  rb_admissions_t *admissions = rb_admissions_new();
  (void) arg;

  for (uint32_t i = 0; i < RB_MAX_JOINS_PER_NODE; ++i) {
    tt_assert(ask(admissions, 1, i, 1000));
  }
  tt_assert(!ask(admissions, 1, 100, 1000));
  tt_assert(ask(admissions, 2, 101, 1000));
  tt_assert(ask(admissions, 1, 102, 362000));
 done:
  rb_admissions_free(admissions);
}

/** The memory is bounded, and recovers. */
static void
test_rbalance_admission_limit(void *arg)
{
  rb_admissions_t *admissions = rb_admissions_new();
  (void) arg;

  for (uint32_t i = 0; i < 10000; ++i) {
    tt_int_op(ask(admissions, i, i, 1000), OP_EQ, i < RB_MAX_ADMISSIONS);
  }
  tt_int_op(smartlist_len(admissions->list), OP_EQ, RB_MAX_ADMISSIONS);
  tt_assert(ask(admissions, 1, 20000, 362000));
  tt_int_op(smartlist_len(admissions->list), OP_EQ, 1);
 done:
  rb_admissions_free(admissions);
}

#define T(name) \
  { #name, test_rbalance_admission_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_admission_tests[] = {
  T(replay),
  T(rate),
  T(limit),
  END_OF_TESTCASES
};
