/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_body.c
 * @brief Test how bodies are moved.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_body.h"

/** Move <b>text</b> as <b>body</b>, in pieces of <b>cut</b> bytes and the
 * rest, or byte by byte if that is 0, to <b>to</b>.  Store in <b>left_out</b>
 * how many bytes are left.  Return how far it is. */
static rb_http_progress_t
move(rb_http_body_t *body, const char *text, size_t cut, buf_t *to,
     size_t *left_out)
{
  buf_t *from = buf_new();
  const size_t len = strlen(text);
  rb_http_progress_t progress = RB_HTTP_MORE;
  size_t n = 0;

  while (progress == RB_HTTP_MORE && n < len) {
    const size_t piece = cut == 0 ? 1 : n == 0 && cut < len ? cut : len - n;
    buf_add(from, text + n, piece);
    n += piece;
    progress = rb_http_body_move(body, from, to);
  }
  *left_out = len - n + buf_datalen(from);
  buf_free(from);
  return progress;
}

/** Return the data of the chunks that are all of <b>text</b>, or NULL if they
 * are not in the form that ours have; the caller frees it. */
static char *
join_chunks(const char *text)
{
  buf_t *data = buf_new();
  char *joined;
  while (*text) {
    char *end;
    const unsigned long n = strtoul(text, &end, 16);
    if (n == 0 || strcmpstart(end, "\r\n") || strlen(end) < n + 4 ||
        strcmpstart(end + 2 + n, "\r\n")) {
      buf_free(data);
      return NULL;
    }
    buf_add(data, end + 2, n);
    text = end + 2 + n + 2;
  }
  joined = rbt_http_take(data);
  buf_free(data);
  return joined;
}

/** What is a chunked body, and what is not, however it is cut. */
static void
test_rbalance_http_body_chunks(void *arg)
{
  static const struct {
    const char *text;
    rb_http_progress_t progress;
    /** Its data, up to where it is bad. */
    const char *data;
    size_t left;
  } cases[] = {
    { "0\r\n\r\n", RB_HTTP_WHOLE, "", 0 },
    { "3\r\nabc\r\n0\r\n\r\nnext", RB_HTTP_WHOLE, "abc", 4 },
    { "00003\r\nabc\r\na\r\n0123456789\r\n000\r\n\r\n", RB_HTTP_WHOLE,
      "abc0123456789", 0 },
    { "A\r\n0123456789\r\n0\r\nX: y\r\nZ: \r\n\r\n", RB_HTTP_WHOLE,
      "0123456789", 0 },
    { "3;a=b;c=\"\xc3\xa9\"\r\nabc\r\n0;x\r\n\r\n", RB_HTTP_WHOLE, "abc", 0 },
    { "3;\tx\r\nabc\r\n0\r\n\r\n", RB_HTTP_WHOLE, "abc", 0 },
    { "3\r\nab", RB_HTTP_MORE, "ab", 0 },
    { "3\r\nabc\r\n0\r\n", RB_HTTP_MORE, "abc", 0 },
    { "\r\n3\r\nabc", RB_HTTP_BAD, "", 7 },
    { " 3\r\nabc", RB_HTTP_BAD, "", 6 },
    { "3 \r\nabc", RB_HTTP_BAD, "", 5 },
    { "3 ;a\r\nabc", RB_HTTP_BAD, "", 7 },
    { "-3\r\nabc", RB_HTTP_BAD, "", 6 },
    { "+3\r\nabc", RB_HTTP_BAD, "", 6 },
    { "0x3\r\nabc", RB_HTTP_BAD, "", 6 },
    { "3\nabc", RB_HTTP_BAD, "", 3 },
    { "3\rabc", RB_HTTP_BAD, "", 2 },
    { "3\r\r\nabc", RB_HTTP_BAD, "", 4 },
    { "3;a\nb\r\nabc", RB_HTTP_BAD, "", 6 },
    { "3;a\rb\r\nabc", RB_HTTP_BAD, "", 5 },
    { "3;a\x01\r\nabc", RB_HTTP_BAD, "", 5 },
    { ";a\r\nabc", RB_HTTP_BAD, "", 6 },
    { "g\r\nabc", RB_HTTP_BAD, "", 5 },
    { "3,3\r\nabc", RB_HTTP_BAD, "", 6 },
    { "3\r\nabcd", RB_HTTP_BAD, "abc", 0 },
    { "3\r\nabc\n0\r\n\r\n", RB_HTTP_BAD, "abc", 5 },
    { "3\r\nabc\rx", RB_HTTP_BAD, "abc", 0 },
    { "3\r\nabc\r\n0\r\nX: y\n\r\n", RB_HTTP_BAD, "abc", 2 },
    { "3\r\nabc\r\n0\r\n X: y\r\n\r\n", RB_HTTP_BAD, "abc", 8 },
    { "0000000000000000\r\n\r\n", RB_HTTP_BAD, "", 4 },
    { "10000000000000003\r\nabc", RB_HTTP_BAD, "", 6 },
    { "ffffffffffffffff\r\nabc", RB_HTTP_BAD, "", 5 },
  };
  static const rb_http_framing_t framing = { .body = RB_HTTP_BODY_CHUNKED };
  rb_http_body_t body;
  buf_t *to = buf_new();
  char *text = NULL, *data = NULL;
  (void) arg;

  memset(&body, 0, sizeof(body));
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    for (size_t cut = 0; cut <= strlen(cases[i].text); ++cut) {
      size_t left;
      rb_http_body_begin(&body, &framing);
      tt_int_op(move(&body, cases[i].text, cut, to, &left), OP_EQ,
                cases[i].progress);
      tt_uint_op(left, OP_EQ, cases[i].left);
      text = rbt_http_take(to);
      data = join_chunks(text);
      tt_str_op(data, OP_EQ, cases[i].data);
      tor_free(text);
      tor_free(data);
    }
  }
 done:
  tor_free(text);
  tor_free(data);
  rb_http_body_clear(&body);
  buf_free(to);
}

/** An extension has a largest size. */
static void
test_rbalance_http_body_extension(void *arg)
{
  static const rb_http_framing_t framing = { .body = RB_HTTP_BODY_CHUNKED };
  rb_http_body_t body;
  buf_t *to = buf_new();
  char extension[300], *text = NULL;
  (void) arg;

  memset(&body, 0, sizeof(body));
  memset(extension, 'x', sizeof(extension));
  for (size_t n = 250; n < 260; ++n) {
    size_t left;
    extension[n] = '\0';
    tor_asprintf(&text, "1;%s\r\na\r\n", extension);
    extension[n] = 'x';
    rb_http_body_begin(&body, &framing);
    tt_int_op(move(&body, text, n / 2, to, &left), OP_EQ,
              n <= 256 ? RB_HTTP_MORE : RB_HTTP_BAD);
    tor_free(text);
  }
 done:
  tor_free(text);
  rb_http_body_clear(&body);
  buf_free(to);
}

/** The end of a chunked body has the trailer that it is given. */
static void
test_rbalance_http_body_end(void *arg)
{
  static const rb_http_framing_t framing = { .body = RB_HTTP_BODY_CHUNKED };
  rb_http_body_t body;
  rb_http_head_t *trailer = NULL;
  buf_t *to = buf_new();
  char *text = NULL;
  int fault = 0;
  size_t left;
  (void) arg;

  memset(&body, 0, sizeof(body));
  rb_http_body_begin(&body, &framing);
  tt_int_op(move(&body, "1\r\na\r\n0\r\nA: b\r\n\r\n", 3, to, &left), OP_EQ,
            RB_HTTP_WHOLE);
  trailer = rb_http_head_parse(&body.trailer, RB_HTTP_TRAILER, &fault);
  tt_assert(trailer);
  rb_http_body_end(&body, trailer, to);
  text = rbt_http_take(to);
  tt_str_op(text, OP_EQ, "1\r\na\r\n0\r\nA: b\r\n\r\n");
  tt_assert(rb_http_body_is_whole(&body));
 done:
  tor_free(text);
  rb_http_head_free(trailer);
  rb_http_body_clear(&body);
  buf_free(to);
}

/** A body with a length ends there, one without never. */
static void
test_rbalance_http_body_length(void *arg)
{
  static const struct {
    rb_http_framing_t framing;
    rb_http_progress_t progress;
    const char *data;
  } cases[] = {
    { { RB_HTTP_BODY_LENGTH, 5 }, RB_HTTP_WHOLE, "01234" },
    { { RB_HTTP_BODY_LENGTH, 10 }, RB_HTTP_WHOLE, "0123456789" },
    { { RB_HTTP_BODY_LENGTH, 11 }, RB_HTTP_MORE, "0123456789" },
    { { RB_HTTP_BODY_LENGTH, UINT64_C(1) << 40 }, RB_HTTP_MORE,
      "0123456789" },
    { { RB_HTTP_BODY_EOF, 0 }, RB_HTTP_MORE, "0123456789" },
  };
  rb_http_body_t body;
  buf_t *to = buf_new();
  char *text = NULL;
  (void) arg;

  memset(&body, 0, sizeof(body));
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    for (size_t cut = 0; cut <= 10; ++cut) {
      size_t left;
      rb_http_body_begin(&body, &cases[i].framing);
      tt_assert(!rb_http_body_is_whole(&body));
      tt_int_op(move(&body, "0123456789", cut, to, &left), OP_EQ,
                cases[i].progress);
      text = rbt_http_take(to);
      tt_str_op(text, OP_EQ, cases[i].data);
      tt_uint_op(left, OP_EQ, 10 - strlen(text));
      tor_free(text);
    }
  }
 done:
  tor_free(text);
  rb_http_body_clear(&body);
  buf_free(to);
}

/** Data is moved, not copied, with a length and in chunks. */
static void
test_rbalance_http_body_moved(void *arg)
{
  enum { LEN = 16384 };
  rb_http_body_t body;
  buf_t *from = buf_new(), *to = buf_new();
  char *data = tor_malloc_zero(LEN);
  const char *before, *after;
  size_t n;
  (void) arg;

  memset(&body, 0, sizeof(body));
  for (int kind = RB_HTTP_BODY_LENGTH; kind <= RB_HTTP_BODY_EOF; ++kind) {
    const rb_http_framing_t framing = { kind, LEN };
    rb_http_body_begin(&body, &framing);
    if (kind == RB_HTTP_BODY_CHUNKED) {
      body.state = RB_HTTP_CHUNK_DATA;
    }
    buf_add(from, data, LEN);
    buf_pullup(from, LEN, &before, &n);
    rb_http_body_move(&body, from, to);
    tt_uint_op(buf_datalen(from), OP_EQ, 0);
    if (kind == RB_HTTP_BODY_CHUNKED) {
      buf_drain(to, strlen("4000\r\n"));
    }
    buf_pullup(to, 1, &after, &n);
    tt_ptr_op(before, OP_EQ, after);
    buf_clear(to);
  }
 done:
  tor_free(data);
  rb_http_body_clear(&body);
  buf_free(from);
  buf_free(to);
}

#define T(name) { #name, test_rbalance_http_body_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_body_tests[] = {
  T(chunks),
  T(extension),
  T(end),
  T(length),
  T(moved),
  END_OF_TESTCASES
};
