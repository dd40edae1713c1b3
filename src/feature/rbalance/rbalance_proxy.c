/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_proxy.c
 * @brief Streams of clients whose bytes go through the module to a target.
 *
 * The client's stream is linked to a connection of ours, and an outlet leads
 * to the target; between the two is a pipe.  Nobody is read from while the
 * other side has RB_PROXY_BUFFER_LEN bytes to send still, so a stream's
 * memory is bounded however slow its ends are.
 *
 * The stream is open when the target is, and TLS with it; until then, the
 * next target for the same port is tried.  If none is left, the stream fails
 * with the reason of the last; or, for HTTP, opens and gets a page.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_proxy.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/circuitlist.h"
#include "core/or/connection_edge.h"
#include "core/or/connection_or.h"
#include "feature/hs/hs_ident.h"
#include "feature/rbalance/rbalance_circuit_id.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_inner.h"
#include "feature/rbalance/rbalance_outlet.h"
#include "feature/rbalance/rbalance_pipe.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_stream.h"
#include "lib/intmath/cmp.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/or_connection_st.h"
#include "core/or/origin_circuit_st.h"

/** Bytes that may wait to be sent to one end before the other is not read
 * from any more. */
#define RB_PROXY_BUFFER_LEN 65536

struct rb_proxy_t {
  rb_service_t *service;
  /** The connection that the client's stream is linked to. */
  rb_inner_t *client;
  /** The virtual port that the client came to, and a number of the circuit
   * that it came on. */
  uint16_t virtual_port;
  uint32_t circuit_number;
  /** rb_target_t of the targets that were not tried yet, owned. */
  smartlist_t *candidates;
  /** The connection to the target, and what becomes of the bytes; NULL as
   * long as none is tried. */
  rb_outlet_t *outlet;
  rb_pipe_t *pipe;
  /** What it waits for, and since when, and when the last bytes moved, in
   * monotonic milliseconds. */
  rb_http_wait_t waits_for;
  uint64_t waits_since;
  uint64_t moved_at;
  /** When the target was there, in the same time. */
  uint64_t opened_at;
  /** True iff the target is there; and iff the client was told so. */
  bool has_target;
  bool is_open;
  /** True iff nothing more can come from the target; from the client. */
  bool has_ended;
  bool client_has_ended;
  /** True while bytes are moved: no event may do so once more. */
  bool is_moving;
  /** True iff the next sweep frees it. */
  bool is_done;
};

/** Return the connection to the client of <b>proxy</b>, or NULL if it is
 * closed. */
static connection_t *
client_conn(const rb_proxy_t *proxy)
{
  connection_t *conn = rb_inner_get_conn(proxy->client);
  return conn && !conn->marked_for_close ? conn : NULL;
}

/** Return the stream of the client of <b>proxy</b>, or NULL if it is gone. */
static connection_t *
client_stream(const rb_proxy_t *proxy)
{
  connection_t *conn = client_conn(proxy);
  connection_t *stream = conn ? conn->linked_conn : NULL;
  return stream && !stream->marked_for_close ? stream : NULL;
}

/** Have nothing more to do with either end of <b>proxy</b>, after what was
 * sent; the next sweep frees it. */
static void
finish(rb_proxy_t *proxy)
{
  proxy->is_done = true;
  rb_outlet_pause(proxy->outlet, true);
  if (client_conn(proxy)) {
    connection_mark_and_flush(client_conn(proxy));
  }
}

/** Tell the client of <b>proxy</b>, unless it knows, that its stream is
 * open. */
static void
open_stream(rb_proxy_t *proxy)
{
  connection_t *stream = client_stream(proxy);

  if (proxy->is_open || !stream ||
      stream->state != EXIT_CONN_STATE_CONNECTING) {
    return;
  }
  proxy->is_open = true;
  rb_forward_note(proxy->service, proxy->outlet);
  connection_start_reading(client_conn(proxy));
  connection_edge_finished_connecting(TO_EDGE_CONN(stream));
}

/** Send <b>bytes</b> to the client of <b>proxy</b>; all of them are taken. */
static void
send_to_client(rb_proxy_t *proxy, buf_t *bytes)
{
  connection_t *conn = client_conn(proxy);
  if (conn) {
    connection_buf_add_buf(conn, bytes);
  }
  buf_clear(bytes);
}

/** Return how many bytes for the client of <b>proxy</b> wait to be sent. */
static size_t
unsent_to_client(const rb_proxy_t *proxy)
{
  const connection_t *conn = client_conn(proxy);
  return conn ? connection_get_outbuf_len(conn) : 0;
}

/** Note that so many bytes of <b>proxy</b> move on to the target and to the
 * client, and what it waits for now. */
static void
note_moved(rb_proxy_t *proxy, size_t n_to_target, size_t n_to_client)
{
  const rb_http_wait_t waits_for = rb_pipe_waits_for(proxy->pipe);
  const uint64_t now = rb_now_mono();

  proxy->service->counters.bytes_from_clients += n_to_target;
  proxy->service->counters.bytes_to_clients += n_to_client;
  if (n_to_target || n_to_client) {
    proxy->moved_at = now;
  }
  if (waits_for != proxy->waits_for) {
    proxy->waits_for = waits_for;
    proxy->waits_since = now;
  }
}

/** Read from each end of <b>proxy</b> exactly as long as the other has room
 * for it, and from the client no more than that of what has to wait. */
static void
set_reading(rb_proxy_t *proxy)
{
  const connection_t *conn = client_conn(proxy);

  rb_outlet_pause(proxy->outlet,
                  unsent_to_client(proxy) >= RB_PROXY_BUFFER_LEN);
  rb_inner_pause(proxy->client, !proxy->is_open || !conn ||
                 buf_datalen(conn->inbuf) >= RB_PROXY_BUFFER_LEN ||
                 rb_outlet_get_unsent(proxy->outlet) >= RB_PROXY_BUFFER_LEN);
}

/** Move what arrived at the ends of <b>proxy</b>, as far as there is room; all
 * of it if nothing can come any more, for it would be lost. */
static void
move_bytes(rb_proxy_t *proxy, buf_t *to_target, buf_t *to_client)
{
  connection_t *conn = client_conn(proxy);
  buf_t *from_target = proxy->outlet ? rb_outlet_get_inbuf(proxy->outlet) :
                                       NULL;

  if (from_target && (proxy->has_ended ||
                      unsent_to_client(proxy) < RB_PROXY_BUFFER_LEN)) {
    rb_pipe_from_target(proxy->pipe, from_target, to_client, to_target);
  }
  if (proxy->has_ended) {
    rb_pipe_target_eof(proxy->pipe, to_client);
  }
  if (conn && (proxy->client_has_ended ||
               rb_outlet_get_unsent(proxy->outlet) < RB_PROXY_BUFFER_LEN)) {
    rb_pipe_from_client(proxy->pipe, conn->inbuf, to_target, to_client);
  }
}

static void try_next(rb_proxy_t *proxy, int reason);
static void run(void *owner);

/** The target of <b>proxy</b> broke off before anything was asked.  Within the
 * time that it has to be there that is as good as not there: the first request
 * has a page.  Later it is tired of waiting, and so are we. */
static void
lose_target(rb_proxy_t *proxy)
{
  if (rb_now_mono() >= proxy->opened_at +
      proxy->service->state->config->target_timeout) {
    finish(proxy);
    return;
  }
  rb_outlet_free(proxy->outlet);
  run(proxy);
}

/** Something happened at an end of <b>owner</b>, a proxied stream: move bytes,
 * and see what comes of it. */
static void
run(void *owner)
{
  rb_proxy_t *proxy = owner;
  buf_t *to_target, *to_client;

  if (proxy->is_moving || proxy->is_done || !proxy->has_target) {
    return;
  }
  proxy->is_moving = true;
  to_target = buf_new();
  to_client = buf_new();
  move_bytes(proxy, to_target, to_client);
  note_moved(proxy, buf_datalen(to_target), buf_datalen(to_client));
  rb_outlet_send(proxy->outlet, to_target);
  send_to_client(proxy, to_client);
  buf_free(to_target);
  buf_free(to_client);
  if (!proxy->is_open && rb_pipe_get_fault(proxy->pipe)) {
    log_info(LD_REND, "TLS to a target of %s failed: %s.",
             safe_str_client(proxy->service->address),
             rb_pipe_get_fault(proxy->pipe));
    proxy->is_moving = false;
    try_next(proxy, END_STREAM_REASON_CONNECTREFUSED);
    return;
  }
  if (rb_pipe_is_ready(proxy->pipe)) {
    open_stream(proxy);
  }
  proxy->is_moving = false;
  if (proxy->outlet && rb_pipe_has_failed(proxy->pipe)) {
    lose_target(proxy);
  } else if (proxy->waits_for == RB_HTTP_OVER) {
    finish(proxy);
  } else {
    set_reading(proxy);
  }
}

/** The target of <b>owner</b>, a proxied stream, is there. */
static void
target_opened(void *owner)
{
  rb_proxy_t *proxy = owner;
  proxy->has_target = true;
  proxy->opened_at = rb_now_mono();
  run(proxy);
}

/** The target of <b>owner</b>, a proxied stream, is not there any more, for
 * <b>reason</b>. */
static void
target_ended(void *owner, int reason)
{
  rb_proxy_t *proxy = owner;
  proxy->has_ended = true;
  if (proxy->is_open) {
    run(proxy);
  } else if (!proxy->is_done) {
    try_next(proxy, reason);
  }
}

static const rb_outlet_calls_t outlet_calls = {
  target_opened, run, run, target_ended,
};

/** The client of <b>owner</b>, a proxied stream, has hung up. */
static void
client_ended(void *owner)
{
  rb_proxy_t *proxy = owner;
  proxy->client_has_ended = true;
  if (proxy->has_target && !proxy->is_done && !proxy->is_moving) {
    buf_t *to_target = buf_new();
    run(proxy);
    rb_pipe_client_eof(proxy->pipe, to_target);
    rb_outlet_send(proxy->outlet, to_target);
    buf_free(to_target);
  }
  finish(proxy);
}

static const rb_inner_calls_t client_calls = {
  run, run, client_ended, client_ended,
};

/** No target of <b>proxy</b> is left, the last for <b>reason</b>: the stream
 * fails, or waits for a request to answer with a page. */
static void
give_up(rb_proxy_t *proxy, int reason)
{
  connection_t *stream = client_stream(proxy);
  buf_t *to_client;
  if (!stream || !proxy->pipe || !rb_pipe_has_pages(proxy->pipe)) {
    if (stream) {
      rb_forward_note(proxy->service, false);
      connection_edge_end(TO_EDGE_CONN(stream), rb_forward_reason(reason));
      connection_mark_for_close(stream);
    }
    finish(proxy);
    return;
  }
  to_client = buf_new();
  rb_pipe_fail(proxy->pipe, reason == END_STREAM_REASON_TIMEOUT ?
               RB_HTTP_SLOW_TARGET : RB_HTTP_NO_TARGET, to_client);
  buf_free(to_client);
  proxy->has_target = true;
  open_stream(proxy);
}

/** Return a new pipe between the client of <b>proxy</b> and
 * <b>target</b>. */
static rb_pipe_t *
make_pipe(const rb_proxy_t *proxy, const rb_target_t *target)
{
  rb_http_names_t names = {
    .target_host = target->host,
    .target_port = target->port,
    .target_is_tls = rb_target_is_tls(target),
    .service_port = proxy->virtual_port,
  };
  char circuit_id[RB_CIRCUIT_ID_LEN + 1];
  char *service_host = NULL;
  rb_pipe_t *pipe;

  tor_asprintf(&service_host, "%s.onion", proxy->service->address);
  names.service_host = service_host;
  if (proxy->service->state->config->export_circuit) {
    rb_circuit_id_print(proxy->circuit_number, circuit_id);
    names.circuit_id = circuit_id;
  }
  pipe = rb_pipe_new(rb_target_is_http(target) ? &names : NULL,
                     rb_target_is_tls(target) ?
                     rb_forward_get_tls(proxy->service, target) : NULL);
  tor_free(service_host);
  return pipe;
}

/** Open an outlet for <b>proxy</b> to the next of its targets; the one before
 * failed for <b>reason</b>.  If there is none left, give up. */
static void
try_next(rb_proxy_t *proxy, int reason)
{
  rb_outlet_free(proxy->outlet);
  proxy->has_target = proxy->has_ended = false;
  while (!proxy->outlet && smartlist_len(proxy->candidates)) {
    rb_target_t *target = smartlist_get(proxy->candidates, 0);
    smartlist_del_keeporder(proxy->candidates, 0);
    rb_pipe_free(proxy->pipe);
    proxy->pipe = make_pipe(proxy, target);
    proxy->outlet =
      rb_outlet_open(target,
                     rb_pool_pick_group(proxy->service->pool, target),
                     &outlet_calls, proxy);
    rb_target_free(target);
  }
  proxy->waits_since = rb_now_mono();
  if (!proxy->outlet) {
    give_up(proxy, reason);
  }
}

/** Let the client's <b>stream</b>, attached to its rendezvous circuit, go
 * through us to the first of <b>candidates</b> that is there, a list of
 * rb_target_t, which is taken.  If that can't be, end it. */
void
rb_proxy_start(rb_service_t *service, smartlist_t *candidates,
               edge_connection_t *stream)
{
  rb_proxy_t *proxy;
  connection_t *conn;

  if (rb_stream_add(stream) < 0) {
    rb_targets_free(candidates);
    return;
  }
  proxy = tor_malloc_zero(sizeof(*proxy));
  proxy->service = service;
  proxy->candidates = candidates;
  proxy->virtual_port = stream->hs_ident->orig_virtual_port;
  proxy->circuit_number =
    TO_ORIGIN_CIRCUIT(stream->on_circuit)->global_identifier;
  proxy->client = rb_inner_new(AF_INET, &client_calls, proxy);
  conn = rb_inner_get_conn(proxy->client);
  conn->linked = 1;
  if (connection_add(conn) < 0) {
    connection_edge_end(stream, END_STREAM_REASON_RESOURCELIMIT);
    connection_mark_for_close(TO_CONN(stream));
    rb_inner_discard(proxy->client);
    rb_targets_free(candidates);
    tor_free(proxy);
    return;
  }
  connection_link_connections(conn, TO_CONN(stream));
  smartlist_add(service->proxies, proxy);
  try_next(proxy, END_STREAM_REASON_RESOURCELIMIT);
}

/** Release <b>proxy</b>; NULL is fine.  Its ends are closed, after what was
 * sent. */
void
rb_proxy_free_(rb_proxy_t *proxy)
{
  if (!proxy) {
    return;
  }
  finish(proxy);
  rb_inner_free(proxy->client);
  rb_outlet_free(proxy->outlet);
  rb_pipe_free(proxy->pipe);
  rb_targets_free(proxy->candidates);
  tor_free(proxy);
}

/** <b>proxy</b> has waited too long: tell its client, as far as that is
 * possible. */
static void
time_out(rb_proxy_t *proxy)
{
  buf_t *to_client = buf_new();
  const bool target_is_slow = proxy->waits_for == RB_HTTP_ANSWER ||
    rb_outlet_get_unsent(proxy->outlet) > 0;
  rb_pipe_fail(proxy->pipe, target_is_slow ? RB_HTTP_SLOW_TARGET :
                                             RB_HTTP_SLOW_CLIENT, to_client);
  send_to_client(proxy, to_client);
  buf_free(to_client);
  finish(proxy);
}

/** End what <b>proxy</b> waits for at monotonic milliseconds <b>now</b> if
 * that takes too long by <b>config</b>. */
static void
check_time(rb_proxy_t *proxy, const rb_config_t *config, uint64_t now)
{
  if (!proxy->is_open) {
    if (now >= proxy->waits_since + config->target_timeout) {
      rb_outlet_blame_circuit(proxy->outlet);
      try_next(proxy, END_STREAM_REASON_TIMEOUT);
    }
  } else if (proxy->waits_for == RB_HTTP_HEAD) {
    if (now >= proxy->waits_since + config->head_timeout) {
      time_out(proxy);
    }
  } else if (now >= MAX(proxy->waits_since, proxy->moved_at) +
             config->idle_timeout) {
    time_out(proxy);
  }
}

/** Return true iff the client of <b>proxy</b> is gone, and nothing of what it
 * sent is for the target: what waits until that has room is. */
static bool
has_lost_client(const rb_proxy_t *proxy)
{
  const connection_t *conn = client_conn(proxy);
  return !conn || !conn->linked_conn ||
    (conn->linked_conn->marked_for_close && !connection_is_reading(conn) &&
     rb_outlet_get_unsent(proxy->outlet) < RB_PROXY_BUFFER_LEN);
}

/** Look after the proxied streams of <b>service</b>: end those that wait too
 * long, or whose client is gone, and free those that are done. */
void
rb_proxies_sweep(rb_service_t *service)
{
  const uint64_t now = rb_now_mono();

  SMARTLIST_FOREACH_BEGIN(service->proxies, rb_proxy_t *, proxy) {
    if (!proxy->is_done && has_lost_client(proxy)) {
      client_ended(proxy);
    }
    if (!proxy->is_done) {
      check_time(proxy, service->state->config, now);
    }
    if (proxy->is_done) {
      SMARTLIST_DEL_CURRENT(service->proxies, proxy);
      rb_proxy_free(proxy);
    }
  } SMARTLIST_FOREACH_END(proxy);
}
