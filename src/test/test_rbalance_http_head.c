/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_head.c
 * @brief Test how heads are read and written.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_head.h"

/** What is a head, and how it is written again. */
static void
test_rbalance_http_head_good(void *arg)
{
  static const struct {
    rb_http_kind_t kind;
    const char *text, *written;
  } cases[] = {
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n", NULL },
    { RB_HTTP_REQUEST, "\r\nPROPFIND /%20?a=\"b\" HTTP/1.0\r\nA:b\r\n"
      "A-1.x_~!: \tc d \t\r\nEmpty:\r\nB: \r\n\r\n",
      "PROPFIND /%20?a=\"b\" HTTP/1.0\r\nA: b\r\nA-1.x_~!: c d\r\nEmpty: \r\n"
      "B: \r\n\r\n" },
    { RB_HTTP_REQUEST, "OPTIONS * HTTP/1.1\r\nA: \xc3\xa9\r\n\r\n", NULL },
    { RB_HTTP_REQUEST, "GET http://a.b:8/c HTTP/1.1\r\n\r\n", NULL },
    { RB_HTTP_REQUEST, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", NULL },
    { RB_HTTP_REQUEST, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
      NULL },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n"
      "Connection: upgrade\r\n\r\n", NULL },
    { RB_HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nA: b:c\r\n\r\n", NULL },
    { RB_HTTP_RESPONSE, "HTTP/1.0 404 Not Found Here\r\n\r\n", NULL },
    { RB_HTTP_RESPONSE, "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 \r\n\r\n" },
    { RB_HTTP_RESPONSE, "HTTP/1.1 599 \r\n\r\n", NULL },
    { RB_HTTP_RESPONSE, "HTTP/1.1 101 Switch\r\nUpgrade: websocket\r\n"
      "Connection: upgrade\r\n\r\n", NULL },
    { RB_HTTP_TRAILER, "\r\n", NULL },
    { RB_HTTP_TRAILER, "A: b\r\nC: d\r\n\r\n", NULL },
  };
  rb_http_head_t *head = NULL;
  char *text = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    int fault;
    head = rbt_http_parse(cases[i].text, cases[i].kind, &fault);
    tt_assert_msg(head, cases[i].text);
    text = rbt_http_write(head);
    tt_str_op(text, OP_EQ,
              cases[i].written ? cases[i].written : cases[i].text);
    tor_free(text);
    rb_http_head_free(head);
  }
 done:
  tor_free(text);
  rb_http_head_free(head);
}

/** What is none. */
static void
test_rbalance_http_head_bad(void *arg)
{
  static const struct {
    rb_http_kind_t kind;
    const char *text;
    int fault;
  } cases[] = {
    { RB_HTTP_REQUEST, "GET /\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET  / HTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET /  HTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1 \r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET\t/\tHTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / x HTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET /\tx HTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET /#a HTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "G@T / HTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "WALK / HTTP/1.1\r\n\r\n", 501 },
    { RB_HTTP_REQUEST, "get / HTTP/1.1\r\n\r\n", 501 },
    { RB_HTTP_REQUEST, "GET / HTTP/0.9\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.2\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/2.0\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "PRI * HTTP/2.0\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / http/1.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.10\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/01.1\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / RTSP/1.0\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\nA\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\nA : b\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\nA\t: b\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\n: b\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\nA b: c\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\nA(b): c\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\n\xc3\xa9: c\r\n\r\n", 400 },
    { RB_HTTP_REQUEST, "GET / HTTP/1.1\r\nContent-Length: 1\r\n"
      "Transfer-Encoding: chunked\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1 20 OK\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1 2000 OK\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1 099 OK\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1 600 OK\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1  200 OK\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/2 200 OK\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "ICY 200 OK\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 400 },
    { RB_HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
      "Content-Length: 1\r\n\r\n", 400 },
    { RB_HTTP_TRAILER, "A\r\n\r\n", 400 },
    { RB_HTTP_TRAILER, "A : b\r\n\r\n", 400 },
    { RB_HTTP_TRAILER, "GET / HTTP/1.1\r\n\r\n", 400 },
  };
  rb_http_head_t *head = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    int fault;
    head = rbt_http_parse(cases[i].text, cases[i].kind, &fault);
    tt_assert_msg(!head, cases[i].text);
    tt_int_op(fault, OP_EQ, cases[i].fault);
  }
 done:
  rb_http_head_free(head);
}

/** Fields are found, counted, added and removed by name. */
static void
test_rbalance_http_head_fields(void *arg)
{
  int fault;
  char *text = NULL;
  rb_http_head_t *head = rbt_http_parse("GET / HTTP/1.1\r\nA: 1\r\nB-c: 2\r\n"
    "a: 3\r\nb_C: 4\r\nBb: 5\r\n\r\n", RB_HTTP_REQUEST, &fault);
  (void) arg;

  tt_assert(head);
  tt_str_op(rb_http_head_get(head, "a"), OP_EQ, "1");
  tt_ptr_op(rb_http_head_get(head, "c"), OP_EQ, NULL);
  tt_int_op(rb_http_head_count(head, "A"), OP_EQ, 2);
  tt_int_op(rb_http_head_count(head, "C"), OP_EQ, 0);
  tt_assert(rb_http_head_has_lookalike(head, "B-C"));
  tt_assert(!rb_http_head_has_lookalike(head, "A"));
  rb_http_head_remove(head, "A");
  rb_http_head_add(head, "End", "6");
  rb_http_head_insert(head, "Begin", "0");
  rb_http_head_remove_lookalikes(head, "b-c");
  text = rbt_http_write(head);
  tt_str_op(text, OP_EQ,
            "GET / HTTP/1.1\r\nBegin: 0\r\nBb: 5\r\nEnd: 6\r\n\r\n");
  tor_free(text);
  rb_http_head_remove_prefix(head, "be");
  rb_http_field_set(smartlist_get(head->fields, 0), tor_strdup("x"));
  rb_http_field_set(smartlist_get(head->fields, 0), NULL);
  text = rbt_http_write(head);
  tt_str_op(text, OP_EQ, "GET / HTTP/1.1\r\nBb: x\r\nEnd: 6\r\n\r\n");
 done:
  tor_free(text);
  rb_http_head_free(head);
}

/** Parts lose the white space around them, not that in them. */
static void
test_rbalance_http_head_split(void *arg)
{
  smartlist_t *parts = smartlist_new();
  char *joined = NULL;
  (void) arg;

  rb_http_split(" a b\t,, c,d ,", ",", parts);
  rb_http_split("e", ",", parts);
  joined = smartlist_join_strings(parts, "|", 0, NULL);
  tt_str_op(joined, OP_EQ, "a b|c|d|e");
 done:
  tor_free(joined);
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
}

/** As many fields as may be are read. */
static void
test_rbalance_http_head_many(void *arg)
{
  buf_t *buf = buf_new();
  char *text = NULL, *written = NULL;
  rb_http_head_t *head = NULL;
  int fault;
  (void) arg;

  buf_add_string(buf, "GET / HTTP/1.1\r\n");
  for (int i = 0; i < 200; ++i) {
    buf_add_printf(buf, "X-%d: %d\r\n", i, i);
  }
  buf_add_string(buf, "\r\n");
  text = rbt_http_take(buf);
  head = rbt_http_parse(text, RB_HTTP_REQUEST, &fault);
  tt_assert(head);
  written = rbt_http_write(head);
  tt_str_op(written, OP_EQ, text);
 done:
  buf_free(buf);
  tor_free(text);
  tor_free(written);
  rb_http_head_free(head);
}

#define T(name) { #name, test_rbalance_http_head_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_head_tests[] = {
  T(good),
  T(bad),
  T(fields),
  T(split),
  T(many),
  END_OF_TESTCASES
};
