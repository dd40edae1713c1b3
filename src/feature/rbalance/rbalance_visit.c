/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_visit.c
 * @brief One probe: connect, and ask if there is something to ask.
 *
 * A backend, or a target that speaks TCP, is there when it accepts a
 * connection; one that speaks TLS, when the handshake succeeds; and a web
 * server, when the status of its answer is below 400.  rbalance_prober.c says
 * when to probe, and ends what takes too long.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_visit.h"

#include "app/config/config.h"
#include "core/or/reasons.h"
#include "feature/rbalance/rbalance_inquiry.h"
#include "feature/rbalance/rbalance_outlet.h"
#include "feature/rbalance/rbalance_target.h"

/** See rbalance_visit.h. */
struct rb_visit_t {
  /** What is visited, owned; NULL if that is a port of the service. */
  rb_target_t *target;
  /** What a web server is asked for, owned; or NULL. */
  char *path;
  rb_outlet_t *outlet;
  /** True iff the connection is open. */
  bool is_open;
  /** NULL without TLS; and what came through it. */
  rb_tls_t *tls;
  buf_t *plain;
  /** NULL until a web server was asked. */
  rb_inquiry_t *inquiry;
  rb_visit_done_fn_t done;
  void *owner;
};

/** Return true iff <b>visit</b> is to a web server. */
static bool
asks(const rb_visit_t *visit)
{
  return visit->target && rb_target_is_http(visit->target);
}

/** Tell the owner of <b>visit</b>, which that may free, how it ended. */
static void
finish(rb_visit_t *visit, rb_outcome_t outcome, int status)
{
  visit->done(visit->owner, outcome, status);
}

/** Send <b>visit</b>'s question. */
static void
ask(rb_visit_t *visit)
{
  const rb_target_t *target = visit->target;
  buf_t *request = buf_new(), *out = buf_new();

  visit->inquiry = rb_inquiry_new();
  rb_inquiry_write(target->host, target->port, rb_target_is_tls(target),
                   visit->path, request);
  if (visit->tls) {
    rb_tls_write(visit->tls, request, out);
  }
  rb_outlet_send(visit->outlet, visit->tls ? out : request);
  buf_free(request);
  buf_free(out);
}

/** Read from <b>in</b> the answer to the question of <b>visit</b>.  Return
 * true iff that ended it. */
static bool
read_answer(rb_visit_t *visit, buf_t *in)
{
  const int status = rb_inquiry_read(visit->inquiry, in);
  if (status < 0) {
    finish(visit, RB_OUTCOME_MALFORMED, 0);
  } else if (status > 0) {
    finish(visit, status < 400 ? RB_OUTCOME_GOOD : RB_OUTCOME_HTTP, status);
  }
  return status != 0;
}

/** Go on with the TLS of <b>visit</b>, and with what comes after.  Return true
 * iff that ended it. */
static bool
advance_tls(rb_visit_t *visit, buf_t *in)
{
  buf_t *out = buf_new();
  const rb_tls_status_t status = rb_tls_read(visit->tls, in, visit->plain,
                                             out);
  rb_outlet_send(visit->outlet, out);
  buf_free(out);
  switch (status) {
    case RB_TLS_HANDSHAKE:
      return false;
    case RB_TLS_FAILED:
      log_info(LD_REND, "A probe of %s: %s.",
               safe_str_client(visit->target->url),
               rb_tls_get_fault(visit->tls));
      finish(visit, RB_OUTCOME_TLS, 0);
      return true;
    case RB_TLS_OPEN:
    case RB_TLS_CLOSED:
      break;
  }
  if (!asks(visit)) {
    finish(visit, RB_OUTCOME_GOOD, 0);
    return true;
  }
  if (!visit->inquiry) {
    ask(visit);
  }
  return read_answer(visit, visit->plain);
}

/** Go on with <b>visit</b>, whose connection is open, with what has arrived.
 * Return true iff that ended it. */
static bool
advance(rb_visit_t *visit)
{
  buf_t *in = rb_outlet_get_inbuf(visit->outlet);
  if (!in) {
    return false;
  }
  return visit->tls ? advance_tls(visit, in) : read_answer(visit, in);
}

/** The connection of <b>owner</b>, a visit, is open. */
static void
outlet_opened(void *owner)
{
  rb_visit_t *visit = owner;
  visit->is_open = true;
  if (visit->tls) {
    advance(visit);
  } else if (asks(visit)) {
    ask(visit);
  } else {
    finish(visit, RB_OUTCOME_GOOD, 0);
  }
}

/** Bytes arrived for <b>owner</b>, a visit. */
static void
outlet_arrived(void *owner)
{
  rb_visit_t *visit = owner;
  if (visit->is_open) {
    advance(visit);
  }
}

/** Everything that <b>owner</b>, a visit, sent is on its way. */
static void
outlet_flushed(void *owner)
{
  (void) owner;
}

/** Return how a probe ended whose connection was never open, for
 * <b>reason</b>, one of END_STREAM_REASON_*. */
static rb_outcome_t
outcome_of_failure(int reason)
{
  switch (reason & END_STREAM_REASON_MASK) {
    case END_STREAM_REASON_CONNECTREFUSED:
    case END_STREAM_REASON_CONNRESET:
    /* All that an onion service says of a port that it does not have, or a
     * server that it does not reach. */
    case END_STREAM_REASON_DONE:
    case END_STREAM_REASON_MISC:
      return RB_OUTCOME_REFUSED;
    case END_STREAM_REASON_TIMEOUT:
      return RB_OUTCOME_TIMEOUT;
    default:
      return RB_OUTCOME_UNREACHABLE;
  }
}

/** The connection of <b>owner</b>, a visit, has ended for <b>reason</b>. */
static void
outlet_ended(void *owner, int reason)
{
  rb_visit_t *visit = owner;
  if (!visit->is_open) {
    log_info(LD_REND, "A probe found no way: %s.",
             stream_end_reason_to_string(reason & END_STREAM_REASON_MASK));
    finish(visit, outcome_of_failure(reason), 0);
  } else if (!advance(visit)) {
    finish(visit, RB_OUTCOME_CLOSED, 0);
  }
}

static const rb_outlet_calls_t calls = {
  outlet_opened, outlet_arrived, outlet_flushed, outlet_ended,
};

/** Return a new visit of <b>owner</b>, which goes nowhere yet. */
static rb_visit_t *
visit_new(rb_visit_done_fn_t done, void *owner)
{
  rb_visit_t *visit = tor_malloc_zero(sizeof(*visit));
  visit->done = done;
  visit->owner = owner;
  return visit;
}

/** Begin to probe <b>target</b>, with TLS unless <b>tls_target</b> is NULL,
 * on circuits of <b>session_group</b>; if it is a web server, it is asked for
 * <b>path</b>.  <b>done</b> is called with <b>owner</b> in the end.  Return
 * the visit, owned by the caller; or NULL if that failed at once. */
rb_visit_t *
rb_visit_target(const rb_target_t *target, rb_tls_target_t *tls_target,
                const char *path, int session_group,
                rb_visit_done_fn_t done, void *owner)
{
  rb_visit_t *visit = visit_new(done, owner);
  visit->target = rb_target_dup(target);
  visit->path = tor_strdup(path);
  if (tls_target) {
    visit->tls = rb_tls_new(tls_target);
    visit->plain = buf_new();
  }
  visit->outlet = rb_outlet_open(target, session_group, &calls, visit);
  if (!visit->outlet) {
    rb_visit_free(visit);
  }
  return visit;
}

/** Begin to probe what <b>port</b> leads to; else as rb_visit_target(). */
rb_visit_t *
rb_visit_port(const struct hs_port_config_t *port, rb_visit_done_fn_t done,
              void *owner)
{
  rb_visit_t *visit = visit_new(done, owner);
  visit->outlet = rb_outlet_open_port(port, &calls, visit);
  if (!visit->outlet) {
    rb_visit_free(visit);
  }
  return visit;
}

/** <b>visit</b> took too long: see rb_outlet_blame_circuit(). */
void
rb_visit_blame_circuit(const rb_visit_t *visit)
{
  rb_outlet_blame_circuit(visit->outlet);
}

/** End <b>visit</b>, and release it; its owner is not called.  NULL is
 * fine. */
void
rb_visit_free_(rb_visit_t *visit)
{
  if (!visit) {
    return;
  }
  rb_outlet_free(visit->outlet);
  rb_tls_free(visit->tls);
  buf_free(visit->plain);
  rb_inquiry_free(visit->inquiry);
  rb_target_free(visit->target);
  tor_free(visit->path);
  tor_free(visit);
}
