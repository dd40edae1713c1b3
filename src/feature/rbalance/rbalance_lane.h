/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_lane.h
 * @brief Header file for rbalance_lane.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_LANE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_LANE_H

#include "lib/cc/torint.h"

/** The place of one of the circuits to a target. */
typedef struct rb_lane_t {
  /** True iff there is a circuit that takes streams. */
  bool is_ready;
  /** True iff that circuit takes them for a good while yet. */
  bool is_lasting;
  /** True iff a stream is under way to build or renew it. */
  bool is_opening;
  /** How many streams are on it, or wait for it. */
  int n_streams;
  /** Monotonic milliseconds before which nothing is opened. */
  uint64_t rests_until;
  /** Milliseconds from asking for a stream on that circuit to its being open,
   * by the quickest of the last ones; 0 while that is not known. */
  uint64_t rtt;
} rb_lane_t;

int rb_lanes_choose(const rb_lane_t *lanes, int n);
int rb_lanes_find_needy(const rb_lane_t *lanes, int n, uint64_t now);
void rb_lane_note_rtt(rb_lane_t *lane, uint64_t rtt);
void rb_lane_rest(rb_lane_t *lane, bool has_opened, uint64_t now);
int rb_lanes_count_ready(const rb_lane_t *lanes, int n);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_LANE_H) */
