/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_socks.h
 * @brief Header file for cli_socks.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_SOCKS_H
#define TOR_TOOLS_RBALANCE_CLI_SOCKS_H

#include "lib/cc/torint.h"
#include "lib/net/nettypes.h"

int cli_socks_connect(tor_socket_t sock, const char *host, uint16_t port,
                      int msec, char **fault_out);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_SOCKS_H) */
