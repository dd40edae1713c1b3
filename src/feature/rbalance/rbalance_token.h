/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_token.h
 * @brief Header file for rbalance_token.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_TOKEN_H
#define TOR_FEATURE_RBALANCE_RBALANCE_TOKEN_H

#include "feature/rbalance/rbalance_limits.h"
#include "lib/container/smartlist.h"
#include "lib/malloc/malloc.h"

/** The keys derived from one cluster token. */
typedef struct rb_token_t {
  /** Key of the MACs in the handshake of a peer channel. */
  uint8_t handshake_key[RB_KEY_LEN];
  /** Key of the MAC in a tag. */
  uint8_t join_key[RB_KEY_LEN];
  /** Seed of the x25519 key that may read node services' descriptors. */
  uint8_t discovery_seed[RB_KEY_LEN];
  /** Key from which proof-of-work seeds follow. */
  uint8_t pow_key[RB_KEY_LEN];
} rb_token_t;

void rb_token_derive(rb_token_t *token, const char *text);
smartlist_t *rb_tokens_parse(const char *text, const char **fault_out);
void rb_tokens_free_(smartlist_t *tokens);
#define rb_tokens_free(tokens) \
  FREE_AND_NULL(smartlist_t, rb_tokens_free_, (tokens))

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_TOKEN_H) */
