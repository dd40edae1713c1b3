/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_response.h
 * @brief Header file for rbalance_http_response.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_RESPONSE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_RESPONSE_H

#include "feature/rbalance/rbalance_http_request.h"

/** What an answer means for its connection. */
typedef struct rb_http_response_t {
  /** Another answer to the same request follows it. */
  bool is_interim;
  /** Another protocol follows it. */
  bool upgrades;
  /** No other answer follows it. */
  bool is_last;
  rb_http_framing_t framing;
} rb_http_response_t;

int rb_http_response_rewrite(rb_http_head_t *head,
                             const rb_http_names_t *names,
                             const rb_http_request_t *request,
                             rb_http_response_t *response_out);
int rb_http_response_rewrite_trailer(rb_http_head_t *trailer,
                                     const rb_http_names_t *names);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_RESPONSE_H) */
