/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_connection.h
 * @brief Header file for rbalance_http_connection.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_CONNECTION_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_CONNECTION_H

#include "feature/rbalance/rbalance_http_head.h"

/** What a head says of its connection. */
typedef struct rb_http_connection_t {
  bool closes;
  bool keeps_alive;
  /** It offers, or accepts, another protocol. */
  bool upgrades;
  /** It takes trailers. */
  bool takes_trailers;
} rb_http_connection_t;

int rb_http_connection_take(rb_http_head_t *head,
                            rb_http_connection_t *connection_out);
void rb_http_connection_write(const rb_http_connection_t *connection,
                              rb_http_head_t *head);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_CONNECTION_H) */
