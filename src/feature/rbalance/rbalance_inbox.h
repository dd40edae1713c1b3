/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inbox.h
 * @brief Header file for rbalance_inbox.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_INBOX_H
#define TOR_FEATURE_RBALANCE_RBALANCE_INBOX_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

void rb_inbox_receive(rb_state_t *state, uint64_t channel, const char *text,
                      size_t len, rb_now_t now, smartlist_t *actions);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_INBOX_H) */
