/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_lane.c
 * @brief Which circuit to a target takes a stream, and which is to be built.
 *
 * There are as many lanes to a target as it may have circuits.  A lane without
 * a circuit that lasts gets one before a client needs it; one whose target
 * does not answer rests, so that nobody is asked all the time.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_lane.h"

#include "lib/intmath/cmp.h"

/** Lanes to one target that may be opening at a time. */
#define RB_LANES_OPENING 4
/** Milliseconds that a lane rests after it opened, and after it did not. */
#define RB_LANE_OPENED_MSEC (5 * 1000)
#define RB_LANE_FAILED_MSEC (30 * 1000)
/** A time that is longer than those before counts one in so many. */
#define RB_LANE_RTT_SHARE 8

/** Return true iff the next stream had better take <b>lane</b> than
 * <b>other</b>.  One that nobody has timed is tried before others. */
static bool
is_better(const rb_lane_t *lane, const rb_lane_t *other)
{
  if (lane->is_ready != other->is_ready) {
    return lane->is_ready;
  }
  if (lane->n_streams != other->n_streams) {
    return lane->n_streams < other->n_streams;
  }
  return lane->rtt < other->rtt;
}

/** Return which of the <b>n</b> <b>lanes</b> takes the next stream: the one
 * with the fewest of those that are ready, and the quickest of several; if
 * none is ready, of all. */
int
rb_lanes_choose(const rb_lane_t *lanes, int n)
{
  int best = 0;
  for (int i = 1; i < n; ++i) {
    if (is_better(&lanes[i], &lanes[best])) {
      best = i;
    }
  }
  return best;
}

/** A stream on the circuit of <b>lane</b> was open after <b>rtt</b>
 * milliseconds.  What other streams were sent meanwhile makes that longer, and
 * nothing makes it shorter: a short time is believed at once, a longer one
 * only if it comes again. */
void
rb_lane_note_rtt(rb_lane_t *lane, uint64_t rtt)
{
  const uint64_t before = lane->rtt;
  lane->rtt = MAX(1, before && rtt > before ?
                       before + (rtt - before) / RB_LANE_RTT_SHARE : rtt);
}

/** Return which of the <b>n</b> <b>lanes</b> is to be opened at monotonic
 * milliseconds <b>now</b>; -1 for none. */
int
rb_lanes_find_needy(const rb_lane_t *lanes, int n, uint64_t now)
{
  int n_opening = 0;
  int needy = -1;
  for (int i = 0; i < n; ++i) {
    n_opening += lanes[i].is_opening;
    if (needy < 0 && !lanes[i].is_lasting && !lanes[i].is_opening &&
        now >= lanes[i].rests_until) {
      needy = i;
    }
  }
  return n_opening < RB_LANES_OPENING ? needy : -1;
}

/** The opening of <b>lane</b> ended at monotonic milliseconds <b>now</b>, well
 * if <b>has_opened</b>. */
void
rb_lane_rest(rb_lane_t *lane, bool has_opened, uint64_t now)
{
  lane->is_opening = false;
  lane->rests_until = now + (has_opened ? RB_LANE_OPENED_MSEC :
                                          RB_LANE_FAILED_MSEC);
}

/** Return how many of the <b>n</b> <b>lanes</b> are ready. */
int
rb_lanes_count_ready(const rb_lane_t *lanes, int n)
{
  int n_ready = 0;
  for (int i = 0; i < n; ++i) {
    n_ready += lanes[i].is_ready;
  }
  return n_ready;
}
