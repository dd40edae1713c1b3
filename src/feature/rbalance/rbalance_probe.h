/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_probe.h
 * @brief Header file for rbalance_probe.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_PROBE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_PROBE_H

#include "feature/rbalance/rbalance_config_st.h"
#include "lib/malloc/malloc.h"

/** Whether what is probed is there. */
typedef enum rb_health_t {
  /** It never answered, but may: it counts as there. */
  RB_HEALTH_UNKNOWN = 0,
  RB_HEALTH_UP,
  RB_HEALTH_DOWN,
} rb_health_t;

/** How a probe ended. */
typedef enum rb_outcome_t {
  RB_OUTCOME_GOOD = 0,
  /** The connection was refused. */
  RB_OUTCOME_REFUSED,
  /** There is no way there, or nobody knows the name. */
  RB_OUTCOME_UNREACHABLE,
  /** It took too long. */
  RB_OUTCOME_TIMEOUT,
  /** The other end hung up before it answered. */
  RB_OUTCOME_CLOSED,
  /** What came is no TLS, or the certificate is not good. */
  RB_OUTCOME_TLS,
  /** What came is no HTTP. */
  RB_OUTCOME_MALFORMED,
  /** The HTTP status is 400 or above. */
  RB_OUTCOME_HTTP,
  /** There was none: it would lead back to the service. */
  RB_OUTCOME_LOOP,
} rb_outcome_t;

/** A target or backend that is probed. */
typedef struct rb_probe_t {
  /** What is probed, as an operator writes it; owned. */
  char *url;
  /** True iff it is reached through Tor: before that is ready, a failure says
   * nothing. */
  bool needs_network;
  rb_health_t health;
  /** Failures in a row. */
  int n_failures;
  /** How the last probe that counts ended, and the HTTP status if it had one,
   * else 0; monotonic milliseconds when that was, 0 for never. */
  rb_outcome_t outcome;
  int status;
  uint64_t ended_at;
  /** Monotonic milliseconds when the next probe begins. */
  uint64_t next_at;
  /** Monotonic milliseconds when the one under way has taken too long; 0 if
   * none is. */
  uint64_t expires_at;
} rb_probe_t;

rb_probe_t *rb_probe_new(const char *url, bool needs_network,
                         uint64_t first_at);
void rb_probe_free_(rb_probe_t *probe);
#define rb_probe_free(probe) \
  FREE_AND_NULL(rb_probe_t, rb_probe_free_, (probe))
void rb_probe_take_over(rb_probe_t *probe, const rb_probe_t *old);
bool rb_probe_begin(rb_probe_t *probe, const rb_config_t *config,
                    bool network_is_ready, uint64_t now);
bool rb_probe_is_late(const rb_probe_t *probe, uint64_t now);
bool rb_probe_end(rb_probe_t *probe, rb_outcome_t outcome, int status,
                  bool network_is_ready, uint64_t now);
bool rb_probe_forbid(rb_probe_t *probe, uint64_t now);
char *rb_probe_format_reason(const rb_probe_t *probe);

rb_probe_t *rb_probes_find(const smartlist_t *probes, const char *url);
bool rb_probes_are_down(const smartlist_t *probes);
void rb_probes_free_(smartlist_t *probes);
#define rb_probes_free(probes) \
  FREE_AND_NULL(smartlist_t, rb_probes_free_, (probes))

const char *rb_health_to_string(rb_health_t health);
const char *rb_outcome_to_string(rb_outcome_t outcome);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_PROBE_H) */
