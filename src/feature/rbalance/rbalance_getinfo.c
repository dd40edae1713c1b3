/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_getinfo.c
 * @brief Answers to GETINFO hs/balance/...
 *
 * This file only formats; the grammar of the answers is in
 * doc/control-rbalance.md.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance.h"

#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_cevent.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_leave.h"
#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_prober.h"
#include "feature/rbalance/rbalance_registry.h"
#include "lib/encoding/binascii.h"

/** Return seconds from monotonic milliseconds <b>then</b> to <b>now</b>. */
static uint64_t
seconds_between(uint64_t then, uint64_t now)
{
  return now > then ? (now - then) / 1000 : 0;
}

/** Return the name of the node that is publisher, as far as <b>service</b>
 * knows, or "-". */
static const char *
publisher_name(const rb_service_t *service)
{
  const rb_state_t *state = service->state;
  const uint64_t now = rb_now_mono();
  if (state->role == RB_ROLE_PUBLISHER) {
    return state->record->node_id;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, peer) {
    if (peer->role == RB_ROLE_PUBLISHER && peer->lease_until > now) {
      return rb_cevent_node_name(service, peer->key.pubkey);
    }
  } DIGEST256MAP_FOREACH_END;
  return "-";
}

/** Return how many points the descriptor of <b>service</b> in slot
 * <b>slot_idx</b> has, or would have if we published it. */
static int
count_points(const rb_service_t *service, int slot_idx)
{
  const rb_state_t *state = service->state;
  smartlist_t *choices;
  int n_points;
  if (slot_idx >= state->n_slots) {
    return 0;
  }
  choices = rb_state_choose(state, state->slots[slot_idx].blinded_key,
                            state->config->max_intro_points,
                            rb_desc_point_is_usable, NULL);
  n_points = smartlist_len(choices);
  rb_choices_free(choices);
  return n_points;
}

/** Append to <b>lines</b> the lines of hs/balance/status about where
 * <b>service</b> uploaded its descriptors. */
static void
add_uploads(const rb_service_t *service, smartlist_t *lines)
{
  static const char *const keys[RB_MAX_SETS] = { "OK_CURRENT", "OK_NEXT" };
  const rb_state_t *state = service->state;

  smartlist_add_asprintf(lines, "LAST_UPLOAD_OK=%" PRIu64,
                         state->last_upload_ok_ts);
  for (int i = 0; i < RB_MAX_SETS; ++i) {
    const rb_upload_t *upload = &state->slots[i].upload;
    const bool is_there = i < state->n_slots;
    smartlist_add_asprintf(lines, "%s=%d/%d", keys[i],
                           is_there ? rb_upload_count_ok(upload) : 0,
                           is_there ? upload->n_dirs : 0);
  }
  smartlist_add_asprintf(lines, "NEWER_FOUND=%" PRIu64,
                         state->audit.n_newer);
}

/** Append to <b>lines</b> the lines of hs/balance/status for
 * <b>service</b>. */
static void
add_status(const rb_service_t *service, smartlist_t *lines)
{
  const rb_state_t *state = service->state;
  const uint64_t now = rb_now_mono();
  bool can_publish, is_wanted;
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];

  hs_build_address(&state->node_keys.pubkey, HS_VERSION_THREE, address);
  smartlist_add_asprintf(lines, "NODE=%s", state->record->node_id);
  smartlist_add_asprintf(lines, "ADDRESS=%s", address);
  smartlist_add_asprintf(lines, "ROLE=%s",
                         state->role == RB_ROLE_PUBLISHER ? "PUBLISHER" :
                                                            "STANDBY");
  smartlist_add_asprintf(lines, "MODE=%s",
                         state->is_multi ? "MULTI" : "SINGLE");
  smartlist_add_asprintf(lines, "PRIORITY=%d", state->config->priority);
  smartlist_add_asprintf(lines, "PEERS=%d", rb_peers_count(state->peers));
  smartlist_add_asprintf(lines, "HEALTHY=%d",
                     rb_peers_count_state(state->peers, RB_NODE_HEALTHY));
  smartlist_add_asprintf(lines, "PUBLISHER=%s", publisher_name(service));
  smartlist_add_asprintf(lines, "LEASE_LEFT=%" PRIu64,
                         seconds_between(now, state->lease_until));
  smartlist_add_asprintf(lines, "LAST_PUBLISH=%" PRIu64,
                         state->last_publish_ts);
  rb_leave_get_standing(state, NULL, &can_publish, &is_wanted);
  smartlist_add_asprintf(lines, "DRAINING=%d", state->record->is_draining);
  smartlist_add_asprintf(lines, "EXCLUDED=%d",
                         rb_exclusions_contain(state->exclusions,
                                               &state->node_keys.pubkey));
  smartlist_add_asprintf(lines, "KEYLESS=%d", state->record->is_keyless);
  smartlist_add_asprintf(lines, "BACKENDS_DOWN=%d",
                         state->record->backends_are_down);
  smartlist_add_asprintf(lines, "CANDIDATE=%d", can_publish);
  smartlist_add_asprintf(lines, "POINTS_CURRENT=%d",
                         count_points(service, 0));
  smartlist_add_asprintf(lines, "POINTS_NEXT=%d", count_points(service, 1));
  add_uploads(service, lines);
  for (int i = 0; i < RB_DROP_MAX_; ++i) {
    smartlist_add_asprintf(lines, "DROPPED_%s=%" PRIu64,
                           rb_drop_to_string((rb_drop_t) i),
                           state->dropped[i]);
  }
}

/** One line of hs/balance/peers. */
typedef struct peer_line_t {
  const char *node_id;
  const ed25519_public_key_t *key;
  rb_lifecycle_t state;
  rb_role_t role;
  uint16_t priority;
  /** Introduction points for one descriptor. */
  int n_points;
  /** Seconds since it was heard. */
  uint64_t silence;
  /** Seconds since the epoch of its last upload, by its own clock. */
  uint64_t last_publish_ts;
  /** Milliseconds: see rb_peer_t. */
  int64_t skew;
  uint64_t rtt;
  const char *channel;
  bool is_draining;
  bool is_excluded;
  bool backends_are_down;
} peer_line_t;

/** Append <b>line</b> to <b>lines</b>. */
static void
add_peer_line(const peer_line_t *line, smartlist_t *lines)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  hs_build_address(line->key, HS_VERSION_THREE, address);
  smartlist_add_asprintf(lines, "NODE=%s STATE=%s ROLE=%s PRIORITY=%d "
                         "POINTS=%d LAST_HEARTBEAT=%" PRIu64
                         " LAST_PUBLISH=%" PRIu64 " SKEW_MS=%" PRId64
                         " RTT_MS=%" PRIu64 " CHANNEL=%s DRAINING=%d "
                         "EXCLUDED=%d BACKENDS_DOWN=%d ADDRESS=%s",
                         line->node_id, rb_lifecycle_to_string(line->state),
                         line->role == RB_ROLE_PUBLISHER ? "PUBLISHER" :
                                                           "STANDBY",
                         line->priority, line->n_points, line->silence,
                         line->last_publish_ts, line->skew, line->rtt,
                         line->channel,
                         line->is_draining, line->is_excluded,
                         line->backends_are_down, address);
}

/** Append to <b>lines</b> the line of hs/balance/peers for
 * <b>peer</b>. */
static void
add_peer(const rb_service_t *service, const rb_peer_t *peer,
         smartlist_t *lines)
{
  const peer_line_t line = {
    .node_id = rb_cevent_node_name(service, peer->key.pubkey),
    .key = &peer->key,
    .state = peer->state,
    .role = peer->role,
    .priority = peer->priority,
    .n_points = peer->record ? peer->record->n_points : 0,
    .silence = seconds_between(peer->last_heard, rb_now_mono()),
    .last_publish_ts = peer->last_publish_ts,
    .skew = peer->skew,
    .rtt = peer->rtt,
    .channel = !peer->channel ? "NONE" :
      peer->channel_is_inbound ? "IN" : "OUT",
    .is_draining = peer->record && peer->record->is_draining,
    .is_excluded = rb_exclusions_contain(service->state->exclusions,
                                         &peer->key),
    .backends_are_down = peer->record && peer->record->backends_are_down,
  };
  add_peer_line(&line, lines);
}

/** Append to <b>lines</b> the lines of hs/balance/peers for <b>service</b>,
 * ourselves first. */
static void
add_peers(const rb_service_t *service, smartlist_t *lines)
{
  const rb_state_t *state = service->state;
  const int n_points = rb_pointsets_max_len(state->record->sets);
  smartlist_t *peers = rb_peers_list(state->peers);
  const peer_line_t ourselves = {
    .node_id = state->record->node_id,
    .key = &state->node_keys.pubkey,
    .state = n_points ? RB_NODE_HEALTHY : RB_NODE_INITIALIZING,
    .role = state->role,
    .priority = state->config->priority,
    .n_points = n_points,
    .last_publish_ts = state->last_publish_ts,
    .channel = "SELF",
    .is_draining = state->record->is_draining,
    .is_excluded = rb_exclusions_contain(state->exclusions,
                                         &state->node_keys.pubkey),
    .backends_are_down = state->record->backends_are_down,
  };

  add_peer_line(&ourselves, lines);
  SMARTLIST_FOREACH(peers, const rb_peer_t *, peer,
                    add_peer(service, peer, lines));
  smartlist_free(peers);
}

/** Append to <b>lines</b> the line of hs/balance/intro-points for
 * <b>point</b> of the node with <b>node_key</b> in the descriptor
 * <b>slot</b>. */
static void
add_point(const rb_service_t *service, const rb_slot_t *slot,
          const uint8_t *node_key, const rb_point_t *point,
          smartlist_t *lines)
{
  uint8_t rsa_id[DIGEST_LEN];
  char auth[BASE64_BUFSIZE(ED25519_PUBKEY_LEN)];

  if (rb_point_get_rsa_id(point, rsa_id) < 0) {
    return;
  }
  base64_encode(auth, sizeof(auth), (const char *) point->auth_key,
                sizeof(point->auth_key), 0);
  smartlist_add_asprintf(lines, "DESC=%s PERIOD=%" PRIu64 " NODE=%s "
                         "RELAY=%s AUTH=%s",
                         slot->is_next ? "NEXT" : "CURRENT",
                         slot->period_num,
                         rb_cevent_node_name(service, node_key),
                         hex_str((const char *) rsa_id, sizeof(rsa_id)),
                         auth);
}

/** Append to <b>lines</b> the lines of hs/balance/intro-points for
 * <b>service</b>: what it published last, or on a standby, what it would
 * publish. */
static void
add_points(const rb_service_t *service, smartlist_t *lines)
{
  const rb_state_t *state = service->state;
  for (int i = 0; i < state->n_slots; ++i) {
    const rb_slot_t *slot = &state->slots[i];
    if (state->role == RB_ROLE_PUBLISHER) {
      SMARTLIST_FOREACH_BEGIN(service->published,
                              const rb_published_point_t *, p) {
        if (fast_memeq(p->blinded_key, slot->blinded_key,
                       sizeof(p->blinded_key))) {
          add_point(service, slot, p->node_key, &p->point, lines);
        }
      } SMARTLIST_FOREACH_END(p);
    } else {
      smartlist_t *choices =
        rb_state_choose(state, slot->blinded_key,
                        state->config->max_intro_points,
                        rb_desc_point_is_usable, NULL);
      SMARTLIST_FOREACH(choices, const rb_choice_t *, choice,
        add_point(service, slot, choice->node_key, choice->point, lines));
      rb_choices_free(choices);
    }
  }
}

/** Return how many circuits to the target <b>url</b> of <b>service</b> are
 * ready; -1 if that needs none. */
static int
count_circuits(const rb_service_t *service, const char *url)
{
  SMARTLIST_FOREACH_BEGIN(service->state->config->targets,
                          const rb_target_t *, target) {
    if (!strcmp(target->url, url)) {
      return rb_pool_count_ready(service->pool, target);
    }
  } SMARTLIST_FOREACH_END(target);
  return -1;
}

/** Append to <b>lines</b> the lines of hs/balance/targets for
 * <b>service</b>. */
static void
add_targets(const rb_service_t *service, smartlist_t *lines)
{
  const uint64_t now = rb_now_mono();
  SMARTLIST_FOREACH_BEGIN(rb_prober_get_probes(service->prober),
                          const rb_probe_t *, probe) {
    char *reason = rb_probe_format_reason(probe);
    char *last = NULL;
    const int n_circuits = count_circuits(service, probe->url);
    char *circuits = NULL;
    if (n_circuits >= 0) {
      tor_asprintf(&circuits, " CIRCUITS=%d", n_circuits);
    }
    if (probe->ended_at) {
      tor_asprintf(&last, " LAST_PROBE=%" PRIu64,
                   seconds_between(probe->ended_at, now));
    }
    smartlist_add_asprintf(lines, "TARGET=%s STATE=%s FAILURES=%d%s%s%s",
                           probe->url, rb_health_to_string(probe->health),
                           probe->n_failures, circuits ? circuits : "",
                           last ? last : "", reason);
    tor_free(circuits);
    tor_free(last);
    tor_free(reason);
  } SMARTLIST_FOREACH_END(probe);
}

/** Append to <b>lines</b> the address of every balanced service. */
static void
add_services(smartlist_t *lines)
{
  smartlist_t *services = rb_services_list();
  SMARTLIST_FOREACH(services, const rb_service_t *, service,
                    smartlist_add_strdup(lines, service->address));
  smartlist_free(services);
}

/** If <b>question</b> is <b>prefix</b> and the address of a balanced service,
 * return that service, else NULL. */
static const rb_service_t *
find_asked(const char *question, const char *prefix)
{
  ed25519_public_key_t key;
  const char *address = question + strlen(prefix);
  if (strcmpstart(question, prefix) || !hs_address_is_valid(address) ||
      hs_parse_address(address, &key, NULL, NULL) < 0) {
    return NULL;
  }
  return rb_services_find(&key);
}

/** Answer the GETINFO <b>question</b>, which begins with hs/balance/: set
 * *<b>answer</b> to a new text, or leave it NULL if there is no such key or
 * service.  Return 0. */
int
getinfo_helper_rbalance(control_connection_t *control_conn,
                        const char *question, char **answer,
                        const char **errmsg)
{
  static const struct {
    const char *prefix;
    void (*add)(const rb_service_t *service, smartlist_t *lines);
  } keys[] = {
    { "hs/balance/status/", add_status },
    { "hs/balance/peers/", add_peers },
    { "hs/balance/intro-points/", add_points },
    { "hs/balance/targets/", add_targets },
  };
  smartlist_t *lines = smartlist_new();
  bool is_known = false;

  (void) control_conn;
  (void) errmsg;
  if (!strcmp(question, "hs/balance/services")) {
    is_known = true;
    add_services(lines);
  }
  for (unsigned i = 0; i < ARRAY_LENGTH(keys) && !is_known; ++i) {
    const rb_service_t *service = find_asked(question, keys[i].prefix);
    if (service) {
      is_known = true;
      keys[i].add(service, lines);
    }
  }
  if (is_known) {
    *answer = smartlist_join_strings(lines, "\n", 0, NULL);
  }
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  return 0;
}
