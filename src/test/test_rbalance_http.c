/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http.c
 * @brief Test proxied connections: what goes on to which end, and in which
 * order, however the bytes are cut.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

/** The request that the tests begin with, and what the target gets. */
#define HOST "Host: " RBT_SERVICE "\r\n"
#define THOST "Host: " RBT_TARGET "\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"
#define TGET "GET / HTTP/1.1\r\n" THOST "\r\n"
/** An answer that has a body of two bytes. */
#define OK2 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/** An exchange: the client sends all of its bytes, then the target. */
typedef struct rbt_case_t {
  const char *client;
  const char *target;
  /** What the target gets; and what the client gets, or how that begins if it
   * ends with "...". */
  const char *to_target;
  const char *to_client;
  rb_http_wait_t wait;
} rbt_case_t;

/** Run <b>one</b> with the client's bytes in pieces of <b>client_cut</b> and
 * the rest, and the target's likewise; 0 cuts after each byte.  Store what
 * came out, with chunks merged, and return what the connection waits for. */
static rb_http_wait_t
run(const rbt_case_t *one, size_t client_cut, size_t target_cut,
    char **to_target_out, char **to_client_out)
{
  rbt_http_t *exchange = rbt_http_new(&rbt_http_names);
  const char *bytes[2] = { one->client, one->target };
  const size_t cuts[2] = { client_cut, target_cut };
  char *text;
  rb_http_wait_t wait;
  int n;

  for (int i = 0; i < 2; ++i) {
    const size_t len = strlen(bytes[i]);
    void (*send_bytes)(rbt_http_t *, const char *, size_t) =
      i ? rbt_http_target : rbt_http_client;
    if (cuts[i] == 0) {
      for (size_t j = 0; j < len; ++j) {
        send_bytes(exchange, bytes[i] + j, 1);
      }
    } else {
      send_bytes(exchange, bytes[i], cuts[i]);
      send_bytes(exchange, bytes[i] + cuts[i], len - cuts[i]);
    }
  }
  wait = rb_http_waits_for(exchange->http);
  text = rbt_http_take(exchange->to_target);
  *to_target_out = rbt_http_merge(text, strlen(text), &n);
  tor_free(text);
  text = rbt_http_take(exchange->to_client);
  *to_client_out = strstr(text, "chunked") ?
    rbt_http_merge(text, strlen(text), &n) : tor_strdup(text);
  tor_free(text);
  rbt_http_free(exchange);
  return wait;
}

/** Check that <b>one</b>, cut like that, has the right result. */
static void
check_case(const rbt_case_t *one, size_t client_cut, size_t target_cut)
{
  char *to_target = NULL, *to_client = NULL;
  const rb_http_wait_t wait =
    run(one, client_cut, target_cut, &to_target, &to_client);
  const size_t expected_len = strlen(one->to_client);

  tt_str_op(to_target, OP_EQ, one->to_target);
  if (!strcmpend(one->to_client, "...")) {
    tt_int_op(strncmp(to_client, one->to_client, expected_len - 3), OP_EQ, 0);
  } else {
    tt_str_op(to_client, OP_EQ, one->to_client);
  }
  tt_int_op(wait, OP_EQ, one->wait);
 done:
  tor_free(to_target);
  tor_free(to_client);
}

/** Check that each of the <b>n</b> <b>cases</b> has the right result, whole,
 * byte by byte, and cut at every place in either direction. */
static void
check_cases(const rbt_case_t *cases, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    const rbt_case_t *one = &cases[i];
    const size_t client_len = strlen(one->client);
    const size_t target_len = strlen(one->target);
    for (size_t cut = 0; cut <= client_len; ++cut) {
      check_case(one, cut, target_len);
    }
    for (size_t cut = 0; cut <= target_len; ++cut) {
      check_case(one, client_len, cut);
    }
    check_case(one, 0, 0);
    if (tinytest_cur_test_has_failed()) {
      TT_DIE(("in case %d", (int) i));
    }
  }
 done:
  ;
}

/** Requests and answers with and without bodies go on, heads rewritten. */
static void
test_rbalance_http_messages(void *arg)
{
  static const rbt_case_t cases[] = {
    { GET, OK2, TGET, OK2, RB_HTTP_IDLE },
    { "\r\n" GET, OK2, TGET, OK2, RB_HTTP_IDLE },
    { "POST /a?b=c HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", OK2,
      "POST /a?b=c HTTP/1.1\r\n" THOST "Content-Length: 5\r\n\r\nhello", OK2,
      RB_HTTP_IDLE },
    { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
      "5;a=b\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n", OK2,
      "POST / HTTP/1.1\r\n" THOST "Transfer-Encoding: chunked\r\n\r\n"
      "hello0123456789|X-T: 1||", OK2, RB_HTTP_IDLE },
    { GET, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", TGET,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nabcde||",
      RB_HTTP_IDLE },
    { GET, "HTTP/1.1 302 Found\r\nLocation: http://" RBT_TARGET "/x\r\n"
      "Content-Length: 0\r\n\r\n", TGET,
      "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
      RB_HTTP_IDLE },
    { GET, "HTTP/1.1 200 OK\r\n\r\nuntil the end", TGET,
      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
      RB_HTTP_BODY },
    { "HEAD / HTTP/1.1\r\n" HOST "\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
      "HEAD / HTTP/1.1\r\n" THOST "\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", RB_HTTP_IDLE },
    { GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", TGET,
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
      RB_HTTP_IDLE },
    { GET, "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", TGET,
      "HTTP/1.1 204 No Content\r\n\r\n", RB_HTTP_IDLE },
    { GET, "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: <http://" RBT_TARGET "/a>\r\n\r\n"
      OK2, TGET, "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: <http://" RBT_SERVICE "/a>\r\n\r\n"
      OK2, RB_HTTP_IDLE },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhel",
      "HTTP/1.1 413 No\r\nContent-Length: 1\r\n\r\nx",
      "POST / HTTP/1.1\r\n" THOST "Content-Length: 5\r\n\r\nhel",
      "HTTP/1.1 413 No\r\nContent-Length: 1\r\n\r\nx", RB_HTTP_BODY },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
      "Expect: 100-Continue\r\n\r\n",
      "HTTP/1.1 417 No\r\nContent-Length: 1\r\n\r\nx",
      "POST / HTTP/1.1\r\n" THOST "Expect: 100-Continue\r\n"
      "Content-Length: 5\r\n\r\n",
      "HTTP/1.1 417 No\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
      RB_HTTP_OVER },
    { GET "GET /2 HTTP", "", TGET, "", RB_HTTP_ANSWER },
    { GET "GET /2 HTTP", OK2, TGET, OK2, RB_HTTP_HEAD },
    { GET, "HTTP/1.1 200 OK\r\nContent-Le", TGET, "", RB_HTTP_ANSWER },
    { GET, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", TGET,
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", RB_HTTP_BODY },
    { "", "", "", "", RB_HTTP_IDLE },
    { "\r\n", "", "", "", RB_HTTP_HEAD },
    { "", OK2, "", "", RB_HTTP_IDLE },
    { GET, OK2 OK2, TGET, OK2, RB_HTTP_OVER },
  };
  (void) arg;
  check_cases(cases, ARRAY_LENGTH(cases));
}

/** Requests that do not wait for answers are answered in their order, and so
 * are refused ones. */
static void
test_rbalance_http_pipeline(void *arg)
{
  static const rbt_case_t cases[] = {
    { GET GET GET, OK2 OK2, TGET TGET TGET, OK2 OK2, RB_HTTP_ANSWER },
    { GET "HEAD / HTTP/1.1\r\n" HOST "\r\n" GET,
      OK2 "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" OK2,
      TGET "HEAD / HTTP/1.1\r\n" THOST "\r\n" TGET,
      OK2 "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" OK2, RB_HTTP_IDLE },
    { GET "GET bad HTTP/1.1\r\n" HOST "\r\n" GET, "", TGET, "",
      RB_HTTP_ANSWER },
    { GET "GET bad HTTP/1.1\r\n" HOST "\r\n" GET, OK2, TGET,
      OK2 "HTTP/1.1 400 Bad Request\r\n...", RB_HTTP_OVER },
    { GET "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
      "2\r\nhix", OK2,
      TGET "POST / HTTP/1.1\r\n" THOST "Transfer-Encoding: chunked\r\n\r\nhi",
      OK2 "HTTP/1.1 400 Bad Request\r\n...", RB_HTTP_OVER },
    { "GET bad HTTP/1.1\r\n" HOST "\r\n", "", "",
      "HTTP/1.1 400 Bad Request\r\n...", RB_HTTP_OVER },
    { "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" GET, OK2 OK2,
      "GET / HTTP/1.1\r\n" THOST "Connection: close\r\n\r\n",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
      RB_HTTP_OVER },
    { GET GET, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
      "Content-Length: 2\r\n\r\nok" OK2, TGET TGET,
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
      RB_HTTP_OVER },
    { "GET / HTTP/1.0\r\n\r\n" GET, "HTTP/1.1 100 Continue\r\n\r\n" OK2,
      "GET / HTTP/1.0\r\n" THOST "\r\n",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
      RB_HTTP_OVER },
    { "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" GET,
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
      "Content-Length: 2\r\n\r\nok" OK2,
      "GET / HTTP/1.0\r\n" THOST "Connection: keep-alive\r\n\r\n" TGET,
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
      "Content-Length: 2\r\n\r\nok" OK2, RB_HTTP_IDLE },
  };
  (void) arg;
  check_cases(cases, ARRAY_LENGTH(cases));
}

/** Where both ends agree on another protocol, all bytes go on; where they do
 * not, what the client sent is a request. */
static void
test_rbalance_http_upgrade(void *arg)
{
#define WS "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade, x\r\n" \
    "Upgrade: h2c, websocket\r\nX: 1\r\nHTTP2-Settings: AA\r\n\r\n"
#define TWS "GET / HTTP/1.1\r\n" THOST "Upgrade: websocket\r\n" \
    "Connection: Upgrade\r\n\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n" \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
  static const rbt_case_t cases[] = {
    { WS, SWITCH "raw", TWS, SWITCH "raw", RB_HTTP_RAW },
    { WS GET, "", TWS, "", RB_HTTP_ANSWER },
    { WS GET, OK2, TWS TGET, OK2, RB_HTTP_ANSWER },
    { GET, SWITCH "raw", TGET, "HTTP/1.1 502 Bad Gateway\r\n...",
      RB_HTTP_OVER },
    { "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\n"
      "Upgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n", OK2, TGET, OK2,
      RB_HTTP_IDLE },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nUpgrade: ws\r\n"
      "Connection: upgrade\r\n\r\na", SWITCH,
      "POST / HTTP/1.1\r\n" THOST "Upgrade: ws\r\nConnection: Upgrade\r\n"
      "Content-Length: 2\r\n\r\na", "HTTP/1.1 502 Bad Gateway\r\n...",
      RB_HTTP_OVER },
  };
  rbt_http_t *exchange = rbt_http_new(&rbt_http_names);
  char *text = NULL;
  (void) arg;

  check_cases(cases, ARRAY_LENGTH(cases));
  rbt_http_client(exchange, WS "first ", strlen(WS "first "));
  rbt_http_target(exchange, SWITCH, strlen(SWITCH));
  rbt_http_client(exchange, GET, strlen(GET));
  text = rbt_http_take(exchange->to_target);
  tt_str_op(text, OP_EQ, TWS "first " GET);
  rb_http_target_eof(exchange->http, exchange->to_client);
  tt_int_op(rb_http_waits_for(exchange->http), OP_EQ, RB_HTTP_OVER);
 done:
  tor_free(text);
  rbt_http_free(exchange);
}

/** Until the target's head is on its way, the end of the target and failures
 * give a page; afterwards they end the connection, as does the end of a target
 * that may not have seen another request. */
static void
test_rbalance_http_failures(void *arg)
{
  enum { TARGET_EOF = -1 };
  static const struct {
    const char *client, *target;
    int failure;
    /** How what the client gets begins, after what the target sent. */
    const char *to_client;
    rb_http_wait_t wait;
  } cases[] = {
    { "", "", TARGET_EOF, "", RB_HTTP_IDLE },
    { "GET", "", TARGET_EOF, "", RB_HTTP_HEAD },
    { GET, "", TARGET_EOF, "HTTP/1.1 502 ", RB_HTTP_OVER },
    { GET GET, OK2, TARGET_EOF, OK2, RB_HTTP_OVER },
    { GET GET, OK2 "H", TARGET_EOF, OK2 "HTTP/1.1 502 ", RB_HTTP_OVER },
    { GET, "HTTP/1.1 200 OK\r\n", TARGET_EOF, "HTTP/1.1 502 ",
      RB_HTTP_OVER },
    { GET, "HTTP/1.1 200 OK\r\n\r\nab", TARGET_EOF, "HTTP/1.1 200 OK",
      RB_HTTP_OVER },
    { GET, "", RB_HTTP_NO_TARGET, "HTTP/1.1 502 ", RB_HTTP_OVER },
    { GET, "", RB_HTTP_SLOW_TARGET, "HTTP/1.1 504 ", RB_HTTP_OVER },
    { GET, "HTTP/1.1 200 OK\r\n\r\nab", RB_HTTP_SLOW_TARGET,
      "HTTP/1.1 200 OK", RB_HTTP_OVER },
    { "", "", RB_HTTP_SLOW_CLIENT, "", RB_HTTP_OVER },
    { "GET", "", RB_HTTP_SLOW_CLIENT, "HTTP/1.1 408 ", RB_HTTP_OVER },
    { GET, OK2, RB_HTTP_SLOW_CLIENT, OK2, RB_HTTP_OVER },
    { GET GET, OK2, RB_HTTP_SLOW_CLIENT, OK2, RB_HTTP_ANSWER },
    { GET "GET", "", RB_HTTP_SLOW_CLIENT, "", RB_HTTP_ANSWER },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n", "",
      RB_HTTP_SLOW_CLIENT, "HTTP/1.1 408 ", RB_HTTP_OVER },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n", OK2,
      RB_HTTP_SLOW_CLIENT, OK2, RB_HTTP_OVER },
    { "", "", RB_HTTP_NO_TARGET, "", RB_HTTP_IDLE },
    { GET, OK2, RB_HTTP_NO_TARGET, OK2, RB_HTTP_OVER },
  };
  rbt_http_t *exchange = NULL;
  char *text = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    exchange = rbt_http_new(&rbt_http_names);
    rbt_http_client(exchange, cases[i].client, strlen(cases[i].client));
    rbt_http_target(exchange, cases[i].target, strlen(cases[i].target));
    if (cases[i].failure == TARGET_EOF) {
      rb_http_target_eof(exchange->http, exchange->to_client);
    } else {
      rb_http_fail(exchange->http, cases[i].failure, exchange->to_client);
    }
    text = rbt_http_take(exchange->to_client);
    tt_assert_msg(!strcmpstart(text, cases[i].to_client), text);
    tt_assert(strcmp(cases[i].to_client, OK2) || !strcmp(text, OK2));
    tt_int_op(!*text, OP_EQ, !*cases[i].to_client);
    tt_int_op(rb_http_waits_for(exchange->http), OP_EQ, cases[i].wait);
    tor_free(text);
    rbt_http_free(exchange);
  }
 done:
  tor_free(text);
  rbt_http_free(exchange);
}

/** A target that fails, ends or speaks before there is a request fails the
 * first one. */
static void
test_rbalance_http_no_target(void *arg)
{
  static const struct { const char *request; bool has_body; } cases[] = {
    { GET, true }, { "HEAD / HTTP/1.1\r\n" HOST "\r\n", false },
  };
  rbt_http_t *exchange = NULL;
  char *text = NULL;
  (void) arg;

  for (size_t i = 0; i < 3 * ARRAY_LENGTH(cases); ++i) {
    const size_t way = i / ARRAY_LENGTH(cases);
    const size_t n = i % ARRAY_LENGTH(cases);
    exchange = rbt_http_new(&rbt_http_names);
    tt_assert(!rb_http_has_failed(exchange->http));
    if (way == 0) {
      rb_http_fail(exchange->http, RB_HTTP_NO_TARGET, exchange->to_client);
    } else if (way == 1) {
      rbt_http_target(exchange, "SSH-2.0-x\r\n", strlen("SSH-2.0-x\r\n"));
    }
    rb_http_target_eof(exchange->http, exchange->to_client);
    tt_assert(rb_http_has_failed(exchange->http));
    tt_uint_op(buf_datalen(exchange->to_client), OP_EQ, 0);
    rbt_http_client(exchange, cases[n].request, strlen(cases[n].request));
    tt_uint_op(buf_datalen(exchange->to_target), OP_EQ, 0);
    text = rbt_http_take(exchange->to_client);
    tt_int_op(strcmpstart(text, "HTTP/1.1 502 "), OP_EQ, 0);
    tt_int_op(strstr(text, "<html") != NULL, OP_EQ, cases[n].has_body);
    tt_int_op(rb_http_waits_for(exchange->http), OP_EQ, RB_HTTP_OVER);
    tor_free(text);
    rbt_http_free(exchange);
  }
 done:
  tor_free(text);
  rbt_http_free(exchange);
}

/** The page that refuses a HEAD request has no body, also where the fault is
 * in the piece that the request begins with. */
static void
test_rbalance_http_refused_head(void *arg)
{
  static const struct { const char *request; bool has_body; } cases[] = {
    { "GET / HTTP/1.1\r\nA: \x01", true },
    { "HEAD / HTTP/1.1\r\nA: \x01", false },
    { "\r\nHEAD / HTTP/1.1\r\n\r\n", false },
  };
  rbt_http_t *exchange = NULL;
  char *text = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    exchange = rbt_http_new(&rbt_http_names);
    rbt_http_client(exchange, cases[i].request, strlen(cases[i].request));
    text = rbt_http_take(exchange->to_client);
    tt_int_op(strcmpstart(text, "HTTP/1.1 400 "), OP_EQ, 0);
    tt_int_op(strstr(text, "<html") != NULL, OP_EQ, cases[i].has_body);
    tor_free(text);
    rbt_http_free(exchange);
  }
 done:
  tor_free(text);
  rbt_http_free(exchange);
}

/** No more than a bounded number of requests is sent ahead; the others wait
 * for answers. */
static void
test_rbalance_http_bound(void *arg)
{
  enum { N = 100, BOUND = 32 };
  rbt_http_t *exchange = rbt_http_new(&rbt_http_names);
  const size_t len = strlen(TGET);
  (void) arg;

  for (int i = 0; i < N; ++i) {
    buf_add_string(exchange->from_client, GET);
  }
  rbt_http_client(exchange, "", 0);
  for (int i = 0; i < N; ++i) {
    tt_uint_op(buf_datalen(exchange->to_target), OP_EQ,
               len * (size_t) MIN(BOUND + i, N));
    rbt_http_target(exchange, OK2, strlen(OK2));
  }
  tt_uint_op(buf_datalen(exchange->to_client), OP_EQ, N * strlen(OK2));
  tt_int_op(rb_http_waits_for(exchange->http), OP_EQ, RB_HTTP_IDLE);
 done:
  rbt_http_free(exchange);
}

/** Wherever a recorded exchange is cut off, it ends: with what had arrived, a
 * page, or both; or waits for a request that gets a page. */
static void
test_rbalance_http_cut_off(void *arg)
{
  static const char client[] = GET
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n0\r\nT: 1\r\n\r\n"
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc";
  static const char second[] =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nabc\r\n0\r\n\r\n";
  static const char third[] = "HTTP/1.1 200 OK\r\n\r\nabc";
  rbt_http_t *exchange = NULL;
  char *text = NULL, *merged = NULL, *target = NULL;
  size_t n_all;
  (void) arg;

  tor_asprintf(&target, "%s%s%s", OK2, second, third);
  n_all = strlen(client) + strlen(target);
  for (size_t n = 0; n <= n_all; ++n) {
    const size_t n_client = MIN(n, strlen(client));
    const size_t n_target = n - n_client;
    const bool is_between = n_target == strlen(OK2) ||
      n_target == strlen(OK2) + strlen(second);
    for (int eof_first = 0; eof_first < 2; ++eof_first) {
      rb_http_wait_t wait;
      int n_messages;
      exchange = rbt_http_new(&rbt_http_names);
      rbt_http_client(exchange, client, n_client);
      rbt_http_target(exchange, target, n_target);
      wait = rb_http_waits_for(exchange->http);
      if (eof_first) {
        rb_http_target_eof(exchange->http, exchange->to_client);
      } else {
        rb_http_fail(exchange->http, RB_HTTP_SLOW_CLIENT,
                     exchange->to_client);
        rb_http_target_eof(exchange->http, exchange->to_client);
      }
      text = rbt_http_take(exchange->to_client);
      if (eof_first && wait == RB_HTTP_ANSWER && !is_between) {
        tt_assert_msg(strstr(text, "HTTP/1.1 502 "), text);
        merged = rbt_http_merge(text, strlen(text), &n_messages);
        tt_int_op(n_messages, OP_GT, 0);
        tor_free(merged);
      }
      tt_assert(rb_http_waits_for(exchange->http) == RB_HTTP_OVER ||
                rb_http_has_failed(exchange->http));
      tor_free(text);
      rbt_http_free(exchange);
    }
  }
 done:
  tor_free(target);
  tor_free(text);
  tor_free(merged);
  rbt_http_free(exchange);
}

#define T(name) { #name, test_rbalance_http_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_tests[] = {
  T(messages),
  T(pipeline),
  T(upgrade),
  T(failures),
  T(no_target),
  T(refused_head),
  T(bound),
  T(cut_off),
  END_OF_TESTCASES
};
