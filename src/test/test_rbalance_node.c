/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_node.c
 * @brief Test the node onion service, and what it takes to reach others'.
 **/

#define HS_COMMON_PRIVATE
#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/hs_test_helpers.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "feature/hs/hs_cache.h"
#include "feature/hs/hs_client.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_node.h"
#include "feature/rbalance/rbalance_token.h"
#include "lib/crypt_ops/crypto_format.h"

#include "feature/nodelist/routerstatus_st.h"

/** Two tokens, as in a file. */
#define TOKENS "0123456789abcdef0123456789ABCDEF\n" \
  "fedcba9876543210fedcba9876543210\n"

/** Return the tokens of the tests. */
static smartlist_t *
make_tokens(void)
{
  const char *fault = NULL;
  smartlist_t *tokens = rb_tokens_parse(TOKENS, &fault);
  tor_assert(tokens);
  return tokens;
}

/** The service is made once, with one port, and readable with each token. */
static void
test_rbalance_node_ensure(void *arg)
{
  smartlist_t *tokens = make_tokens();
  ed25519_keypair_t keys;
  const hs_service_t *service;
  const hs_port_config_t *port;
  (void) arg;

  rbt_fill_key(1, &keys);
  tt_ptr_op(hs_service_find(&keys.pubkey), OP_EQ, NULL);
  tt_int_op(rb_node_ensure_service(&keys, tokens), OP_EQ, 0);
  service = hs_service_find(&keys.pubkey);
  tt_assert(service);
  tt_assert(service->config.is_ephemeral);
  tt_ptr_op(service->config.rbalance, OP_EQ, NULL);
  tt_mem_op(&service->keys.identity_sk, OP_EQ, &keys.seckey,
            sizeof(keys.seckey));

  tt_int_op(smartlist_len(service->config.ports), OP_EQ, 1);
  port = smartlist_get(service->config.ports, 0);
  tt_int_op(port->virtual_port, OP_EQ, RB_NODE_PORT);

  tt_assert(service->config.clients);
  tt_int_op(smartlist_len(service->config.clients), OP_EQ, 2);
  SMARTLIST_FOREACH_BEGIN(service->config.clients,
                          const hs_service_authorized_client_t *, client) {
    curve25519_secret_key_t secret;
    curve25519_public_key_t expected;
    rb_keys_derive_discovery(smartlist_get(tokens, client_sl_idx), &secret);
    curve25519_public_key_generate(&expected, &secret);
    tt_mem_op(&client->client_pk, OP_EQ, &expected, sizeof(expected));
  } SMARTLIST_FOREACH_END(client);

  /* It is there already: nothing happens. */
  tt_int_op(get_hs_service_map_size(), OP_EQ, 1);
  tt_int_op(rb_node_ensure_service(&keys, tokens), OP_EQ, 0);
  tt_int_op(get_hs_service_map_size(), OP_EQ, 1);
  tt_ptr_op(hs_service_find(&keys.pubkey), OP_EQ, service);

 done:
  rb_tokens_free(tokens);
}

/** The service is removed, once or twice, and can be made again. */
static void
test_rbalance_node_remove(void *arg)
{
  smartlist_t *tokens = make_tokens();
  ed25519_keypair_t keys, other;
  (void) arg;

  rbt_fill_key(1, &keys);
  rbt_fill_key(2, &other);
  rb_node_remove_service(&keys.pubkey);
  tt_int_op(rb_node_ensure_service(&keys, tokens), OP_EQ, 0);
  tt_int_op(rb_node_ensure_service(&other, tokens), OP_EQ, 0);
  rb_node_remove_service(&keys.pubkey);
  tt_ptr_op(hs_service_find(&keys.pubkey), OP_EQ, NULL);
  tt_ptr_op(hs_service_find(&other.pubkey), OP_NE, NULL);
  rb_node_remove_service(&keys.pubkey);
  tt_int_op(get_hs_service_map_size(), OP_EQ, 1);
  tt_int_op(rb_node_ensure_service(&keys, tokens), OP_EQ, 0);
  tt_int_op(get_hs_service_map_size(), OP_EQ, 2);

 done:
  rb_tokens_free(tokens);
}

/** Our client side gets the key of the token, and a new one replaces it; it
 * is never written to a file. */
static void
test_rbalance_node_prepare(void *arg)
{
  smartlist_t *tokens = make_tokens();
  ed25519_keypair_t peer;
  const hs_client_service_authorization_t *creds;
  curve25519_secret_key_t secret;
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  (void) arg;

  rbt_fill_key(2, &peer);
  hs_build_address(&peer.pubkey, HS_VERSION_THREE, address);
  for (int i = 0; i < 2; ++i) {
    for (int n = 0; n < 2; ++n) {
      tt_int_op(rb_node_prepare_client(&peer.pubkey,
                                       smartlist_get(tokens, i)),
                OP_EQ, 0);
      tt_int_op(digest256map_size(get_hs_client_auths_map()), OP_EQ, 1);
      creds = digest256map_get(get_hs_client_auths_map(),
                               peer.pubkey.pubkey);
      tt_assert(creds);
      rb_keys_derive_discovery(smartlist_get(tokens, i), &secret);
      tt_mem_op(&creds->enc_seckey, OP_EQ, &secret, sizeof(secret));
      tt_str_op(creds->onion_address, OP_EQ, address);
      tt_int_op(creds->flags, OP_EQ, 0);
    }
  }

 done:
  rb_tokens_free(tokens);
}

/** A peer's descriptor is forgotten, and that we asked for it, but not those
 * of others. */
static void
test_rbalance_node_forget(void *arg)
{
  ed25519_keypair_t keys[2];
  ed25519_public_key_t blinded;
  char base64[2][ED25519_BASE64_LEN + 1];
  hs_descriptor_t *desc = NULL;
  char *encoded = NULL;
  routerstatus_t hsdir;
  const time_t now = approx_time();
  (void) arg;

  memset(&hsdir, 0, sizeof(hsdir));
  for (int i = 0; i < 2; ++i) {
    rbt_fill_key((uint8_t) (i + 1), &keys[i]);
    desc = hs_helper_build_hs_desc_with_ip(&keys[i]);
    tt_int_op(hs_desc_encode_descriptor(desc, &keys[i], NULL, &encoded),
              OP_EQ, 0);
    tt_int_op(hs_cache_store_as_client(encoded, &keys[i].pubkey), OP_EQ,
              HS_DESC_DECODE_OK);
    tor_free(encoded);
    hs_descriptor_free(desc);
    hs_build_blinded_pubkey(&keys[i].pubkey, NULL, 0,
                            hs_get_time_period_num(0), &blinded);
    ed25519_public_to_base64(base64[i], &blinded);
    hs_lookup_last_hid_serv_request(&hsdir, base64[i], now, 1);
  }

  rb_node_forget_descriptor(&keys[0].pubkey);
  tt_ptr_op(hs_cache_lookup_as_client(&keys[0].pubkey), OP_EQ, NULL);
  tt_ptr_op(hs_cache_lookup_as_client(&keys[1].pubkey), OP_NE, NULL);
  tt_int_op(hs_lookup_last_hid_serv_request(&hsdir, base64[0], 0, 0), OP_EQ,
            0);
  tt_int_op(hs_lookup_last_hid_serv_request(&hsdir, base64[1], 0, 0), OP_EQ,
            now);
  /* There is nothing to forget any more. */
  rb_node_forget_descriptor(&keys[0].pubkey);

 done:
  hs_descriptor_free(desc);
  tor_free(encoded);
}

#define TEST(name) \
  { #name, test_rbalance_node_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_node_tests[] = {
  TEST(ensure),
  TEST(remove),
  TEST(prepare),
  TEST(forget),
  END_OF_TESTCASES
};
