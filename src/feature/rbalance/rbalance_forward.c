/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_forward.c
 * @brief Streams of clients that go on to a target, inside tor.
 *
 * The client's stream is linked to a stream of our client side to the target,
 * edge to edge, so tor moves the bytes and its flow control works from end to
 * end.  The client's stream is open when the target's is, and fails with the
 * same reason.
 *
 * The port of a service that has an onion service as its target leads to no
 * address, but to the place of the target in the configuration.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_forward.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_stream.h"

#include "core/or/entry_connection_st.h"
#include "core/or/entry_port_cfg_st.h"

/** Isolate streams by target and by the circuit that we chose. */
#define FORWARD_ISOLATION (ISO_SESSIONGRP|ISO_DESTADDR|ISO_DESTPORT)

/** Return a new port of a service that leads to <b>target</b>, which has the
 * place <b>index</b>, from 0, among the service's targets. */
hs_port_config_t *
rb_forward_make_port(const rb_target_t *target, int index)
{
  hs_port_config_t *port = tor_malloc_zero(sizeof(*port) + 1);
  port->virtual_port = target->virtual_port;
  tor_addr_copy(&port->real_addr, &target->addr);
  port->real_port = target->is_onion ? (uint16_t) (index + 1) : target->port;
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

/** Return the first of the session groups of a new service: tor's own count
 * down from -4 and those in torrc are positive. */
int
rb_forward_reserve_groups(void)
{
  static int next = INT_MIN;
  const int first = next;
  /* After enough reloads they come again, for services that are long gone. */
  next = next < INT_MIN / 2 ?
    next + RB_MAX_TARGETS * RB_MAX_TARGET_CIRCUITS : INT_MIN;
  return first;
}

/** Return the session group, among those of the target <b>index</b> of
 * <b>service</b>, that has the fewest streams. */
static int
pick_session_group(const rb_service_t *service, int index)
{
  const int n_slots = service->state->config->target_circuits;
  const int first = service->session_groups + index * RB_MAX_TARGET_CIRCUITS;
  int n_streams[RB_MAX_TARGET_CIRCUITS];
  int best = 0;

  memset(n_streams, 0, sizeof(n_streams));
  SMARTLIST_FOREACH_BEGIN(get_connection_array(), const connection_t *,
                          conn) {
    if (conn->type == CONN_TYPE_AP && conn->linked &&
        !conn->marked_for_close) {
      const int slot = CONST_TO_ENTRY_CONN(conn)->entry_cfg.session_group -
        first;
      if (slot >= 0 && slot < n_slots) {
        n_streams[slot]++;
      }
    }
  } SMARTLIST_FOREACH_END(conn);
  for (int slot = 1; slot < n_slots; ++slot) {
    if (n_streams[slot] < n_streams[best]) {
      best = slot;
    }
  }
  return first + best;
}

/** Give up the stream <b>conn</b> to a target for <b>reason</b>, which its
 * client learns. */
static void
abandon(connection_t *conn, int reason)
{
  connection_edge_end(TO_EDGE_CONN(conn), reason);
  connection_mark_unattached_ap(TO_ENTRY_CONN(conn), reason);
}

/** Return true iff the onion service <b>target</b> is <b>service</b> itself,
 * or one that its nodes have for each other: its streams would come back to
 * us for ever. */
static bool
leads_back(const rb_service_t *service, const rb_target_t *target)
{
  return ed25519_pubkey_eq(&target->key, &service->identity_key) ||
    ed25519_pubkey_eq(&target->key, &service->state->node_keys.pubkey) ||
    rb_peers_find(service->state->peers, &target->key);
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

/** Forward the client's <b>stream</b>, attached to its rendezvous circuit, to
 * the target <b>index</b> of <b>service</b>.  If that can't be, end it. */
void
rb_forward_start(rb_service_t *service, int index, edge_connection_t *stream)
{
  const rb_target_t *target =
    smartlist_get(service->state->config->targets, index);
  entry_connection_t *entry;

  if (rb_stream_add(stream) < 0) {
    return;
  }
  if (leads_back(service, target)) {
    static ratelim_t limit = RATELIM_INIT(3600);
    log_fn_ratelim(&limit, LOG_WARN, LD_REND, "HiddenServiceBalanceTarget of "
                   "%s leads back to that service: its streams are refused.",
                   safe_str_client(service->address));
    connection_edge_end(stream, END_STREAM_REASON_NOROUTE);
    connection_mark_for_close(TO_CONN(stream));
    return;
  }
  entry = connection_ap_make_link(TO_CONN(stream), target->host, target->port,
                                  NULL, pick_session_group(service, index),
                                  FORWARD_ISOLATION, 0, 0);
  if (!entry) {
    connection_edge_end(stream, END_STREAM_REASON_RESOURCELIMIT);
    connection_mark_for_close(TO_CONN(stream));
    return;
  }
  note_opening(service, stream, ENTRY_TO_CONN(entry));
  rb_stream_attach(entry);
}

/** Return what a client is told when its target failed with <b>reason</b>,
 * one of those that tor has for streams: what only concerns our client side
 * is that there is no way to the target. */
static uint8_t
reason_for_client(int reason)
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
  if (reason) {
    connection_edge_end(TO_EDGE_CONN(stream), reason_for_client(reason));
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
      abandon(target, has_client ? END_STREAM_REASON_TIMEOUT :
                                   END_STREAM_REASON_DONE);
    }
    SMARTLIST_DEL_CURRENT(service->openings, opening);
    tor_free(opening);
  } SMARTLIST_FOREACH_END(opening);
}
