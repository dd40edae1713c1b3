/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_repair.c
 * @brief What a publisher does so that every HSDir has its descriptors.
 *
 * It tries an HSDir that failed again, uploads anew what was rejected, what
 * somebody else replaced or what no HSDir took for too long, and sends the
 * descriptor again to an HSDir that lost it.  Each descriptor is on its own:
 * what fails for one period does not touch the other.  When all that is in
 * vain at every HSDir of every descriptor, it leaves the role to a node that
 * may do better.  A standby does nothing of this, and forgets where it
 * uploaded when it was publisher.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_repair.h"

#include "feature/rbalance/rbalance_leave.h"
#include "feature/rbalance/rbalance_slot.h"
#include "lib/log/util_bug.h"

#include <string.h>

/** Append to <b>actions</b> one of <b>type</b> about the descriptor of
 * <b>slot</b> and, unless it is NULL, the HSDir <b>hsdir_id</b>; return
 * it. */
static rb_action_t *
add_action(smartlist_t *actions, rb_action_type_t type,
           const rb_slot_t *slot, const uint8_t *hsdir_id)
{
  rb_action_t *action = rb_actions_add(actions, type);
  memcpy(action->blinded_key, slot->blinded_key,
         sizeof(action->blinded_key));
  if (hsdir_id) {
    memcpy(action->hsdir, hsdir_id, sizeof(action->hsdir));
  }
  return action;
}

/** Tell the operator what came of sending the descriptor of <b>slot</b> with
 * <b>revision</b> to <b>hsdir_id</b>. */
static void
tell_result(const rb_slot_t *slot, const uint8_t *hsdir_id,
            uint64_t revision, rb_result_t result, rb_fail_t fail,
            smartlist_t *actions)
{
  rb_action_t *action = add_action(actions, RB_ACT_UPLOAD_RESULT, slot,
                                   hsdir_id);
  action->revision = revision;
  action->result = result;
  action->fail = fail;
}

/** Tell the operator that we repair the descriptor of <b>slot</b>, at
 * <b>hsdir_id</b> or with NULL everywhere, for the reason <b>repair</b>. */
static void
tell_repair(const rb_slot_t *slot, const uint8_t *hsdir_id,
            rb_repair_t repair, smartlist_t *actions)
{
  add_action(actions, RB_ACT_REPAIR, slot, hsdir_id)->repair = repair;
}

/** Ask for a full upload of the descriptor of <b>slot</b> for the reason
 * <b>repair</b>, which <b>hsdir_id</b> or, if that is NULL, no single HSDir
 * gave. */
static void
republish(rb_slot_t *slot, const uint8_t *hsdir_id, rb_repair_t repair,
          uint64_t now, smartlist_t *actions)
{
  tell_repair(slot, hsdir_id, repair, actions);
  add_action(actions, RB_ACT_PUBLISH, slot, NULL);
  slot->requested_at = now;
}

/** Ask <b>dir</b>, which rejected the descriptor of <b>slot</b>, which one it
 * has, unless another question is open. */
static void
ask_rejector(rb_state_t *state, const rb_slot_t *slot, rb_hsdir_t *dir,
             uint64_t now, smartlist_t *actions)
{
  if (rb_state_has_lease(state, now) && !state->audit.is_pending) {
    rb_audit_start(&state->audit, slot->blinded_key, dir, now);
    add_action(actions, RB_ACT_FETCH_FROM, slot, dir->id);
  }
}

/** Take the news in <b>event</b> about a descriptor at one HSDir: it was
 * sent, it was taken, it was not, or it should not be there any more. */
void
rb_repair_handle_upload(rb_state_t *state, const rb_event_t *event,
                        rb_now_t now, smartlist_t *actions)
{
  const uint8_t *id = event->u.hsdir.id;
  rb_slot_t *slot = rb_slots_find(state, event->u.hsdir.blinded_key);
  rb_hsdir_t *dir = slot ? rb_upload_find(&slot->upload, id) : NULL;

  if (slot && event->type == RB_EV_HSDIR_SENT) {
    rb_upload_note_sent(&slot->upload, id, event->u.hsdir.revision, now.mono);
    tell_result(slot, id, event->u.hsdir.revision, RB_RESULT_SENT,
                RB_FAIL_NONE, actions);
  } else if (!dir) {
    return;
  } else if (event->type == RB_EV_HSDIR_GONE) {
    rb_upload_remove(&slot->upload, id);
  } else if (event->u.hsdir.fail == RB_FAIL_NONE) {
    rb_upload_note_ok(&slot->upload, dir, now.mono);
    state->last_upload_ok_ts = now.wall / 1000;
    tell_result(slot, id, dir->revision, RB_RESULT_OK, RB_FAIL_NONE,
                actions);
  } else if (dir->result == RB_RESULT_SENT) {
    rb_upload_note_failed(&slot->upload, dir, event->u.hsdir.fail, now.mono);
    tell_result(slot, id, dir->revision, RB_RESULT_FAILED, dir->fail,
                actions);
    if (dir->fail == RB_FAIL_REJECTED) {
      ask_rejector(state, slot, dir, now.mono, actions);
    }
  }
}

/** Note that the HSDirs have the descriptor of <b>slot</b> with
 * <b>revision</b>, which is not ours, so that our next is above it. */
static void
raise_floor(rb_slot_t *slot, uint64_t revision)
{
  if (revision > slot->revision && revision < RB_MAX_REVISION) {
    slot->revision = revision;
  }
}

/** Upload the descriptor of <b>slot</b> again, if we may, because <b>dir</b>
 * has one that somebody else uploaded after us. */
static void
replace_newer(const rb_state_t *state, rb_slot_t *slot,
              const rb_hsdir_t *dir, uint64_t now, smartlist_t *actions)
{
  if (rb_state_has_lease(state, now) &&
      rb_upload_take_replacement(&slot->upload, now)) {
    republish(slot, dir->id, RB_REPAIR_NEWER, now, actions);
  }
}

/** Take the answer in <b>event</b> of an HSDir that was asked for our
 * descriptor. */
void
rb_repair_handle_answer(rb_state_t *state, const rb_event_t *event,
                        rb_now_t now, smartlist_t *actions)
{
  const uint8_t *key = event->u.hsdir.blinded_key;
  rb_slot_t *slot = rb_slots_find(state, key);
  rb_hsdir_t *dir =
    slot ? rb_upload_find(&slot->upload, event->u.hsdir.id) : NULL;
  const rb_finding_t finding =
    rb_audit_finish(&state->audit, key, dir, event->u.hsdir.answer,
                    event->u.hsdir.revision);

  switch (finding) {
    case RB_FINDING_NONE:
    case RB_FINDING_SAME:
      break;
    case RB_FINDING_MISSING:
    case RB_FINDING_OLDER:
      rb_upload_note_failed(&slot->upload, dir, RB_FAIL_LOST, now.mono);
      tell_repair(slot, dir->id, finding == RB_FINDING_OLDER ?
                  RB_REPAIR_OLDER : RB_REPAIR_MISSING, actions);
      break;
    case RB_FINDING_NEWER:
      raise_floor(slot, event->u.hsdir.revision);
      if (rb_audit_take_warning(&state->audit, now.mono)) {
        add_action(actions, RB_ACT_FOREIGN_PUBLISHER, slot, dir->id);
      }
      replace_newer(state, slot, dir, now.mono, actions);
      break;
    case RB_FINDING_REJECTOR:
      raise_floor(slot, event->u.hsdir.revision);
      rb_upload_renew_now(&slot->upload, now.mono);
      break;
  }
}

/** Give up on HSDirs of <b>slot</b> that did not answer, and send the
 * descriptor again to those where that is due. */
static void
run_retries(rb_slot_t *slot, uint64_t now, smartlist_t *actions)
{
  rb_upload_drop_old(&slot->upload);
  for (int i = 0; i < slot->upload.n_dirs; ++i) {
    rb_hsdir_t *dir = &slot->upload.dirs[i];
    if (rb_hsdir_is_late(dir, now)) {
      rb_upload_note_failed(&slot->upload, dir, RB_FAIL_TIMEOUT, now);
      tell_result(slot, dir->id, dir->revision, RB_RESULT_FAILED, dir->fail,
                  actions);
    } else if (rb_hsdir_wants_retry(dir, now)) {
      rb_upload_note_retry(dir, now);
      add_action(actions, RB_ACT_UPLOAD_TO, slot, dir->id);
    }
  }
}

/** Ask for a full upload of <b>slot</b> if its revision was rejected, or if
 * no HSDir took it for too long. */
static void
run_renewals(const rb_state_t *state, rb_slot_t *slot, uint64_t now,
             smartlist_t *actions)
{
  if (rb_upload_take_renewal(&slot->upload, now)) {
    republish(slot, NULL, RB_REPAIR_REJECTED, now, actions);
  } else if (rb_upload_take_overdue(&slot->upload,
                                    state->config->descriptor_max_age,
                                    now)) {
    republish(slot, NULL, RB_REPAIR_TOO_OLD, now, actions);
  }
}

/** Give the role up if no HSDir takes any of our descriptors, and another node
 * could publish. */
static void
run_resignation(rb_state_t *state, uint64_t now, smartlist_t *actions)
{
  for (int i = 0; i < state->n_slots; ++i) {
    if (!rb_upload_is_hopeless(&state->slots[i].upload,
                               state->config->descriptor_max_age, now)) {
      return;
    }
  }
  if (state->n_slots > 0) {
    /* If nobody else can, we go on trying. */
    rb_leave_stand_down(state, now + RB_RESIGN_MSEC,
                        rb_repair_to_string(RB_REPAIR_TOO_OLD), actions);
  }
}

/** Ask one HSDir for one of our descriptors, if that is due. */
static void
run_audit(rb_state_t *state, uint64_t now, smartlist_t *actions)
{
  const uint64_t interval = state->config->audit_interval;
  const rb_slot_t *best_slot = NULL;
  rb_hsdir_t *best = NULL;

  if (!rb_audit_is_free(&state->audit, interval, rb_state_random(state),
                        now)) {
    return;
  }
  for (int i = 0; i < state->n_slots; ++i) {
    rb_slot_t *slot = &state->slots[i];
    rb_hsdir_t *dir = rb_audit_pick(&slot->upload, interval, now);
    if (dir && (!best || dir->audited_at < best->audited_at)) {
      best = dir;
      best_slot = slot;
    }
  }
  if (best) {
    rb_audit_start(&state->audit, best_slot->blinded_key, best, now);
    add_action(actions, RB_ACT_FETCH_FROM, best_slot, best->id);
  }
}

/** Do what is due at <b>now</b> so that every HSDir has what we published.
 * Only to be called when no upload is half done. */
void
rb_repair_run(rb_state_t *state, uint64_t now, smartlist_t *actions)
{
  if (state->role != RB_ROLE_PUBLISHER) {
    for (int i = 0; i < state->n_slots; ++i) {
      rb_upload_forget(&state->slots[i].upload);
    }
    return;
  }
  if (!state->network_is_ready || !rb_state_has_lease(state, now)) {
    return;
  }
  for (int i = 0; i < state->n_slots; ++i) {
    run_retries(&state->slots[i], now, actions);
    run_renewals(state, &state->slots[i], now, actions);
  }
  run_audit(state, now, actions);
  run_resignation(state, now, actions);
}

/** Return the name of <b>repair</b> in events. */
const char *
rb_repair_to_string(rb_repair_t repair)
{
  switch (repair) {
    case RB_REPAIR_REJECTED: return "REJECTED";
    case RB_REPAIR_TOO_OLD: return "TOO_OLD";
    case RB_REPAIR_MISSING: return "MISSING";
    case RB_REPAIR_OLDER: return "OLDER";
    case RB_REPAIR_NEWER: return "NEWER";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}
