/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_glue.h
 * @brief Header file for rbalance_test_glue.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_GLUE_H
#define TOR_TEST_RBALANCE_TEST_GLUE_H

#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_registry.h"

struct testcase_setup_t;

/** Points with at least this seed are at relays that tor does not know. */
#define RBT_UNKNOWN_RELAY 200

/** Makes a tor for the test: a consensus, a state, known relays, a monotonic
 * clock that stands still, and control events that are kept in
 * rbt_events. */
extern const struct testcase_setup_t rbt_glue_setup;
/** The control events that were sent, in order. */
extern smartlist_t *rbt_events;

hs_service_t *rbt_register_service(uint8_t seed);
rb_service_t *rbt_find_balanced(const hs_service_t *service);
void rbt_add_intro_point(hs_service_descriptor_t *desc, uint8_t seed,
                         bool is_established);
rb_peer_t *rbt_add_peer(rb_service_t *balanced, uint8_t seed,
                        const char *node_id, smartlist_t *sets);
rb_pointset_t *rbt_make_desc_set(const hs_service_descriptor_t *desc,
                                 uint8_t first_seed, int n_points);
connection_t *rbt_make_conn(void);
rb_channel_t *rbt_add_channel(rb_service_t *balanced,
                              const connection_t *conn, uint8_t seed,
                              bool is_inbound);
void rbt_run_timer(void);
void rbt_pass_time(uint64_t msec);
void rbt_clear_events(void);
const char *rbt_event(int idx);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_GLUE_H) */
