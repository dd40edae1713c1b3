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
#include <time.h>

/** Seconds in which a node that is known is reached, if its tor runs. */
#define JOINING_SECONDS 180
/** Seconds in which a descriptor that is published again is at a directory, if
 * one takes it: failed uploads have been repeated by then. */
#define PUBLISHING_SECONDS 60

/** Append to <b>faults</b> what is wrong with the node in <b>peer</b>, whose
 * clock may be off by <b>max_skew</b> milliseconds. */
static void
judge_peer(const cli_row_t *peer, int64_t max_skew, smartlist_t *faults)
{
  const char *node = cli_row_get(peer, "NODE");
  const char *state = cli_row_get(peer, "STATE");
  const int64_t skew = cli_row_get_int(peer, "SKEW_MS");

  if (!strcmp(state, "DEAD") || !strcmp(state, "UNHEALTHY")) {
    smartlist_add_asprintf(faults, "node %s is %s and does not serve: look "
                           "whether its tor runs, and in its log", node,
                           state);
  }
  if (!strcmp(state, "JOINING") &&
      cli_row_get_int(peer, "LAST_HEARTBEAT") > JOINING_SECONDS) {
    smartlist_add_asprintf(faults, "node %s has been JOINING for %s s: look "
                           "whether its tor runs and is bootstrapped, and "
                           "whether its cluster_token is the same", node,
                           cli_row_get(peer, "LAST_HEARTBEAT"));
  }
  if (cli_row_get_int(peer, "BACKENDS_DOWN") > 0) {
    smartlist_add_asprintf(faults, "no backend of node %s answers: start it "
                           "again; the log of its tor says why", node);
  }
  if (skew > max_skew || skew < -max_skew) {
    smartlist_add_asprintf(faults, "the clock of node %s is %s ms from ours: "
                           "set both by NTP", node,
                           cli_row_get(peer, "SKEW_MS"));
  }
}

/** Append to <b>faults</b> that the target in <b>target</b> is down, if it
 * is. */
static void
judge_target(const cli_row_t *target, smartlist_t *faults)
{
  const char *reason = cli_row_get(target, "REASON");
  if (!strcmp(cli_row_get(target, "STATE"), "DOWN")) {
    smartlist_add_asprintf(faults, "%s is DOWN%s%s: look at the server there, "
                           "and whether this machine reaches it",
                           cli_row_get(target, "TARGET"),
                           reason[0] ? ", " : "", reason);
  }
}

/** Return true iff <b>status</b>, seen at <b>now</b>, is of a publisher whose
 * descriptors no directory takes. */
static bool
is_refused(const cli_row_t *status, time_t now)
{
  const char *taken = cli_row_get(status, "OK_CURRENT");
  return !strcmp(cli_row_get(status, "ROLE"), "PUBLISHER") &&
    !strcmpstart(taken, "0/") && strcmp(taken, "0/0") &&
    cli_row_get_int(status, "LAST_UPLOAD_OK") <= now - PUBLISHING_SECONDS;
}

/** Return a new list of texts with all that is wrong with the service that has
 * <b>status</b>, <b>peers</b> and <b>targets</b> at <b>now</b>, in seconds
 * since the epoch; it is empty if nothing is.  Clocks may be off by
 * <b>max_skew</b> milliseconds. */
smartlist_t *
cli_verdict(const cli_row_t *status, const smartlist_t *peers,
            const smartlist_t *targets, int64_t max_skew, time_t now)
{
  smartlist_t *faults = smartlist_new();

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
  if (is_refused(status, now)) {
    smartlist_add_strdup(faults, "no directory has the last descriptor: that "
                         "is normal for a minute after a start; else the "
                         "events UPLOAD in `tor-rbalance watch` say why");
  }
  SMARTLIST_FOREACH(peers, const cli_row_t *, peer,
                    judge_peer(peer, max_skew, faults));
  SMARTLIST_FOREACH(targets, const cli_row_t *, target,
                    judge_target(target, faults));
  return faults;
}
