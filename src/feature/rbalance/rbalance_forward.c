/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_forward.c
 * @brief Streams of clients that go on to a target, inside tor.
 *
 * A client's stream to the only target of its port, if that speaks TCP, is
 * linked to a stream of our client side to the target, edge to edge, so tor
 * moves the bytes and its flow control works from end to end.  The client's
 * stream is open when the target's is, and fails with the same reason.  All
 * other streams go through rbalance_proxy.c; and those to an address of this
 * machine or its network that is the only target are tor's own affair.
 *
 * The port of a service leads to no address then, but to the place of the
 * target in the configuration.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_forward.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_ident.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_prober.h"
#include "feature/rbalance/rbalance_proxy.h"
#include "feature/rbalance/rbalance_registry.h"
#include "feature/rbalance/rbalance_stream.h"

#include "core/or/entry_connection_st.h"
#include "core/or/entry_port_cfg_st.h"

/** Return true iff <b>target</b> is the only one of <b>targets</b> for its
 * virtual port. */
static bool
is_alone(const smartlist_t *targets, const rb_target_t *target)
{
  SMARTLIST_FOREACH_BEGIN(targets, const rb_target_t *, other) {
    if (other != target && other->virtual_port == target->virtual_port) {
      return false;
    }
  } SMARTLIST_FOREACH_END(other);
  return true;
}

/** Return a new port of a service that leads to the target that has the place
 * <b>index</b>, from 0, among <b>targets</b>, a list of rb_target_t. */
hs_port_config_t *
rb_forward_make_port(const smartlist_t *targets, int index)
{
  const rb_target_t *target = smartlist_get(targets, index);
  hs_port_config_t *port = tor_malloc_zero(sizeof(*port) + 1);

  port->virtual_port = target->virtual_port;
  if (target->reach == RB_REACH_DIRECT && target->scheme == RB_SCHEME_TCP &&
      is_alone(targets, target)) {
    tor_addr_copy(&port->real_addr, &target->addr);
    port->real_port = target->port;
  } else {
    tor_addr_make_unspec(&port->real_addr);
    port->real_port = (uint16_t) (index + 1);
  }
  return port;
}

/** Return the place of the target of <b>service</b> that <b>stream</b>, whose
 * address and port tor has set, is to be forwarded to; -1 if tor is to connect
 * it. */
int
rb_forward_find_target(const rb_service_t *service,
                       const edge_connection_t *stream)
{
  const connection_t *conn = TO_CONN(stream);
  const int index = conn->port - 1;

  if (conn->socket_family == AF_UNIX ||
      tor_addr_family(&conn->addr) != AF_UNSPEC ||
      index >= smartlist_len(service->state->config->targets)) {
    return -1;
  }
  return index;
}

/** Return true iff <b>target</b> is <b>service</b> itself, or an onion service
 * that its nodes have for each other: its streams would come back to us for
 * ever.  No stream goes there, and no circuit is built.  What torrc and the
 * files in the HiddenServiceDir know is refused by rbalance_config.c already;
 * of other nodes we hear later. */
bool
rb_forward_leads_back(const rb_service_t *service, const rb_target_t *target)
{
  return rb_target_is_service(target, &service->identity_key) ||
    rb_target_is_service(target, &service->state->node_keys.pubkey) ||
    (target->reach == RB_REACH_ONION &&
     rb_peers_find(service->state->peers, &target->key));
}

/** Remember until it is open that <b>stream</b> is being forwarded on
 * <b>target_conn</b>. */
static void
note_opening(rb_service_t *service, const edge_connection_t *stream,
             const connection_t *target_conn)
{
  rb_opening_t *opening = tor_malloc_zero(sizeof(*opening));
  opening->stream_id = TO_CONN(stream)->global_identifier;
  opening->target_id = target_conn->global_identifier;
  opening->expires_at = rb_now_mono() +
    service->state->config->target_timeout;
  smartlist_add(service->openings, opening);
}

/** Append to <b>candidates</b> copies of the targets of <b>service</b> for the
 * virtual port of its target <b>index</b>, from that one on, that are down, if
 * <b>down</b>, or are not.  Those that lead back are left out. */
static void
add_candidates(const rb_service_t *service, int index, bool down,
               smartlist_t *candidates)
{
  const smartlist_t *targets = service->state->config->targets;
  const smartlist_t *probes = rb_prober_get_probes(service->prober);
  const rb_target_t *first = smartlist_get(targets, index);
  const int n = smartlist_len(targets);

  for (int i = 0; i < n; ++i) {
    const rb_target_t *target = smartlist_get(targets, (index + i) % n);
    const rb_probe_t *probe = rb_probes_find(probes, target->url);
    const bool is_down = probe && probe->health == RB_HEALTH_DOWN;
    if (target->virtual_port == first->virtual_port && is_down == down &&
        !rb_forward_leads_back(service, target)) {
      smartlist_add(candidates, rb_target_dup(target));
    }
  }
}

/** Return the targets of <b>service</b> for the virtual port of its target
 * <b>index</b>, that one first but those that are down last, as a new list of
 * new rb_target_t. */
static smartlist_t *
list_candidates(const rb_service_t *service, int index)
{
  smartlist_t *candidates = smartlist_new();
  add_candidates(service, index, false, candidates);
  add_candidates(service, index, true, candidates);
  return candidates;
}

/** Link the client's <b>stream</b>, attached to its rendezvous circuit, to a
 * stream to <b>target</b> of <b>service</b>. */
static void
link_stream(rb_service_t *service, const rb_target_t *target,
            edge_connection_t *stream)
{
  entry_connection_t *entry;

  if (rb_stream_add(stream) < 0) {
    return;
  }
  entry = connection_ap_make_link(TO_CONN(stream), target->host, target->port,
                                  NULL,
                                  rb_pool_pick_group(service->pool, target),
                                  RB_TARGET_ISOLATION, 0, 0);
  if (!entry) {
    connection_edge_end(stream, END_STREAM_REASON_RESOURCELIMIT);
    connection_mark_for_close(TO_CONN(stream));
    return;
  }
  note_opening(service, stream, ENTRY_TO_CONN(entry));
  rb_stream_attach(entry, target->reach == RB_REACH_ONION);
  rb_pool_time_stream(entry);
}

/** Return how many streams of clients of <b>service</b> have a target, or are
 * on their way there. */
int
rb_forward_count(const rb_service_t *service)
{
  int n = smartlist_len(service->proxies);

  SMARTLIST_FOREACH_BEGIN(get_connection_array(), connection_t *, conn) {
    if (conn->type == CONN_TYPE_EXIT && !conn->marked_for_close &&
        conn->linked_conn && conn->linked_conn->type == CONN_TYPE_AP &&
        ed25519_pubkey_eq(&TO_EDGE_CONN(conn)->hs_ident->identity_pk,
                          &service->identity_key)) {
      ++n;
    }
  } SMARTLIST_FOREACH_END(conn);
  return n;
}

/** Count a client's stream of <b>service</b>, unless that is NULL, as open or
 * failed. */
void
rb_forward_note(rb_service_t *service, bool is_open)
{
  if (service) {
    *(is_open ? &service->counters.forwards_opened :
                &service->counters.forwards_failed) += 1;
  }
}

/** Return why <b>service</b> can't forward a stream that has so many
 * <b>candidates</b>, one of END_STREAM_REASON_*; 0 if it can. */
static int
find_obstacle(const rb_service_t *service, const smartlist_t *candidates)
{
  const int limit = service->state->config->target_streams;

  if (!smartlist_len(candidates)) {
    static ratelim_t rate = RATELIM_INIT(3600);
    log_fn_ratelim(&rate, LOG_WARN, LD_REND, "HiddenServiceBalanceTarget of "
                   "%s leads back to that service: its streams are refused.",
                   safe_str_client(service->address));
    return END_STREAM_REASON_NOROUTE;
  }
  if (rb_forward_count(service) >= limit) {
    static ratelim_t rate = RATELIM_INIT(600);
    log_fn_ratelim(&rate, LOG_WARN, LD_REND, "Clients of %s have %d streams "
                   "to targets, as many as HiddenServiceBalanceTargetStreams "
                   "says: others are refused.",
                   safe_str_client(service->address), limit);
    return END_STREAM_REASON_RESOURCELIMIT;
  }
  return 0;
}

/** Forward the client's <b>stream</b>, attached to its rendezvous circuit, to
 * the target <b>index</b> of <b>service</b>, or to another one for the same
 * virtual port.  If that can't be, end it. */
void
rb_forward_start(rb_service_t *service, int index, edge_connection_t *stream)
{
  smartlist_t *candidates = list_candidates(service, index);
  const int obstacle = find_obstacle(service, candidates);
  const rb_target_t *target;

  if (obstacle) {
    rb_targets_free(candidates);
    rb_forward_note(service, false);
    rb_stream_refuse(stream, obstacle);
    return;
  }
  target = smartlist_get(candidates, 0);
  if (smartlist_len(candidates) == 1 && target->scheme == RB_SCHEME_TCP &&
      target->reach != RB_REACH_DIRECT) {
    link_stream(service, target, stream);
    rb_targets_free(candidates);
  } else {
    rb_proxy_start(service, candidates, stream);
  }
}

/** Return what the TLS connections of <b>service</b> to <b>target</b>
 * share. */
rb_tls_target_t *
rb_forward_get_tls(rb_service_t *service, const rb_target_t *target)
{
  rb_tls_target_t *tls = strmap_get(service->tls_targets, target->url);
  if (!tls) {
    /* An onion address authenticates its service. */
    tls = rb_tls_target_new(target->host, target->reach != RB_REACH_ONION,
                            rb_target_is_http(target));
    strmap_set(service->tls_targets, target->url, tls);
    if (rb_tls_target_get_fault(tls)) {
      log_warn(LD_CONFIG, "HiddenServiceBalanceTarget %s can't be used: %s.",
               target->url, rb_tls_target_get_fault(tls));
    }
  }
  return tls;
}

/** Prepare what TLS connections of <b>service</b> to each of <b>targets</b>
 * share, unless that was done.  It has the roots read: at the start, before
 * Sandbox lets us open no file any more; and it warns if there are none. */
void
rb_forward_prepare_tls(rb_service_t *service, const smartlist_t *targets)
{
  SMARTLIST_FOREACH_BEGIN(targets, const rb_target_t *, target) {
    if (rb_target_is_tls(target)) {
      rb_forward_get_tls(service, target);
    }
  } SMARTLIST_FOREACH_END(target);
}

static void
tls_target_free_void(void *tls)
{
  rb_tls_target_free_(tls);
}

/** Forget what TLS connections of <b>service</b> share, so that the roots are
 * read anew when all have done so. */
void
rb_forward_clear_tls(rb_service_t *service)
{
  strmap_free(service->tls_targets, tls_target_free_void);
  service->tls_targets = strmap_new();
}

/** Return what a client is told when its target failed with <b>reason</b>,
 * one of those that tor has for streams: what only concerns our client side
 * is that there is no way to the target. */
uint8_t
rb_forward_reason(int reason)
{
  reason &= END_STREAM_REASON_MASK;
  if (reason > UINT8_MAX || reason == END_STREAM_REASON_RESOLVEFAILED) {
    return END_STREAM_REASON_NOROUTE;
  }
  return (uint8_t) reason;
}

/** The stream <b>target_conn</b> to a target is open, if <b>reason</b> is 0,
 * or failed: so does the client's <b>stream</b>. */
void
rb_forward_answered(connection_t *stream, connection_t *target_conn,
                    int reason)
{
  if (stream->marked_for_close ||
      stream->state != EXIT_CONN_STATE_CONNECTING) {
    return;
  }
  rb_forward_note(rb_services_find(&TO_EDGE_CONN(stream)->hs_ident->
                                   identity_pk), !reason);
  if (reason) {
    connection_edge_end(TO_EDGE_CONN(stream), rb_forward_reason(reason));
    connection_mark_for_close(stream);
    return;
  }
  connection_start_reading(target_conn);
  connection_edge_finished_connecting(TO_EDGE_CONN(stream));
}

/** Look after the streams of <b>service</b> that are not open yet: those that
 * take too long fail, and no target is reached for a client that has gone. */
void
rb_forward_expire(rb_service_t *service)
{
  const uint64_t now = rb_now_mono();
  SMARTLIST_FOREACH_BEGIN(service->openings, rb_opening_t *, opening) {
    connection_t *stream = connection_get_by_global_id(opening->stream_id);
    connection_t *target = connection_get_by_global_id(opening->target_id);
    const bool has_client = stream && !stream->marked_for_close;
    const bool has_target = target && !target->marked_for_close;

    if (has_client && has_target && now < opening->expires_at &&
        stream->state == EXIT_CONN_STATE_CONNECTING) {
      continue;
    }
    if (has_target && (target->state != AP_CONN_STATE_OPEN ||
                       (!has_client && !connection_is_reading(target)))) {
      if (has_client) {
        rb_stream_blame_circuit(target);
      }
      rb_stream_abandon(target, has_client ? END_STREAM_REASON_TIMEOUT :
                                             END_STREAM_REASON_DONE);
    }
    SMARTLIST_DEL_CURRENT(service->openings, opening);
    tor_free(opening);
  } SMARTLIST_FOREACH_END(opening);
}
