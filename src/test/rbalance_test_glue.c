/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_glue.c
 * @brief Onion services of tor, and what they need, for the tests of rbalance.
 **/

#define CIRCUITBUILD_PRIVATE
#define CIRCUITLIST_PRIVATE
#define CONTROL_EVENTS_PRIVATE
#define HS_SERVICE_PRIVATE
#define STATEFILE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "app/config/config.h"
#include "app/config/statefile.h"
#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/circuitbuild.h"
#include "core/or/circuitlist.h"
#include "feature/control/control_events.h"
#include "feature/dirauth/voting_schedule.h"
#include "feature/hs/hs_circuitmap.h"
#include "feature/hs/hs_common.h"
#include "feature/nodelist/networkstatus.h"
#include "feature/nodelist/nodelist.h"
#include "lib/encoding/time_fmt.h"
#include "lib/evloop/compat_libevent.h"
#include "lib/fs/dir.h"
#include "lib/time/compat_time.h"
#include "trunnel/ed25519_cert.h"

#include "app/config/or_state_st.h"
#include "core/or/connection_st.h"
#include "core/or/origin_circuit_st.h"
#include "feature/nodelist/networkstatus_st.h"
#include "feature/nodelist/node_st.h"

smartlist_t *rbt_events = NULL;

/** The consensus and tor's state file. */
static networkstatus_t consensus;
static or_state_t *tor_state = NULL;

/** What the monotonic clock shows, in nanoseconds. */
static int64_t mono_nsec = 0;

/** Circuits of rbt_add_intro_point(). */
static smartlist_t *circuits = NULL;

/** Return our consensus. */
static networkstatus_t *
mock_get_consensus(time_t now, int flavor)
{
  (void) now;
  (void) flavor;
  return &consensus;
}

/** Return our state file. */
static or_state_t *
mock_get_or_state(void)
{
  return tor_state;
}

/** Return a node for every identity that a point of the tests has, but none
 * for RBT_UNKNOWN_RELAY and above. */
static const node_t *
mock_node_get_by_id(const char *identity)
{
  static node_t node;
  if ((uint8_t) identity[0] >= RBT_UNKNOWN_RELAY) {
    return NULL;
  }
  memcpy(node.identity, identity, DIGEST_LEN);
  return &node;
}

/** Keep the text of an event of ours. */
static void
mock_queue_control_event_string(uint16_t event, char *msg)
{
  if (event == EVENT_HS_BALANCE) {
    smartlist_add(rbt_events, msg);
  } else {
    tor_free(msg);
  }
}

/** Let <b>msec</b> pass on the monotonic clock. */
void
rbt_pass_time(uint64_t msec)
{
  mono_nsec += (int64_t) msec * 1000000;
  monotime_set_mock_time_nsec(mono_nsec);
  monotime_coarse_set_mock_time_nsec(mono_nsec);
}

/** Set up what rbt_glue_setup promises. */
static void *
setup_glue(const struct testcase_t *testcase)
{
  (void) testcase;
  hs_init();
  MOCK(networkstatus_get_reasonably_live_consensus, mock_get_consensus);
  MOCK(get_or_state, mock_get_or_state);
  MOCK(node_get_by_id, mock_node_get_by_id);
  MOCK(queue_control_event_string, mock_queue_control_event_string);
  control_testing_set_global_event_mask(UINT64_C(1) << EVENT_HS_BALANCE);
  monotime_enable_test_mocking();
  mono_nsec = 1;
  rbt_pass_time(RBT_MONO);
  rbt_events = smartlist_new();
  circuits = smartlist_new();
  tor_state = or_state_new();
  parse_rfc1123_time("Sat, 26 Oct 1985 03:00:00 UTC",
                     &consensus.valid_after);
  parse_rfc1123_time("Sat, 26 Oct 1985 04:00:00 UTC",
                     &consensus.fresh_until);
  parse_rfc1123_time("Sat, 26 Oct 1985 06:00:00 UTC",
                     &consensus.valid_until);
  dirauth_sched_recalculate_timing(get_options(), consensus.valid_after);
  update_approx_time(consensus.valid_after + 1);
  return rbt_events;
}

/** Undo setup_glue().  Return 1. */
static int
cleanup_glue(const struct testcase_t *testcase, void *arg)
{
  (void) testcase;
  (void) arg;
  SMARTLIST_FOREACH(circuits, origin_circuit_t *, circ,
                    circuit_free_(TO_CIRCUIT(circ)));
  smartlist_free(circuits);
  hs_free_all();
  rb_services_free_all();
  rbt_clear_events();
  smartlist_free(rbt_events);
  or_state_free(tor_state);
  monotime_disable_test_mocking();
  UNMOCK(networkstatus_get_reasonably_live_consensus);
  UNMOCK(get_or_state);
  UNMOCK(node_get_by_id);
  UNMOCK(queue_control_event_string);
  return 1;
}

const struct testcase_setup_t rbt_glue_setup = { setup_glue, cleanup_glue };

/** Return the balanced onion service that <b>seed</b> makes, with both of its
 * descriptors, registered in tor. */
hs_service_t *
rbt_register_service(uint8_t seed)
{
  hs_service_t *service = hs_service_new(get_options());
  ed25519_keypair_t keys;
  char name[32];

  rbt_fill_key(seed, &keys);
  ed25519_pubkey_copy(&service->keys.identity_pk, &keys.pubkey);
  memcpy(&service->keys.identity_sk, &keys.seckey, sizeof(keys.seckey));
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, service->onion_address);
  tor_snprintf(name, sizeof(name), "service-%d", seed);
  service->config.directory_path = tor_strdup(get_fname_rnd(name));
  tor_assert(check_private_dir(service->config.directory_path, CPD_CREATE,
                               NULL) == 0);
  service->config.rbalance = rbt_make_config();
  tor_assert(register_service(get_hs_service_map(), service) == 0);
  build_all_descriptors(approx_time());
  tor_assert(service->desc_current && service->desc_next);
  return service;
}

/** Return what the module keeps of <b>service</b>. */
rb_service_t *
rbt_find_balanced(const hs_service_t *service)
{
  rb_service_t *balanced = rb_services_find(&service->keys.identity_pk);
  tor_assert(balanced);
  return balanced;
}

/** Add to <b>desc</b> the introduction point that <b>seed</b> makes, with a
 * circuit if it <b>is_established</b>. */
void
rbt_add_intro_point(hs_service_descriptor_t *desc, uint8_t seed,
                    bool is_established)
{
  hs_service_intro_point_t *ip = service_intro_point_new(NULL);
  rb_point_t point;
  size_t pos = 1;

  rbt_fill_point(seed, &point);
  for (int i = 0; i < point.lspecs[0]; ++i) {
    link_specifier_t *lspec = NULL;
    const ssize_t n = link_specifier_parse(&lspec, point.lspecs + pos,
                                           point.lspecs_len - pos);
    tor_assert(n > 0);
    smartlist_add(ip->base.link_specifiers, lspec);
    pos += (size_t) n;
  }
  rbt_fill_key(seed, &ip->auth_key_kp);
  memset(ip->enc_key_kp.seckey.secret_key, seed, CURVE25519_SECKEY_LEN);
  curve25519_public_key_generate(&ip->enc_key_kp.pubkey,
                                 &ip->enc_key_kp.seckey);
  memcpy(ip->onion_key.public_key, point.onion_key, CURVE25519_PUBKEY_LEN);
  service_intro_point_add(desc->intro_points.map, ip);
  if (is_established) {
    origin_circuit_t *circ = origin_circuit_init(CIRCUIT_PURPOSE_S_INTRO, 0);
    hs_circuitmap_register_intro_circ_v3_service_side(
                                          circ, &ip->auth_key_kp.pubkey);
    smartlist_add(circuits, circ);
  }
}

/** Return a new set of the points from <b>first_seed</b> on that a node has
 * for <b>desc</b>. */
rb_pointset_t *
rbt_make_desc_set(const hs_service_descriptor_t *desc, uint8_t first_seed,
                  int n_points)
{
  rb_pointset_t *set = rbt_make_set(0, first_seed, n_points);
  set->period_num = desc->time_period_num;
  memcpy(set->blinded_key, desc->blinded_kp.pubkey.pubkey,
         sizeof(set->blinded_key));
  return set;
}

/** Make the node with the key that <b>seed</b> makes a Healthy peer of
 * <b>balanced</b>, called <b>node_id</b>, with <b>sets</b>, which it takes;
 * return it. */
rb_peer_t *
rbt_add_peer(rb_service_t *balanced, uint8_t seed, const char *node_id,
             smartlist_t *sets)
{
  rb_state_t *state = balanced->state;
  ed25519_keypair_t keys;
  rb_peer_t *peer;
  rb_record_t *record = rb_record_new();

  rbt_fill_key(seed, &keys);
  peer = rb_peers_add(state->peers, &keys.pubkey, 64, rb_now_mono());
  tor_assert(peer);
  peer->state = RB_NODE_HEALTHY;
  peer->has_heartbeat = true;
  strlcpy(record->node_id, node_id, sizeof(record->node_id));
  record->incarnation = record->sequence = 1;
  rb_pointsets_free(record->sets);
  record->sets = sets;
  record->n_points = rb_pointsets_max_len(sets);
  tor_assert(rb_record_sign(record, state->cluster_id, &keys) == 0);
  peer->record = record;
  state->merge_is_dirty = true;
  return peer;
}

/** Return a new connection as it is at the inner end of a channel. */
connection_t *
rbt_make_conn(void)
{
  connection_t *conn;
  tor_init_connection_lists();
  conn = connection_new(CONN_TYPE_RBALANCE, AF_INET);
  conn->linked = 1;
  tor_assert(connection_add(conn) == 0);
  return conn;
}

/** Add to <b>balanced</b> a channel on <b>conn</b>, which may be NULL, to or
 * from the node with the key that <b>seed</b> makes; return it. */
rb_channel_t *
rbt_add_channel(rb_service_t *balanced, const connection_t *conn,
                uint8_t seed, bool is_inbound)
{
  static uint64_t number = 100;
  rb_channel_t *channel = tor_malloc_zero(sizeof(*channel));
  ed25519_keypair_t keys;
  rbt_fill_key(seed, &keys);
  channel->number = ++number;
  channel->conn_id = conn ? conn->global_identifier : UINT64_MAX;
  channel->is_inbound = is_inbound;
  ed25519_pubkey_copy(&channel->peer, &keys.pubkey);
  channel->opened_at = rb_now_mono();
  smartlist_add(balanced->channels, channel);
  return channel;
}

/** Let the module's timer run once.  Connections that are marked for close
 * are freed in the course of that. */
void
rbt_run_timer(void)
{
  rb_services_run_soon();
  tor_libevent_run_event_loop(tor_libevent_get_base(), 1);
}

/** Forget the events that were sent. */
void
rbt_clear_events(void)
{
  SMARTLIST_FOREACH(rbt_events, char *, text, tor_free(text));
  smartlist_clear(rbt_events);
}

/** Return the event number <b>idx</b> since rbt_clear_events(), or "". */
const char *
rbt_event(int idx)
{
  return idx < smartlist_len(rbt_events) ? smartlist_get(rbt_events, idx) :
                                           "";
}
