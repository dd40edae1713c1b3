/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_outbox.h
 * @brief Header file for rbalance_outbox.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_OUTBOX_H
#define TOR_FEATURE_RBALANCE_RBALANCE_OUTBOX_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

void rb_outbox_send_heartbeat(rb_state_t *state, rb_peer_t *peer,
                              rb_now_t now, smartlist_t *actions);
void rb_outbox_broadcast_heartbeat(rb_state_t *state, rb_now_t now,
                                   smartlist_t *actions);
void rb_outbox_send_lease(rb_state_t *state, rb_peer_t *peer,
                          const rb_lease_t *lease, rb_now_t now,
                          smartlist_t *actions);
void rb_outbox_broadcast_lease(rb_state_t *state, const rb_peer_t *except,
                               const rb_lease_t *lease, rb_now_t now,
                               smartlist_t *actions);
void rb_outbox_broadcast_own_lease(rb_state_t *state, rb_now_t now,
                                   smartlist_t *actions);
void rb_outbox_send_announce(rb_state_t *state, rb_peer_t *peer,
                             const rb_peer_t *subject, rb_now_t now,
                             smartlist_t *actions);
void rb_outbox_send_publishers(rb_state_t *state, rb_peer_t *peer,
                               rb_now_t now, smartlist_t *actions);
void rb_outbox_send_report(rb_state_t *state, rb_peer_t *peer,
                           const rb_msg_backend_unhealthy_t *report,
                           rb_now_t now, smartlist_t *actions);
void rb_outbox_broadcast_report(rb_state_t *state, const rb_peer_t *except,
                                const rb_msg_backend_unhealthy_t *report,
                                rb_now_t now, smartlist_t *actions);
void rb_outbox_send_record(rb_state_t *state, rb_peer_t *peer,
                           const rb_record_t *record, rb_now_t now,
                           smartlist_t *actions);
void rb_outbox_broadcast_record(rb_state_t *state, rb_now_t now,
                                smartlist_t *actions);
void rb_outbox_send_ping(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                         smartlist_t *actions);
void rb_outbox_send_pong(rb_state_t *state, rb_peer_t *peer, uint64_t id,
                         rb_now_t now, smartlist_t *actions);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_OUTBOX_H) */
