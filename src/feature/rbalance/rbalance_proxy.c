/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_proxy.c
 * @brief Streams of clients whose bytes go through the module to a target.
 *
 * The client's stream ends at an inlet, and an outlet leads to the target;
 * between the two is a pipe.  Nobody is read from while the
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
#include "core/or/circuitlist.h"
#include "feature/hs/hs_ident.h"
#include "feature/rbalance/rbalance_circuit_id.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_inlet.h"
#include "feature/rbalance/rbalance_outlet.h"
#include "feature/rbalance/rbalance_pipe.h"
#include "feature/rbalance/rbalance_pool.h"
#include "lib/intmath/cmp.h"

#include "core/or/edge_connection_st.h"
#include "core/or/origin_circuit_st.h"

/** Bytes that may wait to be sent to one end before the other is not read
 * from any more. */
#define RB_PROXY_BUFFER_LEN 65536

struct rb_proxy_t {
  rb_service_t *service;
  /** Where the client's stream ends. */
  rb_inlet_t *inlet;
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
  /** True iff it is freed when the client has taken what it was sent. */
  bool is_done;
};

/** Have nothing more to do with either end of <b>proxy</b>, after what was
 * sent. */
static void
finish(rb_proxy_t *proxy)
{
  proxy->is_done = true;
  rb_outlet_pause(proxy->outlet, true);
  rb_inlet_close(proxy->inlet, rb_now_mono());
}

/** Tell the client of <b>proxy</b>, unless it knows, that its stream is
 * open. */
static void
open_stream(rb_proxy_t *proxy)
{
  if (!proxy->is_open && rb_inlet_is_waiting(proxy->inlet)) {
    proxy->is_open = true;
    rb_forward_note(proxy->service, proxy->outlet);
    rb_inlet_accept(proxy->inlet);
  }
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
  const buf_t *from_client = rb_inlet_get_inbuf(proxy->inlet);

  rb_outlet_pause(proxy->outlet,
                  rb_inlet_get_unsent(proxy->inlet) >= RB_PROXY_BUFFER_LEN);
  rb_inlet_pause(proxy->inlet, !proxy->is_open || !from_client ||
                 buf_datalen(from_client) >= RB_PROXY_BUFFER_LEN ||
                 rb_outlet_get_unsent(proxy->outlet) >= RB_PROXY_BUFFER_LEN);
}

/** Move what arrived at the ends of <b>proxy</b>, as far as there is room; all
 * of it if nothing can come any more, for it would be lost. */
static void
move_bytes(rb_proxy_t *proxy, buf_t *to_target, buf_t *to_client)
{
  buf_t *from_client = rb_inlet_get_inbuf(proxy->inlet);
  buf_t *from_target = proxy->outlet ? rb_outlet_get_inbuf(proxy->outlet) :
                                       NULL;

  if (from_target && (proxy->has_ended ||
                      rb_inlet_get_unsent(proxy->inlet) <
                        RB_PROXY_BUFFER_LEN)) {
    rb_pipe_from_target(proxy->pipe, from_target, to_client, to_target);
  }
  if (proxy->has_ended) {
    rb_pipe_target_eof(proxy->pipe, to_client);
  }
  if (from_client && (proxy->client_has_ended ||
                      rb_outlet_get_unsent(proxy->outlet) <
                        RB_PROXY_BUFFER_LEN)) {
    rb_pipe_from_client(proxy->pipe, from_client, to_target, to_client);
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
  rb_inlet_send(proxy->inlet, to_client);
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
  const bool is_waiting = rb_inlet_is_waiting(proxy->inlet);
  buf_t *to_client;
  if (!is_waiting || !proxy->pipe || !rb_pipe_has_pages(proxy->pipe)) {
    if (is_waiting) {
      rb_forward_note(proxy->service, false);
      rb_inlet_refuse(proxy->inlet, rb_forward_reason(reason));
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
  rb_proxy_t *proxy = tor_malloc_zero(sizeof(*proxy));

  proxy->service = service;
  proxy->candidates = candidates;
  proxy->virtual_port = stream->hs_ident->orig_virtual_port;
  proxy->circuit_number =
    TO_ORIGIN_CIRCUIT(stream->on_circuit)->global_identifier;
  proxy->inlet = rb_inlet_open(stream, &client_calls, proxy);
  if (!proxy->inlet) {
    rb_targets_free(proxy->candidates);
    tor_free(proxy);
    return;
  }
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
  rb_inlet_free(proxy->inlet);
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
  rb_inlet_send(proxy->inlet, to_client);
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

/** <b>proxy</b> is done: release what it does not need any more.  Return true
 * iff at <b>now</b> its client has not taken yet what it was sent. */
static bool
lingers(rb_proxy_t *proxy, uint64_t now)
{
  rb_outlet_free(proxy->outlet);
  rb_pipe_free(proxy->pipe);
  return rb_inlet_lingers(proxy->inlet,
                          proxy->service->state->config->idle_timeout, now);
}

/** Look after the proxied streams of <b>service</b>: end those that wait too
 * long, or whose client is gone, and free those that are done. */
void
rb_proxies_sweep(rb_service_t *service)
{
  const uint64_t now = rb_now_mono();

  SMARTLIST_FOREACH_BEGIN(service->proxies, rb_proxy_t *, proxy) {
    if (!proxy->is_done &&
        rb_inlet_is_lost(proxy->inlet, rb_outlet_get_unsent(proxy->outlet) <
                           RB_PROXY_BUFFER_LEN)) {
      client_ended(proxy);
    }
    if (!proxy->is_done) {
      check_time(proxy, service->state->config, now);
    }
    if (proxy->is_done && !lingers(proxy, now)) {
      SMARTLIST_DEL_CURRENT(service->proxies, proxy);
      rb_proxy_free(proxy);
    }
  } SMARTLIST_FOREACH_END(proxy);
}
