/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_world.h
 * @brief Header file for rbalance_test_world.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_WORLD_H
#define TOR_TEST_RBALANCE_TEST_WORLD_H

#include "feature/rbalance/rbalance_step.h"

/** Milliseconds in a second. */
#define RBT_SEC UINT64_C(1000)
/** Most nodes of a world. */
#define RBT_WORLD_MAX_NODES 256
/** Time periods that a world can see. */
#define RBT_MAX_PERIODS 32
/** Lines of the trace that are kept, and characters in each. */
#define RBT_TRACE_LINES 200
#define RBT_TRACE_LEN 160

/** What is in the queue of a world. */
typedef enum rbt_occasion_t {
  RBT_TICK = 0,
  /** A frame arrives at one end of a link. */
  RBT_FRAME,
  /** The node that was called hears of it. */
  RBT_ACCEPT,
  /** The node that called has its channel. */
  RBT_UP,
  /** An end of a link learns that it is closed. */
  RBT_DOWN,
  /** The call of a link is given up, if it is still waiting. */
  RBT_DIAL_FAILED,
  /** The relays of the called node refuse. */
  RBT_REFUSED,
  /** A node rotates its descriptors. */
  RBT_ROTATE,
  /** The circuits to a node's introduction points are ready. */
  RBT_POINTS,
  /** The HSDirs answer a node's upload, or its question. */
  RBT_UPLOADED,
  RBT_FETCHED,
} rbt_occasion_t;

/** A channel between two nodes: end 0 called, end 1 was called. */
typedef struct rbt_link_t {
  /** Its place among all links ever. */
  int index;
  int node[2];
  /** Which life of each node it belongs to. */
  uint64_t life[2];
  enum { RBT_LINK_DIALING, RBT_LINK_OPEN, RBT_LINK_CLOSED } phase;
  /** True iff the caller has its channel; true iff an end was told that it is
   * closed. */
  bool is_up;
  bool is_down[2];
  /** Milliseconds that a message takes. */
  uint64_t delay;
  /** When the last message arrives at each end, and before which nothing
   * arrives. */
  uint64_t last_arrival[2];
  uint64_t stalled_until;
  /** rbt_mail_t that a silent partition holds up, owned. */
  smartlist_t *held;
} rbt_link_t;

/** An event on its way. */
typedef struct rbt_mail_t {
  uint64_t at;
  uint64_t order;
  int queue_pos;
  rbt_occasion_t occasion;
  int node;
  uint64_t life;
  /** For what happens to a link: which, at which of its ends. */
  rbt_link_t *link;
  int end;
  /** The frame, owned, and true iff it is a replay. */
  char *text;
  bool is_replay;
  /** For what HSDirs answer: about which period; and of an upload, which
   * revision and why they did not take it. */
  uint64_t period;
  uint64_t revision;
  rb_fail_t fail;
} rbt_mail_t;

/** What the HSDirs have of one descriptor. */
typedef struct rbt_desc_t {
  uint64_t revision;
  int uploader;
  int n_uploads;
  /** Numbers of the points in it: see rbalance_test_points.c. */
  int points[RB_MAX_POINTS];
  int n_points;
} rbt_desc_t;

/** One node. */
typedef struct rbt_node_t {
  ed25519_keypair_t keys;
  /** Its settings, owned, and its state, owned, NULL while it is down. */
  rb_config_t *config;
  rb_state_t *state;
  bool is_stopped;
  /** True iff nobody answers behind it. */
  bool backends_are_down;
  /** True iff nothing it uploads gets to an HSDir; and how often it gave the
   * role up for that. */
  bool uploads_fail;
  int n_resignations;
  /** Side of the partition it is on. */
  int side;
  /** How often it was started, and from when on others reach it. */
  uint64_t life;
  uint64_t reachable_at;
  /** Milliseconds its clocks are ahead, and that it is slow. */
  int64_t skew;
  uint64_t mono_offset;
  uint64_t slowness;
  /** Its current period, its points for that and the next, owned, and how
   * many it wants in each; true iff its state doesn't know them yet. */
  uint64_t period;
  smartlist_t *sets;
  int n_wanted;
  bool sets_are_new;
  /** True iff its tor would upload that descriptor if it may. */
  bool wants_upload[RB_MAX_SETS];
  /** The descriptors it made last, in turn by period. */
  rbt_desc_t made[RB_MAX_SETS];
  /** What its state file has of revision counters, by period. */
  uint64_t saved_revisions[RBT_MAX_PERIODS];
  /** rbt_mail_t that wait while it is stopped, owned. */
  smartlist_t *waiting;
  int n_ticks;
  /** Since when it has been publisher; 0 if it is not. */
  uint64_t publisher_since;
  uint64_t n_sent;
  uint64_t n_bytes;
} rbt_node_t;

/** A cluster, its network and its clock. */
typedef struct rbt_world_t {
  uint64_t seed;
  uint64_t random;
  /** Milliseconds since it began. */
  uint64_t time;
  uint64_t n_steps;
  int n_nodes;
  rbt_node_t *nodes;
  /** Numbers of the nodes plus 1, by key. */
  digest256map_t *by_key;
  /** rbt_link_t ever made, owned, in the order of their channel numbers. */
  smartlist_t *links;
  /** rbt_mail_t on the way, owned: a heap. */
  smartlist_t *queue;
  uint64_t last_order;
  /** True iff what crosses the partition is lost without a sign. */
  bool partition_is_silent;
  /** Two nodes that can't reach each other, though others reach both; -1 for
   * none. */
  int gap[2];
  /** Milliseconds after which a call without answer is given up. */
  uint64_t dial_timeout;
  /** Of 1000 frames, so many are replayed and so many break their link. */
  int n_replayed;
  int n_broken;
  uint64_t period;
  rbt_desc_t descs[RBT_MAX_PERIODS];
  /** For each point: its owner and period; and the one used last. */
  int *point_owner;
  uint64_t *point_period;
  int last_point;
  /** Since when there are two publishers that could know better; or 0. */
  uint64_t two_publishers_since;
  uint64_t checked_at;
  /** What went wrong first, owned, or NULL. */
  char *failure;
  /** The last RBT_TRACE_LINES lines of the trace, each RBT_TRACE_LEN long, or
   * NULL for none; true to print all. */
  char *trace;
  uint64_t n_traced;
  bool prints_trace;
} rbt_world_t;

rbt_world_t *rbt_world_new(uint64_t seed, int n_nodes);
void rbt_world_free_(rbt_world_t *world);
#define rbt_world_free(world) \
  FREE_AND_NULL(rbt_world_t, rbt_world_free_, (world))
void rbt_world_keep_trace(rbt_world_t *world, bool print);
void rbt_world_print_trace(const rbt_world_t *world);
void rbt_world_trace(rbt_world_t *world, const char *format, ...)
  CHECK_PRINTF(2, 3);
void rbt_world_fail(rbt_world_t *world, const char *format, ...)
  CHECK_PRINTF(2, 3);
uint64_t rbt_world_random(rbt_world_t *world, uint64_t below);
void rbt_world_know(rbt_world_t *world, int node, int other);
void rbt_world_run(rbt_world_t *world, uint64_t msec);
int rbt_world_find(const rbt_world_t *world, const ed25519_public_key_t *key);
void rbt_world_get_time(const rbt_world_t *world, int node, rb_now_t *now);
rbt_mail_t *rbt_world_post(rbt_world_t *world, rbt_occasion_t occasion,
                           int node, uint64_t delay);
void rbt_world_requeue(rbt_world_t *world, rbt_mail_t *mail, uint64_t at);
void rbt_world_happen(rbt_world_t *world, int node, const rb_event_t *event);

void rbt_world_start(rbt_world_t *world, int node);
void rbt_world_kill(rbt_world_t *world, int node);
void rbt_world_stop(rbt_world_t *world, int node);
void rbt_world_continue(rbt_world_t *world, int node);
void rbt_world_set_backends(rbt_world_t *world, int node, bool are_down);
void rbt_world_set_uploads(rbt_world_t *world, int node, bool fail);
int rbt_world_find_publisher(const rbt_world_t *world);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_WORLD_H) */
