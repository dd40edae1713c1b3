/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_peers.c
 * @brief The table of the other nodes, and the life of each.
 *
 * A node is Joining until its first heartbeat, Initializing until it has
 * introduction points, and then Healthy: only then may its points be
 * published.  When it leaves RB_PINGS_UNANSWERED pings unanswered it is
 * Unhealthy, when it misses the configured number of heartbeats it is Dead;
 * anything it sends brings it back.  In a cluster too large for a channel to
 * everybody, the neighbours of a node watch it and report
 * (rbalance_report.c).  Unanswered pings are counted, not timed,
 * so that a node that was itself stopped for a while does not take its peers
 * for dead.  rbalance_step.c feeds the table.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_peers.h"

#include "lib/ctime/di_ops.h"
#include "lib/log/util_bug.h"

#include <string.h>

/** Return a new empty table. */
rb_peers_t *
rb_peers_new(void)
{
  rb_peers_t *peers = tor_malloc_zero(sizeof(*peers));
  peers->map = digest256map_new();
  return peers;
}

/** Release the rb_peer_t at <b>arg</b>. */
static void
peer_free_void(void *arg)
{
  rb_peer_t *peer = arg;
  rb_record_free(peer->record);
  tor_free(peer);
}

/** Release <b>peers</b> and every node in it; NULL is fine. */
void
rb_peers_free_(rb_peers_t *peers)
{
  if (!peers) {
    return;
  }
  digest256map_free(peers->map, peer_free_void);
  tor_free(peers);
}

/** Return the node with <b>key</b>, or NULL. */
rb_peer_t *
rb_peers_find(const rb_peers_t *peers, const ed25519_public_key_t *key)
{
  return digest256map_get(peers->map, key->pubkey);
}

/** Return the node whose channel in use is <b>channel</b>, or NULL. */
rb_peer_t *
rb_peers_find_by_channel(const rb_peers_t *peers, uint64_t channel)
{
  DIGEST256MAP_FOREACH(peers->map, key, rb_peer_t *, peer) {
    if (peer->channel == channel) {
      return peer;
    }
  } DIGEST256MAP_FOREACH_END;
  return NULL;
}

/** Return the node with <b>key</b>, added at monotonic milliseconds
 * <b>now</b> if it is new; NULL if there are <b>max_peers</b> already. */
rb_peer_t *
rb_peers_add(rb_peers_t *peers, const ed25519_public_key_t *key,
             int max_peers, uint64_t now)
{
  rb_peer_t *peer = rb_peers_find(peers, key);
  if (peer) {
    return peer;
  }
  if (rb_peers_count(peers) >= max_peers) {
    return NULL;
  }
  peer = tor_malloc_zero(sizeof(*peer));
  ed25519_pubkey_copy(&peer->key, key);
  peer->state = RB_NODE_JOINING;
  peer->state_since = now;
  peer->last_heard = now;
  peer->ping_at = now;
  peer->dial_at = now;
  digest256map_set(peers->map, key->pubkey, peer);
  return peer;
}

/** Forget the nodes that <b>config</b> does not name, that have no channel,
 * and that are Dead since <b>patience</b> milliseconds or were never heard of
 * in that time.  Return how many that were. */
int
rb_peers_forget(rb_peers_t *peers, uint64_t patience, uint64_t now)
{
  int n_forgotten = 0;
  DIGEST256MAP_FOREACH_MODIFY(peers->map, key, rb_peer_t *, peer) {
    const bool is_lost = peer->state == RB_NODE_DEAD ||
      (peer->state == RB_NODE_JOINING && !peer->record);
    if (!peer->is_configured && !peer->channel && is_lost &&
        now >= peer->state_since + patience) {
      MAP_DEL_CURRENT(key);
      peer_free_void(peer);
      ++n_forgotten;
    }
  } DIGEST256MAP_FOREACH_END;
  return n_forgotten;
}

/** Make the nodes that <b>config</b> names, but not <b>ourselves</b>, the
 * configured ones: add the new, and forget at once those that it no longer
 * names if they are lost. */
void
rb_peers_set_configured(rb_peers_t *peers, const rb_config_t *config,
                        const ed25519_public_key_t *ourselves, uint64_t now)
{
  DIGEST256MAP_FOREACH(peers->map, key, rb_peer_t *, peer) {
    peer->is_configured = false;
  } DIGEST256MAP_FOREACH_END;
  SMARTLIST_FOREACH_BEGIN(config->peers, const ed25519_public_key_t *, key) {
    rb_peer_t *peer;
    if (ed25519_pubkey_eq(key, ourselves)) {
      continue;
    }
    peer = rb_peers_add(peers, key, config->max_peers, now);
    if (peer) {
      peer->is_configured = true;
    }
  } SMARTLIST_FOREACH_END(key);
  rb_peers_forget(peers, 0, now);
}

/** Return how many nodes there are. */
int
rb_peers_count(const rb_peers_t *peers)
{
  return digest256map_size(peers->map);
}

/** Return how many nodes are alive: see rb_peer_is_alive(). */
int
rb_peers_count_alive(const rb_peers_t *peers)
{
  return rb_peers_count_state(peers, RB_NODE_INITIALIZING) +
    rb_peers_count_state(peers, RB_NODE_HEALTHY);
}

/** Return how many nodes are in <b>state</b>. */
int
rb_peers_count_state(const rb_peers_t *peers, rb_lifecycle_t state)
{
  int count = 0;
  DIGEST256MAP_FOREACH(peers->map, key, const rb_peer_t *, peer) {
    count += (peer->state == state);
  } DIGEST256MAP_FOREACH_END;
  return count;
}

/** Order two nodes by key, for smartlist_sort(). */
static int
compare_by_key(const void **a_, const void **b_)
{
  const rb_peer_t *a = *a_, *b = *b_;
  return fast_memcmp(a->key.pubkey, b->key.pubkey, sizeof(a->key.pubkey));
}

/** Return a new list of the nodes, ordered by key; the nodes stay the
 * table's. */
smartlist_t *
rb_peers_list(const rb_peers_t *peers)
{
  smartlist_t *list = smartlist_new();
  DIGEST256MAP_FOREACH(peers->map, key, rb_peer_t *, peer) {
    smartlist_add(list, peer);
  } DIGEST256MAP_FOREACH_END;
  smartlist_sort(list, compare_by_key);
  return list;
}

/** Return true iff <b>peer</b> sends heartbeats and answers pings. */
bool
rb_peer_is_alive(const rb_peer_t *peer)
{
  return peer->state == RB_NODE_INITIALIZING ||
    peer->state == RB_NODE_HEALTHY;
}

/** Return true iff we saw ourselves that <b>peer</b> does not answer, or that
 * its circuits are gone, and heard nothing of it since. */
bool
rb_peer_is_silent(const rb_peer_t *peer)
{
  return peer->is_refused || peer->pings_unanswered > RB_PINGS_UNANSWERED;
}

/** Return true iff we know of <b>peer</b> what the election needs, from itself
 * or, if it is no neighbour, through others. */
bool
rb_peer_is_introduced(const rb_peer_t *peer)
{
  return peer->has_heartbeat || (!peer->is_neighbor && peer->record);
}

/** Return the state that a node which answers should be in by what we have
 * of it, and store in <b>reason_out</b> why. */
static rb_lifecycle_t
state_by_points(const rb_peer_t *peer, rb_lifecycle_reason_t *reason_out)
{
  if (peer->record && peer->record->n_points > 0) {
    *reason_out = RB_REASON_INTRO_POINTS;
    return RB_NODE_HEALTHY;
  }
  *reason_out = peer->state == RB_NODE_HEALTHY ? RB_REASON_NO_INTRO_POINTS :
                                                 RB_REASON_HEARTBEAT;
  return RB_NODE_INITIALIZING;
}

/** Return the first report of <b>peer</b> since we heard it ourselves, or
 * NULL. */
static const rb_report_t *
first_report(const rb_peer_t *peer)
{
  const rb_report_t *first = NULL;
  for (int i = 0; i < peer->n_reports; ++i) {
    const rb_report_t *report = &peer->reports[i];
    if (report->at > peer->last_heard && (!first || report->at < first->at)) {
      first = report;
    }
  }
  return first;
}

/** As rb_peer_next_state(), for a node that we have no channel to and want
 * none: others watch it. */
static rb_lifecycle_t
next_state_by_others(const rb_peer_t *peer, uint64_t dead_after,
                     uint64_t now, rb_lifecycle_reason_t *reason_out)
{
  const rb_report_t *report = first_report(peer);
  if (report) {
    *reason_out = RB_REASON_REPORTED;
    if (peer->state == RB_NODE_DEAD || now >= report->at + dead_after) {
      return RB_NODE_DEAD;
    }
    /* One that we never heard of alive does not fall ill. */
    return (peer->state == RB_NODE_JOINING && !peer->record) ?
      RB_NODE_JOINING : RB_NODE_UNHEALTHY;
  }
  if (!peer->record) {
    *reason_out = RB_REASON_HEARTBEAT;
    return peer->state;
  }
  return state_by_points(peer, reason_out);
}

/** Return the state <b>peer</b> should be in at monotonic milliseconds
 * <b>now</b>; store in <b>reason_out</b> why. */
rb_lifecycle_t
rb_peer_next_state(const rb_peer_t *peer, const rb_config_t *config,
                   uint64_t now, rb_lifecycle_reason_t *reason_out)
{
  const uint64_t silence = now - peer->last_heard;
  const uint64_t dead_after =
    config->heartbeat_interval * (uint64_t) config->dead_threshold;

  if (!peer->is_neighbor && !peer->channel) {
    return next_state_by_others(peer, dead_after, now, reason_out);
  }
  if (rb_peer_is_silent(peer)) {
    if (silence > dead_after || peer->state == RB_NODE_DEAD) {
      *reason_out = RB_REASON_HEARTBEAT_TIMEOUT;
      return RB_NODE_DEAD;
    }
    *reason_out = peer->is_refused ? RB_REASON_REFUSED :
                                     RB_REASON_PING_TIMEOUT;
    return peer->state == RB_NODE_JOINING ? RB_NODE_JOINING :
                                            RB_NODE_UNHEALTHY;
  }
  if (!peer->has_heartbeat) {
    *reason_out = RB_REASON_HEARTBEAT;
    return peer->state;
  }
  return state_by_points(peer, reason_out);
}

/** Return true iff the channel of <b>peer</b>, if it has one, is ours to close
 * at monotonic milliseconds <b>now</b>, because the peer has been no neighbour
 * for long. */
bool
rb_peer_is_surplus(rb_peer_t *peer, uint64_t now)
{
  if (!peer->channel || peer->is_neighbor || peer->channel_is_inbound) {
    peer->surplus_since = 0;
    return false;
  }
  if (!peer->surplus_since) {
    peer->surplus_since = now;
  }
  return now >= peer->surplus_since + RB_SURPLUS_MSEC;
}

/** Return true iff at monotonic milliseconds <b>now</b> a channel to
 * <b>peer</b> is to be opened, and note that: it is a neighbour that has none,
 * and no try is under way, or only the first one, for long. */
bool
rb_peer_begin_dial(rb_peer_t *peer, uint64_t now)
{
  if (!peer->is_neighbor || peer->channel) {
    return false;
  }
  if (!peer->is_dialing) {
    peer->is_dialing = now >= peer->dial_at;
    return peer->is_dialing;
  }
  if (!peer->dial_again_at || now < peer->dial_again_at || peer->is_refused) {
    return false;
  }
  peer->dial_again_at = 0;
  return true;
}

/** Return the name of <b>state</b> in events and GETINFO. */
const char *
rb_lifecycle_to_string(rb_lifecycle_t state)
{
  switch (state) {
    case RB_NODE_JOINING: return "JOINING";
    case RB_NODE_INITIALIZING: return "INITIALIZING";
    case RB_NODE_HEALTHY: return "HEALTHY";
    case RB_NODE_UNHEALTHY: return "UNHEALTHY";
    case RB_NODE_DEAD: return "DEAD";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}

/** Return the name of <b>reason</b> in events. */
const char *
rb_lifecycle_reason_to_string(rb_lifecycle_reason_t reason)
{
  switch (reason) {
    case RB_REASON_HEARTBEAT: return "HEARTBEAT";
    case RB_REASON_INTRO_POINTS: return "INTRO_POINTS";
    case RB_REASON_NO_INTRO_POINTS: return "NO_INTRO_POINTS";
    case RB_REASON_PING_TIMEOUT: return "PING_TIMEOUT";
    case RB_REASON_HEARTBEAT_TIMEOUT: return "HEARTBEAT_TIMEOUT";
    case RB_REASON_REFUSED: return "REFUSED";
    case RB_REASON_REPORTED: return "REPORTED";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}
