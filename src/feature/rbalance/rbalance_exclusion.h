/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_exclusion.h
 * @brief Header file for rbalance_exclusion.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_EXCLUSION_H
#define TOR_FEATURE_RBALANCE_RBALANCE_EXCLUSION_H

#include "feature/rbalance/rbalance_json.h"
#include "feature/rbalance/rbalance_limits.h"
#include "lib/container/smartlist.h"
#include "lib/crypt_ops/crypto_ed25519.h"

/** Whether a node takes part, as an operator last said. */
typedef struct rb_exclusion_t {
  ed25519_public_key_t node_key;
  /** Milliseconds since the epoch when that was said; the later word wins. */
  uint64_t stamp;
  bool is_excluded;
  /** Of all that, by the service's key. */
  ed25519_signature_t signature;
} rb_exclusion_t;

int rb_exclusion_sign(rb_exclusion_t *word,
                      const ed25519_keypair_t *service_keys);
bool rb_exclusion_is_signed(const rb_exclusion_t *word,
                            const ed25519_public_key_t *service_key);

bool rb_exclusions_contain(const smartlist_t *exclusions,
                           const ed25519_public_key_t *node_key);
uint64_t rb_exclusions_next_stamp(const smartlist_t *exclusions,
                                  const ed25519_public_key_t *node_key,
                                  uint64_t now);
bool rb_exclusions_lack(const smartlist_t *exclusions,
                        const rb_exclusion_t *word);
bool rb_exclusions_note(smartlist_t *exclusions, const rb_exclusion_t *word);
smartlist_t *rb_exclusions_dup(const smartlist_t *exclusions);
void rb_exclusions_free_(smartlist_t *exclusions);
#define rb_exclusions_free(exclusions) \
  FREE_AND_NULL(smartlist_t, rb_exclusions_free_, (exclusions))
json_t *rb_exclusions_to_json(const smartlist_t *exclusions);
smartlist_t *rb_exclusions_from_json(const json_t *json);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_EXCLUSION_H) */
