/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_record.c
 * @brief Signed records: what a node says of itself, for everybody.
 *
 * A record is JSON text and the node's ed25519 signature of exactly that
 * text, so that a third node can pass it on and nobody has to agree on a
 * canonical form.  A pair (incarnation, sequence) orders the records of a
 * node; rbalance_peers.c keeps the newest.  Fields: doc/protocol.md.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_record.h"

#include "feature/rbalance/rbalance_json.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/ctime/di_ops.h"
#include "lib/log/util_bug.h"
#include "lib/string/compat_string.h"

#include <string.h>

/** Prefix of what a node signs, so that the signature fits nothing else. */
#define RECORD_PREFIX "Tor rbalance record v1"
/** Largest incarnation and sequence: what a JSON integer carries. */
#define MAX_COUNTER INT64_MAX

/** Return a new record without points or signature. */
rb_record_t *
rb_record_new(void)
{
  rb_record_t *record = tor_malloc_zero(sizeof(*record));
  record->sets = smartlist_new();
  return record;
}

/** Release <b>record</b> and all it owns; NULL is fine. */
void
rb_record_free_(rb_record_t *record)
{
  if (!record) {
    return;
  }
  rb_pointsets_free(record->sets);
  tor_free(record->text);
  tor_free(record);
}

/** Return true iff <b>node_id</b> is 1 to RB_NODE_ID_LEN characters of
 * A-Z a-z 0-9 _ -. */
bool
rb_node_id_is_valid(const char *node_id)
{
  const size_t len = strlen(node_id);
  return len >= 1 && len <= RB_NODE_ID_LEN &&
    strspn(node_id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
           "0123456789_-") == len;
}

/** Return <b>point</b> as a new JSON object. */
static json_t *
point_to_json(const rb_point_t *point)
{
  json_t *json = json_object();
  rb_json_set_bytes(json, "link_specifiers", point->lspecs,
                    point->lspecs_len);
  rb_json_set_bytes(json, "onion_key", point->onion_key,
                    sizeof(point->onion_key));
  rb_json_set_bytes(json, "auth_key", point->auth_key,
                    sizeof(point->auth_key));
  rb_json_set_bytes(json, "enc_key", point->enc_key, sizeof(point->enc_key));
  return json;
}

/** Return <b>set</b> as a new JSON object. */
static json_t *
set_to_json(const rb_pointset_t *set)
{
  json_t *json = json_object();
  json_t *points = json_array();
  json_object_set_new(json, "period",
                      json_integer((json_int_t) set->period_num));
  rb_json_set_bytes(json, "blinded_key", set->blinded_key,
                    sizeof(set->blinded_key));
  SMARTLIST_FOREACH(set->points, const rb_point_t *, point,
    json_array_append_new(points, point_to_json(point)));
  json_object_set_new(json, "points", points);
  return json;
}

/** Write the text of <b>record</b> for the cluster named by the
 * RB_CLUSTER_ID_LEN bytes at <b>cluster_id</b> and sign it with
 * <b>node_keys</b>, whose public part becomes the record's node_key.  Return
 * 0 on success, -1 if signing failed. */
int
rb_record_sign(rb_record_t *record, const uint8_t *cluster_id,
               const ed25519_keypair_t *node_keys)
{
  json_t *json = json_object();
  json_t *sets = json_array();

  ed25519_pubkey_copy(&record->node_key, &node_keys->pubkey);
  json_object_set_new(json, "version", json_integer(RB_PROTOCOL_VERSION));
  rb_json_set_bytes(json, "cluster", cluster_id, RB_CLUSTER_ID_LEN);
  rb_json_set_bytes(json, "node_key", record->node_key.pubkey,
                    sizeof(record->node_key.pubkey));
  json_object_set_new(json, "node_id", json_string(record->node_id));
  json_object_set_new(json, "incarnation",
                      json_integer((json_int_t) record->incarnation));
  json_object_set_new(json, "sequence",
                      json_integer((json_int_t) record->sequence));
  json_object_set_new(json, "priority", json_integer(record->priority));
  SMARTLIST_FOREACH(record->sets, const rb_pointset_t *, set,
    json_array_append_new(sets, set_to_json(set)));
  json_object_set_new(json, "sets", sets);
  if (record->is_draining) {
    json_object_set_new(json, "draining", json_true());
  }
  if (record->is_keyless) {
    json_object_set_new(json, "keyless", json_true());
  }
  if (record->backends_are_down) {
    json_object_set_new(json, "backends_down", json_true());
  }

  tor_free(record->text);
  record->text = rb_json_print(json);
  json_decref(json);
  return ed25519_sign_prefixed(&record->signature,
                               (const uint8_t *) record->text,
                               strlen(record->text), RECORD_PREFIX,
                               node_keys);
}

/** Read one point from <b>json</b> into <b>point</b>.  Return 0 if it is
 * complete and sound, else -1. */
static int
point_from_json(const json_t *json, rb_point_t *point)
{
  if (rb_json_get_bytes(json, "link_specifiers", point->lspecs, 1,
                        sizeof(point->lspecs), &point->lspecs_len) < 0 ||
      rb_json_get_key(json, "onion_key", point->onion_key,
                      sizeof(point->onion_key)) < 0 ||
      rb_json_get_key(json, "auth_key", point->auth_key,
                      sizeof(point->auth_key)) < 0 ||
      rb_json_get_key(json, "enc_key", point->enc_key,
                      sizeof(point->enc_key)) < 0) {
    return -1;
  }
  return rb_point_check(point) == RB_POINT_OK ? 0 : -1;
}

/** Return the set of points in <b>json</b>, or NULL if anything in it is
 * missing, too much or unsound. */
static rb_pointset_t *
set_from_json(const json_t *json)
{
  uint64_t period_num;
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  const json_t *points = rb_json_get_array(json, "points", RB_MAX_POINTS);
  rb_pointset_t *set;

  if (!points ||
      rb_json_get_u64(json, "period", MAX_COUNTER, &period_num) < 0 ||
      rb_json_get_key(json, "blinded_key", blinded_key,
                      sizeof(blinded_key)) < 0) {
    return NULL;
  }
  set = rb_pointset_new(period_num, blinded_key);
  for (size_t i = 0; i < json_array_size(points); ++i) {
    rb_point_t *point = tor_malloc_zero(sizeof(*point));
    smartlist_add(set->points, point);
    if (point_from_json(json_array_get(points, i), point) < 0) {
      rb_pointset_free(set);
      return NULL;
    }
  }
  return set;
}

/** Read every field of <b>json</b> but the sets into <b>record</b>.  Return
 * what is wrong first. */
static rb_record_fault_t
fields_from_json(const json_t *json, const uint8_t *cluster_id,
                 rb_record_t *record)
{
  uint64_t version, priority;
  uint8_t cluster[RB_CLUSTER_ID_LEN];
  const char *node_id;

  if (rb_json_get_u64(json, "version", UINT32_MAX, &version) < 0) {
    return RB_RECORD_MALFORMED;
  }
  if (version != RB_PROTOCOL_VERSION) {
    return RB_RECORD_BAD_VERSION;
  }
  node_id = rb_json_get_string(json, "node_id", RB_NODE_ID_LEN);
  if (!node_id || !rb_node_id_is_valid(node_id) ||
      rb_json_get_key(json, "cluster", cluster, sizeof(cluster)) < 0 ||
      rb_json_get_key(json, "node_key", record->node_key.pubkey,
                      sizeof(record->node_key.pubkey)) < 0 ||
      rb_json_get_u64(json, "incarnation", MAX_COUNTER,
                      &record->incarnation) < 0 ||
      rb_json_get_u64(json, "sequence", MAX_COUNTER,
                      &record->sequence) < 0 ||
      rb_json_get_u64(json, "priority", UINT16_MAX, &priority) < 0) {
    return RB_RECORD_MALFORMED;
  }
  if (!tor_memeq(cluster, cluster_id, sizeof(cluster))) {
    return RB_RECORD_WRONG_CLUSTER;
  }
  strlcpy(record->node_id, node_id, sizeof(record->node_id));
  record->priority = (uint16_t) priority;
  record->is_draining = json_is_true(json_object_get(json, "draining"));
  record->is_keyless = json_is_true(json_object_get(json, "keyless"));
  record->backends_are_down =
    json_is_true(json_object_get(json, "backends_down"));
  return RB_RECORD_OK;
}

/** Read the sets of <b>json</b> into <b>record</b>.  Return what is wrong
 * first. */
static rb_record_fault_t
sets_from_json(const json_t *json, rb_record_t *record)
{
  const json_t *sets = rb_json_get_array(json, "sets", RB_MAX_SETS);
  if (!sets) {
    return RB_RECORD_MALFORMED;
  }
  for (size_t i = 0; i < json_array_size(sets); ++i) {
    rb_pointset_t *set = set_from_json(json_array_get(sets, i));
    if (!set) {
      return RB_RECORD_BAD_POINT;
    }
    smartlist_add(record->sets, set);
  }
  return RB_RECORD_OK;
}

/** Parse and verify the record in <b>text</b>, signed with <b>signature</b>,
 * for the cluster named by the RB_CLUSTER_ID_LEN bytes at <b>cluster_id</b>.
 * On success return RB_RECORD_OK and set *<b>record_out</b> to the record,
 * owned by the caller; else return what is wrong and set it to NULL. */
rb_record_fault_t
rb_record_parse(const char *text, const ed25519_signature_t *signature,
                const uint8_t *cluster_id, rb_record_t **record_out)
{
  rb_record_fault_t fault = RB_RECORD_MALFORMED;
  rb_record_t *record = rb_record_new();
  json_t *json = rb_json_parse(text, strlen(text));

  *record_out = NULL;
  if (!json) {
    goto err;
  }
  fault = fields_from_json(json, cluster_id, record);
  if (fault != RB_RECORD_OK) {
    goto err;
  }
  if (ed25519_checksig_prefixed(signature, (const uint8_t *) text,
                                strlen(text), RECORD_PREFIX,
                                &record->node_key) < 0) {
    fault = RB_RECORD_BAD_SIGNATURE;
    goto err;
  }
  fault = sets_from_json(json, record);
  if (fault != RB_RECORD_OK) {
    goto err;
  }
  record->n_points = rb_pointsets_max_len(record->sets);
  record->text = tor_strdup(text);
  memcpy(&record->signature, signature, sizeof(record->signature));
  *record_out = record;
  json_decref(json);
  return RB_RECORD_OK;

 err:
  json_decref(json);
  rb_record_free(record);
  return fault;
}

/** Return true iff <b>record</b> was made after the one that its node
 * numbered (<b>incarnation</b>, <b>sequence</b>). */
bool
rb_record_is_newer(const rb_record_t *record, uint64_t incarnation,
                   uint64_t sequence)
{
  if (record->incarnation != incarnation) {
    return record->incarnation > incarnation;
  }
  return record->sequence > sequence;
}
