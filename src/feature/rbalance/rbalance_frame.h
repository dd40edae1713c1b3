/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_frame.h
 * @brief Header file for rbalance_frame.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_FRAME_H
#define TOR_FEATURE_RBALANCE_RBALANCE_FRAME_H

#include "lib/buf/buffers.h"

/** What the front of a buffer holds. */
typedef enum rb_frame_result_t {
  /** A whole frame. */
  RB_FRAME_OK = 0,
  /** Not yet a whole frame: read more. */
  RB_FRAME_INCOMPLETE,
  /** A frame that is empty or longer than RB_MAX_FRAME_LEN: hang up. */
  RB_FRAME_BAD_LENGTH,
} rb_frame_result_t;

int rb_frame_write(buf_t *buf, const char *text);
rb_frame_result_t rb_frame_read(buf_t *buf, char **text_out, size_t *len_out);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_FRAME_H) */
