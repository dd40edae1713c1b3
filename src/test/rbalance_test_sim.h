/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_sim.h
 * @brief Header file for rbalance_test_sim.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_SIM_H
#define TOR_TEST_RBALANCE_TEST_SIM_H

#include "feature/rbalance/rbalance_action.h"
#include "feature/rbalance/rbalance_state.h"

/** Most nodes of a simulation. */
#define RBT_SIM_MAX_NODES 16

/** What a client would fetch for one descriptor. */
typedef struct rbt_sim_desc_t {
  /** Uploads so far, and who made the last. */
  int n_uploads;
  int uploader;
  /** Points of each node in it. */
  int n_points[RBT_SIM_MAX_NODES];
  /** Points in it. */
  int n_total;
} rbt_sim_desc_t;

/** One node of a simulation. */
typedef struct rbt_sim_node_t {
  ed25519_keypair_t keys;
  /** Its settings, owned. */
  rb_config_t *config;
  /** Its state, owned; NULL while it does not run. */
  rb_state_t *state;
  /** True while it gets nothing done, as after SIGSTOP. */
  bool is_stopped;
  /** Its introduction points: rb_pointset_t of periods 1 and 2, owned. */
  smartlist_t *sets;
  /** For each descriptor: true iff tor would upload it if it may. */
  bool wants_upload[RB_MAX_SETS];
  /** Uploads it made, and how often it became publisher. */
  int n_uploads;
  int n_claims;
  /** Milliseconds that its wall clock is ahead. */
  int64_t skew;
} rbt_sim_node_t;

/** A network of nodes with virtual time. */
typedef struct rbt_sim_t {
  int n_nodes;
  rbt_sim_node_t nodes[RBT_SIM_MAX_NODES];
  /** Milliseconds since the simulation began. */
  uint64_t time;
  /** Milliseconds that a message takes. */
  uint64_t latency;
  /** rbt_sim_link_t of every channel, owned. */
  smartlist_t *links;
  /** rbt_sim_mail_t on the way, in order of delivery, owned. */
  smartlist_t *mail;
  /** What nodes told of nodes, owned, as "0: EXCLUDE 2 PING_TIMEOUT": who
   * told what about whom, and why. */
  smartlist_t *told;
  /** Number of the last channel end. */
  uint64_t last_channel;
  /** What is published for the current and the next descriptor. */
  rbt_sim_desc_t descs[RB_MAX_SETS];
} rbt_sim_t;

rbt_sim_t *rbt_sim_new(int n_nodes, int n_points);
rbt_sim_t *rbt_sim_new_trio(void);
void rbt_sim_free_(rbt_sim_t *sim);
#define rbt_sim_free(sim) FREE_AND_NULL(rbt_sim_t, rbt_sim_free_, (sim))
void rbt_sim_start(rbt_sim_t *sim, int node);
void rbt_sim_kill(rbt_sim_t *sim, int node);
void rbt_sim_cut(rbt_sim_t *sim, int a, int b);
void rbt_sim_run(rbt_sim_t *sim, uint64_t msec);
void rbt_sim_inject(rbt_sim_t *sim, int from, int to, const char *text);
void rbt_sim_happen(rbt_sim_t *sim, int node, const rb_event_t *event);
int rbt_sim_count_publishers(const rbt_sim_t *sim);
int rbt_sim_find_publisher(const rbt_sim_t *sim);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_SIM_H) */
