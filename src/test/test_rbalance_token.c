/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_token.c
 * @brief Test cluster tokens and the keys derived from them.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_token.h"
#include "lib/encoding/binascii.h"

/** A token of the least length. */
#define TOKEN_A "0123456789abcdef0123456789ABCDEF"
/** Another one. */
#define TOKEN_B "fedcba9876543210fedcba9876543210"

/** The keys are HKDF-SHA256 of the token, as another implementation of RFC
 * 5869 computes them: a running cluster depends on their staying so. */
static void
test_rbalance_token_vectors(void *arg)
{
  char longest[RB_TOKEN_MAX_LEN + 1];
  rb_token_t token;
  (void) arg;

  rb_token_derive(&token, TOKEN_A);
  tt_str_op(hex_str((const char *) token.handshake_key, RB_KEY_LEN), OP_EQ,
            "EA7B0871CED81BDE9C3B0176E01CE418"
            "BEA94019DBDF7FA51C50B58479FDFA2E");
  tt_str_op(hex_str((const char *) token.discovery_seed, RB_KEY_LEN), OP_EQ,
            "D8DE12D0D09BE86781FE7872E701F6A6"
            "0A6A422A7E0D600E9A1F9C907208A26E");

  memset(longest, '~', sizeof(longest) - 1);
  longest[sizeof(longest) - 1] = '\0';
  rb_token_derive(&token, longest);
  tt_str_op(hex_str((const char *) token.handshake_key, RB_KEY_LEN), OP_EQ,
            "5A9BCD0C9E173D1F49E2DBB7E34814E7"
            "AB0EE47279CD33F9E8CC6BA206990B94");
  tt_str_op(hex_str((const char *) token.discovery_seed, RB_KEY_LEN), OP_EQ,
            "BACBC51D74EC1E10F4E125D0738B0085"
            "542A092EB09038505438A35207BBE6D5");

 done:
  ;
}

/** Every use and every token has a key of its own, and a token always has the
 * same ones. */
static void
test_rbalance_token_differ(void *arg)
{
  rb_token_t a, again, b;
  (void) arg;

  rb_token_derive(&a, TOKEN_A);
  rb_token_derive(&again, TOKEN_A);
  rb_token_derive(&b, TOKEN_B);
  tt_mem_op(&a, OP_EQ, &again, sizeof(a));
  tt_mem_op(a.handshake_key, OP_NE, a.discovery_seed, RB_KEY_LEN);
  tt_mem_op(a.handshake_key, OP_NE, b.handshake_key, RB_KEY_LEN);
  tt_mem_op(a.discovery_seed, OP_NE, b.discovery_seed, RB_KEY_LEN);

 done:
  ;
}

/** Return how many tokens <b>text</b> has, or -1 if it is refused; the first
 * of them must be <b>first</b>, unless that is NULL. */
static int
count_tokens(const char *text, const char *first)
{
  const char *fault = "unset";
  smartlist_t *tokens = rb_tokens_parse(text, &fault);
  int count = -1;
  rb_token_t expected;

  if (tokens) {
    tt_ptr_op(fault, OP_EQ, NULL);
    count = smartlist_len(tokens);
    if (first) {
      rb_token_derive(&expected, first);
      tt_mem_op(smartlist_get(tokens, 0), OP_EQ, &expected,
                sizeof(expected));
    }
  } else {
    tt_ptr_op(fault, OP_NE, NULL);
  }
 done:
  rb_tokens_free(tokens);
  return count;
}

/** One token per line, in order; blank lines, spaces around a token and
 * DOS line ends are ignored. */
static void
test_rbalance_token_parse(void *arg)
{
  smartlist_t *tokens = NULL;
  const char *fault = NULL;
  rb_token_t a, b;
  (void) arg;

  tt_int_op(count_tokens(TOKEN_A, TOKEN_A), OP_EQ, 1);
  tt_int_op(count_tokens(TOKEN_A "\n", TOKEN_A), OP_EQ, 1);
  tt_int_op(count_tokens(TOKEN_A "\r\n", TOKEN_A), OP_EQ, 1);
  tt_int_op(count_tokens("\n\n \t\n  " TOKEN_A " \t\n\n", TOKEN_A), OP_EQ,
            1);
  tt_int_op(count_tokens(TOKEN_B "\n" TOKEN_A "\n", TOKEN_B), OP_EQ, 2);
  tt_int_op(count_tokens(TOKEN_A "\n" TOKEN_A "\n" TOKEN_A "\n"
                         TOKEN_A "\n", TOKEN_A), OP_EQ, 4);

  tokens = rb_tokens_parse(TOKEN_A "\n\n" TOKEN_B, &fault);
  tt_assert(tokens);
  rb_token_derive(&a, TOKEN_A);
  rb_token_derive(&b, TOKEN_B);
  tt_mem_op(smartlist_get(tokens, 0), OP_EQ, &a, sizeof(a));
  tt_mem_op(smartlist_get(tokens, 1), OP_EQ, &b, sizeof(b));

 done:
  rb_tokens_free(tokens);
}

/** A file without a sound token is refused as a whole. */
static void
test_rbalance_token_faults(void *arg)
{
  static const struct {
    const char *text;
    const char *fault;
  } cases[] = {
    { "", "there is no token" },
    { "\n \n\t\n", "there is no token" },
    { "0123456789abcdef0123456789ABCDE",
      "a token has fewer than 32 characters" },
    { TOKEN_A "\nshort", "a token has fewer than 32 characters" },
    { "short\n" TOKEN_A, "a token has fewer than 32 characters" },
    { "0123456789abcdef 0123456789abcdef",
      "a token has a character that is not printable ASCII" },
    { "0123456789abcdef\t0123456789abcdef",
      "a token has a character that is not printable ASCII" },
    { "0123456789abcdef\x7f" "0123456789abcdef",
      "a token has a character that is not printable ASCII" },
    { "0123456789abcdef\xc3\xa4" "0123456789abcdef",
      "a token has a character that is not printable ASCII" },
    { TOKEN_A "\n" TOKEN_A "\n" TOKEN_A "\n" TOKEN_A "\n" TOKEN_B,
      "there are more than 4 tokens" },
  };
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    const char *fault = NULL;
    tt_ptr_op(rb_tokens_parse(cases[i].text, &fault), OP_EQ, NULL);
    tt_str_op(fault, OP_EQ, cases[i].fault);
    /* The text of the fault may be logged, the token not. */
    tt_ptr_op(strstr(fault, "0123"), OP_EQ, NULL);
  }

 done:
  ;
}

/** The bounds of the length, from both sides, and of the characters. */
static void
test_rbalance_token_bounds(void *arg)
{
  char text[RB_TOKEN_MAX_LEN + 2];
  (void) arg;

  memset(text, 'x', sizeof(text));
  text[RB_TOKEN_MAX_LEN + 1] = '\0';
  tt_int_op(count_tokens(text, NULL), OP_EQ, -1);
  text[RB_TOKEN_MAX_LEN] = '\0';
  tt_int_op(count_tokens(text, NULL), OP_EQ, 1);
  text[RB_TOKEN_MIN_LEN] = '\0';
  tt_int_op(count_tokens(text, NULL), OP_EQ, 1);
  text[RB_TOKEN_MIN_LEN - 1] = '\0';
  tt_int_op(count_tokens(text, NULL), OP_EQ, -1);

  text[RB_TOKEN_MIN_LEN - 1] = 'x';
  for (int c = 1; c < 256; ++c) {
    /* In the middle, where no character is skipped as a space; a line end
     * makes two short lines of it. */
    text[RB_TOKEN_MIN_LEN / 2] = (char) c;
    tt_int_op(count_tokens(text, NULL), OP_EQ,
              (c > ' ' && c <= '~') ? 1 : -1);
  }

 done:
  ;
}

/** Freeing nothing is fine. */
static void
test_rbalance_token_free(void *arg)
{
  smartlist_t *tokens = NULL;
  (void) arg;
  rb_tokens_free(tokens);
  tt_ptr_op(tokens, OP_EQ, NULL);
 done:
  ;
}

struct testcase_t rbalance_token_tests[] = {
  { "vectors", test_rbalance_token_vectors, TT_FORK, NULL, NULL },
  { "differ", test_rbalance_token_differ, TT_FORK, NULL, NULL },
  { "parse", test_rbalance_token_parse, TT_FORK, NULL, NULL },
  { "faults", test_rbalance_token_faults, TT_FORK, NULL, NULL },
  { "bounds", test_rbalance_token_bounds, TT_FORK, NULL, NULL },
  { "free", test_rbalance_token_free, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
