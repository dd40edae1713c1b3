/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_framing.h
 * @brief Header file for rbalance_http_framing.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_FRAMING_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_FRAMING_H

#include "feature/rbalance/rbalance_http_head.h"

/** How the end of a body is found. */
typedef enum {
  RB_HTTP_BODY_NONE = 0,
  RB_HTTP_BODY_LENGTH,
  RB_HTTP_BODY_CHUNKED,
  /** It ends where the connection does. */
  RB_HTTP_BODY_EOF,
} rb_http_bodykind_t;

/** What a head says of the body. */
typedef struct rb_http_framing_t {
  rb_http_bodykind_t body;
  /** Its bytes, if they are known. */
  uint64_t length;
} rb_http_framing_t;

int rb_http_framing_read(const rb_http_head_t *head,
                         rb_http_framing_t *framing_out);
void rb_http_framing_write(const rb_http_framing_t *framing,
                           rb_http_head_t *head);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_FRAMING_H) */
