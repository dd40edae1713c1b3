/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_proxy.h
 * @brief Header file for rbalance_proxy.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_PROXY_H
#define TOR_FEATURE_RBALANCE_RBALANCE_PROXY_H

#include "feature/rbalance/rbalance_service.h"

struct edge_connection_t;

/** A client's stream that goes through the module to a target. */
typedef struct rb_proxy_t rb_proxy_t;

void rb_proxy_start(rb_service_t *service, smartlist_t *candidates,
                    struct edge_connection_t *stream);
void rb_proxy_free_(rb_proxy_t *proxy);
#define rb_proxy_free(proxy) \
  FREE_AND_NULL(rb_proxy_t, rb_proxy_free_, (proxy))
void rb_proxies_sweep(rb_service_t *service);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_PROXY_H) */
