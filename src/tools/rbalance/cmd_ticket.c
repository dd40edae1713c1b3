/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_ticket.c
 * @brief tor-rbalance ticket: a ticket for a further node.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/log/escape.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_client.h"
#include "tools/rbalance/cli_setup.h"

/** Make a ticket in <b>setup</b> as <b>options</b> say.  Return 0 on success;
 * else set *<b>fault_out</b> and return -1. */
static int
make_ticket(cli_setup_t *setup, const cli_options_t *options,
            char **fault_out)
{
  const int has_key = cli_setup_load_key(setup, options, NULL, fault_out);
  if (has_key == 0) {
    tor_asprintf(fault_out, "there is no key of a service in %s; say --dir, "
                 "or begin with `tor-rbalance init`",
                 escaped(setup->home->path));
  }
  if (has_key <= 0) {
    return -1;
  }
  setup->token = cli_home_read_token(setup->home, fault_out);
  if (!setup->token) {
    return -1;
  }
  return cli_setup_issue_ticket(setup, options, options->with_key,
                                fault_out);
}

/** Print a ticket.  Return the exit status. */
int
cmd_ticket(const cli_options_t *options)
{
  char *fault = NULL;
  cli_setup_t *setup = cli_setup_open(options, false, &fault);
  if (setup && make_ticket(setup, options, &fault) == 0) {
    cli_setup_tell(setup, options, false);
  }
  cli_setup_free(setup);
  if (fault) {
    cli_complain_of(fault);
    return CLI_BAD;
  }
  return CLI_GOOD;
}
