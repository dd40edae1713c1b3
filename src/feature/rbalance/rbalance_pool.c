/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_pool.c
 * @brief Circuits to targets that are there before a client needs them.
 *
 * All targets of one host share its circuits, as many as the option
 * HiddenServiceBalanceTargetCircuits says.  A session group of its own keeps
 * each of them from all other streams of this tor.  To build a circuit, or to
 * have tor renew it before MaxCircuitDirtiness is over, a stream is opened to
 * the target and closed as soon as it is open: tor has no circuit to an onion
 * service without a stream.
 *
 * One stream after the other is timed on each circuit, so that the quickest of
 * those that have equally few is known: tor takes circuits as they come, and
 * some take several times as long as others.
 *
 * rbalance_lane.c decides which circuit that concerns; here the circuits and
 * streams are counted, and the streams opened.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_pool.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/circuitlist.h"
#include "core/or/connection_edge.h"
#include "feature/rbalance/rbalance_lane.h"
#include "feature/rbalance/rbalance_limits.h"
#include "feature/rbalance/rbalance_outlet.h"
#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_service.h"
#include "lib/intmath/cmp.h"

#include "core/or/circuit_st.h"
#include "core/or/connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/origin_circuit_st.h"

/** So many seconds before tor gives a circuit no more streams, but at most a
 * quarter of the time that it has, it is renewed. */
#define RB_POOL_RENEW_SEC 60

struct trunk_t;

/** A stream that opens a lane. */
typedef struct opener_t {
  struct trunk_t *trunk;
  /** NULL while the lane is not opening. */
  rb_outlet_t *outlet;
  /** Monotonic milliseconds when it has taken too long. */
  uint64_t expires_at;
} opener_t;

/** A stream that is timed on a lane. */
typedef struct timing_t {
  /** Global identifier of its connection; 0 for none. */
  uint64_t conn_id;
  /** Monotonic milliseconds when it was asked for. */
  uint64_t begun_at;
} timing_t;

/** The circuits to one host. */
typedef struct trunk_t {
  /** The first target with that host; the streams that open lanes go there. */
  rb_target_t *target;
  /** The session group of the first lane; the others follow. */
  int first_group;
  /** How many lanes there are, and after how many milliseconds the opening of
   * one has failed. */
  int n_lanes;
  uint64_t timeout;
  rb_lane_t lanes[RB_MAX_TARGET_CIRCUITS];
  opener_t openers[RB_MAX_TARGET_CIRCUITS];
  timing_t timings[RB_MAX_TARGET_CIRCUITS];
} trunk_t;

/** trunk_t of all pools, whose session groups differ; NULL while there is
 * none. */
static smartlist_t *all_trunks = NULL;

struct rb_pool_t {
  /** trunk_t of every host that is reached through circuits, owned. */
  smartlist_t *trunks;
};

/** Return session groups that no other stream has, for all lanes of a trunk:
 * the first of them.  tor's own count down from -4 and those in torrc are
 * positive. */
static int
reserve_groups(void)
{
  static int next = INT_MIN;
  const int first = next;
  /* After enough reloads they come again, for targets that are long gone. */
  next = next < INT_MIN / 2 ? next + RB_MAX_TARGET_CIRCUITS : INT_MIN;
  return first;
}

/** Return the one of <b>trunks</b> that leads to the host of <b>target</b>, or
 * NULL. */
static trunk_t *
find_trunk(const smartlist_t *trunks, const rb_target_t *target)
{
  SMARTLIST_FOREACH_BEGIN(trunks, trunk_t *, trunk) {
    if (!strcmp(trunk->target->host, target->host)) {
      return trunk;
    }
  } SMARTLIST_FOREACH_END(trunk);
  return NULL;
}

/** Release <b>trunk</b>.  Its circuits are left to tor. */
static void
trunk_free(trunk_t *trunk)
{
  for (int i = 0; i < RB_MAX_TARGET_CIRCUITS; ++i) {
    rb_outlet_free(trunk->openers[i].outlet);
  }
  rb_target_free(trunk->target);
  smartlist_remove(all_trunks, trunk);
  if (!smartlist_len(all_trunks)) {
    smartlist_free(all_trunks);
  }
  tor_free(trunk);
}

/** Return a new trunk without a target. */
static trunk_t *
trunk_new(void)
{
  trunk_t *trunk = tor_malloc_zero(sizeof(*trunk));
  trunk->first_group = reserve_groups();
  for (int i = 0; i < RB_MAX_TARGET_CIRCUITS; ++i) {
    trunk->openers[i].trunk = trunk;
  }
  if (!all_trunks) {
    all_trunks = smartlist_new();
  }
  smartlist_add(all_trunks, trunk);
  return trunk;
}

/** The lane of <b>opener</b> has opened, or has not. */
static void
end_opening(opener_t *opener, bool has_opened)
{
  const ptrdiff_t i = opener - opener->trunk->openers;
  rb_outlet_free(opener->outlet);
  rb_lane_rest(&opener->trunk->lanes[i], has_opened, rb_now_mono());
}

/** The stream of <b>owner</b>, an opener, is open. */
static void
outlet_opened(void *owner)
{
  end_opening(owner, true);
}

/** What comes on the stream of <b>owner</b>, an opener, is not for us. */
static void
outlet_moved(void *owner)
{
  (void) owner;
}

/** The stream of <b>owner</b>, an opener, failed.  That its circuit is there
 * all the same, rb_lane_t.is_lasting tells. */
static void
outlet_ended(void *owner, int reason)
{
  (void) reason;
  end_opening(owner, false);
}

static const rb_outlet_calls_t calls = {
  outlet_opened, outlet_moved, outlet_moved, outlet_ended,
};

/** Open the lane <b>i</b> of <b>trunk</b> at monotonic milliseconds
 * <b>now</b>. */
static void
open_lane(trunk_t *trunk, int i, uint64_t now)
{
  opener_t *opener = &trunk->openers[i];

  opener->expires_at = now + trunk->timeout;
  trunk->lanes[i].is_opening = true;
  opener->outlet = rb_outlet_open(trunk->target, trunk->first_group + i,
                                  &calls, opener);
  if (!opener->outlet) {
    end_opening(opener, false);
  }
}

/** Give up what has taken too long to open in <b>trunk</b> at monotonic
 * milliseconds <b>now</b>. */
static void
expire_openers(trunk_t *trunk, uint64_t now)
{
  for (int i = 0; i < RB_MAX_TARGET_CIRCUITS; ++i) {
    opener_t *opener = &trunk->openers[i];
    if (opener->outlet && now >= opener->expires_at) {
      rb_outlet_blame_circuit(opener->outlet);
      end_opening(opener, false);
    }
  }
}

/** Return the lane of <b>trunk</b> that has the session group <b>group</b>, or
 * NULL. */
static rb_lane_t *
find_lane(trunk_t *trunk, int group)
{
  /* Groups of other trunks are far off, those of tor positive. */
  const int64_t i = (int64_t) group - trunk->first_group;
  return i >= 0 && i < trunk->n_lanes ? &trunk->lanes[i] : NULL;
}

/** Note in <b>trunk</b> that <b>circ</b> is one of its circuits, if it is. */
static void
see_circuit(trunk_t *trunk, const origin_circuit_t *circ)
{
  const int dirtiness = get_options()->MaxCircuitDirtiness;
  const time_t used_at = circ->base_.timestamp_dirty;
  const bool is_onion = trunk->target->reach == RB_REACH_ONION;
  rb_lane_t *lane = find_lane(trunk, circ->session_group);
  int rest = dirtiness;

  if (!lane || (used_at && used_at + dirtiness <= approx_time())) {
    return;
  }
  if (is_onion) {
    /* A stream renews these; a circuit through an exit has its time. */
    rest -= MIN(RB_POOL_RENEW_SEC, dirtiness / 4);
  }
  lane->is_ready = true;
  lane->is_lasting |= !used_at || used_at + rest > approx_time();
}

/** Return true iff <b>circ</b>, one of ours, can take further streams. */
static bool
takes_streams(const circuit_t *circ)
{
  const origin_circuit_t *origin = CONST_TO_ORIGIN_CIRCUIT(circ);
  return circ->state == CIRCUIT_STATE_OPEN && !circ->marked_for_close &&
    origin->isolation_values_set && !origin->unusable_for_new_conns &&
    (circ->purpose == CIRCUIT_PURPOSE_C_REND_JOINED ||
     circ->purpose == CIRCUIT_PURPOSE_C_GENERAL ||
     circ->purpose == CIRCUIT_PURPOSE_CONFLUX_LINKED);
}

/** Forget how quick the lanes of <b>trunk</b> were that lost their circuit. */
static void
forget_rtts(trunk_t *trunk)
{
  for (int i = 0; i < trunk->n_lanes; ++i) {
    if (!trunk->lanes[i].is_ready) {
      trunk->lanes[i].rtt = 0;
      trunk->timings[i].conn_id = 0;
    }
  }
}

/** Find out anew what circuits the trunks of <b>pool</b> have. */
static void
see_circuits(rb_pool_t *pool)
{
  SMARTLIST_FOREACH_BEGIN(pool->trunks, trunk_t *, trunk) {
    for (int i = 0; i < trunk->n_lanes; ++i) {
      trunk->lanes[i].is_ready = trunk->lanes[i].is_lasting = false;
    }
  } SMARTLIST_FOREACH_END(trunk);
  if (!smartlist_len(pool->trunks)) {
    return;
  }
  SMARTLIST_FOREACH_BEGIN(circuit_get_global_list(), const circuit_t *,
                          circ) {
    if (CIRCUIT_IS_ORIGIN(circ) && takes_streams(circ)) {
      SMARTLIST_FOREACH(pool->trunks, trunk_t *, trunk,
                        see_circuit(trunk, CONST_TO_ORIGIN_CIRCUIT(circ)));
    }
  } SMARTLIST_FOREACH_END(circ);
  SMARTLIST_FOREACH(pool->trunks, trunk_t *, trunk, forget_rtts(trunk));
}

/** Count anew the streams on the lanes of <b>trunk</b>. */
static void
count_streams(trunk_t *trunk)
{
  for (int i = 0; i < trunk->n_lanes; ++i) {
    trunk->lanes[i].n_streams = 0;
  }
  SMARTLIST_FOREACH_BEGIN(get_connection_array(), const connection_t *,
                          conn) {
    if (conn->type == CONN_TYPE_AP && conn->linked &&
        !conn->marked_for_close) {
      rb_lane_t *lane = find_lane(
        trunk, CONST_TO_ENTRY_CONN(conn)->entry_cfg.session_group);
      if (lane) {
        lane->n_streams++;
      }
    }
  } SMARTLIST_FOREACH_END(conn);
}

/** Return the session group for the next stream to <b>target</b>, which
 * <b>pool</b> knows: that of the circuit with the fewest streams, and the
 * quickest of several. */
int
rb_pool_pick_group(rb_pool_t *pool, const rb_target_t *target)
{
  trunk_t *trunk = find_trunk(pool->trunks, target);
  if (!trunk) {
    /* It needs no circuit. */
    return 0;
  }
  see_circuits(pool);
  count_streams(trunk);
  return trunk->first_group + rb_lanes_choose(trunk->lanes, trunk->n_lanes);
}

/** Return the trunk that has the lane of <b>stream</b>, and store in
 * <b>lane</b> which that is; or return NULL. */
static trunk_t *
find_trunk_of(const entry_connection_t *stream, ptrdiff_t *lane)
{
  if (!all_trunks) {
    return NULL;
  }
  SMARTLIST_FOREACH_BEGIN(all_trunks, trunk_t *, trunk) {
    const rb_lane_t *found = find_lane(trunk, stream->entry_cfg.session_group);
    if (found) {
      *lane = found - trunk->lanes;
      return trunk;
    }
  } SMARTLIST_FOREACH_END(trunk);
  return NULL;
}

/** Take the time from now until <b>stream</b> of our client side, which was
 * just attached, is open; unless its circuit has to be built first, or another
 * stream is being timed there. */
void
rb_pool_time_stream(const entry_connection_t *stream)
{
  const connection_t *conn = ENTRY_TO_CONN(stream);
  const uint64_t now = rb_now_mono();
  ptrdiff_t i;
  trunk_t *trunk = find_trunk_of(stream, &i);
  timing_t *timing;

  if (!trunk || conn->marked_for_close || !trunk->lanes[i].is_ready) {
    return;
  }
  timing = &trunk->timings[i];
  /* A client that hangs up early leaves one behind. */
  if (!timing->conn_id || now >= timing->begun_at + trunk->timeout) {
    timing->conn_id = conn->global_identifier;
    timing->begun_at = now;
  }
}

/** <b>stream</b> of our client side is open, if <b>is_open</b>, or failed: if
 * it is being timed, it tells how quick its circuit is. */
void
rb_pool_stream_answered(const entry_connection_t *stream, bool is_open)
{
  ptrdiff_t i;
  trunk_t *trunk = find_trunk_of(stream, &i);
  timing_t *timing = trunk ? &trunk->timings[i] : NULL;

  if (!timing ||
      timing->conn_id != ENTRY_TO_CONN(stream)->global_identifier) {
    return;
  }
  timing->conn_id = 0;
  if (is_open) {
    rb_lane_note_rtt(&trunk->lanes[i], rb_now_mono() - timing->begun_at);
  }
}

/** Return how many circuits of <b>pool</b> to the host of <b>target</b> take
 * streams; -1 if it is reached without one. */
int
rb_pool_count_ready(rb_pool_t *pool, const rb_target_t *target)
{
  trunk_t *trunk = find_trunk(pool->trunks, target);
  if (!trunk) {
    return -1;
  }
  see_circuits(pool);
  return rb_lanes_count_ready(trunk->lanes, trunk->n_lanes);
}

/** Return true iff a target of <b>probes</b>, a list of rb_probe_t, is
 * <b>target</b> and down: until it is up, its circuits are not looked
 * after. */
static bool
is_down(const smartlist_t *probes, const rb_target_t *target)
{
  const rb_probe_t *probe = rb_probes_find(probes, target->url);
  return probe && probe->health == RB_HEALTH_DOWN;
}

/** Look after the circuits of <b>pool</b> at monotonic milliseconds
 * <b>now</b>, when tor is ready to build some; <b>probes</b> are the
 * rb_probe_t of its targets. */
void
rb_pool_run(rb_pool_t *pool, const smartlist_t *probes, uint64_t now)
{
  see_circuits(pool);
  SMARTLIST_FOREACH_BEGIN(pool->trunks, trunk_t *, trunk) {
    int needy;
    expire_openers(trunk, now);
    while (!is_down(probes, trunk->target) &&
           (needy = rb_lanes_find_needy(trunk->lanes, trunk->n_lanes,
                                        now)) >= 0) {
      open_lane(trunk, needy, now);
    }
  } SMARTLIST_FOREACH_END(trunk);
}

/** Keep circuits to the targets of <b>config</b> from now on; those that
 * <b>pool</b> has to hosts that stay are kept. */
void
rb_pool_reload(rb_pool_t *pool, const rb_config_t *config)
{
  smartlist_t *old = pool->trunks;

  pool->trunks = smartlist_new();
  SMARTLIST_FOREACH_BEGIN(config->targets, const rb_target_t *, target) {
    trunk_t *trunk;
    if (target->reach == RB_REACH_DIRECT ||
        find_trunk(pool->trunks, target)) {
      continue;
    }
    trunk = find_trunk(old, target);
    if (trunk) {
      smartlist_remove(old, trunk);
      rb_target_free(trunk->target);
    } else {
      trunk = trunk_new();
    }
    trunk->target = rb_target_dup(target);
    trunk->n_lanes = config->target_circuits;
    trunk->timeout = config->target_timeout;
    smartlist_add(pool->trunks, trunk);
  } SMARTLIST_FOREACH_END(target);
  SMARTLIST_FOREACH(old, trunk_t *, trunk, trunk_free(trunk));
  smartlist_free(old);
}

/** Return a new pool for the targets of <b>config</b>. */
rb_pool_t *
rb_pool_new(const rb_config_t *config)
{
  rb_pool_t *pool = tor_malloc_zero(sizeof(*pool));
  pool->trunks = smartlist_new();
  rb_pool_reload(pool, config);
  return pool;
}

/** Release <b>pool</b>; NULL is fine. */
void
rb_pool_free_(rb_pool_t *pool)
{
  if (!pool) {
    return;
  }
  SMARTLIST_FOREACH(pool->trunks, trunk_t *, trunk, trunk_free(trunk));
  smartlist_free(pool->trunks);
  tor_free(pool);
}
