/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_client.h
 * @brief Header file for cli_client.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_CLIENT_H
#define TOR_TOOLS_RBALANCE_CLI_CLIENT_H

#include "tools/rbalance/cli_conn.h"
#include "tools/rbalance/cli_options.h"
#include "tools/rbalance/cli_row.h"

/** A tor that we talk to about one service. */
typedef struct cli_client_t {
  cli_conn_t *conn;
  /** Address of the service, without ".onion". */
  char *service;
} cli_client_t;

void cli_complain(const char *format, ...) CHECK_PRINTF(1, 2);
void cli_complain_of(char *fault);
cli_conn_t *cli_client_connect(const cli_options_t *options);
char *cli_client_get_info(cli_conn_t *conn, const char *key);
cli_client_t *cli_client_new(const cli_options_t *options);
void cli_client_free_(cli_client_t *client);
#define cli_client_free(client) \
  FREE_AND_NULL(cli_client_t, cli_client_free_, (client))
int cli_client_get_count(cli_client_t *client, const char *key,
                         uint64_t *n_out);
cli_row_t *cli_client_get_status(cli_client_t *client);
smartlist_t *cli_client_get_rows(cli_client_t *client, const char *key);
int64_t cli_client_get_max_skew(cli_client_t *client);
int cli_client_tell(cli_conn_t *conn, const char *command);
int cli_client_command(cli_client_t *client, const char *verb,
                       const char *node);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_CLIENT_H) */
