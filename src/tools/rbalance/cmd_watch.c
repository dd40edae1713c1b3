/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_watch.c
 * @brief tor-rbalance watch: see the service live.
 *
 * On a terminal the screen shows the status, the bytes that come and go, the
 * nodes, the targets and the last events, drawn again after each event and
 * every other second, with the two oldest sequences that every terminal knows.
 * Elsewhere events are lines.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/encoding/time_fmt.h"
#include "lib/string/util_string.h"
#include "lib/string/printf.h"
#include "lib/time/compat_time.h"
#include "tools/rbalance/cli_rate.h"
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

/** What is watched, and what is kept of it from one look to the next. */
typedef struct watch_t {
  cli_client_t *client;
  /** True iff the screen is drawn; else events are lines. */
  bool is_screen;
  /** Texts of the last events, owned. */
  smartlist_t *shown;
  /** The bytes that this tor moves, on a screen. */
  cli_rate_t rate;
} watch_t;

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

/** Ask tor how many bytes it has moved, for the rate that <b>watch</b> shows.
 * Return 0 on success; else complain and return -1. */
static int
measure(watch_t *watch)
{
  uint64_t n_read, n_written;
  if (cli_client_get_count(watch->client, "traffic/read", &n_read) < 0 ||
      cli_client_get_count(watch->client, "traffic/written", &n_written) < 0) {
    return -1;
  }
  cli_rate_count(&watch->rate, n_read, n_written, monotime_absolute_msec());
  return 0;
}

/** Draw <b>view</b> and what <b>watch</b> has on the terminal. */
static void
draw(const watch_t *watch, const cli_view_t *view)
{
  char *status = cli_view_print_status(view, watch->client->service,
                                       time(NULL));
  char *rate = cli_rate_print(&watch->rate);
  char *tables[] = {
    cli_view_print_peers(view),
    cli_view_print_targets(view),
    cli_view_print_faults(view),
  };
  printf("%s%straffic    this tor: %s\n", CLEAR_SCREEN, status, rate);
  for (unsigned i = 0; i < ARRAY_LENGTH(tables); ++i) {
    if (tables[i][0]) {
      printf("\n%s", tables[i]);
    }
    tor_free(tables[i]);
  }
  putchar('\n');
  SMARTLIST_FOREACH(watch->shown, const char *, event, puts(event));
  puts("(Ctrl-C ends)");
  tor_free(status);
  tor_free(rate);
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

/** Ask for all that <b>watch</b> shows on a screen, and draw it.  Return 0 on
 * success; else complain and return -1. */
static int
refresh(watch_t *watch)
{
  cli_view_t *view = cli_view_get(watch->client);
  const int r = view ? measure(watch) : -1;
  if (r == 0) {
    draw(watch, view);
  }
  cli_view_free(view);
  return r;
}

/** Show once what is to <b>watch</b>, and then wait for an event that is worth
 * another look.  Return 0 on success; else complain, unless nobody reads us,
 * and return -1. */
static int
look(watch_t *watch)
{
  char *fault = NULL;
  if (watch->is_screen && refresh(watch) < 0) {
    return -1;
  }
  /* Whoever reads us went away. */
  if (fflush(stdout) < 0 || ferror(stdout)) {
    return -1;
  }
  if (cli_conn_wait_event(watch->client->conn, LOOK_MSEC, &fault) < 0) {
    cli_complain_of(fault);
    return -1;
  }
  take_events(watch->client->conn, watch->shown, time(NULL));
  if (!watch->is_screen) {
    SMARTLIST_FOREACH(watch->shown, const char *, event, puts(event));
  }
  keep_last(watch->shown, watch->is_screen ? SHOWN_EVENTS : 0);
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
  watch_t watch = {
    .client = cli_client_new(options),
    .is_screen = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb"),
    .shown = smartlist_new(),
  };

  if (watch.client && subscribe(watch.client) == 0) {
    while (look(&watch) == 0) {
    }
  }
  keep_last(watch.shown, 0);
  smartlist_free(watch.shown);
  cli_client_free(watch.client);
  return CLI_BAD;
}
