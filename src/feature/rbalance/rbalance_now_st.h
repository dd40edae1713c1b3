/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_now_st.h
 * @brief The time as pure code gets it: as an argument.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_NOW_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_NOW_ST_H

#include "lib/cc/torint.h"

/** One moment, by both clocks. */
typedef struct rb_now_t {
  /** Monotonic milliseconds since some point in the past; never 0.  Every
   * timer counts by this clock. */
  uint64_t mono;
  /** Milliseconds since the epoch by the system's clock, which may step. */
  uint64_t wall;
} rb_now_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_NOW_ST_H) */
