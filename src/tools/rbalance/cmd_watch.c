/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_watch.c
 * @brief tor-rbalance watch: see the service live.
 *
 * On a terminal the screen shows the status, the nodes and the last events,
 * drawn again after each event and every other second, with the two oldest
 * sequences that every terminal knows.  Elsewhere events are lines.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/encoding/time_fmt.h"
#include "lib/string/util_string.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Milliseconds between two looks. */
#define LOOK_MSEC 2000
/** Events shown below the table. */
#define SHOWN_EVENTS 10
/** Go to the top left corner, and clear what is below. */
#define CLEAR_SCREEN "\033[H\033[2J"

/** Move the events of ours that came on <b>conn</b> to the end of
 * <b>shown</b>, each after the time <b>now</b>. */
static void
take_events(cli_conn_t *conn, smartlist_t *shown, time_t now)
{
  char when[ISO_TIME_LEN + 1];
  format_local_iso_time(when, now);
  SMARTLIST_FOREACH_BEGIN(conn->events, char *, event) {
    if (!strcmpstart(event, "HS_BALANCE ")) {
      smartlist_add_asprintf(shown, "%s %s", when + strlen("YYYY-MM-DD "),
                             event + strlen("HS_BALANCE "));
    }
    tor_free(event);
  } SMARTLIST_FOREACH_END(event);
  smartlist_clear(conn->events);
}

/** Draw <b>view</b> and <b>shown</b> on the terminal. */
static void
draw(const cli_view_t *view, const char *service, const smartlist_t *shown)
{
  char *parts[] = {
    cli_view_print_status(view, service, time(NULL)),
    cli_view_print_peers(view),
    cli_view_print_faults(view),
  };
  fputs(CLEAR_SCREEN, stdout);
  printf("%s\n%s\n%s\n", parts[0], parts[1], parts[2]);
  for (unsigned i = 0; i < ARRAY_LENGTH(parts); ++i) {
    tor_free(parts[i]);
  }
  SMARTLIST_FOREACH(shown, const char *, event, puts(event));
  puts("(Ctrl-C ends)");
}

/** Drop all but the last <b>n</b> of <b>shown</b>. */
static void
keep_last(smartlist_t *shown, int n)
{
  while (smartlist_len(shown) > n) {
    char *oldest = smartlist_get(shown, 0);
    smartlist_del_keeporder(shown, 0);
    tor_free(oldest);
  }
}

/** Show the service of <b>client</b> once, and then wait for an event that is
 * worth another look.  Return 0 on success; else complain and return -1. */
static int
look(cli_client_t *client, bool is_screen, smartlist_t *shown)
{
  char *fault = NULL;
  if (is_screen) {
    cli_view_t *view = cli_view_get(client);
    if (!view) {
      return -1;
    }
    draw(view, client->service, shown);
    cli_view_free(view);
  }
  /* Whoever reads us went away. */
  if (fflush(stdout) < 0 || ferror(stdout)) {
    return -1;
  }
  if (cli_conn_wait_event(client->conn, LOOK_MSEC, &fault) < 0) {
    cli_complain_of(fault);
    return -1;
  }
  take_events(client->conn, shown, time(NULL));
  if (!is_screen) {
    SMARTLIST_FOREACH(shown, const char *, event, puts(event));
  }
  keep_last(shown, is_screen ? SHOWN_EVENTS : 0);
  return 0;
}

/** Ask <b>client</b>'s tor for our events.  Return 0 on success; else complain
 * and return -1. */
static int
subscribe(cli_client_t *client)
{
  char *fault = NULL;
  cli_reply_t *reply = cli_conn_ask(client->conn, "SETEVENTS HS_BALANCE",
                                    &fault);
  int r = -1;
  if (!reply) {
    cli_complain_of(fault);
  } else if (reply->code != 250) {
    cli_complain("this tor has no events HS_BALANCE; it lacks the module "
                 "rbalance.");
  } else {
    r = 0;
  }
  cli_reply_free(reply);
  return r;
}

/** Show the service until somebody ends it, tor goes away, or nobody reads
 * any more.  Return the exit status. */
int
cmd_watch(const cli_options_t *options)
{
  const char *term = getenv("TERM");
  const bool is_screen = isatty(STDOUT_FILENO) && term &&
    strcmp(term, "dumb");
  cli_client_t *client = cli_client_new(options);
  smartlist_t *shown = smartlist_new();

  if (client && subscribe(client) == 0) {
    while (look(client, is_screen, shown) == 0) {
    }
  }
  keep_last(shown, 0);
  smartlist_free(shown);
  cli_client_free(client);
  return CLI_BAD;
}
