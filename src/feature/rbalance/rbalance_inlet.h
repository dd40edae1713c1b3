/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inlet.h
 * @brief Header file for rbalance_inlet.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_INLET_H
#define TOR_FEATURE_RBALANCE_RBALANCE_INLET_H

#include "feature/rbalance/rbalance_inner.h"
#include "lib/buf/buffers.h"

struct edge_connection_t;

/** The end of a client's stream in the module. */
typedef struct rb_inlet_t rb_inlet_t;

rb_inlet_t *rb_inlet_open(struct edge_connection_t *stream,
                          const rb_inner_calls_t *calls, void *owner);
void rb_inlet_free_(rb_inlet_t *inlet);
#define rb_inlet_free(inlet) \
  FREE_AND_NULL(rb_inlet_t, rb_inlet_free_, (inlet))

bool rb_inlet_is_waiting(const rb_inlet_t *inlet);
void rb_inlet_accept(rb_inlet_t *inlet);
void rb_inlet_refuse(rb_inlet_t *inlet, int reason);

buf_t *rb_inlet_get_inbuf(const rb_inlet_t *inlet);
void rb_inlet_send(rb_inlet_t *inlet, buf_t *bytes);
size_t rb_inlet_get_unsent(const rb_inlet_t *inlet);
void rb_inlet_pause(rb_inlet_t *inlet, bool is_paused);
bool rb_inlet_is_lost(const rb_inlet_t *inlet, bool may_be_read);

void rb_inlet_close(rb_inlet_t *inlet, uint64_t now);
bool rb_inlet_lingers(rb_inlet_t *inlet, uint64_t timeout, uint64_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_INLET_H) */
