/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_lease.c
 * @brief Leases: what a node says of its publisher role, for everybody.
 *
 * A lease names its node and a pair (incarnation, number) that orders what
 * the node says, so that a lease may come through third nodes and in any
 * order.  With it go the revision counters that the node uploaded: HSDirs
 * refuse a descriptor whose counter does not grow, so a later publisher,
 * whose clock may be behind, stays above them.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_lease.h"

#include "feature/rbalance/rbalance_slot.h"
#include "lib/log/util_bug.h"

#include <string.h>

/** Return <b>lease</b> as a new JSON object. */
json_t *
rb_lease_to_json(const rb_lease_t *lease)
{
  json_t *json = json_object();
  json_t *revisions = json_array();

  rb_json_set_bytes(json, "node_key", lease->node_key.pubkey,
                    sizeof(lease->node_key.pubkey));
  json_object_set_new(json, "priority", json_integer(lease->priority));
  json_object_set_new(json, "incarnation",
                      json_integer((json_int_t) lease->incarnation));
  json_object_set_new(json, "number",
                      json_integer((json_int_t) lease->number));
  json_object_set_new(json, "left", json_integer((json_int_t) lease->left));
  json_object_set_new(json, "declines", json_boolean(lease->declines));
  for (int i = 0; i < lease->n_revisions; ++i) {
    json_t *entry = json_object();
    rb_json_set_bytes(entry, "blinded_key",
                      lease->revisions[i].blinded_key, ED25519_PUBKEY_LEN);
    json_object_set_new(entry, "counter",
                  json_integer((json_int_t) lease->revisions[i].counter));
    json_array_append_new(revisions, entry);
  }
  json_object_set_new(json, "revisions", revisions);
  return json;
}

/** Read the lease in <b>json</b>, which may be NULL, into <b>lease</b>.
 * Return 0 if it is complete and within all bounds, else -1. */
int
rb_lease_from_json(const json_t *json, rb_lease_t *lease)
{
  const json_t *declines = json_object_get(json, "declines");
  const json_t *revisions;
  uint64_t priority;

  memset(lease, 0, sizeof(*lease));
  if (!json_is_object(json) || !json_is_boolean(declines) ||
      rb_json_get_key(json, "node_key", lease->node_key.pubkey,
                      sizeof(lease->node_key.pubkey)) < 0 ||
      rb_json_get_u64(json, "priority", UINT16_MAX, &priority) < 0 ||
      rb_json_get_u64(json, "incarnation", INT64_MAX,
                      &lease->incarnation) < 0 ||
      rb_json_get_u64(json, "number", INT64_MAX, &lease->number) < 0 ||
      rb_json_get_u64(json, "left", RB_MAX_INTERVAL_MSEC,
                      &lease->left) < 0) {
    return -1;
  }
  revisions = rb_json_get_array(json, "revisions", RB_MAX_SETS);
  if (!revisions) {
    return -1;
  }
  lease->priority = (uint16_t) priority;
  lease->declines = json_is_true(declines);
  for (size_t i = 0; i < json_array_size(revisions); ++i) {
    const json_t *entry = json_array_get(revisions, i);
    rb_revision_t *revision = &lease->revisions[lease->n_revisions++];
    if (!json_is_object(entry) ||
        rb_json_get_key(entry, "blinded_key", revision->blinded_key,
                        sizeof(revision->blinded_key)) < 0 ||
        rb_json_get_u64(entry, "counter", RB_MAX_REVISION,
                        &revision->counter) < 0) {
      return -1;
    }
  }
  return 0;
}

/** Add to <b>lease</b> the revision counters that <b>state</b> knows. */
static void
add_revisions(const rb_state_t *state, rb_lease_t *lease)
{
  for (int i = 0; i < state->n_slots; ++i) {
    rb_revision_t *revision;
    if (state->slots[i].revision == 0) {
      continue;
    }
    revision = &lease->revisions[lease->n_revisions++];
    memcpy(revision->blinded_key, state->slots[i].blinded_key,
           sizeof(revision->blinded_key));
    revision->counter = state->slots[i].revision;
  }
}

/** Fill <b>lease</b> with our own lease at monotonic milliseconds <b>now</b>,
 * under a new number. */
void
rb_lease_of_ourselves(rb_state_t *state, uint64_t now, rb_lease_t *lease)
{
  memset(lease, 0, sizeof(*lease));
  ed25519_pubkey_copy(&lease->node_key, &state->node_keys.pubkey);
  lease->priority = state->config->priority;
  lease->incarnation = state->record->incarnation;
  lease->number = ++state->lease_number;
  lease->declines = now < state->stood_down_until;
  if (state->role == RB_ROLE_PUBLISHER && state->lease_until > now) {
    lease->left = state->lease_until - now;
  }
  add_revisions(state, lease);
}

/** Fill <b>lease</b> with what we know at monotonic milliseconds <b>now</b>
 * of the lease of <b>peer</b>. */
void
rb_lease_of_peer(const rb_state_t *state, const rb_peer_t *peer, uint64_t now,
                 rb_lease_t *lease)
{
  memset(lease, 0, sizeof(*lease));
  ed25519_pubkey_copy(&lease->node_key, &peer->key);
  lease->priority = peer->priority;
  lease->incarnation = peer->lease_incarnation;
  lease->number = peer->lease_number;
  if (peer->role == RB_ROLE_PUBLISHER && peer->lease_until > now) {
    lease->left = peer->lease_until - now;
  }
  add_revisions(state, lease);
}

/** Take over <b>lease</b>, of a node we know, at monotonic milliseconds
 * <b>now</b>, if it is newer than what we have from that node.  Return true
 * iff it is. */
bool
rb_lease_note(rb_state_t *state, const rb_lease_t *lease, uint64_t now)
{
  rb_peer_t *peer = rb_peers_find(state->peers, &lease->node_key);
  if (!peer || lease->incarnation < peer->lease_incarnation ||
      (lease->incarnation == peer->lease_incarnation &&
       lease->number <= peer->lease_number)) {
    return false;
  }
  peer->lease_incarnation = lease->incarnation;
  peer->lease_number = lease->number;
  peer->priority = lease->priority;
  peer->role = lease->left ? RB_ROLE_PUBLISHER : RB_ROLE_STANDBY;
  peer->lease_until = lease->left ? now + lease->left : 0;
  peer->role_heard = now;
  peer->declines = lease->declines;
  for (int i = 0; i < lease->n_revisions; ++i) {
    rb_slot_t *slot = rb_slots_find(state, lease->revisions[i].blinded_key);
    const uint64_t told = lease->revisions[i].counter;
    if (slot && told > slot->revision && told <= RB_MAX_TOLD_REVISION) {
      /* HSDirs keep that one, even if we uploaded since. */
      slot->revision = told;
      slot->is_published = false;
    }
  }
  return true;
}

/** Return the highest revision counter that any node uploaded for the
 * descriptor with <b>blinded_key</b>, as far as we know; 0 for none. */
static uint64_t
get_floor(const rb_state_t *state, const uint8_t *blinded_key)
{
  const rb_slot_t *slot = rb_slots_find((rb_state_t *) state, blinded_key);
  return slot ? slot->revision : 0;
}

/** Return the revision counter for an upload of the descriptor with
 * <b>blinded_key</b>, for which tor wants <b>counter</b>: that one if HSDirs
 * take it over what any node uploaded before, else the next that they take.
 *
 * A tor whose clock is behind the beginning of the shared random run has no
 * counter, and wants UINT64_MAX (rend-spec-v3, [REV-COUNTER-OPE]).  HSDirs
 * that have taken that would refuse all else until the period ends. */
uint64_t
rb_lease_next_revision(const rb_state_t *state, const uint8_t *blinded_key,
                       uint64_t counter)
{
  const uint64_t floor = get_floor(state, blinded_key);
  if (counter > floor && counter < RB_MAX_REVISION) {
    return counter;
  }
  return MIN(floor + 1, RB_MAX_REVISION);
}
