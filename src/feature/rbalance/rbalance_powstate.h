/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_powstate.h
 * @brief Header file for rbalance_powstate.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_POWSTATE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_POWSTATE_H

#include "lib/cc/torint.h"

struct hs_service_t;
struct rb_service_t;

void rb_powstate_share(struct rb_service_t *service,
                       const struct hs_service_t *hs_service, time_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_POWSTATE_H) */
