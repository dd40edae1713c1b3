/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_verdict.c
 * @brief Say what is wrong with a service, and what to do about it.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_verdict.h"

#include "lib/string/printf.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Milliseconds of clock skew that are too many: the default of
 * HiddenServiceBalanceClockSkew. */
#define MAX_SKEW_MSEC 5000

/** Append to <b>faults</b> what is wrong with the node in <b>peer</b>. */
static void
judge_peer(const cli_row_t *peer, smartlist_t *faults)
{
  const char *node = cli_row_get(peer, "NODE");
  const char *state = cli_row_get(peer, "STATE");
  const int64_t skew = cli_row_get_int(peer, "SKEW_MS");

  if (!strcmp(state, "DEAD") || !strcmp(state, "UNHEALTHY")) {
    smartlist_add_asprintf(faults, "node %s is %s and does not serve: look "
                           "whether its tor runs, and in its log", node,
                           state);
  }
  if (cli_row_get_int(peer, "BACKENDS_DOWN") > 0) {
    smartlist_add_asprintf(faults, "no backend of node %s answers: start it "
                           "again; the log of its tor says why", node);
  }
  if (skew > MAX_SKEW_MSEC || skew < -MAX_SKEW_MSEC) {
    smartlist_add_asprintf(faults, "the clock of node %s is %s ms from ours: "
                           "set both by NTP", node,
                           cli_row_get(peer, "SKEW_MS"));
  }
}

/** Return a new list of texts with all that is wrong with the service that has
 * <b>status</b> and <b>peers</b>; it is empty if nothing is. */
smartlist_t *
cli_verdict(const cli_row_t *status, const smartlist_t *peers)
{
  smartlist_t *faults = smartlist_new();
  const bool publishes = !strcmp(cli_row_get(status, "ROLE"), "PUBLISHER");

  if (!strcmp(cli_row_get(status, "PUBLISHER"), "-")) {
    smartlist_add_strdup(faults, "no node publishes: that is normal for a "
                         "minute after a start; else undrain or include a "
                         "node that may");
  }
  if (!cli_row_get_int(status, "POINTS_CURRENT")) {
    smartlist_add_strdup(faults, "there are no introduction points, so "
                         "clients can't reach the service: is tor "
                         "bootstrapped?");
  }
  if (publishes && !strcmpstart(cli_row_get(status, "OK_CURRENT"), "0/") &&
      strcmp(cli_row_get(status, "OK_CURRENT"), "0/0")) {
    smartlist_add_strdup(faults, "no directory has the last descriptor: the "
                         "events UPLOAD in `tor-rbalance watch` say why");
  }
  if (cli_row_get_int(status, "NEWER_FOUND") > 0) {
    smartlist_add_strdup(faults, "a directory had a newer descriptor than "
                         "ours: somebody else publishes with the same key");
  }
  SMARTLIST_FOREACH(peers, const cli_row_t *, peer,
                    judge_peer(peer, faults));
  return faults;
}
