/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_frame.c
 * @brief Test the frames that carry messages over a stream.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_frame.h"
#include "feature/rbalance/rbalance_limits.h"
#include "lib/buf/buffers.h"

/** Return a new text of <b>len</b> bytes. */
static char *
make_text(size_t len)
{
  char *text = tor_malloc(len + 1);
  memset(text, 'x', len);
  text[len] = '\0';
  return text;
}

/** What is written is read, and the bytes are those of the wire format. */
static void
test_rbalance_frame_round_trip(void *arg)
{
  buf_t *buf = buf_new();
  char *text = NULL;
  char bytes[7];
  size_t len = 99;
  (void) arg;

  tt_int_op(rb_frame_write(buf, "abc"), OP_EQ, 0);
  tt_int_op(buf_datalen(buf), OP_EQ, 7);
  buf_peek(buf, bytes, sizeof(bytes));
  tt_mem_op(bytes, OP_EQ, "\0\0\0\3abc", sizeof(bytes));

  tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_OK);
  tt_str_op(text, OP_EQ, "abc");
  tt_int_op(len, OP_EQ, 3);
  tt_int_op(buf_datalen(buf), OP_EQ, 0);

 done:
  tor_free(text);
  buf_free(buf);
}

/** A frame is read when its last byte is there, not before, and until then
 * the buffer stays as it is. */
static void
test_rbalance_frame_split(void *arg)
{
  static const char frame[] = "\0\0\0\5hello";
  const size_t frame_len = sizeof(frame) - 1;
  buf_t *buf = buf_new();
  char *text = NULL;
  size_t len = 0;
  (void) arg;

  for (size_t i = 0; i < frame_len; ++i) {
    tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_INCOMPLETE);
    tt_ptr_op(text, OP_EQ, NULL);
    tt_int_op(buf_datalen(buf), OP_EQ, i);
    buf_add(buf, frame + i, 1);
  }
  tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_OK);
  tt_str_op(text, OP_EQ, "hello");
  tt_int_op(len, OP_EQ, 5);

 done:
  tor_free(text);
  buf_free(buf);
}

/** A length of zero or above the limit is refused as soon as the header is
 * there, and the buffer stays as it is. */
static void
test_rbalance_frame_bad_length(void *arg)
{
  static const char headers[][5] = {
    "\x00\x00\x00\x00", "\x00\x01\x00\x01", "\x00\x02\x00\x00",
    "\x01\x00\x00\x00", "\x7f\xff\xff\xff", "\x80\x00\x00\x00",
    "\xff\xff\xff\xff",
  };
  buf_t *buf = buf_new();
  char *text = NULL;
  size_t len = 0;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(headers); ++i) {
    buf_clear(buf);
    buf_add(buf, headers[i], 4);
    tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_BAD_LENGTH);
    tt_ptr_op(text, OP_EQ, NULL);
    tt_int_op(buf_datalen(buf), OP_EQ, 4);
  }

 done:
  tor_free(text);
  buf_free(buf);
}

/** The longest text goes through; a longer one and an empty one can't be
 * written, and leave nothing behind. */
static void
test_rbalance_frame_limits(void *arg)
{
  buf_t *buf = buf_new();
  char *longest = make_text(RB_MAX_FRAME_LEN);
  char *too_long = make_text(RB_MAX_FRAME_LEN + 1);
  char *text = NULL;
  size_t len = 0;
  (void) arg;

  tt_int_op(rb_frame_write(buf, too_long), OP_EQ, -1);
  tt_int_op(rb_frame_write(buf, ""), OP_EQ, -1);
  tt_int_op(buf_datalen(buf), OP_EQ, 0);

  tt_int_op(rb_frame_write(buf, longest), OP_EQ, 0);
  tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_OK);
  tt_int_op(len, OP_EQ, RB_MAX_FRAME_LEN);
  tt_str_op(text, OP_EQ, longest);

 done:
  tor_free(longest);
  tor_free(too_long);
  tor_free(text);
  buf_free(buf);
}

/** Frames behind each other come out one by one, in order, and what follows
 * them stays. */
static void
test_rbalance_frame_several(void *arg)
{
  static const char *const texts[] = { "one", "a second", "3" };
  buf_t *buf = buf_new();
  char *text = NULL;
  size_t len = 0;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(texts); ++i) {
    tt_int_op(rb_frame_write(buf, texts[i]), OP_EQ, 0);
  }
  buf_add(buf, "\0\0", 2);
  for (size_t i = 0; i < ARRAY_LENGTH(texts); ++i) {
    tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_OK);
    tt_str_op(text, OP_EQ, texts[i]);
    tt_int_op(len, OP_EQ, strlen(texts[i]));
    tor_free(text);
  }
  tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_INCOMPLETE);
  tt_int_op(buf_datalen(buf), OP_EQ, 2);

 done:
  tor_free(text);
  buf_free(buf);
}

/** A text may hold NUL bytes: its length tells where it ends, and a NUL
 * follows it. */
static void
test_rbalance_frame_nul(void *arg)
{
  buf_t *buf = buf_new();
  char *text = NULL;
  size_t len = 0;
  (void) arg;

  buf_add(buf, "\0\0\0\4a\0b\0", 8);
  tt_int_op(rb_frame_read(buf, &text, &len), OP_EQ, RB_FRAME_OK);
  tt_int_op(len, OP_EQ, 4);
  tt_mem_op(text, OP_EQ, "a\0b\0\0", 5);

 done:
  tor_free(text);
  buf_free(buf);
}

struct testcase_t rbalance_frame_tests[] = {
  { "round_trip", test_rbalance_frame_round_trip, TT_FORK, NULL, NULL },
  { "split", test_rbalance_frame_split, TT_FORK, NULL, NULL },
  { "bad_length", test_rbalance_frame_bad_length, TT_FORK, NULL, NULL },
  { "limits", test_rbalance_frame_limits, TT_FORK, NULL, NULL },
  { "several", test_rbalance_frame_several, TT_FORK, NULL, NULL },
  { "nul", test_rbalance_frame_nul, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
