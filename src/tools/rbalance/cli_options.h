/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_options.h
 * @brief Header file for cli_options.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_OPTIONS_H
#define TOR_TOOLS_RBALANCE_CLI_OPTIONS_H

#include "lib/container/smartlist.h"

/** What can be said after a verb.  All texts are borrowed. */
typedef struct cli_options_t {
  /** The verb and its arguments. */
  smartlist_t *words;
  /** --control: path or ADDRESS:PORT of the control port. */
  const char *control;
  /** --service: address of the onion service. */
  const char *service;
  /** --password-file. */
  const char *password_file;
  /** --dir: the HiddenServiceDir. */
  const char *dir;
  /** --key: a file with the key of a service. */
  const char *key;
  /** --address: the address that this key must give. */
  const char *address;
  /** --node-id and --priority, for the torrc. */
  const char *node_id;
  const char *priority;
  /** --port, as often as it was given: values of HiddenServicePort. */
  smartlist_t *ports;
  /** --target, as often: values of HiddenServiceBalanceTarget. */
  smartlist_t *targets;
  /** --torrc: the file to write. */
  const char *torrc;
  /** --user: who shall own what is made. */
  const char *user;
  /** --hours: how long a ticket is valid. */
  const char *hours;
  /** -f: the torrc to run. */
  const char *file;
  /** --json, --with-key, --without-key, --keyless, --help, --version. */
  int json;
  int with_key;
  int without_key;
  int keyless;
  int help;
  int version;
} cli_options_t;

cli_options_t *cli_options_parse(int argc, char **argv, char **fault_out);
void cli_options_free_(cli_options_t *options);
#define cli_options_free(options) \
  FREE_AND_NULL(cli_options_t, cli_options_free_, (options))
const char *cli_options_word(const cli_options_t *options, int idx);
char *cli_options_find_unfit(const cli_options_t *options,
                             const char *allowed);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_OPTIONS_H) */
