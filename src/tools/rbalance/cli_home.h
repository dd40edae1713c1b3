/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_home.h
 * @brief Header file for cli_home.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_HOME_H
#define TOR_TOOLS_RBALANCE_CLI_HOME_H

#include "lib/malloc/malloc.h"
#include "lib/crypt_ops/crypto_ed25519.h"

#include <sys/types.h>

/** The HiddenServiceDir if nobody says --dir. */
#define CLI_DEFAULT_DIR "/var/lib/tor/onion"

/** The HiddenServiceDir of a node, as we fill it. */
typedef struct cli_home_t {
  /** Its absolute path, owned. */
  char *path;
  /** Who shall own what we make. */
  uid_t uid;
  gid_t gid;
} cli_home_t;

cli_home_t *cli_home_open(const char *path, bool may_make, const char *user,
                          char **fault_out);
void cli_home_free_(cli_home_t *home);
#define cli_home_free(home) FREE_AND_NULL(cli_home_t, cli_home_free_, (home))
char *cli_home_get_owner(const cli_home_t *home);
bool cli_home_has_key(const cli_home_t *home);
char *cli_home_get_path(const cli_home_t *home, const char *name);
int cli_home_write_key(const cli_home_t *home, const ed25519_keypair_t *keys,
                       bool with_secret, char **fault_out);
int cli_home_write_token(const cli_home_t *home, const char *token,
                         char **fault_out);
char *cli_home_read_token(const cli_home_t *home, char **fault_out);
int cli_home_write_file(const cli_home_t *home, const char *path,
                        const char *text, size_t len, char **fault_out);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_HOME_H) */
