/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inner.h
 * @brief Header file for rbalance_inner.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_INNER_H
#define TOR_FEATURE_RBALANCE_RBALANCE_INNER_H

#include "lib/cc/torint.h"
#include "lib/malloc/malloc.h"

struct connection_t;

/** What the owner of an inner connection is called for.  Each of these may
 * close the connection. */
typedef struct rb_inner_calls_t {
  /** Bytes arrived in the connection's inbuf. */
  void (*arrived)(void *owner);
  /** The connection's outbuf is empty again. */
  void (*flushed)(void *owner);
  /** There is nothing more to read. */
  void (*reached_eof)(void *owner);
  /** tor is about to free the connection; called last.  The inner connection
   * is the owner's still, without one of tor's. */
  void (*closing)(void *owner);
} rb_inner_calls_t;

/** A connection of tor's that ends in the module. */
typedef struct rb_inner_t rb_inner_t;

struct connection_t *rb_inner_conn_new(int family);
rb_inner_t *rb_inner_new(int family, const rb_inner_calls_t *calls,
                         void *owner);
void rb_inner_free_(rb_inner_t *inner);
#define rb_inner_free(inner) \
  FREE_AND_NULL(rb_inner_t, rb_inner_free_, (inner))
void rb_inner_discard(rb_inner_t *inner);
struct connection_t *rb_inner_get_conn(const rb_inner_t *inner);
struct connection_t *rb_inner_get_open_conn(const rb_inner_t *inner);
void *rb_inner_get_owner(const struct connection_t *conn,
                         const rb_inner_calls_t *calls);
void rb_inner_pause(const rb_inner_t *inner, bool is_paused);
void rb_inner_forget_all(void);

bool rb_inner_arrived(const struct connection_t *conn);
bool rb_inner_flushed(const struct connection_t *conn);
bool rb_inner_reached_eof(const struct connection_t *conn);
void rb_inner_closing(const struct connection_t *conn);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_INNER_H) */
