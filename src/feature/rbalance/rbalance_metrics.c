/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_metrics.c
 * @brief What MetricsPort shows of the balanced services.
 *
 * One store has the metrics of all services, so that a metric has one
 * description only.  It is filled anew whenever somebody asks, from what the
 * protocol knows then.  Labels are the addresses of our services, names of
 * nodes, of which there are no more than HiddenServiceBalanceMaxPeers, our
 * targets and backends, and words from fixed lists.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_metrics.h"

#include "feature/rbalance/rbalance_cevent.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_prober.h"
#include "feature/rbalance/rbalance_registry.h"
#include "lib/container/map.h"
#include "lib/metrics/metrics_store.h"

/** Characters of a label's value that metrics_format_label() has room for. */
#define MAX_LABEL_LEN 100

/** Our metrics. */
typedef enum rb_metric_t {
  RB_METRIC_PEERS = 0,
  RB_METRIC_PUBLISHER,
  RB_METRIC_POINTS,
  RB_METRIC_PUBLISH,
  RB_METRIC_DESCRIPTOR_AGE,
  RB_METRIC_HEARTBEATS,
  RB_METRIC_DROPPED,
  RB_METRIC_TAKEOVERS,
  RB_METRIC_JOINS,
  RB_METRIC_REPAIRS,
  RB_METRIC_NEWER,
  RB_METRIC_STREAMS,
  RB_METRIC_PROXY_CONNECTIONS,
  RB_METRIC_PROXY_BYTES,
  RB_METRIC_TARGET_UP,
  RB_METRIC_RTT,
  RB_METRIC_SKEW,
} rb_metric_t;

/** What a metric is.  The key is also its index in the array. */
static const struct {
  rb_metric_t key;
  metrics_type_t type;
  const char *name;
  const char *help;
} base_metrics[] = {
  {
    .key = RB_METRIC_PEERS,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_peers),
    .help = "Other nodes of the onion service, by their state",
  },
  {
    .key = RB_METRIC_PUBLISHER,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_publisher),
    .help = "1 if this node publishes the descriptors, else 0",
  },
  {
    .key = RB_METRIC_POINTS,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_points),
    .help = "Introduction points that a descriptor should have, "
      "by descriptor and owner",
  },
  {
    .key = RB_METRIC_PUBLISH,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_publish_total),
    .help = "Descriptors sent to a directory, and what came of it",
  },
  {
    .key = RB_METRIC_DESCRIPTOR_AGE,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_descriptor_age_seconds),
    .help = "Seconds since a directory last took a descriptor, "
      "on the publisher",
  },
  {
    .key = RB_METRIC_HEARTBEATS,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_heartbeats_total),
    .help = "Heartbeats sent to other nodes and received from them",
  },
  {
    .key = RB_METRIC_DROPPED,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_messages_dropped_total),
    .help = "Messages, records and streams of others dropped, by reason",
  },
  {
    .key = RB_METRIC_TAKEOVERS,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_takeovers_total),
    .help = "How often this node became publisher",
  },
  {
    .key = RB_METRIC_JOINS,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_joins_total),
    .help = "Nodes that joined through this one, or this one through "
      "others, by result",
  },
  {
    .key = RB_METRIC_REPAIRS,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_repairs_total),
    .help = "What this node did to mend the service, by action",
  },
  {
    .key = RB_METRIC_NEWER,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_newer_found_total),
    .help = "Descriptors of others found that are newer than ours: "
      "somebody else has the key",
  },
  {
    .key = RB_METRIC_STREAMS,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_streams),
    .help = "Streams to and from other nodes (peer), and of clients to "
      "targets (proxy)",
  },
  {
    .key = RB_METRIC_PROXY_CONNECTIONS,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_proxy_connections_total),
    .help = "Streams of clients to targets, by what came of them",
  },
  {
    .key = RB_METRIC_PROXY_BYTES,
    .type = METRICS_TYPE_COUNTER,
    .name = METRICS_NAME(hs_balance_proxy_bytes_total),
    .help = "Bytes between clients and targets that went through HTTP, TLS "
      "or a choice of targets, by direction",
  },
  {
    .key = RB_METRIC_TARGET_UP,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_target_up),
    .help = "0 if a target or backend of this node is down, else 1",
  },
  {
    .key = RB_METRIC_RTT,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_peer_rtt_seconds),
    .help = "What a message to a node and its answer last took",
  },
  {
    .key = RB_METRIC_SKEW,
    .type = METRICS_TYPE_GAUGE,
    .name = METRICS_NAME(hs_balance_clock_skew_seconds),
    .help = "How far the clock of a node is ahead of ours",
  },
};

/** The store of all our services, and the list that has only that; NULL until
 * somebody asked. */
static metrics_store_t *the_store = NULL;
static smartlist_t *stores = NULL;

/** Add to our store <b>metric</b> of <b>service</b> with <b>value</b>, and
 * with the label <b>key</b>=<b>text</b> unless <b>key</b> is NULL.  Return the
 * new entry. */
static metrics_store_entry_t *
add(const rb_service_t *service, rb_metric_t metric, const char *key,
    const char *text, int64_t value)
{
  metrics_store_entry_t *entry =
    metrics_store_add(the_store, base_metrics[metric].type,
                      base_metrics[metric].name, base_metrics[metric].help,
                      0, NULL);
  metrics_store_entry_add_label(entry,
                           metrics_format_label("onion", service->address));
  if (key) {
    metrics_store_entry_add_label(entry, metrics_format_label(key, text));
  }
  metrics_store_entry_update(entry, value);
  return entry;
}

/** The same with a <b>word</b> of the control port, which is in capitals
 * there, and in small letters here. */
static void
add_word(const rb_service_t *service, rb_metric_t metric, const char *key,
         const char *word, int64_t value)
{
  char *lower = tor_strdup(word);
  tor_strlower(lower);
  add(service, metric, key, lower, value);
  tor_free(lower);
}

/** Add how many points of <b>service</b> and of its peers belong into each
 * descriptor. */
static void
add_points(const rb_service_t *service)
{
  const rb_state_t *state = service->state;
  for (int i = 0; i < state->n_slots; ++i) {
    const rb_slot_t *slot = &state->slots[i];
    const char *desc = slot->is_next ? "next" : "current";
    smartlist_t *choices =
      rb_state_choose(state, slot->blinded_key,
                      state->config->max_intro_points,
                      rb_desc_point_is_usable, NULL);
    const int n_all = smartlist_len(choices);
    metrics_store_entry_t *entry;
    int n_own = 0;

    SMARTLIST_FOREACH(choices, const rb_choice_t *, choice,
      n_own += fast_memeq(choice->node_key, state->node_keys.pubkey.pubkey,
                          ED25519_PUBKEY_LEN));
    rb_choices_free(choices);
    /* A formatted label lasts until the next one. */
    entry = add(service, RB_METRIC_POINTS, "desc", desc, n_own);
    metrics_store_entry_add_label(entry, metrics_format_label("owner",
                                                              "own"));
    entry = add(service, RB_METRIC_POINTS, "desc", desc, n_all - n_own);
    metrics_store_entry_add_label(entry, metrics_format_label("owner",
                                                              "peer"));
  }
}

/** Add what <b>service</b> counted. */
static void
add_counters(const rb_service_t *service)
{
  static const char *const repairs[RB_KIND_MAX_] = {
    "force_republish", "step_down", "exclude", "include",
  };
  const rb_counters_t *counters = &service->counters;
  const rb_state_t *state = service->state;

  for (int i = 0; i <= RB_RESULT_FAILED; ++i) {
    add_word(service, RB_METRIC_PUBLISH, "result",
             rb_result_to_string((rb_result_t) i),
             (int64_t) counters->uploads[i]);
  }
  for (int i = 0; i < RB_DROP_MAX_; ++i) {
    add_word(service, RB_METRIC_DROPPED, "reason",
             rb_drop_to_string((rb_drop_t) i), (int64_t) state->dropped[i]);
  }
  for (int i = 0; i < RB_KIND_MAX_; ++i) {
    add(service, RB_METRIC_REPAIRS, "action", repairs[i],
        (int64_t) counters->repairs[i]);
  }
  add(service, RB_METRIC_HEARTBEATS, "direction", "sent",
      (int64_t) state->n_heartbeats_sent);
  add(service, RB_METRIC_HEARTBEATS, "direction", "received",
      (int64_t) state->n_heartbeats_received);
  add(service, RB_METRIC_JOINS, "result", "accepted",
      (int64_t) counters->joins_accepted);
  add(service, RB_METRIC_JOINS, "result", "rejected",
      (int64_t) counters->joins_rejected);
  add(service, RB_METRIC_PROXY_CONNECTIONS, "result", "opened",
      (int64_t) counters->forwards_opened);
  add(service, RB_METRIC_PROXY_CONNECTIONS, "result", "failed",
      (int64_t) counters->forwards_failed);
  add(service, RB_METRIC_PROXY_BYTES, "direction", "to_target",
      (int64_t) counters->bytes_from_clients);
  add(service, RB_METRIC_PROXY_BYTES, "direction", "to_client",
      (int64_t) counters->bytes_to_clients);
  add(service, RB_METRIC_NEWER, NULL, NULL,
      (int64_t) state->audit.n_newer);
  add(service, RB_METRIC_TAKEOVERS, NULL, NULL,
      (int64_t) counters->takeovers);
}

/** Add the role of <b>service</b> and the age of what it published. */
static void
add_role(const rb_service_t *service)
{
  const rb_state_t *state = service->state;
  const bool is_publisher = (state->role == RB_ROLE_PUBLISHER);
  const int64_t age =
    (int64_t) approx_time() - (int64_t) state->last_upload_ok_ts;

  add(service, RB_METRIC_PUBLISHER, NULL, NULL, is_publisher);
  if (is_publisher && state->last_upload_ok_ts) {
    add(service, RB_METRIC_DESCRIPTOR_AGE, NULL, NULL, MAX(age, 0));
  }
}

/** Add how many channels of <b>service</b>, and streams to targets, are
 * open. */
static void
add_streams(const rb_service_t *service)
{
  int n_up = 0;
  SMARTLIST_FOREACH(service->channels, const rb_channel_t *, channel,
                    n_up += channel->is_up && !channel->is_lost);
  add(service, RB_METRIC_STREAMS, "kind", "peer", n_up);
  add(service, RB_METRIC_STREAMS, "kind", "proxy",
      rb_forward_count(service));
}

/** Add whether the targets and backends of <b>service</b> are there. */
static void
add_targets(const rb_service_t *service)
{
  SMARTLIST_FOREACH_BEGIN(rb_prober_get_probes(service->prober),
                          const rb_probe_t *, probe) {
    const size_t len = strlen(probe->url);
    const char *end = len > MAX_LABEL_LEN ?
      probe->url + len - MAX_LABEL_LEN : probe->url;
    add(service, RB_METRIC_TARGET_UP, "target", end,
        probe->health != RB_HEALTH_DOWN);
  } SMARTLIST_FOREACH_END(probe);
}

/** Add the distances of <b>peer</b> from <b>service</b> under a name that is
 * not in <b>names</b> yet: its own or, where another has that, a part of its
 * address. */
static void
add_distance(const rb_service_t *service, const rb_peer_t *peer,
             strmap_t *names)
{
  const char *name = rb_cevent_node_name(service, peer->key.pubkey);
  char part[RB_NODE_ID_LEN + 1];

  if (strmap_get(names, name)) {
    rb_state_default_node_id(&peer->key, part);
    name = part;
  }
  if (!peer->rtt || strmap_get(names, name)) {
    return;
  }
  strmap_set(names, name, (void *) peer);
  metrics_store_entry_set_milli(add(service, RB_METRIC_RTT, "node", name,
                                    (int64_t) peer->rtt));
  metrics_store_entry_set_milli(add(service, RB_METRIC_SKEW, "node", name,
                                    peer->skew));
}

/** Add what <b>service</b> knows of its peers. */
static void
add_peers(const rb_service_t *service)
{
  const rb_state_t *state = service->state;
  smartlist_t *peers = rb_peers_list(state->peers);
  strmap_t *names = strmap_new();

  for (int i = RB_NODE_JOINING; i <= RB_NODE_DEAD; ++i) {
    add_word(service, RB_METRIC_PEERS, "state",
             rb_lifecycle_to_string((rb_lifecycle_t) i),
             rb_peers_count_state(state->peers, (rb_lifecycle_t) i));
  }
  SMARTLIST_FOREACH(peers, const rb_peer_t *, peer,
                    add_distance(service, peer, names));
  smartlist_free(peers);
  strmap_free(names, NULL);
}

/** Return the list of our stores, filled anew, which stay ours: tor asks for
 * it when MetricsPort is read. */
const smartlist_t *
rb_metrics_get_stores(void)
{
  smartlist_t *services = rb_services_list();

  if (!the_store) {
    the_store = metrics_store_new();
    stores = smartlist_new();
    smartlist_add(stores, the_store);
  }
  metrics_store_reset(the_store);
  SMARTLIST_FOREACH_BEGIN(services, const rb_service_t *, service) {
    add_role(service);
    add_peers(service);
    add_points(service);
    add_streams(service);
    add_targets(service);
    add_counters(service);
  } SMARTLIST_FOREACH_END(service);
  smartlist_free(services);
  return stores;
}

/** Release all memory of this file. */
void
rb_metrics_free_all(void)
{
  metrics_store_free(the_store);
  smartlist_free(stores);
}
