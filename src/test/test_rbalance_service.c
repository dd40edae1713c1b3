/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_service.c
 * @brief Test what ties the protocol to services of tor.
 **/

#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/hs_test_helpers.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "feature/hs/hs_cache.h"
#include "feature/hs/hs_descriptor.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_desc.h"
#include "lib/fs/files.h"

#include "core/or/connection_st.h"
#include "feature/nodelist/node_st.h"

/** Return true iff the connection <b>conn_id</b> is gone or about to go. */
static bool
is_closed(uint64_t conn_id)
{
  const connection_t *conn = connection_get_by_global_id(conn_id);
  return !conn || conn->marked_for_close;
}

/** Have our client side know a descriptor of the node with <b>keys</b>. */
static void
cache_descriptor(const ed25519_keypair_t *keys)
{
  hs_descriptor_t *desc = hs_helper_build_hs_desc_with_ip(keys);
  char *encoded = NULL;
  tor_assert(hs_desc_encode_descriptor(desc, keys, NULL, &encoded) == 0);
  tor_assert(hs_cache_store_as_client(encoded, &keys->pubkey) ==
             HS_DESC_DECODE_OK);
  hs_descriptor_free(desc);
  tor_free(encoded);
}

/** A reload gives the service new settings and keeps the rest; new tokens
 * make its node service anew, and others' services can't be as they were. */
static void
test_rbalance_service_reload(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  ed25519_public_key_t node_key;
  const hs_service_t *node_service;
  char *path = NULL, *text = NULL, *longer = NULL;
  ed25519_keypair_t peer;
  (void) arg;

  rbt_fill_key(2, &peer);
  cache_descriptor(&peer);
  ed25519_pubkey_copy(&node_key, &balanced->state->node_keys.pubkey);
  rbt_run_timer();
  node_service = hs_service_find(&node_key);
  tt_assert(node_service);
  tt_int_op(smartlist_len(node_service->config.clients), OP_EQ, 1);

  rbt_add_channel(balanced, NULL, 2, false);
  service->config.rbalance->priority = 7;
  rbalance_service_registered(service);
  tt_ptr_op(hs_cache_lookup_as_client(&peer.pubkey), OP_NE, NULL);
  tt_ptr_op(rb_services_find(&service->keys.identity_pk), OP_EQ, balanced);
  tt_int_op(balanced->state->config->priority, OP_EQ, 7);
  tt_ptr_op(balanced->state->config, OP_NE, service->config.rbalance);
  tt_assert(!balanced->node_service_is_stale);
  tt_assert(ed25519_pubkey_eq(&node_key,
                              &balanced->state->node_keys.pubkey));

  tor_asprintf(&path, "%s/rbalance/cluster_token",
               service->config.directory_path);
  text = read_file_to_str(path, 0, NULL);
  tor_asprintf(&longer, "0123456789abcdef0123456789abcdef\n%s", text);
  tt_int_op(write_str_to_file(path, longer, 0), OP_EQ, 0);
  rbalance_service_registered(service);
  tt_assert(balanced->node_service_is_stale);
  tt_ptr_op(hs_cache_lookup_as_client(&peer.pubkey), OP_EQ, NULL);
  tt_int_op(smartlist_len(balanced->tokens), OP_EQ, 2);
  rbt_run_timer();
  tt_assert(!balanced->node_service_is_stale);
  node_service = hs_service_find(&node_key);
  tt_assert(node_service);
  tt_int_op(smartlist_len(node_service->config.clients), OP_EQ, 2);

 done:
  tor_free(path);
  tor_free(text);
  tor_free(longer);
}

/** A channel ends half a minute after its token was taken off, unless that
 * comes back; others go on. */
static void
test_rbalance_service_old_token(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  rb_channel_t *old = rbt_add_channel(balanced, rbt_make_conn(), 2, false);
  rb_channel_t *new = rbt_add_channel(balanced, rbt_make_conn(), 3, true);
  char *path = NULL, *text = NULL, *both = NULL;
  const char *other = "0123456789abcdef0123456789abcdef\n";
  (void) arg;

  tor_asprintf(&path, "%s/rbalance/cluster_token",
               service->config.directory_path);
  text = read_file_to_str(path, 0, NULL);
  tor_asprintf(&both, "%s%s", other, text);
  old->is_up = new->is_up = true;
  memcpy(&old->token, smartlist_get(balanced->tokens, 0), sizeof(rb_token_t));
  tt_int_op(write_str_to_file(path, both, 0), OP_EQ, 0);
  rbalance_service_registered(service);
  memcpy(&new->token, smartlist_get(balanced->tokens, 0), sizeof(rb_token_t));
  tt_u64_op(old->ends_at, OP_EQ, 0);

  tt_int_op(write_str_to_file(path, other, 0), OP_EQ, 0);
  rbalance_service_registered(service);
  tt_u64_op(old->ends_at, OP_NE, 0);
  tt_int_op(write_str_to_file(path, both, 0), OP_EQ, 0);
  rbalance_service_registered(service);
  tt_u64_op(old->ends_at, OP_EQ, 0);

  tt_int_op(write_str_to_file(path, other, 0), OP_EQ, 0);
  rbalance_service_registered(service);
  rbt_pass_time(RB_OLD_TOKEN_MSEC - 1);
  rbt_run_timer();
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 2);
  rbt_pass_time(1);
  rbt_run_timer();
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 1);
  tt_ptr_op(smartlist_get(balanced->channels, 0), OP_EQ, new);
  tt_u64_op(new->ends_at, OP_EQ, 0);
 done:
  tor_free(path);
  tor_free(text);
  tor_free(both);
}

/** A peer's descriptor is fetched anew after a quarter of an hour, and again
 * after another. */
static void
test_rbalance_service_renew(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  ed25519_keypair_t peer, stranger;
  rb_channel_t *channel;
  (void) arg;

  rbt_fill_key(2, &peer);
  rbt_fill_key(3, &stranger);
  cache_descriptor(&peer);
  cache_descriptor(&stranger);
  channel = rbt_add_channel(balanced, rbt_make_conn(), 2, false);
  channel->is_up = true;
#define IS_CACHED(keys) (hs_cache_lookup_as_client(&(keys)->pubkey) != NULL)
  channel->opened_at = rb_now_mono() - RB_RENEW_DESC_MSEC + 10 * 1000;
  rbt_run_timer();
  tt_assert(IS_CACHED(&peer));
  channel->opened_at = rb_now_mono() - RB_RENEW_DESC_MSEC;
  rbt_run_timer();
  tt_assert(!IS_CACHED(&peer));

  cache_descriptor(&peer);
  rbt_run_timer();
  tt_assert(IS_CACHED(&peer));
  channel->renewed_at -= RB_RENEW_DESC_MSEC;
  rbt_run_timer();
  tt_assert(!IS_CACHED(&peer));
  tt_assert(IS_CACHED(&stranger));
#undef IS_CACHED
 done:
  ;
}

/** When the service or its option is gone, so is everything of ours. */
static void
test_rbalance_service_stop(void *arg)
{
  hs_service_t *first = rbt_register_service(1);
  hs_service_t *second = rbt_register_service(2);
  rb_service_t *balanced = rbt_find_balanced(first);
  connection_t *conn = rbt_make_conn();
  const uint64_t conn_id = conn->global_identifier;
  ed25519_public_key_t key, node_key;
  (void) arg;

  ed25519_pubkey_copy(&key, &first->keys.identity_pk);
  ed25519_pubkey_copy(&node_key, &balanced->state->node_keys.pubkey);
  rbt_add_channel(balanced, conn, 3, true)->is_up = true;
  rbt_run_timer();
  tt_int_op(get_hs_service_map_size(), OP_EQ, 4);
  tt_assert(!is_closed(conn_id));

  remove_service(get_hs_service_map(), first);
  hs_service_free(first);
  rbt_run_timer();
  tt_ptr_op(rb_services_find(&key), OP_EQ, NULL);
  tt_ptr_op(hs_service_find(&node_key), OP_EQ, NULL);
  tt_assert(is_closed(conn_id));
  tt_int_op(get_hs_service_map_size(), OP_EQ, 2);

  rbalance_clear_config(&second->config);
  tt_ptr_op(second->config.rbalance, OP_EQ, NULL);
  rbt_run_timer();
  tt_ptr_op(rb_services_find(&second->keys.identity_pk), OP_EQ, NULL);
  tt_int_op(get_hs_service_map_size(), OP_EQ, 1);

 done:
  connection_free_all();
}

/** A standby uploads nothing, a publisher alone is as stock tor, and one with
 * peers needs no points of its own. */
static void
test_rbalance_service_gate(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  rb_state_t *state = balanced->state;
  hs_service_descriptor_t *desc = service->desc_current;
  smartlist_t *sets = smartlist_new();
  node_t hsdir;
  (void) arg;

  rb_desc_report_points(balanced, service);
  tt_assert(rbalance_forbids_upload(service, desc));
  state->role = RB_ROLE_PUBLISHER;
  state->lease_until = rb_now_mono() + 1000000;
  tt_assert(!rbalance_forbids_upload(service, desc));
  tt_assert(!rbalance_waives_own_points(service, desc));

  smartlist_add(sets, rbt_make_desc_set(desc, 20, 2));
  rbt_add_peer(balanced, 2, "beta", sets);
  state->is_multi = true;
  state->slots[0].is_published = true;
  tt_assert(!rbalance_forbids_upload(service, desc));
  tt_assert(rbalance_waives_own_points(service, desc));
  rbalance_merge_intro_points(service, desc, approx_time());
  tt_int_op(smartlist_len(desc->desc->encrypted_data.intro_points), OP_EQ,
            2);

  rbt_clear_events();
  memset(&hsdir, 0, sizeof(hsdir));
  desc->desc->plaintext_data.revision_counter = 9;
  tt_u64_op(state->last_publish_ts, OP_EQ, 0);
  rbalance_descriptor_sent(service, desc, &hsdir);
  tt_u64_op(state->last_publish_ts, OP_GT, 0);
  tt_assert(strstr(rbt_event(0), " DESC=CURRENT REV=9 HSDIR=00000000"));

  /* The lease counts, too, by the clock of the moment. */
  rbt_pass_time(1000000);
  tt_assert(rbalance_forbids_upload(service, desc));

 done:
  ;
}

/** A channel whose connection is gone is removed, and the protocol is told;
 * nobody needs to know of a stranger's. */
static void
test_rbalance_service_sweep(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  rb_peer_t *up = rbt_add_peer(balanced, 2, "beta", smartlist_new());
  rb_peer_t *dialed = rbt_add_peer(balanced, 3, "gamma", smartlist_new());
  rb_peer_t *other = rbt_add_peer(balanced, 4, "delta", smartlist_new());
  connection_t *conn = rbt_make_conn();
  const uint64_t conn_id = conn->global_identifier;
  rb_channel_t *channel, *found = NULL;
  (void) arg;

  channel = rbt_add_channel(balanced, NULL, 2, false);
  channel->is_up = true;
  up->channel = channel->number;
  dialed->is_dialing = true;
  rbt_add_channel(balanced, NULL, 3, false);
  other->is_dialing = true;
  rbt_add_channel(balanced, NULL, 4, true);
  channel = rbt_add_channel(balanced, conn, 5, true);
  channel->is_up = true;

  rbt_run_timer();
  tt_u64_op(up->channel, OP_EQ, 0);
  tt_u64_op(up->dial_at, OP_GT, 0);
  tt_assert(!dialed->is_dialing);
  tt_u64_op(dialed->dial_backoff, OP_GT, 0);
  tt_assert(other->is_dialing);
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 1);
  tt_ptr_op(rb_services_find_by_conn(conn_id, &found), OP_EQ, balanced);
  tt_ptr_op(found, OP_EQ, channel);

  connection_mark_for_close(conn);
  rbt_run_timer();
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 0);
  tt_ptr_op(rb_services_find_by_conn(conn_id, &found), OP_EQ, NULL);
  tt_ptr_op(found, OP_EQ, NULL);

 done:
  connection_free_all();
}

/** A handshake that takes too long is ended; a channel that is up stays. */
static void
test_rbalance_service_timeout(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  connection_t *pending = rbt_make_conn(), *up = rbt_make_conn();
  const uint64_t pending_id = pending->global_identifier;
  (void) arg;

  rbt_add_channel(balanced, pending, 2, true);
  rbt_add_channel(balanced, up, 3, true)->is_up = true;
  rbt_pass_time(RB_HANDSHAKE_TIMEOUT_MSEC - 1);
  rbt_run_timer();
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 2);
  tt_assert(!is_closed(pending_id));
  rbt_pass_time(1);
  rbt_run_timer();
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 1);
  tt_assert(is_closed(pending_id));
  tt_assert(!is_closed(up->global_identifier));

 done:
  connection_free_all();
}

/** Each handshake has a nonce of its own and what it needs of the
 * service. */
static void
test_rbalance_service_handshake(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  uint8_t nonce[RB_NONCE_LEN], other[RB_NONCE_LEN];
  rb_handshake_ctx_t ctx;
  (void) arg;

  rb_service_prepare_handshake(balanced, other, &ctx);
  rb_service_prepare_handshake(balanced, nonce, &ctx);
  tt_mem_op(nonce, OP_NE, other, sizeof(nonce));
  tt_ptr_op(ctx.nonce, OP_EQ, nonce);
  tt_ptr_op(ctx.tokens, OP_EQ, balanced->tokens);
  tt_ptr_op(ctx.node_keys, OP_EQ, &balanced->state->node_keys);
  tt_u64_op(ctx.now.mono, OP_EQ, rb_now_mono());

 done:
  ;
}

#define TEST(name) \
  { #name, test_rbalance_service_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_service_tests[] = {
  TEST(reload),
  TEST(old_token),
  TEST(renew),
  TEST(stop),
  TEST(gate),
  TEST(sweep),
  TEST(timeout),
  TEST(handshake),
  END_OF_TESTCASES
};
