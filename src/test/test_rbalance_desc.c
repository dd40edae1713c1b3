/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_desc.c
 * @brief Test the way of introduction points from and to tor's descriptors.
 **/

#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "feature/hs/hs_common.h"
#include "feature/hs/hs_descriptor.h"
#include "feature/nodelist/networkstatus.h"
#include "feature/nodelist/nodelist.h"
#include "feature/nodelist/torcert.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_leave.h"
#include "trunnel/ed25519_cert.h"

#include "feature/nodelist/node_st.h"

/** What the consensus says of the largest descriptor; 0 for nothing. */
static int32_t max_descriptor_size = 0;
/** The relays of the network. */
static smartlist_t *relays = NULL;

/** Return the parameters of our consensus. */
static int32_t
mock_get_param(const networkstatus_t *ns, const char *name,
               int32_t default_val, int32_t min_val, int32_t max_val)
{
  (void) ns;
  (void) min_val;
  (void) max_val;
  return max_descriptor_size && !strcmp(name, "HSV3MaxDescriptorSize") ?
    max_descriptor_size : default_val;
}

/** Return the relays of the network. */
static const smartlist_t *
mock_get_nodes(void)
{
  return relays;
}

/** Return a new list of one set: the points from <b>first_seed</b> on for
 * <b>desc</b>. */
static smartlist_t *
one_set(const hs_service_descriptor_t *desc, uint8_t first_seed, int n_points)
{
  smartlist_t *sets = smartlist_new();
  smartlist_add(sets, rbt_make_desc_set(desc, first_seed, n_points));
  return sets;
}

/** Return <b>desc</b> as a client sees it, which checks every certificate, and
 * store the length of its text in <b>len_out</b>. */
static hs_descriptor_t *
encode_and_decode(const hs_service_descriptor_t *desc, size_t *len_out)
{
  char *encoded = NULL;
  hs_descriptor_t *decoded = NULL;
  tor_assert(hs_desc_encode_descriptor(desc->desc, &desc->signing_kp, NULL,
                                       &encoded) == 0);
  *len_out = strlen(encoded);
  hs_desc_decode_descriptor(encoded, &desc->desc->subcredential, NULL,
                            &decoded);
  tor_free(encoded);
  return decoded;
}

/** Return true iff <b>ip</b>, as decoded, is the point that <b>seed</b>
 * makes, in every part. */
static bool
is_point(const hs_desc_intro_point_t *ip, uint8_t seed)
{
  rb_point_t point;
  uint8_t lspecs[RB_MAX_LSPECS_LEN];
  size_t len = 1;

  rbt_fill_point(seed, &point);
  lspecs[0] = (uint8_t) smartlist_len(ip->link_specifiers);
  SMARTLIST_FOREACH_BEGIN(ip->link_specifiers, const link_specifier_t *,
                          lspec) {
    const ssize_t n = link_specifier_encode(lspecs + len,
                                            sizeof(lspecs) - len, lspec);
    tor_assert(n > 0);
    len += (size_t) n;
  } SMARTLIST_FOREACH_END(lspec);
  return len == point.lspecs_len && fast_memeq(lspecs, point.lspecs, len) &&
    fast_memeq(ip->auth_key_cert->signed_key.pubkey, point.auth_key,
               sizeof(point.auth_key)) &&
    fast_memeq(ip->enc_key.public_key, point.enc_key,
               sizeof(point.enc_key)) &&
    fast_memeq(ip->onion_key.public_key, point.onion_key,
               sizeof(point.onion_key));
}

/** Return how many of the points from <b>first_seed</b> on are in
 * <b>desc</b>. */
static int
count_points(const hs_descriptor_t *desc, int first_seed, int n_points)
{
  int count = 0;
  SMARTLIST_FOREACH_BEGIN(desc->encrypted_data.intro_points,
                          const hs_desc_intro_point_t *, ip) {
    for (int seed = first_seed; seed < first_seed + n_points; ++seed) {
      count += is_point(ip, (uint8_t) seed);
    }
  } SMARTLIST_FOREACH_END(ip);
  return count;
}

/** What is merged, encoded and decoded by a client are exactly the points of
 * all nodes, each descriptor with those made for it. */
static void
test_rbalance_desc_merge(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_service_descriptor_t *current = service->desc_current;
  hs_service_descriptor_t *next = service->desc_next;
  smartlist_t *sets = smartlist_new();
  hs_descriptor_t *decoded = NULL;
  size_t len;
  (void) arg;

  for (uint8_t seed = 1; seed <= 3; ++seed) {
    rbt_add_intro_point(current, seed, true);
    rbt_add_intro_point(next, seed + 10, true);
  }
  smartlist_add(sets, rbt_make_desc_set(current, 20, 3));
  smartlist_add(sets, rbt_make_desc_set(next, 30, 3));
  rbt_add_peer(balanced, 2, "beta", sets);
  /* This one has points for the next descriptor only. */
  rbt_add_peer(balanced, 3, "gamma", one_set(next, 40, 2));

  tt_int_op(rb_desc_merge(balanced, service, current, approx_time()), OP_EQ,
            6);
  tt_int_op(smartlist_len(balanced->published), OP_EQ, 6);
  decoded = encode_and_decode(current, &len);
  tt_assert(decoded);
  tt_int_op(smartlist_len(decoded->encrypted_data.intro_points), OP_EQ, 6);
  tt_int_op(count_points(decoded, 1, 3), OP_EQ, 3);
  tt_int_op(count_points(decoded, 20, 3), OP_EQ, 3);
  hs_descriptor_free(decoded);

  tt_int_op(rb_desc_merge(balanced, service, next, approx_time()), OP_EQ, 8);
  tt_int_op(smartlist_len(balanced->published), OP_EQ, 14);
  decoded = encode_and_decode(next, &len);
  tt_assert(decoded);
  tt_int_op(smartlist_len(decoded->encrypted_data.intro_points), OP_EQ, 8);
  tt_int_op(count_points(decoded, 11, 3), OP_EQ, 3);
  tt_int_op(count_points(decoded, 30, 3), OP_EQ, 3);
  tt_int_op(count_points(decoded, 40, 2), OP_EQ, 2);

  /* A second merge replaces the first. */
  tt_int_op(rb_desc_merge(balanced, service, next, approx_time()), OP_EQ, 8);
  tt_int_op(smartlist_len(next->desc->encrypted_data.intro_points), OP_EQ,
            8);
  tt_int_op(smartlist_len(balanced->published), OP_EQ, 14);

 done:
  hs_descriptor_free(decoded);
}

/** A descriptor has at most 20 points, or as many as the operator wants, and
 * every node has one of them. */
static void
test_rbalance_desc_cap(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_service_descriptor_t *desc = service->desc_current;
  hs_descriptor_t *decoded = NULL;
  size_t len;
  (void) arg;

  rbt_add_peer(balanced, 2, "beta", one_set(desc, 20, 20));
  rbt_add_peer(balanced, 3, "gamma", one_set(desc, 60, 20));
  tt_int_op(rb_desc_merge(balanced, service, desc, approx_time()), OP_EQ,
            20);
  decoded = encode_and_decode(desc, &len);
  tt_assert(decoded);
  tt_int_op(smartlist_len(decoded->encrypted_data.intro_points), OP_EQ, 20);
  tt_int_op(count_points(decoded, 20, 20), OP_EQ, 10);
  tt_int_op(count_points(decoded, 60, 20), OP_EQ, 10);
  hs_descriptor_free(decoded);

  balanced->state->config->max_intro_points = 5;
  tt_int_op(rb_desc_merge(balanced, service, desc, approx_time()), OP_EQ, 5);
  decoded = encode_and_decode(desc, &len);
  tt_assert(decoded);
  tt_int_op(smartlist_len(decoded->encrypted_data.intro_points), OP_EQ, 5);
  tt_int_op(count_points(decoded, 20, 20), OP_GE, 2);
  tt_int_op(count_points(decoded, 60, 20), OP_GE, 2);

 done:
  hs_descriptor_free(decoded);
}

/** As many points are published as fit the size that HSDirs take, and at
 * least one. */
static void
test_rbalance_desc_size(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_service_descriptor_t *desc = service->desc_current;
  hs_descriptor_t *decoded = NULL;
  size_t full_len = 0, len = 0;
  int n_points;
  (void) arg;

  MOCK(networkstatus_get_param, mock_get_param);
  rbt_add_peer(balanced, 2, "beta", one_set(desc, 20, 20));
  rbt_add_peer(balanced, 3, "gamma", one_set(desc, 60, 20));
  tt_int_op(rb_desc_merge(balanced, service, desc, approx_time()), OP_EQ,
            20);
  decoded = encode_and_decode(desc, &full_len);
  tt_assert(decoded);
  hs_descriptor_free(decoded);

  max_descriptor_size = (int32_t) full_len + 1;
  tt_int_op(rb_desc_merge(balanced, service, desc, approx_time()), OP_EQ,
            20);
  max_descriptor_size = (int32_t) full_len;
  n_points = rb_desc_merge(balanced, service, desc, approx_time());
  tt_int_op(n_points, OP_LT, 20);
  tt_int_op(n_points, OP_GE, 2);
  decoded = encode_and_decode(desc, &len);
  tt_assert(decoded);
  tt_int_op(len, OP_LT, full_len);
  tt_int_op(smartlist_len(decoded->encrypted_data.intro_points), OP_EQ,
            n_points);
  tt_int_op(smartlist_len(balanced->published), OP_EQ, n_points);
  tt_int_op(count_points(decoded, 20, 20), OP_GE, 1);
  tt_int_op(count_points(decoded, 60, 20), OP_GE, 1);

  max_descriptor_size = 1;
  tt_int_op(rb_desc_merge(balanced, service, desc, approx_time()), OP_EQ, 1);
  tt_int_op(smartlist_len(desc->desc->encrypted_data.intro_points), OP_EQ,
            1);

 done:
  UNMOCK(networkstatus_get_param);
  hs_descriptor_free(decoded);
}

/** Points at relays that the consensus does not know are left out, and so are
 * those of nodes that are not Healthy; with nothing left the descriptor stays
 * as it is. */
static void
test_rbalance_desc_unusable(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_service_descriptor_t *desc = service->desc_current;
  rb_peer_t *peer;
  rb_point_t point;
  (void) arg;

  rbt_fill_point(RBT_UNKNOWN_RELAY - 1, &point);
  tt_assert(rb_desc_point_is_usable(&point, NULL));
  rbt_fill_point(RBT_UNKNOWN_RELAY, &point);
  tt_assert(!rb_desc_point_is_usable(&point, NULL));

  peer = rbt_add_peer(balanced, 2, "beta",
                      one_set(desc, RBT_UNKNOWN_RELAY - 2, 5));
  tt_int_op(rb_desc_merge(balanced, service, desc, approx_time()), OP_EQ, 2);
  peer->state = RB_NODE_UNHEALTHY;
  peer->pings_unanswered = 100;
  tt_int_op(rb_desc_merge(balanced, service, desc, approx_time()), OP_EQ, 0);
  tt_int_op(smartlist_len(desc->desc->encrypted_data.intro_points), OP_EQ,
            2);
  tt_int_op(smartlist_len(balanced->published), OP_EQ, 2);

 done:
  ;
}

/** Our record has the points whose circuits are established, sound and no
 * more than a record holds; it is only renewed when they change. */
static void
test_rbalance_desc_report(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  const rb_record_t *record = balanced->state->record;
  hs_service_descriptor_t *desc = service->desc_current;
  rb_pointset_t *expected = rbt_make_desc_set(desc, 1, 3);
  hs_service_intro_point_t *ip;
  uint64_t sequence;
  (void) arg;

  rbt_add_intro_point(desc, 9, false);
  rb_desc_report_points(balanced, service);
  tt_int_op(smartlist_len(record->sets), OP_EQ, 2);
  tt_int_op(rb_pointsets_max_len(record->sets), OP_EQ, 0);
  tt_int_op(balanced->state->wanted_points, OP_EQ, 3);
  tt_int_op(balanced->state->n_slots, OP_EQ, 2);
  tt_assert(!balanced->state->slots[0].is_next);
  tt_assert(balanced->state->slots[1].is_next);

  for (uint8_t seed = 1; seed <= 3; ++seed) {
    rbt_add_intro_point(desc, seed, true);
  }
  sequence = record->sequence;
  rb_desc_report_points(balanced, service);
  tt_u64_op(record->sequence, OP_EQ, sequence + 1);
  tt_assert(rb_pointset_eq(smartlist_get(record->sets, 0), expected));
  rb_desc_report_points(balanced, service);
  tt_u64_op(record->sequence, OP_EQ, sequence + 1);

  /* One without an address for clients is not told. */
  ip = digest256map_get(desc->intro_points.map,
    ((rb_point_t *) smartlist_get(expected->points, 0))->auth_key);
  SMARTLIST_FOREACH(ip->base.link_specifiers, link_specifier_t *, lspec,
                    link_specifier_free(lspec));
  smartlist_clear(ip->base.link_specifiers);
  rb_desc_report_points(balanced, service);
  tt_int_op(rb_pointsets_max_len(record->sets), OP_EQ, 2);

  for (uint8_t seed = 20; seed < 45; ++seed) {
    rbt_add_intro_point(desc, seed, true);
  }
  rb_desc_report_points(balanced, service);
  tt_int_op(rb_pointsets_max_len(record->sets), OP_EQ, RB_MAX_POINTS);

 done:
  rb_pointset_free(expected);
}

/** The descriptor that is named is uploaded next time, and the point that is
 * named expires; unknown names change nothing. */
static void
test_rbalance_desc_schedule(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_service_descriptor_t *current = service->desc_current;
  hs_service_descriptor_t *next = service->desc_next;
  hs_service_intro_point_t *ip;
  rb_point_t point;
  uint8_t unknown[ED25519_PUBKEY_LEN];
  (void) arg;

  memset(unknown, 1, sizeof(unknown));
  current->next_upload_time = next->next_upload_time = TIME_MAX;
  rb_desc_schedule_upload(balanced, unknown);
  rb_desc_schedule_upload(balanced, next->blinded_kp.pubkey.pubkey);
  tt_i64_op(current->next_upload_time, OP_EQ, TIME_MAX);
  tt_i64_op(next->next_upload_time, OP_EQ, approx_time());
  rb_desc_schedule_upload(balanced, current->blinded_kp.pubkey.pubkey);
  tt_i64_op(current->next_upload_time, OP_EQ, approx_time());

  rbt_fill_point(5, &point);
  rbt_add_intro_point(current, 5, true);
  ip = digest256map_get(current->intro_points.map, point.auth_key);
  tt_assert(!intro_point_should_expire(ip, approx_time()));
  rb_desc_retire_point(balanced, current->blinded_kp.pubkey.pubkey, unknown);
  rb_desc_retire_point(balanced, unknown, point.auth_key);
  rb_desc_retire_point(balanced, next->blinded_kp.pubkey.pubkey,
                       point.auth_key);
  tt_assert(!intro_point_should_expire(ip, approx_time()));
  rb_desc_retire_point(balanced, current->blinded_kp.pubkey.pubkey,
                       point.auth_key);
  tt_assert(intro_point_should_expire(ip, approx_time()));

 done:
  ;
}

/** Relays of other nodes are avoided, as long as there are enough others. */
static void
test_rbalance_desc_exclude(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_service_descriptor_t *desc = service->desc_current;
  const uint8_t *blinded_key = desc->blinded_kp.pubkey.pubkey;
  smartlist_t *excluded = smartlist_new();
  node_t node;
  (void) arg;

  memset(&node, 0, sizeof(node));
  relays = smartlist_new();
  MOCK(nodelist_get_list, mock_get_nodes);
  for (int i = 0; i < 100; ++i) {
    smartlist_add(relays, &node);
  }
  rbt_add_peer(balanced, 2, "beta", one_set(desc, 20, 3));
  rb_desc_exclude_relays(balanced, blinded_key, excluded);
  tt_int_op(smartlist_len(excluded), OP_EQ, 0);
  node.is_running = 1;
  rb_desc_exclude_relays(balanced, blinded_key, excluded);
  tt_int_op(smartlist_len(excluded), OP_EQ, 0);
  node.is_valid = 1;
  rb_desc_exclude_relays(balanced, blinded_key, excluded);
  tt_int_op(smartlist_len(excluded), OP_EQ, 3);
  smartlist_clear(excluded);
  rb_desc_exclude_relays(balanced,
                         service->desc_next->blinded_kp.pubkey.pubkey,
                         excluded);
  tt_int_op(smartlist_len(excluded), OP_EQ, 0);

 done:
  UNMOCK(nodelist_get_list);
  smartlist_free(excluded);
  smartlist_free(relays);
}

/** A node is keyless as long as one of its descriptors was made without the
 * service's secret key, whatever the settings say now. */
static void
test_rbalance_desc_keyless(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_state_t *state = rbt_find_balanced(service)->state;
  uint64_t sequence;
  (void) arg;

  rb_desc_report_points(rbt_find_balanced(service), service);
  tt_assert(!state->record->is_keyless);
  sequence = state->record->sequence;
  memset(&service->desc_next->blinded_kp.seckey, 0, ED25519_SECKEY_LEN);
  rb_desc_report_points(rbt_find_balanced(service), service);
  tt_assert(state->record->is_keyless);
  tt_assert(!rb_leave_may_publish(state, rb_now_mono()));
  /* The others must hear of it, once. */
  rb_desc_report_points(rbt_find_balanced(service), service);
  tt_u64_op(state->record->sequence, OP_EQ, sequence + 1);
 done:
  ;
}

#define TEST(name) \
  { #name, test_rbalance_desc_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_desc_tests[] = {
  TEST(merge),
  TEST(cap),
  TEST(size),
  TEST(unusable),
  TEST(report),
  TEST(schedule),
  TEST(exclude),
  TEST(keyless),
  END_OF_TESTCASES
};
