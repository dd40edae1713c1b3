/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_torrc.h
 * @brief Header file for cli_torrc.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_TORRC_H
#define TOR_TOOLS_RBALANCE_CLI_TORRC_H

#include "tools/rbalance/cli_home.h"
#include "tools/rbalance/cli_options.h"

/** What the torrc says of a node. */
typedef struct cli_torrc_t {
  /** All checked, and borrowed but for node_id. */
  const char *dir;
  const char *priority;
  const smartlist_t *ports;
  const smartlist_t *targets;
  char node_id[33];
  /** True iff the node joins others. */
  bool joins;
  /** True iff it has only the public key of the service. */
  bool keyless;
} cli_torrc_t;

char *cli_torrc_prepare(cli_torrc_t *torrc, const cli_options_t *options,
                        const char *hostname);
char *cli_torrc_print(const cli_torrc_t *torrc);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_TORRC_H) */
