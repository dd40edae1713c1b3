/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_registry.c
 * @brief Test which services of tor are balanced, and how they are found.
 **/

#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance.h"
#include "lib/fs/files.h"

/** A registered service is found by each of its names, and its node service
 * starts with the first run of the timer. */
static void
test_rbalance_registry_register(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rb_services_find(&service->keys.identity_pk);
  const ed25519_public_key_t *node_key;
  smartlist_t *list = NULL;
  uint8_t cluster_id[RB_CLUSTER_ID_LEN];
  (void) arg;

  tt_assert(balanced);
  tt_str_op(balanced->address, OP_EQ, service->onion_address);
  node_key = &balanced->state->node_keys.pubkey;
  tt_ptr_op(rb_services_find_by_node(node_key), OP_EQ, balanced);
  tt_ptr_op(rb_services_find(node_key), OP_EQ, NULL);
  list = rb_services_list();
  tt_int_op(smartlist_len(list), OP_EQ, 1);
  tt_ptr_op(smartlist_get(list, 0), OP_EQ, balanced);
  rb_cluster_id(&service->keys.identity_pk, cluster_id);
  tt_mem_op(balanced->state->cluster_id, OP_EQ, cluster_id,
            sizeof(cluster_id));

  tt_ptr_op(hs_service_find(node_key), OP_EQ, NULL);
  rbt_run_timer();
  tt_ptr_op(hs_service_find(node_key), OP_NE, NULL);
  tt_int_op(balanced->state->n_slots, OP_EQ, 2);
  rbt_run_timer();
  tt_int_op(get_hs_service_map_size(), OP_EQ, 2);

 done:
  smartlist_free(list);
}

/** Before there was a service nothing is found, and nothing fails. */
static void
test_rbalance_registry_none(void *arg)
{
  ed25519_keypair_t keys;
  rb_channel_t *channel = NULL;
  smartlist_t *list = rb_services_list();
  (void) arg;

  rbt_fill_key(1, &keys);
  tt_int_op(smartlist_len(list), OP_EQ, 0);
  tt_ptr_op(rb_services_find(&keys.pubkey), OP_EQ, NULL);
  tt_ptr_op(rb_services_find_by_node(&keys.pubkey), OP_EQ, NULL);
  tt_ptr_op(rb_services_find_by_conn(1, &channel), OP_EQ, NULL);
  rb_services_run_soon();
  rb_services_free_all();

 done:
  smartlist_free(list);
}

/** A node without its keys uploads nothing, for it would take the others out
 * of the descriptor; a service that is not balanced is none of ours. */
static void
test_rbalance_registry_no_keys(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  hs_service_descriptor_t *desc = service->desc_current;
  char *path = NULL;
  (void) arg;

  rb_services_free_all();
  tor_asprintf(&path, "%s/rbalance/cluster_token",
               service->config.directory_path);
  tt_int_op(write_str_to_file(path, "short\n", 0), OP_EQ, 0);
  setup_full_capture_of_logs(LOG_WARN);
  rbalance_service_registered(service);
  expect_log_msg_containing("can't be balanced, and this node does not "
                            "publish its descriptor");
  tt_ptr_op(rb_services_find(&service->keys.identity_pk), OP_EQ, NULL);
  tt_assert(rbalance_forbids_upload(service, desc));
  tt_assert(!rbalance_waives_own_points(service, desc));
  /* These have nothing to do then. */
  rbalance_merge_intro_points(service, desc, approx_time());
  rbalance_descriptor_sent(service, desc, NULL);

  rbalance_clear_config(&service->config);
  rbalance_service_registered(service);
  tt_ptr_op(rb_services_find(&service->keys.identity_pk), OP_EQ, NULL);
  tt_assert(!rbalance_forbids_upload(service, desc));
  tt_assert(!rbalance_waives_own_points(service, desc));

 done:
  teardown_capture_of_logs();
  tor_free(path);
}

#define TEST(name) \
  { #name, test_rbalance_registry_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_registry_tests[] = {
  TEST(register),
  TEST(none),
  TEST(no_keys),
  END_OF_TESTCASES
};
