/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_merge.c
 * @brief Which introduction points share a descriptor.
 *
 * Nodes take turns: each gives its first point, then each its second, until
 * the cap is reached.  So every node has its fair share cap / nodes, what
 * some can't use goes to the others, no two nodes with points left differ by
 * more than one, and with at least as many places as nodes everybody has
 * one.  Turns, and the points of a node, are in an order that a hash of the
 * seed makes; with the descriptor's blinded key as seed it is random to
 * everybody, but the same on every node and stable while the points are, so
 * that a merge is only published again when something changed, and two
 * publishers that know the same points make the same choice.
 *
 * Of several points at one relay only one is chosen: a client picks a point
 * but remembers its relay only, and then takes the first point at that relay
 * (find_desc_intro_point_by_legacy_id() in hs_client.c).  rbalance_overlap.c
 * sees to it that nodes use different relays.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_merge.h"

#include "lib/crypt_ops/crypto_digest.h"
#include "lib/ctime/di_ops.h"

#include <string.h>

/** A point with its places in the two orders. */
typedef struct ranked_point_t {
  /** Place among the points of its node. */
  uint8_t turn_rank[DIGEST256_LEN];
  /** Place in the descriptor. */
  uint8_t final_rank[DIGEST256_LEN];
  rb_choice_t choice;
} ranked_point_t;

/** A node with its ranked_point_t left to give. */
typedef struct ranked_node_t {
  uint8_t rank[DIGEST256_LEN];
  smartlist_t *points;
} ranked_node_t;

/** Store in the DIGEST256_LEN bytes at <b>out</b> the place of the 32-byte
 * <b>key</b> in the order <b>label</b> of the 32-byte <b>seed</b>. */
static void
compute_rank(char label, const uint8_t *seed, const uint8_t *key,
             uint8_t *out)
{
  char msg[1 + 2 * ED25519_PUBKEY_LEN];
  msg[0] = label;
  memcpy(msg + 1, seed, ED25519_PUBKEY_LEN);
  memcpy(msg + 1 + ED25519_PUBKEY_LEN, key, ED25519_PUBKEY_LEN);
  crypto_digest256((char *) out, msg, sizeof(msg), DIGEST_SHA3_256);
}

/** Order nodes by rank, for smartlist_sort(). */
static int
compare_nodes(const void **a_, const void **b_)
{
  const ranked_node_t *a = *a_, *b = *b_;
  return fast_memcmp(a->rank, b->rank, sizeof(a->rank));
}

/** Order the points of a node by rank, for smartlist_sort(). */
static int
compare_turns(const void **a_, const void **b_)
{
  const ranked_point_t *a = *a_, *b = *b_;
  return fast_memcmp(a->turn_rank, b->turn_rank, sizeof(a->turn_rank));
}

/** Order chosen points for the descriptor, for smartlist_sort(). */
static int
compare_final(const void **a_, const void **b_)
{
  const ranked_point_t *a = *a_, *b = *b_;
  return fast_memcmp(a->final_rank, b->final_rank, sizeof(a->final_rank));
}

/** Return <b>offer</b> as a new ranked_node_t, with the points that are
 * <b>usable</b>, best turn first. */
static ranked_node_t *
rank_offer(const rb_offer_t *offer, const uint8_t *seed,
           rb_point_usable_fn_t usable, void *arg)
{
  ranked_node_t *node = tor_malloc_zero(sizeof(*node));
  compute_rank('n', seed, offer->node_key, node->rank);
  node->points = smartlist_new();
  if (!offer->set) {
    return node;
  }
  SMARTLIST_FOREACH_BEGIN(offer->set->points, const rb_point_t *, point) {
    ranked_point_t *ranked;
    if (usable && !usable(point, arg)) {
      continue;
    }
    ranked = tor_malloc_zero(sizeof(*ranked));
    compute_rank('t', seed, point->auth_key, ranked->turn_rank);
    compute_rank('f', seed, point->auth_key, ranked->final_rank);
    ranked->choice.point = point;
    ranked->choice.node_key = offer->node_key;
    smartlist_add(node->points, ranked);
  } SMARTLIST_FOREACH_END(point);
  smartlist_sort(node->points, compare_turns);
  return node;
}

/** Return true iff clients would not use <b>ranked</b> beside <b>chosen</b>:
 * a point there has its authentication key or is at the same relay. */
static bool
is_shadowed(const smartlist_t *chosen, const ranked_point_t *ranked)
{
  const rb_point_t *point = ranked->choice.point;
  SMARTLIST_FOREACH_BEGIN(chosen, const ranked_point_t *, other) {
    if (fast_memeq(other->choice.point->auth_key, point->auth_key,
                   sizeof(point->auth_key)) ||
        rb_point_same_relay(other->choice.point, point)) {
      return true;
    }
  } SMARTLIST_FOREACH_END(other);
  return false;
}

/** Let <b>node</b> give its next point to <b>chosen</b>.  Return true iff it
 * had one that clients will use. */
static bool
take_turn(ranked_node_t *node, smartlist_t *chosen)
{
  while (smartlist_len(node->points)) {
    ranked_point_t *ranked = smartlist_get(node->points, 0);
    smartlist_del_keeporder(node->points, 0);
    if (!is_shadowed(chosen, ranked)) {
      smartlist_add(chosen, ranked);
      return true;
    }
    tor_free(ranked);
  }
  return false;
}

/** Return a new list of up to <b>cap</b> rb_choice_t from the
 * <b>n_offers</b> offers at <b>offers</b>, in the order they should have in
 * the descriptor.  <b>seed</b> is 32 bytes, the blinded key of the
 * descriptor; <b>usable</b> may be NULL and gets <b>arg</b>.  The choices
 * borrow from the offers; free the list with rb_choices_free(). */
smartlist_t *
rb_merge(const rb_offer_t *offers, int n_offers, int cap,
         const uint8_t *seed, rb_point_usable_fn_t usable, void *arg)
{
  smartlist_t *nodes = smartlist_new();
  smartlist_t *chosen = smartlist_new();
  smartlist_t *choices = smartlist_new();
  bool someone_gave = true;

  for (int i = 0; i < n_offers; ++i) {
    smartlist_add(nodes, rank_offer(&offers[i], seed, usable, arg));
  }
  smartlist_sort(nodes, compare_nodes);

  while (someone_gave && smartlist_len(chosen) < cap) {
    someone_gave = false;
    SMARTLIST_FOREACH_BEGIN(nodes, ranked_node_t *, node) {
      if (smartlist_len(chosen) < cap && take_turn(node, chosen)) {
        someone_gave = true;
      }
    } SMARTLIST_FOREACH_END(node);
  }

  smartlist_sort(chosen, compare_final);
  SMARTLIST_FOREACH_BEGIN(chosen, ranked_point_t *, ranked) {
    smartlist_add(choices, tor_memdup(&ranked->choice,
                                      sizeof(ranked->choice)));
    tor_free(ranked);
  } SMARTLIST_FOREACH_END(ranked);
  smartlist_free(chosen);
  SMARTLIST_FOREACH_BEGIN(nodes, ranked_node_t *, node) {
    SMARTLIST_FOREACH(node->points, ranked_point_t *, p, tor_free(p));
    smartlist_free(node->points);
    tor_free(node);
  } SMARTLIST_FOREACH_END(node);
  smartlist_free(nodes);
  return choices;
}

/** Release the list <b>choices</b>; NULL is fine. */
void
rb_choices_free_(smartlist_t *choices)
{
  if (!choices) {
    return;
  }
  SMARTLIST_FOREACH(choices, rb_choice_t *, choice, tor_free(choice));
  smartlist_free(choices);
}

/** Store in the DIGEST256_LEN bytes at <b>digest_out</b> a digest of the
 * points in <b>choices</b>: all that a client learns of them. */
void
rb_choices_digest(const smartlist_t *choices, uint8_t *digest_out)
{
  crypto_digest_t *digest = crypto_digest256_new(DIGEST_SHA3_256);
  SMARTLIST_FOREACH_BEGIN(choices, const rb_choice_t *, choice) {
    const rb_point_t *point = choice->point;
    crypto_digest_add_bytes(digest, (const char *) point->auth_key,
                            sizeof(point->auth_key));
    crypto_digest_add_bytes(digest, (const char *) point->enc_key,
                            sizeof(point->enc_key));
    crypto_digest_add_bytes(digest, (const char *) point->onion_key,
                            sizeof(point->onion_key));
    crypto_digest_add_bytes(digest, (const char *) point->lspecs,
                            point->lspecs_len);
  } SMARTLIST_FOREACH_END(choice);
  crypto_digest_get_digest(digest, (char *) digest_out, DIGEST256_LEN);
  crypto_digest_free(digest);
}

/** Return how many different nodes the points in <b>choices</b> are of. */
int
rb_choices_count_nodes(const smartlist_t *choices)
{
  int count = 0;
  SMARTLIST_FOREACH_BEGIN(choices, const rb_choice_t *, choice) {
    bool is_first = true;
    for (int i = 0; i < choice_sl_idx && is_first; ++i) {
      const rb_choice_t *earlier = smartlist_get(choices, i);
      is_first = !fast_memeq(earlier->node_key, choice->node_key,
                             ED25519_PUBKEY_LEN);
    }
    count += is_first;
  } SMARTLIST_FOREACH_END(choice);
  return count;
}
