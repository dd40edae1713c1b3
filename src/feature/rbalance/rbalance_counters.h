/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_counters.h
 * @brief Header file for rbalance_counters.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_COUNTERS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_COUNTERS_H

#include "feature/rbalance/rbalance_action.h"

/** What a repair was: the ACTION of the event REPAIR. */
typedef enum rb_repair_kind_t {
  RB_KIND_FORCE_REPUBLISH = 0,
  RB_KIND_STEP_DOWN,
  RB_KIND_EXCLUDE,
  RB_KIND_INCLUDE,
  RB_KIND_MAX_,
} rb_repair_kind_t;

/** How often something happened to a service since tor started. */
typedef struct rb_counters_t {
  /** Uploads to one HSDir, and what came of them, by rb_result_t. */
  uint64_t uploads[RB_RESULT_FAILED + 1];
  /** This node became publisher. */
  uint64_t takeovers;
  /** A node joined, or was or got rejected. */
  uint64_t joins_accepted;
  uint64_t joins_rejected;
  /** By rb_repair_kind_t. */
  uint64_t repairs[RB_KIND_MAX_];
  /** Streams of clients whose target was there, or was not. */
  uint64_t forwards_opened;
  uint64_t forwards_failed;
  /** Bytes that went through us from clients, and to them. */
  uint64_t bytes_from_clients;
  uint64_t bytes_to_clients;
} rb_counters_t;

void rb_counters_note(rb_counters_t *counters, const rb_action_t *action);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_COUNTERS_H) */
