/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_memory.c
 * @brief Fuzz the state file: what is taken is within all limits, and can be
 * written and read again.
 **/

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_memory.h"
#include "feature/rbalance/rbalance_settings.h"

static const rb_now_t now = { .mono = RBT_MONO, .wall = RBT_WALL };
static rb_config_t *config;

/** Make the settings. */
int
fuzz_init(void)
{
  fuzz_rbalance_skip_signatures();
  config = rbt_make_config();
  return 0;
}

/** Release the settings. */
int
fuzz_cleanup(void)
{
  rb_config_free(config);
  return 0;
}

/** Take the input for the content of a state file. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  char *text = tor_memdup_nulterm(sz ? (const char *) data : "", sz);
  char *written = NULL;
  rb_state_t *state = rbt_make_state(1, config, now), *other = NULL;

  if (rb_memory_apply(state, text, now) == 0) {
    tor_assert(rb_peers_count(state->peers) <= config->max_peers);
    tor_assert(smartlist_len(state->exclusions) <= RB_MAX_EXCLUSIONS);
    written = rb_memory_write(state);
    tor_assert(strlen(written) <= RB_MAX_STATEFILE_LEN);
    if (state->record->incarnation < INT64_MAX) {
      other = rbt_make_state(1, config, now);
      tor_assert(rb_memory_apply(other, written, now) == 0);
      tor_assert(other->record->incarnation > state->record->incarnation);
      tor_assert(rb_peers_count(other->peers) ==
                 rb_peers_count(state->peers));
    }
  } else {
    tor_assert(rb_peers_count(state->peers) == 0);
    tor_assert(smartlist_len(state->exclusions) == 0);
  }
  rb_state_free(state);
  rb_state_free(other);
  tor_free(written);
  tor_free(text);
  return 0;
}

/** Files of nodes that know nobody, and somebody. */
void
fuzz_rbalance_make_seeds(void)
{
  for (int n = 0; n < 3; ++n) {
    rb_state_t *state = rbt_make_state(1, config, now);
    char *text;
    for (int i = 0; i < n; ++i) {
      ed25519_keypair_t keys;
      rb_exclusion_t word;
      rbt_fill_key((uint8_t) (2 + i), &keys);
      rb_peers_add(state->peers, &keys.pubkey, config->max_peers, now.mono);
      memset(&word, 0, sizeof(word));
      ed25519_pubkey_copy(&word.node_key, &keys.pubkey);
      word.stamp = RBT_WALL;
      word.is_excluded = (i == 0);
      rb_exclusion_sign(&word, rbt_service_keys());
      rb_exclusions_note(state->exclusions, &word);
    }
    text = rb_memory_write(state);
    fuzz_rbalance_seed(text, strlen(text));
    tor_free(text);
    rb_state_free(state);
  }
}
