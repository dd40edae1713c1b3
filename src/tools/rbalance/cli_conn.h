/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_conn.h
 * @brief Header file for cli_conn.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_CONN_H
#define TOR_TOOLS_RBALANCE_CLI_CONN_H

#include "lib/net/nettypes.h"
#include "tools/rbalance/cli_reply.h"

/** A connection to a control port. */
typedef struct cli_conn_t {
  tor_socket_t sock;
  /** What came and is no complete line yet: n_buffered bytes. */
  char buffer[CLI_MAX_LINE];
  size_t n_buffered;
  /** What is being put together, owned; NULL between replies. */
  cli_reply_t *partial;
  /** Texts of the events that came, owned; the oldest are dropped. */
  smartlist_t *events;
} cli_conn_t;

tor_socket_t cli_conn_connect_to(const char *where);
cli_conn_t *cli_conn_new(tor_socket_t sock);
cli_conn_t *cli_conn_open(const char *where, char **fault_out);
void cli_conn_free_(cli_conn_t *conn);
#define cli_conn_free(conn) FREE_AND_NULL(cli_conn_t, cli_conn_free_, (conn))
cli_reply_t *cli_conn_ask(cli_conn_t *conn, const char *command,
                          char **fault_out);
int cli_conn_wait_event(cli_conn_t *conn, int msec, char **fault_out);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_CONN_H) */
