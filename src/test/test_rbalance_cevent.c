/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cevent.c
 * @brief Test what the operator is told.
 **/

#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "app/config/config.h"
#include "feature/control/control_events.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_cevent.h"
#include "feature/rbalance/rbalance_desc.h"

/** Check that exactly one event was sent: <b>format</b> with the address of
 * <b>service</b>.  Return true iff so, and forget it. */
static bool
is_event(const rb_service_t *service, const char *format)
{
  char *expected = NULL;
  smartlist_t *parts = smartlist_new();
  bool r = false;

  smartlist_split_string(parts, format, "ADDR", 0, 0);
  expected = smartlist_join_strings(parts, service->address, 0, NULL);
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 1);
  tt_str_op(rbt_event(0), OP_EQ, expected);
  r = true;
 done:
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
  tor_free(expected);
  rbt_clear_events();
  return r;
}

/** Return a balanced service whose node is called alpha, with a peer called
 * beta with the key that 2 makes. */
static rb_service_t *
make_balanced(void)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  strlcpy(balanced->state->record->node_id, "alpha",
          sizeof(balanced->state->record->node_id));
  rbt_add_peer(balanced, 2, "beta", smartlist_new());
  rbt_clear_events();
  return balanced;
}

/** Each change of a peer's state makes an event and a line for the
 * operator. */
static void
test_rbalance_cevent_peer(void *arg)
{
  static const char *const states[] = { "JOINING", "INITIALIZING", "HEALTHY",
                                        "UNHEALTHY", "DEAD" };
  static const char *const reasons[] = { "HEARTBEAT", "INTRO_POINTS",
                                         "NO_INTRO_POINTS", "PING_TIMEOUT",
                                         "HEARTBEAT_TIMEOUT" };
  rb_service_t *balanced = make_balanced();
  rb_action_t action;
  ed25519_keypair_t keys;
  char *expected = NULL;
  (void) arg;

  memset(&action, 0, sizeof(action));
  action.type = RB_ACT_PEER_CHANGED;
  rbt_fill_key(2, &keys);
  ed25519_pubkey_copy(&action.peer, &keys.pubkey);
  for (int i = 0; i < 5; ++i) {
    action.state = (rb_lifecycle_t) i;
    action.prev_state = (rb_lifecycle_t) ((i + 1) % 5);
    action.reason = (rb_lifecycle_reason_t) i;
    setup_full_capture_of_logs(LOG_NOTICE);
    rb_cevent_action(balanced, &action);
    tor_asprintf(&expected, "650 HS_BALANCE PEER ADDR NODE=beta STATE=%s "
                 "PREV=%s REASON=%s\r\n", states[i], states[(i + 1) % 5],
                 reasons[i]);
    tt_assert(is_event(balanced, expected));
    tor_free(expected);
    tor_asprintf(&expected, "node beta is %s (was %s).", states[i],
                 states[(i + 1) % 5]);
    expect_single_log_msg_containing(expected);
    tor_free(expected);
    teardown_capture_of_logs();
  }

 done:
  teardown_capture_of_logs();
  tor_free(expected);
}

/** Each change of our role makes an event, and so does one of the mode. */
static void
test_rbalance_cevent_role(void *arg)
{
  rb_service_t *balanced = make_balanced();
  rb_action_t action;
  (void) arg;

  memset(&action, 0, sizeof(action));
  action.type = RB_ACT_ROLE_CHANGED;
  action.role = RB_ROLE_PUBLISHER;
  action.role_reason = RB_ROLE_VACANT;
  setup_full_capture_of_logs(LOG_NOTICE);
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE ROLE ADDR NODE=alpha "
                     "ROLE=PUBLISHER REASON=VACANT\r\n"));
  expect_log_msg_containing("this node is the publisher now.");
  action.role = RB_ROLE_STANDBY;
  action.role_reason = RB_ROLE_BETTER_PUBLISHER;
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE ROLE ADDR NODE=alpha "
                     "ROLE=STANDBY REASON=BETTER_PUBLISHER\r\n"));
  expect_log_msg_containing("this node is a standby now.");
  action.role_reason = RB_ROLE_LEASE_LOST;
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE ROLE ADDR NODE=alpha "
                     "ROLE=STANDBY REASON=LEASE_LOST\r\n"));

  action.type = RB_ACT_MODE_CHANGED;
  action.is_multi = true;
  action.n_alive = 3;
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE MODE ADDR MODE=MULTI "
                     "PEERS=3\r\n"));
  action.is_multi = false;
  action.n_alive = 0;
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE MODE ADDR MODE=SINGLE "
                     "PEERS=0\r\n"));

 done:
  teardown_capture_of_logs();
}

/** A clock that is wrong is a warning, which says in which direction, and no
 * event. */
static void
test_rbalance_cevent_clock(void *arg)
{
  rb_service_t *balanced = make_balanced();
  rb_action_t action;
  ed25519_keypair_t keys;
  (void) arg;

  memset(&action, 0, sizeof(action));
  action.type = RB_ACT_CLOCK_SKEW;
  rbt_fill_key(2, &keys);
  ed25519_pubkey_copy(&action.peer, &keys.pubkey);
  action.skew = 7000;
  setup_full_capture_of_logs(LOG_WARN);
  rb_cevent_action(balanced, &action);
  expect_single_log_msg_containing("the clock of node beta is 7000 "
                                   "milliseconds ahead of ours");
  mock_clean_saved_logs();
  action.skew = -7000;
  rb_cevent_action(balanced, &action);
  expect_single_log_msg_containing("the clock of node beta is 7000 "
                                   "milliseconds behind ours");
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 0);

 done:
  teardown_capture_of_logs();
}

/** A merge tells which descriptor it is about; for one that is gone there is
 * no event. */
static void
test_rbalance_cevent_merge(void *arg)
{
  rb_service_t *balanced = make_balanced();
  hs_service_t *service = hs_service_find(&balanced->identity_key);
  hs_service_descriptor_t *descs[2];
  static const char *const names[] = { "CURRENT", "NEXT" };
  smartlist_t *sets = smartlist_new();
  uint8_t unknown[ED25519_PUBKEY_LEN];
  char *expected = NULL;
  (void) arg;

  memset(unknown, 1, sizeof(unknown));
  descs[0] = service->desc_current;
  descs[1] = service->desc_next;
  for (int i = 0; i < 2; ++i) {
    smartlist_add(sets, rbt_make_desc_set(descs[i], 10, 4 + i));
    rbt_add_intro_point(descs[i], (uint8_t) (1 + i), true);
  }
  rbt_add_peer(balanced, 3, "gamma", sets);
  for (int i = 0; i < 2; ++i) {
    rb_desc_report_points(balanced, service);
    rbt_clear_events();
    rb_desc_merge(balanced, service, descs[i], approx_time());
    tor_asprintf(&expected, "650 HS_BALANCE MERGE ADDR DESC=%s PERIOD=%"
                 PRIu64 " NODES=2 POINTS=%d\r\n", names[i],
                 descs[i]->time_period_num, 5 + i);
    tt_assert(is_event(balanced, expected));
    tor_free(expected);
  }
  rb_cevent_merge(balanced, unknown, NULL);
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 0);

 done:
  tor_free(expected);
}

/** What becomes of a node is told with its name and the reason; what the
 * operator said himself is not logged again. */
static void
test_rbalance_cevent_standing(void *arg)
{
  rb_service_t *balanced = make_balanced();
  rb_action_t action;
  ed25519_keypair_t keys;
  (void) arg;

  rbt_fill_key(2, &keys);
  memset(&action, 0, sizeof(action));
  action.type = RB_ACT_STANDING;
  ed25519_pubkey_copy(&action.peer, &keys.pubkey);
  action.standing = RB_STANDING_INCLUDE;
  setup_full_capture_of_logs(LOG_NOTICE);
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE REPAIR ADDR "
                     "ACTION=INCLUDE NODE=beta REASON=OPERATOR\r\n"));
  expect_no_log_entry();
  action.why = "INTRO_POINTS";
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE REPAIR ADDR "
                     "ACTION=INCLUDE NODE=beta REASON=INTRO_POINTS\r\n"));
  expect_single_log_msg_containing("of node beta come back into the "
                                   "descriptor: INTRO_POINTS");
  mock_clean_saved_logs();
  action.standing = RB_STANDING_EXCLUDE;
  action.why = "BACKENDS_DOWN";
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE REPAIR ADDR "
                     "ACTION=EXCLUDE NODE=beta REASON=BACKENDS_DOWN\r\n"));
  expect_single_log_msg_containing("of node beta leave the descriptor: "
                                   "BACKENDS_DOWN");
  mock_clean_saved_logs();
  action.standing = RB_STANDING_STEP_DOWN;
  action.why = "TOO_OLD";
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE REPAIR ADDR "
                     "ACTION=STEP_DOWN NODE=alpha REASON=TOO_OLD\r\n"));
  expect_single_log_msg_containing("leaves the publishing to another");

 done:
  teardown_capture_of_logs();
}

/** An upload to an HSDir tells what came of it, and why. */
static void
test_rbalance_cevent_upload(void *arg)
{
  static const struct {
    rb_result_t result;
    rb_fail_t fail;
    const char *text;
  } cases[] = {
    { RB_RESULT_SENT, RB_FAIL_NONE, "SENT" },
    { RB_RESULT_OK, RB_FAIL_NONE, "OK" },
    { RB_RESULT_FAILED, RB_FAIL_REJECTED, "FAILED REASON=REJECTED" },
    { RB_RESULT_FAILED, RB_FAIL_TIMEOUT, "FAILED REASON=TIMEOUT" },
  };
  rb_service_t *balanced = make_balanced();
  hs_service_t *service = hs_service_find(&balanced->identity_key);
  rb_action_t action;
  char *expected = NULL;
  (void) arg;

  rb_desc_report_points(balanced, service);
  rbt_clear_events();
  memset(&action, 0, sizeof(action));
  action.type = RB_ACT_UPLOAD_RESULT;
  action.revision = UINT64_MAX;
  memset(action.hsdir, 0xab, sizeof(action.hsdir));
  for (unsigned i = 0; i < ARRAY_LENGTH(cases); ++i) {
    const hs_service_descriptor_t *desc =
      i % 2 ? service->desc_next : service->desc_current;
    memcpy(action.blinded_key, desc->blinded_kp.pubkey.pubkey,
           sizeof(action.blinded_key));
    action.result = cases[i].result;
    action.fail = cases[i].fail;
    rb_cevent_action(balanced, &action);
    tor_asprintf(&expected, "650 HS_BALANCE UPLOAD ADDR DESC=%s "
                 "REV=18446744073709551615 "
                 "HSDIR=ABABABABABABABABABABABABABABABABABABABAB "
                 "RESULT=%s\r\n", i % 2 ? "NEXT" : "CURRENT",
                 cases[i].text);
    tt_assert(is_event(balanced, expected));
    tor_free(expected);
  }
  memset(action.blinded_key, 1, sizeof(action.blinded_key));
  rb_cevent_action(balanced, &action);
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 0);

 done:
  tor_free(expected);
}

/** A repair names the HSDir unless it is about all; another publisher is a
 * warning and no event. */
static void
test_rbalance_cevent_repair(void *arg)
{
  rb_service_t *balanced = make_balanced();
  hs_service_t *service = hs_service_find(&balanced->identity_key);
  rb_action_t action;
  (void) arg;

  rb_desc_report_points(balanced, service);
  rbt_clear_events();
  memset(&action, 0, sizeof(action));
  memcpy(action.blinded_key, service->desc_next->blinded_kp.pubkey.pubkey,
         sizeof(action.blinded_key));
  action.type = RB_ACT_REPAIR;
  action.repair = RB_REPAIR_TOO_OLD;
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE REPAIR ADDR "
                     "ACTION=FORCE_REPUBLISH REASON=TOO_OLD "
                     "DESC=NEXT\r\n"));
  memset(action.hsdir, 0xab, sizeof(action.hsdir));
  action.repair = RB_REPAIR_MISSING;
  rb_cevent_action(balanced, &action);
  tt_assert(is_event(balanced, "650 HS_BALANCE REPAIR ADDR "
                     "ACTION=FORCE_REPUBLISH REASON=MISSING DESC=NEXT "
                     "HSDIR=ABABABABABABABABABABABABABABABABABABABAB\r\n"));
  setup_full_capture_of_logs(LOG_WARN);
  action.type = RB_ACT_FOREIGN_PUBLISHER;
  rb_cevent_action(balanced, &action);
  expect_single_log_msg_containing("newer than ours");
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 0);

 done:
  teardown_capture_of_logs();
}

/** A node is called what it calls itself, in its messages before its record,
 * or else by its address. */
static void
test_rbalance_cevent_names(void *arg)
{
  rb_service_t *balanced = make_balanced();
  ed25519_keypair_t keys;
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  rb_peer_t *peer;
  (void) arg;

  tt_str_op(rb_cevent_node_name(balanced,
                                balanced->state->node_keys.pubkey.pubkey),
            OP_EQ, "alpha");
  rbt_fill_key(2, &keys);
  tt_str_op(rb_cevent_node_name(balanced, keys.pubkey.pubkey), OP_EQ,
            "beta");
  peer = rb_peers_find(balanced->state->peers, &keys.pubkey);
  strlcpy(peer->node_id, "beta-2", sizeof(peer->node_id));
  tt_str_op(rb_cevent_node_name(balanced, keys.pubkey.pubkey), OP_EQ,
            "beta-2");

  rbt_fill_key(9, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
  address[12] = '\0';
  tt_str_op(rb_cevent_node_name(balanced, keys.pubkey.pubkey), OP_EQ,
            address);
  rb_peers_add(balanced->state->peers, &keys.pubkey, 64, 1);
  tt_str_op(rb_cevent_node_name(balanced, keys.pubkey.pubkey), OP_EQ,
            address);

 done:
  ;
}

/** With SafeLogging no log line has an onion address. */
static void
test_rbalance_cevent_safe(void *arg)
{
  rb_service_t *balanced = make_balanced();
  rb_action_t action;
  (void) arg;

  get_options_mutable()->SafeLogging_ = SAFELOG_SCRUB_ALL;
  memset(&action, 0, sizeof(action));
  ed25519_pubkey_copy(&action.peer,
                      &balanced->state->node_keys.pubkey);
  setup_full_capture_of_logs(LOG_DEBUG);
  action.type = RB_ACT_PEER_CHANGED;
  rb_cevent_action(balanced, &action);
  action.type = RB_ACT_ROLE_CHANGED;
  rb_cevent_action(balanced, &action);
  action.type = RB_ACT_CLOCK_SKEW;
  rb_cevent_action(balanced, &action);
  expect_no_log_msg_containing(balanced->address);
  expect_log_msg_containing("[scrubbed]");

 done:
  teardown_capture_of_logs();
}

#define TEST(name) \
  { #name, test_rbalance_cevent_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_cevent_tests[] = {
  TEST(peer),
  TEST(role),
  TEST(clock),
  TEST(merge),
  TEST(standing),
  TEST(upload),
  TEST(repair),
  TEST(names),
  TEST(safe),
  END_OF_TESTCASES
};
