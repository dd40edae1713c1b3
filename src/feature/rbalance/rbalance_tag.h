/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_tag.h
 * @brief Header file for rbalance_tag.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_TAG_H
#define TOR_FEATURE_RBALANCE_RBALANCE_TAG_H

#include "feature/rbalance/rbalance_token.h"
#include "lib/crypt_ops/crypto_ed25519.h"

/** Who may join, and since when somebody asks: see rbalance_tag.c. */
typedef struct rb_tag_t {
  /** Node key of the node that wants to join. */
  ed25519_public_key_t node_key;
  /** Authenticates all of it; no two tags have the same. */
  uint8_t mac[RB_TAG_MAC_LEN];
} rb_tag_t;

char *rb_tag_make(const rb_token_t *token, const uint8_t *cluster_id,
                  const ed25519_public_key_t *node_key,
                  const uint8_t *nonce, uint64_t wall);
int rb_tag_check(const char *text, const smartlist_t *tokens,
                 const uint8_t *cluster_id, uint64_t wall, rb_tag_t *tag);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_TAG_H) */
