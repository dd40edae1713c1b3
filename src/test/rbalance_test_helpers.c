/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_helpers.c
 * @brief Keys, points, settings and nodes for the tests of rbalance.
 *
 * Everything is made from small numbers, so that a test that fails fails the
 * same way again.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_settings.h"
#include "lib/crypt_ops/crypto_curve25519.h"

/** The cluster that every test node is of. */
const uint8_t rbt_cluster_id[RB_CLUSTER_ID_LEN] = "a cluster of the tests";

/** Store in <b>keys_out</b> the key pair that <b>seed</b> makes. */
void
rbt_fill_key(uint8_t seed, ed25519_keypair_t *keys_out)
{
  uint8_t bytes[32];
  memset(bytes, seed, sizeof(bytes));
  tor_assert(ed25519_secret_key_from_seed(&keys_out->seckey, bytes) == 0);
  tor_assert(ed25519_public_key_generate(&keys_out->pubkey,
                                         &keys_out->seckey) == 0);
}

/** Return the keys of the service that all test nodes are of. */
const ed25519_keypair_t *
rbt_service_keys(void)
{
  static ed25519_keypair_t keys;
  if (!ed25519_public_key_is_zero(&keys.pubkey)) {
    return &keys;
  }
  rbt_fill_key(UINT8_MAX, &keys);
  return &keys;
}

/** Store in <b>point_out</b> the sound point that <b>seed</b> makes; points
 * of different seeds differ in every key. */
void
rbt_fill_point(uint8_t seed, rb_point_t *point_out)
{
  /* NSPEC, then IPv4, RSA id and ed25519 id. */
  static const uint8_t head[] = { 3, 0, 6, 127, 0, 0, 1, 0, 80, 2, 20 };
  ed25519_keypair_t keys;
  curve25519_secret_key_t secret;
  curve25519_public_key_t public;
  size_t pos = sizeof(head);

  memset(point_out, 0, sizeof(*point_out));
  memcpy(point_out->lspecs, head, sizeof(head));
  memset(point_out->lspecs + pos, seed, 20);
  pos += 20;
  point_out->lspecs[pos++] = 3;
  point_out->lspecs[pos++] = 32;
  memset(point_out->lspecs + pos, seed, 32);
  point_out->lspecs_len = pos + 32;

  rbt_fill_key(seed, &keys);
  memcpy(point_out->auth_key, keys.pubkey.pubkey, ED25519_PUBKEY_LEN);
  memset(secret.secret_key, seed, sizeof(secret.secret_key));
  curve25519_public_key_generate(&public, &secret);
  memcpy(point_out->enc_key, public.public_key, CURVE25519_PUBKEY_LEN);
  memset(secret.secret_key, seed ^ 0x80, sizeof(secret.secret_key));
  curve25519_public_key_generate(&public, &secret);
  memcpy(point_out->onion_key, public.public_key, CURVE25519_PUBKEY_LEN);
}

/** Store in <b>out</b> the blinded key of the tests for
 * <b>period_num</b>. */
void
rbt_blinded_key(uint64_t period_num, uint8_t *out)
{
  memset(out, (int) period_num, ED25519_PUBKEY_LEN);
}

/** Return a new set for <b>period_num</b> of the <b>n_points</b> points with
 * the seeds from <b>first_seed</b> on. */
rb_pointset_t *
rbt_make_set(uint64_t period_num, uint8_t first_seed, int n_points)
{
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  rb_pointset_t *set;
  rbt_blinded_key(period_num, blinded_key);
  set = rb_pointset_new(period_num, blinded_key);
  for (int i = 0; i < n_points; ++i) {
    rb_point_t *point = tor_malloc_zero(sizeof(*point));
    rbt_fill_point((uint8_t) (first_seed + i), point);
    smartlist_add(set->points, point);
  }
  return set;
}

/** Return a new list of two sets of <b>n_points</b> points each: for period
 * 1 from <b>first_seed</b> on, and for period 2 from there on. */
smartlist_t *
rbt_make_sets(uint8_t first_seed, int n_points)
{
  smartlist_t *sets = smartlist_new();
  smartlist_add(sets, rbt_make_set(1, first_seed, n_points));
  smartlist_add(sets, rbt_make_set(2, (uint8_t) (first_seed + n_points),
                                   n_points));
  return sets;
}

/** Return new settings with every default of the torrc options. */
rb_config_t *
rbt_make_config(void)
{
  rb_config_t *config = rb_config_new();
  config->priority = 100;
  config->max_intro_points = 20;
  config->max_peers = 64;
  config->heartbeat_interval = 10000;
  config->ping_interval = 2000;
  config->heartbeat_timeout = 30000;
  config->dead_threshold = 3;
  config->lease_duration = 60000;
  config->takeover_grace = 90000;
  config->backoff_jitter = 15000;
  config->fast_takeover = true;
  config->clock_skew = 5000;
  config->refresh_interval = 600000;
  config->descriptor_max_age = 900000;
  config->audit_interval = 30000;
  config->target_timeout = 30000;
  config->head_timeout = 30000;
  config->idle_timeout = 300000;
  config->target_circuits = 4;
  config->target_streams = 16384;
  config->probe_path = tor_strdup("/health");
  config->probe_interval = 60000;
  config->probe_timeout = 5000;
  config->probe_delay = 120000;
  return config;
}

/** Return the state of a node with the key that <b>seed</b> makes, which
 * starts at <b>now</b>. */
rb_state_t *
rbt_make_state(uint8_t seed, const rb_config_t *config, rb_now_t now)
{
  ed25519_keypair_t keys;
  rbt_fill_key(seed, &keys);
  return rb_state_new(config, rbt_cluster_id, &rbt_service_keys()->pubkey,
                      &keys, seed, now);
}
