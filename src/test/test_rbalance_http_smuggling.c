/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_smuggling.c
 * @brief Requests that have been used to smuggle another one past a proxy.
 *
 * Each of these byte sequences is read in two ways by some pair of programs,
 * or was once.  It is refused; or what goes on is, for the strictest reader,
 * as many requests as we took it for, and the hidden one is in a body.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#define HOST "Host: " RBT_SERVICE "\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST
#define GET "GET / HTTP/1.1\r\n" HOST
/** The request that shall not get through. */
#define EVIL "GET /evil HTTP/1.1\r\n" HOST "\r\n"
#define CL "Content-Length: 5\r\n"
#define TE "Transfer-Encoding: chunked\r\n"
#define END "\r\n0\r\n\r\n" EVIL

/** What becomes of bytes: they are refused before anything goes on, or within
 * the body of a request; or they are that many requests. */
enum { REFUSED = 0, CUT = -1 };
typedef struct rbt_attack_t {
  const char *bytes;
  size_t len;
  int n_requests;
} rbt_attack_t;
/** An attack of <b>bytes</b>, a literal that may have NULs. */
#define A(bytes, n) { bytes, sizeof(bytes) - 1, n }

/** Two lengths, one of them hidden. */
static const rbt_attack_t lengths[] = {
  /* CL.TE, TE.CL: both. */
  A(POST CL TE END, REFUSED),
  A(POST TE CL END, REFUSED),
  A(POST "Content-Length: 0\r\n" TE END, REFUSED),
  A("POST / HTTP/1.0\r\n" HOST CL TE END, REFUSED),
  A("POST / HTTP/1.0\r\n" HOST TE END, REFUSED),
  /* CL.CL. */
  A(POST CL "Content-Length: 0\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 0\r\n" CL "\r\n12345", REFUSED),
  A(POST CL CL "\r\n12345", REFUSED),
  A(POST "Content-Length: 5, 5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5, 0\r\n\r\n12345", REFUSED),
  A(POST CL "content-length: 50\r\n\r\n12345", REFUSED),
  /* Numbers. */
  A(POST "Content-Length: +5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: -5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 0x5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5;\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5a\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5 0\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5_0\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: \"5\"\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5.0\r\n\r\n12345", REFUSED),
  A(POST "Content-Length:\r\n\r\n" EVIL, REFUSED),
  A(POST "Content-Length: \xc2\xb2\r\n\r\n" EVIL, REFUSED),
  A(POST "Content-Length: 18446744073709551621\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 99999999999999999999\r\n\r\n12345", REFUSED),
  /* 0.CL: the length is not seen behind a name that is not quite it. */
  A(POST "Content-Length : 5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length\t: 5\r\n\r\n12345", REFUSED),
  A(POST " Content-Length: 5\r\n\r\n12345", REFUSED),
  A(POST "Content_Length: 5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length\0: 5\r\n\r\n12345", REFUSED),
  A(POST "X: y\n" CL "\r\n12345", REFUSED),
  A(POST "X: y\r" CL "\r\n12345", REFUSED),
  A(POST "X: y\r\n Content-Length: 5\r\n\r\n12345", REFUSED),
  A(POST "X:\r\n\tContent-Length: 5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length:\r\n 5\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5\0\r\n\r\n12345", REFUSED),
  A(POST "Content-Length: 5\x0b\r\n\r\n12345", REFUSED),
  A(POST "Expect: 100-continue\r\n" CL "\r\n" "12345" EVIL, 2),
  A(POST "Expect: y 100-continue\r\n" CL "\r\n12345", REFUSED),
  A(POST "Connection: Content-Length\r\n" CL "\r\n12345", REFUSED),
  /* A body where nobody looks for one. */
  A(GET "Content-Length: 92\r\n\r\n" EVIL, 1),
  A("HEAD / HTTP/1.1\r\n" HOST "Content-Length: 92\r\n\r\n" EVIL, 1),
  A("OPTIONS * HTTP/1.1\r\n" HOST "Content-Length: 92\r\n\r\n" EVIL, 1),
  A(GET "\r\n" EVIL, 2),
  A(GET "Connection: close\r\n\r\n" EVIL, 1),
  A("GET / HTTP/1.0\r\n\r\n" EVIL, 1),
};

/** Encodings that one program takes for chunked and another does not. */
static const rbt_attack_t encodings[] = {
  A(POST TE TE END, REFUSED),
  A(POST TE "Transfer-Encoding: identity\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: identity\r\n" TE END, REFUSED),
  A(POST TE "Transfer-Encoding: cow\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: xchunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding : chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding\t:chunked\r\n" END, REFUSED),
  A(POST " Transfer-Encoding: chunked\r\n" END, REFUSED),
  A(POST "X: y\r\n Transfer-Encoding: chunked\r\n" END, REFUSED),
  A(POST "X: y\nTransfer-Encoding: chunked\r\n" END, REFUSED),
  A(POST "X: y\rTransfer-Encoding: chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding:\r\n chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding:\n chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chunked\r\n\tx\r\n" END, REFUSED),
  A(POST "Transfer-Encoding:\x0b" "chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: \x0c" "chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chunked\0\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: \"chunked\"\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: 'chunked'\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chunked;q=1\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chunked, identity\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: identity, chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chunked, chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: gzip, chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: , chunked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chunked,\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chu nked\r\n" END, REFUSED),
  A(POST "Transfer-Encoding: chunke\xc5\xbf\r\n" END, REFUSED),
  A(POST "Transfer-Encoding:\r\n" END, REFUSED),
  A(POST "Transfer_Encoding: chunked\r\n" END, REFUSED),
  A(POST "Transfer-\xc3\x89ncoding: chunked\r\n" END, REFUSED),
  A(POST "[Transfer-Encoding]: chunked\r\n" END, REFUSED),
  A(POST "Connection: Transfer-Encoding\r\n" TE END, REFUSED),
  A(POST "Foo: bar\r\n\rTransfer-Encoding: chunked\r\n" END, REFUSED),
  A(POST "TRANSFER-encoding:\tCHUNKED \t\r\n\r\n0\r\n\r\n" EVIL,
    REFUSED),
  A(POST "X-Transfer-Encoding: chunked\r\n\r\n" EVIL, 2),
};

/** Chunks whose ends are seen in two places. */
static const rbt_attack_t chunks[] = {
  A(POST TE "\r\n5c\r\n" EVIL "\r\n0\r\n\r\n", 1),
  A(POST TE "\r\n5C;ext=\"0\"\r\n" EVIL "\r\n0;x\r\n\r\n" EVIL, 2),
  A(POST TE "\r\n0000\r\n\r\n" EVIL, 2),
  A(POST TE "\r\n0x5c\r\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n+5c\r\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n-1\r\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n 5c\r\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n5c \r\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n5c\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n5c\r" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n5_d\r\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n\r\n5c\r\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n5c;\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n5c;x\n" EVIL "\r\n0\r\n\r\n", CUT),
  A(POST TE "\r\n1;\rX\r\na\r\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n1;\0\r\na\r\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n1,1\r\na\r\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n10000000000000001\r\na\r\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\nfffffffffffffffff\r\n" EVIL, CUT),
  A(POST TE "\r\n8000000000000000\r\n" EVIL, CUT),
  A(POST TE "\r\n1\r\nab\r\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n1\r\na0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n1\r\na\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n1\r\na\r0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n2\r\na\r\n\n0\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n0\n\n" EVIL, CUT),
  A(POST TE "\r\n0\r\n\n" EVIL, CUT),
  A(POST TE "\r\n0\r\nX: y\n\n" EVIL, CUT),
  A(POST TE "\r\n0\r\nContent-Length: 92\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n0\r\n" TE "\r\n" EVIL, CUT),
  A(POST TE "\r\n0\r\nHost: evil\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n0\r\nX : y\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n0\r\nX: y\r\n z\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n0\r\nX\r\n\r\n" EVIL, CUT),
  A(POST TE "\r\n0\r\n" EVIL, CUT),
  A(POST TE "\r\n;x\r\n" EVIL, CUT),
};

/** First lines, and hosts, that are two things. */
static const rbt_attack_t lines[] = {
  A("GET / HTTP/1.1\n" HOST "\r\n" EVIL, REFUSED),
  A("GET / HTTP/1.1\r" HOST "\r\n" EVIL, REFUSED),
  A("GET / HTTP/1.1\r\n" HOST "\n" EVIL, REFUSED),
  A("GET / HTTP/1.1\r\n\r\n" EVIL, REFUSED),
  A("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nHost: a\r\n Host: b\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nHost : a\r\nHost: b\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nHost: a:80@b\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nHost: a:evil\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", REFUSED),
  A("GET http://evil/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET http://" RBT_SERVICE "@evil/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET http://" RBT_SERVICE "\\@evil/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET http://" RBT_SERVICE "/ HTTP/1.1\r\nHost: evil\r\n\r\n", REFUSED),
  A("GET //evil/ HTTP/1.1\r\n" HOST "\r\n", 1),
  A("GET @evil/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET evil HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET :80/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET ?/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET /#/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET / HTTP/1.1\r\nX: y HTTP/1.1\r\n" HOST "\r\n", 1),
  A("GET / /evil HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET /\t/evil HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET /\0 HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET /\x7f HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET\x0b/ HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET  / HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A(" GET / HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET / HTTP/1.1 \r\n" HOST "\r\n", REFUSED),
  A("GET / HTTP/1.1x\r\n" HOST "\r\n", REFUSED),
  A("GET / HTTP/11\r\n" HOST "\r\n", REFUSED),
  A("GET / HTTP/1.1.1\r\n" HOST "\r\n", REFUSED),
  A("GET / HTTP/ 1.1\r\n" HOST "\r\n", REFUSED),
  A("GET / http/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET /\r\n\r\n", REFUSED),
  A("GET / HTTP/0.9\r\n\r\n" EVIL, REFUSED),
  A("G\0ET / HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GET: / HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("GPOST / HTTP/1.1\r\n" HOST "\r\n", REFUSED),
  A("\r\n\r\n" GET "\r\n", REFUSED),
  A("\n" GET "\r\n", REFUSED),
  A("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED),
  A("CONNECT " RBT_SERVICE ":80 HTTP/1.1\r\n" HOST "\r\n" EVIL, REFUSED),
  A(GET "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", 1),
  A(GET "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" EVIL, 1),
  A(GET "Connection: close, X-Real-IP, Cookie\r\nCookie: a\r\n\r\n", 1),
  A(GET "X: y\r\nContent-Type: a\r\n\r\n", 1),
  A(GET "X\r\n\r\n", REFUSED),
  A(GET ": y\r\n\r\n", REFUSED),
  A(GET "X\xa0: y\r\n\r\n", REFUSED),
  A(GET "X: \x01y\r\n\r\n", REFUSED),
};

/** Send <b>attack</b> in pieces of <b>step</b> bytes, and check what becomes
 * of it. */
static void
check_attack(const rbt_attack_t *attack, size_t step)
{
  rbt_http_t *exchange = rbt_http_new(&rbt_http_names);
  char *sent = NULL, *merged = NULL, *answer = NULL;
  size_t sent_len;
  int n;

  for (size_t i = 0; i < attack->len; i += step) {
    rbt_http_client(exchange, attack->bytes + i, MIN(step, attack->len - i));
  }
  sent_len = buf_datalen(exchange->to_target);
  sent = rbt_http_take(exchange->to_target);
  answer = rbt_http_take(exchange->to_client);
  merged = rbt_http_merge(sent, sent_len, &n);
  tt_int_op(n, OP_EQ, attack->n_requests);
  if (n <= 0) {
    tt_assert(!strcmpstart(answer, "HTTP/1.1 400 ") ||
              !strcmpstart(answer, "HTTP/1.1 501 "));
    tt_int_op(rb_http_waits_for(exchange->http), OP_EQ, RB_HTTP_OVER);
  } else {
    tt_str_op(answer, OP_EQ, "");
    tt_int_op(rb_http_waits_for(exchange->http), OP_EQ, RB_HTTP_ANSWER);
  }
 done:
  tor_free(sent);
  tor_free(merged);
  tor_free(answer);
  rbt_http_free(exchange);
}

/** Check the <b>n</b> <b>attacks</b>, whole and in pieces. */
static void
check_attacks(const rbt_attack_t *attacks, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    check_attack(&attacks[i], attacks[i].len);
    check_attack(&attacks[i], 1);
    check_attack(&attacks[i], 7);
    if (tinytest_cur_test_has_failed()) {
      TT_DIE(("attack %d: %s", (int) i, escaped(attacks[i].bytes)));
    }
  }
 done:
  ;
}

/** Two lengths. */
static void
test_rbalance_http_smuggling_lengths(void *arg)
{
  (void) arg;
  check_attacks(lengths, ARRAY_LENGTH(lengths));
}

/** Encodings. */
static void
test_rbalance_http_smuggling_encodings(void *arg)
{
  (void) arg;
  check_attacks(encodings, ARRAY_LENGTH(encodings));
}

/** Chunks. */
static void
test_rbalance_http_smuggling_chunks(void *arg)
{
  (void) arg;
  check_attacks(chunks, ARRAY_LENGTH(chunks));
}

/** First lines and other fields. */
static void
test_rbalance_http_smuggling_lines(void *arg)
{
  (void) arg;
  check_attacks(lines, ARRAY_LENGTH(lines));
}

/** An answer that can be read in two ways is none. */
static void
test_rbalance_http_smuggling_answers(void *arg)
{
#define OK200 "HTTP/1.1 200 OK\r\n"
  static const char *const answers[] = {
    OK200 CL TE "\r\n0\r\n\r\n", OK200 CL CL "\r\n12345",
    OK200 TE TE "\r\n0\r\n\r\n", OK200 "Content-Length: 5, 5\r\n\r\n12345",
    OK200 "Transfer-Encoding: gzip\r\n\r\nx", "HTTP/1.0 200 OK\r\n" TE "\r\n",
    OK200 "Content-Length : 5\r\n\r\n12345", OK200 "X: y\r\n z\r\n" CL "\r\n",
    OK200 "X: y\n" CL "\r\n12345", "HTTP/1.1 200 OK\n" CL "\r\n12345",
    OK200 "Content-Length: -1\r\n\r\n", "\r\n" OK200 CL "\r\n12345",
    "HTTP/1.1 200 OK\rX: y\r\n" CL "\r\n12345", "200 OK\r\n\r\n",
    "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/3 200 OK\r\n\r\n", "<html>\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  };
  rbt_http_t *exchange = NULL;
  char *text = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(answers); ++i) {
    exchange = rbt_http_new(&rbt_http_names);
    rbt_http_client(exchange, GET "\r\n", strlen(GET "\r\n"));
    rbt_http_target(exchange, answers[i], strlen(answers[i]));
    text = rbt_http_take(exchange->to_client);
    tt_assert_msg(!strcmpstart(text, "HTTP/1.1 502 "), answers[i]);
    tt_int_op(rb_http_waits_for(exchange->http), OP_EQ, RB_HTTP_OVER);
    tor_free(text);
    rbt_http_free(exchange);
  }
 done:
  tor_free(text);
  rbt_http_free(exchange);
}

#define T(name) \
  { #name, test_rbalance_http_smuggling_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_smuggling_tests[] = {
  T(lengths),
  T(encodings),
  T(chunks),
  T(lines),
  T(answers),
  END_OF_TESTCASES
};
