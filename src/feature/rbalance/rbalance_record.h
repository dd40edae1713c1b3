/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_record.h
 * @brief Header file for rbalance_record.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_RECORD_H
#define TOR_FEATURE_RBALANCE_RBALANCE_RECORD_H

#include "feature/rbalance/rbalance_limits.h"
#include "feature/rbalance/rbalance_point.h"
#include "lib/crypt_ops/crypto_ed25519.h"

/** What a node says of itself, signed, so that others may pass it on. */
typedef struct rb_record_t {
  /** Identity key of the node that speaks; its node address encodes it. */
  ed25519_public_key_t node_key;
  /** Name the operator gave the node. */
  char node_id[RB_NODE_ID_LEN + 1];
  /** Milliseconds since the epoch when the node started; orders the lives of
   * a node. */
  uint64_t incarnation;
  /** Counts the records of one incarnation, from 1. */
  uint64_t sequence;
  /** Priority in the election, lower first. */
  uint16_t priority;
  /** True iff its operator drains it: it goes on serving, but its points are
   * not to be published. */
  bool is_draining;
  /** True iff none of its backends answers: its points lead to an error. */
  bool backends_are_down;
  /** True iff it has no secret key of the service and can't publish. */
  bool is_keyless;
  /** The node's points: at most RB_MAX_SETS rb_pointset_t, owned. */
  smartlist_t *sets;
  /** Points in the largest of them, of a record that was parsed: asked for at
   * each step, of every node. */
  int n_points;
  /** The exact text that was signed; NULL until rb_record_sign(). */
  char *text;
  /** Signature of text by node_key. */
  ed25519_signature_t signature;
} rb_record_t;

/** What can be wrong with a record that somebody sent us. */
typedef enum rb_record_fault_t {
  RB_RECORD_OK = 0,
  RB_RECORD_MALFORMED,
  RB_RECORD_BAD_VERSION,
  RB_RECORD_WRONG_CLUSTER,
  RB_RECORD_BAD_POINT,
  RB_RECORD_BAD_SIGNATURE,
} rb_record_fault_t;

rb_record_t *rb_record_new(void);
void rb_record_free_(rb_record_t *record);
#define rb_record_free(record) \
  FREE_AND_NULL(rb_record_t, rb_record_free_, (record))

int rb_record_sign(rb_record_t *record, const uint8_t *cluster_id,
                   const ed25519_keypair_t *node_keys);
rb_record_fault_t rb_record_parse(const char *text,
                                  const ed25519_signature_t *signature,
                                  const uint8_t *cluster_id,
                                  rb_record_t **record_out);
bool rb_record_is_newer(const rb_record_t *record, uint64_t incarnation,
                        uint64_t sequence);
bool rb_node_id_is_valid(const char *node_id);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_RECORD_H) */
