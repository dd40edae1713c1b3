/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_point.h
 * @brief Header file for rbalance_point.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_POINT_H
#define TOR_FEATURE_RBALANCE_RBALANCE_POINT_H

#include "feature/rbalance/rbalance_limits.h"
#include "lib/cc/torint.h"
#include "lib/container/smartlist.h"
#include "lib/defs/x25519_sizes.h"
#include "lib/malloc/malloc.h"
#include "lib/testsupport/testsupport.h"

/** The public parts of one introduction point of a node, enough to put it in
 * a descriptor (rend-spec-v3 section 2.5.2.2). */
typedef struct rb_point_t {
  /** Link specifiers of the relay: NSPEC and the specifiers. */
  uint8_t lspecs[RB_MAX_LSPECS_LEN];
  /** Bytes used in lspecs. */
  size_t lspecs_len;
  /** The relay's ntor onion key. */
  uint8_t onion_key[CURVE25519_PUBKEY_LEN];
  /** Authentication key of the introduction circuit: the point's identity,
   * unique in a cluster. */
  uint8_t auth_key[ED25519_PUBKEY_LEN];
  /** Encryption key that clients use in INTRODUCE1. */
  uint8_t enc_key[CURVE25519_PUBKEY_LEN];
} rb_point_t;

/** The points that one node holds for one descriptor of the service. */
typedef struct rb_pointset_t {
  /** Number of the time period of the descriptor. */
  uint64_t period_num;
  /** Blinded public key of the service in that period; a point works under
   * this key only. */
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  /** The rb_point_t objects, owned. */
  smartlist_t *points;
} rb_pointset_t;

/** What can be wrong with a point that somebody sent us. */
typedef enum rb_point_fault_t {
  RB_POINT_OK = 0,
  /** The link specifiers are malformed. */
  RB_POINT_BAD_LSPECS,
  /** A client needs an IPv4 address, an RSA id and an ed25519 id. */
  RB_POINT_MISSING_LSPEC,
  /** A key is zero or not on its curve. */
  RB_POINT_BAD_KEY,
} rb_point_fault_t;

MOCK_DECL(rb_point_fault_t, rb_point_check, (const rb_point_t *point));
bool rb_point_same_relay(const rb_point_t *a, const rb_point_t *b);
int rb_point_get_rsa_id(const rb_point_t *point, uint8_t *rsa_id_out);

rb_pointset_t *rb_pointset_new(uint64_t period_num,
                               const uint8_t *blinded_key);
rb_pointset_t *rb_pointset_dup(const rb_pointset_t *set);
bool rb_pointset_eq(const rb_pointset_t *a, const rb_pointset_t *b);
void rb_pointset_free_(rb_pointset_t *set);
#define rb_pointset_free(set) \
  FREE_AND_NULL(rb_pointset_t, rb_pointset_free_, (set))

smartlist_t *rb_pointsets_dup(const smartlist_t *sets);
bool rb_pointsets_eq(const smartlist_t *a, const smartlist_t *b);
void rb_pointsets_free_(smartlist_t *sets);
#define rb_pointsets_free(sets) \
  FREE_AND_NULL(smartlist_t, rb_pointsets_free_, (sets))
const rb_pointset_t *rb_pointsets_find(const smartlist_t *sets,
                                       const uint8_t *blinded_key);
int rb_pointsets_max_len(const smartlist_t *sets);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_POINT_H) */
