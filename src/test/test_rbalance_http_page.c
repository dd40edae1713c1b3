/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_page.c
 * @brief Test the answers of our own.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_page.h"

/** Each page is a whole answer, and one to HEAD has no body. */
static void
test_rbalance_http_page_write(void *arg)
{
  static const int statuses[] = { 400, 408, 414, 431, 501, 502, 504 };
  buf_t *buf = buf_new();
  char *text = NULL, *merged = NULL, *start = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(statuses); ++i) {
    int n;
    rb_http_page_write(statuses[i], false, buf);
    text = rbt_http_take(buf);
    merged = rbt_http_merge(text, strlen(text), &n);
    tt_int_op(n, OP_EQ, 1);
    tor_asprintf(&start, "HTTP/1.1 %d ", statuses[i]);
    tt_int_op(strcmpstart(text, start), OP_EQ, 0);
    tt_assert(strstr(text, "\r\nConnection: close\r\n"));
    tt_assert(strstr(text, "\r\nCache-Control: no-store\r\n"));
    tt_assert(strstr(text, "</html>"));
    tor_free(start);
    rb_http_page_write(statuses[i], true, buf);
    start = rbt_http_take(buf);
    tt_int_op(strcmpstart(text, start), OP_EQ, 0);
    tt_int_op(strcmpend(start, "\r\n\r\n"), OP_EQ, 0);
    tor_free(start);
    tor_free(text);
    tor_free(merged);
  }
 done:
  tor_free(start);
  tor_free(text);
  tor_free(merged);
  buf_free(buf);
}

#define T(name) { #name, test_rbalance_http_page_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_page_tests[] = {
  T(write),
  END_OF_TESTCASES
};
