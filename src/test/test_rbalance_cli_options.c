/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_options.c
 * @brief Test tor-rbalance's command line, and the torrc lines made from it.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "tools/rbalance/cli_options.h"
#include "tools/rbalance/cli_torrc.h"

/** Most words of a command line here. */
#define MAX_WORDS 16
/** The address of an onion service: of the key in RFC 8032, 7.1, test 1. */
#define ONION \
  "25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion"

/** Return the options in <b>text</b>, words with "|" between, or NULL. */
static cli_options_t *
parse(const char *text)
{
  /* The options borrow the words: keep them. */
  static char *words[MAX_WORDS];
  static smartlist_t *list = NULL;
  cli_options_t *options;
  char *fault = NULL;

  if (list) {
    SMARTLIST_FOREACH(list, char *, word, tor_free(word));
    smartlist_free(list);
  }
  list = smartlist_new();
  smartlist_add_strdup(list, "tor-rbalance");
  smartlist_split_string(list, text, "|", SPLIT_IGNORE_BLANK, 0);
  SMARTLIST_FOREACH(list, char *, word, words[word_sl_idx] = word);
  options = cli_options_parse(smartlist_len(list), words, &fault);
  tor_assert(!options == !!fault);
  tor_free(fault);
  return options;
}

/** Options may stand anywhere. */
static void
test_rbalance_cli_options_parse(void *arg)
{
  cli_options_t *options = parse("--json|backend|--control|/x|exclude|beta|"
                                 "--port|80|--port|443 127.0.0.1:1");
  char *unfit = NULL;
  (void) arg;

  tt_assert(options);
  tt_str_op(cli_options_word(options, 0), OP_EQ, "backend");
  tt_str_op(cli_options_word(options, 2), OP_EQ, "beta");
  tt_ptr_op(cli_options_word(options, 3), OP_EQ, NULL);
  tt_str_op(options->control, OP_EQ, "/x");
  tt_int_op(options->json, OP_EQ, 1);
  tt_int_op(smartlist_len(options->ports), OP_EQ, 2);
  tt_str_op(smartlist_get(options->ports, 1), OP_EQ, "443 127.0.0.1:1");
  unfit = cli_options_find_unfit(options, "--json --control --port");
  tt_ptr_op(unfit, OP_EQ, NULL);
  unfit = cli_options_find_unfit(options, "--json --control --ports");
  tt_str_op(unfit, OP_EQ, "--port");

 done:
  cli_options_free(options);
  tor_free(unfit);
}

/** What is no option is none. */
static void
test_rbalance_cli_options_bad(void *arg)
{
  static const char *const texts[] = {
    "--nothing", "status|--jso", "status|--json=1", "--control", "-x",
    "--dir|a|--dir|b", "init|--port",
  };
  (void) arg;
  for (unsigned i = 0; i < ARRAY_LENGTH(texts); ++i) {
    tt_ptr_op(parse(texts[i]), OP_EQ, NULL);
  }
 done:
  ;
}

/** The lines of a torrc. */
static void
test_rbalance_cli_options_torrc(void *arg)
{
  cli_options_t *options = parse("init");
  cli_torrc_t torrc;
  char *text = NULL;
  (void) arg;

  tt_ptr_op(cli_torrc_prepare(&torrc, options, "web 1.example"), OP_EQ, NULL);
  torrc.dir = "/x y";
  text = cli_torrc_print(&torrc);
  tt_str_op(text, OP_EQ, "HiddenServiceDir /x y\n"
            "HiddenServicePort 80 127.0.0.1:80\n"
            "HiddenServiceBalance 1\n"
            "HiddenServiceBalanceNodeId web-1\n");
  tor_free(text);
  cli_options_free(options);

  options = parse("join|--port|80 127.0.0.1:8080|--port|22|--priority|0|"
                  "--node-id|beta");
  tt_ptr_op(cli_torrc_prepare(&torrc, options, ""), OP_EQ, NULL);
  torrc.dir = "/x";
  torrc.joins = true;
  text = cli_torrc_print(&torrc);
  tt_str_op(text, OP_EQ, "HiddenServiceDir /x\n"
            "HiddenServicePort 80 127.0.0.1:8080\n"
            "HiddenServicePort 22\n"
            "HiddenServiceBalance 1\n"
            "HiddenServiceBalanceNodeId beta\n"
            "HiddenServiceBalancePriority 0\n"
            "HiddenServiceBalanceJoin 1\n");
  tor_free(text);
  cli_options_free(options);

  /* Where a target is, no port is made up. */
  options = parse("join|--target|80 tcp://" ONION ":8080|--keyless|--target|"
                  "22 tcp://10.0.0.1:22|--node-id|beta");
  tt_ptr_op(cli_torrc_prepare(&torrc, options, ""), OP_EQ, NULL);
  torrc.dir = "/x";
  torrc.joins = true;
  text = cli_torrc_print(&torrc);
  tt_str_op(text, OP_EQ, "HiddenServiceDir /x\n"
            "HiddenServiceBalance 1\n"
            "HiddenServiceBalanceNodeId beta\n"
            "HiddenServiceBalanceTarget 80 tcp://" ONION ":8080\n"
            "HiddenServiceBalanceTarget 22 tcp://10.0.0.1:22\n"
            "HiddenServiceBalanceKeyless 1\n"
            "HiddenServiceBalanceJoin 1\n");

 done:
  cli_options_free(options);
  tor_free(text);
}

/** A target has any form that tor takes, of each scheme. */
static void
test_rbalance_cli_options_targets(void *arg)
{
  static const char *const targets[] = {
    "80 tcp://" ONION ":8080", "443 tls://" ONION ":443", "80 http://" ONION,
    "80 http://" ONION ":8080", "80 https://" ONION, "80 HTTPS://example.com",
    "80 https://example.com:8443", "80 http://10.0.0.1:8080",
    "80 http://[fd00::1]:8080", "443 tls://192.0.2.1:443",
  };
  cli_options_t *options = NULL;
  cli_torrc_t torrc;
  char *text = NULL, *line = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(targets); ++i) {
    tor_asprintf(&text, "init|--target|%s", targets[i]);
    options = parse(text);
    tor_free(text);
    tt_assert(options);
    tt_ptr_op(cli_torrc_prepare(&torrc, options, "host"), OP_EQ, NULL);
    torrc.dir = "/x";
    text = cli_torrc_print(&torrc);
    tor_asprintf(&line, "\nHiddenServiceBalanceTarget %s\n", targets[i]);
    tt_assert(strstr(text, line));
    tor_free(text);
    tor_free(line);
    cli_options_free(options);
  }

 done:
  cli_options_free(options);
  tor_free(text);
  tor_free(line);
}

/** A target of another scheme, or without what its scheme needs, is refused
 * with what is possible. */
static void
test_rbalance_cli_options_targets_bad(void *arg)
{
  static const struct {
    const char *target;
    const char *said;
  } rows[] = {
    { "80 gopher://" ONION, "tcp://, tls://, http:// or https://" },
    { "80 " ONION, "tcp://, tls://, http:// or https://" },
    { "80 tcp://" ONION, "port of the target" },
    { "80 tls://example.com", "port of the target" },
    { "80 http://", "address of an onion service" },
    { "80 https://localhost", "127.0.0.1" },
    { "80 http://x" ONION, "56 letters" },
    { "80 http://" ONION "/path", "a name" },
    { "x http://" ONION, "such as \"80 http://" },
  };
  cli_options_t *options = NULL;
  cli_torrc_t torrc;
  char *text = NULL, *fault = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(rows); ++i) {
    tor_asprintf(&text, "init|--target|%s", rows[i].target);
    options = parse(text);
    tt_assert(options);
    fault = cli_torrc_prepare(&torrc, options, "host");
    tt_assert(fault);
    tt_assert_msg(strstr(fault, rows[i].said), fault);
    tor_free(fault);
    tor_free(text);
    cli_options_free(options);
  }

 done:
  cli_options_free(options);
  tor_free(text);
  tor_free(fault);
}

/** Nothing gets into a torrc that would not be what it seems. */
static void
test_rbalance_cli_options_torrc_bad(void *arg)
{
  static const char *const texts[] = {
    "--port|0", "--port|65536", "--port|x", "--port|80 ",
    "--port|80x", "--port|80\nSocksPort 1", "--port|80 a#b", "--port|-1",
    "--target|80", "--target|80 ", "--target|80 tcp://", "--target|tcp://x",
    "--target|80 gopher://x", "--target|80 tcp://x y", "--target|0 tcp://x",
    "--target|80 tcp://x#y", "--target|80 tcp://x\nSocksPort 1",
    "--priority|-1", "--priority|65536", "--priority|x", "--priority|1 1",
    "--node-id|a b", "--node-id|a.b",
    "--node-id|abcdefghijklmnopqrstuvwxyz0123456",
  };
  cli_options_t *options = NULL;
  cli_torrc_t torrc;
  char *fault = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(texts); ++i) {
    options = parse(texts[i]);
    tt_assert(options);
    fault = cli_torrc_prepare(&torrc, options, "host");
    tt_assert(fault);
    tor_free(fault);
    cli_options_free(options);
  }

 done:
  cli_options_free(options);
  tor_free(fault);
}

struct testcase_t rbalance_cli_options_tests[] = {
  { "parse", test_rbalance_cli_options_parse, TT_FORK, NULL, NULL },
  { "bad", test_rbalance_cli_options_bad, TT_FORK, NULL, NULL },
  { "torrc", test_rbalance_cli_options_torrc, TT_FORK, NULL, NULL },
  { "targets", test_rbalance_cli_options_targets, TT_FORK, NULL, NULL },
  { "targets_bad", test_rbalance_cli_options_targets_bad, TT_FORK, NULL,
    NULL },
  { "torrc_bad", test_rbalance_cli_options_torrc_bad, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
