/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_prober.c
 * @brief Probe the targets and local backends of a service.
 *
 * rbalance_probe.c knows when a probe is due, and what its end means;
 * rbalance_visit.c does it.  Here is the list of what is probed: the targets,
 * and where the ports of the service lead.  When none of them answers, the
 * protocol is told, and tells the other nodes.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_prober.h"

#include "app/config/config.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_cevent.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_service.h"
#include "feature/rbalance/rbalance_visit.h"

/** Something that is probed: a target or a backend. */
typedef struct place_t {
  rb_prober_t *prober;
  /** Its state, borrowed from the prober's list. */
  rb_probe_t *probe;
  /** What it is: one of these, owned; the other is NULL. */
  rb_target_t *target;
  hs_port_config_t *port;
  /** The probe under way, owned; NULL if none is. */
  rb_visit_t *visit;
} place_t;

/** See rbalance_prober.h. */
struct rb_prober_t {
  rb_service_t *service;
  /** Monotonic milliseconds when the first probes begin. */
  uint64_t first_at;
  /** rb_probe_t, owned, and place_t, owned, in the same order. */
  smartlist_t *probes;
  smartlist_t *places;
};

/** Release <b>place</b>, without its probe. */
static void
place_free(place_t *place)
{
  rb_visit_free(place->visit);
  rb_target_free(place->target);
  tor_free(place->port);
  tor_free(place);
}

/** Return a new text with what <b>port</b> leads to, in which no characters
 * are that would need quoting. */
static char *
print_port(const hs_port_config_t *port)
{
  char *url = NULL;
  smartlist_t *parts;

  if (!port->is_unix_addr) {
    tor_asprintf(&url, "tcp://%s", fmt_addrport(&port->real_addr,
                                                port->real_port));
    return url;
  }
  parts = smartlist_new();
  smartlist_add_strdup(parts, "unix:");
  for (const char *c = port->unix_addr; *c; ++c) {
    if (*c > ' ' && *c <= '~' && !strchr("%\"\\", *c)) {
      smartlist_add_asprintf(parts, "%c", *c);
    } else {
      smartlist_add_asprintf(parts, "%%%02X", (uint8_t) *c);
    }
  }
  url = smartlist_join_strings(parts, "", 0, NULL);
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
  return url;
}

/** Return true iff <b>port</b> leads to one of <b>targets</b>, which is probed
 * as that, or tor connects it to nothing. */
static bool
is_target_port(const hs_port_config_t *port, const smartlist_t *targets)
{
  if (port->is_unix_addr) {
    return false;
  }
  SMARTLIST_FOREACH_BEGIN(targets, const rb_target_t *, target) {
    if (target->virtual_port == port->virtual_port &&
        target->port == port->real_port &&
        tor_addr_eq(&target->addr, &port->real_addr)) {
      return true;
    }
  } SMARTLIST_FOREACH_END(target);
  return tor_addr_family(&port->real_addr) == AF_UNSPEC;
}

/** Return a copy of <b>port</b>. */
static hs_port_config_t *
dup_port(const hs_port_config_t *port)
{
  const size_t len = port->is_unix_addr ? strlen(port->unix_addr) : 0;
  hs_port_config_t *copy = tor_malloc_zero(sizeof(*copy) + len + 1);
  memcpy(copy, port, sizeof(*copy));
  if (len) {
    memcpy(copy->unix_addr, port->unix_addr, len);
  }
  return copy;
}

/** Add to <b>prober</b> what is called <b>url</b>: a copy of <b>target</b> or,
 * if that is NULL, of <b>port</b>.  What has that name already is not added a
 * second time. */
static void
add_place(rb_prober_t *prober, const char *url, const rb_target_t *target,
          const hs_port_config_t *port)
{
  place_t *place;
  if (rb_probes_find(prober->probes, url)) {
    return;
  }
  place = tor_malloc_zero(sizeof(*place));
  place->prober = prober;
  place->target = target ? rb_target_dup(target) : NULL;
  place->port = target ? NULL : dup_port(port);
  place->probe = rb_probe_new(url, target && target->reach != RB_REACH_DIRECT,
                              prober->first_at);
  smartlist_add(prober->places, place);
  smartlist_add(prober->probes, place->probe);
}

/** Fill <b>prober</b> with what the settings of <b>hs_service</b> name. */
static void
fill(rb_prober_t *prober, const hs_service_t *hs_service)
{
  const smartlist_t *targets = hs_service->config.rbalance->targets;

  SMARTLIST_FOREACH(targets, const rb_target_t *, target,
                    add_place(prober, target->url, target, NULL));
  if (!hs_service->config.ports) {
    return;
  }
  SMARTLIST_FOREACH_BEGIN(hs_service->config.ports, const hs_port_config_t *,
                          port) {
    if (!is_target_port(port, targets)) {
      char *url = print_port(port);
      add_place(prober, url, NULL, port);
      tor_free(url);
    }
  } SMARTLIST_FOREACH_END(port);
}

/** Return a new prober of <b>service</b>, which tor knows as
 * <b>hs_service</b>. */
rb_prober_t *
rb_prober_new(rb_service_t *service, const hs_service_t *hs_service)
{
  rb_prober_t *prober = tor_malloc_zero(sizeof(*prober));
  prober->service = service;
  prober->first_at = rb_now_mono() +
    hs_service->config.rbalance->probe_delay;
  prober->probes = smartlist_new();
  prober->places = smartlist_new();
  fill(prober, hs_service);
  return prober;
}

/** Release <b>prober</b>, and end what is under way; NULL is fine. */
void
rb_prober_free_(rb_prober_t *prober)
{
  if (!prober) {
    return;
  }
  SMARTLIST_FOREACH(prober->places, place_t *, place, place_free(place));
  smartlist_free(prober->places);
  rb_probes_free(prober->probes);
  tor_free(prober);
}

/** Probe from now on what the settings of <b>hs_service</b> name; what is
 * known of what they named before is kept. */
void
rb_prober_reload(rb_prober_t *prober, const hs_service_t *hs_service)
{
  smartlist_t *old_probes = prober->probes;

  SMARTLIST_FOREACH(prober->places, place_t *, place, place_free(place));
  smartlist_clear(prober->places);
  prober->probes = smartlist_new();
  fill(prober, hs_service);
  SMARTLIST_FOREACH_BEGIN(prober->probes, rb_probe_t *, probe) {
    const rb_probe_t *old = rb_probes_find(old_probes, probe->url);
    if (old) {
      rb_probe_take_over(probe, old);
    }
  } SMARTLIST_FOREACH_END(probe);
  rb_probes_free(old_probes);
}

/** The probe of <b>owner</b>, a place, ended with <b>outcome</b> and the HTTP
 * <b>status</b>; or never got far enough to be called a visit. */
static void
visit_done(void *owner, rb_outcome_t outcome, int status)
{
  place_t *place = owner;
  const rb_service_t *service = place->prober->service;
  const rb_health_t before = place->probe->health;

  rb_visit_free(place->visit);
  if (rb_probe_end(place->probe, outcome, status,
                   service->state->network_is_ready, rb_now_mono())) {
    rb_cevent_target(service, place->probe, before != RB_HEALTH_UNKNOWN,
                     place->target);
  }
}

/** Begin a probe of <b>place</b>. */
static void
begin(place_t *place)
{
  rb_service_t *service = place->prober->service;
  const rb_target_t *target = place->target;

  if (target) {
    rb_tls_target_t *tls = rb_target_is_tls(target) ?
      rb_forward_get_tls(service, target) : NULL;
    place->visit =
      rb_visit_target(target, tls, service->state->config->probe_path,
                      rb_pool_pick_group(service->pool, target), visit_done,
                      place);
  } else {
    place->visit = rb_visit_port(place->port, visit_done, place);
  }
  if (!place->visit) {
    visit_done(place, place->probe->needs_network ? RB_OUTCOME_UNREACHABLE :
                                                    RB_OUTCOME_REFUSED, 0);
  }
}

/** If <b>place</b> leads back to the service, it is down, whatever an answer
 * would say, and rbalance_pool.c builds no circuits there.  Return true iff
 * that is so. */
static bool
forbid_loop(place_t *place)
{
  const rb_service_t *service = place->prober->service;

  if (!place->target || !rb_forward_leads_back(service, place->target)) {
    return false;
  }
  rb_visit_free(place->visit);
  if (rb_probe_forbid(place->probe, rb_now_mono())) {
    rb_cevent_target(service, place->probe, true, place->target);
  }
  return true;
}

/** Tell the protocol, and the operator, whether what <b>prober</b> probes is
 * all down. */
static void
report(const rb_prober_t *prober)
{
  rb_service_t *service = prober->service;
  const bool are_down = rb_probes_are_down(prober->probes);
  rb_event_t event;

  if (are_down == service->state->record->backends_are_down) {
    return;
  }
  log_notice(LD_REND, "Onion service %s: %s",
             safe_str_client(service->address), are_down ?
             "no backend of this node answers. Its introduction points are "
             "withdrawn while another node has one." :
             "this node has a backend again.");
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_BACKENDS;
  event.u.backends_are_down = are_down;
  rb_service_event(service, &event);
}

/** Begin the probes of <b>prober</b> that are due, end those that take too
 * long, and say what came of it. */
void
rb_prober_run(rb_prober_t *prober)
{
  const rb_state_t *state = prober->service->state;
  const uint64_t now = rb_now_mono();

  SMARTLIST_FOREACH_BEGIN(prober->places, place_t *, place) {
    if (forbid_loop(place)) {
      continue;
    }
    if (place->visit && rb_probe_is_late(place->probe, now)) {
      rb_visit_blame_circuit(place->visit);
      visit_done(place, RB_OUTCOME_TIMEOUT, 0);
    }
    if (rb_probe_begin(place->probe, state->config, state->network_is_ready,
                       now)) {
      begin(place);
    }
  } SMARTLIST_FOREACH_END(place);
  report(prober);
}

/** Return the rb_probe_t of <b>prober</b>, which stay its own. */
const smartlist_t *
rb_prober_get_probes(const rb_prober_t *prober)
{
  return prober->probes;
}
