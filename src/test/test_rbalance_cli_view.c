/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_view.c
 * @brief Test how tor-rbalance shows a service.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "tools/rbalance/cli_view.h"

/** Return a view of a service with the rows in <b>status</b>, <b>peers</b> and
 * <b>targets</b>, seen 1000 s after the epoch. */
static cli_view_t *
make_view(const char *status, const char *peers, const char *targets)
{
  return cli_view_new(cli_row_parse(status, " "), cli_rows_parse(peers),
                      cli_rows_parse(targets), 5000, 1000);
}

/** Each target is a line, with what tor says of it. */
static void
test_rbalance_cli_view_targets(void *arg)
{
  cli_view_t *view = make_view(
    "NODE=a", "NODE=a",
    "TARGET=tcp://x.onion:80 STATE=UP FAILURES=0 CIRCUITS=4 LAST_PROBE=40\n"
    "TARGET=http://y:8080 STATE=DOWN FAILURES=3 LAST_PROBE=7 REASON=HTTP "
    "STATUS=503\n"
    "TARGET=unix:/z STATE=UNKNOWN FAILURES=1 LAST_PROBE=1 REASON=REFUSED");
  char *text = NULL;
  (void) arg;

  text = cli_view_print_targets(view, 0);
  tt_str_op(text, OP_EQ,
            "STATE    CIRCUITS  PROBED S  REASON   HTTP  TARGET\n"
            "UP              4        40  -           -  tcp://x.onion:80\n"
            "DOWN            -         7  HTTP      503  http://y:8080\n"
            "UNKNOWN         -         1  REFUSED     -  unix:/z\n");

 done:
  cli_view_free(view);
  tor_free(text);
}

/** What is least important goes first where the terminal is narrow. */
static void
test_rbalance_cli_view_narrow(void *arg)
{
  cli_view_t *view = make_view(
    "NODE=a", "NODE=alpha STATE=HEALTHY ROLE=STANDBY PRIORITY=100 POINTS=3 "
    "LAST_HEARTBEAT=1 SKEW_MS=-12 RTT_MS=340 CHANNEL=OUT DRAINING=0 "
    "EXCLUDED=0 BACKENDS_DOWN=0 ADDRESS=xyz", "");
  static const struct {
    int width;
    const char *head;
  } rows[] = {
    { 200, "NODE   STATE    ROLE     PRIO  POINTS  HEARD S  RTT MS  SKEW MS  "
      "CHANNEL  DRAIN  EXCL  DOWN  ADDRESS\n" },
    { 0, "NODE   STATE    ROLE     PRIO  POINTS  HEARD S  RTT MS  SKEW MS  "
      "CHANNEL  DRAIN  EXCL  DOWN  ADDRESS\n" },
    { 99, "NODE   STATE    ROLE     PRIO  POINTS  HEARD S  RTT MS  SKEW MS  "
      "CHANNEL  DRAIN  EXCL  DOWN\n" },
    { 80, "NODE   STATE    ROLE     PRIO  POINTS  HEARD S  RTT MS  DRAIN  EXCL"
      "  DOWN\n" },
    { 40, "NODE   STATE    ROLE     POINTS  HEARD S\n" },
    { 39, "NODE   STATE    ROLE     POINTS\n" },
    { 5, "NODE   STATE  \n" },
  };
  char *text = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(rows); ++i) {
    text = cli_view_print_peers(view, rows[i].width);
    tt_assert_msg(!strcmpstart(text, rows[i].head), text);
    tor_free(text);
  }

 done:
  cli_view_free(view);
  tor_free(text);
}

/** Where nothing is probed there is no table. */
static void
test_rbalance_cli_view_no_targets(void *arg)
{
  cli_view_t *view = make_view("NODE=a", "NODE=a", "");
  char *text = NULL;
  (void) arg;

  text = cli_view_print_targets(view, 0);
  tt_str_op(text, OP_EQ, "");

 done:
  cli_view_free(view);
  tor_free(text);
}

/** The status says who publishes, and when this node last did. */
static void
test_rbalance_cli_view_status(void *arg)
{
  cli_view_t *view = make_view(
    "NODE=a ROLE=PUBLISHER PRIORITY=7 PEERS=2 HEALTHY=1 PUBLISHER=a "
    "POINTS_CURRENT=6 POINTS_NEXT=5 OK_CURRENT=8/8 OK_NEXT=7/8 "
    "BACKENDS_DOWN=1 NEWER_FOUND=3",
    "NODE=a LAST_PUBLISH=958 CHANNEL=SELF\n"
    "NODE=b LAST_PUBLISH=957 CHANNEL=OUT", "");
  char *text = NULL;
  (void) arg;

  text = cli_view_print_status(view, "addr");
  tt_str_op(text, OP_EQ,
            "service    addr.onion\n"
            "node       a, publisher, priority 7, without a backend\n"
            "cluster    3 nodes, of the others 1 healthy\n"
            "publisher  a\n"
            "points     6 current, 5 next\n"
            "published  42 s ago by this node; directories that have it: "
            "8/8 current, 7/8 next\n"
            "overtaken  3 times since tor's start: a directory had a newer "
            "descriptor, so somebody else published with the same key\n");

 done:
  cli_view_free(view);
  tor_free(text);
}

/** Whoever published last is named; its clock may be ahead of ours. */
static void
test_rbalance_cli_view_published(void *arg)
{
  static const struct {
    const char *peers;
    const char *line;
  } rows[] = {
    { "NODE=a LAST_PUBLISH=0 CHANNEL=SELF\n"
      "NODE=b LAST_PUBLISH=0 CHANNEL=IN",
      "\npublished  never, as far as this node knows\n" },
    { "NODE=a LAST_PUBLISH=990 CHANNEL=SELF\n"
      "NODE=b LAST_PUBLISH=995 CHANNEL=IN\n"
      "NODE=c LAST_PUBLISH=980 CHANNEL=NONE",
      "\npublished  5 s ago by b\n" },
    { "NODE=a LAST_PUBLISH=990 CHANNEL=SELF\n"
      "NODE=b LAST_PUBLISH=1002 CHANNEL=IN",
      "\npublished  0 s ago by b\n" },
  };
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(rows); ++i) {
    cli_view_t *view = make_view("NODE=a ROLE=STANDBY", rows[i].peers, "");
    char *text = cli_view_print_status(view, "addr");
    const bool has_line = strstr(text, rows[i].line);
    tt_assert_msg(has_line, text);
    tor_free(text);
    cli_view_free(view);
  }
 done:
  ;
}

struct testcase_t rbalance_cli_view_tests[] = {
  { "targets", test_rbalance_cli_view_targets, TT_FORK, NULL, NULL },
  { "narrow", test_rbalance_cli_view_narrow, TT_FORK, NULL, NULL },
  { "no_targets", test_rbalance_cli_view_no_targets, TT_FORK, NULL, NULL },
  { "status", test_rbalance_cli_view_status, TT_FORK, NULL, NULL },
  { "published", test_rbalance_cli_view_published, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
