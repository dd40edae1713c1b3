/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_msg.c
 * @brief Test the encoding and decoding of messages.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_json.h"
#include "feature/rbalance/rbalance_msg.h"

/** Give <b>lease</b> a value in each field. */
static void
fill_lease(rb_lease_t *lease)
{
  memset(lease->node_key.pubkey, 1, sizeof(lease->node_key.pubkey));
  lease->priority = 65535;
  lease->incarnation = RBT_WALL;
  lease->number = 5;
  lease->lasts = 65000;
  lease->left = 60000;
  lease->declines = true;
  lease->n_revisions = 1;
  memset(lease->revisions[0].blinded_key, 2,
         sizeof(lease->revisions[0].blinded_key));
  lease->revisions[0].counter = 1234567;
  memset(lease->signature.sig, 0xab, sizeof(lease->signature.sig));
}

/** Give the heartbeat <b>msg</b> a value in each field. */
static void
fill_heartbeat(rb_msg_t *msg)
{
  rb_msg_heartbeat_t *heartbeat = &msg->u.heartbeat;
  heartbeat->role = RB_ROLE_PUBLISHER;
  fill_lease(&heartbeat->lease);
  heartbeat->intro_point_count = 20;
  heartbeat->last_publish_ts = RBT_WALL / 1000;
  heartbeat->pow_effort = 4294967295;
  memset(heartbeat->digest, 1, sizeof(heartbeat->digest));
  heartbeat->known = smartlist_new();
  for (uint8_t seed = 1; seed <= 2; ++seed) {
    rb_known_t *known = tor_malloc_zero(sizeof(*known));
    memset(known->node_key.pubkey, seed, sizeof(known->node_key.pubkey));
    known->incarnation = RBT_WALL + seed;
    known->sequence = seed;
    smartlist_add(heartbeat->known, known);
  }
}

/** Return a new message of <b>type</b> with a value in each field. */
static rb_msg_t *
make_msg(rb_msg_type_t type)
{
  rb_msg_t *msg = rb_msg_new(type);
  strlcpy(msg->node_id, "alpha", sizeof(msg->node_id));
  msg->timestamp = RBT_WALL;
  msg->number = 17;
  switch (type) {
    case RB_MSG_HEARTBEAT:
      fill_heartbeat(msg);
      break;
    case RB_MSG_LEASE_CLAIM:
    case RB_MSG_LEASE_RELEASE:
      fill_lease(&msg->u.lease);
      break;
    case RB_MSG_INTRO_POINTS:
      msg->u.intro_points.record = tor_strdup("a \"record\"");
      memset(&msg->u.intro_points.signature, 0xab,
             sizeof(msg->u.intro_points.signature));
      break;
    case RB_MSG_PEER_ANNOUNCE:
      memset(msg->u.peer_announce.node_key.pubkey, 1,
             sizeof(msg->u.peer_announce.node_key.pubkey));
      strlcpy(msg->u.peer_announce.name, "beta",
              sizeof(msg->u.peer_announce.name));
      msg->u.peer_announce.priority = 7;
      break;
    case RB_MSG_JOIN_REQUEST:
      msg->u.join_request.request_time = RBT_WALL / 1000;
      msg->u.join_request.priority = 9;
      break;
    case RB_MSG_JOIN_RESPONSE:
      msg->u.join_response.success = true;
      smartlist_add(msg->u.join_response.known_peers,
                    tor_malloc_zero(sizeof(ed25519_public_key_t)));
      memset(smartlist_get(msg->u.join_response.known_peers, 0), 1,
             ED25519_PUBKEY_LEN);
      break;
    case RB_MSG_BACKEND_UNHEALTHY:
      memset(msg->u.backend_unhealthy.node_key.pubkey, 1,
             sizeof(msg->u.backend_unhealthy.node_key.pubkey));
      memset(msg->u.backend_unhealthy.reporter.pubkey, 2,
             sizeof(msg->u.backend_unhealthy.reporter.pubkey));
      strlcpy(msg->u.backend_unhealthy.backend_name, "beta",
              sizeof(msg->u.backend_unhealthy.backend_name));
      msg->u.backend_unhealthy.incarnation = RBT_WALL;
      msg->u.backend_unhealthy.sequence = 3;
      msg->u.backend_unhealthy.reason = RB_REPORT_REFUSED;
      break;
    case RB_MSG_PING:
    case RB_MSG_PONG:
      msg->u.ping.id = INT64_MAX;
      break;
    case RB_MSG_TYPE_MAX_:
      break;
  }
  return msg;
}

/** Return the JSON object of a message of <b>type</b>. */
static json_t *
make_json(rb_msg_type_t type)
{
  rb_msg_t *msg = make_msg(type);
  char *text = rb_msg_encode(msg);
  json_t *json = rb_json_parse(text, strlen(text));
  tor_assert(json);
  tor_free(text);
  rb_msg_free(msg);
  return json;
}

/** Return true iff <b>json</b> is a message that is accepted. */
static bool
is_accepted(const json_t *json)
{
  char *text = rb_json_print(json);
  rb_msg_t *msg = rb_msg_decode(text, strlen(text));
  const bool accepted = (msg != NULL);
  tor_free(text);
  rb_msg_free(msg);
  return accepted;
}

/** The text of each type is what doc/protocol.md says. */
static void
test_rbalance_msg_text(void *arg)
{
#define HEAD(type, rest_before, rest) \
  "{" rest_before "\"node_id\":\"alpha\",\"number\":17," rest \
  "\"timestamp\":1800000000000,\"type\":\"" type "\",\"version\":1}"
#define KEY_1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define KEY_2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
#define SIGNATURE \
  "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6ur" \
  "q6urq6urq6urq6urq6urq6urqw=="
#define LEASE "\"lease\":{\"declines\":true," \
  "\"incarnation\":1800000000000,\"lasts\":65000,\"left\":60000," \
  "\"node_key\":\"" KEY_1 "\",\"number\":5,\"priority\":65535," \
  "\"revisions\":[{\"blinded_key\":\"" KEY_2 "\",\"counter\":1234567}]," \
  "\"signature\":\"" SIGNATURE "\"},"
  static const char *const texts[RB_MSG_TYPE_MAX_] = {
    HEAD("heartbeat", "\"digest\":\"" KEY_1 "\",\"intro_point_count\":20,"
         "\"known\":["
         "[\"" KEY_1 "\",1800000000001,1],[\"" KEY_2 "\",1800000000002,2]],"
         "\"last_publish_ts\":1800000000," LEASE,
         "\"pow_effort\":4294967295,\"role\":\"publisher\","),
    HEAD("lease_claim", LEASE, ""),
    HEAD("lease_release", LEASE, ""),
    HEAD("intro_points", "", "\"record\":\"a \\\"record\\\"\","
         "\"signature\":\"" SIGNATURE "\","),
    "{\"name\":\"beta\",\"node_id\":\"alpha\",\"node_key\":\"" KEY_1 "\","
      "\"number\":17,\"priority\":7,\"timestamp\":1800000000000,"
      "\"type\":\"peer_announce\",\"version\":1}",
    HEAD("join_request", "", "\"priority\":9,"
         "\"request_time\":1800000000,"),
    HEAD("join_response", "\"known_peers\":[\"" KEY_1 "\"],",
         "\"success\":true,"),
    "{\"backend_name\":\"beta\",\"incarnation\":1800000000000,"
      "\"node_id\":\"alpha\",\"node_key\":\"" KEY_1 "\",\"number\":17,"
      "\"reason\":\"refused\",\"reporter\":\"" KEY_2 "\",\"sequence\":3,"
      "\"timestamp\":1800000000000,\"type\":\"backend_unhealthy\","
      "\"version\":1}",
    HEAD("ping", "\"id\":9223372036854775807,", ""),
    HEAD("pong", "\"id\":9223372036854775807,", ""),
  };
#undef HEAD
#undef LEASE
#undef KEY_1
#undef KEY_2
#undef SIGNATURE
  rb_msg_t *msg = NULL;
  char *text = NULL;
  (void) arg;

  for (int type = 0; type < RB_MSG_TYPE_MAX_; ++type) {
    msg = make_msg((rb_msg_type_t) type);
    text = rb_msg_encode(msg);
    tt_str_op(text, OP_EQ, texts[type]);
    rb_msg_free(msg);
    tor_free(text);
  }

 done:
  rb_msg_free(msg);
  tor_free(text);
}

/** What is encoded is decoded, with every field. */
static void
test_rbalance_msg_round_trip(void *arg)
{
  rb_msg_t *msg = NULL, *decoded = NULL;
  char *text = NULL, *again = NULL;
  (void) arg;

  for (int type = 0; type < RB_MSG_TYPE_MAX_; ++type) {
    msg = make_msg((rb_msg_type_t) type);
    text = rb_msg_encode(msg);
    decoded = rb_msg_decode(text, strlen(text));
    tt_assert(decoded);
    tt_int_op(decoded->type, OP_EQ, type);
    tt_str_op(decoded->node_id, OP_EQ, "alpha");
    tt_u64_op(decoded->timestamp, OP_EQ, RBT_WALL);
    tt_u64_op(decoded->number, OP_EQ, 17);
    again = rb_msg_encode(decoded);
    tt_str_op(again, OP_EQ, text);
    rb_msg_free(msg);
    rb_msg_free(decoded);
    tor_free(text);
    tor_free(again);
  }
  rb_msg_free(msg);

 done:
  rb_msg_free(msg);
  rb_msg_free(decoded);
  tor_free(text);
  tor_free(again);
}

/** Both roles go through, and a heartbeat without anything known. */
static void
test_rbalance_msg_heartbeat(void *arg)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_HEARTBEAT);
  rb_msg_t *decoded = NULL;
  char *text = NULL;
  const rb_known_t *known;
  (void) arg;

  strlcpy(msg->node_id, "a", sizeof(msg->node_id));
  tt_int_op(msg->u.heartbeat.role, OP_EQ, RB_ROLE_STANDBY);
  text = rb_msg_encode(msg);
  decoded = rb_msg_decode(text, strlen(text));
  tt_assert(decoded);
  tt_int_op(decoded->u.heartbeat.role, OP_EQ, RB_ROLE_STANDBY);
  tt_u64_op(decoded->u.heartbeat.last_publish_ts, OP_EQ, 0);
  tt_ptr_op(decoded->u.heartbeat.known, OP_EQ, NULL);
  rb_msg_free(decoded);
  tor_free(text);

  fill_heartbeat(msg);
  text = rb_msg_encode(msg);
  decoded = rb_msg_decode(text, strlen(text));
  tt_assert(decoded);
  tt_int_op(decoded->u.heartbeat.role, OP_EQ, RB_ROLE_PUBLISHER);
  tt_int_op(decoded->u.heartbeat.lease.priority, OP_EQ, 65535);
  tt_u64_op(decoded->u.heartbeat.lease.lasts, OP_EQ, 65000);
  tt_u64_op(decoded->u.heartbeat.lease.left, OP_EQ, 60000);
  tt_u64_op(decoded->u.heartbeat.lease.revisions[0].counter, OP_EQ, 1234567);
  tt_int_op(decoded->u.heartbeat.digest[31], OP_EQ, 1);
  tt_u64_op(decoded->u.heartbeat.intro_point_count, OP_EQ, 20);
  tt_u64_op(decoded->u.heartbeat.last_publish_ts, OP_EQ, RBT_WALL / 1000);
  tt_int_op(smartlist_len(decoded->u.heartbeat.known), OP_EQ, 2);
  known = smartlist_get(decoded->u.heartbeat.known, 1);
  tt_int_op(known->node_key.pubkey[31], OP_EQ, 2);
  tt_u64_op(known->incarnation, OP_EQ, RBT_WALL + 2);
  tt_u64_op(known->sequence, OP_EQ, 2);

  tt_str_op(rb_role_to_string(RB_ROLE_PUBLISHER), OP_EQ, "publisher");
  tt_str_op(rb_role_to_string(RB_ROLE_STANDBY), OP_EQ, "standby");

 done:
  rb_msg_free(msg);
  rb_msg_free(decoded);
  tor_free(text);
}

/** The fields of each type. */
static const char *const field_names[RB_MSG_TYPE_MAX_][12] = {
  { "version", "type", "node_id", "timestamp", "number", "role", "lease",
    "intro_point_count", "last_publish_ts", "digest", NULL },
  { "version", "type", "node_id", "timestamp", "number", "lease", NULL },
  { "version", "type", "node_id", "timestamp", "number", "lease", NULL },
  { "version", "type", "node_id", "timestamp", "number", "record",
    "signature", NULL },
  { "version", "type", "node_id", "timestamp", "number", "node_key", "name",
    "priority", NULL },
  { "version", "type", "node_id", "timestamp", "number", "request_time",
    "priority", NULL },
  { "version", "type", "node_id", "timestamp", "number", "success",
    "known_peers", NULL },
  { "version", "type", "node_id", "timestamp", "number", "backend_name",
    "node_key", "incarnation", "sequence", "reporter", "reason", NULL },
  { "version", "type", "node_id", "timestamp", "number", "id", NULL },
  { "version", "type", "node_id", "timestamp", "number", "id", NULL },
};

/** Every field is needed: a message without it is refused, and so is one
 * whose field is of another type. */
static void
test_rbalance_msg_fields(void *arg)
{
  static const char *const values[] = {
    "null", "true", "-1", "0.5", "1.0", "{}", "[0]", "[[]]", "\"\"",
    "\"\\u00e4\"", "\"x y\"",
  };
  json_t *json = NULL, *good = NULL;
  (void) arg;

  for (int type = 0; type < RB_MSG_TYPE_MAX_; ++type) {
    size_t n_fields = 0;
    json = make_json((rb_msg_type_t) type);
    for (const char *const *name = field_names[type]; *name; ++name) {
      ++n_fields;
      good = json_incref(json_object_get(json, *name));
      tt_assert(good);
      json_object_del(json, *name);
      tt_assert(!is_accepted(json));
      for (size_t i = 0; i < ARRAY_LENGTH(values); ++i) {
        json_t *value = json_loads(values[i], JSON_DECODE_ANY, NULL);
        json_object_set_new(json, *name, value);
        /* The text of a record is judged elsewhere. */
        if (is_accepted(json) &&
            (strcmp(*name, "success") || !json_is_boolean(value)) &&
            (strcmp(*name, "record") || !json_is_string(value))) {
          TT_DIE(("Type %d accepted %s as %s", type, values[i], *name));
        }
      }
      json_object_set_new(json, *name, good);
      good = NULL;
      tt_assert(is_accepted(json));
    }
    /* There is no field that the test does not know; "known" and
     * "pow_effort" may be missing. */
    json_object_del(json, "known");
    json_object_del(json, "pow_effort");
    tt_assert(is_accepted(json));
    tt_int_op(json_object_size(json), OP_EQ, n_fields);
    json_decref(json);
    json = NULL;
  }

 done:
  json_decref(good);
  json_decref(json);
}

/** Numbers are taken at their bound and refused beyond. */
static void
test_rbalance_msg_bounds(void *arg)
{
  static const struct {
    rb_msg_type_t type;
    const char *name;
    int64_t max;
  } cases[] = {
    { RB_MSG_HEARTBEAT, "timestamp", INT64_MAX },
    { RB_MSG_HEARTBEAT, "number", INT64_MAX },
    { RB_MSG_HEARTBEAT, "intro_point_count", RB_MAX_POINTS },
    { RB_MSG_HEARTBEAT, "last_publish_ts", INT64_MAX },
    { RB_MSG_HEARTBEAT, "pow_effort", UINT32_MAX },
    { RB_MSG_PEER_ANNOUNCE, "priority", 65535 },
    { RB_MSG_BACKEND_UNHEALTHY, "incarnation", INT64_MAX },
    { RB_MSG_BACKEND_UNHEALTHY, "sequence", INT64_MAX },
    { RB_MSG_PING, "id", INT64_MAX },
    { RB_MSG_PONG, "id", INT64_MAX },
  };
  json_t *json = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    json = make_json(cases[i].type);
    json_object_set_new(json, cases[i].name, json_integer(0));
    tt_assert(is_accepted(json));
    json_object_set_new(json, cases[i].name, json_integer(cases[i].max));
    tt_assert(is_accepted(json));
    if (cases[i].max < INT64_MAX) {
      json_object_set_new(json, cases[i].name,
                          json_integer(cases[i].max + 1));
      tt_assert(!is_accepted(json));
    }
    json_object_set_new(json, cases[i].name, json_integer(INT64_MIN));
    tt_assert(!is_accepted(json));
    json_decref(json);
    json = NULL;
  }

 done:
  json_decref(json);
}

/** Another version and an unknown type are refused, unknown fields are
 * ignored. */
static void
test_rbalance_msg_extension(void *arg)
{
  static const char *const types[] = {
    "", "Heartbeat", "heartbeat ", "heartbea", "join_request", "command",
    "lease_claim_and_a_very_long_rest_of_a_name",
  };
  json_t *json = make_json(RB_MSG_HEARTBEAT);
  (void) arg;

  json_object_set_new(json, "version", json_integer(2));
  tt_assert(!is_accepted(json));
  json_object_set_new(json, "version", json_integer(0));
  tt_assert(!is_accepted(json));
  json_object_set_new(json, "version", json_integer(INT64_C(1) << 32 | 1));
  tt_assert(!is_accepted(json));
  json_object_set_new(json, "version", json_integer(1));
  json_object_set_new(json, "later", json_string("anything"));
  json_object_set_new(json, "Role", json_null());
  tt_assert(is_accepted(json));

  for (size_t i = 0; i < ARRAY_LENGTH(types); ++i) {
    json_object_set_new(json, "type", json_string(types[i]));
    tt_assert(!is_accepted(json));
  }
  json_object_set_new(json, "type", json_string("heartbeat"));
  json_object_set_new(json, "role", json_string("leader"));
  tt_assert(!is_accepted(json));

 done:
  json_decref(json);
}

/** An entry of the known list has a key and two numbers, and there are at
 * most RB_MAX_KNOWN. */
static void
test_rbalance_msg_known(void *arg)
{
#define KEY "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\""
  static const char *const bad[] = {
    "[]", "[" KEY "]", "[" KEY ",1]", "[" KEY ",1,2,3]", "[1,2," KEY "]",
    "[" KEY ",-1,2]", "[" KEY ",1,-2]", "[" KEY ",1.0,2]", "[" KEY ",1,\"\"]",
    "[\"AQEB\",1,2]", "[null,1,2]", "{}", "\"\"", "7",
  };
  json_t *json = make_json(RB_MSG_HEARTBEAT);
  json_t *known = json_object_get(json, "known");
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    json_array_append_new(known, json_loads(bad[i], JSON_DECODE_ANY, NULL));
    if (is_accepted(json)) {
      TT_DIE(("Accepted %s", bad[i]));
    }
    json_array_remove(known, json_array_size(known) - 1);
    tt_assert(is_accepted(json));
  }
  json_array_clear(known);
  while (json_array_size(known) < RB_MAX_KNOWN) {
    json_array_append_new(known, json_loads("[" KEY ",9223372036854775807,"
                                            "9223372036854775807]", 0,
                                            NULL));
  }
  tt_assert(is_accepted(json));
  json_array_append_new(known, json_loads("[" KEY ",1,2]", 0, NULL));
  tt_assert(!is_accepted(json));
#undef KEY

 done:
  json_decref(json);
}

/** No beginning of a message is a message. */
static void
test_rbalance_msg_truncated(void *arg)
{
  rb_msg_t *msg = NULL;
  char *text = NULL;
  (void) arg;

  for (int type = 0; type < RB_MSG_TYPE_MAX_; ++type) {
    msg = make_msg((rb_msg_type_t) type);
    text = rb_msg_encode(msg);
    for (size_t len = 0; len < strlen(text); ++len) {
      tt_ptr_op(rb_msg_decode(text, len), OP_EQ, NULL);
    }
    rb_msg_free(msg);
    tor_free(text);
  }

 done:
  rb_msg_free(msg);
  tor_free(text);
}

/** Whatever random changes make of a message, it is refused, or it is a
 * message that can be encoded and decoded again. */
static void
test_rbalance_msg_flipped(void *arg)
{
  rb_msg_t *msg = NULL;
  char *text = NULL, *again = NULL;
  uint32_t random = 1;
  int n_accepted = 0;
  (void) arg;

  for (int i = 0; i < 6000; ++i) {
    msg = make_msg((rb_msg_type_t) (i % RB_MSG_TYPE_MAX_));
    text = rb_msg_encode(msg);
    rb_msg_free(msg);
    for (int n = i % 3; n >= 0; --n) {
      random = random * 1664525 + 1013904223;
      text[(random >> 8) % strlen(text)] ^= (char) (1 << (random >> 29));
    }
    msg = rb_msg_decode(text, strlen(text));
    tor_free(text);
    if (msg) {
      ++n_accepted;
      text = rb_msg_encode(msg);
      rb_msg_free(msg);
      msg = rb_msg_decode(text, strlen(text));
      tt_assert(msg);
      again = rb_msg_encode(msg);
      tt_str_op(again, OP_EQ, text);
      tor_free(text);
      tor_free(again);
      rb_msg_free(msg);
    }
  }
  /* Else the test would prove nothing. */
  tt_int_op(n_accepted, OP_GT, 100);

 done:
  rb_msg_free(msg);
  tor_free(text);
  tor_free(again);
}

struct testcase_t rbalance_msg_tests[] = {
  { "text", test_rbalance_msg_text, TT_FORK, NULL, NULL },
  { "round_trip", test_rbalance_msg_round_trip, TT_FORK, NULL, NULL },
  { "heartbeat", test_rbalance_msg_heartbeat, TT_FORK, NULL, NULL },
  { "fields", test_rbalance_msg_fields, TT_FORK, NULL, NULL },
  { "bounds", test_rbalance_msg_bounds, TT_FORK, NULL, NULL },
  { "extension", test_rbalance_msg_extension, TT_FORK, NULL, NULL },
  { "known", test_rbalance_msg_known, TT_FORK, NULL, NULL },
  { "truncated", test_rbalance_msg_truncated, TT_FORK, NULL, NULL },
  { "flipped", test_rbalance_msg_flipped, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
