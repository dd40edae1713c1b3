/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_links.h
 * @brief Header file for rbalance_test_links.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_LINKS_H
#define TOR_TEST_RBALANCE_TEST_LINKS_H

#include "test/rbalance_test_world.h"

void rbt_links_dial(rbt_world_t *world, int node,
                    const ed25519_public_key_t *key);
void rbt_links_send(rbt_world_t *world, int node, uint64_t channel,
                    const char *text);
void rbt_links_hang_up(rbt_world_t *world, int node, uint64_t channel);
void rbt_links_deliver(rbt_world_t *world, rbt_mail_t *mail);
void rbt_links_break(rbt_world_t *world, rbt_link_t *link);
void rbt_links_break_node(rbt_world_t *world, int node);
void rbt_links_partition(rbt_world_t *world, bool is_silent);
void rbt_links_open_gap(rbt_world_t *world, int a, int b);
void rbt_links_heal(rbt_world_t *world);
bool rbt_links_are_joined(const rbt_world_t *world, int *n_parts_out,
                          int *part_of_out);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_LINKS_H) */
