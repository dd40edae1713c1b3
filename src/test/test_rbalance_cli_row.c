/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_row.c
 * @brief Test what tor-rbalance makes of KEY=value pairs: rows, tables, JSON
 * and verdicts.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "lib/fs/files.h"
#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_row.h"
#include "tools/rbalance/cli_skew.h"
#include "tools/rbalance/cli_table.h"
#include "tools/rbalance/cli_verdict.h"

#include <sys/stat.h>

/** Pairs are found by their key. */
static void
test_rbalance_cli_row_parse(void *arg)
{
  cli_row_t *row = cli_row_parse("NODE=a SKEW_MS=-12 RTT_MS=340 X=  Y==z",
                                 " ");
  (void) arg;

  tt_assert(row);
  tt_str_op(cli_row_get(row, "NODE"), OP_EQ, "a");
  tt_str_op(cli_row_get(row, "X"), OP_EQ, "");
  tt_str_op(cli_row_get(row, "Y"), OP_EQ, "=z");
  tt_str_op(cli_row_get(row, "Z"), OP_EQ, "");
  tt_i64_op(cli_row_get_int(row, "SKEW_MS"), OP_EQ, -12);
  tt_i64_op(cli_row_get_int(row, "RTT_MS"), OP_EQ, 340);
  tt_i64_op(cli_row_get_int(row, "NODE"), OP_EQ, 0);
  tt_i64_op(cli_row_get_int(row, "Z"), OP_EQ, 0);

 done:
  cli_row_free(row);
}

/** What has another form is no row. */
static void
test_rbalance_cli_row_bad(void *arg)
{
  static const char *const texts[] = {
    "NODE", "=a", "node=a", "A=1 B", "A=1 A=2", "A B=1", "1=A",
  };
  smartlist_t *words = smartlist_new();
  char *text = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(texts); ++i) {
    tt_ptr_op(cli_row_parse(texts[i], " "), OP_EQ, NULL);
    tt_ptr_op(cli_rows_parse(texts[i]), OP_EQ, NULL);
  }
  for (int i = 0; i <= CLI_MAX_FIELDS; ++i) {
    smartlist_add_asprintf(words, "K%.*s=%d", i, "________________________"
                           "________________________________________", i);
  }
  text = smartlist_join_strings(words, " ", 0, NULL);
  tt_ptr_op(cli_row_parse(text, " "), OP_EQ, NULL);

 done:
  SMARTLIST_FOREACH(words, char *, word, tor_free(word));
  smartlist_free(words);
  tor_free(text);
}

/** Columns are as wide as they must be, numbers to the right. */
static void
test_rbalance_cli_row_table(void *arg)
{
  static const cli_column_t columns[] = {
    { "N", "NODE", false, 0 }, { "P", "P", true, 0 },
    { "S", "STATE", false, 0 },
  };
  smartlist_t *rows = cli_rows_parse("N=a P=100 S=UP\nN=longer P=5 S=");
  char *text = NULL;
  (void) arg;

  tt_assert(rows);
  text = cli_table_print(rows, columns, 3, 0);
  tt_str_op(text, OP_EQ, "NODE      P  STATE\n"
                         "a       100  UP\n"
                         "longer    5  -\n");

 done:
  cli_rows_free(rows);
  tor_free(text);
}

/** Numbers, flags, texts and nothing are told apart. */
static void
test_rbalance_cli_row_json(void *arg)
{
  smartlist_t *rows = cli_rows_parse(
    "NODE=123 POINTS=9 SKEW_MS=-12 DRAINING=1 EXCLUDED=0 PUBLISHER=- "
    "BACKENDS_DOWN=1 "
    "OK_NEXT=1/8 REV=99999999999999999999 EMPTY=");
  json_t *json = NULL;
  char *text = NULL;
  (void) arg;

  tt_assert(rows);
  json = cli_json_rows(rows);
  text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
  tt_str_op(text, OP_EQ, "[{\"backends_down\":true,\"draining\":true,"
            "\"empty\":\"\","
            "\"excluded\":false,\"node\":\"123\",\"ok_next\":\"1/8\","
            "\"points\":9,\"publisher\":null,"
            "\"rev\":\"99999999999999999999\",\"skew_ms\":-12}]");

 done:
  cli_rows_free(rows);
  json_decref(json);
  raw_free(text);
}

/** When all that is read here is seen. */
#define NOW 1000

/** Return the faults of a service with <b>status</b>, <b>peers</b> and
 * <b>targets</b> at NOW, whose clocks may be off by <b>max_skew</b>
 * milliseconds, as a new text, one a line. */
static char *
find_faults(const char *status, const char *peers, const char *targets,
            int64_t max_skew)
{
  cli_row_t *row = cli_row_parse(status, " ");
  smartlist_t *nodes = cli_rows_parse(peers);
  smartlist_t *probed = cli_rows_parse(targets);
  smartlist_t *faults = cli_verdict(row, nodes, probed, max_skew, NOW);
  char *text = smartlist_join_strings(faults, "\n", 1, NULL);
  SMARTLIST_FOREACH(faults, char *, fault, tor_free(fault));
  smartlist_free(faults);
  cli_rows_free(probed);
  cli_rows_free(nodes);
  cli_row_free(row);
  return text;
}

/** Each fault that there is now is one. */
static void
test_rbalance_cli_row_verdict(void *arg)
{
#define FINE "ROLE=PUBLISHER PUBLISHER=a POINTS_CURRENT=3 NEWER_FOUND=0 "
  static const struct {
    const char *status, *peers, *targets;
    int64_t max_skew;
    /** How many faults, and what is among them. */
    int n;
    const char *said;
  } rows[] = {
    { FINE "OK_CURRENT=8/8", "NODE=a STATE=HEALTHY SKEW_MS=0\n"
      "NODE=b STATE=JOINING SKEW_MS=5000 LAST_HEARTBEAT=180", "", 5000, 0,
      "" },
    { FINE "OK_CURRENT=0/0", "", "", 5000, 0, "" },
    { FINE "OK_CURRENT=0/8", "", "", 5000, 1, "UPLOAD" },
    { FINE "OK_CURRENT=0/8 LAST_UPLOAD_OK=940", "", "", 5000, 1, "UPLOAD" },
    { FINE "OK_CURRENT=0/8 LAST_UPLOAD_OK=941", "", "", 5000, 0, "" },
    { FINE "OK_CURRENT=1/8 LAST_UPLOAD_OK=940", "", "", 5000, 0, "" },
    /* What happened once is no fault. */
    { "ROLE=PUBLISHER PUBLISHER=a POINTS_CURRENT=3 NEWER_FOUND=9 "
      "OK_CURRENT=8/8", "", "", 5000, 0, "" },
    { "ROLE=STANDBY PUBLISHER=- POINTS_CURRENT=0 OK_CURRENT=0/8", "", "",
      5000, 2, "bootstrapped" },
    { FINE, "NODE=b STATE=DEAD SKEW_MS=-5001\n"
      "NODE=c STATE=UNHEALTHY SKEW_MS=5001", "", 5000, 4, "NTP" },
    { FINE, "NODE=b STATE=HEALTHY SKEW_MS=-5001\n"
      "NODE=c STATE=HEALTHY SKEW_MS=5001", "", 6000, 0, "" },
    { FINE, "NODE=b STATE=HEALTHY SKEW_MS=1001", "", 1000, 1, "NTP" },
    { FINE, "NODE=a STATE=HEALTHY BACKENDS_DOWN=1\n"
      "NODE=b STATE=HEALTHY BACKENDS_DOWN=0", "", 5000, 1, "node a" },
    { FINE, "NODE=b STATE=JOINING LAST_HEARTBEAT=181", "", 5000, 1,
      "cluster_token" },
    { FINE, "NODE=b STATE=HEALTHY LAST_HEARTBEAT=181", "", 5000, 0, "" },
    { FINE, "", "TARGET=tcp://10.0.0.1:80 STATE=DOWN REASON=REFUSED\n"
      "TARGET=unix:/x STATE=UP\nTARGET=unix:/y STATE=UNKNOWN", 5000, 1,
      "tcp://10.0.0.1:80 is DOWN, REFUSED" },
  };
#undef FINE
  smartlist_t *faults = smartlist_new();
  char *text = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(rows); ++i) {
    text = find_faults(rows[i].status, rows[i].peers, rows[i].targets,
                       rows[i].max_skew);
    smartlist_split_string(faults, text, "\n", SPLIT_IGNORE_BLANK, 0);
    tt_int_op(smartlist_len(faults), OP_EQ, rows[i].n);
    tt_assert_msg(strstr(text, rows[i].said), text);
    SMARTLIST_FOREACH(faults, char *, fault, tor_free(fault));
    smartlist_clear(faults);
    tor_free(text);
  }

 done:
  SMARTLIST_FOREACH(faults, char *, fault, tor_free(fault));
  smartlist_free(faults);
  tor_free(text);
}

/** Return the skew that <b>text</b>, lines of a configuration, allows
 * <b>service</b>. */
static int64_t
find_skew(const char *text, const char *service)
{
  smartlist_t *lines = smartlist_new();
  int64_t msec;
  smartlist_split_string(lines, text, "\n", SPLIT_IGNORE_BLANK, 0);
  msec = cli_skew_find(lines, service);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  return msec;
}

/** The limit on skew is that of the service. */
static void
test_rbalance_cli_row_skew(void *arg)
{
  const char *dir = get_fname_rnd("skew");
  char *path = NULL, *text = NULL;
  (void) arg;

#define BALANCED "\nHiddenServiceBalance=1\n"
#define SKEW "HiddenServiceBalanceClockSkew="
  tt_i64_op(find_skew("HiddenServiceOptions", "x"), OP_EQ, 5000);
  tt_i64_op(find_skew("HiddenServiceDir=/no" BALANCED, "x"), OP_EQ, 5000);
  tt_i64_op(find_skew("HiddenServiceDir=/no" BALANCED SKEW "2 seconds", "x"),
            OP_EQ, 2000);
  tt_i64_op(find_skew("HiddenServiceDir=/no" BALANCED SKEW "1 minute\n"
                      "HiddenServiceDir=/no2\n" SKEW "2 minutes", "x"),
            OP_EQ, 60000);
  tt_i64_op(find_skew("HiddenServiceDir=/no" BALANCED SKEW "9\n"
                      "HiddenServiceDir=/no2" BALANCED SKEW "7", "x"),
            OP_EQ, 9000);
  /* The one that is known to be another does not count. */
  tt_int_op(mkdir(dir, 0700), OP_EQ, 0);
  tor_asprintf(&path, "%s/hostname", dir);
  tt_int_op(write_str_to_file(path, "abc.onion\n", 0), OP_EQ, 0);
  tor_asprintf(&text, "HiddenServiceDir=%s" BALANCED SKEW "9\n"
               "HiddenServiceDir=/no2" BALANCED SKEW "7", dir);
  tt_i64_op(find_skew(text, "xyz"), OP_EQ, 7000);
  tt_i64_op(find_skew(text, "abc"), OP_EQ, 9000);
#undef BALANCED
#undef SKEW

 done:
  tor_free(path);
  tor_free(text);
}

struct testcase_t rbalance_cli_row_tests[] = {
  { "parse", test_rbalance_cli_row_parse, TT_FORK, NULL, NULL },
  { "bad", test_rbalance_cli_row_bad, TT_FORK, NULL, NULL },
  { "table", test_rbalance_cli_row_table, TT_FORK, NULL, NULL },
  { "json", test_rbalance_cli_row_json, TT_FORK, NULL, NULL },
  { "verdict", test_rbalance_cli_row_verdict, TT_FORK, NULL, NULL },
  { "skew", test_rbalance_cli_row_skew, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
