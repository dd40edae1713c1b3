/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_memory.h
 * @brief Header file for rbalance_memory.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_MEMORY_H
#define TOR_FEATURE_RBALANCE_RBALANCE_MEMORY_H

#include "feature/rbalance/rbalance_state.h"

char *rb_memory_write(const rb_state_t *state);
int rb_memory_apply(rb_state_t *state, const char *text, rb_now_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_MEMORY_H) */
