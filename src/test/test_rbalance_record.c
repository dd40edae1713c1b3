/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_record.c
 * @brief Test signed records.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_json.h"
#include "feature/rbalance/rbalance_record.h"
#include "lib/crypt_ops/crypto_rand.h"

/** What a node signs begins with this: it is part of the wire format. */
#define RECORD_PREFIX "Tor rbalance record v1"

/** Return the record of the node that <b>seed</b> makes, signed, with
 * <b>n_points</b> points in each of two sets. */
static rb_record_t *
make_record(uint8_t seed, int n_points)
{
  rb_record_t *record = rb_record_new();
  ed25519_keypair_t keys;
  rbt_fill_key(seed, &keys);
  strlcpy(record->node_id, "alpha", sizeof(record->node_id));
  record->incarnation = RBT_WALL;
  record->sequence = 3;
  record->priority = 65535;
  rb_pointsets_free(record->sets);
  record->sets = rbt_make_sets(seed, n_points);
  tor_assert(rb_record_sign(record, rbt_cluster_id, &keys) == 0);
  return record;
}

/** Sign <b>text</b> as the node that <b>seed</b> makes, and return what is
 * wrong with it. */
static rb_record_fault_t
fault_of_text(const char *text, uint8_t seed)
{
  ed25519_keypair_t keys;
  ed25519_signature_t signature;
  rb_record_t *record = NULL;
  rb_record_fault_t fault;
  rbt_fill_key(seed, &keys);
  tor_assert(ed25519_sign_prefixed(&signature, (const uint8_t *) text,
                                   strlen(text), RECORD_PREFIX,
                                   &keys) == 0);
  fault = rb_record_parse(text, &signature, rbt_cluster_id, &record);
  tor_assert((fault == RB_RECORD_OK) == (record != NULL));
  rb_record_free(record);
  return fault;
}

/** As fault_of_text(), for the JSON object <b>json</b>. */
static rb_record_fault_t
fault_of_json(const json_t *json, uint8_t seed)
{
  char *text = rb_json_print(json);
  const rb_record_fault_t fault = fault_of_text(text, seed);
  tor_free(text);
  return fault;
}

/** What is signed is parsed, with every field, and signs the same again. */
static void
test_rbalance_record_round_trip(void *arg)
{
  rb_record_t *record = make_record(1, 20);
  rb_record_t *parsed = NULL;
  (void) arg;

  tt_int_op(strlen(record->text), OP_LT, RB_MAX_FRAME_LEN);
  tt_int_op(rb_record_parse(record->text, &record->signature,
                            rbt_cluster_id, &parsed), OP_EQ, RB_RECORD_OK);
  tt_assert(ed25519_pubkey_eq(&parsed->node_key, &record->node_key));
  tt_str_op(parsed->node_id, OP_EQ, "alpha");
  tt_u64_op(parsed->incarnation, OP_EQ, RBT_WALL);
  tt_u64_op(parsed->sequence, OP_EQ, 3);
  tt_int_op(parsed->priority, OP_EQ, 65535);
  tt_assert(rb_pointsets_eq(parsed->sets, record->sets));
  tt_str_op(parsed->text, OP_EQ, record->text);
  tt_mem_op(&parsed->signature, OP_EQ, &record->signature,
            sizeof(record->signature));
  SMARTLIST_FOREACH_BEGIN(record->sets, const rb_pointset_t *, set) {
    const rb_pointset_t *other = smartlist_get(parsed->sets, set_sl_idx);
    SMARTLIST_FOREACH(set->points, const rb_point_t *, point,
      tt_mem_op(point, OP_EQ, smartlist_get(other->points, point_sl_idx),
                sizeof(*point)));
  } SMARTLIST_FOREACH_END(set);

 done:
  rb_record_free(record);
  rb_record_free(parsed);
}

/** Each flag says itself and no other, and is absent where it is not set. */
static void
test_rbalance_record_flags(void *arg)
{
  rb_record_t *record = make_record(1, 1);
  rb_record_t *parsed = NULL;
  ed25519_keypair_t keys;
  (void) arg;

  rbt_fill_key(1, &keys);
  for (int i = 0; i < 8; ++i) {
    record->is_draining = i & 1;
    record->is_keyless = i & 2;
    record->backends_are_down = i & 4;
    tt_int_op(rb_record_sign(record, rbt_cluster_id, &keys), OP_EQ, 0);
    tt_int_op(strstr(record->text, "draining") != NULL, OP_EQ, !!(i & 1));
    tt_int_op(strstr(record->text, "keyless") != NULL, OP_EQ, !!(i & 2));
    tt_int_op(strstr(record->text, "backends_down") != NULL, OP_EQ,
              !!(i & 4));
    tt_int_op(rb_record_parse(record->text, &record->signature,
                              rbt_cluster_id, &parsed), OP_EQ, RB_RECORD_OK);
    tt_int_op(parsed->is_draining, OP_EQ, record->is_draining);
    tt_int_op(parsed->is_keyless, OP_EQ, record->is_keyless);
    tt_int_op(parsed->backends_are_down, OP_EQ, record->backends_are_down);
    rb_record_free(parsed);
  }
 done:
  rb_record_free(record);
  rb_record_free(parsed);
}

/** A record may be without sets and without points, and its numbers may be as
 * large as JSON carries. */
static void
test_rbalance_record_extremes(void *arg)
{
  rb_record_t *record = make_record(1, 0);
  rb_record_t *parsed = NULL;
  rb_record_t *none = NULL;
  ed25519_keypair_t keys;
  (void) arg;

  rbt_fill_key(1, &keys);
  record->incarnation = record->sequence = INT64_MAX;
  record->priority = 0;
  tt_int_op(rb_record_sign(record, rbt_cluster_id, &keys), OP_EQ, 0);
  tt_int_op(rb_record_parse(record->text, &record->signature,
                            rbt_cluster_id, &parsed), OP_EQ, RB_RECORD_OK);
  tt_u64_op(parsed->incarnation, OP_EQ, INT64_MAX);
  tt_u64_op(parsed->sequence, OP_EQ, INT64_MAX);
  tt_int_op(smartlist_len(parsed->sets), OP_EQ, 2);
  tt_int_op(rb_pointsets_max_len(parsed->sets), OP_EQ, 0);
  rb_record_free(parsed);

  rb_pointsets_free(record->sets);
  record->sets = smartlist_new();
  tt_int_op(rb_record_sign(record, rbt_cluster_id, &keys), OP_EQ, 0);
  tt_int_op(rb_record_parse(record->text, &record->signature,
                            rbt_cluster_id, &parsed), OP_EQ, RB_RECORD_OK);
  tt_int_op(smartlist_len(parsed->sets), OP_EQ, 0);
  rb_record_free(none);

 done:
  rb_record_free(record);
  rb_record_free(parsed);
}

/** Every flipped byte of the text or of the signature is noticed. */
static void
test_rbalance_record_flipped(void *arg)
{
  rb_record_t *record = make_record(1, 1);
  rb_record_t *parsed = NULL;
  (void) arg;

  for (size_t i = 0; i < strlen(record->text); ++i) {
    record->text[i] ^= 1;
    tt_int_op(rb_record_parse(record->text, &record->signature,
                              rbt_cluster_id, &parsed), OP_NE, RB_RECORD_OK);
    tt_ptr_op(parsed, OP_EQ, NULL);
    record->text[i] ^= 1;
  }
  for (size_t i = 0; i < sizeof(record->signature.sig); ++i) {
    record->signature.sig[i] ^= 1;
    tt_int_op(rb_record_parse(record->text, &record->signature,
                              rbt_cluster_id, &parsed), OP_EQ,
              RB_RECORD_BAD_SIGNATURE);
    record->signature.sig[i] ^= 1;
  }
  tt_int_op(rb_record_parse(record->text, &record->signature,
                            rbt_cluster_id, &parsed), OP_EQ, RB_RECORD_OK);

 done:
  rb_record_free(record);
  rb_record_free(parsed);
}

/** A record that another key signed, or the right key for another purpose, is
 * refused. */
static void
test_rbalance_record_signature(void *arg)
{
  rb_record_t *record = make_record(1, 1);
  rb_record_t *parsed = NULL;
  ed25519_keypair_t keys;
  ed25519_signature_t signature;
  (void) arg;

  tt_int_op(fault_of_text(record->text, 1), OP_EQ, RB_RECORD_OK);
  tt_int_op(fault_of_text(record->text, 2), OP_EQ, RB_RECORD_BAD_SIGNATURE);
  rbt_fill_key(1, &keys);
  tt_int_op(ed25519_sign(&signature, (const uint8_t *) record->text,
                         strlen(record->text), &keys), OP_EQ, 0);
  tt_int_op(rb_record_parse(record->text, &signature, rbt_cluster_id,
                            &parsed), OP_EQ, RB_RECORD_BAD_SIGNATURE);
  tt_int_op(ed25519_sign_prefixed(&signature,
                                  (const uint8_t *) record->text,
                                  strlen(record->text),
                                  "Tor rbalance opener v1", &keys),
            OP_EQ, 0);
  tt_int_op(rb_record_parse(record->text, &signature, rbt_cluster_id,
                            &parsed), OP_EQ, RB_RECORD_BAD_SIGNATURE);

 done:
  rb_record_free(record);
  rb_record_free(parsed);
}

/** A record of another cluster or version is refused for that reason, well
 * signed or not. */
static void
test_rbalance_record_foreign(void *arg)
{
  rb_record_t *record = make_record(1, 1);
  rb_record_t *parsed = NULL;
  uint8_t other_cluster[RB_CLUSTER_ID_LEN];
  json_t *json = NULL;
  (void) arg;

  memcpy(other_cluster, rbt_cluster_id, sizeof(other_cluster));
  other_cluster[31] ^= 1;
  tt_int_op(rb_record_parse(record->text, &record->signature,
                            other_cluster, &parsed), OP_EQ,
            RB_RECORD_WRONG_CLUSTER);
  tt_ptr_op(parsed, OP_EQ, NULL);

  json = rb_json_parse(record->text, strlen(record->text));
  json_object_set_new(json, "version", json_integer(2));
  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_BAD_VERSION);
  json_object_set_new(json, "version", json_integer(0));
  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_BAD_VERSION);
  json_object_set_new(json, "version", json_integer(1));
  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_OK);
  /* What a later version adds is no fault. */
  json_object_set_new(json, "later", json_string("extra"));
  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_OK);

 done:
  json_decref(json);
  rb_record_free(record);
  rb_record_free(parsed);
}

/** Return the faults of <b>json</b>, whose <b>path</b> is replaced by each of
 * several bad values, as long as they are all <b>expected</b>; else the
 * other one.  <b>object</b> holds the field <b>name</b>. */
static rb_record_fault_t
fault_of_bad_field(const json_t *json, json_t *object, const char *name,
                   rb_record_fault_t expected)
{
  static const char *const values[] = {
    "[]", "{}", "null", "true", "-1", "1.5", "\"!\"", "\"AAAA\"", "\"\"",
    "9223372036854775807",
  };
  json_t *good = json_incref(json_object_get(object, name));
  rb_record_fault_t fault;

  tor_assert(good);
  json_object_del(object, name);
  fault = fault_of_json(json, 1);
  for (size_t i = 0; i < ARRAY_LENGTH(values) && fault == expected; ++i) {
    json_t *value = json_loads(values[i], JSON_DECODE_ANY, NULL);
    const bool may_be_fine =
      (json_is_array(value) && json_is_array(good)) ||
      (json_is_integer(value) && json_is_integer(good) &&
       json_integer_value(value) > 0) ||
      (!strcmp(name, "node_id") && !strcmp(values[i], "\"AAAA\""));
    json_object_set_new(object, name, value);
    if (!may_be_fine) {
      fault = fault_of_json(json, 1);
    }
  }
  json_object_set_new(object, name, good);
  return fault;
}

/** Every field is needed and strictly read. */
static void
test_rbalance_record_fields(void *arg)
{
  static const char *const names[] = {
    "version", "cluster", "node_key", "node_id", "incarnation", "sequence",
    "priority", "sets",
  };
  static const char *const set_names[] = { "period", "blinded_key",
                                           "points" };
  static const char *const point_names[] = { "link_specifiers", "onion_key",
                                             "auth_key", "enc_key" };
  rb_record_t *record = make_record(1, 1);
  json_t *json = rb_json_parse(record->text, strlen(record->text));
  json_t *set = json_array_get(json_object_get(json, "sets"), 1);
  json_t *point = json_array_get(json_object_get(set, "points"), 0);
  (void) arg;

  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_OK);
  for (size_t i = 0; i < ARRAY_LENGTH(names); ++i) {
    tt_int_op(fault_of_bad_field(json, json, names[i], RB_RECORD_MALFORMED),
              OP_EQ, RB_RECORD_MALFORMED);
  }
  for (size_t i = 0; i < ARRAY_LENGTH(set_names); ++i) {
    tt_int_op(fault_of_bad_field(json, set, set_names[i],
                                 RB_RECORD_BAD_POINT), OP_EQ,
              RB_RECORD_BAD_POINT);
  }
  for (size_t i = 0; i < ARRAY_LENGTH(point_names); ++i) {
    tt_int_op(fault_of_bad_field(json, point, point_names[i],
                                 RB_RECORD_BAD_POINT), OP_EQ,
              RB_RECORD_BAD_POINT);
  }
  json_object_set_new(json, "priority", json_integer(65536));
  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_MALFORMED);
  json_object_set_new(json, "priority", json_integer(65535));
  json_array_append_new(json_object_get(json, "sets"), json_integer(1));
  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_MALFORMED);
  json_array_remove(json_object_get(json, "sets"), 0);
  tt_int_op(fault_of_json(json, 1), OP_EQ, RB_RECORD_BAD_POINT);

 done:
  json_decref(json);
  rb_record_free(record);
}

/** A record has at most two sets of at most 20 points, all of them sound. */
static void
test_rbalance_record_points(void *arg)
{
  rb_record_t *record = make_record(1, 20);
  ed25519_keypair_t keys;
  rb_pointset_t *set;
  rb_point_t *point;
  (void) arg;

  rbt_fill_key(1, &keys);
  tt_int_op(fault_of_text(record->text, 1), OP_EQ, RB_RECORD_OK);

  /* An unsound point, the last of all. */
  set = smartlist_get(record->sets, 1);
  point = smartlist_get(set->points, 19);
  memset(point->auth_key, 0, sizeof(point->auth_key));
  rb_record_sign(record, rbt_cluster_id, &keys);
  tt_int_op(fault_of_text(record->text, 1), OP_EQ, RB_RECORD_BAD_POINT);
  rbt_fill_point(100, point);
  rb_record_sign(record, rbt_cluster_id, &keys);
  tt_int_op(fault_of_text(record->text, 1), OP_EQ, RB_RECORD_OK);

  /* One point too many. */
  smartlist_add(set->points, tor_memdup(point, sizeof(*point)));
  rb_record_sign(record, rbt_cluster_id, &keys);
  tt_int_op(fault_of_text(record->text, 1), OP_EQ, RB_RECORD_BAD_POINT);

  /* One set too many. */
  rb_pointsets_free(record->sets);
  record->sets = rbt_make_sets(1, 1);
  smartlist_add(record->sets, rbt_make_set(3, 9, 1));
  rb_record_sign(record, rbt_cluster_id, &keys);
  tt_int_op(fault_of_text(record->text, 1), OP_EQ, RB_RECORD_MALFORMED);

 done:
  rb_record_free(record);
}

/** A later incarnation is newer whatever its sequence; within one, the
 * sequence decides. */
static void
test_rbalance_record_newer(void *arg)
{
  rb_record_t *record = rb_record_new();
  (void) arg;

  record->incarnation = 5;
  record->sequence = 7;
  tt_assert(!rb_record_is_newer(record, 5, 7));
  tt_assert(rb_record_is_newer(record, 5, 6));
  tt_assert(!rb_record_is_newer(record, 5, 8));
  tt_assert(rb_record_is_newer(record, 4, 7));
  tt_assert(rb_record_is_newer(record, 4, 1000));
  tt_assert(!rb_record_is_newer(record, 6, 7));
  tt_assert(!rb_record_is_newer(record, 6, 0));
  tt_assert(rb_record_is_newer(record, 0, 0));
  tt_assert(!rb_record_is_newer(record, UINT64_MAX, 0));

 done:
  rb_record_free(record);
}

/** A node id has 1 to 32 characters of its alphabet. */
static void
test_rbalance_record_node_id(void *arg)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789_-";
  char id[RB_NODE_ID_LEN + 2];
  (void) arg;

  memset(id, 'a', sizeof(id));
  id[RB_NODE_ID_LEN + 1] = '\0';
  tt_assert(!rb_node_id_is_valid(id));
  id[RB_NODE_ID_LEN] = '\0';
  tt_assert(rb_node_id_is_valid(id));
  id[0] = '\0';
  tt_assert(!rb_node_id_is_valid(id));
  id[1] = '\0';
  for (int c = 1; c < 256; ++c) {
    id[0] = (char) c;
    tt_int_op(rb_node_id_is_valid(id), OP_EQ,
              c < 128 && strchr(alphabet, c) != NULL);
  }

 done:
  ;
}

struct testcase_t rbalance_record_tests[] = {
  { "round_trip", test_rbalance_record_round_trip, TT_FORK, NULL, NULL },
  { "flags", test_rbalance_record_flags, TT_FORK, NULL, NULL },
  { "extremes", test_rbalance_record_extremes, TT_FORK, NULL, NULL },
  { "flipped", test_rbalance_record_flipped, TT_FORK, NULL, NULL },
  { "signature", test_rbalance_record_signature, TT_FORK, NULL, NULL },
  { "foreign", test_rbalance_record_foreign, TT_FORK, NULL, NULL },
  { "fields", test_rbalance_record_fields, TT_FORK, NULL, NULL },
  { "points", test_rbalance_record_points, TT_FORK, NULL, NULL },
  { "newer", test_rbalance_record_newer, TT_FORK, NULL, NULL },
  { "node_id", test_rbalance_record_node_id, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
