/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_proxy.c
 * @brief Test streams of clients that go through the module to a target.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_stream.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/client/addressmap.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_proxy.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/origin_circuit_st.h"
#include "core/or/socks_request_st.h"

/** What an END cell with <b>reason</b>, and a CONNECTED cell, are in
 * rbt_sent. */
#define CONNECTED "4/0"
#define END_TIMEOUT "3/7"
#define END_REFUSED "3/3"
/** A request. */
#define GET "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

/** A service with targets, a rendezvous circuit of a client, and its stream.
 * The connections are all of a proxied stream: at our end of the client's
 * stream, at our end of the one to the target, and that one. */
typedef struct fixture_t {
  rb_service_t *service;
  /** The host of the targets. */
  char *host;
  origin_circuit_t *circ;
  edge_connection_t *stream;
  connection_t *client, *outlet, *target;
} fixture_t;

/** Find the connections of <b>f</b>. */
static void
find_conns(fixture_t *f)
{
  f->client = TO_CONN(f->stream)->linked_conn;
  f->outlet = f->target = NULL;
  SMARTLIST_FOREACH_BEGIN(get_connection_array(), connection_t *, conn) {
    if (conn->type == CONN_TYPE_AP && !conn->marked_for_close) {
      f->target = conn;
      f->outlet = conn->linked_conn;
    }
  } SMARTLIST_FOREACH_END(conn);
}

/** Make the fixture at <b>f</b>, with <b>n_targets</b> that speak
 * <b>scheme</b> on the ports from 1: a stream of a client is begun. */
static void
set_up(fixture_t *f, const char *scheme, int n_targets)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *text = NULL, *fault = NULL;
  ed25519_keypair_t keys;

  memset(f, 0, sizeof(*f));
  f->service = rbt_find_balanced(rbt_register_service(1));
  rbt_fill_key(9, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
  tor_asprintf(&f->host, "%s.onion", address);
  for (int port = 1; port <= n_targets; ++port) {
    tor_asprintf(&text, "80 %s://%s:%d", scheme, f->host, port);
    smartlist_add(f->service->state->config->targets,
                  rb_target_parse(text, &fault));
    tor_free(text);
  }
  addressmap_init();
  f->circ = rbt_make_rend_circuit(&f->service->identity_key);
  f->stream = rbt_make_stream(f->circ, &f->service->identity_key);
  TO_CONN(f->stream)->port = 1;
  tor_addr_make_unspec(&TO_CONN(f->stream)->addr);
  tt_assert(rbalance_accept_stream(f->circ, f->stream));
  find_conns(f);
 done:
  return;
}

/** Release what <b>f</b> holds, and every connection. */
static void
tear_down(fixture_t *f)
{
  rbt_free_rend_circuit(f->circ);
  addressmap_free_all();
  tor_free(f->host);
}

/** Put <b>text</b> into what arrived on <b>conn</b>. */
static void
arrive(connection_t *conn, const char *text)
{
  buf_add(conn->inbuf, text, strlen(text));
  rbalance_conn_process_inbuf(conn);
}

/** Return true iff <b>text</b> is all that <b>conn</b> sends, and take it. */
static bool
sends(connection_t *conn, const char *text)
{
  size_t len = 0;
  char *bytes = buf_extract(conn->outbuf, &len);
  const bool is_equal = len == strlen(text) && fast_memeq(bytes, text, len);
  buf_clear(conn->outbuf);
  tor_free(bytes);
  return is_equal;
}

/** Store in <b>page_out</b> what the client of <b>f</b> is sent, and return
 * true iff that is the page for <b>status</b>. */
static bool
has_page(fixture_t *f, const char *status, char **page_out)
{
  size_t len = 0;
  *page_out = buf_extract(f->client->outbuf, &len);
  buf_clear(f->client->outbuf);
  return !strcmpstart(*page_out, "HTTP/1.1 ") &&
    !strcmpstart(*page_out + strlen("HTTP/1.1 "), status);
}

/** A stream to an HTTP target is open when that is, and moves bytes. */
static void
test_rbalance_proxy_http(void *arg)
{
  fixture_t f;
  char *expected = NULL;
  (void) arg;

  set_up(&f, "http", 1);
  tt_assert(f.client && f.outlet && f.target);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 1);
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 0);
  tt_assert(!connection_is_reading(f.client));
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  tt_str_op(rbt_last_sent(), OP_EQ, CONNECTED);
  tt_assert(connection_is_reading(f.client));

  arrive(f.client, "GET / HTTP/1.1\r\nHost: x\r\n");
  tt_int_op(connection_get_outbuf_len(f.outlet), OP_EQ, 0);
  arrive(f.client, "\r\n");
  tor_asprintf(&expected, "GET / HTTP/1.1\r\nHost: %s:1\r\n\r\n", f.host);
  tt_assert(sends(f.outlet, expected));
  arrive(f.outlet, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  tt_assert(sends(f.client,
                  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  /* The client hangs up: so do we. */
  rbalance_conn_reached_eof(f.client);
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 0);
  tt_assert(f.client->marked_for_close);
  tt_assert(f.outlet->marked_for_close);
 done:
  tor_free(expected);
  tear_down(&f);
}

/** Nobody is read from while the other end does not take what it was sent. */
static void
test_rbalance_proxy_slow(void *arg)
{
  static char many[200000];
  fixture_t f;
  (void) arg;

  memset(many, 'x', sizeof(many) - 1);
  set_up(&f, "tcp", 2);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  arrive(f.outlet, many);
  tt_int_op(connection_get_outbuf_len(f.client), OP_EQ, sizeof(many) - 1);
  tt_assert(!connection_is_reading(f.outlet));
  arrive(f.outlet, "more");
  tt_int_op(buf_datalen(f.outlet->inbuf), OP_EQ, 4);
  buf_clear(f.client->outbuf);
  rbalance_conn_finished_flushing(f.client);
  tt_assert(sends(f.client, "more"));
  tt_assert(connection_is_reading(f.outlet));

  arrive(f.client, many);
  tt_assert(!connection_is_reading(f.client));
  arrive(f.client, "more");
  tt_int_op(connection_get_outbuf_len(f.outlet), OP_EQ, sizeof(many) - 1);
  buf_clear(f.outlet->outbuf);
  rbalance_conn_finished_flushing(f.outlet);
  tt_assert(sends(f.outlet, "more"));
  tt_assert(connection_is_reading(f.client));
 done:
  tear_down(&f);
}

/** Nor is a client that has so many answers to come that what it asks next has
 * to wait, with what that may take in memory. */
static void
test_rbalance_proxy_flood(void *arg)
{
  enum { N_PENDING = 32 };
  static char many[65536];
  fixture_t f;
  (void) arg;

  memset(many, 'x', sizeof(many) - 1);
  set_up(&f, "http", 1);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  for (int i = 0; i < N_PENDING; ++i) {
    arrive(f.client, GET);
  }
  tt_assert(connection_is_reading(f.client));
  buf_clear(f.outlet->outbuf);
  arrive(f.client, many);
  tt_assert(connection_is_reading(f.client));
  arrive(f.client, GET);
  tt_assert(!connection_is_reading(f.client));
  tt_uint_op(buf_datalen(f.client->inbuf), OP_GT, sizeof(many));
  tt_int_op(connection_get_outbuf_len(f.outlet), OP_EQ, 0);
  arrive(f.outlet, "HTTP/1.1 204 No Content\r\n\r\n");
  tt_uint_op(buf_datalen(f.client->inbuf), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** A target that breaks off at once, before it is asked, is as good as
 * none. */
static void
test_rbalance_proxy_lost(void *arg)
{
  fixture_t f;
  char *page = NULL;
  (void) arg;

  set_up(&f, "http", 1);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  arrive(f.client, "GET / HTTP/1.1\r\n");
  rbalance_conn_reached_eof(f.outlet);
  tt_assert(!connection_is_reading(f.outlet));
  tt_assert(f.outlet->marked_for_close);
  tt_assert(connection_is_reading(f.client));
  arrive(f.client, "Host: x\r\n\r\n");
  tt_assert(has_page(&f, "502", &page));
  tt_assert(f.client->marked_for_close);
 done:
  tor_free(page);
  tear_down(&f);
}

/** If it does so later, the client is hung up on, and may ask again. */
static void
test_rbalance_proxy_tired(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f, "http", 1);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  rbt_pass_time(f.service->state->config->target_timeout);
  rbalance_conn_reached_eof(f.outlet);
  tt_int_op(connection_get_outbuf_len(f.client), OP_EQ, 0);
  tt_assert(f.client->marked_for_close);
 done:
  tear_down(&f);
}

/** Check that what had no room yet is not lost when the end that it came from
 * closes: the client's, if <b>client_closes</b>, else the target's. */
static void
check_close_when_slow(bool client_closes)
{
  static char many[200000];
  fixture_t f;
  connection_t *from, *to;

  memset(many, 'x', sizeof(many) - 1);
  set_up(&f, "tcp", 2);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  from = client_closes ? f.client : f.outlet;
  to = client_closes ? f.outlet : f.client;
  arrive(from, many);
  arrive(from, many);
  tt_int_op(connection_get_outbuf_len(to), OP_EQ, sizeof(many) - 1);
  rbalance_conn_reached_eof(from);
  tt_int_op(connection_get_outbuf_len(to), OP_EQ, 2 * (sizeof(many) - 1));
  rb_proxies_sweep(f.service);
  tt_assert(to->marked_for_close && to->hold_open_until_flushed);
 done:
  tear_down(&f);
}

/** The client gets all that a target sent that closed. */
static void
test_rbalance_proxy_slow_client(void *arg)
{
  (void) arg;
  check_close_when_slow(false);
}

/** And the target all that a client sent that hung up. */
static void
test_rbalance_proxy_slow_target(void *arg)
{
  (void) arg;
  check_close_when_slow(true);
}

/** If a target is not there the next one for the port is tried; the client
 * learns only of the last. */
static void
test_rbalance_proxy_next(void *arg)
{
  fixture_t f;
  connection_t *first;
  (void) arg;

  set_up(&f, "tcp", 2);
  first = f.outlet;
  tt_assert(f.target);
  tt_int_op(TO_ENTRY_CONN(f.target)->socks_request->port, OP_EQ, 1);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target),
                           END_STREAM_REASON_RESOLVEFAILED);
  f.target->marked_for_close = 1;
  rbalance_conn_reached_eof(f.outlet);
  find_conns(&f);
  tt_assert(f.target && f.outlet != first);
  tt_int_op(TO_ENTRY_CONN(f.target)->socks_request->port, OP_EQ, 2);
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 0);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target),
                           END_STREAM_REASON_CONNECTREFUSED);
  rbalance_conn_reached_eof(f.outlet);
  tt_str_op(rbt_last_sent(), OP_EQ, END_REFUSED);
  tt_assert(TO_CONN(f.stream)->marked_for_close);
 done:
  tear_down(&f);
}

/** A target that takes too long is given up, and the next tried; the stream
 * fails with the last. */
static void
test_rbalance_proxy_late(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f, "tcp", 2);
  f.service->state->config->target_timeout = 0;
  rb_proxies_sweep(f.service);
  find_conns(&f);
  tt_int_op(TO_ENTRY_CONN(f.target)->socks_request->port, OP_EQ, 2);
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 0);
  rb_proxies_sweep(f.service);
  tt_str_op(rbt_last_sent(), OP_EQ, END_TIMEOUT);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** If that target speaks HTTP, the stream opens and has a page. */
static void
test_rbalance_proxy_late_http(void *arg)
{
  fixture_t f;
  char *page = NULL;
  (void) arg;

  set_up(&f, "http", 1);
  f.service->state->config->target_timeout = 0;
  rb_proxies_sweep(f.service);
  tt_str_op(rbt_last_sent(), OP_EQ, CONNECTED);
  arrive(f.client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  tt_assert(has_page(&f, "504", &page));
  tt_assert(f.client->marked_for_close);
 done:
  tor_free(page);
  tear_down(&f);
}

/** The head of a request may not take too long; nor may a stream be silent. */
static void
test_rbalance_proxy_late_client(void *arg)
{
  fixture_t f;
  char *page = NULL;
  (void) arg;

  set_up(&f, "http", 1);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  f.service->state->config->head_timeout = 0;
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 1);
  arrive(f.client, "GET / HT");
  f.service->state->config->idle_timeout = 0;
  f.service->state->config->head_timeout = 1000;
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 1);
  f.service->state->config->head_timeout = 0;
  rb_proxies_sweep(f.service);
  tt_assert(has_page(&f, "408", &page));
  tt_assert(f.client->marked_for_close);
 done:
  tor_free(page);
  tear_down(&f);
}

/** A connection on which nothing is asked ends in time, without a word. */
static void
test_rbalance_proxy_idle(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f, "http", 1);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 1);
  f.service->state->config->idle_timeout = 0;
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 0);
  tt_int_op(connection_get_outbuf_len(f.client), OP_EQ, 0);
  tt_assert(f.client->marked_for_close);
 done:
  tear_down(&f);
}

/** A client that goes while it is not read from is noticed. */
static void
test_rbalance_proxy_unseen(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f, "http", 1);
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 1);
  f.client->linked_conn = NULL;
  TO_CONN(f.stream)->linked_conn = NULL;
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 0);
  tt_assert(f.target->marked_for_close);
 done:
  tear_down(&f);
}

/** What a client sent that hangs up at once goes to the target. */
static void
test_rbalance_proxy_hangs_up(void *arg)
{
  static char many[200000];
  fixture_t f;
  (void) arg;

  memset(many, 'x', sizeof(many) - 1);
  set_up(&f, "tcp", 2);
  rbalance_stream_answered(TO_ENTRY_CONN(f.target), 0);
  TO_CONN(f.stream)->marked_for_close = 1;
  rb_proxies_sweep(f.service);
  arrive(f.client, many);
  tt_assert(!connection_is_reading(f.client));
  rb_proxies_sweep(f.service);
  tt_int_op(smartlist_len(f.service->proxies), OP_EQ, 1);
  buf_clear(f.outlet->outbuf);
  rbalance_conn_finished_flushing(f.outlet);
  tt_assert(connection_is_reading(f.client));
  arrive(f.client, "last");
  rbalance_conn_reached_eof(f.client);
  tt_assert(sends(f.outlet, "last"));
 done:
  TO_CONN(f.stream)->marked_for_close = 0;
  tear_down(&f);
}

#define T(name) \
  { #name, test_rbalance_proxy_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_proxy_tests[] = {
  T(http),
  T(slow),
  T(flood),
  T(lost),
  T(tired),
  T(slow_client),
  T(slow_target),
  T(next),
  T(late),
  T(late_http),
  T(late_client),
  T(idle),
  T(unseen),
  T(hangs_up),
  END_OF_TESTCASES
};
