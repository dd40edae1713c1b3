/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_cevent.c
 * @brief What the operator is told: HS_BALANCE events and log lines.
 *
 * This file only formats; the grammar of the events is in
 * doc/control-rbalance.md.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_cevent.h"

#include "app/config/config.h"
#include "feature/control/control_events.h"
#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_repair.h"
#include "feature/rbalance/rbalance_service.h"
#include "lib/encoding/binascii.h"

#include <stdlib.h>

/** Return the name of the node with <b>node_key</b> among those of
 * <b>service</b>: what it calls itself, or the first 12 characters of its
 * address.  The result may be in a static buffer. */
const char *
rb_cevent_node_name(const rb_service_t *service, const uint8_t *node_key)
{
  static char name[BASE32_BUFSIZE(ED25519_PUBKEY_LEN)];
  const rb_state_t *state = service->state;
  ed25519_public_key_t key;
  const rb_peer_t *peer;

  if (fast_memeq(node_key, state->node_keys.pubkey.pubkey,
                 ED25519_PUBKEY_LEN)) {
    return state->record->node_id;
  }
  memcpy(key.pubkey, node_key, sizeof(key.pubkey));
  peer = rb_peers_find(state->peers, &key);
  if (peer && peer->node_id[0]) {
    return peer->node_id;
  }
  if (peer && peer->record) {
    return peer->record->node_id;
  }
  base32_encode(name, sizeof(name), (const char *) node_key,
                ED25519_PUBKEY_LEN);
  tor_strlower(name);
  name[12] = '\0';
  return name;
}

/** Tell of the change of a peer's state in <b>action</b>. */
static void
tell_peer_changed(const rb_service_t *service, const rb_action_t *action)
{
  const char *name = rb_cevent_node_name(service, action->peer.pubkey);
  char *text = NULL;
  tor_asprintf(&text, "PEER %s NODE=%s STATE=%s PREV=%s REASON=%s",
               service->address, name,
               rb_lifecycle_to_string(action->state),
               rb_lifecycle_to_string(action->prev_state),
               rb_lifecycle_reason_to_string(action->reason));
  control_event_hs_balance(text);
  tor_free(text);
  log_notice(LD_REND, "Onion service %s: node %s is %s (was %s).",
             safe_str_client(service->address), name,
             rb_lifecycle_to_string(action->state),
             rb_lifecycle_to_string(action->prev_state));
}

/** Tell of the change of our role in <b>action</b>. */
static void
tell_role_changed(const rb_service_t *service, const rb_action_t *action)
{
  const char *role =
    action->role == RB_ROLE_PUBLISHER ? "PUBLISHER" : "STANDBY";
  char *text = NULL;
  tor_asprintf(&text, "ROLE %s NODE=%s ROLE=%s REASON=%s", service->address,
               service->state->record->node_id, role,
               rb_role_reason_to_string(action->role_reason));
  control_event_hs_balance(text);
  tor_free(text);
  log_notice(LD_REND, "Onion service %s: this node is %s now.",
             safe_str_client(service->address),
             action->role == RB_ROLE_PUBLISHER ? "the publisher" :
                                                 "a standby");
}

/** Tell of the change of mode in <b>action</b>. */
static void
tell_mode_changed(const rb_service_t *service, const rb_action_t *action)
{
  char *text = NULL;
  tor_asprintf(&text, "MODE %s MODE=%s PEERS=%d", service->address,
               action->is_multi ? "MULTI" : "SINGLE", action->n_alive);
  control_event_hs_balance(text);
  tor_free(text);
}

/** Tell of the clock of a peer in <b>action</b>. */
static void
tell_clock_skew(const rb_service_t *service, const rb_action_t *action)
{
  log_warn(LD_REND, "Onion service %s: the clock of node %s is %" PRId64
           " milliseconds %s ours. One of the two is wrong.",
           safe_str_client(service->address),
           rb_cevent_node_name(service, action->peer.pubkey),
           (int64_t) llabs(action->skew),
           action->skew > 0 ? "ahead of" : "behind");
}

/** Tell of the node in <b>action</b>, ourselves or another, that joined or
 * could not. */
static void
tell_joined(const rb_service_t *service, const rb_action_t *action)
{
  const rb_state_t *state = service->state;
  const char *name = state->record->node_id;
  const bool is_us = !action->was_accepted &&
    ed25519_public_key_is_zero(&action->peer);
  char *text = NULL;

  if (!is_us) {
    name = rb_cevent_node_name(service, action->peer.pubkey);
  }
  tor_asprintf(&text, "JOIN %s NODE=%s RESULT=%s%s", service->address, name,
               action->was_accepted ? "ACCEPTED" : "REJECTED",
               action->was_accepted ? "" :
               is_us ? " REASON=NO_ANSWER" : " REASON=LIMIT");
  control_event_hs_balance(text);
  tor_free(text);
  if (is_us) {
    log_warn(LD_REND, "Onion service %s: no node of the cluster answered. "
             "This node goes on alone, and publishes its own introduction "
             "points only.", safe_str_client(service->address));
  }
}

/** Log what became of the node called <b>name</b>, in <b>action</b>. */
static void
log_standing(const rb_service_t *service, const rb_action_t *action,
             const char *name)
{
  if (action->standing == RB_STANDING_STEP_DOWN) {
    log_warn(LD_REND, "Onion service %s: no directory takes the descriptors "
             "of this node. It leaves the publishing to another.",
             safe_str_client(service->address));
    return;
  }
  log_notice(LD_REND, "Onion service %s: the introduction points of node %s "
             "%s the descriptor: %s.", safe_str_client(service->address),
             name, action->standing == RB_STANDING_EXCLUDE ? "leave" :
             "come back into", action->why);
}

/** Tell what became of a node, in <b>action</b>, by an operator's word or by
 * itself. */
static void
tell_standing(const rb_service_t *service, const rb_action_t *action)
{
  const char *name = service->state->record->node_id;
  char *text = NULL;
  if (action->standing != RB_STANDING_STEP_DOWN) {
    name = rb_cevent_node_name(service, action->peer.pubkey);
  }
  tor_asprintf(&text, "REPAIR %s ACTION=%s NODE=%s REASON=%s",
               service->address, rb_standing_to_string(action->standing),
               name, action->why ? action->why : "OPERATOR");
  control_event_hs_balance(text);
  tor_free(text);
  if (action->why) {
    log_standing(service, action, name);
  }
}

/** Return CURRENT or NEXT for the descriptor <b>slot</b>. */
static const char *
slot_name(const rb_slot_t *slot)
{
  return slot->is_next ? "NEXT" : "CURRENT";
}

/** Tell what came of an upload to one HSDir, in <b>action</b>. */
static void
tell_upload_result(const rb_service_t *service, const rb_slot_t *slot,
                   const rb_action_t *action)
{
  const char *hsdir = hex_str((const char *) action->hsdir, DIGEST_LEN);
  char *text = NULL;
  tor_asprintf(&text, "UPLOAD %s DESC=%s REV=%" PRIu64 " HSDIR=%s RESULT=%s"
               "%s%s", service->address, slot_name(slot), action->revision,
               hsdir, rb_result_to_string(action->result),
               action->fail ? " REASON=" : "",
               action->fail ? rb_fail_to_string(action->fail) : "");
  control_event_hs_balance(text);
  tor_free(text);
  if (action->result == RB_RESULT_FAILED) {
    log_info(LD_REND, "Onion service %s: the directory %s does not have our "
             "descriptor: %s.", safe_str_client(service->address), hsdir,
             rb_fail_to_string(action->fail));
  }
}

/** Tell of the repair in <b>action</b>. */
static void
tell_repair(const rb_service_t *service, const rb_slot_t *slot,
            const rb_action_t *action)
{
  const char *id = (const char *) action->hsdir;
  const bool is_everywhere = fast_mem_is_zero(id, DIGEST_LEN);
  const char *reason = rb_repair_to_string(action->repair);
  char *text = NULL;
  tor_asprintf(&text, "REPAIR %s ACTION=FORCE_REPUBLISH REASON=%s DESC=%s"
               "%s%s", service->address, reason, slot_name(slot),
               is_everywhere ? "" : " HSDIR=",
               is_everywhere ? "" : hex_str(id, DIGEST_LEN));
  control_event_hs_balance(text);
  tor_free(text);
  log_notice(LD_REND, "Onion service %s: publishing a descriptor again: %s.",
             safe_str_client(service->address), reason);
}

/** Tell of <b>action</b>, which is about a descriptor; if that is gone, say
 * nothing. */
static void
tell_about_descriptor(const rb_service_t *service, const rb_action_t *action)
{
  const rb_slot_t *slot = rb_slots_find(service->state, action->blinded_key);
  if (!slot) {
    return;
  }
  if (action->type == RB_ACT_UPLOAD_RESULT) {
    tell_upload_result(service, slot, action);
  } else if (action->type == RB_ACT_REPAIR) {
    tell_repair(service, slot, action);
  } else {
    log_warn(LD_REND, "Onion service %s: the directory %s has a descriptor "
             "that is newer than ours. Somebody else publishes with the same "
             "key: a node that this one can't reach, or a stranger.",
             safe_str_client(service->address),
             hex_str((const char *) action->hsdir, DIGEST_LEN));
  }
}

/** Tell of <b>action</b>, which is one of those that inform. */
void
rb_cevent_action(const rb_service_t *service, const rb_action_t *action)
{
  switch (action->type) {
    case RB_ACT_PEER_CHANGED:
      tell_peer_changed(service, action);
      break;
    case RB_ACT_ROLE_CHANGED:
      tell_role_changed(service, action);
      break;
    case RB_ACT_MODE_CHANGED:
      tell_mode_changed(service, action);
      break;
    case RB_ACT_JOINED:
      tell_joined(service, action);
      break;
    case RB_ACT_STANDING:
      tell_standing(service, action);
      break;
    case RB_ACT_CLOCK_SKEW:
      tell_clock_skew(service, action);
      break;
    case RB_ACT_UPLOAD_RESULT:
    case RB_ACT_REPAIR:
    case RB_ACT_FOREIGN_PUBLISHER:
      tell_about_descriptor(service, action);
      break;
    case RB_ACT_SEND:
    case RB_ACT_DIAL:
    case RB_ACT_JOIN:
    case RB_ACT_HANG_UP:
    case RB_ACT_PUBLISH:
    case RB_ACT_RETIRE_POINT:
    case RB_ACT_UPLOAD_TO:
    case RB_ACT_FETCH_FROM:
    default:
      tor_assert_nonfatal_unreached();
  }
}

/** Tell that <b>choices</b> were merged into the descriptor with
 * <b>blinded_key</b>. */
void
rb_cevent_merge(const rb_service_t *service, const uint8_t *blinded_key,
                const smartlist_t *choices)
{
  const rb_slot_t *slot = rb_slots_find(service->state, blinded_key);
  char *text = NULL;
  if (!slot) {
    return;
  }
  tor_asprintf(&text, "MERGE %s DESC=%s PERIOD=%" PRIu64 " NODES=%d "
               "POINTS=%d", service->address, slot_name(slot),
               slot->period_num, rb_choices_count_nodes(choices),
               smartlist_len(choices));
  control_event_hs_balance(text);
  tor_free(text);
}

/** Tell that the health of what <b>probe</b> probes changed; it
 * <b>was_known</b> before, unless this is the first answer.  <b>target</b> is
 * NULL if it is a backend. */
void
rb_cevent_target(const rb_service_t *service, const rb_probe_t *probe,
                 bool was_known, const rb_target_t *target)
{
  const bool is_down = probe->health == RB_HEALTH_DOWN;
  const bool is_private = target && target->reach != RB_REACH_DIRECT;
  char *reason = rb_probe_format_reason(probe);
  char *text = NULL;

  tor_asprintf(&text, "TARGET %s TARGET=%s STATE=%s%s", service->address,
               probe->url, rb_health_to_string(probe->health), reason);
  control_event_hs_balance(text);
  tor_free(text);
  log_fn(was_known || is_down ? LOG_NOTICE : LOG_INFO, LD_REND,
         "Onion service %s: %s %s is %s%s%s.",
         safe_str_client(service->address),
         target ? "HiddenServiceBalanceTarget" : "HiddenServicePort",
         is_private ? safe_str_client(probe->url) : probe->url,
         is_down ? "down" : "up", is_down ? ":" : "", is_down ? reason : "");
  tor_free(reason);
}
