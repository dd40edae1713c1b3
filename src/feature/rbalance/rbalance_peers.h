/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_peers.h
 * @brief Header file for rbalance_peers.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_PEERS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_PEERS_H

#include "feature/rbalance/rbalance_config_st.h"
#include "feature/rbalance/rbalance_peer_st.h"
#include "lib/container/map.h"

/** The other nodes, by identity key. */
typedef struct rb_peers_t {
  digest256map_t *map;
} rb_peers_t;

rb_peers_t *rb_peers_new(void);
void rb_peers_free_(rb_peers_t *peers);
#define rb_peers_free(peers) FREE_AND_NULL(rb_peers_t, rb_peers_free_, (peers))
rb_peer_t *rb_peers_find(const rb_peers_t *peers,
                         const ed25519_public_key_t *key);
rb_peer_t *rb_peers_find_by_channel(const rb_peers_t *peers,
                                    uint64_t channel);
rb_peer_t *rb_peers_add(rb_peers_t *peers, const ed25519_public_key_t *key,
                        int max_peers, uint64_t now);
int rb_peers_forget(rb_peers_t *peers, uint64_t patience, uint64_t now);
void rb_peers_set_configured(rb_peers_t *peers, const rb_config_t *config,
                             const ed25519_public_key_t *ourselves,
                             uint64_t now);
int rb_peers_count(const rb_peers_t *peers);
int rb_peers_count_alive(const rb_peers_t *peers);
int rb_peers_count_state(const rb_peers_t *peers, rb_lifecycle_t state);
smartlist_t *rb_peers_list(const rb_peers_t *peers);

bool rb_peer_is_alive(const rb_peer_t *peer);
bool rb_peer_is_silent(const rb_peer_t *peer);
bool rb_peer_is_introduced(const rb_peer_t *peer);
bool rb_peer_is_surplus(rb_peer_t *peer, uint64_t now);
bool rb_peer_begin_dial(rb_peer_t *peer, uint64_t now);
rb_lifecycle_t rb_peer_next_state(const rb_peer_t *peer,
                                  const rb_config_t *config, uint64_t now,
                                  rb_lifecycle_reason_t *reason_out);
const char *rb_lifecycle_to_string(rb_lifecycle_t state);
const char *rb_lifecycle_reason_to_string(rb_lifecycle_reason_t reason);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_PEERS_H) */
