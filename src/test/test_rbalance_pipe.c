/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_pipe.c
 * @brief Test what becomes of the bytes between a client and its target.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_tls.h"

#include "feature/rbalance/rbalance_pipe.h"

static const rb_http_names_t names = {
  .target_host = "target.example", .target_port = 80,
  .service_host = "service.onion", .service_port = 80,
};

/** A pipe and what is at its ends. */
typedef struct ends_t {
  rb_pipe_t *pipe;
  buf_t *from_client, *to_target, *from_target, *to_client;
} ends_t;

/** Make the ends of <b>pipe</b> at <b>ends</b>. */
static void
set_up(ends_t *ends, rb_pipe_t *pipe)
{
  ends->pipe = pipe;
  ends->from_client = buf_new();
  ends->to_target = buf_new();
  ends->from_target = buf_new();
  ends->to_client = buf_new();
}

/** Release what <b>ends</b> holds. */
static void
tear_down(ends_t *ends)
{
  rb_pipe_free(ends->pipe);
  buf_free(ends->from_client);
  buf_free(ends->to_target);
  buf_free(ends->from_target);
  buf_free(ends->to_client);
}

/** The client of <b>ends</b> sends <b>text</b>. */
static void
client_sends(ends_t *ends, const char *text)
{
  buf_add(ends->from_client, text, strlen(text));
  rb_pipe_from_client(ends->pipe, ends->from_client, ends->to_target,
                      ends->to_client);
}

/** The target of <b>ends</b> sends <b>text</b>. */
static void
target_sends(ends_t *ends, const char *text)
{
  buf_add(ends->from_target, text, strlen(text));
  rb_pipe_from_target(ends->pipe, ends->from_target, ends->to_client,
                      ends->to_target);
}

/** Take all of <b>buf</b>, as a new string. */
static char *
take(buf_t *buf)
{
  size_t len = 0;
  char *text = buf_extract(buf, &len);
  buf_clear(buf);
  return text;
}

/** Without HTTP and TLS all bytes go on as they are; it is over when the
 * target has ended. */
static void
test_rbalance_pipe_raw(void *arg)
{
  ends_t ends;
  char *text = NULL;
  (void) arg;

  set_up(&ends, rb_pipe_new(NULL, NULL));
  tt_assert(rb_pipe_is_ready(ends.pipe));
  tt_assert(!rb_pipe_has_pages(ends.pipe));
  client_sends(&ends, "to the target");
  target_sends(&ends, "to the client");
  text = take(ends.to_target);
  tt_str_op(text, OP_EQ, "to the target");
  tor_free(text);
  text = take(ends.to_client);
  tt_str_op(text, OP_EQ, "to the client");
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_RAW);
  rb_pipe_target_eof(ends.pipe, ends.to_client);
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_OVER);
 done:
  tor_free(text);
  tear_down(&ends);
}

/** With HTTP heads are rewritten. */
static void
test_rbalance_pipe_http(void *arg)
{
  ends_t ends;
  char *text = NULL;
  (void) arg;

  set_up(&ends, rb_pipe_new(&names, NULL));
  tt_assert(rb_pipe_has_pages(ends.pipe));
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_IDLE);
  client_sends(&ends, "GET / HTTP/1.1\r\nHost: service.onion\r\n\r\n");
  text = take(ends.to_target);
  tt_assert(strstr(text, "Host: target.example\r\n"));
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_ANSWER);
  target_sends(&ends, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
               "Location: http://target.example/x\r\n\r\n");
  tor_free(text);
  text = take(ends.to_client);
  tt_assert(strstr(text, "Location: /x\r\n"));
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_IDLE);
 done:
  tor_free(text);
  tear_down(&ends);
}

/** The request that comes after the target has failed gets the page for that,
 * and nothing is sent to the target. */
static void
test_rbalance_pipe_failed(void *arg)
{
  static const struct {
    rb_http_failure_t failure;
    const char *status;
  } cases[] = {
    { RB_HTTP_NO_TARGET, "HTTP/1.1 502 " },
    { RB_HTTP_SLOW_TARGET, "HTTP/1.1 504 " },
  };
  ends_t ends;
  char *text = NULL;
  (void) arg;

  memset(&ends, 0, sizeof(ends));
  for (int i = 0; i < 4; ++i) {
    set_up(&ends, rb_pipe_new(&names, NULL));
    if (i < 2) {
      rb_pipe_fail(ends.pipe, cases[i].failure, ends.to_client);
      tt_int_op(buf_datalen(ends.to_client), OP_EQ, 0);
    }
    client_sends(&ends, "GET / HTTP/1.1\r\nHost: ser");
    tt_int_op(buf_datalen(ends.to_client), OP_EQ, 0);
    client_sends(&ends, "vice.onion\r\n\r\n");
    if (i >= 2) {
      buf_clear(ends.to_target);
      rb_pipe_fail(ends.pipe, cases[i - 2].failure, ends.to_client);
    }
    text = take(ends.to_client);
    tt_int_op(strcmpstart(text, cases[i % 2].status), OP_EQ, 0);
    tt_int_op(buf_datalen(ends.to_target), OP_EQ, 0);
    tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_OVER);
    tor_free(text);
    tear_down(&ends);
    memset(&ends, 0, sizeof(ends));
  }
 done:
  tor_free(text);
  tear_down(&ends);
}

/** With TLS nothing of a client goes to the target in the clear, and what does
 * goes after the handshake. */
static void
test_rbalance_pipe_tls(void *arg)
{
  rb_tls_target_t *target = rb_tls_target_new("target.example", false, false);
  ends_t ends;
  char *text = NULL;
  (void) arg;

  set_up(&ends, rb_pipe_new(NULL, target));
  client_sends(&ends, "secret");
  tt_assert(!rb_pipe_is_ready(ends.pipe));
  text = take(ends.to_target);
  /* A ClientHello, in a handshake record. */
  tt_int_op(text[0], OP_EQ, 0x16);
  tt_assert(!rb_pipe_get_fault(ends.pipe));
  target_sends(&ends, "this is no TLS at all");
  tt_assert(rb_pipe_get_fault(ends.pipe));
  tt_assert(!rb_pipe_is_ready(ends.pipe));
  tor_free(text);
  text = take(ends.to_target);
  tt_assert(!strstr(text, "secret"));
  tt_int_op(buf_datalen(ends.to_client), OP_EQ, 0);
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_RAW);
  rb_pipe_fail(ends.pipe, RB_HTTP_NO_TARGET, ends.to_client);
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_OVER);
 done:
  tor_free(text);
  tear_down(&ends);
  rb_tls_target_free(target);
}

/** Who asks for a page behind a target that should speak TLS and does not gets
 * the page that says so. */
static void
test_rbalance_pipe_https_failed(void *arg)
{
  rb_tls_target_t *target = rb_tls_target_new("target.example", false, true);
  ends_t ends;
  char *text = NULL;
  (void) arg;

  set_up(&ends, rb_pipe_new(&names, target));
  client_sends(&ends, "");
  target_sends(&ends, "HTTP/1.1 400 Bad Request\r\n\r\n");
  tt_assert(rb_pipe_get_fault(ends.pipe));
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_IDLE);
  rb_pipe_fail(ends.pipe, RB_HTTP_NO_TARGET, ends.to_client);
  buf_clear(ends.to_target);
  client_sends(&ends, "GET / HTTP/1.1\r\nHost: service.onion\r\n\r\n");
  text = take(ends.to_client);
  tt_int_op(strcmpstart(text, "HTTP/1.1 502 "), OP_EQ, 0);
  tt_int_op(buf_datalen(ends.to_target), OP_EQ, 0);
  tt_int_op(rb_pipe_waits_for(ends.pipe), OP_EQ, RB_HTTP_OVER);
 done:
  tor_free(text);
  tear_down(&ends);
  rb_tls_target_free(target);
}

#define T(name) { #name, test_rbalance_pipe_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_pipe_tests[] = {
  T(raw),
  T(http),
  T(failed),
  T(tls),
  T(https_failed),
  END_OF_TESTCASES
};
