/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_pipe.c
 * @brief What becomes of the bytes between a client and its target: HTTP
 * heads are rewritten, and TLS is put around, as the target's scheme says.
 *
 * Bytes come and go in buffers; whose they are is not known here.  Neither
 * direction holds back more than one head, so that who fills the buffers
 * bounds the memory.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_pipe.h"

struct rb_pipe_t {
  /** NULL unless the target speaks HTTP. */
  rb_http_t *http;
  /** NULL unless the target speaks TLS; with what is in it, in either
   * direction, that was not taken yet. */
  rb_tls_t *tls;
  buf_t *plain_to_target;
  buf_t *plain_from_target;
  rb_tls_status_t tls_status;
  /** True iff there is nothing more to come. */
  bool is_over;
};

/** Return a new pipe that rewrites HTTP between <b>names</b>, unless that is
 * NULL, and puts TLS for <b>tls_target</b> around, unless that is NULL. */
rb_pipe_t *
rb_pipe_new(const rb_http_names_t *names, rb_tls_target_t *tls_target)
{
  rb_pipe_t *pipe = tor_malloc_zero(sizeof(*pipe));
  if (names) {
    pipe->http = rb_http_new(names);
  }
  if (tls_target) {
    pipe->tls = rb_tls_new(tls_target);
    pipe->plain_to_target = buf_new();
    pipe->plain_from_target = buf_new();
  }
  return pipe;
}

/** Release <b>pipe</b>; NULL is fine. */
void
rb_pipe_free_(rb_pipe_t *pipe)
{
  if (!pipe) {
    return;
  }
  rb_http_free(pipe->http);
  rb_tls_free(pipe->tls);
  buf_free(pipe->plain_to_target);
  buf_free(pipe->plain_from_target);
  tor_free(pipe);
}

/** Take all of <b>from_client</b> that can be taken now, and append what
 * comes of it to <b>to_target</b> and <b>to_client</b>.  With TLS this also
 * begins the handshake. */
void
rb_pipe_from_client(rb_pipe_t *pipe, buf_t *from_client, buf_t *to_target,
                    buf_t *to_client)
{
  buf_t *plain = pipe->tls ? pipe->plain_to_target : to_target;

  if (pipe->http) {
    rb_http_client_read(pipe->http, from_client, plain, to_client);
  } else {
    buf_move_all(plain, from_client);
  }
  if (pipe->tls && pipe->tls_status <= RB_TLS_OPEN) {
    pipe->tls_status = rb_tls_write(pipe->tls, plain, to_target);
  }
}

/** Take all of <b>from_target</b> that can be taken now, and append what comes
 * of it to <b>to_client</b> and, for TLS, to <b>to_target</b>.  A handshake
 * that fails is no end of the target for the client, who can still be told:
 * see rb_pipe_get_fault() and rb_pipe_fail(). */
void
rb_pipe_from_target(rb_pipe_t *pipe, buf_t *from_target, buf_t *to_client,
                    buf_t *to_target)
{
  const rb_tls_status_t before = pipe->tls_status;
  buf_t *plain = from_target;

  if (pipe->tls) {
    plain = pipe->plain_from_target;
    if (pipe->tls_status <= RB_TLS_OPEN) {
      pipe->tls_status = rb_tls_read(pipe->tls, from_target, plain,
                                     to_target);
    } else {
      buf_clear(from_target);
    }
  }
  if (pipe->http) {
    rb_http_target_read(pipe->http, plain, to_client);
  } else {
    buf_move_all(to_client, plain);
  }
  if (before == RB_TLS_OPEN && pipe->tls_status > RB_TLS_OPEN) {
    rb_pipe_target_eof(pipe, to_client);
  }
}

/** The target of <b>pipe</b> sends nothing more: append what comes of that to
 * <b>to_client</b>. */
void
rb_pipe_target_eof(rb_pipe_t *pipe, buf_t *to_client)
{
  if (pipe->http) {
    rb_http_target_eof(pipe->http, to_client);
  } else {
    pipe->is_over = true;
  }
}

/** The client of <b>pipe</b> sends nothing more, and is not there any more:
 * append what the target should have still to <b>to_target</b>. */
void
rb_pipe_client_eof(rb_pipe_t *pipe, buf_t *to_target)
{
  if (pipe->tls && pipe->tls_status == RB_TLS_OPEN) {
    rb_tls_shutdown(pipe->tls, to_target);
  }
  pipe->is_over = true;
}

/** Something took too long, or there is no target, as <b>failure</b> says:
 * append what the client is told to <b>to_client</b>.  See rb_http_fail(). */
void
rb_pipe_fail(rb_pipe_t *pipe, rb_http_failure_t failure, buf_t *to_client)
{
  if (pipe->http) {
    rb_http_fail(pipe->http, failure, to_client);
  } else {
    pipe->is_over = true;
  }
}

/** Return true iff bytes of a client can go through <b>pipe</b>: there is no
 * TLS, or its handshake is done. */
bool
rb_pipe_is_ready(const rb_pipe_t *pipe)
{
  return !pipe->tls || pipe->tls_status == RB_TLS_OPEN;
}

/** Return true iff the client of <b>pipe</b> can be told in HTTP that there is
 * no target. */
bool
rb_pipe_has_pages(const rb_pipe_t *pipe)
{
  return pipe->http;
}

/** Return true iff the target of <b>pipe</b> broke off before the client asked
 * it anything, so that the client has a page. */
bool
rb_pipe_has_failed(const rb_pipe_t *pipe)
{
  return pipe->http && rb_http_has_failed(pipe->http);
}

/** Return why TLS of <b>pipe</b> failed, or NULL if it did not. */
const char *
rb_pipe_get_fault(const rb_pipe_t *pipe)
{
  return pipe->tls_status == RB_TLS_FAILED ? rb_tls_get_fault(pipe->tls) :
                                             NULL;
}

/** Return what <b>pipe</b> waits for. */
rb_http_wait_t
rb_pipe_waits_for(const rb_pipe_t *pipe)
{
  if (pipe->is_over) {
    return RB_HTTP_OVER;
  }
  return pipe->http ? rb_http_waits_for(pipe->http) : RB_HTTP_RAW;
}
