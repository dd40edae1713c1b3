/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_commands.h
 * @brief What the verbs do; each in the file cmd_VERB.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_COMMANDS_H
#define TOR_TOOLS_RBALANCE_CLI_COMMANDS_H

#include "tools/rbalance/cli_options.h"

/** Exit statuses. */
#define CLI_GOOD 0
#define CLI_BAD 1
#define CLI_USAGE 2

int cmd_status(const cli_options_t *options);
int cmd_peers(const cli_options_t *options);
int cmd_watch(const cli_options_t *options);
int cmd_backend(const cli_options_t *options);
int cmd_debug(const cli_options_t *options);
int cmd_fetch(const cli_options_t *options);
int cmd_connect(const cli_options_t *options);
int cmd_init(const cli_options_t *options);
int cmd_join(const cli_options_t *options);
int cmd_ticket(const cli_options_t *options);
int cmd_run(const cli_options_t *options);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_COMMANDS_H) */
