/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inquiry.h
 * @brief Header file for rbalance_inquiry.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_INQUIRY_H
#define TOR_FEATURE_RBALANCE_RBALANCE_INQUIRY_H

#include "lib/buf/buffers.h"
#include "lib/malloc/malloc.h"

/** The question of a probe to a web server, and what came back so far. */
typedef struct rb_inquiry_t rb_inquiry_t;

rb_inquiry_t *rb_inquiry_new(void);
void rb_inquiry_free_(rb_inquiry_t *inquiry);
#define rb_inquiry_free(inquiry) \
  FREE_AND_NULL(rb_inquiry_t, rb_inquiry_free_, (inquiry))
void rb_inquiry_write(const char *host, uint16_t port, bool is_tls,
                      const char *path, buf_t *out);
int rb_inquiry_read(rb_inquiry_t *inquiry, buf_t *in);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_INQUIRY_H) */
