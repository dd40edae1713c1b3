/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_backend.c
 * @brief tor-rbalance backend: take nodes out, and back.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/log/escape.h"
#include "lib/string/util_string.h"
#include "tools/rbalance/cli_client.h"

#include <stdio.h>
#include <string.h>

/** What can be done, by the command HSBALANCE. */
static const struct {
  const char *name;
  const char *verb;
  bool has_node;
  const char *done;
} actions[] = {
  { "exclude", "EXCLUDE", true, "All nodes leave it out, until it is "
    "included again." },
  { "include", "INCLUDE", true, "All nodes take it back." },
  { "drain", "DRAIN", false, "This node's introduction points leave the "
    "descriptor; it serves who has them. Undo it with `undrain`." },
  { "undrain", "UNDRAIN", false, "This node's introduction points come "
    "back." },
};

/** Return true iff <b>node</b> can be the name or address of one. */
static bool
is_node(const char *node)
{
  return node[0] && strlen(node) <= 62 &&
    strspn(node, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                 "0123456789_-.") == strlen(node);
}

/** Do the action <b>idx</b> with <b>node</b> if it needs one.  Return the exit
 * status. */
static int
act(const cli_options_t *options, unsigned idx, const char *node)
{
  cli_client_t *client = cli_client_new(options);
  int status = CLI_BAD;
  if (client &&
      cli_client_command(client, actions[idx].verb, node) == 0) {
    puts(actions[idx].done);
    status = CLI_GOOD;
  }
  cli_client_free(client);
  return status;
}

/** Do what the second word of <b>options</b> says.  Return the exit status. */
int
cmd_backend(const cli_options_t *options)
{
  const char *name = cli_options_word(options, 1);
  const char *node = cli_options_word(options, 2);

  if (!name || (!strcmp(name, "list") && node)) {
    cli_complain("`backend` goes with list, exclude NODE, include NODE, drain "
                 "or undrain.");
    return CLI_USAGE;
  }
  if (!strcmp(name, "list")) {
    return cmd_peers(options);
  }
  for (unsigned i = 0; i < ARRAY_LENGTH(actions); ++i) {
    if (strcmp(actions[i].name, name)) {
      continue;
    }
    if (actions[i].has_node ? !node || !is_node(node) : node != NULL) {
      cli_complain(actions[i].has_node ?
                   "`backend %s` needs the name or address of a node; "
                   "`backend list` has them." :
                   "`backend %s` is about the node it is said to, and takes "
                   "no name. Say it to the tor there (--control).", name);
      return CLI_USAGE;
    }
    if (options->json) {
      cli_complain("`backend %s` has no --json; leave it out.", name);
      return CLI_USAGE;
    }
    return act(options, i, node);
  }
  cli_complain("`backend` does not know %s; it goes with list, exclude NODE, "
               "include NODE, drain or undrain.", escaped(name));
  return CLI_USAGE;
}
