/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_prober.h
 * @brief Header file for rbalance_prober.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_PROBER_H
#define TOR_FEATURE_RBALANCE_RBALANCE_PROBER_H

#include "lib/container/smartlist.h"
#include "lib/malloc/malloc.h"

struct hs_service_t;
struct rb_service_t;

/** What probes the targets and backends of one service. */
typedef struct rb_prober_t rb_prober_t;

rb_prober_t *rb_prober_new(struct rb_service_t *service,
                           const struct hs_service_t *hs_service);
void rb_prober_free_(rb_prober_t *prober);
#define rb_prober_free(prober) \
  FREE_AND_NULL(rb_prober_t, rb_prober_free_, (prober))
void rb_prober_reload(rb_prober_t *prober,
                      const struct hs_service_t *hs_service);
void rb_prober_run(rb_prober_t *prober);
const smartlist_t *rb_prober_get_probes(const rb_prober_t *prober);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_PROBER_H) */
