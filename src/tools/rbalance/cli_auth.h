/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_auth.h
 * @brief Header file for cli_auth.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_AUTH_H
#define TOR_TOOLS_RBALANCE_CLI_AUTH_H

#include "tools/rbalance/cli_conn.h"

/** Length of tor's cookie, of nonces and of hashes. */
#define CLI_COOKIE_LEN 32

/** How a control port can be convinced. */
typedef struct cli_auth_t {
  /** True iff it wants nothing, a proof that we can read the cookie, a
   * password. */
  bool wants_nothing;
  bool takes_cookie;
  bool takes_password;
  /** Path of the cookie, owned; NULL if it did not say. */
  char *cookie_path;
} cli_auth_t;

int cli_auth_parse(const cli_reply_t *reply, cli_auth_t *auth);
void cli_auth_clear(cli_auth_t *auth);
int cli_auth_check_challenge(const char *text, const uint8_t *cookie,
                             const uint8_t *nonce, uint8_t *proof_out);
int cli_auth_run(cli_conn_t *conn, const char *password_file,
                 char **fault_out);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_AUTH_H) */
