/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_exit.c
 * @brief Leave the other nodes in order before tor exits.
 *
 * On SIGINT and SIGTERM a node that is not alone drains: another node becomes
 * publisher, and publishes without this one's points.  For ShutdownWaitLength
 * it goes on serving, because clients still have the old descriptor; in the
 * last RB_LAST_ORDERS_SEC of that it takes no introductions any more, so that
 * relays send clients elsewhere, and those on their way arrive.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance.h"

#include "app/config/config.h"
#include "core/mainloop/mainloop.h"
#include "core/or/circuitlist.h"
#include "feature/hs/hs_circuit.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_exit.h"
#include "feature/rbalance/rbalance_registry.h"
#include "lib/evloop/compat_libevent.h"

#include "core/or/origin_circuit_st.h"

/** Seconds before the exit when no introduction is taken any more: a client
 * that was introduced before has its rendezvous within that. */
#define RB_LAST_ORDERS_SEC 3

/** The timer of an exit under way; NULL if there is none. */
static mainloop_event_t *exit_event = NULL;
/** True iff introductions are not taken any more. */
static bool is_closed = false;

/** Close the introduction circuits of <b>desc</b>. */
static void
close_desc(const hs_service_descriptor_t *desc)
{
  DIGEST256MAP_FOREACH(desc->intro_points.map, key,
                       const hs_service_intro_point_t *, ip) {
    origin_circuit_t *circ = hs_circ_service_get_established_intro_circ(ip);
    if (circ) {
      circuit_mark_for_close(TO_CIRCUIT(circ), END_CIRC_REASON_FINISHED);
    }
  } DIGEST256MAP_FOREACH_END;
}

/** Take no introductions for <b>service</b> any more: close its introduction
 * circuits, and let tor believe that it has launched too many of them. */
static void
close_service(const rb_service_t *service)
{
  hs_service_t *hs_service = hs_service_find(&service->identity_key);
  if (!hs_service) {
    return;
  }
  hs_service->state.intro_circ_retry_started_time = approx_time();
  hs_service->state.num_intro_circ_launched = UINT32_MAX / 2;
  if (hs_service->desc_current) {
    close_desc(hs_service->desc_current);
  }
  if (hs_service->desc_next) {
    close_desc(hs_service->desc_next);
  }
}

/** Timer: take no introductions any more, or exit. */
static void
run_exit(mainloop_event_t *event, void *arg)
{
  const struct timeval last = { RB_LAST_ORDERS_SEC, 0 };
  smartlist_t *services;

  (void) arg;
  if (is_closed) {
    tor_shutdown_event_loop_and_exit(0);
    return;
  }
  is_closed = true;
  services = rb_services_list();
  SMARTLIST_FOREACH(services, const rb_service_t *, service,
                    close_service(service));
  smartlist_free(services);
  mainloop_event_schedule(event, &last);
}

/** Drain every balanced service that has peers.  Return how many these
 * are. */
static int
drain_all(void)
{
  smartlist_t *services = rb_services_list();
  int n_draining = 0;

  SMARTLIST_FOREACH_BEGIN(services, rb_service_t *, service) {
    const char *refusal = NULL;
    rb_event_t event;
    if (!service->state->is_multi) {
      continue;
    }
    memset(&event, 0, sizeof(event));
    event.type = RB_EV_COMMAND;
    event.u.command.verb = RB_VERB_DRAIN;
    event.u.command.refusal_out = &refusal;
    rb_service_event(service, &event);
    ++n_draining;
  } SMARTLIST_FOREACH_END(service);
  smartlist_free(services);
  return n_draining;
}

/** Called when tor was told to exit.  Return true iff it shall not do so now,
 * because a balanced service is leaving its peers in order; tor exits by
 * itself then, and at once when it is told a second time. */
bool
rbalance_drain_before_exit(void)
{
  const int wait = get_options()->ShutdownWaitLength;
  struct timeval until_closed = { 0, 0 };

  if (exit_event || wait <= 0 || drain_all() == 0) {
    return false;
  }
  log_notice(LD_REND, "Leaving the other nodes: this tor serves for %d "
             "seconds more, and then exits. Tell it again to exit at once.",
             wait);
  if (wait > RB_LAST_ORDERS_SEC) {
    until_closed.tv_sec = wait - RB_LAST_ORDERS_SEC;
  }
  exit_event = mainloop_event_new(run_exit, NULL);
  mainloop_event_schedule(exit_event, &until_closed);
  return true;
}

/** Release all memory of this file. */
void
rb_exit_free_all(void)
{
  mainloop_event_free(exit_event);
  is_closed = false;
}
