/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_settings.h
 * @brief Header file for rbalance_settings.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_SETTINGS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_SETTINGS_H

#include "feature/rbalance/rbalance_config_st.h"
#include "lib/malloc/malloc.h"

rb_config_t *rb_config_new(void);
rb_config_t *rb_config_dup(const rb_config_t *config);
void rb_config_free_(rb_config_t *config);
#define rb_config_free(config) \
  FREE_AND_NULL(rb_config_t, rb_config_free_, (config))
char *rb_config_find_fault(const rb_config_t *config, bool is_testing);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_SETTINGS_H) */
