/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_tag.c
 * @brief Fuzz tags, which anybody can send: only the honest one is good.
 **/

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_tag.h"

static smartlist_t *tokens;
/** The tag of an honest node. */
static char *honest;

/** Make an honest tag. */
int
fuzz_init(void)
{
  static const uint8_t nonce[RB_TAG_NONCE_LEN] = "a nonce";
  const char *fault = NULL;
  ed25519_keypair_t keys;
  rbt_fill_key(1, &keys);
  tokens = rb_tokens_parse("0123456789abcdef0123456789abcdef\n", &fault);
  tor_assert(tokens);
  honest = rb_tag_make(smartlist_get(tokens, 0), rbt_cluster_id,
                       &keys.pubkey, nonce, RBT_WALL);
  return 0;
}

/** Release everything. */
int
fuzz_cleanup(void)
{
  rb_tokens_free(tokens);
  tor_free(honest);
  return 0;
}

/** If the first byte of the input is an R, take the rest for a tag, else for
 * edits of the honest one. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  uint8_t edited[FUZZ_MAX_EDITED_LEN];
  rb_tag_t tag;
  char *text;
  int r;
  if (sz == 0) {
    return 0;
  }
  if (data[0] == 'R') {
    text = tor_memdup_nulterm(data + 1, sz - 1);
  } else {
    const size_t len = fuzz_rbalance_edit((const uint8_t *) honest,
                                          strlen(honest), data + 1, sz - 1,
                                          edited);
    text = tor_memdup_nulterm(edited, len);
  }
  r = rb_tag_check(text, tokens, rbt_cluster_id, RBT_WALL, &tag);
  tor_assert((r == 0) == !strcmp(text, honest));
  tor_free(text);
  return 0;
}

/** The honest tag, and edits. */
void
fuzz_rbalance_make_seeds(void)
{
  char *raw = NULL;
  tor_asprintf(&raw, "R%s", honest);
  fuzz_rbalance_seed(raw, strlen(raw));
  fuzz_rbalance_seed_edits('E');
  tor_free(raw);
}
