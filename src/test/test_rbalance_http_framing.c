/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_framing.c
 * @brief Test what heads say of their bodies.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_framing.h"

/** Return a head of version 1.<b>minor</b> with <b>fields</b>, each a name and
 * a value, up to a NULL. */
static rb_http_head_t *
make_head(int minor, const char *const *fields)
{
  rb_http_head_t *head = tor_malloc_zero(sizeof(*head));
  head->minor = minor;
  head->fields = smartlist_new();
  for (; *fields; fields += 2) {
    rb_http_head_add(head, fields[0], fields[1]);
  }
  return head;
}

/** What is understood, and what can't be. */
static void
test_rbalance_http_framing_read(void *arg)
{
  static const char length[] = "Content-Length";
  static const char encoding[] = "Transfer-Encoding";
  static const struct {
    const char *fields[5];
    int expected;
    rb_http_bodykind_t body;
    uint64_t length;
    int minor;
  } cases[] = {
    { { NULL }, 0, RB_HTTP_BODY_NONE, 0, 1 },
    { { "X", "1" }, 0, RB_HTTP_BODY_NONE, 0, 0 },
    { { length, "0" }, 0, RB_HTTP_BODY_LENGTH, 0, 1 },
    { { length, "0123" }, 0, RB_HTTP_BODY_LENGTH, 123, 0 },
    { { "content-LENGTH", "999999999999999999" }, 0, RB_HTTP_BODY_LENGTH,
      UINT64_C(999999999999999999), 1 },
    { { encoding, "chunked" }, 0, RB_HTTP_BODY_CHUNKED, 0, 1 },
    { { "transfer-encoding", "CHUNKED" }, 0, RB_HTTP_BODY_CHUNKED, 0, 1 },
    { { encoding, "chunked" }, -1, 0, 0, 0 },
    { { length, "1", encoding, "chunked" }, -1, 0, 0, 1 },
    { { encoding, "chunked", length, "1" }, -1, 0, 0, 1 },
    { { length, "1", length, "1" }, -1, 0, 0, 1 },
    { { length, "1", "content-length", "2" }, -1, 0, 0, 1 },
    { { encoding, "chunked", encoding, "chunked" }, -1, 0, 0, 1 },
    { { "Content_Length", "1" }, -1, 0, 0, 1 },
    { { "Transfer_Encoding", "chunked" }, -1, 0, 0, 1 },
    { { length, "1000000000000000000" }, -1, 0, 0, 1 },
    { { length, "" }, -1, 0, 0, 1 },
    { { length, "1, 1" }, -1, 0, 0, 1 },
    { { length, "+1" }, -1, 0, 0, 1 },
    { { length, "-1" }, -1, 0, 0, 1 },
    { { length, "0x1" }, -1, 0, 0, 1 },
    { { length, "1 2" }, -1, 0, 0, 1 },
    { { length, "1.0" }, -1, 0, 0, 1 },
    { { encoding, "" }, -1, 0, 0, 1 },
    { { encoding, "identity" }, -1, 0, 0, 1 },
    { { encoding, "gzip" }, -1, 0, 0, 1 },
    { { encoding, "gzip, chunked" }, -1, 0, 0, 1 },
    { { encoding, "chunked, gzip" }, -1, 0, 0, 1 },
    { { encoding, "chunked, chunked" }, -1, 0, 0, 1 },
    { { encoding, "chunked;q=1" }, -1, 0, 0, 1 },
    { { encoding, "\"chunked\"" }, -1, 0, 0, 1 },
    { { encoding, "xchunked" }, -1, 0, 0, 1 },
  };
  rb_http_head_t *head = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_http_framing_t framing;
    head = make_head(cases[i].minor, cases[i].fields);
    tt_int_op(rb_http_framing_read(head, &framing), OP_EQ, cases[i].expected);
    if (cases[i].expected == 0) {
      tt_int_op(framing.body, OP_EQ, cases[i].body);
      tt_u64_op(framing.length, OP_EQ, cases[i].length);
    }
    rb_http_head_free(head);
  }
 done:
  rb_http_head_free(head);
}

/** What is written is what is read. */
static void
test_rbalance_http_framing_write(void *arg)
{
  static const rb_http_framing_t cases[] = {
    { RB_HTTP_BODY_NONE, 0 }, { RB_HTTP_BODY_LENGTH, 0 },
    { RB_HTTP_BODY_LENGTH, UINT64_C(123456789012) },
    { RB_HTTP_BODY_CHUNKED, 0 },
  };
  static const char *const fields[] = {
    "Content-Length", "7", "A", "b", "transfer-encoding", "gzip", NULL,
  };
  rb_http_head_t *head = make_head(1, fields);
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_http_framing_t framing;
    rb_http_framing_write(&cases[i], head);
    tt_int_op(rb_http_framing_read(head, &framing), OP_EQ, 0);
    tt_int_op(framing.body, OP_EQ, cases[i].body);
    tt_u64_op(framing.length, OP_EQ, cases[i].length);
    tt_int_op(smartlist_len(head->fields), OP_EQ, i == 0 ? 1 : 2);
  }
 done:
  rb_http_head_free(head);
}

#define T(name) { #name, test_rbalance_http_framing_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_framing_tests[] = {
  T(read),
  T(write),
  END_OF_TESTCASES
};
