/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_torrc.c
 * @brief The torrc lines of a node.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_torrc.h"

#include "feature/rbalance/rbalance_target.h"
#include "lib/log/escape.h"
#include "lib/string/compat_string.h"
#include "lib/string/parse_int.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "tools/rbalance/cli_key.h"

#include <string.h>

/** Letters of the name of a node. */
#define NODE_ID_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
  "abcdefghijklmnopqrstuvwxyz0123456789_-"
/** What is served if nobody says: the web server of this machine. */
#define DEFAULT_PORT "80 127.0.0.1:80"

/** Store in the <b>size</b> bytes at <b>out</b> the name of this machine,
 * <b>hostname</b>, as far as it can be the name of a node. */
static void
make_node_id(const char *hostname, char *out, size_t size)
{
  size_t n = 0;
  for (const char *c = hostname; *c && *c != '.' && n + 1 < size; ++c) {
    out[n++] = strchr(NODE_ID_LETTERS, *c) ? *c : '-';
  }
  out[n] = '\0';
  if (!n) {
    strlcpy(out, "node", size);
  }
}

/** Return true iff <b>text</b> is a number from <b>least</b> to
 * <b>most</b>. */
static bool
is_number(const char *text, size_t len, unsigned long least,
          unsigned long most)
{
  char *copy = tor_strndup(text, len);
  int ok = 0;
  tor_parse_ulong(copy, 10, least, most, &ok, NULL);
  ok = ok && strspn(copy, "0123456789") == len;
  tor_free(copy);
  return ok;
}

/** Return what follows the port with which <b>text</b> begins, behind a
 * space, or "" for nothing; or NULL if it begins with none, or can't be the
 * end of a line of a torrc. */
static const char *
skip_port(const char *text)
{
  const size_t len = strcspn(text, " ");
  for (const char *c = text; *c; ++c) {
    if (*c < ' ' || *c > '~' || *c == '#') {
      return NULL;
    }
  }
  if (!is_number(text, len, 1, 65535)) {
    return NULL;
  }
  return text[len] ? text + len + 1 : "";
}

/** Return true iff <b>port</b> can follow HiddenServicePort: a port and, if
 * there is more, where it leads. */
static bool
is_port(const char *port)
{
  const char *rest = skip_port(port);
  return rest && (*rest || !strchr(port, ' '));
}

/** Return NULL if <b>target</b> can follow HiddenServiceBalanceTarget, else a
 * new text that says why not. */
static char *
judge_target(const char *target)
{
  char *fault = NULL;
  rb_target_t *parsed;
  ed25519_public_key_t key;

  if (!skip_port(target)) {
    tor_asprintf(&fault, "--target %s is not what HiddenServiceBalanceTarget "
                 "takes, such as \"80 http://ADDRESS.onion\"",
                 escaped(target));
    return fault;
  }
  parsed = rb_target_parse(target, &fault);
  if (parsed && parsed->reach == RB_REACH_ONION &&
      cli_key_from_address(parsed->host, &key) < 0) {
    tor_asprintf(&fault, "--target %s: %s is no onion address. One has 56 "
                 "letters and digits before .onion, as in the file hostname "
                 "of its service", escaped(target), parsed->host);
  }
  rb_target_free(parsed);
  return fault;
}

/** Fill <b>torrc</b> with what <b>options</b> say, for a machine called
 * <b>hostname</b>.  Return NULL, or a new text if they are wrong. */
char *
cli_torrc_prepare(cli_torrc_t *torrc, const cli_options_t *options,
                  const char *hostname)
{
  char *fault = NULL;
  memset(torrc, 0, sizeof(*torrc));
  torrc->ports = options->ports;
  torrc->targets = options->targets;
  torrc->keyless = options->keyless;
  torrc->priority = options->priority;
  if (!options->node_id) {
    make_node_id(hostname, torrc->node_id, sizeof(torrc->node_id));
  } else if (!options->node_id[0] ||
             strlen(options->node_id) >= sizeof(torrc->node_id) ||
             strspn(options->node_id, NODE_ID_LETTERS) !=
             strlen(options->node_id)) {
    tor_asprintf(&fault, "--node-id %s is not 1 to 32 of A-Z a-z 0-9 _ -",
                 escaped(options->node_id));
  } else {
    strlcpy(torrc->node_id, options->node_id, sizeof(torrc->node_id));
  }
  if (!fault && options->priority &&
      !is_number(options->priority, strlen(options->priority), 0, 65535)) {
    tor_asprintf(&fault, "--priority %s is not a number from 0 to 65535",
                 escaped(options->priority));
  }
  SMARTLIST_FOREACH_BEGIN(options->ports, const char *, port) {
    if (!fault && !is_port(port)) {
      tor_asprintf(&fault, "--port %s is not what HiddenServicePort takes, "
                   "such as \"80 127.0.0.1:8080\"", escaped(port));
    }
  } SMARTLIST_FOREACH_END(port);
  SMARTLIST_FOREACH_BEGIN(options->targets, const char *, target) {
    if (!fault) {
      fault = judge_target(target);
    }
  } SMARTLIST_FOREACH_END(target);
  return fault;
}

/** Return the lines of <b>torrc</b> as a new text. */
char *
cli_torrc_print(const cli_torrc_t *torrc)
{
  smartlist_t *lines = smartlist_new();
  char *text;

  smartlist_add_asprintf(lines, "HiddenServiceDir %s", torrc->dir);
  SMARTLIST_FOREACH(torrc->ports, const char *, port,
                    smartlist_add_asprintf(lines, "HiddenServicePort %s",
                                           port));
  if (!smartlist_len(torrc->ports) && !smartlist_len(torrc->targets)) {
    smartlist_add_strdup(lines, "HiddenServicePort " DEFAULT_PORT);
  }
  smartlist_add_strdup(lines, "HiddenServiceBalance 1");
  smartlist_add_asprintf(lines, "HiddenServiceBalanceNodeId %s",
                         torrc->node_id);
  SMARTLIST_FOREACH(torrc->targets, const char *, target,
                    smartlist_add_asprintf(lines, "HiddenServiceBalanceTarget "
                                           "%s", target));
  if (torrc->priority) {
    smartlist_add_asprintf(lines, "HiddenServiceBalancePriority %s",
                           torrc->priority);
  }
  if (torrc->keyless) {
    smartlist_add_strdup(lines, "HiddenServiceBalanceKeyless 1");
  }
  if (torrc->joins) {
    smartlist_add_strdup(lines, "HiddenServiceBalanceJoin 1");
  }
  text = smartlist_join_strings(lines, "\n", 1, NULL);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  return text;
}
