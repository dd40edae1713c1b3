/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_connection.c
 * @brief Test what of a head is for one connection only.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_connection.h"

/** What is taken out, and how it is written again. */
static void
test_rbalance_http_connection_fields(void *arg)
{
  static const struct { const char *fields, *written; } cases[] = {
    { "A: b\r\n", "A: b\r\n" },
    { "Connection: close\r\nA: b\r\n", "A: b\r\nConnection: close\r\n" },
    { "Connection: Keep-Alive\r\nKeep-Alive: timeout=5\r\n",
      "Connection: keep-alive\r\n" },
    { "Connection: close, keep-alive\r\n", "Connection: close\r\n" },
    { "Connection: x, close\r\nX: 1\r\nconnection: Y,,z\r\ny: 2\r\nZ: 3\r\n"
      "W: 4\r\n", "W: 4\r\nConnection: close\r\n" },
    { "Proxy-Connection: close\r\nproxy-authorization: x\r\nProxy-X: 1\r\n"
      "Proxy: 2\r\n", "Proxy: 2\r\n" },
    { "TE: trailers, gzip\r\nConnection: TE\r\n",
      "TE: trailers\r\nConnection: TE\r\n" },
    { "TE: gzip\r\nConnection: TE\r\n", "" },
    { "TE: trailers\r\n", "" },
    { "Upgrade: websocket\r\nConnection: upgrade\r\n",
      "Upgrade: websocket\r\nConnection: Upgrade\r\n" },
    { "Upgrade: websocket\r\n", "" },
    { "Connection: upgrade\r\n", "" },
    { "Upgrade: h2c, a/1\r\nConnection: upgrade\r\nUpgrade: HTTP/2.0, b\r\n",
      "Upgrade: a/1, b\r\nConnection: Upgrade\r\n" },
    { "Upgrade: h2,H2C, TLS/1.2\r\nConnection: upgrade, HTTP2-Settings\r\n"
      "HTTP2-Settings: AA\r\n", "" },
    { "HTTP2-Settings: AA\r\n", "" },
    { "Connection: Host\r\n", NULL },
    { "Connection: close, content-length\r\n", NULL },
    { "Connection: Transfer-Encoding\r\n", NULL },
    { "Connection: Expect\r\n", NULL },
    { "Connection: a b\r\n", NULL },
    { "Connection: a;b\r\n", NULL },
    { "Connection: 1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,"
      "u,v,w\r\n", "" },
    { "Connection: 1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,"
      "u,v,w,x\r\n", NULL },
  };
  rb_http_head_t *head = NULL;
  char *text = NULL, *written = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_http_connection_t connection;
    int fault, r;
    tor_asprintf(&text, "GET / HTTP/1.1\r\n%s\r\n", cases[i].fields);
    head = rbt_http_parse(text, RB_HTTP_REQUEST, &fault);
    tor_free(text);
    tt_assert(head);
    r = rb_http_connection_take(head, &connection);
    tt_assert_msg(r == (cases[i].written ? 0 : -1), cases[i].fields);
    if (cases[i].written) {
      rb_http_connection_write(&connection, head);
      tor_asprintf(&text, "GET / HTTP/1.1\r\n%s\r\n", cases[i].written);
      written = rbt_http_write(head);
      tt_str_op(written, OP_EQ, text);
    }
    tor_free(text);
    tor_free(written);
    rb_http_head_free(head);
  }
 done:
  tor_free(text);
  tor_free(written);
  rb_http_head_free(head);
}

/** Version 1.0 knows no upgrade. */
static void
test_rbalance_http_connection_old(void *arg)
{
  rb_http_connection_t connection;
  int fault;
  rb_http_head_t *head = rbt_http_parse("GET / HTTP/1.0\r\n"
    "Connection: upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n",
    RB_HTTP_REQUEST, &fault);
  (void) arg;

  tt_assert(head);
  tt_int_op(rb_http_connection_take(head, &connection), OP_EQ, 0);
  tt_assert(!connection.upgrades);
  tt_assert(connection.keeps_alive);
  tt_int_op(smartlist_len(head->fields), OP_EQ, 0);
 done:
  rb_http_head_free(head);
}

#define T(name) \
  { #name, test_rbalance_http_connection_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_connection_tests[] = {
  T(fields),
  T(old),
  END_OF_TESTCASES
};
