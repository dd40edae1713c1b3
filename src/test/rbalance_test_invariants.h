/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_invariants.h
 * @brief Header file for rbalance_test_invariants.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_INVARIANTS_H
#define TOR_TEST_RBALANCE_TEST_INVARIANTS_H

#include "test/rbalance_test_world.h"

void rbt_check_step(rbt_world_t *world, int node, const rb_event_t *event,
                    const smartlist_t *actions);
void rbt_check_upload(rbt_world_t *world, int node, const rb_pointset_t *set,
                      const smartlist_t *choices);
void rbt_check_world(rbt_world_t *world);
char *rbt_check_agreement(const rbt_world_t *world);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_INVARIANTS_H) */
