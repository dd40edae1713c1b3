/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_json.c
 * @brief Test the strict reading of JSON.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_json.h"
#include "feature/rbalance/rbalance_limits.h"

/** Return true iff rb_json_parse() takes the NUL-terminated <b>text</b>. */
static bool
is_accepted(const char *text)
{
  json_t *json = rb_json_parse(text, strlen(text));
  const bool accepted = (json != NULL);
  json_decref(json);
  return accepted;
}

/** Return the parsed <b>text</b>, which must be fine. */
static json_t *
parse(const char *text)
{
  json_t *json = rb_json_parse(text, strlen(text));
  tor_assert(json);
  return json;
}

/** Return a new text with <b>n</b> objects within each other. */
static char *
make_nested(int n)
{
  smartlist_t *parts = smartlist_new();
  char *text;
  for (int i = 1; i < n; ++i) {
    smartlist_add_strdup(parts, "{\"a\":");
  }
  smartlist_add_strdup(parts, "{");
  for (int i = 0; i < n; ++i) {
    smartlist_add_strdup(parts, "}");
  }
  text = smartlist_join_strings(parts, "", 0, NULL);
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
  return text;
}

/** Only one whole object is taken. */
static void
test_rbalance_json_parse(void *arg)
{
  static const char *const bad[] = {
    "", " ", "null", "1", "true", "\"a\"", "[]", "[{}]", "{", "}", "{}x",
    "{}{}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}",
    "{\"a\":01}", "{\"a\":+1}", "{\"a\":NaN}", "{\"a\":\"\x01\"}",
    "{\"a\":\"\xff\"}", "{\"a\":\"\xc3\"}", "{\"a\":\"\\ud800\"}",
    "\xef\xbb\xbf{}", "/**/{}", "{\"a\":9223372036854775808}",
    "{\"a\":-9223372036854775809}", "{\"a\":1e999}",
    /* Duplicate keys, on the top level and below. */
    "{\"a\":1,\"a\":1}", "{\"b\":{\"a\":1,\"a\":2}}",
    "{\"a\":1,\"\\u0061\":2}",
  };
  static const char *const good[] = {
    "{}", " {} ", "{\"a\":null}", "{\"a\":9223372036854775807}",
    "{\"a\":[1,\"b\",{\"a\":2}]}", "{\"a\":1,\"A\":1}",
  };
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    if (is_accepted(bad[i])) {
      TT_DIE(("Accepted %s", bad[i]));
    }
  }
  for (size_t i = 0; i < ARRAY_LENGTH(good); ++i) {
    if (!is_accepted(good[i])) {
      TT_DIE(("Refused %s", good[i]));
    }
  }
  /* A NUL does not end the text. */
  tt_ptr_op(rb_json_parse("{}\0", 3), OP_EQ, NULL);
  /* The length counts, not a NUL: this text has none. */
  tt_ptr_op(rb_json_parse("{\"a\":1}", 6), OP_EQ, NULL);

 done:
  ;
}

/** A text may be as long as a frame, and no longer. */
static void
test_rbalance_json_length(void *arg)
{
  char *text = tor_malloc(RB_MAX_FRAME_LEN + 2);
  json_t *json = NULL;
  (void) arg;

  memset(text, ' ', RB_MAX_FRAME_LEN + 1);
  memcpy(text, "{}", 2);
  text[RB_MAX_FRAME_LEN + 1] = '\0';
  tt_ptr_op(rb_json_parse(text, RB_MAX_FRAME_LEN + 1), OP_EQ, NULL);
  json = rb_json_parse(text, RB_MAX_FRAME_LEN);
  tt_assert(json);

 done:
  json_decref(json);
  tor_free(text);
}

/** Nesting is bounded, whatever the brackets, but not by those in
 * strings. */
static void
test_rbalance_json_depth(void *arg)
{
  char *text = NULL;
  (void) arg;

  for (int n = 1; n <= RB_MAX_JSON_DEPTH; ++n) {
    text = make_nested(n);
    tt_assert(is_accepted(text));
    tor_free(text);
  }
  text = make_nested(RB_MAX_JSON_DEPTH + 1);
  tt_assert(!is_accepted(text));
  tor_free(text);
  text = make_nested(RB_MAX_FRAME_LEN / 8);
  tt_assert(!is_accepted(text));

  tt_assert(is_accepted("{\"a\":[[[[[[[1]]]]]]]}"));
  tt_assert(!is_accepted("{\"a\":[[[[[[[[1]]]]]]]]}"));
  tt_assert(!is_accepted("{\"a\":[{\"a\":[{\"a\":[{\"a\":[{}]}]}]}]}"));
  /* Side by side is not nested. */
  tt_assert(is_accepted("{\"a\":[[],[],[],[],[],[],[],[],[],[],[],[]]}"));
  tt_assert(is_accepted("{\"[[[[[[[[[[[[[[\":\" { { { { { { { { { {\"}"));
  /* An escaped quote does not end a string, an escaped backslash does not
   * escape the quote. */
  tt_assert(is_accepted("{\"a\":\"\\\"[[[[[[[[[[[[[\"}"));
  tt_assert(!is_accepted("{\"a\":\"\\\\\",\"b\":[[[[[[[[1]]]]]]]]}"));
  /* Closing brackets earn nothing. */
  tt_assert(!is_accepted("]]]]]]]]{\"a\":[[[[[[[[1]]]]]]]]}"));

 done:
  tor_free(text);
}

/** An integer of the wrong type or out of its range is an error, and leaves
 * the result as it was. */
static void
test_rbalance_json_integers(void *arg)
{
  static const char *const names[] = {
    "none", "text", "real", "whole_real", "array", "object", "null", "true",
    "minus_one", "above",
  };
  json_t *json = parse("{\"text\":\"1\",\"real\":1.5,\"whole_real\":1.0,"
                       "\"array\":[1],\"object\":{},\"null\":null,"
                       "\"true\":true,\"minus_one\":-1,\"above\":101,"
                       "\"at\":100,\"zero\":0,"
                       "\"largest\":9223372036854775807,"
                       "\"smallest\":-9223372036854775808}");
  uint64_t u = 7;
  int64_t i = 7;
  (void) arg;

  for (size_t n = 0; n < ARRAY_LENGTH(names); ++n) {
    tt_int_op(rb_json_get_u64(json, names[n], 100, &u), OP_EQ, -1);
    tt_u64_op(u, OP_EQ, 7);
  }
  tt_int_op(rb_json_get_u64(json, "smallest", UINT64_MAX, &u), OP_EQ, -1);
  tt_int_op(rb_json_get_u64(json, "at", 100, &u), OP_EQ, 0);
  tt_u64_op(u, OP_EQ, 100);
  tt_int_op(rb_json_get_u64(json, "zero", 0, &u), OP_EQ, 0);
  tt_u64_op(u, OP_EQ, 0);
  tt_int_op(rb_json_get_u64(json, "largest", UINT64_MAX, &u), OP_EQ, 0);
  tt_u64_op(u, OP_EQ, INT64_MAX);

  for (size_t n = 0; n < 8; ++n) {
    tt_int_op(rb_json_get_i64(json, names[n], &i), OP_EQ, -1);
    tt_i64_op(i, OP_EQ, 7);
  }
  tt_int_op(rb_json_get_i64(json, "minus_one", &i), OP_EQ, 0);
  tt_i64_op(i, OP_EQ, -1);
  tt_int_op(rb_json_get_i64(json, "smallest", &i), OP_EQ, 0);
  tt_i64_op(i, OP_EQ, INT64_MIN);
  tt_int_op(rb_json_get_i64(json, "largest", &i), OP_EQ, 0);
  tt_i64_op(i, OP_EQ, INT64_MAX);

 done:
  json_decref(json);
}

/** A string that is too long or holds a NUL is none. */
static void
test_rbalance_json_strings(void *arg)
{
  /* jansson takes no \u0000, so this one is made by hand. */
  json_t *json = parse("{\"a\":\"12345\",\"empty\":\"\",\"number\":1,"
                       "\"array\":[\"a\"],\"null\":null}");
  (void) arg;

  tt_assert(!is_accepted("{\"a\":\"x\\u0000y\"}"));
  tt_assert(!is_accepted("{\"a\\u0000b\":1}"));
  tt_int_op(json_object_set_new(json, "nul", json_stringn("x\0y", 3)),
            OP_EQ, 0);
  tt_str_op(rb_json_get_string(json, "a", 5), OP_EQ, "12345");
  tt_ptr_op(rb_json_get_string(json, "a", 4), OP_EQ, NULL);
  tt_str_op(rb_json_get_string(json, "empty", 0), OP_EQ, "");
  tt_ptr_op(rb_json_get_string(json, "nul", 5), OP_EQ, NULL);
  tt_ptr_op(rb_json_get_string(json, "number", 5), OP_EQ, NULL);
  tt_ptr_op(rb_json_get_string(json, "array", 5), OP_EQ, NULL);
  tt_ptr_op(rb_json_get_string(json, "null", 5), OP_EQ, NULL);
  tt_ptr_op(rb_json_get_string(json, "none", 5), OP_EQ, NULL);

 done:
  json_decref(json);
}

/** An array that has too many elements is none. */
static void
test_rbalance_json_arrays(void *arg)
{
  json_t *json = parse("{\"a\":[1,2,3],\"empty\":[],\"object\":{},"
                       "\"text\":\"[]\"}");
  (void) arg;

  tt_assert(rb_json_get_array(json, "a", 3));
  tt_ptr_op(rb_json_get_array(json, "a", 2), OP_EQ, NULL);
  tt_assert(rb_json_get_array(json, "empty", 0));
  tt_ptr_op(rb_json_get_array(json, "object", 3), OP_EQ, NULL);
  tt_ptr_op(rb_json_get_array(json, "text", 3), OP_EQ, NULL);
  tt_ptr_op(rb_json_get_array(json, "none", 3), OP_EQ, NULL);

 done:
  json_decref(json);
}

/** Bytes of every length go through base64, and only the length that is
 * asked for is taken. */
static void
test_rbalance_json_bytes(void *arg)
{
  uint8_t bytes[100], out[100];
  size_t len = 0;
  json_t *json = json_object();
  (void) arg;

  for (size_t i = 0; i < sizeof(bytes); ++i) {
    bytes[i] = (uint8_t) (i * 7 + 3);
  }
  for (size_t n = 0; n <= sizeof(bytes); ++n) {
    rb_json_set_bytes(json, "a", bytes, n);
    memset(out, 0, sizeof(out));
    tt_int_op(rb_json_get_bytes(json, "a", out, n, n, &len), OP_EQ, 0);
    tt_int_op(len, OP_EQ, n);
    tt_mem_op(out, OP_EQ, bytes, n);
    tt_int_op(rb_json_get_key(json, "a", out, n), OP_EQ, 0);
    tt_int_op(rb_json_bytes_decode(json_object_get(json, "a"), out, n),
              OP_EQ, 0);
    if (n < sizeof(out)) {
      tt_int_op(rb_json_get_key(json, "a", out, n + 1), OP_EQ, -1);
      tt_int_op(rb_json_get_bytes(json, "a", out, n + 1, 100, &len), OP_EQ,
                -1);
      tt_int_op(rb_json_bytes_decode(json_object_get(json, "a"), out,
                                     n + 1), OP_EQ, -1);
    }
    if (n > 0) {
      memset(out, 0xee, sizeof(out));
      tt_int_op(rb_json_get_key(json, "a", out, n - 1), OP_EQ, -1);
      tt_int_op(rb_json_get_bytes(json, "a", out, 0, n - 1, &len), OP_EQ,
                -1);
      tt_int_op(out[n - 1], OP_EQ, 0xee);
      tt_int_op(rb_json_bytes_decode(json_object_get(json, "a"), out,
                                     n - 1), OP_EQ, -1);
    }
  }

 done:
  json_decref(json);
}

/** What is not base64 is refused. */
static void
test_rbalance_json_bad_bytes(void *arg)
{
  static const char *const bad[] = {
    "{\"a\":1}", "{\"a\":null}", "{\"a\":[\"AAAA\"]}", "{\"b\":\"AAAA\"}",
    "{\"a\":\"AA!A\"}", "{\"a\":\"A\"}", "{\"a\":\"AAAAAAAA\"}",
    "{\"a\":\"AA==\"}", "{\"a\":\"\"}", "{\"a\":\"====\"}",
    "{\"a\":\"-___\"}",
  };
  uint8_t out[3];
  size_t len = 0;
  json_t *json = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    json = parse(bad[i]);
    if (rb_json_get_bytes(json, "a", out, 3, 3, &len) != -1 ||
        rb_json_get_key(json, "a", out, 3) != -1 ||
        rb_json_bytes_decode(json_object_get(json, "a"), out, 3) != -1) {
      TT_DIE(("Accepted %s", bad[i]));
    }
    json_decref(json);
  }
  json = parse("{\"a\":\"/+8A\"}");
  tt_int_op(rb_json_get_key(json, "a", out, 3), OP_EQ, 0);
  tt_mem_op(out, OP_EQ, "\xff\xef\x00", 3);

 done:
  json_decref(json);
}

/** Text comes out compact, with the keys in order, whatever the order they
 * came in. */
static void
test_rbalance_json_print(void *arg)
{
  json_t *json = parse(" { \"b\" : [ 1 , \"x\\\"\" ] , \"a\" : null } ");
  char *text = rb_json_print(json);
  (void) arg;

  tt_str_op(text, OP_EQ, "{\"a\":null,\"b\":[1,\"x\\\"\"]}");

 done:
  tor_free(text);
  json_decref(json);
}

struct testcase_t rbalance_json_tests[] = {
  { "parse", test_rbalance_json_parse, TT_FORK, NULL, NULL },
  { "length", test_rbalance_json_length, TT_FORK, NULL, NULL },
  { "depth", test_rbalance_json_depth, TT_FORK, NULL, NULL },
  { "integers", test_rbalance_json_integers, TT_FORK, NULL, NULL },
  { "strings", test_rbalance_json_strings, TT_FORK, NULL, NULL },
  { "arrays", test_rbalance_json_arrays, TT_FORK, NULL, NULL },
  { "bytes", test_rbalance_json_bytes, TT_FORK, NULL, NULL },
  { "bad_bytes", test_rbalance_json_bad_bytes, TT_FORK, NULL, NULL },
  { "print", test_rbalance_json_print, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
