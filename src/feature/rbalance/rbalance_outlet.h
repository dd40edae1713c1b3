/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_outlet.h
 * @brief Header file for rbalance_outlet.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_OUTLET_H
#define TOR_FEATURE_RBALANCE_RBALANCE_OUTLET_H

#include "feature/rbalance/rbalance_target.h"
#include "lib/buf/buffers.h"

struct connection_t;
struct hs_port_config_t;

/** A connection that this tor opened to a target. */
typedef struct rb_outlet_t rb_outlet_t;

/** What the owner of an outlet is called for.  None of these is called while
 * one of the functions below runs, and each may free the outlet. */
typedef struct rb_outlet_calls_t {
  /** The target is there. */
  void (*opened)(void *owner);
  /** Bytes arrived. */
  void (*arrived)(void *owner);
  /** All that was sent is on its way. */
  void (*flushed)(void *owner);
  /** The outlet failed, or was closed by the target, with <b>reason</b>, one
   * of END_STREAM_REASON_*; what had arrived can still be read. */
  void (*ended)(void *owner, int reason);
} rb_outlet_calls_t;

rb_outlet_t *rb_outlet_open(const rb_target_t *target, int session_group,
                            const rb_outlet_calls_t *calls, void *owner);
rb_outlet_t *rb_outlet_open_port(const struct hs_port_config_t *port,
                                 const rb_outlet_calls_t *calls,
                                 void *owner);
bool rb_outlet_answered(struct connection_t *conn, int reason);
void rb_outlet_free_(rb_outlet_t *outlet);
#define rb_outlet_free(outlet) \
  FREE_AND_NULL(rb_outlet_t, rb_outlet_free_, (outlet))
void rb_outlet_blame_circuit(const rb_outlet_t *outlet);
buf_t *rb_outlet_get_inbuf(rb_outlet_t *outlet);
void rb_outlet_send(rb_outlet_t *outlet, buf_t *bytes);
size_t rb_outlet_get_unsent(const rb_outlet_t *outlet);
void rb_outlet_pause(rb_outlet_t *outlet, bool is_paused);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_OUTLET_H) */
