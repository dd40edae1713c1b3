/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_request.c
 * @brief Test what a target gets of a client's request.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_request.h"

#define SERVICE RBT_SERVICE
#define TARGET RBT_TARGET
#define HOST "Host: " SERVICE "\r\n"
#define THOST "Host: " TARGET "\r\n"

/** What the target gets. */
static void
test_rbalance_http_request_rewritten(void *arg)
{
  static const struct { const char *text, *rewritten; } cases[] = {
    { "GET / HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/1.1\r\n" THOST "\r\n" },
    { "GET / HTTP/1.1\r\nA: b\r\nHost: anything.example:8080\r\n\r\n",
      "GET / HTTP/1.1\r\n" THOST "A: b\r\n\r\n" },
    { "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\n" THOST "\r\n" },
    { "GET http://" SERVICE "/x?y HTTP/1.1\r\n" HOST "\r\n",
      "GET /x?y HTTP/1.1\r\n" THOST "\r\n" },
    { "GET http://" SERVICE " HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.0\r\n" THOST "\r\n" },
    { "OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
      "OPTIONS * HTTP/1.1\r\n" THOST "\r\n" },
    { "GET / HTTP/1.1\r\n" HOST "Origin: http://" SERVICE "\r\n"
      "Referer: http://" SERVICE "/a\r\nDestination: http://" SERVICE
      "/b\r\n\r\n",
      "GET / HTTP/1.1\r\n" THOST "Origin: http://" TARGET "\r\n"
      "Referer: http://" TARGET "/a\r\nDestination: http://" TARGET
      "/b\r\n\r\n" },
    { "GET / HTTP/1.1\r\n" HOST "Origin: null\r\nReferer: http://else/\r\n"
      "\r\n", "GET / HTTP/1.1\r\n" THOST "Origin: null\r\n"
      "Referer: http://else/\r\n\r\n" },
    { "GET / HTTP/1.1\r\n" HOST "X-Onion-Circuit: 1\r\nx_onion-circuit: 2\r\n"
      "Cookie: a\r\n\r\n", "GET / HTTP/1.1\r\n" THOST "Cookie: a\r\n\r\n" },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 007\r\n"
      "Expect: 100-continue\r\n\r\n", "POST / HTTP/1.1\r\n" THOST
      "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n" },
    { "GET / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n",
      "GET / HTTP/1.1\r\n" THOST "\r\n" },
    { "POST / HTTP/1.0\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n",
      "POST / HTTP/1.0\r\n" THOST "Content-Length: 7\r\n\r\n" },
    { "GET / HTTP/1.1\r\n" HOST "Via: 1.1 a\r\nX-Forwarded-For: 1.2.3.4\r\n"
      "\r\n", "GET / HTTP/1.1\r\n" THOST "Via: 1.1 a\r\n"
      "X-Forwarded-For: 1.2.3.4\r\n\r\n" },
    { "GET / HTTP/1.1\r\n" HOST "Origin: http://" SERVICE "\t.a\r\nA:\tb\tc"
      "\r\n\r\n", "GET / HTTP/1.1\r\n" THOST "Origin: http://" SERVICE
      "\t.a\r\nA: b\tc\r\n\r\n" },
  };
  rb_http_head_t *head = NULL;
  char *text = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_http_request_t request;
    int fault;
    head = rbt_http_parse(cases[i].text, RB_HTTP_REQUEST, &fault);
    tt_assert_msg(head, cases[i].text);
    tt_int_op(rb_http_request_rewrite(head, &rbt_http_names, &request), OP_EQ,
              0);
    text = rbt_http_write(head);
    tt_str_op(text, OP_EQ, cases[i].rewritten);
    tor_free(text);
    rb_http_head_free(head);
  }
 done:
  tor_free(text);
  rb_http_head_free(head);
}

/** What is refused. */
static void
test_rbalance_http_request_refused(void *arg)
{
  static const struct { const char *text; int status; } cases[] = {
    { "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", 501 },
    { "CONNECT " SERVICE ":80 HTTP/1.1\r\n" HOST "\r\n", 501 },
    { "TRACE / HTTP/1.1\r\n" HOST "\r\n", 501 },
    { "TRACE / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", 501 },
    { "GET / HTTP/1.1\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
    { "GET / HTTP/1.0\r\n" HOST "host: other\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400 },
    { "GET http://other/ HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET http://" SERVICE ":80/ HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET http://u@" SERVICE "/ HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET ftp://" SERVICE "/ HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET * HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "Connection: host\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
      "Expect: 100-continue\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "Content_Length: 1\r\n\r\n", 400 },
  };
  rb_http_head_t *head = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_http_request_t request;
    int status = 0;
    head = rbt_http_parse(cases[i].text, RB_HTTP_REQUEST, &status);
    if (head) {
      status = rb_http_request_rewrite(head, &rbt_http_names, &request);
    }
    tt_assert_msg(status == cases[i].status, cases[i].text);
    rb_http_head_free(head);
  }
 done:
  rb_http_head_free(head);
}

/** What the answer depends on. */
static void
test_rbalance_http_request_facts(void *arg)
{
  static const struct {
    const char *text;
    rb_http_request_t request;
  } cases[] = {
    { "GET / HTTP/1.1\r\n" HOST "\r\n", { .is_head = false } },
    { "HEAD / HTTP/1.1\r\n" HOST "\r\n", { .is_head = true } },
    { "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
      { .is_last = true } },
    { "GET / HTTP/1.0\r\n\r\n", { .is_old = true, .is_last = true } },
    { "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      { .is_old = true } },
    { "GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: ws\r\n\r\n",
      { .upgrades = true } },
    { "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
      "Expect: 100-continue\r\n\r\n",
      { .expects = true, .framing = { RB_HTTP_BODY_LENGTH, 5 } } },
    { "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
      { .framing = { RB_HTTP_BODY_CHUNKED, 0 } } },
  };
  rb_http_head_t *head = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_http_request_t request;
    int fault;
    head = rbt_http_parse(cases[i].text, RB_HTTP_REQUEST, &fault);
    tt_assert(head);
    tt_int_op(rb_http_request_rewrite(head, &rbt_http_names, &request), OP_EQ,
              0);
    tt_int_op(request.is_head, OP_EQ, cases[i].request.is_head);
    tt_int_op(request.is_old, OP_EQ, cases[i].request.is_old);
    tt_int_op(request.is_last, OP_EQ, cases[i].request.is_last);
    tt_int_op(request.upgrades, OP_EQ, cases[i].request.upgrades);
    tt_int_op(request.expects, OP_EQ, cases[i].request.expects);
    tt_int_op(request.framing.body, OP_EQ, cases[i].request.framing.body);
    tt_u64_op(request.framing.length, OP_EQ,
              cases[i].request.framing.length);
    rb_http_head_free(head);
  }
 done:
  rb_http_head_free(head);
}

/** The circuit is told of only where the operator wants it, and by nobody
 * else. */
static void
test_rbalance_http_request_circuit(void *arg)
{
  rb_http_names_t names = rbt_http_names;
  rb_http_request_t request;
  rb_http_head_t *head = NULL;
  char *text = NULL;
  int fault;
  (void) arg;

  names.circuit_id = "fc00::1";
  head = rbt_http_parse("GET / HTTP/1.1\r\n" HOST "X-Onion-Circuit: forged\r\n"
                        "X_Onion_Circuit: forged\r\n"
                        "Connection: X-Onion-Circuit\r\n\r\n",
                        RB_HTTP_REQUEST, &fault);
  tt_assert(head);
  tt_int_op(rb_http_request_rewrite(head, &names, &request), OP_EQ, 0);
  text = rbt_http_write(head);
  tt_str_op(text, OP_EQ, "GET / HTTP/1.1\r\n" THOST
            "X-Onion-Circuit: fc00::1\r\n\r\n");
 done:
  tor_free(text);
  rb_http_head_free(head);
}

/** A trailer has nothing that belongs in a head. */
static void
test_rbalance_http_request_trailer(void *arg)
{
  static const struct { const char *text, *rewritten; } cases[] = {
    { "\r\n", "\r\n" },
    { "A: b\r\nKeep-Alive: 1\r\nX-Onion-Circuit: 1\r\nExpect: x\r\n\r\n",
      "A: b\r\n\r\n" },
    { "A: b\r\nHost: a\r\n\r\n", NULL },
    { "Content-Length: 1\r\n\r\n", NULL },
    { "Content_Length: 1\r\n\r\n", NULL },
    { "Transfer-Encoding: chunked\r\n\r\n", NULL },
    { "Connection: host\r\n\r\n", NULL },
  };
  rb_http_head_t *trailer = NULL;
  char *text = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    int fault;
    trailer = rbt_http_parse(cases[i].text, RB_HTTP_TRAILER, &fault);
    tt_assert_msg(trailer, cases[i].text);
    tt_int_op(rb_http_request_rewrite_trailer(trailer), OP_EQ,
              cases[i].rewritten ? 0 : -1);
    if (cases[i].rewritten) {
      text = rbt_http_write(trailer);
      tt_str_op(text, OP_EQ, cases[i].rewritten);
      tor_free(text);
    }
    rb_http_head_free(trailer);
  }
 done:
  tor_free(text);
  rb_http_head_free(trailer);
}

#define T(name) { #name, test_rbalance_http_request_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_request_tests[] = {
  T(rewritten),
  T(refused),
  T(facts),
  T(circuit),
  T(trailer),
  END_OF_TESTCASES
};
