/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_service.h
 * @brief Header file for rbalance_service.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_SERVICE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_SERVICE_H

#include "feature/rbalance/rbalance_admission.h"
#include "feature/rbalance/rbalance_channel.h"
#include "feature/rbalance/rbalance_counters.h"
#include "feature/rbalance/rbalance_slot.h"
#include "feature/rbalance/rbalance_step.h"
#include "lib/container/map.h"

struct hs_service_t;
struct rb_pool_t;
struct rb_prober_t;

/** A point as it was published, with its owner. */
typedef struct rb_published_point_t {
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  /** Identity key of the node that holds it. */
  uint8_t node_key[ED25519_PUBKEY_LEN];
  rb_point_t point;
} rb_published_point_t;

/** A client's stream on its way to a target. */
typedef struct rb_opening_t {
  /** Global identifiers of the connections of the client's stream and of ours
   * to the target. */
  uint64_t stream_id;
  uint64_t target_id;
  /** Monotonic milliseconds when it has taken too long. */
  uint64_t expires_at;
} rb_opening_t;

/** What ties the protocol to one onion service of tor's.  It is kept by the
 * service's identity key, because a reload makes a new hs_service_t. */
typedef struct rb_service_t {
  ed25519_public_key_t identity_key;
  /** Address of the service without ".onion", as events name it. */
  char *address;
  /** The protocol, owned. */
  rb_state_t *state;
  /** rb_token_t of the cluster, owned. */
  smartlist_t *tokens;
  /** The tags that were answered lately, owned. */
  rb_admissions_t *admissions;
  /** rb_channel_t of every stream, owned. */
  smartlist_t *channels;
  /** rb_published_point_t of what we published last, owned. */
  smartlist_t *published;
  /** What happened so far. */
  rb_counters_t counters;
  /** Points that fitted into a descriptor when the cap did not; 0 if the cap
   * always fits.  A reload, which can change the clients, forgets it. */
  int n_fitting_points;
  /** What the state file has, owned; NULL if it was not written yet. */
  char *saved;
  /** Monotonic milliseconds of the next look at it. */
  uint64_t save_at;
  /** rb_opening_t of the streams that are being forwarded, owned. */
  smartlist_t *openings;
  /** rb_proxy_t of the streams that go through us to a target, owned. */
  smartlist_t *proxies;
  /** rb_tls_target_t of the targets that speak TLS, by URL, owned. */
  strmap_t *tls_targets;
  /** The circuits to its targets, owned. */
  struct rb_pool_t *pool;
  /** What probes its targets and backends, owned. */
  struct rb_prober_t *prober;
  /** True iff the node onion service must be made anew. */
  bool node_service_is_stale;
  /** True while we upload to one HSDir only. */
  bool is_single_upload;
} rb_service_t;

rb_service_t *rb_service_new(const struct hs_service_t *hs_service,
                             const ed25519_keypair_t *node_keys,
                             smartlist_t *tokens);
void rb_service_free_(rb_service_t *service);
#define rb_service_free(service) \
  FREE_AND_NULL(rb_service_t, rb_service_free_, (service))
void rb_service_reload(rb_service_t *service,
                       const struct hs_service_t *hs_service,
                       smartlist_t *tokens);
void rb_service_run(rb_service_t *service,
                    const struct hs_service_t *hs_service);
void rb_service_stop(rb_service_t *service);

uint64_t rb_now_mono(void);
void rb_now_get(rb_now_t *now);
void rb_service_prepare_handshake(const rb_service_t *service,
                                  uint8_t *nonce, rb_handshake_ctx_t *ctx);
bool rb_service_admits(rb_service_t *service, const char *text,
                       rb_tag_t *tag);
void rb_service_event(rb_service_t *service, const rb_event_t *event);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_SERVICE_H) */
