/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_config_st.h
 * @brief The settings of one balanced service.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_CONFIG_ST_H
#define TOR_FEATURE_RBALANCE_RBALANCE_CONFIG_ST_H

#include "feature/rbalance/rbalance_limits.h"
#include "feature/rbalance/rbalance_target.h"
#include "lib/cc/torint.h"
#include "lib/container/smartlist.h"

/** What the HiddenServiceBalance options of one service say, checked.  All
 * times are in milliseconds. */
typedef struct rb_config_t {
  /** Name of this node; empty to take it from the node address. */
  char node_id[RB_NODE_ID_LEN + 1];
  /** Priority in the election, lower first. */
  uint16_t priority;
  /** Node keys (ed25519_public_key_t) of the nodes to connect to, owned. */
  smartlist_t *peers;
  /** True iff a node that knows no other asks for them through the service's
   * own address. */
  bool join;
  /** True iff this node has no use for the service's secret key. */
  bool keyless;
  /** rb_target_t of where streams are forwarded to, owned. */
  smartlist_t *targets;
  /** How long a stream to one may take to open. */
  uint64_t target_timeout;
  /** How long an HTTP head may take to arrive, and how long a stream through
   * us may be silent. */
  uint64_t head_timeout;
  uint64_t idle_timeout;
  /** True iff HTTP targets are told which streams share a client's circuit. */
  bool export_circuit;
  /** Circuits that the streams to one host of targets are spread over. */
  int target_circuits;
  /** Streams that may be at all targets at a time. */
  int target_streams;
  /** What web servers are asked for when they are probed, owned. */
  char *probe_path;
  /** How often targets and backends are probed, 0 for never; how long one may
   * take; and how long after the service's start the first begin. */
  uint64_t probe_interval;
  uint64_t probe_timeout;
  uint64_t probe_delay;
  /** Introduction points a merged descriptor may have. */
  int max_intro_points;
  /** Nodes besides ourselves that we keep track of. */
  int max_peers;
  uint64_t heartbeat_interval;
  uint64_t ping_interval;
  /** Silence after which a publisher is suspect. */
  uint64_t heartbeat_timeout;
  /** Missed heartbeats after which a node is Dead. */
  int dead_threshold;
  uint64_t lease_duration;
  /** How long a publisher may be suspect before its role is vacant. */
  uint64_t takeover_grace;
  uint64_t backoff_jitter;
  /** True iff a publisher whose relays refuse introductions loses the role
   * at once (rule 7). */
  bool fast_takeover;
  /** Difference of clocks above which we warn. */
  uint64_t clock_skew;
  /** A published descriptor is uploaded again after this; 0: tor decides. */
  uint64_t refresh_interval;
  /** If no HSDir takes a descriptor for this long, it is uploaded again. */
  uint64_t descriptor_max_age;
  /** Time between two questions to HSDirs for our own descriptor. */
  uint64_t audit_interval;
} rb_config_t;

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_CONFIG_ST_H) */
