/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_mask.h
 * @brief Header file for rbalance_http_mask.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_MASK_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_MASK_H

#include "feature/rbalance/rbalance_http.h"

char *rb_http_mask(const rb_http_names_t *names, const char *value,
                   bool is_source);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_MASK_H) */
