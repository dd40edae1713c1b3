/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file tor_rbalance.c
 * @brief tor-rbalance: the operator's tool.
 *
 * This file finds the verb; cmd_VERB.c does it.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/crypt_ops/crypto_init.h"
#include "lib/log/escape.h"
#include "lib/log/log.h"
#include "lib/time/compat_time.h"
#include "lib/version/torversion.h"
#include "tools/rbalance/cli_client.h"
#include "tools/rbalance/cli_hints.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/** Options of all verbs that talk to a tor. */
#define CONTROL_OPTIONS "--control --service --password-file"
/** Options of those that make a node. */
#define SETUP_OPTIONS "--dir --key --node-id --priority --port --target " \
  "--torrc --user --password-file --json"

/** The verbs. */
static const struct {
  const char *name;
  /** Most words after it. */
  int max_words;
  /** The options it goes with. */
  const char *options;
  int (*run)(const cli_options_t *options);
  /** How to use it, and what for. */
  const char *usage;
} verbs[] = {
  { "init", 0, SETUP_OPTIONS " --address --hours --without-key", cmd_init,
    "init [--dir DIR] [--key FILE [--address ADDRESS]] [--port PORT]...\n"
    "       [--target TARGET]... [--node-id NAME] [--priority N]\n"
    "       [--torrc FILE] [--user NAME] [--hours N] [--without-key]\n"
    "       [--password-file FILE] [--json]\n"
    "    make the first node of a service, and a ticket for the next" },
  { "join", 1, SETUP_OPTIONS " --keyless", cmd_join,
    "join TICKET [--dir DIR] [--key FILE | --keyless] [--port PORT]...\n"
    "       [--target TARGET]... [--node-id NAME] [--priority N]\n"
    "       [--torrc FILE] [--user NAME] [--password-file FILE] [--json]\n"
    "    make a further node from a ticket, a file with one, or \"-\"" },
  { "ticket", 0, "--dir --with-key --hours --password-file --json", cmd_ticket,
    "ticket [--dir DIR] [--with-key] [--hours N] [--password-file FILE]\n"
    "       [--json]\n"
    "    print another ticket" },
  { "run", 0, "-f", cmd_run,
    "run [-f TORRC]\n"
    "    become tor" },
  { "status", 0, CONTROL_OPTIONS " --json", cmd_status,
    "status [--json]\n"
    "    how the service is; exit status 1 if something is wrong" },
  { "peers", 0, CONTROL_OPTIONS " --json", cmd_peers,
    "peers [--json]\n"
    "    its nodes" },
  { "watch", 0, CONTROL_OPTIONS, cmd_watch,
    "watch\n"
    "    the same as status, with traffic, live; without a terminal the\n"
    "    events, a line each" },
  { "backend", 2, CONTROL_OPTIONS " --json", cmd_backend,
    "backend list [--json] | exclude NODE | include NODE | drain | undrain\n"
    "    take a node out, said to any node, or this one, and back" },
  { "debug", 3, CONTROL_OPTIONS " --json --dir --key --address", cmd_debug,
    "debug descriptor [--json]\n"
    "    the introduction points in the descriptors\n"
    "  debug fetch ADDRESS [--json]\n"
    "    ask the directories for an onion service\n"
    "  debug connect ADDRESS [PORT] [--json]\n"
    "    connect to it through tor\n"
    "  debug tor [--json]\n"
    "    whether tor itself is well\n"
    "  debug show-onion [--dir DIR | --key FILE] [--address ADDRESS] "
    "[--json]\n"
    "    the address of a service, from its directory or key" },
};

/** Print how to use this program. */
static void
print_usage(FILE *out)
{
  fputs("usage: tor-rbalance VERB [OPTION...]\n\n", out);
  for (unsigned i = 0; i < ARRAY_LENGTH(verbs); ++i) {
    fprintf(out, "  %s\n", verbs[i].usage);
  }
  fputs("\nOptions of all that ask a running tor:\n"
        "  --control PATH|ADDRESS:PORT  its control port (default: "
        "/run/tor/control,\n"
        "                               then 127.0.0.1:9051)\n"
        "  --service ADDRESS            the onion service, if it has several\n"
        "  --password-file FILE         the control port's password, \"-\" "
        "for standard input\n"
        "\nThe manual is tor-rbalance(1).\n", out);
}

/** Run the verb that <b>options</b> have.  Return the exit status. */
static int
run_verb(const cli_options_t *options)
{
  const char *name = cli_options_word(options, 0);
  for (unsigned i = 0; i < ARRAY_LENGTH(verbs); ++i) {
    char *unfit;
    if (strcmp(name, verbs[i].name)) {
      continue;
    }
    unfit = cli_options_find_unfit(options, verbs[i].options);
    if (unfit) {
      cli_complain("`%s` does not go with %s; `tor-rbalance --help` says "
                   "what does.", name, unfit);
      tor_free(unfit);
      return CLI_USAGE;
    }
    if (smartlist_len(options->words) > 1 + verbs[i].max_words) {
      cli_complain("`%s` has too many words after it: %s. A value with "
                   "spaces needs quotes.", name,
                   escaped(cli_options_word(options,
                                            1 + verbs[i].max_words)));
      return CLI_USAGE;
    }
    return verbs[i].run(options);
  }
  cli_complain("there is no verb %s; " CLI_SEE_HELP ".",
               escaped(name));
  return CLI_USAGE;
}

/** Do what the words in <b>argv</b> say.  Return the exit status. */
static int
run(int argc, char **argv)
{
  char *fault = NULL;
  cli_options_t *options = cli_options_parse(argc, argv, &fault);
  int status = CLI_GOOD;

  if (!options) {
    cli_complain_of(fault);
    return CLI_USAGE;
  }
  if (options->help) {
    print_usage(stdout);
  } else if (options->version) {
    printf("tor-rbalance of Tor %s\n", get_short_version());
  } else if (!cli_options_word(options, 0)) {
    print_usage(stderr);
    status = CLI_USAGE;
  } else {
    status = run_verb(options);
  }
  cli_options_free(options);
  return status;
}

/** Set up tor's library, and run. */
int
main(int argc, char **argv)
{
  int status;
  init_logging(1);
  monotime_init();
  signal(SIGPIPE, SIG_IGN);
  if (crypto_global_init(0, NULL, NULL) < 0) {
    cli_complain("the cryptographic library does not work; look whether tor "
                 "itself starts here.");
    return CLI_BAD;
  }
  status = run(argc, argv);
  crypto_global_cleanup();
  if (fflush(stdout) != 0) {
    cli_complain("can't write to standard output; make room where it goes.");
    status = CLI_BAD;
  }
  return status;
}
