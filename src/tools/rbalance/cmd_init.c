/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_init.c
 * @brief tor-rbalance init: make the first node of a service.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/crypt_ops/crypto_rand.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/encoding/binascii.h"
#include "lib/fs/files.h"
#include "lib/log/escape.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_client.h"
#include "tools/rbalance/cli_setup.h"

#include <string.h>

/** Return a new random cluster token. */
static char *
make_token(void)
{
  uint8_t random[DIGEST256_LEN];
  char text[HEX_DIGEST256_LEN + 1];
  char *token;
  crypto_strongest_rand(random, sizeof(random));
  base16_encode(text, sizeof(text), (const char *) random, sizeof(random));
  token = tor_strdup(text);
  memwipe(random, 0, sizeof(random));
  memwipe(text, 0, sizeof(text));
  return token;
}

/** Make the first node in <b>setup</b> as <b>options</b> say.  Return 0 on
 * success; else set *<b>fault_out</b> and return -1. */
static int
make_node(cli_setup_t *setup, const cli_options_t *options, char **fault_out)
{
  char *token_path = cli_home_get_path(setup->home, "rbalance/cluster_token");
  const bool is_made = file_status(token_path) != FN_NOENT;
  int has_key;

  tor_free(token_path);
  if (is_made) {
    tor_asprintf(fault_out, "%s is a node already. `tor-rbalance ticket` "
                 "prints a ticket for the next; for another service say "
                 "another --dir", escaped(setup->home->path));
    return -1;
  }
  has_key = cli_setup_load_key(setup, options, options->address, fault_out);
  if (has_key < 0) {
    return -1;
  }
  if (!has_key && ed25519_keypair_generate(&setup->keys, 1) < 0) {
    *fault_out = tor_strdup("can't make a key; look whether tor itself starts "
                            "here");
    return -1;
  }
  setup->token = make_token();
  if (cli_setup_issue_ticket(setup, options, !options->without_key,
                             fault_out) < 0) {
    return -1;
  }
  return cli_setup_write(setup, options, fault_out);
}

/** Make the first node of a service.  Return the exit status. */
int
cmd_init(const cli_options_t *options)
{
  char *fault = NULL;
  cli_setup_t *setup;

  if (options->address && !options->key) {
    cli_complain("--address is what --key must give; there is no --key. "
                 "Give the key, too, or leave --address out.");
    return CLI_USAGE;
  }
  setup = cli_setup_open(options, true, &fault);
  if (setup && make_node(setup, options, &fault) == 0) {
    cli_setup_tell(setup, options, true);
  }
  cli_setup_free(setup);
  if (fault) {
    cli_complain_of(fault);
    return CLI_BAD;
  }
  return CLI_GOOD;
}
