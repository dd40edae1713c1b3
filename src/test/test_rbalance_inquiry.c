/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_inquiry.c
 * @brief Test what a probe asks a web server, and how it reads the answer.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_inquiry.h"
#include "feature/rbalance/rbalance_limits.h"

/** Return what rb_inquiry_read() says of <b>answer</b>, of <b>len</b> bytes,
 * which come in pieces of <b>step</b>. */
static int
read_answer(const char *answer, size_t len, size_t step)
{
  rb_inquiry_t *inquiry = rb_inquiry_new();
  buf_t *in = buf_new();
  int status = 0;
  for (size_t i = 0; i < len; i += step) {
    buf_add(in, answer + i, MIN(step, len - i));
    status = rb_inquiry_read(inquiry, in);
  }
  buf_free(in);
  rb_inquiry_free(inquiry);
  return status;
}

/** The request is complete, and names the port if it is not the usual one. */
static void
test_rbalance_inquiry_request(void *arg)
{
  static const struct {
    const char *host;
    uint16_t port;
    bool is_tls;
    const char *host_line;
  } cases[] = {
    { "a.onion", 80, false, "a.onion" },
    { "a.onion", 80, true, "a.onion:80" },
    { "a.onion", 443, true, "a.onion" },
    { "[::1]", 8080, false, "[::1]:8080" },
  };
  buf_t *out = buf_new();
  char *expected = NULL, *text = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_inquiry_write(cases[i].host, cases[i].port, cases[i].is_tls,
                     "/is?up", out);
    text = buf_extract(out, NULL);
    tor_asprintf(&expected, "GET /is?up HTTP/1.1\r\nHost: %s\r\n"
                 "Accept: */*\r\nConnection: close\r\n\r\n",
                 cases[i].host_line);
    tt_str_op(text, OP_EQ, expected);
    tor_free(expected);
    tor_free(text);
    buf_clear(out);
  }
 done:
  tor_free(expected);
  tor_free(text);
  buf_free(out);
}

/** The status is found however the answer is cut; provisional ones do not
 * count; what is no HTTP is noticed. */
static void
test_rbalance_inquiry_status(void *arg)
{
  static const struct {
    const char *answer;
    int status;
  } cases[] = {
    { "HTTP/1.1 200 OK\r\n", 200 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200 },
    { "HTTP/1.0 404 Not Found\r\n", 404 },
    { "HTTP/1.1 503 \r\n", 503 },
    { "HTTP/1.1 204\r\n\r\n", 204 },
    { "HTTP/1.1 399 A\r\n", 399 },
    { "HTTP/1.1 101 Switching Protocols\r\n", 101 },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\n", 500 },
    { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 200 },
    { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0 },
    { "HTTP/1.1 2", 0 },
    { "", 0 },
    { "SSH-2.0-x\r\n", -1 },
    { "HTTP/1.1 abc OK\r\n", -1 },
    { "HTTP/9.9 200 OK\r\n\r\n", -1 },
    { "GET / HTTP/1.1\r\n", -1 },
    { "\x16\x03\x01", -1 },
  };
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    const size_t len = strlen(cases[i].answer);
    for (size_t step = 1; step <= len + 1; ++step) {
      tt_int_op(read_answer(cases[i].answer, len, step), OP_EQ,
                cases[i].status);
    }
  }
 done:
  ;
}

/** A server that never comes to the point is given up. */
static void
test_rbalance_inquiry_endless(void *arg)
{
  const size_t len = 2 * RB_MAX_INQUIRY_LEN;
  char *answer = tor_malloc(len);
  static const char hint[] = "HTTP/1.1 103 Early Hints\r\n\r\n";
  (void) arg;

  memset(answer, 'a', len);
  memcpy(answer, "HTTP/1.1 200 ", 13);
  tt_int_op(read_answer(answer, len, 1000), OP_EQ, -1);
  for (size_t i = 0; i < len; ++i) {
    answer[i] = hint[i % (sizeof(hint) - 1)];
  }
  tt_int_op(read_answer(answer, RB_MAX_INQUIRY_LEN, 1000), OP_EQ, 0);
  tt_int_op(read_answer(answer, len, 1000), OP_EQ, -1);
 done:
  tor_free(answer);
}

/** After the status nothing more is read. */
static void
test_rbalance_inquiry_rest(void *arg)
{
  rb_inquiry_t *inquiry = rb_inquiry_new();
  buf_t *in = buf_new();
  (void) arg;

  buf_add_string(in, "HTTP/1.1 302 Found\r\n");
  tt_int_op(rb_inquiry_read(inquiry, in), OP_EQ, 302);
  buf_add_string(in, "\x01 rubbish");
  tt_int_op(rb_inquiry_read(inquiry, in), OP_EQ, 302);
  tt_int_op(buf_datalen(in), OP_EQ, 9);
 done:
  buf_free(in);
  rb_inquiry_free(inquiry);
}

#define T(name) { #name, test_rbalance_inquiry_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_inquiry_tests[] = {
  T(request),
  T(status),
  T(endless),
  T(rest),
  END_OF_TESTCASES
};
