/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_row.c
 * @brief Test what tor-rbalance makes of KEY=value pairs: rows, tables, JSON
 * and verdicts.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_row.h"
#include "tools/rbalance/cli_table.h"
#include "tools/rbalance/cli_verdict.h"

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
    { "N", "NODE", false }, { "P", "P", true }, { "S", "STATE", false },
  };
  smartlist_t *rows = cli_rows_parse("N=a P=100 S=UP\nN=longer P=5 S=");
  char *text = NULL;
  (void) arg;

  tt_assert(rows);
  text = cli_table_print(rows, columns, 3);
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

/** Return how many faults a service with <b>status</b> and <b>peers</b>
 * has. */
static int
count_faults(const char *status, const char *peers)
{
  cli_row_t *row = cli_row_parse(status, " ");
  smartlist_t *rows = cli_rows_parse(peers);
  smartlist_t *faults = cli_verdict(row, rows);
  const int n = smartlist_len(faults);
  SMARTLIST_FOREACH(faults, char *, fault, tor_free(fault));
  smartlist_free(faults);
  cli_rows_free(rows);
  cli_row_free(row);
  return n;
}

/** Each fault is one. */
static void
test_rbalance_cli_row_verdict(void *arg)
{
#define FINE "ROLE=PUBLISHER PUBLISHER=a POINTS_CURRENT=3 NEWER_FOUND=0 "
  (void) arg;
  tt_int_op(count_faults(FINE "OK_CURRENT=8/8",
                         "NODE=a STATE=HEALTHY SKEW_MS=0\n"
                         "NODE=b STATE=JOINING SKEW_MS=5000"), OP_EQ, 0);
  tt_int_op(count_faults(FINE "OK_CURRENT=0/0", ""), OP_EQ, 0);
  tt_int_op(count_faults(FINE "OK_CURRENT=0/8", ""), OP_EQ, 1);
  tt_int_op(count_faults("ROLE=STANDBY PUBLISHER=- POINTS_CURRENT=0 "
                         "NEWER_FOUND=1 OK_CURRENT=0/8", ""), OP_EQ, 3);
  tt_int_op(count_faults(FINE, "NODE=b STATE=DEAD SKEW_MS=-5001\n"
                               "NODE=c STATE=UNHEALTHY SKEW_MS=5001"),
            OP_EQ, 4);
  tt_int_op(count_faults(FINE, "NODE=a STATE=HEALTHY BACKENDS_DOWN=1\n"
                               "NODE=b STATE=HEALTHY BACKENDS_DOWN=0"),
            OP_EQ, 1);
#undef FINE
 done:
  ;
}

struct testcase_t rbalance_cli_row_tests[] = {
  { "parse", test_rbalance_cli_row_parse, TT_FORK, NULL, NULL },
  { "bad", test_rbalance_cli_row_bad, TT_FORK, NULL, NULL },
  { "table", test_rbalance_cli_row_table, TT_FORK, NULL, NULL },
  { "json", test_rbalance_cli_row_json, TT_FORK, NULL, NULL },
  { "verdict", test_rbalance_cli_row_verdict, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
