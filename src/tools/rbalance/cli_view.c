/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_view.c
 * @brief A service as people see it: its status, nodes, targets and faults.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_view.h"

#include "lib/intmath/cmp.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_table.h"
#include "tools/rbalance/cli_verdict.h"

#include <string.h>

/** Return a new view of <b>status</b>, <b>peers</b> and <b>targets</b>, which
 * it takes, at <b>now</b>.  Clocks may be off by <b>max_skew</b>
 * milliseconds. */
cli_view_t *
cli_view_new(cli_row_t *status, smartlist_t *peers, smartlist_t *targets,
             int64_t max_skew, time_t now)
{
  cli_view_t *view = tor_malloc_zero(sizeof(*view));
  view->status = status;
  view->peers = peers;
  view->targets = targets;
  view->seen_at = now;
  view->faults = cli_verdict(status, peers, targets, max_skew, now);
  return view;
}

/** Return a new view of the service of <b>client</b>; or complain and return
 * NULL. */
cli_view_t *
cli_view_get(cli_client_t *client)
{
  cli_row_t *status = cli_client_get_status(client);
  smartlist_t *peers = status ? cli_client_get_rows(client, "peers") : NULL;
  smartlist_t *targets = peers ? cli_client_get_rows(client, "targets") : NULL;
  const int64_t max_skew = targets ? cli_client_get_max_skew(client) : -1;
  if (max_skew < 0) {
    cli_row_free(status);
    cli_rows_free(peers);
    cli_rows_free(targets);
    return NULL;
  }
  return cli_view_new(status, peers, targets, max_skew, time(NULL));
}

/** Release <b>view</b>; NULL is fine. */
void
cli_view_free_(cli_view_t *view)
{
  if (!view) {
    return;
  }
  cli_row_free(view->status);
  cli_rows_free(view->peers);
  cli_rows_free(view->targets);
  SMARTLIST_FOREACH(view->faults, char *, fault, tor_free(fault));
  smartlist_free(view->faults);
  tor_free(view);
}

/** Return the line of the node in <b>view</b> that published last, or NULL if
 * none ever did. */
static const cli_row_t *
last_to_publish(const cli_view_t *view)
{
  const cli_row_t *last = NULL;
  int64_t last_at = 0;
  SMARTLIST_FOREACH_BEGIN(view->peers, const cli_row_t *, peer) {
    const int64_t at = cli_row_get_int(peer, "LAST_PUBLISH");
    if (at > last_at) {
      last = peer;
      last_at = at;
    }
  } SMARTLIST_FOREACH_END(peer);
  return last;
}

/** Append to <b>lines</b> who in <b>view</b> published last, when that was,
 * and, if it was this node, where it is known, how many directories have
 * it. */
static void
add_published(smartlist_t *lines, const cli_view_t *view)
{
  const cli_row_t *last = last_to_publish(view);
  int64_t ago;
  if (!last) {
    smartlist_add_strdup(lines, "published  never, as far as this node knows");
    return;
  }
  ago = (int64_t) view->seen_at - cli_row_get_int(last, "LAST_PUBLISH");
  /* That was another machine's clock. */
  ago = MAX(ago, 0);
  if (strcmp(cli_row_get(last, "CHANNEL"), "SELF")) {
    smartlist_add_asprintf(lines, "published  %" PRId64 " s ago by %s", ago,
                           cli_row_get(last, "NODE"));
    return;
  }
  smartlist_add_asprintf(lines, "published  %" PRId64 " s ago by this node; "
                         "directories that have it: %s current, %s next", ago,
                         cli_row_get(view->status, "OK_CURRENT"),
                         cli_row_get(view->status, "OK_NEXT"));
}

/** Return a new text with the status of <b>service</b> in <b>view</b>. */
char *
cli_view_print_status(const cli_view_t *view, const char *service)
{
  const cli_row_t *status = view->status;
  smartlist_t *lines = smartlist_new();
  char *text;

  smartlist_add_asprintf(lines, "service    %s.onion", service);
  smartlist_add_asprintf(lines, "node       %s, %s, priority %s%s%s%s%s",
                         cli_row_get(status, "NODE"),
                         strcmp(cli_row_get(status, "ROLE"), "PUBLISHER") ?
                         "standby" : "publisher",
                         cli_row_get(status, "PRIORITY"),
                         cli_row_get_int(status, "DRAINING") ?
                         ", draining" : "",
                         cli_row_get_int(status, "EXCLUDED") ?
                         ", excluded" : "",
                         cli_row_get_int(status, "KEYLESS") ?
                         ", without the key" : "",
                         cli_row_get_int(status, "BACKENDS_DOWN") ?
                         ", without a backend" : "");
  smartlist_add_asprintf(lines, "cluster    %" PRId64 " nodes, of the others "
                         "%s healthy", cli_row_get_int(status, "PEERS") + 1,
                         cli_row_get(status, "HEALTHY"));
  smartlist_add_asprintf(lines, "publisher  %s",
                         cli_row_get(status, "PUBLISHER"));
  smartlist_add_asprintf(lines, "points     %s current, %s next",
                         cli_row_get(status, "POINTS_CURRENT"),
                         cli_row_get(status, "POINTS_NEXT"));
  add_published(lines, view);
  if (cli_row_get_int(status, "NEWER_FOUND") > 0) {
    smartlist_add_asprintf(lines, "overtaken  %s times since tor's start: a "
                           "directory had a newer descriptor, so somebody "
                           "else published with the same key",
                           cli_row_get(status, "NEWER_FOUND"));
  }
  text = smartlist_join_strings(lines, "\n", 1, NULL);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  return text;
}

/** Return a new text with the table of the nodes in <b>view</b>, of
 * <b>width</b> characters, as cli_table_print() takes it. */
char *
cli_view_print_peers(const cli_view_t *view, int width)
{
  static const cli_column_t columns[] = {
    { "NODE", "NODE", false, 0 }, { "STATE", "STATE", false, 0 },
    { "ROLE", "ROLE", false, 1 }, { "PRIORITY", "PRIO", true, 7 },
    { "POINTS", "POINTS", true, 2 }, { "LAST_HEARTBEAT", "HEARD S", true, 3 },
    { "RTT_MS", "RTT MS", true, 6 }, { "SKEW_MS", "SKEW MS", true, 8 },
    { "CHANNEL", "CHANNEL", false, 9 }, { "DRAINING", "DRAIN", true, 5 },
    { "EXCLUDED", "EXCL", true, 5 }, { "BACKENDS_DOWN", "DOWN", true, 4 },
    { "ADDRESS", "ADDRESS", false, 10 },
  };
  return cli_table_print(view->peers, columns, (int) ARRAY_LENGTH(columns),
                         width);
}

/** Return a new text with the table of this node's targets and local backends
 * in <b>view</b>, as cli_view_print_peers(); it is empty if none is probed. */
char *
cli_view_print_targets(const cli_view_t *view, int width)
{
  static const cli_column_t columns[] = {
    { "STATE", "STATE", false, 0 }, { "CIRCUITS", "CIRCUITS", true, 4 },
    { "LAST_PROBE", "PROBED S", true, 3 }, { "REASON", "REASON", false, 1 },
    { "STATUS", "HTTP", true, 2 }, { "TARGET", "TARGET", false, 0 },
  };
  if (!smartlist_len(view->targets)) {
    return tor_strdup("");
  }
  return cli_table_print(view->targets, columns, (int) ARRAY_LENGTH(columns),
                         width);
}

/** Return a new text with the faults in <b>view</b>, one a line. */
char *
cli_view_print_faults(const cli_view_t *view)
{
  smartlist_t *lines = smartlist_new();
  char *text;
  SMARTLIST_FOREACH(view->faults, const char *, fault,
                    smartlist_add_asprintf(lines, "! %s", fault));
  text = smartlist_join_strings(lines, "\n", smartlist_len(lines) > 0, NULL);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  return text;
}
