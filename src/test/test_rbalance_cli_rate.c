/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_rate.c
 * @brief Test how tor-rbalance reckons and prints bytes per second.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "tools/rbalance/cli_rate.h"

/** Two counts make a rate, however long the time between them. */
static void
test_rbalance_cli_rate_count(void *arg)
{
  cli_rate_t rate = { .has_count = false };
  (void) arg;

  cli_rate_count(&rate, 7000, 900, 50);
  tt_assert(!rate.is_known);
  cli_rate_count(&rate, 10000, 900, 2050);
  tt_assert(rate.is_known);
  tt_u64_op(rate.in, OP_EQ, 1500);
  tt_u64_op(rate.out, OP_EQ, 0);
  cli_rate_count(&rate, 10000, 1009, 4050);
  tt_u64_op(rate.in, OP_EQ, 0);
  tt_u64_op(rate.out, OP_EQ, 54);
  cli_rate_count(&rate, 10000, 1009 + 90000, 4050 + 3600000);
  tt_u64_op(rate.out, OP_EQ, 25);

 done:
  ;
}

/** Counts that come soon after each other do not make the rate leap, and no
 * byte between them is lost. */
static void
test_rbalance_cli_rate_soon(void *arg)
{
  cli_rate_t rate = { .has_count = false };
  (void) arg;

  cli_rate_count(&rate, 0, 0, 0);
  cli_rate_count(&rate, 500, 0, 0);
  cli_rate_count(&rate, 5000, 0, CLI_RATE_MIN_MSEC - 1);
  tt_assert(!rate.is_known);
  cli_rate_count(&rate, 5000, 300, CLI_RATE_MIN_MSEC);
  tt_assert(rate.is_known);
  tt_u64_op(rate.in, OP_EQ, 5000);
  tt_u64_op(rate.out, OP_EQ, 300);
  cli_rate_count(&rate, 9000, 300, CLI_RATE_MIN_MSEC + 1);
  tt_assert(rate.is_known);
  tt_u64_op(rate.in, OP_EQ, 5000);
  cli_rate_count(&rate, 9000, 300, 3 * CLI_RATE_MIN_MSEC);
  tt_u64_op(rate.in, OP_EQ, 2000);
  tt_u64_op(rate.out, OP_EQ, 0);

 done:
  ;
}

/** A count that goes back, of either kind, is that of another process. */
static void
test_rbalance_cli_rate_restart(void *arg)
{
  cli_rate_t rate = { .has_count = false };
  (void) arg;

  cli_rate_count(&rate, 9000, 9000, 0);
  cli_rate_count(&rate, 9500, 9500, 1000);
  tt_assert(rate.is_known);
  cli_rate_count(&rate, 9499, 20000, 2000);
  tt_assert(!rate.is_known);
  cli_rate_count(&rate, 9599, 20000, 3000);
  tt_assert(rate.is_known);
  tt_u64_op(rate.in, OP_EQ, 100);
  /* It is seen at once. */
  cli_rate_count(&rate, 10000, 19999, 3001);
  tt_assert(!rate.is_known);
  cli_rate_count(&rate, 10000, 20009, 4001);
  tt_assert(rate.is_known);
  tt_u64_op(rate.out, OP_EQ, 10);
  /* As is a clock that went back. */
  cli_rate_count(&rate, 10000, 20009, 4000);
  tt_assert(!rate.is_known);

 done:
  ;
}

/** Nothing overflows, whatever the other end says. */
static void
test_rbalance_cli_rate_huge(void *arg)
{
  cli_rate_t rate = { .has_count = false };
  char *text = NULL;
  (void) arg;

  cli_rate_count(&rate, 0, 0, 0);
  cli_rate_count(&rate, UINT64_MAX, UINT64_MAX - 1, 1000);
  tt_u64_op(rate.in, OP_EQ, UINT64_MAX);
  tt_u64_op(rate.out, OP_EQ, UINT64_MAX - 1);
  text = cli_rate_print(&rate);
  tt_str_op(text, OP_EQ, "15.9 EiB/s in, 15.9 EiB/s out");

 done:
  tor_free(text);
}

/** A rate is printed with the unit that makes it a small number. */
static void
test_rbalance_cli_rate_print(void *arg)
{
  static const struct {
    uint64_t in;
    uint64_t out;
    const char *text;
  } known[] = {
    { 0, 1, "0 B/s in, 1 B/s out" },
    { 1023, 1024, "1023 B/s in, 1.0 KiB/s out" },
    { 1536, 1126, "1.5 KiB/s in, 1.0 KiB/s out" },
    { 1127, 102400, "1.1 KiB/s in, 100.0 KiB/s out" },
    { 1048575, 1048576, "1023.9 KiB/s in, 1.0 MiB/s out" },
    { UINT64_C(5) << 29, UINT64_C(1) << 40,
      "2.5 GiB/s in, 1.0 TiB/s out" },
    { UINT64_C(1) << 50, UINT64_C(1) << 60,
      "1.0 PiB/s in, 1.0 EiB/s out" },
  };
  cli_rate_t rate = { .has_count = true };
  char *text = NULL;
  (void) arg;

  text = cli_rate_print(&rate);
  tt_str_op(text, OP_EQ, "not measured yet");
  rate.is_known = true;
  for (unsigned i = 0; i < ARRAY_LENGTH(known); ++i) {
    rate.in = known[i].in;
    rate.out = known[i].out;
    tor_free(text);
    text = cli_rate_print(&rate);
    tt_str_op(text, OP_EQ, known[i].text);
  }

 done:
  tor_free(text);
}

struct testcase_t rbalance_cli_rate_tests[] = {
  { "count", test_rbalance_cli_rate_count, TT_FORK, NULL, NULL },
  { "soon", test_rbalance_cli_rate_soon, TT_FORK, NULL, NULL },
  { "restart", test_rbalance_cli_rate_restart, TT_FORK, NULL, NULL },
  { "huge", test_rbalance_cli_rate_huge, TT_FORK, NULL, NULL },
  { "print", test_rbalance_cli_rate_print, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
