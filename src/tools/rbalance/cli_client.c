/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_client.c
 * @brief What the verbs ask a running tor.
 *
 * Whatever fails here is said on standard error, and the verb only has to
 * give up.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_client.h"

#include "lib/log/escape.h"
#include "lib/string/parse_int.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "tools/rbalance/cli_auth.h"
#include "tools/rbalance/cli_hints.h"
#include "tools/rbalance/cli_skew.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** Say on standard error what is wrong: <b>format</b> and what it needs. */
void
cli_complain(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  fputs("tor-rbalance: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

/** Complain of <b>fault</b>, and release it. */
void
cli_complain_of(char *fault)
{
  const size_t len = strlen(fault);
  cli_complain("%s%s", fault, len && fault[len - 1] == '.' ? "" : ".");
  tor_free(fault);
}

/** Return a connection to tor, authenticated, as <b>options</b> say; or
 * complain and return NULL. */
cli_conn_t *
cli_client_connect(const cli_options_t *options)
{
  char *fault = NULL;
  cli_conn_t *conn = cli_conn_open(options->control, &fault);
  if (conn && cli_auth_run(conn, options->password_file, &fault) == 0) {
    return conn;
  }
  cli_complain_of(fault);
  cli_conn_free(conn);
  return NULL;
}

/** Return a copy of the value that tor, at the other end of <b>conn</b>, has
 * for the GETINFO <b>key</b>; or complain and return NULL. */
char *
cli_client_get_info(cli_conn_t *conn, const char *key)
{
  char *command = NULL, *fault = NULL, *value = NULL;
  const char *found;
  cli_reply_t *reply;

  tor_asprintf(&command, "GETINFO %s", key);
  reply = cli_conn_ask(conn, command, &fault);
  found = reply && reply->code == 250 ? cli_reply_value(reply, key) : NULL;
  if (!reply) {
    cli_complain_of(fault);
  } else if (found) {
    value = tor_strdup(found);
  } else if (reply->code == 552) {
    cli_complain("this tor does not know %s: it has no such balanced onion "
                 "service, or no module rbalance. Without --service the "
                 "one that it has is shown, if there is one.", key);
  } else {
    cli_complain("tor does not say %s: %s. Look in its log.", key,
                 cli_reply_text(reply));
  }
  cli_reply_free(reply);
  tor_free(command);
  return value;
}

/** Return the address that <b>text</b> has, without ".onion" and in small
 * letters, as a new text; or NULL if it can't be one. */
static char *
normalize_address(const char *text)
{
  char *address = tor_strdup(text);
  tor_strlower(address);
  if (!strcmpend(address, ".onion")) {
    address[strlen(address) - strlen(".onion")] = '\0';
  }
  if (strlen(address) != 56 ||
      strspn(address, "abcdefghijklmnopqrstuvwxyz234567") != 56) {
    tor_free(address);
  }
  return address;
}

/** Return the only balanced service that tor has, new; or complain and return
 * NULL. */
static char *
find_only_service(cli_conn_t *conn)
{
  char *text = cli_client_get_info(conn, "hs/balance/services");
  char *service = NULL;
  if (!text) {
    return NULL;
  }
  if (!text[0]) {
    cli_complain("this tor has no balanced onion service. Set "
                 "HiddenServiceBalance 1 after its HiddenServiceDir, or begin "
                 "with `tor-rbalance init`.");
  } else if (strchr(text, '\n')) {
    cli_complain("this tor has several balanced onion services; give one of "
                 "them as --service:\n%s", text);
  } else if (!(service = normalize_address(text))) {
    cli_complain("the other end says nonsense; that is no tor: "
                 CLI_CHECK_CONTROL ".");
  }
  tor_free(text);
  return service;
}

/** Return a new client that is connected as <b>options</b> say; or complain
 * and return NULL. */
cli_client_t *
cli_client_new(const cli_options_t *options)
{
  cli_client_t *client = NULL;
  char *service = NULL;
  cli_conn_t *conn;

  if (options->service && !(service = normalize_address(options->service))) {
    cli_complain("--service %s is no onion address. One has 56 letters and "
                 "digits before .onion, and stands in the file hostname of "
                 "its HiddenServiceDir.",
                 escaped(options->service));
    return NULL;
  }
  conn = cli_client_connect(options);
  if (conn && (service || (service = find_only_service(conn)))) {
    client = tor_malloc_zero(sizeof(*client));
    client->conn = conn;
    client->service = service;
    return client;
  }
  cli_conn_free(conn);
  tor_free(service);
  return NULL;
}

/** Hang up and release <b>client</b>; NULL is fine. */
void
cli_client_free_(cli_client_t *client)
{
  if (!client) {
    return;
  }
  cli_conn_free(client->conn);
  tor_free(client->service);
  tor_free(client);
}

/** Say that we do not understand tor's answer. */
static void
complain_of_form(void)
{
  cli_complain("tor's answer has another form than this program knows; are "
               "both of the same version? `tor-rbalance --version` and "
               "`tor-rbalance debug tor` say.");
}

/** Set *<b>n_out</b> to the number that tor has for the GETINFO <b>key</b>.
 * Return 0 on success; else complain and return -1. */
int
cli_client_get_count(cli_client_t *client, const char *key, uint64_t *n_out)
{
  char *text = cli_client_get_info(client->conn, key);
  int ok = 0;
  if (text) {
    *n_out = tor_parse_uint64(text, 10, 0, UINT64_MAX, &ok, NULL);
    if (!ok) {
      complain_of_form();
    }
    tor_free(text);
  }
  return ok ? 0 : -1;
}

/** Return what tor has for hs/balance/<b>key</b> of our service, new; or
 * complain and return NULL. */
static char *
get_about_service(cli_client_t *client, const char *key)
{
  char *full = NULL, *value;
  tor_asprintf(&full, "hs/balance/%s/%s", key, client->service);
  value = cli_client_get_info(client->conn, full);
  tor_free(full);
  return value;
}

/** Return the status of our service, new; or complain and return NULL. */
cli_row_t *
cli_client_get_status(cli_client_t *client)
{
  char *text = get_about_service(client, "status");
  cli_row_t *row = text ? cli_row_parse(text, "\n") : NULL;
  if (text && !row) {
    complain_of_form();
  }
  tor_free(text);
  return row;
}

/** Return the rows that tor has for hs/balance/<b>key</b> of our service, new;
 * or complain and return NULL. */
smartlist_t *
cli_client_get_rows(cli_client_t *client, const char *key)
{
  char *text = get_about_service(client, key);
  smartlist_t *rows = text ? cli_rows_parse(text) : NULL;
  if (text && !rows) {
    complain_of_form();
  }
  tor_free(text);
  return rows;
}

/** Return how many milliseconds the clocks of our service's nodes may be
 * apart; or complain and return -1. */
int64_t
cli_client_get_max_skew(cli_client_t *client)
{
  char *fault = NULL;
  cli_reply_t *reply = cli_conn_ask(client->conn,
                                    "GETCONF HiddenServiceOptions", &fault);
  int64_t msec = -1;
  if (!reply) {
    cli_complain_of(fault);
  } else {
    msec = cli_skew_find(reply->lines, client->service);
  }
  cli_reply_free(reply);
  return msec;
}

/** Return what to do when tor refuses something with <b>code</b>. */
static const char *
hint_for_refusal(int code)
{
  switch (code) {
    case 552:
      return "`tor-rbalance peers` has the names and addresses of all nodes.";
    case 551:
      return "`tor-rbalance status` says how this node is now.";
    default:
      return "Look in tor's log.";
  }
}

/** Give <b>command</b> on <b>conn</b>.  Return 0 if tor did it, else complain
 * and return -1. */
int
cli_client_tell(cli_conn_t *conn, const char *command)
{
  char *fault = NULL;
  cli_reply_t *reply = cli_conn_ask(conn, command, &fault);
  int r = -1;

  if (!reply) {
    cli_complain_of(fault);
  } else if (reply->code != 250) {
    cli_complain("tor does not do that: %s. %s", cli_reply_text(reply),
                 hint_for_refusal(reply->code));
  } else {
    r = 0;
  }
  cli_reply_free(reply);
  return r;
}

/** Give the command HSBALANCE with <b>verb</b> and, unless it is NULL,
 * <b>node</b>.  Return 0 if tor did it, else complain and return -1. */
int
cli_client_command(cli_client_t *client, const char *verb, const char *node)
{
  char *command = NULL;
  int r;

  tor_asprintf(&command, "HSBALANCE %s %s%s%s", client->service, verb,
               node ? " " : "", node ? node : "");
  r = cli_client_tell(client->conn, command);
  tor_free(command);
  return r;
}
