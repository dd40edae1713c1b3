/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_setup.h
 * @brief Header file for cli_setup.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_SETUP_H
#define TOR_TOOLS_RBALANCE_CLI_SETUP_H

#include "tools/rbalance/cli_home.h"
#include "tools/rbalance/cli_options.h"
#include "tools/rbalance/cli_torrc.h"

/** What is made on a machine, and told to the person there. */
typedef struct cli_setup_t {
  cli_home_t *home;
  cli_torrc_t torrc;
  ed25519_keypair_t keys;
  /** The cluster token, owned. */
  char *token;
  /** A ticket, its password and when it expires; NULL for none.  Owned. */
  char *ticket;
  char *password;
  uint64_t expires;
} cli_setup_t;

cli_setup_t *cli_setup_open(const cli_options_t *options, bool may_make,
                            char **fault_out);
void cli_setup_free_(cli_setup_t *setup);
#define cli_setup_free(setup) \
  FREE_AND_NULL(cli_setup_t, cli_setup_free_, (setup))
int cli_setup_load_key(cli_setup_t *setup, const cli_options_t *options,
                       const char *address, char **fault_out);
int cli_setup_issue_ticket(cli_setup_t *setup, const cli_options_t *options,
                           bool with_key, char **fault_out);
int cli_setup_write(cli_setup_t *setup, const cli_options_t *options,
                    char **fault_out);
void cli_setup_tell(const cli_setup_t *setup, const cli_options_t *options,
                    bool with_torrc);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_SETUP_H) */
