/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_pool.h
 * @brief Header file for rbalance_pool.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_POOL_H
#define TOR_FEATURE_RBALANCE_RBALANCE_POOL_H

#include "feature/rbalance/rbalance_config_st.h"
#include "feature/rbalance/rbalance_target.h"

/** The circuits that one service keeps to its targets. */
typedef struct rb_pool_t rb_pool_t;

rb_pool_t *rb_pool_new(const rb_config_t *config);
void rb_pool_free_(rb_pool_t *pool);
#define rb_pool_free(pool) FREE_AND_NULL(rb_pool_t, rb_pool_free_, (pool))
void rb_pool_reload(rb_pool_t *pool, const rb_config_t *config);
void rb_pool_run(rb_pool_t *pool, const smartlist_t *probes, uint64_t now);
int rb_pool_pick_group(rb_pool_t *pool, const rb_target_t *target);
void rb_pool_time_stream(const entry_connection_t *stream);
void rb_pool_stream_answered(const entry_connection_t *stream, bool is_open);
int rb_pool_count_ready(rb_pool_t *pool, const rb_target_t *target);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_POOL_H) */
