/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_msg.c
 * @brief JSON text <-> message, strict and without side effects.
 *
 * One message is one JSON object; rbalance_frame.c puts the length in front.
 * A message that this file accepts has every field of its type, each within
 * its bounds; what the message means is for rbalance_step.c.  The wire
 * format is hand-written, not trunnel, because JSON keeps it readable in the
 * field and extensible: unknown fields are ignored, unknown types refused.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_msg.h"

#include "feature/rbalance/rbalance_exclusion.h"
#include "feature/rbalance/rbalance_json.h"
#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_record.h"
#include "lib/log/util_bug.h"
#include "lib/string/compat_string.h"

#include <string.h>

/** Names of the message types on the wire, by rb_msg_type_t. */
static const char *const msg_type_names[RB_MSG_TYPE_MAX_] = {
  "heartbeat", "lease_claim", "lease_release", "intro_points",
  "peer_announce", "join_request", "join_response", "backend_unhealthy",
  "ping", "pong",
};

/** Names of the reasons of a report on the wire, by rb_report_reason_t. */
static const char *const report_reason_names[RB_REPORT_REASON_MAX_] = {
  "silent", "refused",
};

/** Return a new message of <b>type</b> with nothing filled in. */
rb_msg_t *
rb_msg_new(rb_msg_type_t type)
{
  rb_msg_t *msg = tor_malloc_zero(sizeof(*msg));
  msg->type = type;
  if (type == RB_MSG_JOIN_RESPONSE) {
    msg->u.join_response.known_peers = smartlist_new();
  }
  return msg;
}

/** Release <b>msg</b> and all it owns; NULL is fine. */
void
rb_msg_free_(rb_msg_t *msg)
{
  if (!msg) {
    return;
  }
  if (msg->type == RB_MSG_HEARTBEAT) {
    if (msg->u.heartbeat.known) {
      SMARTLIST_FOREACH(msg->u.heartbeat.known, rb_known_t *, known,
                        tor_free(known));
      smartlist_free(msg->u.heartbeat.known);
    }
    rb_exclusions_free(msg->u.heartbeat.exclusions);
  } else if (msg->type == RB_MSG_JOIN_RESPONSE) {
    SMARTLIST_FOREACH(msg->u.join_response.known_peers,
                      ed25519_public_key_t *, key, tor_free(key));
    smartlist_free(msg->u.join_response.known_peers);
  } else if (msg->type == RB_MSG_INTRO_POINTS) {
    tor_free(msg->u.intro_points.record);
  }
  tor_free(msg);
}

/** Return the name of <b>role</b> in messages, in lower case. */
const char *
rb_role_to_string(rb_role_t role)
{
  return role == RB_ROLE_PUBLISHER ? "publisher" : "standby";
}

/** Return the list <b>known</b> of rb_known_t as a new JSON array. */
static json_t *
known_to_json(const smartlist_t *known)
{
  json_t *json = json_array();
  SMARTLIST_FOREACH_BEGIN(known, const rb_known_t *, k) {
    json_t *entry = json_array();
    json_array_append_new(entry, rb_json_bytes(k->node_key.pubkey,
                                               sizeof(k->node_key.pubkey)));
    json_array_append_new(entry, json_integer((json_int_t) k->incarnation));
    json_array_append_new(entry, json_integer((json_int_t) k->sequence));
    json_array_append_new(json, entry);
  } SMARTLIST_FOREACH_END(k);
  return json;
}

/** Add the fields of <b>heartbeat</b> to <b>json</b>. */
static void
heartbeat_to_json(const rb_msg_heartbeat_t *heartbeat, json_t *json)
{
  json_object_set_new(json, "role",
                      json_string(rb_role_to_string(heartbeat->role)));
  json_object_set_new(json, "lease", rb_lease_to_json(&heartbeat->lease));
  json_object_set_new(json, "intro_point_count",
                   json_integer((json_int_t) heartbeat->intro_point_count));
  json_object_set_new(json, "last_publish_ts",
                      json_integer((json_int_t) heartbeat->last_publish_ts));
  rb_json_set_bytes(json, "digest", heartbeat->digest,
                    sizeof(heartbeat->digest));
  if (heartbeat->pow_effort) {
    json_object_set_new(json, "pow_effort",
                        json_integer((json_int_t) heartbeat->pow_effort));
  }
  if (heartbeat->exclusions) {
    json_object_set_new(json, "exclusions",
                        rb_exclusions_to_json(heartbeat->exclusions));
  }
  if (heartbeat->known) {
    json_object_set_new(json, "known", known_to_json(heartbeat->known));
  }
}

/** Add the fields of <b>announce</b> to <b>json</b>. */
static void
announce_to_json(const rb_msg_peer_announce_t *announce, json_t *json)
{
  rb_json_set_bytes(json, "node_key", announce->node_key.pubkey,
                    sizeof(announce->node_key.pubkey));
  json_object_set_new(json, "name", json_string(announce->name));
  json_object_set_new(json, "priority", json_integer(announce->priority));
}

/** Add the fields of <b>report</b> to <b>json</b>. */
static void
report_to_json(const rb_msg_backend_unhealthy_t *report, json_t *json)
{
  rb_json_set_bytes(json, "node_key", report->node_key.pubkey,
                    sizeof(report->node_key.pubkey));
  json_object_set_new(json, "backend_name",
                      json_string(report->backend_name));
  json_object_set_new(json, "incarnation",
                      json_integer((json_int_t) report->incarnation));
  json_object_set_new(json, "sequence",
                      json_integer((json_int_t) report->sequence));
  rb_json_set_bytes(json, "reporter", report->reporter.pubkey,
                    sizeof(report->reporter.pubkey));
  json_object_set_new(json, "reason",
                      json_string(report_reason_names[report->reason]));
}

/** Add the fields of <b>response</b> to <b>json</b>. */
static void
response_to_json(const rb_msg_join_response_t *response, json_t *json)
{
  json_t *peers = json_array();
  SMARTLIST_FOREACH(response->known_peers, const ed25519_public_key_t *, key,
    json_array_append_new(peers, rb_json_bytes(key->pubkey,
                                               sizeof(key->pubkey))));
  json_object_set_new(json, "success", json_boolean(response->success));
  json_object_set_new(json, "known_peers", peers);
}

/** Add what is particular to the type of <b>msg</b> to <b>json</b>. */
static void
body_to_json(const rb_msg_t *msg, json_t *json)
{
  switch (msg->type) {
    case RB_MSG_HEARTBEAT:
      heartbeat_to_json(&msg->u.heartbeat, json);
      break;
    case RB_MSG_LEASE_CLAIM:
    case RB_MSG_LEASE_RELEASE:
      json_object_set_new(json, "lease", rb_lease_to_json(&msg->u.lease));
      break;
    case RB_MSG_INTRO_POINTS:
      json_object_set_new(json, "record",
                          json_string(msg->u.intro_points.record));
      rb_json_set_bytes(json, "signature",
                        msg->u.intro_points.signature.sig,
                        sizeof(msg->u.intro_points.signature.sig));
      break;
    case RB_MSG_PEER_ANNOUNCE:
      announce_to_json(&msg->u.peer_announce, json);
      break;
    case RB_MSG_JOIN_REQUEST:
      json_object_set_new(json, "request_time",
             json_integer((json_int_t) msg->u.join_request.request_time));
      json_object_set_new(json, "priority",
                          json_integer(msg->u.join_request.priority));
      break;
    case RB_MSG_JOIN_RESPONSE:
      response_to_json(&msg->u.join_response, json);
      break;
    case RB_MSG_BACKEND_UNHEALTHY:
      report_to_json(&msg->u.backend_unhealthy, json);
      break;
    case RB_MSG_PING:
    case RB_MSG_PONG:
      json_object_set_new(json, "id",
                          json_integer((json_int_t) msg->u.ping.id));
      break;
    case RB_MSG_TYPE_MAX_:
      tor_assert_nonfatal_unreached();
      break;
  }
}

/** Return <b>msg</b> as NUL-terminated JSON text, to be freed by the
 * caller. */
char *
rb_msg_encode(const rb_msg_t *msg)
{
  json_t *json = json_object();
  char *text;

  json_object_set_new(json, "version", json_integer(RB_PROTOCOL_VERSION));
  json_object_set_new(json, "type", json_string(msg_type_names[msg->type]));
  json_object_set_new(json, "node_id", json_string(msg->node_id));
  json_object_set_new(json, "timestamp",
                      json_integer((json_int_t) msg->timestamp));
  json_object_set_new(json, "number",
                      json_integer((json_int_t) msg->number));
  body_to_json(msg, json);
  text = rb_json_print(json);
  json_decref(json);
  return text;
}

/** Read the entry <b>json</b> of a heartbeat's known list into <b>known</b>.
 * Return 0 on success, else -1. */
static int
known_from_json(const json_t *json, rb_known_t *known)
{
  const json_t *incarnation, *sequence;
  if (!json_is_array(json) || json_array_size(json) != 3) {
    return -1;
  }
  incarnation = json_array_get(json, 1);
  sequence = json_array_get(json, 2);
  if (!json_is_integer(incarnation) || json_integer_value(incarnation) < 0 ||
      !json_is_integer(sequence) || json_integer_value(sequence) < 0) {
    return -1;
  }
  known->incarnation = (uint64_t) json_integer_value(incarnation);
  known->sequence = (uint64_t) json_integer_value(sequence);
  return rb_json_bytes_decode(json_array_get(json, 0),
                              known->node_key.pubkey,
                              sizeof(known->node_key.pubkey));
}

/** Read the heartbeat in <b>json</b> into <b>heartbeat</b>.  Return 0 on
 * success, else -1. */
static int
heartbeat_from_json(const json_t *json, rb_msg_heartbeat_t *heartbeat)
{
  const char *role = rb_json_get_string(json, "role", 16);
  const json_t *known = NULL;

  if (!role ||
      rb_lease_from_json(json_object_get(json, "lease"),
                         &heartbeat->lease) < 0 ||
      rb_json_get_u64(json, "intro_point_count", RB_MAX_POINTS,
                      &heartbeat->intro_point_count) < 0 ||
      rb_json_get_u64(json, "last_publish_ts", INT64_MAX,
                      &heartbeat->last_publish_ts) < 0 ||
      rb_json_get_key(json, "digest", heartbeat->digest,
                      sizeof(heartbeat->digest)) < 0) {
    return -1;
  }
  if (!strcmp(role, "publisher")) {
    heartbeat->role = RB_ROLE_PUBLISHER;
  } else if (!strcmp(role, "standby")) {
    heartbeat->role = RB_ROLE_STANDBY;
  } else {
    return -1;
  }
  if (json_object_get(json, "pow_effort") &&
      rb_json_get_u64(json, "pow_effort", UINT32_MAX,
                      &heartbeat->pow_effort) < 0) {
    return -1;
  }
  if (json_object_get(json, "exclusions")) {
    heartbeat->exclusions =
      rb_exclusions_from_json(json_object_get(json, "exclusions"));
    if (!heartbeat->exclusions) {
      return -1;
    }
  }
  if (!json_object_get(json, "known")) {
    return 0;
  }
  known = rb_json_get_array(json, "known", RB_MAX_KNOWN);
  if (!known) {
    return -1;
  }
  heartbeat->known = smartlist_new();
  for (size_t i = 0; i < json_array_size(known); ++i) {
    rb_known_t *entry = tor_malloc_zero(sizeof(*entry));
    smartlist_add(heartbeat->known, entry);
    if (known_from_json(json_array_get(known, i), entry) < 0) {
      return -1;
    }
  }
  return 0;
}

/** Read the announcement in <b>json</b> into <b>announce</b>.  Return 0 on
 * success, else -1. */
static int
announce_from_json(const json_t *json, rb_msg_peer_announce_t *announce)
{
  const char *name = rb_json_get_string(json, "name", RB_NODE_ID_LEN);
  uint64_t priority;

  if (!name || !rb_node_id_is_valid(name) ||
      rb_json_get_key(json, "node_key", announce->node_key.pubkey,
                      sizeof(announce->node_key.pubkey)) < 0 ||
      rb_json_get_u64(json, "priority", UINT16_MAX, &priority) < 0) {
    return -1;
  }
  strlcpy(announce->name, name, sizeof(announce->name));
  announce->priority = (uint16_t) priority;
  return 0;
}

/** Read the request in <b>json</b> into <b>request</b>.  Return 0 on success,
 * else -1. */
static int
request_from_json(const json_t *json, rb_msg_join_request_t *request)
{
  uint64_t priority;
  if (rb_json_get_u64(json, "request_time", INT64_MAX,
                      &request->request_time) < 0 ||
      rb_json_get_u64(json, "priority", UINT16_MAX, &priority) < 0) {
    return -1;
  }
  request->priority = (uint16_t) priority;
  return 0;
}

/** Read the response in <b>json</b> into <b>response</b>.  Return 0 on
 * success, else -1. */
static int
response_from_json(const json_t *json, rb_msg_join_response_t *response)
{
  const json_t *success = json_object_get(json, "success");
  const json_t *peers = rb_json_get_array(json, "known_peers", RB_MAX_KNOWN);
  if (!json_is_boolean(success) || !peers) {
    return -1;
  }
  response->success = json_is_true(success);
  for (size_t i = 0; i < json_array_size(peers); ++i) {
    ed25519_public_key_t *key = tor_malloc_zero(sizeof(*key));
    smartlist_add(response->known_peers, key);
    if (rb_json_bytes_decode(json_array_get(peers, i), key->pubkey,
                             sizeof(key->pubkey)) < 0) {
      return -1;
    }
  }
  return 0;
}

/** Read the report in <b>json</b> into <b>report</b>.  Return 0 on success,
 * else -1. */
static int
report_from_json(const json_t *json, rb_msg_backend_unhealthy_t *report)
{
  const char *name = rb_json_get_string(json, "backend_name",
                                        RB_NODE_ID_LEN);
  const char *reason = rb_json_get_string(json, "reason", 32);
  int i;

  if (!name || !rb_node_id_is_valid(name) || !reason ||
      rb_json_get_key(json, "node_key", report->node_key.pubkey,
                      sizeof(report->node_key.pubkey)) < 0 ||
      rb_json_get_key(json, "reporter", report->reporter.pubkey,
                      sizeof(report->reporter.pubkey)) < 0 ||
      rb_json_get_u64(json, "incarnation", INT64_MAX,
                      &report->incarnation) < 0 ||
      rb_json_get_u64(json, "sequence", INT64_MAX, &report->sequence) < 0) {
    return -1;
  }
  strlcpy(report->backend_name, name, sizeof(report->backend_name));
  for (i = 0; i < RB_REPORT_REASON_MAX_; ++i) {
    if (!strcmp(reason, report_reason_names[i])) {
      report->reason = (rb_report_reason_t) i;
      return 0;
    }
  }
  return -1;
}

/** Read the record in <b>json</b> into <b>intro_points</b>.  Return 0 on
 * success, else -1. */
static int
intro_points_from_json(const json_t *json,
                       rb_msg_intro_points_t *intro_points)
{
  const char *record = rb_json_get_string(json, "record", RB_MAX_FRAME_LEN);
  if (!record ||
      rb_json_get_key(json, "signature", intro_points->signature.sig,
                      sizeof(intro_points->signature.sig)) < 0) {
    return -1;
  }
  intro_points->record = tor_strdup(record);
  return 0;
}

/** Read what is particular to the type of <b>msg</b> from <b>json</b>.
 * Return 0 on success, else -1. */
static int
body_from_json(const json_t *json, rb_msg_t *msg)
{
  switch (msg->type) {
    case RB_MSG_HEARTBEAT:
      return heartbeat_from_json(json, &msg->u.heartbeat);
    case RB_MSG_LEASE_CLAIM:
    case RB_MSG_LEASE_RELEASE:
      return rb_lease_from_json(json_object_get(json, "lease"),
                                &msg->u.lease);
    case RB_MSG_INTRO_POINTS:
      return intro_points_from_json(json, &msg->u.intro_points);
    case RB_MSG_PEER_ANNOUNCE:
      return announce_from_json(json, &msg->u.peer_announce);
    case RB_MSG_JOIN_REQUEST:
      return request_from_json(json, &msg->u.join_request);
    case RB_MSG_JOIN_RESPONSE:
      return response_from_json(json, &msg->u.join_response);
    case RB_MSG_BACKEND_UNHEALTHY:
      return report_from_json(json, &msg->u.backend_unhealthy);
    case RB_MSG_PING:
    case RB_MSG_PONG:
      return rb_json_get_u64(json, "id", INT64_MAX, &msg->u.ping.id);
    case RB_MSG_TYPE_MAX_:
      break;
  }
  return -1;
}

/** Return the type that the field "type" of <b>json</b> names, or
 * RB_MSG_TYPE_MAX_ if there is no such type. */
static rb_msg_type_t
type_from_json(const json_t *json)
{
  const char *name = rb_json_get_string(json, "type", 32);
  int type;
  for (type = 0; name && type < RB_MSG_TYPE_MAX_; ++type) {
    if (!strcmp(name, msg_type_names[type])) {
      return (rb_msg_type_t) type;
    }
  }
  return RB_MSG_TYPE_MAX_;
}

/** Parse the <b>len</b> bytes at <b>text</b>.  Return the message, owned by
 * the caller, or NULL if it is not one of ours, of another version or
 * incomplete. */
rb_msg_t *
rb_msg_decode(const char *text, size_t len)
{
  json_t *json = rb_json_parse(text, len);
  rb_msg_t *msg = NULL;
  uint64_t version;
  const char *node_id;
  rb_msg_type_t type;

  if (!json) {
    return NULL;
  }
  type = type_from_json(json);
  node_id = rb_json_get_string(json, "node_id", RB_NODE_ID_LEN);
  if (type == RB_MSG_TYPE_MAX_ || !node_id || !rb_node_id_is_valid(node_id) ||
      rb_json_get_u64(json, "version", UINT32_MAX, &version) < 0 ||
      version != RB_PROTOCOL_VERSION) {
    goto done;
  }
  msg = rb_msg_new(type);
  strlcpy(msg->node_id, node_id, sizeof(msg->node_id));
  if (rb_json_get_u64(json, "timestamp", INT64_MAX, &msg->timestamp) < 0 ||
      rb_json_get_u64(json, "number", INT64_MAX, &msg->number) < 0 ||
      body_from_json(json, msg) < 0) {
    rb_msg_free(msg);
  }
 done:
  json_decref(json);
  return msg;
}
