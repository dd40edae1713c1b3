/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http.h
 * @brief Header file for rbalance_http.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_H

#include "lib/buf/buffers.h"
#include "lib/malloc/malloc.h"

/** The names of both ends of a proxied connection, without which no head can
 * be rewritten. */
typedef struct rb_http_names_t {
  /** The target's host as a request names it, in lower case, an IPv6 address
   * in brackets; and its port. */
  const char *target_host;
  uint16_t target_port;
  /** True iff the target is reached with TLS. */
  bool target_is_tls;
  /** The service's name with ".onion", and the port that clients use. */
  const char *service_host;
  uint16_t service_port;
  /** What the target is told of the client's circuit, or NULL. */
  const char *circuit_id;
} rb_http_names_t;

/** What a proxied connection waits for. */
typedef enum {
  /** The next request of the client; nothing is under way. */
  RB_HTTP_IDLE = 0,
  /** The rest of a head that has begun to arrive. */
  RB_HTTP_HEAD,
  /** The head of the target's answer to a request that has arrived. */
  RB_HTTP_ANSWER,
  /** More of a body, in either direction. */
  RB_HTTP_BODY,
  /** Bytes of another protocol, after an upgrade. */
  RB_HTTP_RAW,
  /** Nothing: when what is for the client is sent, hang up. */
  RB_HTTP_OVER,
} rb_http_wait_t;

/** Why there is no answer of a target; each is an error page. */
typedef enum {
  /** The target can't be reached, or hung up before it answered (502). */
  RB_HTTP_NO_TARGET = 0,
  /** The target took too long (504). */
  RB_HTTP_SLOW_TARGET,
  /** The client took too long for its head (408). */
  RB_HTTP_SLOW_CLIENT,
} rb_http_failure_t;

typedef struct rb_http_t rb_http_t;

rb_http_t *rb_http_new(const rb_http_names_t *names);
void rb_http_free_(rb_http_t *http);
#define rb_http_free(http) FREE_AND_NULL(rb_http_t, rb_http_free_, (http))

void rb_http_client_read(rb_http_t *http, buf_t *from_client,
                         buf_t *to_target, buf_t *to_client);
void rb_http_target_read(rb_http_t *http, buf_t *from_target,
                         buf_t *to_client);
void rb_http_target_eof(rb_http_t *http, buf_t *to_client);
void rb_http_fail(rb_http_t *http, rb_http_failure_t failure,
                  buf_t *to_client);
bool rb_http_has_failed(const rb_http_t *http);
rb_http_wait_t rb_http_waits_for(const rb_http_t *http);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_H) */
