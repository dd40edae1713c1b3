/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_pow.c
 * @brief Proof-of-work defenses that all nodes have in common.
 *
 * A client solves the puzzle of the seed in the descriptor (prop327), and then
 * picks a point: each node must know that seed.  So the seeds are not random
 * but follow from the cluster token and the time, as times between two seeds
 * do; to those who have no token, both look as if tor had drawn them.
 *
 * A standby takes a new seed a little before the publisher does, for clocks
 * differ, and each accepts the one before.  While a token is replaced there
 * are two of them, and nodes accept the seeds of both.
 *
 * The effort that a descriptor suggests is the highest of what the nodes need.
 * rbalance_powstate.c ties this to tor's state.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_pow.h"

#include "feature/rbalance/rbalance_token.h"
#include "lib/arch/bytes.h"
#include "lib/crypt_ops/crypto_digest.h"
#include "lib/intmath/cmp.h"

#include <string.h>

/** What a pseudorandom value is for. */
typedef enum pow_use_t {
  USE_SEED = 1,
  USE_TIME = 2,
  USE_OFFSET = 3,
} pow_use_t;

/** Compute into the DIGEST256_LEN bytes at <b>out</b> the pseudorandom value
 * for <b>use</b> in the slot number <b>slot</b>. */
static void
derive(const rb_token_t *token, const uint8_t *cluster_id, pow_use_t use,
       uint64_t slot, uint8_t *out)
{
  uint8_t covered[RB_CLUSTER_ID_LEN + 1 + 8];
  memcpy(covered, cluster_id, RB_CLUSTER_ID_LEN);
  covered[RB_CLUSTER_ID_LEN] = (uint8_t) use;
  set_uint64(covered + RB_CLUSTER_ID_LEN + 1, tor_htonll(slot));
  crypto_hmac_sha256((char *) out, (const char *) token->pow_key,
                     sizeof(token->pow_key), (const char *) covered,
                     sizeof(covered));
}

/** Return a pseudorandom number below <b>bound</b>. */
static uint64_t
derive_below(const rb_token_t *token, const uint8_t *cluster_id,
             pow_use_t use, uint64_t slot, uint64_t bound)
{
  uint8_t digest[DIGEST256_LEN];
  derive(token, cluster_id, use, slot, digest);
  return tor_ntohll(get_uint64(digest)) % bound;
}

/** Return the second since the epoch in which the slot number <b>slot</b>
 * begins. */
static uint64_t
begin_of(const rb_token_t *token, const uint8_t *cluster_id, uint64_t slot)
{
  return slot * RB_POW_SLOT_SEC +
    derive_below(token, cluster_id, USE_OFFSET, 0, RB_POW_SLOT_SEC) +
    derive_below(token, cluster_id, USE_TIME, slot, RB_POW_JITTER_SEC);
}

/** Return the number of the slot that <b>now</b>, in seconds since the epoch,
 * is in. */
static uint64_t
slot_at(const rb_token_t *token, const uint8_t *cluster_id, uint64_t now)
{
  uint64_t slot = now / RB_POW_SLOT_SEC;
  /* An offset and a jitter are less than two slots. */
  while (slot > 0 && now < begin_of(token, cluster_id, slot)) {
    slot--;
  }
  return slot;
}

/** Store in <b>out</b> the seeds of a node with <b>tokens</b>, at least one,
 * at <b>now</b> seconds since the epoch. */
void
rb_pow_get_seeds(const smartlist_t *tokens, const uint8_t *cluster_id,
                 bool is_publisher, uint64_t now, rb_pow_seeds_t *out)
{
  const rb_token_t *token = smartlist_get(tokens, 0);
  const uint64_t then = is_publisher ? now : now + RB_POW_LEAD_SEC;
  const uint64_t slot = slot_at(token, cluster_id, then);

  derive(token, cluster_id, USE_SEED, slot, out->current);
  out->expires = begin_of(token, cluster_id, slot + 1);
  if (smartlist_len(tokens) > 1 &&
      then >= begin_of(token, cluster_id, slot) + RB_POW_GRACE_SEC) {
    /* The publisher may have this token first. */
    token = smartlist_get(tokens, 1);
    derive(token, cluster_id, USE_SEED, slot_at(token, cluster_id, now),
           out->previous);
  } else {
    derive(token, cluster_id, USE_SEED, slot - 1, out->previous);
  }
}

/** Note that tor suggests <b>own</b> as effort for what this node serves, and
 * return what the descriptor is to suggest: as publisher the most that any
 * living node told us it needs. */
uint32_t
rb_pow_share_effort(rb_state_t *state, uint32_t own)
{
  state->pow_effort = own;
  if (state->role == RB_ROLE_PUBLISHER) {
    DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
      if (rb_peer_is_alive(peer)) {
        own = MAX(own, peer->pow_effort);
      }
    } DIGEST256MAP_FOREACH_END;
  }
  return own;
}
