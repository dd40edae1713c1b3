/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_view.h
 * @brief Header file for cli_view.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_VIEW_H
#define TOR_TOOLS_RBALANCE_CLI_VIEW_H

#include "tools/rbalance/cli_client.h"

#include <time.h>

/** All there is to see of a service. */
typedef struct cli_view_t {
  cli_row_t *status;
  smartlist_t *peers;
  /** Rows: the targets and local backends of this node. */
  smartlist_t *targets;
  /** Texts: what is wrong. */
  smartlist_t *faults;
  /** When it was seen, in seconds since the epoch. */
  time_t seen_at;
} cli_view_t;

cli_view_t *cli_view_get(cli_client_t *client);
cli_view_t *cli_view_new(cli_row_t *status, smartlist_t *peers,
                         smartlist_t *targets, int64_t max_skew,
                         time_t now);
void cli_view_free_(cli_view_t *view);
#define cli_view_free(view) FREE_AND_NULL(cli_view_t, cli_view_free_, (view))
char *cli_view_print_status(const cli_view_t *view, const char *service);
char *cli_view_print_peers(const cli_view_t *view, int width);
char *cli_view_print_targets(const cli_view_t *view, int width);
char *cli_view_print_faults(const cli_view_t *view);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_VIEW_H) */
