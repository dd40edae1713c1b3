/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_command.c
 * @brief The control command HSBALANCE.
 *
 *   HSBALANCE Address Verb [Node]
 *
 * doc/control-rbalance.md has its grammar.  This file finds what is meant;
 * rbalance_leave.c does it.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance.h"

#include "feature/control/control_connection_st.h"
#include "feature/control/control_proto.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_cevent.h"
#include "feature/rbalance/rbalance_registry.h"
#include "lib/crypt_ops/crypto_util.h"

/** A verb by its name. */
typedef struct verb_name_t {
  const char *name;
  rb_verb_t verb;
  /** True iff a node follows it. */
  bool has_node;
} verb_name_t;

/** All verbs. */
static const verb_name_t verb_names[] = {
  { "PUBLISH", RB_VERB_PUBLISH, false },
  { "STEPDOWN", RB_VERB_STEPDOWN, false },
  { "DRAIN", RB_VERB_DRAIN, false },
  { "UNDRAIN", RB_VERB_UNDRAIN, false },
  { "EXCLUDE", RB_VERB_EXCLUDE, true },
  { "INCLUDE", RB_VERB_INCLUDE, true },
};

/** Return a copy of <b>address</b> without ".onion" at its end. */
static char *
strip_onion(const char *address)
{
  char *copy = tor_strdup(address);
  if (!strcmpend(copy, ".onion")) {
    copy[strlen(copy) - strlen(".onion")] = '\0';
  }
  return copy;
}

/** Return the balanced service with the onion address <b>address</b>, or
 * NULL. */
static rb_service_t *
find_service(const char *address)
{
  smartlist_t *services = rb_services_list();
  rb_service_t *found = NULL;
  char *stripped = strip_onion(address);
  SMARTLIST_FOREACH(services, rb_service_t *, service,
                    if (!strcasecmp(service->address, stripped)) {
                      found = service;
                    });
  smartlist_free(services);
  tor_free(stripped);
  return found;
}

/** Store in <b>key_out</b> the key of the node of <b>service</b> that is
 * called <b>name</b> or has that address.  Return how many there are. */
static int
find_node(const rb_service_t *service, const char *name,
          ed25519_public_key_t *key_out)
{
  smartlist_t *peers = rb_peers_list(service->state->peers);
  char *stripped = strip_onion(name);
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  int n_found = 0;

  SMARTLIST_FOREACH_BEGIN(peers, const rb_peer_t *, peer) {
    hs_build_address(&peer->key, HS_VERSION_THREE, address);
    if (!strcasecmp(address, stripped) ||
        !strcmp(rb_cevent_node_name(service, peer->key.pubkey), name)) {
      ed25519_pubkey_copy(key_out, &peer->key);
      ++n_found;
    }
  } SMARTLIST_FOREACH_END(peer);
  hs_build_address(&service->state->node_keys.pubkey, HS_VERSION_THREE,
                   address);
  if (!strcasecmp(address, stripped) ||
      !strcmp(service->state->record->node_id, name)) {
    ed25519_pubkey_copy(key_out, &service->state->node_keys.pubkey);
    ++n_found;
  }
  smartlist_free(peers);
  tor_free(stripped);
  return n_found;
}

/** Return the verb called <b>name</b>, or NULL. */
static const verb_name_t *
find_verb(const char *name)
{
  for (unsigned i = 0; i < ARRAY_LENGTH(verb_names); ++i) {
    if (!strcasecmp(verb_names[i].name, name)) {
      return &verb_names[i];
    }
  }
  return NULL;
}

/** Store in <b>keys_out</b> the service's keys that the node of
 * <b>service</b> has.  Return false if it does not have the secret one. */
static bool
get_service_keys(const rb_service_t *service, ed25519_keypair_t *keys_out)
{
  const hs_service_t *hs_service = hs_service_find(&service->identity_key);
  if (!hs_service || hs_service->keys.is_identify_key_offline) {
    return false;
  }
  ed25519_pubkey_copy(&keys_out->pubkey, &hs_service->keys.identity_pk);
  memcpy(&keys_out->seckey, &hs_service->keys.identity_sk,
         sizeof(keys_out->seckey));
  return true;
}

/** Answer the command HSBALANCE with the words <b>args</b> on
 * <b>control_conn</b>. */
void
rbalance_handle_command(control_connection_t *control_conn,
                        const smartlist_t *args)
{
  rb_service_t *service = find_service(smartlist_get(args, 0));
  const verb_name_t *verb = find_verb(smartlist_get(args, 1));
  const char *refusal = NULL;
  ed25519_public_key_t node;
  ed25519_keypair_t service_keys;
  rb_event_t event;
  int n_found = 1;

  if (!verb || smartlist_len(args) != (verb->has_node ? 3 : 2)) {
    control_write_endreply(control_conn, 512, verb ?
                           (verb->has_node ? "Which node?" :
                            "Too many arguments") : "Unknown verb");
    return;
  }
  if (!service) {
    control_write_endreply(control_conn, 552,
                           "No such balanced onion service");
    return;
  }
  if (verb->has_node) {
    n_found = find_node(service, smartlist_get(args, 2), &node);
  }
  if (n_found != 1) {
    control_write_endreply(control_conn, 552, n_found ?
                           "Several nodes have that name; use an address" :
                           "No such node");
    return;
  }
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_COMMAND;
  event.u.command.verb = verb->verb;
  event.u.command.node = &node;
  if (get_service_keys(service, &service_keys)) {
    event.u.command.service_keys = &service_keys;
  }
  event.u.command.refusal_out = &refusal;
  rb_service_event(service, &event);
  memwipe(&service_keys, 0, sizeof(service_keys));
  if (refusal) {
    control_write_endreply(control_conn, 551, refusal);
  } else {
    send_control_done(control_conn);
  }
}
