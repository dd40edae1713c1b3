/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_report.h
 * @brief Header file for rbalance_report.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_REPORT_H
#define TOR_FEATURE_RBALANCE_RBALANCE_REPORT_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

void rb_report_note_refusal(rb_state_t *state,
                            const ed25519_public_key_t *key, rb_now_t now,
                            smartlist_t *actions);
void rb_report_silence(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                       smartlist_t *actions);
void rb_report_to(rb_state_t *state, rb_peer_t *listener,
                  const rb_peer_t *peer, rb_now_t now, smartlist_t *actions);
void rb_report_return(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                      smartlist_t *actions);
void rb_report_receive(rb_state_t *state, rb_peer_t *sender,
                       const rb_msg_backend_unhealthy_t *report,
                       rb_now_t now, smartlist_t *actions);
bool rb_report_is_gone(const rb_state_t *state, const rb_peer_t *peer,
                       uint64_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_REPORT_H) */
