/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_screen.c
 * @brief Test how tor-rbalance fits what it shows into a terminal.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "tools/rbalance/cli_screen.h"

/** A text that may be folded, rows of which two must stay, one that may not be
 * cut. */
static const cli_part_t parts[] = {
  { (char *) "one two three\n", false, -1 },
  { (char *) "row 1 xxxxxxxxxx\nrow 2\nrow 3\nrow 4\n", true, 2 },
  { (char *) "", true, 0 },
  { (char *) "event 1\nevent 2\n", true, 0 },
  { (char *) "end\n", false, -1 },
};

/** Lines are folded or cut at the edge, and parts cut from below. */
static void
test_rbalance_cli_screen_print(void *arg)
{
  static const struct {
    int width, height;
    const char *text;
  } rows[] = {
    { 0, 0, "one two three\n\nrow 1 xxxxxxxxxx\nrow 2\nrow 3\nrow 4\n\n"
      "event 1\nevent 2\n\nend\n" },
    { 16, 11, "one two three\n\nrow 1 xxxxxxxxxx\nrow 2\nrow 3\nrow 4\n\n"
      "event 1\nevent 2\n\nend\n" },
    { 12, 0, "one two\n  three\n\nrow 1 xxxxxx\nrow 2\nrow 3\nrow 4\n\n"
      "event 1\nevent 2\n\nend\n" },
    { 5, 0, "one\n  two\n  thr\n  ee\n\nrow 1\nrow 2\nrow 3\nrow 4\n\n"
      "event\nevent\n\nend\n" },
    { 0, 10, "one two three\n\nrow 1 xxxxxxxxxx\nrow 2\nrow 3\nrow 4\n\n"
      "(2 more not shown)\n\nend\n" },
    { 0, 8, "one two three\n\nrow 1 xxxxxxxxxx\nrow 2\nrow 3\nrow 4\n\n"
      "end\n" },
    { 0, 7, "one two three\n\nrow 1 xxxxxxxxxx\nrow 2\n"
      "(2 more not shown)\n\nend\n" },
    { 0, 6, "one two three\n\nrow 1 xxxxxxxxxx\n(3 more not shown)\n\n"
      "end\n" },
    { 8, 3, "one two\n  three\n(5 more \n" },
    { 0, 1, "(6 more not shown)\n" },
  };
  char *text = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(rows); ++i) {
    text = cli_screen_print(parts, (int) ARRAY_LENGTH(parts), rows[i].width,
                            rows[i].height);
    tt_str_op(text, OP_EQ, rows[i].text);
    tor_free(text);
  }

 done:
  tor_free(text);
}

/** Whatever the size of the terminal, nothing is beyond its edges. */
static void
test_rbalance_cli_screen_edges(void *arg)
{
  smartlist_t *lines = smartlist_new();
  char *text = NULL;
  (void) arg;

  for (int width = 3; width < 20; ++width) {
    for (int height = 1; height < 20; ++height) {
      text = cli_screen_print(parts, (int) ARRAY_LENGTH(parts), width,
                              height);
      smartlist_split_string(lines, text, "\n", 0, 0);
      /* Behind the last newline there is nothing. */
      tt_int_op(smartlist_len(lines) - 1, OP_LE, height);
      SMARTLIST_FOREACH_BEGIN(lines, char *, line) {
        tt_int_op(strlen(line), OP_LE, width);
        tor_free(line);
      } SMARTLIST_FOREACH_END(line);
      smartlist_clear(lines);
      tor_free(text);
    }
  }

 done:
  smartlist_free(lines);
  tor_free(text);
}

struct testcase_t rbalance_cli_screen_tests[] = {
  { "print", test_rbalance_cli_screen_print, TT_FORK, NULL, NULL },
  { "edges", test_rbalance_cli_screen_edges, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
