/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_exit.c
 * @brief Test how a node leaves its peers before tor exits.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_glue.h"

#include "app/config/config.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_exit.h"
#include "feature/rbalance/rbalance_registry.h"

/** A node that is alone, or has no time, exits at once; one with peers drains
 * first, and exits at once when told again. */
static void
test_rbalance_exit_drain(void *arg)
{
  rb_service_t *balanced = NULL;
  (void) arg;

  get_options_mutable()->ShutdownWaitLength = 10;
  tt_assert(!rbalance_drain_before_exit());
  balanced = rbt_find_balanced(rbt_register_service(1));
  tt_assert(!rbalance_drain_before_exit());
  balanced->state->is_multi = true;
  get_options_mutable()->ShutdownWaitLength = 0;
  tt_assert(!rbalance_drain_before_exit());
  tt_assert(!balanced->state->record->is_draining);

  balanced->state->is_multi = true;
  get_options_mutable()->ShutdownWaitLength = 10;
  setup_full_capture_of_logs(LOG_NOTICE);
  tt_assert(rbalance_drain_before_exit());
  expect_log_msg_containing("this tor serves for 10 seconds more");
  tt_assert(balanced->state->record->is_draining);
  tt_assert(!rbalance_drain_before_exit());
 done:
  teardown_capture_of_logs();
  rb_exit_free_all();
}

#define T(name) \
  { #name, test_rbalance_exit_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_exit_tests[] = {
  T(drain),
  END_OF_TESTCASES
};
