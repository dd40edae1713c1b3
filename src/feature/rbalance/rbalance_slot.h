/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_slot.h
 * @brief Header file for rbalance_slot.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_SLOT_H
#define TOR_FEATURE_RBALANCE_RBALANCE_SLOT_H

#include "feature/rbalance/rbalance_state.h"

/** Whether tor may upload a descriptor now. */
typedef enum rb_upload_verdict_t {
  /** Do what stock tor does: we are alone. */
  RB_UPLOAD_STOCK = 0,
  /** Upload, whether or not all our own circuits are there. */
  RB_UPLOAD_ALLOW,
  /** Don't: somebody else publishes, or points are about to come. */
  RB_UPLOAD_FORBID,
} rb_upload_verdict_t;

void rb_slots_sync(rb_state_t *state, const smartlist_t *sets, uint64_t now);
void rb_slots_refresh(rb_state_t *state, uint64_t now);
void rb_slots_start_term(rb_state_t *state);
rb_slot_t *rb_slots_find(rb_state_t *state, const uint8_t *blinded_key);
bool rb_slot_is_due(const rb_state_t *state, const rb_slot_t *slot,
                    uint64_t now);
void rb_slot_note_upload(rb_slot_t *slot, uint64_t revision, uint64_t now);
rb_upload_verdict_t rb_upload_verdict(rb_state_t *state,
                                      const uint8_t *blinded_key,
                                      uint64_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_SLOT_H) */
