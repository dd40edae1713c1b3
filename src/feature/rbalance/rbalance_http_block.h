/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_block.h
 * @brief Header file for rbalance_http_block.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_BLOCK_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_BLOCK_H

#include "lib/buf/buffers.h"

/** What a block of lines is. */
typedef enum {
  RB_HTTP_REQUEST = 0,
  RB_HTTP_RESPONSE,
  RB_HTTP_TRAILER,
} rb_http_kind_t;

/** Lines that are being collected: a head, or the trailer of a body. */
typedef struct rb_http_block_t {
  /** The bytes so far, owned; NULL if there are none.  They are in a buffer
   * of tor's so that its out-of-memory handler counts them. */
  buf_t *bytes;
  /** Where the first line begins: behind an empty one, if a client sent it. */
  size_t start;
  /** Bytes in the line that arrives, without its end; and lines before it. */
  size_t line_len;
  int n_lines;
  /** True iff the last byte was a CR. */
  bool after_cr;
} rb_http_block_t;

/** How far a block, or a body, is. */
typedef enum {
  RB_HTTP_MORE = 0,
  RB_HTTP_WHOLE,
  RB_HTTP_BAD,
  /** The first line is too long. */
  RB_HTTP_LONG_LINE,
  /** There are too many bytes or lines. */
  RB_HTTP_TOO_LARGE,
} rb_http_progress_t;

rb_http_progress_t rb_http_block_take(rb_http_block_t *block,
                                      rb_http_kind_t kind, buf_t *from);
void rb_http_block_get(const rb_http_block_t *block, const char **text_out,
                       size_t *len_out);
bool rb_http_block_begins(const rb_http_block_t *block, const char *text);
void rb_http_block_clear(rb_http_block_t *block);
int rb_http_progress_get_status(rb_http_progress_t progress);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_BLOCK_H) */
