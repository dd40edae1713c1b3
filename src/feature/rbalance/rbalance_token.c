/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_token.c
 * @brief The cluster token and the keys derived from it.
 *
 * The file cluster_token holds one token per line.  The first is used to
 * send, every line is accepted, so that a token can be replaced without an
 * interruption.  The token itself is forgotten as soon as its keys are
 * derived, by HKDF (RFC 5869) with one label for each use.
 * rbalance_keys.c reads and makes the file.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_token.h"

#include "lib/crypt_ops/crypto_hkdf.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/log/util_bug.h"

#include <string.h>

/** Salt of every derivation. */
#define TOKEN_SALT "Tor rbalance cluster token v1"

/** Derive RB_KEY_LEN bytes for the use <b>label</b> from the token
 * <b>text</b> into <b>out</b>. */
static void
derive_key(const char *text, const char *label, uint8_t *out)
{
  int r = crypto_expand_key_material_rfc5869_sha256(
                 (const uint8_t *) text, strlen(text),
                 (const uint8_t *) TOKEN_SALT, strlen(TOKEN_SALT),
                 (const uint8_t *) label, strlen(label), out, RB_KEY_LEN);
  tor_assert(r == 0);
}

/** Fill <b>token</b> with the keys of the token <b>text</b>. */
void
rb_token_derive(rb_token_t *token, const char *text)
{
  derive_key(text, "handshake", token->handshake_key);
  derive_key(text, "join", token->join_key);
  derive_key(text, "discovery", token->discovery_seed);
  derive_key(text, "pow", token->pow_key);
}

/** Return why <b>line</b> can't be a token, or NULL if it can. */
static const char *
token_fault(const char *line)
{
  const size_t len = strlen(line);
  if (len < RB_TOKEN_MIN_LEN) {
    return "a token has fewer than 32 characters";
  }
  if (len > RB_TOKEN_MAX_LEN) {
    return "a token has more than 256 characters";
  }
  for (const char *c = line; *c; ++c) {
    if (*c <= ' ' || *c > '~') {
      return "a token has a character that is not printable ASCII";
    }
  }
  return NULL;
}

/** Parse <b>text</b>, one token per line; blank lines and spaces around a
 * token are ignored.  Return the list of rb_token_t, first the one to send
 * with, to be freed with rb_tokens_free().  On error return NULL and set
 * *<b>fault_out</b> to a static text that does not quote the token. */
smartlist_t *
rb_tokens_parse(const char *text, const char **fault_out)
{
  smartlist_t *lines = smartlist_new();
  smartlist_t *tokens = smartlist_new();
  const char *fault = NULL;

  smartlist_split_string(lines, text, "\n",
                         SPLIT_SKIP_SPACE | SPLIT_IGNORE_BLANK, 0);
  SMARTLIST_FOREACH_BEGIN(lines, char *, line) {
    if (!fault) {
      fault = token_fault(line);
    }
    if (!fault && smartlist_len(tokens) == RB_MAX_TOKENS) {
      fault = "there are more than 4 tokens";
    }
    if (!fault) {
      rb_token_t *token = tor_malloc_zero(sizeof(*token));
      rb_token_derive(token, line);
      smartlist_add(tokens, token);
    }
    memwipe(line, 0, strlen(line));
    tor_free(line);
  } SMARTLIST_FOREACH_END(line);
  smartlist_free(lines);

  if (!fault && smartlist_len(tokens) == 0) {
    fault = "there is no token";
  }
  if (fault) {
    rb_tokens_free(tokens);
  }
  *fault_out = fault;
  return tokens;
}

/** Wipe and release the list <b>tokens</b>; NULL is fine. */
void
rb_tokens_free_(smartlist_t *tokens)
{
  if (!tokens) {
    return;
  }
  SMARTLIST_FOREACH_BEGIN(tokens, rb_token_t *, token) {
    memwipe(token, 0, sizeof(*token));
    tor_free(token);
  } SMARTLIST_FOREACH_END(token);
  smartlist_free(tokens);
}
