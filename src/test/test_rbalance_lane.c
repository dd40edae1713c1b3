/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_lane.c
 * @brief Test which circuit to a target takes a stream or is to be built.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_lane.h"

/** A stream goes where the fewest are, of the circuits that are ready; if none
 * is, of all. */
static void
test_rbalance_lane_choose(void *arg)
{
  rb_lane_t lanes[4];
  (void) arg;

  memset(lanes, 0, sizeof(lanes));
  tt_int_op(rb_lanes_choose(lanes, 4), OP_EQ, 0);
  lanes[0].n_streams = 2;
  lanes[1].n_streams = 1;
  lanes[3].n_streams = 1;
  tt_int_op(rb_lanes_choose(lanes, 4), OP_EQ, 2);
  tt_int_op(rb_lanes_choose(lanes, 2), OP_EQ, 1);
  lanes[0].is_ready = lanes[3].is_ready = true;
  tt_int_op(rb_lanes_choose(lanes, 4), OP_EQ, 3);
  tt_int_op(rb_lanes_choose(lanes, 3), OP_EQ, 0);
  tt_int_op(rb_lanes_count_ready(lanes, 4), OP_EQ, 2);
  tt_int_op(rb_lanes_count_ready(lanes, 3), OP_EQ, 1);
 done:
  ;
}

/** Of those with as few streams the quickest is taken, on an average of what
 * was timed; one that was not is tried first. */
static void
test_rbalance_lane_quickest(void *arg)
{
  rb_lane_t lanes[3];
  (void) arg;

  memset(lanes, 0, sizeof(lanes));
  for (int i = 0; i < 3; ++i) {
    lanes[i].is_ready = true;
  }
  rb_lane_note_rtt(&lanes[0], 400);
  tt_int_op(rb_lanes_choose(lanes, 3), OP_EQ, 1);
  rb_lane_note_rtt(&lanes[1], 300);
  rb_lane_note_rtt(&lanes[2], 0);
  tt_u64_op(lanes[2].rtt, OP_EQ, 1);
  tt_int_op(rb_lanes_choose(lanes, 3), OP_EQ, 2);
  lanes[2].n_streams = 1;
  tt_int_op(rb_lanes_choose(lanes, 3), OP_EQ, 1);
  /* What is slow a few times does not count much, what is quick once does. */
  rb_lane_note_rtt(&lanes[1], 600);
  tt_u64_op(lanes[1].rtt, OP_EQ, 337);
  rb_lane_note_rtt(&lanes[1], 600);
  rb_lane_note_rtt(&lanes[1], 600);
  tt_int_op(rb_lanes_choose(lanes, 3), OP_EQ, 1);
  rb_lane_note_rtt(&lanes[1], 600);
  tt_int_op(rb_lanes_choose(lanes, 3), OP_EQ, 0);
  rb_lane_note_rtt(&lanes[1], 310);
  tt_u64_op(lanes[1].rtt, OP_EQ, 310);
  tt_int_op(rb_lanes_choose(lanes, 3), OP_EQ, 1);
 done:
  ;
}

/** What has no lasting circuit is opened, four at a time; what was opened
 * rests, and what failed rests longer. */
static void
test_rbalance_lane_needy(void *arg)
{
  rb_lane_t lanes[6];
  const uint64_t now = 1000000;
  (void) arg;

  memset(lanes, 0, sizeof(lanes));
  lanes[0].is_lasting = true;
  lanes[1].is_ready = true;
  for (int i = 1; i <= 4; ++i) {
    tt_int_op(rb_lanes_find_needy(lanes, 6, now), OP_EQ, i);
    lanes[i].is_opening = true;
  }
  tt_int_op(rb_lanes_find_needy(lanes, 6, now), OP_EQ, -1);
  rb_lane_rest(&lanes[1], true, now);
  tt_int_op(rb_lanes_find_needy(lanes, 6, now), OP_EQ, 5);
  lanes[5].is_lasting = true;
  tt_int_op(rb_lanes_find_needy(lanes, 6, now + 4999), OP_EQ, -1);
  tt_int_op(rb_lanes_find_needy(lanes, 6, now + 5000), OP_EQ, 1);
  rb_lane_rest(&lanes[1], false, now);
  tt_int_op(rb_lanes_find_needy(lanes, 6, now + 29999), OP_EQ, -1);
  tt_int_op(rb_lanes_find_needy(lanes, 6, now + 30000), OP_EQ, 1);
  tt_int_op(rb_lanes_find_needy(lanes, 0, now), OP_EQ, -1);
 done:
  ;
}

#define TEST(name) \
  { #name, test_rbalance_lane_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_lane_tests[] = {
  TEST(choose),
  TEST(quickest),
  TEST(needy),
  END_OF_TESTCASES
};
