/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_action.c
 * @brief Test lists of actions.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_action.h"

/** A new action is at the end of its list, zeroed but for its type. */
static void
test_rbalance_action_add(void *arg)
{
  smartlist_t *actions = smartlist_new();
  rb_action_t *first, *second;
  rb_action_t expected;
  (void) arg;

  first = rb_actions_add(actions, RB_ACT_DIAL);
  second = rb_actions_add(actions, RB_ACT_CLOCK_SKEW);
  tt_int_op(smartlist_len(actions), OP_EQ, 2);
  tt_ptr_op(smartlist_get(actions, 0), OP_EQ, first);
  tt_ptr_op(smartlist_get(actions, 1), OP_EQ, second);

  memset(&expected, 0, sizeof(expected));
  expected.type = RB_ACT_DIAL;
  tt_mem_op(first, OP_EQ, &expected, sizeof(expected));
  expected.type = RB_ACT_CLOCK_SKEW;
  tt_mem_op(second, OP_EQ, &expected, sizeof(expected));

 done:
  rb_actions_free(actions);
}

/** Freeing a list frees the text of its actions, and NULL is fine. */
static void
test_rbalance_action_free(void *arg)
{
  smartlist_t *actions = smartlist_new();
  (void) arg;

  rb_actions_add(actions, RB_ACT_SEND)->text = tor_strdup("a message");
  rb_actions_add(actions, RB_ACT_HANG_UP);
  rb_actions_free(actions);
  tt_ptr_op(actions, OP_EQ, NULL);
  rb_actions_free(actions);
  tt_ptr_op(actions, OP_EQ, NULL);

 done:
  rb_actions_free(actions);
}

/** Every reason has the name that the control port documents. */
static void
test_rbalance_action_reason(void *arg)
{
  (void) arg;
  tt_str_op(rb_role_reason_to_string(RB_ROLE_VACANT), OP_EQ, "VACANT");
  tt_str_op(rb_role_reason_to_string(RB_ROLE_BETTER_PUBLISHER), OP_EQ,
            "BETTER_PUBLISHER");
  tt_str_op(rb_role_reason_to_string(RB_ROLE_LEASE_LOST), OP_EQ,
            "LEASE_LOST");
 done:
  ;
}

struct testcase_t rbalance_action_tests[] = {
  { "add", test_rbalance_action_add, TT_FORK, NULL, NULL },
  { "free", test_rbalance_action_free, TT_FORK, NULL, NULL },
  { "reason", test_rbalance_action_reason, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
