/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_keys.h
 * @brief Header file for rbalance_keys.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_KEYS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_KEYS_H

#include "lib/container/smartlist.h"
#include "lib/crypt_ops/crypto_curve25519.h"
#include "lib/crypt_ops/crypto_ed25519.h"

struct rb_token_t;

char *rb_keys_find_token_fault(const char *service_dir);
char *rb_keys_find_keyless_fault(const char *service_dir);
char *rb_keys_get_path(const char *service_dir, const char *fname);
void rb_keys_list_files(const char *service_dir, smartlist_t *files);
int rb_keys_load(const char *service_dir, bool may_make_token,
                 ed25519_keypair_t *node_keys_out, smartlist_t **tokens_out);
void rb_keys_derive_discovery(const struct rb_token_t *token,
                              curve25519_secret_key_t *secret_out);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_KEYS_H) */
