/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_counters.c
 * @brief Test what a node counts.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_counters.h"

/** Return how much there is in <b>counters</b>. */
static uint64_t
sum(const rb_counters_t *counters)
{
  uint64_t n = counters->takeovers + counters->joins_accepted +
    counters->joins_rejected;
  for (int i = 0; i <= RB_RESULT_FAILED; ++i) {
    n += counters->uploads[i];
  }
  for (int i = 0; i < RB_KIND_MAX_; ++i) {
    n += counters->repairs[i];
  }
  return n;
}

/** An action counts once, and in one place only. */
static void
test_rbalance_counters_each(void *arg)
{
  rb_counters_t counters;
  rb_action_t action;
  (void) arg;

#define COUNTS(field) STMT_BEGIN                         \
    memset(&counters, 0, sizeof(counters));              \
    rb_counters_note(&counters, &action);                \
    tt_u64_op(counters.field, OP_EQ, 1);                 \
    tt_u64_op(sum(&counters), OP_EQ, 1);                 \
    rb_counters_note(&counters, &action);                \
    tt_u64_op(counters.field, OP_EQ, 2);                 \
  STMT_END

  memset(&action, 0, sizeof(action));
  action.type = RB_ACT_UPLOAD_RESULT;
  action.result = RB_RESULT_SENT;
  COUNTS(uploads[RB_RESULT_SENT]);
  action.result = RB_RESULT_OK;
  COUNTS(uploads[RB_RESULT_OK]);
  action.result = RB_RESULT_FAILED;
  COUNTS(uploads[RB_RESULT_FAILED]);

  action.type = RB_ACT_ROLE_CHANGED;
  action.role = RB_ROLE_PUBLISHER;
  COUNTS(takeovers);

  action.type = RB_ACT_JOINED;
  COUNTS(joins_rejected);
  action.was_accepted = true;
  COUNTS(joins_accepted);

  action.type = RB_ACT_REPAIR;
  COUNTS(repairs[RB_KIND_FORCE_REPUBLISH]);
  action.type = RB_ACT_STANDING;
  action.standing = RB_STANDING_STEP_DOWN;
  COUNTS(repairs[RB_KIND_STEP_DOWN]);
  action.standing = RB_STANDING_EXCLUDE;
  COUNTS(repairs[RB_KIND_EXCLUDE]);
  action.standing = RB_STANDING_INCLUDE;
  COUNTS(repairs[RB_KIND_INCLUDE]);
#undef COUNTS

 done:
  ;
}

/** What is not counted changes nothing: giving the role up neither. */
static void
test_rbalance_counters_none(void *arg)
{
  static const rb_action_type_t types[] = {
    RB_ACT_SEND, RB_ACT_DIAL, RB_ACT_JOIN, RB_ACT_HANG_UP, RB_ACT_PUBLISH,
    RB_ACT_RETIRE_POINT, RB_ACT_PEER_CHANGED, RB_ACT_MODE_CHANGED,
    RB_ACT_CLOCK_SKEW, RB_ACT_UPLOAD_TO, RB_ACT_FETCH_FROM,
    RB_ACT_FOREIGN_PUBLISHER, RB_ACT_ROLE_CHANGED,
  };
  rb_counters_t counters;
  rb_action_t action;
  (void) arg;

  memset(&counters, 0, sizeof(counters));
  memset(&action, 0, sizeof(action));
  action.role = RB_ROLE_STANDBY;
  for (unsigned i = 0; i < ARRAY_LENGTH(types); ++i) {
    action.type = types[i];
    rb_counters_note(&counters, &action);
    tt_u64_op(sum(&counters), OP_EQ, 0);
  }

 done:
  ;
}

struct testcase_t rbalance_counters_tests[] = {
  { "each", test_rbalance_counters_each, TT_FORK, NULL, NULL },
  { "none", test_rbalance_counters_none, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
