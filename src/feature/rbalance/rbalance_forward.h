/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_forward.h
 * @brief Header file for rbalance_forward.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_FORWARD_H
#define TOR_FEATURE_RBALANCE_RBALANCE_FORWARD_H

#include "feature/rbalance/rbalance_service.h"
#include "feature/rbalance/rbalance_tls.h"

struct connection_t;
struct edge_connection_t;
struct hs_port_config_t;

struct hs_port_config_t *rb_forward_make_port(const smartlist_t *targets,
                                              int index);
int rb_forward_find_target(const rb_service_t *service,
                           const struct edge_connection_t *stream);
void rb_forward_start(rb_service_t *service, int index,
                      struct edge_connection_t *stream);
bool rb_forward_leads_back(const rb_service_t *service,
                           const rb_target_t *target);
uint8_t rb_forward_reason(int reason);
void rb_forward_note(rb_service_t *service, bool is_open);
int rb_forward_count(const rb_service_t *service);
rb_tls_target_t *rb_forward_get_tls(rb_service_t *service,
                                    const rb_target_t *target);
void rb_forward_prepare_tls(rb_service_t *service,
                            const smartlist_t *targets);
void rb_forward_clear_tls(rb_service_t *service);
void rb_forward_answered(struct connection_t *stream,
                         struct connection_t *target_conn, int reason);
void rb_forward_expire(rb_service_t *service);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_FORWARD_H) */
