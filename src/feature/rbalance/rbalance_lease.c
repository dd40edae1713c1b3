/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_lease.c
 * @brief Leases: what a node says of its publisher role, for everybody.
 *
 * A lease names its node and a pair (incarnation, number) that orders what
 * the node says, so that a lease may come through third nodes and in any
 * order.  The node signs it, so nobody can claim the role for another.  What
 * is not signed is how long it still runs: whoever passes it on says that,
 * and can't make it end later than it would if it had just been said.  With
 * it go the revision counters that the node uploaded: HSDirs refuse a
 * descriptor whose counter does not grow, so a later publisher, whose clock
 * may be behind, stays above them.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_lease.h"

#include "feature/rbalance/rbalance_slot.h"
#include "lib/arch/bytes.h"
#include "lib/ctime/di_ops.h"
#include "lib/log/util_bug.h"

#include <string.h>

/** Prefix of what a node signs, so that the signature fits nothing else. */
#define SIGNATURE_PREFIX "Tor rbalance lease v1"
/** Bytes that are signed: key, priority, incarnation, number, lasts, declines
 * and the revisions, of which there may be fewer. */
#define MAX_SIGNED_LEN (ED25519_PUBKEY_LEN + 2 + 3 * 8 + 1 + \
                        RB_MAX_SETS * (ED25519_PUBKEY_LEN + 8))

/** Append <b>value</b> in network order at <b>at</b>, and return what comes
 * behind it. */
static uint8_t *
put_u64(uint8_t *at, uint64_t value)
{
  set_uint64(at, tor_htonll(value));
  return at + 8;
}

/** Append the key <b>key</b> likewise. */
static uint8_t *
put_key(uint8_t *at, const uint8_t *key)
{
  memcpy(at, key, ED25519_PUBKEY_LEN);
  return at + ED25519_PUBKEY_LEN;
}

/** Store in <b>out</b>, of MAX_SIGNED_LEN bytes, what is signed of
 * <b>lease</b>, and return how many bytes that are. */
static size_t
get_signed(const rb_lease_t *lease, uint8_t *out)
{
  uint8_t *at = put_key(out, lease->node_key.pubkey);
  set_uint16(at, tor_htons(lease->priority));
  at = put_u64(at + 2, lease->incarnation);
  at = put_u64(at, lease->number);
  at = put_u64(at, lease->lasts);
  *at++ = lease->declines;
  for (int i = 0; i < lease->n_revisions; ++i) {
    at = put_key(at, lease->revisions[i].blinded_key);
    at = put_u64(at, lease->revisions[i].counter);
  }
  return at - out;
}

/** Sign <b>lease</b> with <b>node_keys</b>, of the node that it speaks of.
 * Return 0 on success, else -1. */
int
rb_lease_sign(rb_lease_t *lease, const ed25519_keypair_t *node_keys)
{
  uint8_t bytes[MAX_SIGNED_LEN];
  const size_t len = get_signed(lease, bytes);
  return ed25519_sign_prefixed(&lease->signature, bytes, len,
                               SIGNATURE_PREFIX, node_keys);
}

/** Return true iff the node that <b>lease</b> speaks of has signed it. */
bool
rb_lease_is_signed(const rb_lease_t *lease)
{
  uint8_t bytes[MAX_SIGNED_LEN];
  const size_t len = get_signed(lease, bytes);
  return ed25519_checksig_prefixed(&lease->signature, bytes, len,
                                   SIGNATURE_PREFIX, &lease->node_key) == 0;
}

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
  json_object_set_new(json, "lasts",
                      json_integer((json_int_t) lease->lasts));
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
  rb_json_set_bytes(json, "signature", lease->signature.sig,
                    sizeof(lease->signature.sig));
  json_object_set_new(json, "left", json_integer((json_int_t) lease->left));
  return json;
}

/** Read the lease in <b>json</b>, which may be NULL, into <b>lease</b>.
 * Return 0 if it is complete and within all bounds, else -1.  The signature
 * is not looked at. */
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
      rb_json_get_u64(json, "lasts", RB_MAX_INTERVAL_MSEC,
                      &lease->lasts) < 0 ||
      rb_json_get_key(json, "signature", lease->signature.sig,
                      sizeof(lease->signature.sig)) < 0 ||
      rb_json_get_u64(json, "left", lease->lasts, &lease->left) < 0) {
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

/** Return true iff <b>lease</b>, which ends at monotonic milliseconds
 * <b>until</b>, says what we said last. */
static bool
is_said(const rb_state_t *state, const rb_lease_t *lease, uint64_t until)
{
  const rb_lease_t *said = &state->lease;
  return until == state->lease_said_until &&
         lease->priority == said->priority &&
         lease->incarnation == said->incarnation &&
         lease->declines == said->declines &&
         lease->n_revisions == said->n_revisions &&
         fast_memeq(lease->revisions, said->revisions,
                    sizeof(lease->revisions));
}

/** Fill <b>lease</b> with our own lease at monotonic milliseconds <b>now</b>,
 * under a new number if it says anything new. */
void
rb_lease_of_ourselves(rb_state_t *state, uint64_t now, rb_lease_t *lease)
{
  uint64_t until = 0;

  memset(lease, 0, sizeof(*lease));
  ed25519_pubkey_copy(&lease->node_key, &state->node_keys.pubkey);
  lease->priority = state->config->priority;
  lease->incarnation = state->record->incarnation;
  lease->declines = now < state->stood_down_until;
  add_revisions(state, lease);
  if (rb_state_has_lease(state, now)) {
    until = state->lease_until;
    lease->lasts = until - now;
  }
  if (is_said(state, lease, until)) {
    memcpy(lease, &state->lease, sizeof(*lease));
  } else {
    lease->number = state->lease.number + 1;
    /* It fails only if memory is damaged; nobody believes it then. */
    (void) BUG(rb_lease_sign(lease, &state->node_keys) < 0);
    memcpy(&state->lease, lease, sizeof(*lease));
    state->lease_said_until = until;
  }
  lease->left = until ? until - now : 0;
}

/** Fill <b>lease</b> with the last one of <b>peer</b>, as it is at monotonic
 * milliseconds <b>now</b>. */
void
rb_lease_of_peer(const rb_peer_t *peer, uint64_t now, rb_lease_t *lease)
{
  memcpy(lease, &peer->lease, sizeof(*lease));
  lease->left = peer->lease_until > now ?
    MIN(peer->lease_until - now, lease->lasts) : 0;
}

/** <b>peer</b>'s last lease came once more, at monotonic milliseconds
 * <b>now</b>, with <b>left</b> milliseconds: whoever brought it the first
 * time may have kept it for long, or said so. */
static void
note_again(rb_peer_t *peer, uint64_t left, uint64_t now)
{
  if (peer->lease.lasts) {
    peer->lease_until = MAX(peer->lease_until,
                            MIN(now + left,
                                peer->role_heard + peer->lease.lasts));
  }
}

/** Take over <b>lease</b>, of a node we know, at monotonic milliseconds
 * <b>now</b>, if that node has signed it and it is newer than what we have
 * from there.  Return true iff it is. */
bool
rb_lease_note(rb_state_t *state, const rb_lease_t *lease, uint64_t now)
{
  rb_peer_t *peer = rb_peers_find(state->peers, &lease->node_key);
  if (!peer || lease->incarnation < peer->lease.incarnation ||
      (lease->incarnation == peer->lease.incarnation &&
       lease->number < peer->lease.number)) {
    return false;
  }
  if (lease->incarnation == peer->lease.incarnation &&
      lease->number == peer->lease.number) {
    note_again(peer, lease->left, now);
    return false;
  }
  if (!rb_lease_is_signed(lease)) {
    state->dropped[RB_DROP_BAD_RECORD]++;
    return false;
  }
  memcpy(&peer->lease, lease, sizeof(*lease));
  peer->priority = lease->priority;
  peer->role = lease->lasts ? RB_ROLE_PUBLISHER : RB_ROLE_STANDBY;
  peer->lease_until = lease->lasts ? now + lease->left : 0;
  peer->role_heard = now;
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
