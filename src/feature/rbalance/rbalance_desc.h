/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_desc.h
 * @brief Header file for rbalance_desc.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_DESC_H
#define TOR_FEATURE_RBALANCE_RBALANCE_DESC_H

#include "feature/rbalance/rbalance_point.h"

struct hs_service_descriptor_t;
struct hs_service_t;
struct rb_service_t;

void rb_desc_report_points(struct rb_service_t *service,
                           const struct hs_service_t *hs_service);
struct hs_service_descriptor_t *
rb_desc_find(const struct hs_service_t *hs_service,
             const uint8_t *blinded_key);
void rb_desc_schedule_upload(struct rb_service_t *service,
                             const uint8_t *blinded_key);
void rb_desc_retire_point(struct rb_service_t *service,
                          const uint8_t *blinded_key,
                          const uint8_t *auth_key);
void rb_desc_exclude_relays(struct rb_service_t *service,
                            const uint8_t *blinded_key,
                            smartlist_t *exclude_nodes);
int rb_desc_merge(struct rb_service_t *service,
                  const struct hs_service_t *hs_service,
                  struct hs_service_descriptor_t *desc, time_t now);
bool rb_desc_point_is_usable(const rb_point_t *point, void *arg);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_DESC_H) */
