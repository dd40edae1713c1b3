/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_getinfo.c
 * @brief Test the answers to GETINFO hs/balance/...
 **/

#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_desc.h"
#include "lib/encoding/binascii.h"

/** Return the answer to GETINFO <b>question</b>, in which ADDR stands for the
 * address of <b>balanced</b>; NULL if there is none. */
static char *
ask(const rb_service_t *balanced, const char *question)
{
  smartlist_t *parts = smartlist_new();
  const char *errmsg = NULL;
  char *full, *answer = NULL;
  int r;

  smartlist_split_string(parts, question, "ADDR", 0, 0);
  full = smartlist_join_strings(parts, balanced->address, 0, NULL);
  r = getinfo_helper_rbalance(NULL, full, &answer, &errmsg);
  tor_assert(r == 0 && !errmsg);
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
  tor_free(full);
  return answer;
}

/** Store in <b>out</b> the onion address of the key that <b>seed</b>
 * makes. */
static void
address_of(uint8_t seed, char *out)
{
  ed25519_keypair_t keys;
  rbt_fill_key(seed, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, out);
}

/** Return a balanced service, called alpha and with two points in each
 * descriptor, with a Healthy peer beta that has one in the current and two in
 * the next. */
static rb_service_t *
make_balanced(void)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  smartlist_t *sets = smartlist_new();

  strlcpy(balanced->state->record->node_id, "alpha",
          sizeof(balanced->state->record->node_id));
  smartlist_add(sets, rbt_make_desc_set(service->desc_current, 20, 1));
  smartlist_add(sets, rbt_make_desc_set(service->desc_next, 30, 2));
  rbt_add_peer(balanced, 2, "beta", sets);
  for (uint8_t seed = 1; seed <= 2; ++seed) {
    rbt_add_intro_point(service->desc_current, seed, true);
    rbt_add_intro_point(service->desc_next, seed + 10, true);
  }
  rb_desc_report_points(balanced, service);
  return balanced;
}

/** Every balanced service is listed, and only those. */
static void
test_rbalance_getinfo_services(void *arg)
{
  char *answer = NULL, *expected = NULL;
  rb_service_t *first, *second;
  const char *errmsg = NULL;
  (void) arg;

  tt_int_op(getinfo_helper_rbalance(NULL, "hs/balance/services", &answer,
                                    &errmsg), OP_EQ, 0);
  tt_str_op(answer, OP_EQ, "");
  tor_free(answer);

  first = rbt_find_balanced(rbt_register_service(1));
  answer = ask(first, "hs/balance/services");
  tt_str_op(answer, OP_EQ, first->address);
  tor_free(answer);

  second = rbt_find_balanced(rbt_register_service(2));
  answer = ask(first, "hs/balance/services");
  tt_int_op(strlen(answer), OP_EQ, 2 * HS_SERVICE_ADDR_LEN_BASE32 + 1);
  tt_assert(strstr(answer, first->address));
  tt_assert(strstr(answer, second->address));

 done:
  tor_free(answer);
  tor_free(expected);
}

/** What is not known is not answered, which is no error. */
static void
test_rbalance_getinfo_unknown(void *arg)
{
  static const char *const questions[] = {
    "hs/balance/", "hs/balance/service", "hs/balance/services/",
    "hs/balance/services/ADDR", "hs/balance/status", "hs/balance/status/",
    "hs/balance/status/ADDR.onion", "hs/balance/status/ADDRx",
    "hs/balance/status/x", "hs/balance/statusADDR", "hs/balance/other/ADDR",
    "hs/balance/Status/ADDR", "hs/balance/peers/", "hs/balance/intro-points/",
  };
  rb_service_t *balanced = make_balanced();
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *answer = NULL, *question = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(questions); ++i) {
    answer = ask(balanced, questions[i]);
    if (answer) {
      TT_DIE(("Answered %s", questions[i]));
    }
  }
  /* A sound address of a service that is not ours. */
  address_of(77, address);
  tor_asprintf(&question, "hs/balance/status/%s", address);
  answer = ask(balanced, question);
  tt_ptr_op(answer, OP_EQ, NULL);

 done:
  tor_free(answer);
  tor_free(question);
}

/** The status of a standby, and of a publisher. */
static void
test_rbalance_getinfo_status(void *arg)
{
  rb_service_t *balanced = make_balanced();
  rb_state_t *state = balanced->state;
  ed25519_keypair_t keys;
  rb_peer_t *peer;
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *answer = NULL, *expected = NULL;
  (void) arg;

  rbt_fill_key(2, &keys);
  peer = rb_peers_find(state->peers, &keys.pubkey);
  state->dropped[RB_DROP_REPLAYED] = 7;
  peer->role = RB_ROLE_PUBLISHER;
  peer->lease_until = rb_now_mono() + 100000;
  hs_build_address(&state->node_keys.pubkey, HS_VERSION_THREE, address);
#define REST "DRAINING=0\nEXCLUDED=0\nKEYLESS=0\nBACKENDS_DOWN=0\n" \
  "CANDIDATE=1\n" \
  "POINTS_CURRENT=3\nPOINTS_NEXT=4\n" \
  "LAST_UPLOAD_OK=0\nOK_CURRENT=0/0\nOK_NEXT=0/0\nNEWER_FOUND=0\n" \
  "DROPPED_MALFORMED=0\nDROPPED_REPLAYED=7\nDROPPED_OVERSIZED=0\n" \
  "DROPPED_CHANNEL=0\nDROPPED_OLD_RECORD=0\nDROPPED_BAD_RECORD=0\n" \
  "DROPPED_WRONG_CLUSTER=0\nDROPPED_UNKNOWN_NODE=0\n" \
  "DROPPED_HANDSHAKE=0\nDROPPED_LIMIT=0"
  tor_asprintf(&expected, "NODE=alpha\nADDRESS=%s\nROLE=STANDBY\nMODE=MULTI\n"
               "PRIORITY=100\nPEERS=1\nHEALTHY=1\nPUBLISHER=beta\n"
               "LEASE_LEFT=0\nLAST_PUBLISH=0\n" REST, address);
  answer = ask(balanced, "hs/balance/status/ADDR");
  tt_str_op(answer, OP_EQ, expected);
  tor_free(answer);
  tor_free(expected);

  /* A lease that ran out names no publisher. */
  peer->lease_until = rb_now_mono();
  answer = ask(balanced, "hs/balance/status/ADDR");
  tt_assert(strstr(answer, "\nPUBLISHER=-\n"));
  tor_free(answer);

  state->role = RB_ROLE_PUBLISHER;
  state->lease_until = rb_now_mono() + 55500;
  state->last_publish_ts = 1800000000;
  state->last_upload_ok_ts = 1800000001;
  state->slots[1].upload.n_dirs = 8;
  state->slots[1].upload.dirs[2].result = RB_RESULT_OK;
  state->audit.n_newer = 3;
  state->is_multi = false;
  peer->state = RB_NODE_DEAD;
  tor_asprintf(&expected, "NODE=alpha\nADDRESS=%s\nROLE=PUBLISHER\n"
               "MODE=SINGLE\nPRIORITY=100\nPEERS=1\nHEALTHY=0\n"
               "PUBLISHER=alpha\nLEASE_LEFT=55\nLAST_PUBLISH=1800000000\n"
               "DRAINING=0\nEXCLUDED=0\nKEYLESS=0\nBACKENDS_DOWN=0\n"
               "CANDIDATE=1\n"
               "POINTS_CURRENT=2\nPOINTS_NEXT=2\n"
               "LAST_UPLOAD_OK=1800000001\nOK_CURRENT=0/0\nOK_NEXT=1/8\n"
               "NEWER_FOUND=3\n", address);
  answer = ask(balanced, "hs/balance/status/ADDR");
  tt_int_op(strcmpstart(answer, expected), OP_EQ, 0);
#undef REST

 done:
  tor_free(answer);
  tor_free(expected);
}

/** Ourselves come first, then every other node, ordered by key. */
static void
test_rbalance_getinfo_peers(void *arg)
{
  rb_service_t *balanced = make_balanced();
  rb_state_t *state = balanced->state;
  smartlist_t *lines = smartlist_new();
  char ours[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char theirs[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *answer = NULL, *expected = NULL;
  ed25519_keypair_t keys;
  rb_peer_t *peer;
  (void) arg;

  rbt_fill_key(2, &keys);
  peer = rb_peers_find(state->peers, &keys.pubkey);
  peer->role = RB_ROLE_PUBLISHER;
  peer->priority = 7;
  peer->skew = -1234;
  peer->rtt = 321;
  peer->channel = 5;
  peer->last_heard = rb_now_mono() - 42500;
  peer->last_publish_ts = 1795000001;
  state->last_publish_ts = 1795000000;
  peer->record->is_draining = true;
  peer->record->backends_are_down = true;
  hs_build_address(&state->node_keys.pubkey, HS_VERSION_THREE, ours);
  address_of(2, theirs);
  tor_asprintf(&expected, "NODE=alpha STATE=HEALTHY ROLE=STANDBY "
               "PRIORITY=100 POINTS=2 LAST_HEARTBEAT=0 "
               "LAST_PUBLISH=1795000000 SKEW_MS=0 RTT_MS=0 "
               "CHANNEL=SELF DRAINING=0 EXCLUDED=0 BACKENDS_DOWN=0 "
               "ADDRESS=%s\n"
               "NODE=beta STATE=HEALTHY ROLE=PUBLISHER PRIORITY=7 POINTS=2 "
               "LAST_HEARTBEAT=42 LAST_PUBLISH=1795000001 SKEW_MS=-1234 "
               "RTT_MS=321 CHANNEL=OUT "
               "DRAINING=1 EXCLUDED=0 BACKENDS_DOWN=1 ADDRESS=%s", ours,
               theirs);
  answer = ask(balanced, "hs/balance/peers/ADDR");
  tt_str_op(answer, OP_EQ, expected);
  tor_free(answer);
  tor_free(expected);

  /* A node that nothing is known of but its key. */
  peer->channel_is_inbound = true;
  rbt_fill_key(9, &keys);
  rb_peers_add(state->peers, &keys.pubkey, 64, rb_now_mono());
  rb_pointsets_free(state->record->sets);
  state->record->sets = smartlist_new();
  answer = ask(balanced, "hs/balance/peers/ADDR");
  smartlist_split_string(lines, answer, "\n", 0, 0);
  tt_int_op(smartlist_len(lines), OP_EQ, 3);
  tt_int_op(strcmpstart(smartlist_get(lines, 0),
                        "NODE=alpha STATE=INITIALIZING "), OP_EQ, 0);
  address_of(9, theirs);
  tor_asprintf(&expected, "NODE=%.12s STATE=JOINING ROLE=STANDBY PRIORITY=0 "
               "POINTS=0 LAST_HEARTBEAT=0 LAST_PUBLISH=0 SKEW_MS=0 "
               "RTT_MS=0 CHANNEL=NONE "
               "DRAINING=0 EXCLUDED=0 BACKENDS_DOWN=0 ADDRESS=%s", theirs,
               theirs);
  tt_assert(smartlist_contains_string(lines, expected));
  tt_assert(strstr(answer, " CHANNEL=IN "));

 done:
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  tor_free(answer);
  tor_free(expected);
}

/** Return how many of the lines of <b>answer</b> are that of the point that
 * <b>seed</b> makes, of <b>node</b>, in <b>desc</b>, which is called
 * <b>name</b>. */
static int
count_lines(const char *answer, const char *name,
            const hs_service_descriptor_t *desc, const char *node,
            uint8_t seed)
{
  smartlist_t *lines = smartlist_new();
  char auth[BASE64_BUFSIZE(ED25519_PUBKEY_LEN)];
  char id[DIGEST_LEN];
  rb_point_t point;
  char *expected = NULL;
  int count = 0;

  rbt_fill_point(seed, &point);
  memset(id, seed, sizeof(id));
  base64_encode(auth, sizeof(auth), (const char *) point.auth_key,
                sizeof(point.auth_key), 0);
  tor_asprintf(&expected, "DESC=%s PERIOD=%" PRIu64 " NODE=%s RELAY=%s "
               "AUTH=%s", name, desc->time_period_num, node,
               hex_str(id, sizeof(id)), auth);
  smartlist_split_string(lines, answer, "\n", 0, 0);
  SMARTLIST_FOREACH(lines, const char *, line,
                    count += !strcmp(line, expected));
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  tor_free(expected);
  return count;
}

/** A standby tells the points it would publish, a publisher those that it
 * published last. */
static void
test_rbalance_getinfo_points(void *arg)
{
  rb_service_t *balanced = make_balanced();
  hs_service_t *service = hs_service_find(&balanced->identity_key);
  char *answer = NULL;
  (void) arg;

  answer = ask(balanced, "hs/balance/intro-points/ADDR");
  tt_int_op(count_lines(answer, "CURRENT", service->desc_current, "alpha", 1),
            OP_EQ, 1);
  tt_int_op(count_lines(answer, "CURRENT", service->desc_current, "alpha", 2),
            OP_EQ, 1);
  tt_int_op(count_lines(answer, "CURRENT", service->desc_current, "beta", 20),
            OP_EQ, 1);
  tt_int_op(count_lines(answer, "NEXT", service->desc_next, "alpha", 11),
            OP_EQ, 1);
  tt_int_op(count_lines(answer, "NEXT", service->desc_next, "beta", 31),
            OP_EQ, 1);
  tor_free(answer);

  balanced->state->role = RB_ROLE_PUBLISHER;
  answer = ask(balanced, "hs/balance/intro-points/ADDR");
  tt_str_op(answer, OP_EQ, "");
  tor_free(answer);
  rb_desc_merge(balanced, service, service->desc_next, approx_time());
  balanced->state->role = RB_ROLE_PUBLISHER;
  answer = ask(balanced, "hs/balance/intro-points/ADDR");
  tt_int_op(count_lines(answer, "NEXT", service->desc_next, "alpha", 12),
            OP_EQ, 1);
  tt_int_op(count_lines(answer, "NEXT", service->desc_next, "beta", 30),
            OP_EQ, 1);
  tt_ptr_op(strstr(answer, "CURRENT"), OP_EQ, NULL);

 done:
  tor_free(answer);
}

/** No answer has key material that is secret. */
static void
test_rbalance_getinfo_safe(void *arg)
{
  static const char *const questions[] = {
    "hs/balance/services", "hs/balance/status/ADDR", "hs/balance/peers/ADDR",
    "hs/balance/intro-points/ADDR",
  };
  rb_service_t *balanced = make_balanced();
  const rb_token_t *token = smartlist_get(balanced->tokens, 0);
  const uint8_t *secrets[3];
  char hex[2 * RB_KEY_LEN + 1], base64[64];
  char *answer = NULL;
  (void) arg;

  secrets[0] = token->handshake_key;
  secrets[1] = token->discovery_seed;
  secrets[2] = balanced->state->node_keys.seckey.seckey;
  for (size_t i = 0; i < ARRAY_LENGTH(questions); ++i) {
    answer = ask(balanced, questions[i]);
    tt_assert(answer);
    for (int j = 0; j < 3; ++j) {
      base16_encode(hex, sizeof(hex), (const char *) secrets[j], RB_KEY_LEN);
      base64_encode(base64, sizeof(base64), (const char *) secrets[j],
                    RB_KEY_LEN, 0);
      hex[16] = base64[16] = '\0';
      tt_ptr_op(strstr(answer, hex), OP_EQ, NULL);
      tt_ptr_op(strstr(answer, base64), OP_EQ, NULL);
    }
    tor_free(answer);
  }

 done:
  tor_free(answer);
}

#define TEST(name) \
  { #name, test_rbalance_getinfo_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_getinfo_tests[] = {
  TEST(services),
  TEST(unknown),
  TEST(status),
  TEST(peers),
  TEST(points),
  TEST(safe),
  END_OF_TESTCASES
};
