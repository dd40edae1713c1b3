/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_msg.h
 * @brief Header file for rbalance_msg.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_MSG_H
#define TOR_FEATURE_RBALANCE_RBALANCE_MSG_H

#include "feature/rbalance/rbalance_msg_st.h"
#include "lib/malloc/malloc.h"

rb_msg_t *rb_msg_new(rb_msg_type_t type);
void rb_msg_free_(rb_msg_t *msg);
#define rb_msg_free(msg) FREE_AND_NULL(rb_msg_t, rb_msg_free_, (msg))

char *rb_msg_encode(const rb_msg_t *msg);
rb_msg_t *rb_msg_decode(const char *text, size_t len);
const char *rb_role_to_string(rb_role_t role);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_MSG_H) */
