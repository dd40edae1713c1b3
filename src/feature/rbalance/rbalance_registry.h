/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_registry.h
 * @brief Header file for rbalance_registry.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_REGISTRY_H
#define TOR_FEATURE_RBALANCE_RBALANCE_REGISTRY_H

#include "feature/rbalance/rbalance_service.h"

void rb_services_register(const struct hs_service_t *service);
rb_service_t *rb_services_find(const ed25519_public_key_t *identity_key);
rb_service_t *rb_services_find_by_node(const ed25519_public_key_t *node_key);
rb_service_t *rb_services_find_by_conn(uint64_t conn_id,
                                       rb_channel_t **channel_out);
smartlist_t *rb_services_list(void);
void rb_services_run_soon(void);
void rb_services_free_all(void);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_REGISTRY_H) */
