/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_cevent.h
 * @brief Header file for rbalance_cevent.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_CEVENT_H
#define TOR_FEATURE_RBALANCE_RBALANCE_CEVENT_H

#include "lib/cc/torint.h"
#include "lib/container/smartlist.h"

struct rb_action_t;
struct rb_probe_t;
struct rb_service_t;
struct rb_target_t;

void rb_cevent_action(const struct rb_service_t *service,
                      const struct rb_action_t *action);
void rb_cevent_merge(const struct rb_service_t *service,
                     const uint8_t *blinded_key, const smartlist_t *choices);
void rb_cevent_target(const struct rb_service_t *service,
                      const struct rb_probe_t *probe, bool was_known,
                      const struct rb_target_t *target);
const char *rb_cevent_node_name(const struct rb_service_t *service,
                                const uint8_t *node_key);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_CEVENT_H) */
