/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_statefile.h
 * @brief Header file for rbalance_statefile.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_STATEFILE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_STATEFILE_H

#include "feature/rbalance/rbalance_state.h"

void rb_statefile_load(const char *service_dir, rb_state_t *state,
                       rb_now_t now);
void rb_statefile_save(const char *service_dir, const rb_state_t *state,
                       char **saved);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_STATEFILE_H) */
