/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_fetch.c
 * @brief tor-rbalance debug fetch: do directories have an onion service?
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/container/smartlist.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "lib/time/compat_time.h"
#include "tools/rbalance/cli_client.h"
#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_key.h"

#include <stdio.h>
#include <string.h>

/** Milliseconds until a directory has answered, or never will. */
#define ANSWER_MSEC 20000
/** Directories that we have tor ask: so many have a descriptor, and tor asks
 * one of them each time. */
#define MAX_ANSWERS 8
/** Words of an HS_DESC event (control-spec, HS_DESC): what happened, to which
 * address, and at which directory. */
#define WORD_ACTION 1
#define WORD_ADDRESS 2
#define WORD_HSDIR 4

/** What became of a fetch. */
typedef struct fetch_t {
  /** The address, without ".onion". */
  const char *address;
  /** Answers of directories: new objects. */
  json_t *answers;
  bool is_found;
} fetch_t;

/** Return what follows <b>key</b> in one of <b>words</b>; or NULL. */
static const char *
find_value(const smartlist_t *words, const char *key)
{
  SMARTLIST_FOREACH(words, const char *, word, {
    if (!strcmpstart(word, key)) {
      return word + strlen(key);
    }
  });
  return NULL;
}

/** Note in <b>fetch</b> what the event of these <b>words</b> says. */
static void
note_event(fetch_t *fetch, const smartlist_t *words)
{
  const char *action, *reason = find_value(words, "REASON=");
  json_t *answer;

  if (smartlist_len(words) <= WORD_HSDIR ||
      strcmp(smartlist_get(words, 0), "HS_DESC") ||
      strcmp(smartlist_get(words, WORD_ADDRESS), fetch->address)) {
    return;
  }
  action = smartlist_get(words, WORD_ACTION);
  if (strcmp(action, "RECEIVED") && strcmp(action, "FAILED")) {
    return;
  }
  fetch->is_found |= !strcmp(action, "RECEIVED");
  answer = json_object();
  json_object_set_new(answer, "hsdir",
                      json_string(smartlist_get(words, WORD_HSDIR)));
  json_object_set_new(answer, "result", json_string(action));
  if (reason) {
    json_object_set_new(answer, "reason", json_string(reason));
  }
  json_array_append_new(fetch->answers, answer);
}

/** Note in <b>fetch</b> the events that came on <b>conn</b>. */
static void
note_events(fetch_t *fetch, cli_conn_t *conn)
{
  SMARTLIST_FOREACH_BEGIN(conn->events, char *, event) {
    smartlist_t *words = smartlist_new();
    smartlist_split_string(words, event, " ", SPLIT_IGNORE_BLANK, 0);
    note_event(fetch, words);
    SMARTLIST_FOREACH(words, char *, word, tor_free(word));
    smartlist_free(words);
    tor_free(event);
  } SMARTLIST_FOREACH_END(event);
  smartlist_clear(conn->events);
}

/** Wait for another answer in <b>fetch</b> on <b>conn</b>.  Return 0 on
 * success, whether or not one came; else complain and return -1. */
static int
wait_answer(fetch_t *fetch, cli_conn_t *conn)
{
  const uint64_t deadline = monotime_absolute_msec() + ANSWER_MSEC;
  const size_t n_before = json_array_size(fetch->answers);
  char *fault = NULL;
  int r = 0;

  while (r == 0 && json_array_size(fetch->answers) == n_before &&
         monotime_absolute_msec() < deadline) {
    r = cli_conn_wait_event(conn, 1000, &fault);
    note_events(fetch, conn);
  }
  if (fault) {
    cli_complain_of(fault);
  }
  return r;
}

/** Have the tor at the other end of <b>conn</b> ask one directory after the
 * other, until one has what <b>fetch</b> is for.  Return 0 on success, also if
 * none has; else complain and return -1. */
static int
run_fetch(fetch_t *fetch, cli_conn_t *conn)
{
  size_t n_before;
  char *text = NULL;
  int r = cli_client_tell(conn, "SETEVENTS HS_DESC");

  tor_asprintf(&text, "HSFETCH %s", fetch->address);
  do {
    n_before = json_array_size(fetch->answers);
    if (r == 0 && (r = cli_client_tell(conn, text)) == 0) {
      r = wait_answer(fetch, conn);
    }
  } while (r == 0 && !fetch->is_found &&
           json_array_size(fetch->answers) > n_before &&
           json_array_size(fetch->answers) < MAX_ANSWERS);
  tor_free(text);
  return r;
}

/** Print what became of <b>fetch</b>, in the form that <b>options</b> want. */
static void
tell(const cli_options_t *options, fetch_t *fetch)
{
  size_t i;
  json_t *answer;

  if (options->json) {
    json_t *json = json_object();
    char *hostname = NULL;
    tor_asprintf(&hostname, "%s.onion", fetch->address);
    json_object_set_new(json, "hostname", json_string(hostname));
    json_object_set(json, "answers", fetch->answers);
    cli_json_print(json);
    tor_free(hostname);
    return;
  }
  json_array_foreach(fetch->answers, i, answer) {
    const char *reason = json_string_value(json_object_get(answer, "reason"));
    printf("%-8s  %s%s%s\n",
           json_string_value(json_object_get(answer, "result")),
           json_string_value(json_object_get(answer, "hsdir")),
           reason ? "  " : "", reason ? reason : "");
  }
}

/** Ask directories for the onion service in <b>options</b>.  Return the exit
 * status. */
int
cmd_fetch(const cli_options_t *options)
{
  char *hostname = cli_key_read_hostname(cli_options_word(options, 2));
  cli_conn_t *conn;
  fetch_t fetch;
  int status = CLI_BAD;

  if (!hostname || cli_options_word(options, 3)) {
    cli_complain("`debug fetch` needs the address of an onion service, which "
                 "stands in the file hostname of its HiddenServiceDir.");
    tor_free(hostname);
    return CLI_USAGE;
  }
  hostname[CLI_ADDRESS_LEN] = '\0';
  memset(&fetch, 0, sizeof(fetch));
  fetch.address = hostname;
  fetch.answers = json_array();
  conn = cli_client_connect(options);
  if (conn && run_fetch(&fetch, conn) == 0) {
    tell(options, &fetch);
    if (fetch.is_found) {
      status = CLI_GOOD;
    } else {
      cli_complain("no directory gave a descriptor of %s.onion. If the "
                   "address is right, look with `tor-rbalance status` on its "
                   "nodes whether one publishes.", hostname);
    }
  }
  json_decref(fetch.answers);
  cli_conn_free(conn);
  tor_free(hostname);
  return status;
}
