/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_registry.c
 * @brief The balanced services of this tor, by key, and the timer that runs
 * them.
 *
 * A service is kept by its identity key, because a reload makes a new
 * hs_service_t.  The timer runs only while there is a balanced service.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_registry.h"

#include "app/config/config.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_keys.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/evloop/compat_libevent.h"

/** The rb_service_t by identity key; NULL until there was one. */
static digest256map_t *services = NULL;
/** Our timer; NULL until there was a service. */
static mainloop_event_t *tick_event = NULL;

/** Run our timer again after a tick, if there is a service. */
static void
schedule_tick(void)
{
  const struct timeval tv = { 0, RB_TICK_MSEC * 1000 };
  if (digest256map_size(services)) {
    mainloop_event_schedule(tick_event, &tv);
  }
}

/** Timer: run every service, and forget those that are gone. */
static void
run_all(mainloop_event_t *event, void *arg)
{
  (void) event;
  (void) arg;
  DIGEST256MAP_FOREACH_MODIFY(services, key, rb_service_t *, service) {
    const hs_service_t *hs_service =
      hs_service_find(&service->identity_key);
    if (hs_service && hs_service->config.rbalance) {
      rb_service_run(service, hs_service);
    } else {
      MAP_DEL_CURRENT(key);
      rb_service_stop(service);
    }
  } DIGEST256MAP_FOREACH_END;
  schedule_tick();
}

/** Run every service as soon as the main loop gets there. */
void
rb_services_run_soon(void)
{
  if (tick_event) {
    mainloop_event_activate(tick_event);
  }
}

/** Return true iff a node with the settings <b>config</b> can be the first of
 * its cluster. */
static bool
may_make_token(const rb_config_t *config)
{
  return !config->join && !config->keyless;
}

/** Tor registered <b>hs_service</b>, for the first time or after a reload.
 * If it is to be balanced, begin or go on.  If that fails at first, its
 * descriptor is not published, for that would take the other nodes out of it;
 * if it fails at a reload, the old settings stay in force. */
void
rb_services_register(const hs_service_t *hs_service)
{
  ed25519_keypair_t node_keys;
  smartlist_t *tokens = NULL;
  rb_service_t *service;

  if (!hs_service->config.rbalance) {
    return;
  }
  if (rb_keys_load(hs_service->config.directory_path,
                   may_make_token(hs_service->config.rbalance), &node_keys,
                   &tokens) < 0) {
    log_warn(LD_REND, "The onion service %s %s.",
             safe_str_client(hs_service->onion_address),
             rb_services_find(&hs_service->keys.identity_pk) ?
             "goes on with its old load balancing settings" :
             "can't be balanced, and this node does not publish its "
             "descriptor");
    return;
  }
  if (!services) {
    services = digest256map_new();
    tick_event = mainloop_event_new(run_all, NULL);
  }
  service = rb_services_find(&hs_service->keys.identity_pk);
  if (service) {
    rb_service_reload(service, hs_service, tokens);
  } else {
    service = rb_service_new(hs_service, &node_keys, tokens);
    digest256map_set(services, service->identity_key.pubkey, service);
  }
  memwipe(&node_keys, 0, sizeof(node_keys));
  rb_services_run_soon();
}

/** Return the balanced service with <b>identity_key</b>, or NULL. */
rb_service_t *
rb_services_find(const ed25519_public_key_t *identity_key)
{
  return services ? digest256map_get(services, identity_key->pubkey) : NULL;
}

/** Return the balanced service whose node onion service has
 * <b>node_key</b>, or NULL. */
rb_service_t *
rb_services_find_by_node(const ed25519_public_key_t *node_key)
{
  if (!services) {
    return NULL;
  }
  DIGEST256MAP_FOREACH(services, key, rb_service_t *, service) {
    if (ed25519_pubkey_eq(&service->state->node_keys.pubkey, node_key)) {
      return service;
    }
  } DIGEST256MAP_FOREACH_END;
  return NULL;
}

/** Return the balanced service that has a channel on the connection with
 * global identifier <b>conn_id</b>, and set *<b>channel_out</b> to that; or
 * return NULL. */
rb_service_t *
rb_services_find_by_conn(uint64_t conn_id, rb_channel_t **channel_out)
{
  *channel_out = NULL;
  if (!services) {
    return NULL;
  }
  DIGEST256MAP_FOREACH(services, key, rb_service_t *, service) {
    SMARTLIST_FOREACH_BEGIN(service->channels, rb_channel_t *, channel) {
      if (channel->conn_id == conn_id) {
        *channel_out = channel;
        return service;
      }
    } SMARTLIST_FOREACH_END(channel);
  } DIGEST256MAP_FOREACH_END;
  return NULL;
}

/** Return a new list of the balanced services, which stay ours. */
smartlist_t *
rb_services_list(void)
{
  smartlist_t *list = smartlist_new();
  if (services) {
    DIGEST256MAP_FOREACH(services, key, rb_service_t *, service) {
      smartlist_add(list, service);
    } DIGEST256MAP_FOREACH_END;
  }
  return list;
}

/** Release the rb_service_t at <b>arg</b>. */
static void
service_free_void(void *arg)
{
  rb_service_free_(arg);
}

/** Release all memory of this file. */
void
rb_services_free_all(void)
{
  digest256map_free(services, service_free_void);
  services = NULL;
  mainloop_event_free(tick_event);
}
