/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_hsdir.h
 * @brief Header file for rbalance_hsdir.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HSDIR_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HSDIR_H

#include "lib/cc/torint.h"
#include "lib/testsupport/testsupport.h"

struct hs_service_descriptor_t;
struct hs_service_t;
struct rb_service_t;

void rb_hsdir_upload(struct rb_service_t *service,
                     const uint8_t *blinded_key, const uint8_t *id);
void rb_hsdir_fetch(struct rb_service_t *service, const uint8_t *blinded_key,
                    const uint8_t *id);
MOCK_DECL(bool, rb_hsdir_is_responsible,
          (const struct hs_service_t *hs_service,
           const struct hs_service_descriptor_t *desc, const uint8_t *id));

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HSDIR_H) */
