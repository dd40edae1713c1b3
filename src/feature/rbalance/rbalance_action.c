/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_action.c
 * @brief Lists of actions, the outcome of rb_step().
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_action.h"

#include "lib/log/util_bug.h"

/** Append a new action of <b>type</b> to <b>actions</b> and return it for the
 * caller to fill in; the list owns it. */
rb_action_t *
rb_actions_add(smartlist_t *actions, rb_action_type_t type)
{
  rb_action_t *action = tor_malloc_zero(sizeof(*action));
  action->type = type;
  smartlist_add(actions, action);
  return action;
}

/** Release <b>actions</b> and every action in it; NULL is fine. */
void
rb_actions_free_(smartlist_t *actions)
{
  if (!actions) {
    return;
  }
  SMARTLIST_FOREACH_BEGIN(actions, rb_action_t *, action) {
    tor_free(action->text);
    tor_free(action);
  } SMARTLIST_FOREACH_END(action);
  smartlist_free(actions);
}

/** Return the name of <b>reason</b> in events. */
const char *
rb_role_reason_to_string(rb_role_reason_t reason)
{
  switch (reason) {
    case RB_ROLE_VACANT: return "VACANT";
    case RB_ROLE_BETTER_PUBLISHER: return "BETTER_PUBLISHER";
    case RB_ROLE_LEASE_LOST: return "LEASE_LOST";
    case RB_ROLE_WITHDRAWN: return "WITHDRAWN";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}

/** Return the name of <b>standing</b> in events. */
const char *
rb_standing_to_string(rb_standing_t standing)
{
  switch (standing) {
    case RB_STANDING_STEP_DOWN: return "STEP_DOWN";
    case RB_STANDING_EXCLUDE: return "EXCLUDE";
    case RB_STANDING_INCLUDE: return "INCLUDE";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}
