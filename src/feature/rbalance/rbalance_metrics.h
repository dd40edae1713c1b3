/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_metrics.h
 * @brief Header file for rbalance_metrics.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_METRICS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_METRICS_H

struct smartlist_t;

const struct smartlist_t *rb_metrics_get_stores(void);
void rb_metrics_free_all(void);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_METRICS_H) */
