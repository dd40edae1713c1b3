/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_control.c
 * @brief Fuzz what is at the other end of tor-rbalance's control connection:
 * whatever it says, we understand it or say that we do not.
 **/

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"

#include "lib/net/socket.h"
#include "tools/rbalance/cli_auth.h"
#include "tools/rbalance/cli_conn.h"
#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_view.h"

#include <sys/socket.h>
#include <unistd.h>

/** What we ask for. */
#define STATUS_KEY "hs/balance/status/x"
#define PEERS_KEY "hs/balance/peers/x"
#define TARGETS_KEY "hs/balance/targets/x"
/** Most bytes that the other end says: they fit into a socket. */
#define MAX_SAID 65536
/** Milliseconds that clocks may be off, and characters of a terminal's line,
 * which names as long as they may be do not fit into. */
#define MAX_SKEW 60000
#define WIDTH 80

/** There is nothing to make. */
int
fuzz_init(void)
{
  return 0;
}

/** There is nothing to release. */
int
fuzz_cleanup(void)
{
  return 0;
}

/** Return a connection to somebody who says the <b>len</b> bytes of
 * <b>said</b>, and nothing more.  Store in *<b>other_out</b> the other end, on
 * which nobody reads; the caller closes it. */
static cli_conn_t *
connect_to_other_end(const uint8_t *said, size_t len, tor_socket_t *other_out)
{
  tor_socket_t ends[2];
  tor_assert(tor_socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  set_socket_nonblocking(ends[1]);
  tor_assert(!len || write(ends[1], said, len) >= 0);
  shutdown(ends[1], SHUT_WR);
  *other_out = ends[1];
  return cli_conn_new(ends[0]);
}

/** Return what the other end of <b>conn</b> has for <b>key</b>, new; NULL for
 * nothing. */
static char *
ask(cli_conn_t *conn, const char *key)
{
  char *fault = NULL, *value = NULL;
  cli_reply_t *reply = cli_conn_ask(conn, "GETINFO", &fault);
  tor_assert(!reply == !!fault);
  if (reply) {
    const char *found = cli_reply_value(reply, key);
    tor_assert(cli_reply_text(reply));
    value = found ? tor_strdup(found) : NULL;
  }
  cli_reply_free(reply);
  tor_free(fault);
  return value;
}

/** Authenticate on <b>conn</b>, as far as we can without tor's cookie. */
static void
authenticate(cli_conn_t *conn)
{
  static const uint8_t cookie[CLI_COOKIE_LEN];
  uint8_t proof[CLI_COOKIE_LEN];
  char *fault = NULL;
  cli_reply_t *reply = cli_conn_ask(conn, "PROTOCOLINFO 1", &fault);
  cli_auth_t auth;
  if (reply) {
    cli_auth_parse(reply, &auth);
    cli_auth_clear(&auth);
  }
  cli_reply_free(reply);
  tor_free(fault);
  reply = cli_conn_ask(conn, "AUTHCHALLENGE", &fault);
  if (reply) {
    /* Nobody who does not know the cookie can know that hash. */
    tor_assert(cli_auth_check_challenge(cli_reply_text(reply), cookie, cookie,
                                        proof) < 0);
  }
  cli_reply_free(reply);
  tor_free(fault);
}

/** Fail if <b>text</b> has a character that a terminal would obey, but for
 * newlines; release it. */
static void
check_printed(char *text)
{
  for (const char *c = text; *c; ++c) {
    tor_assert(*c == '\n' || (uint8_t) *c >= ' ');
    tor_assert(*c != 0x7f);
  }
  tor_free(text);
}

/** Take the input for what the other end says. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  tor_socket_t other;
  cli_conn_t *conn = connect_to_other_end(data, MIN(sz, MAX_SAID), &other);
  char *status_text, *peers_text, *targets_text, *fault = NULL;
  cli_row_t *status;
  smartlist_t *peers, *targets;

  authenticate(conn);
  status_text = ask(conn, STATUS_KEY);
  peers_text = ask(conn, PEERS_KEY);
  targets_text = ask(conn, TARGETS_KEY);
  status = status_text ? cli_row_parse(status_text, "\n") : NULL;
  peers = peers_text ? cli_rows_parse(peers_text) : NULL;
  targets = targets_text ? cli_rows_parse(targets_text) : NULL;
  if (status && peers && targets) {
    cli_view_t *view = cli_view_new(status, peers, targets, MAX_SKEW,
                                    1795000000);
    check_printed(cli_view_print_status(view, "x"));
    check_printed(cli_view_print_peers(view, WIDTH));
    check_printed(cli_view_print_targets(view, WIDTH));
    check_printed(cli_view_print_faults(view));
    json_decref(cli_json_row(status));
    json_decref(cli_json_rows(peers));
    json_decref(cli_json_rows(targets));
    cli_view_free(view);
  } else {
    cli_row_free(status);
    cli_rows_free(peers);
    cli_rows_free(targets);
  }
  while (cli_conn_wait_event(conn, 0, &fault) == 0 &&
         smartlist_len(conn->events)) {
    SMARTLIST_FOREACH(conn->events, char *, event, tor_free(event));
    smartlist_clear(conn->events);
  }
  tor_free(fault);
  tor_free(status_text);
  tor_free(peers_text);
  tor_free(targets_text);
  cli_conn_free(conn);
  tor_close_socket(other);
  return 0;
}

/** What tor says, and what others do. */
void
fuzz_rbalance_make_seeds(void)
{
#define HELLO "250-PROTOCOLINFO 1\r\n" \
  "250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE=\"/a\\\"b\"\r\n250 OK\r\n"
#define CHALLENGE "250 AUTHCHALLENGE SERVERHASH=" \
  "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF " \
  "SERVERNONCE=" \
  "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\r\n"
#define STATUS "250+" STATUS_KEY "=\r\nNODE=alpha\r\nROLE=PUBLISHER\r\n" \
  "MODE=MULTI\r\nPEERS=1\r\nHEALTHY=1\r\nPUBLISHER=alpha\r\n" \
  "LAST_PUBLISH=1794999000\r\nPOINTS_CURRENT=6\r\nPOINTS_NEXT=6\r\n" \
  "OK_CURRENT=8/8\r\nOK_NEXT=8/8\r\nDRAINING=0\r\n.\r\n250 OK\r\n"
#define PEERS "250+" PEERS_KEY "=\r\nNODE=alpha STATE=HEALTHY " \
  "ROLE=PUBLISHER PRIORITY=1 POINTS=3 SKEW_MS=-5 RTT_MS=20 CHANNEL=SELF\r\n" \
  "NODE=beta STATE=DEAD ROLE=STANDBY POINTS=0 CHANNEL=NONE\r\n.\r\n250 OK\r\n"
#define TARGETS "250+" TARGETS_KEY "=\r\nTARGET=tcp://y.onion:80 STATE=UP " \
  "FAILURES=0 CIRCUITS=4 LAST_PROBE=7\r\nTARGET=unix:/z STATE=DOWN " \
  "FAILURES=3 LAST_PROBE=9 REASON=HTTP STATUS=503\r\n.\r\n250 OK\r\n"
#define EVENT "650 HS_BALANCE ROLE x NODE=alpha ROLE=PUBLISHER REASON=Y\r\n"
  static const char *const said[] = {
    "", HELLO, HELLO CHALLENGE STATUS PEERS TARGETS EVENT,
    HELLO CHALLENGE EVENT STATUS EVENT PEERS EVENT TARGETS EVENT EVENT,
    HELLO CHALLENGE "250-" STATUS_KEY "=A=1\r\n250 OK\r\n" PEERS
      "250-" TARGETS_KEY "=\r\n250 OK\r\n",
    HELLO CHALLENGE "552 Unrecognized key\r\n552 Unrecognized key\r\n",
    "250-AUTH METHODS=NULL\r\n250 OK\r\n515 Bad authentication\r\n" STATUS,
    "HTTP/1.0 200 OK\r\n\r\n", "250+x=\r\n..\r\n.\r\n250 OK\r\n",
    HELLO CHALLENGE "250+" STATUS_KEY "=\r\nNODE=\033[2J\r\n.\r\n250 OK\r\n"
      PEERS,
  };
  for (size_t i = 0; i < ARRAY_LENGTH(said); ++i) {
    fuzz_rbalance_seed(said[i], strlen(said[i]));
  }
}
