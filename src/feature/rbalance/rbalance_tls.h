/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_tls.h
 * @brief Header file for rbalance_tls.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_TLS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_TLS_H

#include "lib/buf/buffers.h"
#include "lib/malloc/malloc.h"

/** What all TLS connections to one target share: settings, and the session
 * that the next one resumes. */
typedef struct rb_tls_target_t rb_tls_target_t;
/** One TLS connection to a target. */
typedef struct rb_tls_t rb_tls_t;

/** How a TLS connection stands. */
typedef enum {
  RB_TLS_HANDSHAKE = 0,
  RB_TLS_OPEN,
  /** The target said that it sends nothing more; it may still read. */
  RB_TLS_CLOSED,
  RB_TLS_FAILED,
} rb_tls_status_t;

rb_tls_target_t *rb_tls_target_new(const char *host, bool check_certificate,
                                   bool is_http);
void rb_tls_target_free_(rb_tls_target_t *target);
#define rb_tls_target_free(target) \
  FREE_AND_NULL(rb_tls_target_t, rb_tls_target_free_, (target))
const char *rb_tls_target_get_fault(const rb_tls_target_t *target);

rb_tls_t *rb_tls_new(rb_tls_target_t *target);
void rb_tls_free_(rb_tls_t *tls);
#define rb_tls_free(tls) FREE_AND_NULL(rb_tls_t, rb_tls_free_, (tls))

rb_tls_status_t rb_tls_read(rb_tls_t *tls, buf_t *from_target, buf_t *plain,
                            buf_t *to_target);
rb_tls_status_t rb_tls_write(rb_tls_t *tls, buf_t *plain, buf_t *to_target);
void rb_tls_shutdown(rb_tls_t *tls, buf_t *to_target);
const char *rb_tls_get_fault(const rb_tls_t *tls);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_TLS_H) */
