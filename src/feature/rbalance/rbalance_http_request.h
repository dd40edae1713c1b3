/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_request.h
 * @brief Header file for rbalance_http_request.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_REQUEST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_REQUEST_H

#include "feature/rbalance/rbalance_http.h"
#include "feature/rbalance/rbalance_http_framing.h"

/** What the answer to a request depends on. */
typedef struct rb_http_request_t {
  /** The answer has no body. */
  bool is_head;
  /** The version is 1.0. */
  bool is_old;
  /** No other request follows it. */
  bool is_last;
  /** It offers another protocol. */
  bool upgrades;
  /** The body comes only after 100 (Continue), if at all. */
  bool expects;
  rb_http_framing_t framing;
} rb_http_request_t;

int rb_http_request_rewrite(rb_http_head_t *head,
                            const rb_http_names_t *names,
                            rb_http_request_t *request_out);
int rb_http_request_rewrite_trailer(rb_http_head_t *trailer);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_REQUEST_H) */
