/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_lease.h
 * @brief Header file for rbalance_lease.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_LEASE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_LEASE_H

#include "feature/rbalance/rbalance_json.h"
#include "feature/rbalance/rbalance_state.h"

json_t *rb_lease_to_json(const rb_lease_t *lease);
int rb_lease_from_json(const json_t *json, rb_lease_t *lease);
int rb_lease_sign(rb_lease_t *lease, const ed25519_keypair_t *node_keys);
bool rb_lease_is_signed(const rb_lease_t *lease);

void rb_lease_of_ourselves(rb_state_t *state, uint64_t now,
                           rb_lease_t *lease);
void rb_lease_of_peer(const rb_peer_t *peer, uint64_t now,
                      rb_lease_t *lease);
bool rb_lease_note(rb_state_t *state, const rb_lease_t *lease, uint64_t now);
uint64_t rb_lease_next_revision(const rb_state_t *state,
                                const uint8_t *blinded_key,
                                uint64_t counter);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_LEASE_H) */
