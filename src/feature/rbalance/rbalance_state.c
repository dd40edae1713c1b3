/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_state.c
 * @brief What one node knows and decides on, for one balanced service.
 *
 * This file makes and keeps the state; rbalance_step.c changes it as events
 * come in, and rbalance_slot.c decides when a descriptor is published.
 * Nothing here knows of tor: the whole protocol runs in a test.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_state.h"

#include "feature/rbalance/rbalance_leave.h"
#include "feature/rbalance/rbalance_settings.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/encoding/binascii.h"
#include "lib/intmath/muldiv.h"
#include "lib/log/util_bug.h"
#include "lib/string/compat_string.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Characters of the node address that make the default node id. */
#define DEFAULT_NODE_ID_LEN 12

/** Return the state of a node that just started: see rb_state_t for the
 * arguments, which are copied.  <b>random_seed</b> seeds the jitters. */
rb_state_t *
rb_state_new(const rb_config_t *config, const uint8_t *cluster_id,
             const ed25519_public_key_t *service_key,
             const ed25519_keypair_t *node_keys, uint64_t random_seed,
             rb_now_t now)
{
  rb_state_t *state = tor_malloc_zero(sizeof(*state));
  memcpy(state->cluster_id, cluster_id, sizeof(state->cluster_id));
  ed25519_pubkey_copy(&state->service_key, service_key);
  memcpy(&state->node_keys, node_keys, sizeof(state->node_keys));
  state->random = random_seed;
  state->peers = rb_peers_new();
  state->exclusions = smartlist_new();
  state->record = rb_record_new();
  state->record->incarnation = now.wall;
  state->last_tick = now.mono;
  state->heartbeat_at = now.mono;
  rb_state_set_config(state, config, now.mono);
  return state;
}

/** Wipe and release <b>state</b>; NULL is fine. */
void
rb_state_free_(rb_state_t *state)
{
  if (!state) {
    return;
  }
  rb_config_free(state->config);
  rb_record_free(state->record);
  rb_exclusions_free(state->exclusions);
  rb_peers_free(state->peers);
  memwipe(state, 0, sizeof(*state));
  tor_free(state);
}

/** Store in <b>out</b>, of RB_NODE_ID_LEN + 1 bytes, the node id of a node
 * with <b>key</b> whose operator chose none: the first characters of its
 * onion address (rend-spec-v3 section 6: base32 of the key first). */
void
rb_state_default_node_id(const ed25519_public_key_t *key, char *out)
{
  char address[BASE32_BUFSIZE(ED25519_PUBKEY_LEN)];
  base32_encode(address, sizeof(address), (const char *) key->pubkey,
                sizeof(key->pubkey));
  tor_strlower(address);
  strlcpy(out, address, DEFAULT_NODE_ID_LEN + 1);
}

/** Make a copy of <b>config</b> the settings of <b>state</b>, and renew our
 * record, which carries some of them. */
void
rb_state_set_config(rb_state_t *state, const rb_config_t *config,
                    uint64_t now)
{
  rb_config_t *copy = rb_config_dup(config);
  rb_config_free(state->config);
  state->config = copy;
  rb_peers_set_configured(state->peers, copy, &state->node_keys.pubkey, now);
  state->neighbors_are_dirty = true;
  if (copy->node_id[0]) {
    strlcpy(state->record->node_id, copy->node_id,
            sizeof(state->record->node_id));
  } else {
    rb_state_default_node_id(&state->node_keys.pubkey, state->record->node_id);
  }
  state->record->priority = copy->priority;
  rb_state_note_keyless(state, state->record->is_keyless);
  rb_state_renew_record(state, NULL);
}

/** Note whether a descriptor of ours <b>is_keyless</b>: as long as one is, or
 * our settings say so, we can't publish.  Return true iff that changed what
 * our record has to say. */
bool
rb_state_note_keyless(rb_state_t *state, bool is_keyless)
{
  const bool before = state->record->is_keyless;
  state->record->is_keyless = is_keyless || state->config->keyless;
  return state->record->is_keyless != before;
}

/** Sign a new record that has our present settings and, unless it is NULL, a
 * copy of <b>sets</b> as our introduction points. */
void
rb_state_renew_record(rb_state_t *state, const smartlist_t *sets)
{
  if (sets) {
    smartlist_t *copy = rb_pointsets_dup(sets);
    rb_pointsets_free(state->record->sets);
    state->record->sets = copy;
  }
  state->record->sequence++;
  state->merge_is_dirty = true;
  if (rb_record_sign(state->record, state->cluster_id,
                     &state->node_keys) < 0) {
    tor_assert_nonfatal_unreached();
  }
}

/** Something of a life of ours with <b>incarnation</b>, that seems later than
 * this one, is about: our clock was set back since.  Start a life after that
 * one, or nobody would believe what we say in this. */
void
rb_state_outlive(rb_state_t *state, uint64_t incarnation)
{
  state->record->incarnation = incarnation + 1;
  rb_state_renew_record(state, NULL);
}

/** Return a random number for a jitter (SplitMix64, Steele et al. 2014). */
uint64_t
rb_state_random(rb_state_t *state)
{
  uint64_t z = (state->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/** Fill <b>offers</b> with the points that our node and every Healthy one have
 * for the descriptor with <b>blinded_key</b>, of the nodes with <b>rank</b>.
 * Return how many offers that are, and add to *<b>n_points</b> how many
 * points. */
static int
fill_offers(const rb_state_t *state, const uint8_t *blinded_key, int rank,
            rb_offer_t *offers, int *n_points)
{
  int n_offers = 0;

  if (rb_leave_get_rank(state, NULL) == rank) {
    offers[n_offers].node_key = state->node_keys.pubkey.pubkey;
    offers[n_offers++].set = rb_pointsets_find(state->record->sets,
                                               blinded_key);
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    if (peer->state == RB_NODE_HEALTHY && peer->record &&
        rb_leave_get_rank(state, peer) == rank) {
      offers[n_offers].node_key = peer->key.pubkey;
      offers[n_offers++].set = rb_pointsets_find(peer->record->sets,
                                                 blinded_key);
    }
  } DIGEST256MAP_FOREACH_END;
  for (int i = 0; i < n_offers; ++i) {
    *n_points += offers[i].set ? smartlist_len(offers[i].set->points) : 0;
  }
  return n_offers;
}

/** Return a new list of up to <b>cap</b> rb_choice_t: the points that the
 * descriptor with <b>blinded_key</b> should have, ours and those of every
 * Healthy node that is to take part and has a backend; if these have none,
 * those of the next rank: the last healthy node is never withdrawn.
 * <b>usable</b> and <b>arg</b> as for rb_merge().  The list borrows from
 * <b>state</b> and must not outlive the next step. */
smartlist_t *
rb_state_choose(const rb_state_t *state, const uint8_t *blinded_key, int cap,
                rb_point_usable_fn_t usable, void *arg)
{
  const int max_offers = 1 + rb_peers_count(state->peers);
  rb_offer_t *offers = tor_calloc(max_offers, sizeof(*offers));
  int n_points = 0, n_offers = 0;
  smartlist_t *choices;

  for (int rank = 0; n_points == 0 && rank <= RB_LEAVE_MAX_RANK; ++rank) {
    n_offers = fill_offers(state, blinded_key, rank, offers, &n_points);
  }
  choices = rb_merge(offers, n_offers, cap, blinded_key, usable, arg);
  tor_free(offers);
  return choices;
}

/** Return true iff this node is the publisher, and its lease lasts at
 * monotonic milliseconds <b>now</b>: only then may it upload.  One that was
 * stopped for long has the role until the election's next run. */
bool
rb_state_has_lease(const rb_state_t *state, uint64_t now)
{
  return state->role == RB_ROLE_PUBLISHER && now < state->lease_until;
}

/** Return the name of <b>drop</b> in GETINFO and metrics. */
const char *
rb_drop_to_string(rb_drop_t drop)
{
  switch (drop) {
    case RB_DROP_MALFORMED: return "MALFORMED";
    case RB_DROP_REPLAYED: return "REPLAYED";
    case RB_DROP_OVERSIZED: return "OVERSIZED";
    case RB_DROP_CHANNEL: return "CHANNEL";
    case RB_DROP_OLD_RECORD: return "OLD_RECORD";
    case RB_DROP_BAD_RECORD: return "BAD_RECORD";
    case RB_DROP_WRONG_CLUSTER: return "WRONG_CLUSTER";
    case RB_DROP_UNKNOWN_NODE: return "UNKNOWN_NODE";
    case RB_DROP_HANDSHAKE: return "HANDSHAKE";
    case RB_DROP_LIMIT: return "LIMIT";
    case RB_DROP_MAX_: break;
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}
