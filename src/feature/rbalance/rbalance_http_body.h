/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_body.h
 * @brief Header file for rbalance_http_body.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_BODY_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_BODY_H

#include "feature/rbalance/rbalance_http_framing.h"

/** Where in a chunked body we are. */
typedef enum {
  RB_HTTP_CHUNK_SIZE = 0,
  RB_HTTP_CHUNK_EXTENSION,
  RB_HTTP_CHUNK_SIZE_LF,
  RB_HTTP_CHUNK_DATA,
  RB_HTTP_CHUNK_END,
  RB_HTTP_CHUNK_END_LF,
  RB_HTTP_CHUNK_TRAILER,
} rb_http_chunkstate_t;

/** A body that is being moved. */
typedef struct rb_http_body_t {
  rb_http_bodykind_t kind;
  /** Bytes to come of the body, or of a chunk. */
  uint64_t left;
  /** These are of chunked bodies: the state; the digits of the size, or the
   * bytes of the extension, so far; and the trailer. */
  rb_http_chunkstate_t state;
  int n_seen;
  rb_http_block_t trailer;
} rb_http_body_t;

void rb_http_body_begin(rb_http_body_t *body,
                        const rb_http_framing_t *framing);
bool rb_http_body_is_whole(const rb_http_body_t *body);
rb_http_progress_t rb_http_body_move(rb_http_body_t *body, buf_t *from,
                                     buf_t *to);
void rb_http_body_end(rb_http_body_t *body, const rb_http_head_t *trailer,
                      buf_t *to);
void rb_http_body_clear(rb_http_body_t *body);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_BODY_H) */
