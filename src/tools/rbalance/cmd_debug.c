/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_debug.c
 * @brief tor-rbalance debug: look closer.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/crypt_ops/crypto_util.h"
#include "lib/log/escape.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_client.h"
#include "tools/rbalance/cli_home.h"
#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_key.h"
#include "tools/rbalance/cli_table.h"

#include <stdio.h>
#include <string.h>

/** Show the introduction points in the descriptors.  Return the exit
 * status: bad if there are none. */
static int
show_descriptor(const cli_options_t *options)
{
  static const cli_column_t columns[] = {
    { "DESC", "DESC", false, 0 }, { "PERIOD", "PERIOD", true, 0 },
    { "NODE", "NODE", false, 0 }, { "RELAY", "RELAY", false, 0 },
    { "AUTH", "AUTH KEY", false, 0 },
  };
  cli_client_t *client = cli_client_new(options);
  smartlist_t *rows =
    client ? cli_client_get_rows(client, "intro-points") : NULL;
  int status = CLI_BAD;

  if (rows && options->json) {
    json_t *json = json_object();
    json_object_set_new(json, "service", json_string(client->service));
    json_object_set_new(json, "points", cli_json_rows(rows));
    cli_json_print(json);
  } else if (rows) {
    char *text = cli_table_print(rows, columns, (int) ARRAY_LENGTH(columns),
                                 0);
    fputs(text, stdout);
    tor_free(text);
  }
  if (rows && smartlist_len(rows)) {
    status = CLI_GOOD;
  } else if (rows) {
    cli_complain("there are no introduction points; `tor-rbalance debug tor` "
                 "says whether tor is bootstrapped.");
  }
  cli_rows_free(rows);
  cli_client_free(client);
  return status;
}

/** Load into <b>out</b> the public key of the service that <b>options</b>
 * name: by a file with its key, or by its directory, where the node may be
 * keyless.  Return 0 on success; else set *<b>fault_out</b> to a new text and
 * return -1. */
static int
load_public_key(const cli_options_t *options, ed25519_public_key_t *out,
                char **fault_out)
{
  const char *dir = options->dir ? options->dir : CLI_DEFAULT_DIR;
  cli_home_t *home = NULL;
  char *path = NULL;
  ed25519_keypair_t keys;
  int r = -1;

  if (!options->key && !(home = cli_home_open(dir, false, NULL,
                                                 fault_out))) {
    return -1;
  }
  if (options->key || cli_home_has_key(home)) {
    path = options->key ? tor_strdup(options->key) :
      cli_home_get_path(home, "hs_ed25519_secret_key");
    r = cli_key_load(path, options->address, &keys, fault_out);
    *out = keys.pubkey;
    memwipe(&keys, 0, sizeof(keys));
  } else {
    path = cli_home_get_path(home, "hs_ed25519_public_key");
    r = cli_key_load_public(path, options->address, out, fault_out);
    if (r == 0) {
      tor_asprintf(fault_out, "there is no key of a service in %s; say --dir "
                   "or --key, or begin with `tor-rbalance init`",
                   escaped(home->path));
    }
  }
  tor_free(path);
  cli_home_free(home);
  return *fault_out ? -1 : 0;
}

/** Show the address that a key gives.  Return the exit status. */
static int
show_onion(const cli_options_t *options)
{
  ed25519_public_key_t key;
  char address[CLI_ADDRESS_LEN + 1];
  char *hostname = NULL, *fault = NULL;

  if (options->key && options->dir) {
    cli_complain("`debug show-onion` goes with --key or --dir, not both; "
                 "leave one out.");
    return CLI_USAGE;
  }
  if (load_public_key(options, &key, &fault) < 0) {
    cli_complain_of(fault);
    return CLI_BAD;
  }
  cli_key_get_address(&key, address);
  tor_asprintf(&hostname, "%s.onion", address);
  if (options->json) {
    json_t *json = json_object();
    json_object_set_new(json, "hostname", json_string(hostname));
    cli_json_print(json);
  } else {
    puts(hostname);
  }
  tor_free(hostname);
  return CLI_GOOD;
}

/** Show what there is to know of the tor itself.  Return the exit status: bad
 * if it does not reach the network. */
static int
show_tor(const cli_options_t *options)
{
  static const struct {
    const char *key;
    const char *name;
  } facts[] = {
    { "version", "version" }, { "uptime", "uptime" },
    { "status/bootstrap-phase", "bootstrap" },
    { "network-liveness", "network" },
    { "status/circuit-established", "circuits" },
    { "net/listeners/socks", "socks" }, { "config-file", "torrc" },
  };
  cli_conn_t *conn = cli_client_connect(options);
  json_t *json = json_object();
  int status = conn ? CLI_GOOD : CLI_BAD;

  for (unsigned i = 0; conn && i < ARRAY_LENGTH(facts); ++i) {
    char *value = cli_client_get_info(conn, facts[i].key);
    if (!value) {
      status = CLI_BAD;
      break;
    }
    if (!strcmp(facts[i].name, "circuits") && strcmp(value, "1")) {
      status = CLI_BAD;
    }
    if (options->json) {
      json_object_set_new(json, facts[i].name, json_string(value));
    } else {
      printf("%-10s %s\n", facts[i].name, value);
    }
    tor_free(value);
  }
  if (conn && options->json) {
    cli_json_print(json);
  } else {
    json_decref(json);
  }
  cli_conn_free(conn);
  return status;
}

/** Do what the second word of <b>options</b> says.  Return the exit status. */
int
cmd_debug(const cli_options_t *options)
{
  const char *name = cli_options_word(options, 1);
  if (name && !strcmp(name, "show-onion")) {
    return show_onion(options);
  }
  if (name && !strcmp(name, "descriptor")) {
    return show_descriptor(options);
  }
  if (name && !strcmp(name, "tor")) {
    return show_tor(options);
  }
  if (name && !strcmp(name, "fetch")) {
    return cmd_fetch(options);
  }
  if (name && !strcmp(name, "connect")) {
    return cmd_connect(options);
  }
  cli_complain("`debug` goes with descriptor, fetch, connect, tor or "
               "show-onion; it does not know %s.", escaped(name ? name : ""));
  return CLI_USAGE;
}
