/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_node.h
 * @brief Header file for rbalance_node.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_NODE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_NODE_H

#include "lib/container/smartlist.h"
#include "lib/crypt_ops/crypto_ed25519.h"

struct rb_token_t;

int rb_node_ensure_service(const ed25519_keypair_t *node_keys,
                           const smartlist_t *tokens);
void rb_node_remove_service(const ed25519_public_key_t *node_key);
int rb_node_prepare_client(const ed25519_public_key_t *peer,
                           const struct rb_token_t *token);
bool rb_node_is_refused(const ed25519_public_key_t *peer);
void rb_node_forget_descriptor(const ed25519_public_key_t *peer);
void rb_node_renew_descriptor(const ed25519_public_key_t *peer);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_NODE_H) */
