/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_watch.c
 * @brief tor-rbalance watch: see the service live.
 *
 * On a terminal the screen shows the status, the bytes that come and go, what
 * is wrong, the nodes, the targets and the last events, drawn again after each
 * event and every other second, with the two oldest sequences that every
 * terminal knows.  Elsewhere events are lines.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/encoding/time_fmt.h"
#include "lib/string/util_string.h"
#include "lib/string/printf.h"
#include "lib/time/compat_time.h"
#include "tools/rbalance/cli_rate.h"
#include "tools/rbalance/cli_screen.h"
#include "tools/rbalance/cli_view.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

/** Move the events of ours that came to the end of those that <b>watch</b>
 * shows, each after the time <b>now</b>.  On a screen there is no room for
 * those of other services, nor for the address of this one. */
static void
take_events(watch_t *watch, time_t now)
{
  cli_conn_t *conn = watch->client->conn;
  char when[ISO_TIME_LEN + 1];
  char *address = NULL;

  format_local_iso_time(when, now);
  tor_asprintf(&address, " %s ", watch->client->service);
  SMARTLIST_FOREACH_BEGIN(conn->events, char *, event) {
    const char *text = event + strlen("HS_BALANCE ");
    const char *ours = strstr(event, address);
    if (strcmpstart(event, "HS_BALANCE ")) {
      /* Something else. */
    } else if (!watch->is_screen) {
      smartlist_add_asprintf(watch->shown, "%s %s",
                             when + strlen("YYYY-MM-DD "), text);
    } else if (ours > text) {
      smartlist_add_asprintf(watch->shown, "%s %.*s %s",
                             when + strlen("YYYY-MM-DD "),
                             (int) (ours - text), text,
                             ours + strlen(address));
    }
    tor_free(event);
  } SMARTLIST_FOREACH_END(event);
  smartlist_clear(conn->events);
  tor_free(address);
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

/** Return what <b>watch</b> has, and <b>view</b>, as a new text for a terminal
 * of this <b>width</b> and <b>height</b>, 0 for any. */
static char *
print_screen(const watch_t *watch, const cli_view_t *view, int width,
             int height)
{
  char *status = cli_view_print_status(view, watch->client->service);
  char *rate = cli_rate_print(&watch->rate);
  char *head = NULL, *text;
  tor_asprintf(&head, "%straffic    this tor: %s\n", status, rate);
  {
    cli_part_t parts[] = {
      { head, false, -1 },
      { cli_view_print_faults(view), false, 3 },
      { cli_view_print_peers(view, width), true, 6 },
      { cli_view_print_targets(view, width), true, 4 },
      { smartlist_join_strings(watch->shown, "\n", 1, NULL), true, 0 },
      { tor_strdup("(Ctrl-C ends)\n"), false, -1 },
    };
    text = cli_screen_print(parts, (int) ARRAY_LENGTH(parts), width, height);
    for (unsigned i = 0; i < ARRAY_LENGTH(parts); ++i) {
      tor_free(parts[i].text);
    }
  }
  tor_free(status);
  tor_free(rate);
  return text;
}

/** Draw <b>view</b> and what <b>watch</b> has on the terminal, as large as it
 * is now. */
static void
draw(const watch_t *watch, const cli_view_t *view)
{
  struct winsize size;
  char *text;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) {
    memset(&size, 0, sizeof(size));
  }
  /* The cursor stands below the last line. */
  text = print_screen(watch, view, size.ws_col,
                      size.ws_row > 1 ? size.ws_row - 1 : size.ws_row);
  printf("%s%s", CLEAR_SCREEN, text);
  tor_free(text);
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

/** Write out what was printed.  Return 0 on success; if somebody ended what
 * reads us, -1; else complain, set *<b>status_out</b> and return -1. */
static int
flush(int *status_out)
{
  if (fflush(stdout) == 0 && !ferror(stdout)) {
    return 0;
  }
  if (errno != EPIPE) {
    cli_complain("can't write to standard output: %s. Make room where it "
                 "goes.", strerror(errno));
    *status_out = CLI_BAD;
  }
  /* What is left has nowhere to go. */
  if (!freopen("/dev/null", "w", stdout)) {
    *status_out = CLI_BAD;
  }
  return -1;
}

/** Show once what is to <b>watch</b>, and then wait for an event that is worth
 * another look.  Return 0 if it goes on; at the end return -1 and set
 * *<b>status_out</b> to the exit status, after a complaint if that is bad. */
static int
look(watch_t *watch, int *status_out)
{
  char *fault = NULL;
  *status_out = CLI_BAD;
  if (watch->is_screen && refresh(watch) < 0) {
    return -1;
  }
  *status_out = CLI_GOOD;
  if (flush(status_out) < 0) {
    return -1;
  }
  if (cli_conn_wait_event(watch->client->conn, LOOK_MSEC, &fault) < 0) {
    cli_complain_of(fault);
    *status_out = CLI_BAD;
    return -1;
  }
  take_events(watch, time(NULL));
  if (!watch->is_screen) {
    SMARTLIST_FOREACH(watch->shown, const char *, event, puts(event));
  }
  keep_last(watch->shown, watch->is_screen ? SHOWN_EVENTS : 0);
  return 0;
}

/** End, for somebody said so: that is no error.  All that is printed whole is
 * written, and nothing else is to be put in order. */
static void
end_at_signal(int number)
{
  (void) number;
  _exit(CLI_GOOD);
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
                 "rbalance. Start the tor that was installed with this "
                 "program.");
  } else {
    r = 0;
  }
  cli_reply_free(reply);
  return r;
}

/** Show the service until somebody ends it, tor goes away, or nobody reads
 * any more.  Return the exit status: bad only if tor goes away. */
int
cmd_watch(const cli_options_t *options)
{
  const char *term = getenv("TERM");
  int status = CLI_BAD;
  watch_t watch = {
    .client = cli_client_new(options),
    .is_screen = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb"),
    .shown = smartlist_new(),
  };

  if (watch.client && subscribe(watch.client) == 0) {
    signal(SIGINT, end_at_signal);
    signal(SIGTERM, end_at_signal);
    while (look(&watch, &status) == 0) {
    }
  }
  keep_last(watch.shown, 0);
  smartlist_free(watch.shown);
  cli_client_free(watch.client);
  return status;
}
