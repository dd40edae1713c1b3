/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_merge.h
 * @brief Header file for rbalance_merge.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_MERGE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_MERGE_H

#include "feature/rbalance/rbalance_point.h"
#include "lib/defs/digest_sizes.h"

/** One node's offer for a descriptor. */
typedef struct rb_offer_t {
  /** Identity key of the node, borrowed. */
  const uint8_t *node_key;
  /** Its points for that descriptor, borrowed; NULL for none. */
  const rb_pointset_t *set;
} rb_offer_t;

/** A point that was chosen for a descriptor. */
typedef struct rb_choice_t {
  /** The point, borrowed from its offer. */
  const rb_point_t *point;
  /** Identity key of the node that holds it, borrowed from its offer. */
  const uint8_t *node_key;
} rb_choice_t;

/** Return true iff a client could use <b>point</b> now.  <b>arg</b> is the
 * caller's. */
typedef bool (*rb_point_usable_fn_t)(const rb_point_t *point, void *arg);

smartlist_t *rb_merge(const rb_offer_t *offers, int n_offers, int cap,
                      const uint8_t *seed, rb_point_usable_fn_t usable,
                      void *arg);
void rb_choices_free_(smartlist_t *choices);
#define rb_choices_free(choices) \
  FREE_AND_NULL(smartlist_t, rb_choices_free_, (choices))
void rb_choices_digest(const smartlist_t *choices, uint8_t *digest_out);
int rb_choices_count_nodes(const smartlist_t *choices);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_MERGE_H) */
