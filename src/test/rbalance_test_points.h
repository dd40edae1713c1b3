/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_points.h
 * @brief Header file for rbalance_test_points.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_POINTS_H
#define TOR_TEST_RBALANCE_TEST_POINTS_H

#include "test/rbalance_test_world.h"

void rbt_points_init(rbt_world_t *world);
void rbt_points_release(rbt_world_t *world);
int rbt_points_find(const uint8_t *auth_key);
void rbt_points_start(rbt_world_t *world, int node);
void rbt_points_complete(rbt_world_t *world, int node);
void rbt_points_rotate(rbt_world_t *world, int node);
void rbt_points_rotate_all(rbt_world_t *world);
void rbt_points_change(rbt_world_t *world, int node);
void rbt_points_retire(rbt_world_t *world, int node,
                       const uint8_t *blinded_key, const uint8_t *auth_key);
void rbt_points_report(rbt_world_t *world, int node);
void rbt_points_save(rbt_world_t *world, int node);
void rbt_points_upload_again(rbt_world_t *world, int node,
                             const uint8_t *blinded_key);
void rbt_points_want_upload(rbt_world_t *world, int node,
                            const uint8_t *blinded_key);
void rbt_points_fetch(rbt_world_t *world, int node,
                      const uint8_t *blinded_key);
void rbt_points_deliver(rbt_world_t *world, const rbt_mail_t *mail);
void rbt_points_upload_all(rbt_world_t *world, int node);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_POINTS_H) */
