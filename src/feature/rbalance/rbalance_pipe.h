/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_pipe.h
 * @brief Header file for rbalance_pipe.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_PIPE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_PIPE_H

#include "feature/rbalance/rbalance_http.h"
#include "feature/rbalance/rbalance_tls.h"

/** What becomes of the bytes between a client and a target. */
typedef struct rb_pipe_t rb_pipe_t;

rb_pipe_t *rb_pipe_new(const rb_http_names_t *names,
                       rb_tls_target_t *tls_target);
void rb_pipe_free_(rb_pipe_t *pipe);
#define rb_pipe_free(pipe) FREE_AND_NULL(rb_pipe_t, rb_pipe_free_, (pipe))

void rb_pipe_from_client(rb_pipe_t *pipe, buf_t *from_client,
                         buf_t *to_target, buf_t *to_client);
void rb_pipe_from_target(rb_pipe_t *pipe, buf_t *from_target,
                         buf_t *to_client, buf_t *to_target);
void rb_pipe_target_eof(rb_pipe_t *pipe, buf_t *to_client);
void rb_pipe_client_eof(rb_pipe_t *pipe, buf_t *to_target);
void rb_pipe_fail(rb_pipe_t *pipe, rb_http_failure_t failure,
                  buf_t *to_client);
bool rb_pipe_is_ready(const rb_pipe_t *pipe);
bool rb_pipe_has_failed(const rb_pipe_t *pipe);
bool rb_pipe_has_pages(const rb_pipe_t *pipe);
const char *rb_pipe_get_fault(const rb_pipe_t *pipe);
rb_http_wait_t rb_pipe_waits_for(const rb_pipe_t *pipe);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_PIPE_H) */
