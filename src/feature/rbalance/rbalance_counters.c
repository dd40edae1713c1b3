/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_counters.c
 * @brief Count what a node does.
 *
 * Everything that is counted here comes out of a step as an action.  What is
 * dropped, and heartbeats, are counted where they come in and go out, in
 * rb_state_t.  rbalance_metrics.c shows it all.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_counters.h"

/** Count what became of a node in <b>action</b>. */
static void
note_standing(rb_counters_t *counters, const rb_action_t *action)
{
  switch (action->standing) {
    case RB_STANDING_STEP_DOWN:
      counters->repairs[RB_KIND_STEP_DOWN]++;
      break;
    case RB_STANDING_EXCLUDE:
      counters->repairs[RB_KIND_EXCLUDE]++;
      break;
    case RB_STANDING_INCLUDE:
      counters->repairs[RB_KIND_INCLUDE]++;
      break;
  }
}

/** Count <b>action</b>, if it is one of those that are counted. */
void
rb_counters_note(rb_counters_t *counters, const rb_action_t *action)
{
  switch (action->type) {
    case RB_ACT_UPLOAD_RESULT:
      counters->uploads[action->result]++;
      break;
    case RB_ACT_ROLE_CHANGED:
      counters->takeovers += (action->role == RB_ROLE_PUBLISHER);
      break;
    case RB_ACT_JOINED:
      counters->joins_accepted += action->was_accepted;
      counters->joins_rejected += !action->was_accepted;
      break;
    case RB_ACT_REPAIR:
      counters->repairs[RB_KIND_FORCE_REPUBLISH]++;
      break;
    case RB_ACT_STANDING:
      note_standing(counters, action);
      break;
    case RB_ACT_SEND:
    case RB_ACT_DIAL:
    case RB_ACT_JOIN:
    case RB_ACT_HANG_UP:
    case RB_ACT_PUBLISH:
    case RB_ACT_RETIRE_POINT:
    case RB_ACT_PEER_CHANGED:
    case RB_ACT_MODE_CHANGED:
    case RB_ACT_CLOCK_SKEW:
    case RB_ACT_UPLOAD_TO:
    case RB_ACT_FETCH_FROM:
    case RB_ACT_FOREIGN_PUBLISHER:
      break;
  }
}
