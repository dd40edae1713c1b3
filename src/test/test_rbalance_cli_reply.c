/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_reply.c
 * @brief Test how tor-rbalance reads replies.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "tools/rbalance/cli_reply.h"

/** Let a new reply take the lines of <b>text</b>, which end with "|"; store in
 * *<b>status_out</b> what the last one did. */
static cli_reply_t *
take_all(const char *text, cli_reply_status_t *status_out)
{
  cli_reply_t *reply = cli_reply_new();
  smartlist_t *lines = smartlist_new();
  *status_out = CLI_REPLY_MORE;
  smartlist_split_string(lines, text, "|", 0, 0);
  SMARTLIST_FOREACH_BEGIN(lines, char *, line) {
    if (*status_out == CLI_REPLY_MORE) {
      *status_out = cli_reply_take(reply, line);
    }
  } SMARTLIST_FOREACH_END(line);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  return reply;
}

/** Replies as tor sends them. */
static void
test_rbalance_cli_reply_good(void *arg)
{
  cli_reply_status_t status;
  cli_reply_t *reply = take_all("250 OK", &status);
  (void) arg;

  tt_int_op(status, OP_EQ, CLI_REPLY_DONE);
  tt_int_op(reply->code, OP_EQ, 250);
  tt_str_op(cli_reply_text(reply), OP_EQ, "OK");
  tt_ptr_op(cli_reply_value(reply, "OK"), OP_EQ, NULL);
  cli_reply_free(reply);

  reply = take_all("250-a/b=1|250+a/c=|x=1|..y|z|.|250-a/b/c=2|250 OK",
                   &status);
  tt_int_op(status, OP_EQ, CLI_REPLY_DONE);
  tt_str_op(cli_reply_value(reply, "a/b"), OP_EQ, "1");
  tt_str_op(cli_reply_value(reply, "a/c"), OP_EQ, "x=1\n.y\nz");
  tt_str_op(cli_reply_value(reply, "a/b/c"), OP_EQ, "2");
  tt_ptr_op(cli_reply_value(reply, "a"), OP_EQ, NULL);
  tt_ptr_op(cli_reply_value(reply, "x"), OP_EQ, NULL);
  cli_reply_free(reply);

  reply = take_all("552-no|552 such key", &status);
  tt_int_op(status, OP_EQ, CLI_REPLY_DONE);
  tt_int_op(reply->code, OP_EQ, 552);
  tt_str_op(cli_reply_text(reply), OP_EQ, "such key");

 done:
  cli_reply_free(reply);
}

/** What no tor sends is refused, at once. */
static void
test_rbalance_cli_reply_bad(void *arg)
{
  static const char *const texts[] = {
    "", "2", "25", "250", "abc OK", "250=OK", "25 OK", "-50 OK",
    "250-a|251 OK", "250+a|x\x1b[2J", "250 \x1b[2J", "250 \t", "250 \x7f",
    "250 caf\xc3\xa9", "250-a|",
  };
  cli_reply_status_t status;
  cli_reply_t *reply = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(texts); ++i) {
    reply = take_all(texts[i], &status);
    tt_int_op(status, OP_EQ, CLI_REPLY_BAD);
    cli_reply_free(reply);
  }

 done:
  cli_reply_free(reply);
}

/** A reply without an end is refused before it takes much memory. */
static void
test_rbalance_cli_reply_endless(void *arg)
{
  cli_reply_t *reply = cli_reply_new();
  char line[1001];
  int n = 0;
  (void) arg;

  while (cli_reply_take(reply, "250-x") == CLI_REPLY_MORE) {
    ++n;
  }
  tt_int_op(n, OP_EQ, CLI_MAX_REPLY_LINES);
  cli_reply_free(reply);

  reply = cli_reply_new();
  memset(line, 'x', sizeof(line));
  line[1000] = '\0';
  tt_int_op(cli_reply_take(reply, "250+x="), OP_EQ, CLI_REPLY_MORE);
  for (n = 0; cli_reply_take(reply, line) == CLI_REPLY_MORE; ++n) {
  }
  tt_int_op(n, OP_EQ, (CLI_MAX_REPLY - 7) / 1001);

 done:
  cli_reply_free(reply);
}

struct testcase_t rbalance_cli_reply_tests[] = {
  { "good", test_rbalance_cli_reply_good, TT_FORK, NULL, NULL },
  { "bad", test_rbalance_cli_reply_bad, TT_FORK, NULL, NULL },
  { "endless", test_rbalance_cli_reply_endless, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
