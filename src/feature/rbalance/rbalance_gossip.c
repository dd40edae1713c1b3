/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_gossip.c
 * @brief How records reach everybody.
 *
 * A node sends its new record to its neighbours at once.  Where not everybody
 * has a channel to everybody, each passes on what is new to it.  What got lost
 * on the way is found by digests: a heartbeat carries the digest of all
 * (node, incarnation, sequence) that its sender has, and when it goes on
 * differing from ours, our next heartbeat lists them, and the other side sends
 * what we lack (anti-entropy, Demers et al. 1987).
 *
 * The record of a dead node is neither listed nor sent, so that a node which
 * was taken down is forgotten everywhere, not learned again from each other.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_gossip.h"

#include "feature/rbalance/rbalance_neighbors.h"
#include "feature/rbalance/rbalance_outbox.h"
#include "feature/rbalance/rbalance_report.h"
#include "lib/arch/bytes.h"
#include "lib/crypt_ops/crypto_digest.h"
#include "lib/ctime/di_ops.h"
#include "lib/string/compat_string.h"

#include <string.h>

/** Bytes of one record in a digest: key and two numbers. */
#define DIGEST_ENTRY_LEN (ED25519_PUBKEY_LEN + 16)

/** Return true iff the record of <b>peer</b> is passed on. */
static bool
is_listed(const rb_peer_t *peer)
{
  return peer->record && peer->state != RB_NODE_DEAD;
}

/** Return a new list of the records that <b>state</b> passes on, its own
 * included, ordered by node key; the records are borrowed. */
static smartlist_t *
list_records(const rb_state_t *state)
{
  smartlist_t *peers = rb_peers_list(state->peers);
  smartlist_t *records = smartlist_new();
  bool has_ours = false;

  SMARTLIST_FOREACH_BEGIN(peers, const rb_peer_t *, peer) {
    if (!has_ours && fast_memcmp(state->node_keys.pubkey.pubkey,
                                 peer->key.pubkey, ED25519_PUBKEY_LEN) < 0) {
      smartlist_add(records, state->record);
      has_ours = true;
    }
    if (is_listed(peer)) {
      smartlist_add(records, peer->record);
    }
  } SMARTLIST_FOREACH_END(peer);
  if (!has_ours) {
    smartlist_add(records, state->record);
  }
  smartlist_free(peers);
  return records;
}

/** Store in the DIGEST256_LEN bytes at <b>digest_out</b> the digest of the
 * names and numbers of all records that <b>state</b> passes on. */
void
rb_gossip_digest(const rb_state_t *state, uint8_t *digest_out)
{
  smartlist_t *records = list_records(state);
  const size_t len = (size_t) smartlist_len(records) * DIGEST_ENTRY_LEN;
  uint8_t *bytes = tor_malloc(len);
  uint8_t *at = bytes;

  SMARTLIST_FOREACH_BEGIN(records, const rb_record_t *, record) {
    memcpy(at, record->node_key.pubkey, ED25519_PUBKEY_LEN);
    set_uint64(at + ED25519_PUBKEY_LEN, tor_htonll(record->incarnation));
    set_uint64(at + ED25519_PUBKEY_LEN + 8, tor_htonll(record->sequence));
    at += DIGEST_ENTRY_LEN;
  } SMARTLIST_FOREACH_END(record);
  crypto_digest256((char *) digest_out, (const char *) bytes, len,
                   DIGEST_SHA3_256);
  tor_free(bytes);
  smartlist_free(records);
}

/** Return a new list of rb_known_t for a heartbeat of <b>state</b>: all that
 * it passes on, in the order of their keys.  If that is more than
 * RB_MAX_KNOWN, a run of that many, which starts anywhere. */
smartlist_t *
rb_gossip_list_known(rb_state_t *state)
{
  smartlist_t *records = list_records(state);
  smartlist_t *known = smartlist_new();
  const int n = smartlist_len(records);
  const int first = n > RB_MAX_KNOWN ?
    (int) (rb_state_random(state) % (uint64_t) n) : 0;

  for (int i = 0; i < n && i < RB_MAX_KNOWN; ++i) {
    const rb_record_t *record = smartlist_get(records, (first + i) % n);
    rb_known_t *entry = tor_malloc_zero(sizeof(*entry));
    ed25519_pubkey_copy(&entry->node_key, &record->node_key);
    entry->incarnation = record->incarnation;
    entry->sequence = record->sequence;
    smartlist_add(known, entry);
  }
  smartlist_free(records);
  return known;
}

/** Return true iff the list <b>known</b> speaks of the node with <b>key</b>,
 * even if by leaving it out: a full list is a run of the ring of keys from its
 * first to its last entry. */
static bool
is_covered(const smartlist_t *known, const ed25519_public_key_t *key)
{
  const rb_known_t *first, *last;
  bool after_first, before_last;

  if (smartlist_len(known) < RB_MAX_KNOWN) {
    return true;
  }
  first = smartlist_get(known, 0);
  last = smartlist_get(known, smartlist_len(known) - 1);
  after_first = fast_memcmp(key->pubkey, first->node_key.pubkey,
                            ED25519_PUBKEY_LEN) >= 0;
  before_last = fast_memcmp(key->pubkey, last->node_key.pubkey,
                            ED25519_PUBKEY_LEN) <= 0;
  if (fast_memcmp(first->node_key.pubkey, last->node_key.pubkey,
                  ED25519_PUBKEY_LEN) <= 0) {
    return after_first && before_last;
  }
  return after_first || before_last;
}

/** Return true iff <b>record</b> is newer than what the list <b>known</b> of
 * rb_known_t has of its node. */
static bool
is_missing(const rb_record_t *record, const smartlist_t *known)
{
  SMARTLIST_FOREACH_BEGIN(known, const rb_known_t *, entry) {
    if (ed25519_pubkey_eq(&entry->node_key, &record->node_key)) {
      return rb_record_is_newer(record, entry->incarnation, entry->sequence);
    }
  } SMARTLIST_FOREACH_END(entry);
  return is_covered(known, &record->node_key);
}

/** Compare what <b>peer</b> says in its <b>heartbeat</b> that it has with what
 * we have, and send it what it lacks, as far as it lists that.  That can be a
 * record of its own, if its clock was set back while it was down: it then
 * learns to number its records higher. */
void
rb_gossip_receive_known(rb_state_t *state, rb_peer_t *peer,
                        const rb_msg_heartbeat_t *heartbeat, rb_now_t now,
                        smartlist_t *actions)
{
  uint8_t digest[DIGEST256_LEN];

  rb_gossip_digest(state, digest);
  if (fast_memeq(digest, heartbeat->digest, sizeof(digest))) {
    peer->n_mismatches = 0;
    return;
  }
  peer->n_mismatches++;
  if (!heartbeat->known) {
    return;
  }
  if (is_missing(state->record, heartbeat->known)) {
    rb_outbox_send_record(state, peer, state->record, now, actions);
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, other) {
    if (is_listed(other) && is_missing(other->record, heartbeat->known)) {
      rb_outbox_send_record(state, peer, other->record, now, actions);
    }
  } DIGEST256MAP_FOREACH_END;
}

/** Return the node with <b>key</b>, which <b>sender</b> told us of; if it is
 * new, tell all others of it.  Return NULL, and count, if there is no room for
 * it. */
rb_peer_t *
rb_gossip_learn(rb_state_t *state, const ed25519_public_key_t *key,
                const rb_peer_t *sender, rb_now_t now, smartlist_t *actions)
{
  rb_peer_t *peer = rb_peers_find(state->peers, key);
  if (peer) {
    return peer;
  }
  peer = rb_peers_add(state->peers, key, state->config->max_peers, now.mono);
  if (!peer) {
    state->dropped[RB_DROP_LIMIT]++;
    return NULL;
  }
  state->neighbors_are_dirty = true;
  DIGEST256MAP_FOREACH(state->peers->map, k, rb_peer_t *, other) {
    if (other != peer && other != sender) {
      rb_outbox_send_announce(state, other, peer, now, actions);
    }
  } DIGEST256MAP_FOREACH_END;
  return peer;
}

/** Handle the news of <b>sender</b> that the node of <b>announce</b>
 * exists. */
void
rb_gossip_receive_announce(rb_state_t *state, rb_peer_t *sender,
                           const rb_msg_peer_announce_t *announce,
                           rb_now_t now, smartlist_t *actions)
{
  rb_peer_t *peer;
  if (ed25519_pubkey_eq(&announce->node_key, &state->node_keys.pubkey)) {
    return;
  }
  peer = rb_gossip_learn(state, &announce->node_key, sender, now, actions);
  if (peer && !peer->node_id[0]) {
    strlcpy(peer->node_id, announce->name, sizeof(peer->node_id));
    peer->priority = announce->priority;
  }
}

/** Somebody passed us our own <b>record</b>: outlive one that is newer than
 * ours. */
static void
receive_own_record(rb_state_t *state, const rb_record_t *record, rb_now_t now,
                   smartlist_t *actions)
{
  if (!rb_record_is_newer(record, state->record->incarnation,
                          state->record->sequence)) {
    state->dropped[RB_DROP_OLD_RECORD]++;
    return;
  }
  rb_state_outlive(state, record->incarnation);
  rb_outbox_broadcast_record(state, now, actions);
}

/** Take <b>record</b>, of the node <b>owner</b>, which refutes older
 * reports. */
static void
take_record(rb_state_t *state, rb_peer_t *owner, rb_record_t *record)
{
  if (owner->record && record->incarnation > owner->record->incarnation) {
    /* What we saw ourselves was of an earlier life: if it is not ours to
     * watch, others know better now. */
    owner->is_refused = false;
    owner->is_neighbor = false;
    state->neighbors_are_dirty = true;
    rb_neighbors_refresh(state);
  }
  rb_record_free(owner->record);
  owner->record = record;
  owner->n_reports = 0;
  if (!owner->channel) {
    /* It lives as far as we know; its own messages know better. */
    owner->priority = record->priority;
    strlcpy(owner->node_id, record->node_id, sizeof(owner->node_id));
  }
  state->merge_is_dirty = true;
}

/** Return the node whose newest record is, word for word, the one in
 * <b>msg</b>, or NULL: the same one comes from every neighbour, and is not
 * worth being verified each time. */
static rb_peer_t *
find_by_record(const rb_state_t *state, const rb_msg_intro_points_t *msg)
{
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    if (peer->record &&
        fast_memeq(peer->record->signature.sig, msg->signature.sig,
                   sizeof(msg->signature.sig)) &&
        !strcmp(peer->record->text, msg->record)) {
      return peer;
    }
  } DIGEST256MAP_FOREACH_END;
  return NULL;
}

/** <b>sender</b> passed on a record of <b>owner</b> that is not newer than
 * ours.  If we know that node to be dead, tell <b>sender</b>, which may have
 * come too late for the reports. */
static void
drop_old_record(rb_state_t *state, rb_peer_t *sender, const rb_peer_t *owner,
                rb_now_t now, smartlist_t *actions)
{
  state->dropped[RB_DROP_OLD_RECORD]++;
  if (owner->state == RB_NODE_DEAD && owner != sender) {
    rb_report_to(state, sender, owner, now, actions);
  }
}

/** Handle the signed record in <b>msg</b>, which came from <b>sender</b>:
 * keep it, and pass it on, if it is sound and newer than what we have. */
void
rb_gossip_receive_record(rb_state_t *state, rb_peer_t *sender,
                         const rb_msg_intro_points_t *msg, rb_now_t now,
                         smartlist_t *actions)
{
  rb_record_t *record = NULL;
  rb_peer_t *owner;
  rb_record_fault_t fault;

  owner = find_by_record(state, msg);
  if (owner) {
    drop_old_record(state, sender, owner, now, actions);
    return;
  }
  fault = rb_record_parse(msg->record, &msg->signature, state->cluster_id,
                          &record);
  if (fault != RB_RECORD_OK) {
    state->dropped[fault == RB_RECORD_WRONG_CLUSTER ?
                   RB_DROP_WRONG_CLUSTER : RB_DROP_BAD_RECORD]++;
    return;
  }
  if (ed25519_pubkey_eq(&record->node_key, &state->node_keys.pubkey)) {
    receive_own_record(state, record, now, actions);
    rb_record_free(record);
    return;
  }
  owner = rb_gossip_learn(state, &record->node_key, sender, now, actions);
  if (!owner) {
    rb_record_free(record);
    return;
  }
  if (owner->record &&
      !rb_record_is_newer(record, owner->record->incarnation,
                          owner->record->sequence)) {
    drop_old_record(state, sender, owner, now, actions);
    rb_record_free(record);
    return;
  }
  take_record(state, owner, record);
  if (!rb_neighbors_is_mesh(state)) {
    DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, other) {
      if (other != sender && other != owner) {
        rb_outbox_send_record(state, other, record, now, actions);
      }
    } DIGEST256MAP_FOREACH_END;
  }
}
