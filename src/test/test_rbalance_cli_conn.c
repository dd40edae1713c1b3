/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_conn.c
 * @brief Test tor-rbalance against control ports of all kinds.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "lib/encoding/binascii.h"
#include "lib/fs/files.h"
#include "lib/net/socket.h"
#include "tools/rbalance/cli_auth.h"
#include "tools/rbalance/cli_conn.h"

#ifndef _WIN32
#include <sys/socket.h>
#include <unistd.h>

/** Return a new connection whose other end has said the <b>len</b> bytes of
 * <b>text</b> and hung up. */
static cli_conn_t *
make_conn(const char *text, size_t len)
{
  tor_socket_t pair[2];
  tor_assert(tor_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  tor_assert(write_all_to_fd(pair[1], text, len) == (ssize_t) len);
  tor_assert(shutdown(pair[1], SHUT_WR) == 0);
  return cli_conn_new(pair[0]);
}

/** A reply is found between events, which are kept. */
static void
test_rbalance_cli_conn_events(void *arg)
{
  static const char text[] = "650 HS_BALANCE one\r\n250 OK\r\n"
    "650 HS_BALANCE two\r\n650 HS_BALANCE three\r\n";
  cli_conn_t *conn = make_conn(text, strlen(text));
  char *fault = NULL;
  cli_reply_t *reply = cli_conn_ask(conn, "SETEVENTS", &fault);
  (void) arg;

  tt_assert(reply);
  tt_int_op(reply->code, OP_EQ, 250);
  tt_int_op(smartlist_len(conn->events), OP_EQ, 1);
  tt_int_op(cli_conn_wait_event(conn, 1000, &fault), OP_EQ, 0);
  tt_int_op(smartlist_len(conn->events), OP_EQ, 2);
  tt_int_op(cli_conn_wait_event(conn, 1000, &fault), OP_EQ, 0);
  tt_str_op(smartlist_get(conn->events, 2), OP_EQ, "HS_BALANCE three");
  /* Then the other end is gone. */
  tt_int_op(cli_conn_wait_event(conn, 1000, &fault), OP_EQ, -1);
  tt_assert(strstr(fault, "closed"));

 done:
  cli_reply_free(reply);
  cli_conn_free(conn);
  tor_free(fault);
}

/** Only so many events are kept. */
static void
test_rbalance_cli_conn_flood(void *arg)
{
  cli_conn_t *conn = NULL;
  cli_reply_t *reply = NULL;
  char *fault = NULL, *text;
  smartlist_t *lines = smartlist_new();
  (void) arg;

  for (int i = 0; i < 1000; ++i) {
    smartlist_add_asprintf(lines, "650 HS_BALANCE %d\r\n", i);
  }
  smartlist_add_strdup(lines, "250 OK\r\n");
  text = smartlist_join_strings(lines, "", 0, NULL);
  conn = make_conn(text, strlen(text));
  reply = cli_conn_ask(conn, "SETEVENTS", &fault);
  tt_assert(reply);
  tt_int_op(smartlist_len(conn->events), OP_EQ, 256);
  tt_str_op(smartlist_get(conn->events, 255), OP_EQ, "HS_BALANCE 999");

 done:
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  cli_reply_free(reply);
  cli_conn_free(conn);
  tor_free(text);
  tor_free(fault);
}

/** Whatever else comes makes an error, and no wait. */
static void
test_rbalance_cli_conn_hostile(void *arg)
{
#define SAID(text) { text, sizeof(text) - 1 }
  static const struct {
    const char *text;
    size_t len;
  } said[] = {
    SAID(""), SAID("250"), SAID("250 OK"), SAID("250-more\r\n"),
    SAID("HTTP/1.1 400 Bad Request\r\n\r\n"), SAID("\r\n"), SAID("\n\n\n"),
    SAID("250 O\0K\r\n"), SAID("250+data=\r\nx\r\n"),
    SAID("\0\0\0\0\n"), SAID("SSH-2.0-OpenSSH\r\n"),
  };
#undef SAID
  char *endless = tor_malloc(4 * CLI_MAX_LINE);
  cli_conn_t *conn = NULL;
  cli_reply_t *reply = NULL;
  char *fault = NULL;
  (void) arg;

  for (unsigned i = 0; i < ARRAY_LENGTH(said); ++i) {
    conn = make_conn(said[i].text, said[i].len);
    reply = cli_conn_ask(conn, "GETINFO x", &fault);
    tt_ptr_op(reply, OP_EQ, NULL);
    tt_assert(fault);
    tor_free(fault);
    cli_conn_free(conn);
  }
  memset(endless, 'x', 4 * CLI_MAX_LINE);
  conn = make_conn(endless, 4 * CLI_MAX_LINE);
  reply = cli_conn_ask(conn, "GETINFO x", &fault);
  tt_ptr_op(reply, OP_EQ, NULL);
  tt_assert(strstr(fault, "without an end"));

 done:
  cli_reply_free(reply);
  cli_conn_free(conn);
  tor_free(endless);
  tor_free(fault);
}

/** Return a new reply with <b>line</b> and an OK. */
static cli_reply_t *
make_reply(const char *line)
{
  cli_reply_t *reply = cli_reply_new();
  cli_reply_take(reply, line);
  cli_reply_take(reply, "250 OK");
  return reply;
}

/** How tor says to authenticate. */
static void
test_rbalance_cli_conn_methods(void *arg)
{
  cli_auth_t auth;
  cli_reply_t *reply = make_reply("250-AUTH METHODS=NULL");
  (void) arg;

  tt_int_op(cli_auth_parse(reply, &auth), OP_EQ, 0);
  tt_assert(auth.wants_nothing && !auth.takes_cookie && !auth.takes_password);
  cli_reply_free(reply);
  cli_auth_clear(&auth);

  reply = make_reply("250-AUTH METHODS=COOKIE,SAFECOOKIE,HASHEDPASSWORD "
                     "COOKIEFILE=\"/x/a \\\"b\\\"\"");
  tt_int_op(cli_auth_parse(reply, &auth), OP_EQ, 0);
  tt_assert(!auth.wants_nothing && auth.takes_cookie && auth.takes_password);
  tt_str_op(auth.cookie_path, OP_EQ, "/x/a \"b\"");
  cli_reply_free(reply);
  cli_auth_clear(&auth);

  reply = make_reply("250-AUTH METHODS=SAFECOOKIE COOKIEFILE=\"/x");
  tt_int_op(cli_auth_parse(reply, &auth), OP_EQ, -1);
  cli_reply_free(reply);
  cli_auth_clear(&auth);

  reply = make_reply("250-NOTHING");
  tt_int_op(cli_auth_parse(reply, &auth), OP_EQ, -1);

 done:
  cli_auth_clear(&auth);
  cli_reply_free(reply);
}

/** Only who knows the cookie gets a proof that we do.  The values were made
 * with Python's hmac. */
static void
test_rbalance_cli_conn_challenge(void *arg)
{
  static const char answer[] = "AUTHCHALLENGE SERVERHASH="
    "169A3AEB27E1E868EAD7D64385A4D0BFE4AF56F453BB22EDC585234EDFEFD8E5"
    " SERVERNONCE="
    "0202020202020202020202020202020202020202020202020202020202020202";
  static const char proof_hex[] =
    "E788471C5277774897B92A330825F5025AE7A8E6F32F5361C4C6E6391FAA7670";
  uint8_t cookie[CLI_COOKIE_LEN], nonce[CLI_COOKIE_LEN];
  uint8_t proof[CLI_COOKIE_LEN], expected[CLI_COOKIE_LEN];
  char *changed = NULL;
  (void) arg;

  memset(cookie, 0, sizeof(cookie));
  memset(nonce, 1, sizeof(nonce));
  tt_int_op(base16_decode((char *) expected, sizeof(expected), proof_hex,
                          strlen(proof_hex)), OP_EQ, sizeof(expected));
  tt_int_op(cli_auth_check_challenge(answer, cookie, nonce, proof), OP_EQ, 0);
  tt_mem_op(proof, OP_EQ, expected, sizeof(proof));
  nonce[0] ^= 1;
  tt_int_op(cli_auth_check_challenge(answer, cookie, nonce, proof), OP_EQ,
            -1);
  nonce[0] ^= 1;
  cookie[31] ^= 1;
  tt_int_op(cli_auth_check_challenge(answer, cookie, nonce, proof), OP_EQ,
            -1);
  cookie[31] ^= 1;
  for (size_t len = 0; len < strlen(answer); ++len) {
    changed = tor_strndup(answer, len);
    tt_int_op(cli_auth_check_challenge(changed, cookie, nonce, proof), OP_EQ,
              -1);
    tor_free(changed);
  }

 done:
  tor_free(changed);
}

struct testcase_t rbalance_cli_conn_tests[] = {
  { "events", test_rbalance_cli_conn_events, TT_FORK, NULL, NULL },
  { "flood", test_rbalance_cli_conn_flood, TT_FORK, NULL, NULL },
  { "hostile", test_rbalance_cli_conn_hostile, TT_FORK, NULL, NULL },
  { "methods", test_rbalance_cli_conn_methods, TT_FORK, NULL, NULL },
  { "challenge", test_rbalance_cli_conn_challenge, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
#else /* defined(_WIN32) */
struct testcase_t rbalance_cli_conn_tests[] = {
  END_OF_TESTCASES
};
#endif /* !defined(_WIN32) */
