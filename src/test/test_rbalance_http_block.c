/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_block.c
 * @brief Test how heads are collected.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_limits.h"

#include "feature/rbalance/rbalance_http_block.h"

/** Have <b>block</b> take <b>text</b> in pieces of <b>cut</b> bytes and the
 * rest, or byte by byte if that is 0.  Store in <b>left_out</b> how many bytes
 * it left.  Return how far it is. */
static rb_http_progress_t
take(rb_http_block_t *block, rb_http_kind_t kind, const char *text,
     size_t cut, size_t *left_out)
{
  buf_t *buf = buf_new();
  const size_t len = strlen(text);
  rb_http_progress_t progress = RB_HTTP_MORE;
  size_t n = 0;

  while (progress == RB_HTTP_MORE && n < len) {
    const size_t piece = cut == 0 ? 1 : n == 0 && cut < len ? cut : len - n;
    buf_add(buf, text + n, piece);
    n += piece;
    progress = rb_http_block_take(block, kind, buf);
  }
  *left_out = len - n + buf_datalen(buf);
  buf_free(buf);
  return progress;
}

/** Where a block ends, and what it can't contain, however it is cut. */
static void
test_rbalance_http_block_lines(void *arg)
{
  static const struct {
    rb_http_kind_t kind;
    const char *text;
    rb_http_progress_t progress;
    /** Bytes behind it, and its lines. */
    size_t left;
    int n_lines;
  } cases[] = {
    { RB_HTTP_REQUEST, "a\r\n\r\n", RB_HTTP_WHOLE, 0, 1 },
    { RB_HTTP_REQUEST, "a\r\nb\r\n\r\nmore", RB_HTTP_WHOLE, 4, 2 },
    { RB_HTTP_REQUEST, "\r\na\r\n\r\n", RB_HTTP_WHOLE, 0, 1 },
    { RB_HTTP_REQUEST, "\r\n\r\na\r\n\r\n", RB_HTTP_BAD, 5, 0 },
    { RB_HTTP_RESPONSE, "\r\na\r\n\r\n", RB_HTTP_BAD, 5, 0 },
    { RB_HTTP_TRAILER, "\r\nmore", RB_HTTP_WHOLE, 4, 0 },
    { RB_HTTP_TRAILER, "a\r\n\r\n", RB_HTTP_WHOLE, 0, 1 },
    { RB_HTTP_REQUEST, "a\r\nb\r\n", RB_HTTP_MORE, 0, 2 },
    { RB_HTTP_REQUEST, "a\r\n\r", RB_HTTP_MORE, 0, 1 },
    { RB_HTTP_REQUEST, "a\r\n b\r\n\r\n", RB_HTTP_BAD, 5, 1 },
    { RB_HTTP_REQUEST, "a\r\n\tb\r\n\r\n", RB_HTTP_BAD, 5, 1 },
    { RB_HTTP_REQUEST, " a\r\n\r\n", RB_HTTP_BAD, 5, 0 },
    { RB_HTTP_REQUEST, "a\n\r\n", RB_HTTP_BAD, 2, 0 },
    { RB_HTTP_REQUEST, "a\rb\r\n\r\n", RB_HTTP_BAD, 4, 0 },
    { RB_HTTP_REQUEST, "a\r\r\n\r\n", RB_HTTP_BAD, 3, 0 },
    { RB_HTTP_REQUEST, "a\x01" "b\r\n\r\n", RB_HTTP_BAD, 5, 0 },
    { RB_HTTP_REQUEST, "a\x7f" "b\r\n\r\n", RB_HTTP_BAD, 5, 0 },
    { RB_HTTP_REQUEST, "a\x0b" "b\r\n\r\n", RB_HTTP_BAD, 5, 0 },
    { RB_HTTP_REQUEST, "a\tb\xc3\xa9\r\n\r\n", RB_HTTP_WHOLE, 0, 1 },
  };
  rb_http_block_t block;
  (void) arg;

  memset(&block, 0, sizeof(block));
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    for (size_t cut = 0; cut <= strlen(cases[i].text); ++cut) {
      size_t left;
      tt_int_op(take(&block, cases[i].kind, cases[i].text, cut, &left), OP_EQ,
                cases[i].progress);
      tt_uint_op(left, OP_EQ, cases[i].left);
      tt_int_op(block.n_lines, OP_EQ, cases[i].n_lines);
      rb_http_block_clear(&block);
      tt_ptr_op(block.bytes, OP_EQ, NULL);
    }
  }
 done:
  rb_http_block_clear(&block);
}

/** A NUL is a control byte like others. */
static void
test_rbalance_http_block_nul(void *arg)
{
  rb_http_block_t block;
  buf_t *buf = buf_new();
  (void) arg;

  memset(&block, 0, sizeof(block));
  buf_add(buf, "a\0b\r\n\r\n", 7);
  tt_int_op(rb_http_block_take(&block, RB_HTTP_REQUEST, buf), OP_EQ,
            RB_HTTP_BAD);
 done:
  rb_http_block_clear(&block);
  buf_free(buf);
}

/** Return what <b>n</b> lines of <b>len</b> bytes are taken for. */
static rb_http_progress_t
take_lines(rb_http_block_t *block, rb_http_kind_t kind, int n, size_t len)
{
  buf_t *buf = buf_new();
  rb_http_progress_t progress;
  char *line = tor_malloc(len);

  memset(line, 'a', len);
  for (int i = 0; i < n; ++i) {
    buf_add(buf, line, len);
    buf_add(buf, "\r\n", 2);
  }
  buf_add(buf, "\r\n", 2);
  progress = rb_http_block_take(block, kind, buf);
  tor_free(line);
  buf_free(buf);
  return progress;
}

/** The longest and the first too long first line, number of lines, and
 * number of bytes. */
static void
test_rbalance_http_block_limits(void *arg)
{
  static const struct {
    rb_http_kind_t kind;
    int n;
    size_t len;
    rb_http_progress_t progress;
  } cases[] = {
    { RB_HTTP_REQUEST, 1, RB_HTTP_MAX_LINE_LEN, RB_HTTP_WHOLE },
    { RB_HTTP_REQUEST, 1, RB_HTTP_MAX_LINE_LEN + 1, RB_HTTP_LONG_LINE },
    { RB_HTTP_RESPONSE, 1, RB_HTTP_MAX_LINE_LEN + 1, RB_HTTP_LONG_LINE },
    { RB_HTTP_TRAILER, 1, RB_HTTP_MAX_LINE_LEN + 1, RB_HTTP_WHOLE },
    { RB_HTTP_REQUEST, RB_HTTP_MAX_FIELDS + 1, 5, RB_HTTP_WHOLE },
    { RB_HTTP_REQUEST, RB_HTTP_MAX_FIELDS + 2, 5, RB_HTTP_TOO_LARGE },
    { RB_HTTP_TRAILER, RB_HTTP_MAX_FIELDS, 5, RB_HTTP_WHOLE },
    { RB_HTTP_TRAILER, RB_HTTP_MAX_FIELDS + 1, 5, RB_HTTP_TOO_LARGE },
    { RB_HTTP_TRAILER, 1, RB_HTTP_MAX_HEAD_LEN - 4, RB_HTTP_WHOLE },
    { RB_HTTP_TRAILER, 1, RB_HTTP_MAX_HEAD_LEN - 3, RB_HTTP_TOO_LARGE },
    { RB_HTTP_REQUEST, 7, RB_HTTP_MAX_LINE_LEN / 2, RB_HTTP_WHOLE },
    { RB_HTTP_REQUEST, 8, RB_HTTP_MAX_LINE_LEN / 2, RB_HTTP_TOO_LARGE },
  };
  rb_http_block_t block;
  (void) arg;

  memset(&block, 0, sizeof(block));
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    tt_int_op(take_lines(&block, cases[i].kind, cases[i].n, cases[i].len),
              OP_EQ, cases[i].progress);
    tt_uint_op(buf_datalen(block.bytes), OP_LE, RB_HTTP_MAX_HEAD_LEN + 1);
    rb_http_block_clear(&block);
  }
 done:
  rb_http_block_clear(&block);
}

/** tor's out-of-memory handler knows of what is collected. */
static void
test_rbalance_http_block_memory(void *arg)
{
  enum { LEN = RB_HTTP_MAX_HEAD_LEN / 2 };
  const size_t before = buf_get_total_allocation();
  buf_t *buf = buf_new();
  char *bytes = tor_malloc(LEN);
  rb_http_block_t block;
  (void) arg;

  memset(&block, 0, sizeof(block));
  memset(bytes, 'a', LEN);
  buf_add(buf, bytes, LEN);
  tt_int_op(rb_http_block_take(&block, RB_HTTP_TRAILER, buf), OP_EQ,
            RB_HTTP_MORE);
  tt_uint_op(buf_datalen(buf), OP_EQ, 0);
  tt_uint_op(buf_get_total_allocation(), OP_GE, before + LEN);
  rb_http_block_clear(&block);
  tt_uint_op(buf_get_total_allocation(), OP_LT, before + LEN);
 done:
  rb_http_block_clear(&block);
  buf_free(buf);
  tor_free(bytes);
}

/** What a first line begins with, behind an empty one, too. */
static void
test_rbalance_http_block_begins(void *arg)
{
  static const struct {
    const char *text;
    bool is_head;
  } cases[] = {
    { "", false }, { "HEAD", false }, { "HEAD ", true }, { "HEADS ", false },
    { "\r\nHEAD ", true }, { "\r\nHEAD", false }, { "HEAD /\x01", true },
  };
  rb_http_block_t block;
  (void) arg;

  memset(&block, 0, sizeof(block));
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    size_t left;
    take(&block, RB_HTTP_REQUEST, cases[i].text, 1, &left);
    tt_int_op(rb_http_block_begins(&block, "HEAD "), OP_EQ, cases[i].is_head);
    rb_http_block_clear(&block);
  }
 done:
  rb_http_block_clear(&block);
}

#define T(name) { #name, test_rbalance_http_block_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_block_tests[] = {
  T(lines),
  T(nul),
  T(limits),
  T(memory),
  T(begins),
  END_OF_TESTCASES
};
