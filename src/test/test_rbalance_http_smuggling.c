/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_smuggling.c
 * @brief Requests that have been used to smuggle another one past a proxy.
 *
 * They are in rbalance_test_attacks.inc, which test_smuggling.py of
 * src/test/interop sends to nginx.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

/** What becomes of bytes: they are refused before anything goes on, or within
 * the body of a request; or they are that many requests. */
enum { REFUSED = 0, CUT = -1 };
typedef struct rbt_attack_t {
  const char *bytes;
  size_t len;
  int n_requests;
} rbt_attack_t;
#define ATTACK(bytes, n) { bytes, sizeof(bytes) - 1, n },
static const rbt_attack_t attacks[] = {
#include "test/rbalance_test_attacks.inc"
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

/** All attacks, whole and in pieces. */
static void
test_rbalance_http_smuggling_requests(void *arg)
{
  (void) arg;
  for (size_t i = 0; i < ARRAY_LENGTH(attacks); ++i) {
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
  T(requests),
  T(answers),
  END_OF_TESTCASES
};
