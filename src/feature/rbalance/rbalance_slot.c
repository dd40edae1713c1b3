/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_slot.c
 * @brief When a descriptor is published, and whether it may be.
 *
 * A service keeps two descriptors, and each has a slot here.  A publisher
 * uploads one when the points it should have changed and then rested for
 * RB_SETTLE_MSEC, and again after the refresh interval.  A descriptor that
 * was never published waits up to RB_PERIOD_HOLD_MSEC for the points that
 * healthy nodes are about to have for it: a client that fetches a
 * half-merged descriptor keeps it for hours.  A standby uploads nothing; a
 * node that is alone leaves everything to tor.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_slot.h"

#include "lib/ctime/di_ops.h"

#include <string.h>

/** Return the slot of the descriptor with <b>blinded_key</b>, or NULL. */
rb_slot_t *
rb_slots_find(rb_state_t *state, const uint8_t *blinded_key)
{
  for (int i = 0; i < state->n_slots; ++i) {
    if (fast_memeq(state->slots[i].blinded_key, blinded_key,
                   ED25519_PUBKEY_LEN)) {
      return &state->slots[i];
    }
  }
  return NULL;
}

/** Make the slots those of <b>sets</b>, our sets for the current and then
 * for the next descriptor, keeping what is known of a descriptor that stays
 * or moves from next to current. */
void
rb_slots_sync(rb_state_t *state, const smartlist_t *sets, uint64_t now)
{
  rb_slot_t slots[RB_MAX_SETS];
  int n_slots = 0;

  memset(slots, 0, sizeof(slots));
  SMARTLIST_FOREACH_BEGIN(sets, const rb_pointset_t *, set) {
    const rb_slot_t *old = rb_slots_find(state, set->blinded_key);
    rb_slot_t *slot = &slots[n_slots];
    if (n_slots == RB_MAX_SETS) {
      break;
    }
    if (old) {
      *slot = *old;
    } else {
      slot->period_num = set->period_num;
      memcpy(slot->blinded_key, set->blinded_key, sizeof(slot->blinded_key));
      slot->first_seen = now;
      state->merge_is_dirty = true;
    }
    slot->is_next = (set_sl_idx > 0);
    ++n_slots;
  } SMARTLIST_FOREACH_END(set);
  memcpy(state->slots, slots, sizeof(slots));
  state->n_slots = n_slots;
}

/** Recompute what each descriptor should have, if something changed. */
void
rb_slots_refresh(rb_state_t *state, uint64_t now)
{
  if (!state->merge_is_dirty) {
    return;
  }
  state->merge_is_dirty = false;
  state->merged_at = now;
  for (int i = 0; i < state->n_slots; ++i) {
    rb_slot_t *slot = &state->slots[i];
    uint8_t digest[DIGEST256_LEN];
    smartlist_t *choices = rb_state_choose(state, slot->blinded_key,
                                           state->config->max_intro_points,
                                           NULL, NULL);
    rb_choices_digest(choices, digest);
    rb_choices_free(choices);
    if (!fast_memeq(digest, slot->digest, sizeof(digest))) {
      memcpy(slot->digest, digest, sizeof(digest));
      slot->digest_since = now;
    }
    if (slot->is_published &&
        fast_memeq(digest, slot->published_digest, sizeof(digest))) {
      slot->stale_since = 0;
    } else if (!slot->stale_since) {
      slot->stale_since = now;
    }
  }
}

/** Forget what was uploaded in an earlier term as publisher: others
 * published since. */
void
rb_slots_start_term(rb_state_t *state)
{
  for (int i = 0; i < state->n_slots; ++i) {
    state->slots[i].is_published = false;
    state->slots[i].requested_at = 0;
  }
}

/** Note that the descriptor of <b>slot</b> was uploaded at <b>now</b> with
 * the points it should have and the revision counter <b>revision</b>. */
void
rb_slot_note_upload(rb_slot_t *slot, uint64_t revision, uint64_t now)
{
  if (revision > slot->revision) {
    slot->revision = revision;
  }
  slot->is_published = true;
  slot->published_at = now;
  slot->requested_at = 0;
  slot->stale_since = 0;
  memcpy(slot->published_digest, slot->digest, sizeof(slot->digest));
}

/** Return true iff the node with <b>sets</b> has as many points for
 * <b>slot</b> as we may expect of it: <b>wanted</b>, or as many as it has for
 * another descriptor. */
static bool
set_is_complete(const smartlist_t *sets, const rb_slot_t *slot, int wanted)
{
  const rb_pointset_t *set = rb_pointsets_find(sets, slot->blinded_key);
  const int len = set ? smartlist_len(set->points) : 0;
  return len >= wanted && len >= rb_pointsets_max_len(sets);
}

/** Return true iff <b>slot</b>, never published, should wait for points that
 * healthy nodes are about to have for it. */
static bool
is_held(const rb_state_t *state, const rb_slot_t *slot, uint64_t now)
{
  if (now >= slot->first_seen + RB_PERIOD_HOLD_MSEC) {
    return false;
  }
  if (!set_is_complete(state->record->sets, slot, state->wanted_points)) {
    return true;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    if (peer->state == RB_NODE_HEALTHY &&
        !set_is_complete(peer->record->sets, slot, 1)) {
      return true;
    }
  } DIGEST256MAP_FOREACH_END;
  return false;
}

/** Return true iff we publish, and the descriptor of <b>slot</b> should be
 * uploaded at <b>now</b>. */
bool
rb_slot_is_due(const rb_state_t *state, const rb_slot_t *slot, uint64_t now)
{
  const uint64_t refresh = state->config->refresh_interval;

  if (state->role != RB_ROLE_PUBLISHER ||
      (slot->requested_at &&
       now < slot->requested_at + RB_PUBLISH_RETRY_MSEC)) {
    return false;
  }
  if (!slot->is_published) {
    /* Alone, tor waits for our circuits by itself; but if we were publisher
     * before, it would wait for its next regular upload, too. */
    return !state->is_multi || !is_held(state, slot, now);
  }
  if (slot->stale_since &&
      (now >= slot->digest_since + RB_SETTLE_MSEC ||
       now >= slot->stale_since + RB_SETTLE_MAX_MSEC)) {
    return true;
  }
  return refresh && now >= slot->published_at + refresh;
}

/** Return whether tor may upload the descriptor with <b>blinded_key</b> at
 * monotonic milliseconds <b>now</b>. */
rb_upload_verdict_t
rb_upload_verdict(rb_state_t *state, const uint8_t *blinded_key,
                  uint64_t now)
{
  const rb_slot_t *slot = rb_slots_find(state, blinded_key);
  smartlist_t *choices;
  bool has_points;

  if (!rb_state_has_lease(state, now)) {
    return RB_UPLOAD_FORBID;
  }
  if (!state->is_multi) {
    return RB_UPLOAD_STOCK;
  }
  if (!slot || (!slot->is_published && is_held(state, slot, now))) {
    return RB_UPLOAD_FORBID;
  }
  choices = rb_state_choose(state, blinded_key, 1, NULL, NULL);
  has_points = smartlist_len(choices) > 0;
  rb_choices_free(choices);
  return has_points ? RB_UPLOAD_ALLOW : RB_UPLOAD_FORBID;
}
