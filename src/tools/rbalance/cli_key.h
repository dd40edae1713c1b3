/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_key.h
 * @brief Header file for cli_key.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_KEY_H
#define TOR_TOOLS_RBALANCE_CLI_KEY_H

#include "lib/crypt_ops/crypto_ed25519.h"

/** Length of an onion address without ".onion", and room for one with that. */
#define CLI_ADDRESS_LEN 56
#define CLI_HOSTNAME_SIZE (CLI_ADDRESS_LEN + sizeof(".onion"))

void cli_key_get_address(const ed25519_public_key_t *key, char *out);
char *cli_key_read_hostname(const char *text);
int cli_key_from_address(const char *address, ed25519_public_key_t *out);
int cli_key_from_bytes(const uint8_t *bytes, size_t len,
                       const uint8_t *public_bytes, ed25519_keypair_t *out,
                       const char **fault_out);
int cli_key_public_from_bytes(const uint8_t *bytes, size_t len,
                              ed25519_public_key_t *out);
int cli_key_load(const char *path, const char *address,
                 ed25519_keypair_t *out, char **fault_out);
int cli_key_load_public(const char *path, const char *address,
                        ed25519_public_key_t *out, char **fault_out);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_KEY_H) */
