/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_times.h
 * @brief The times of the rbalance protocol, each with its reason.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_TIMES_H
#define TOR_FEATURE_RBALANCE_RBALANCE_TIMES_H

#include "lib/cc/torint.h"

/** Longest time, in milliseconds, that a message may speak of: a day. */
#define RB_MAX_INTERVAL_MSEC (UINT64_C(86400) * 1000)
/** Seconds for which a tag is valid, and that it may be from the future. */
#define RB_TAG_MAX_AGE_SEC 300
#define RB_TAG_FUTURE_SEC 60
/** Milliseconds for which a tag is remembered: as long as it is valid, whole
 * seconds of which the last has to be over. */
#define RB_JOIN_WINDOW_MSEC \
  (UINT64_C(1000) * (RB_TAG_MAX_AGE_SEC + RB_TAG_FUTURE_SEC + 1))
/** Milliseconds after which a channel ends whose token is not in the file any
 * more: by then the other nodes have the new one, too, and have made their
 * node services anew. */
#define RB_OLD_TOKEN_MSEC 30000
/** Milliseconds a handshake may take after the stream was opened: a client
 * needs a descriptor, an introduction and a rendezvous for it. */
#define RB_HANDSHAKE_TIMEOUT_MSEC 60000
/** Milliseconds that we believe a clock to be wrong at most: ten years. */
#define RB_MAX_SKEW_MSEC (UINT64_C(3650) * 86400 * 1000)
/** Milliseconds after which the descriptor of a peer's node service is fetched
 * anew: its introduction points wear out within a day (rend-spec-v3 section
 * 2.2.5), and tor doesn't ask an HSDir twice in this time. */
#define RB_RENEW_DESC_MSEC (UINT64_C(15) * 60 * 1000)
/** Milliseconds of the first wait before a lost channel is opened again. */
#define RB_DIAL_BACKOFF_MIN_MSEC 1000
/** Milliseconds of the longest such wait. */
#define RB_DIAL_BACKOFF_MAX_MSEC 60000
/** Milliseconds between two looks whether the state file is up to date. */
#define RB_SAVE_MSEC 5000
/** Milliseconds between two runs of the step function without an event. */
#define RB_TICK_MSEC 250
/** Milliseconds a changed set of points must rest before it is published,
 * so that several changes make one upload. */
#define RB_SETTLE_MSEC 1000
/** Milliseconds after which a set that keeps changing is published anyway. */
#define RB_SETTLE_MAX_MSEC 3000
/** Milliseconds a new descriptor waits for the points that healthy nodes are
 * about to have for it: nodes rotate up to 10 seconds apart. */
#define RB_PERIOD_HOLD_MSEC 15000
/** Milliseconds after which a wanted upload that did not happen is asked for
 * again. */
#define RB_PUBLISH_RETRY_MSEC 5000
/** Milliseconds between two steps that mean this process was stopped: then
 * silence in between is nobody's fault. */
#define RB_STALL_MSEC 3000
/** Milliseconds after which a channel to a node that is no neighbour any
 * more is closed: long enough that two views of the ring agree. */
#define RB_SURPLUS_MSEC 60000
/** Milliseconds after which a dead node that the configuration does not name
 * is forgotten: an hour. */
#define RB_FORGET_MSEC (UINT64_C(3600) * 1000)
/** Milliseconds for which a report counts. */
#define RB_REPORT_MSEC 60000
/** Milliseconds that a channel must have been up for its loss to be followed
 * by a try at once: a peer that hangs up on us is not asked all the time. */
#define RB_STEADY_CHANNEL_MSEC 10000
/** Milliseconds after the loss of such a channel when a second try begins
 * beside the first.  Until a relay knows that the peer's circuit is gone it
 * acknowledges an introduction that goes nowhere, and tor waits for half a
 * minute; a later one is refused at once. */
#define RB_DIAL_AGAIN_MSEC 3000
/** Milliseconds within which two channels between the same nodes count as
 * opened at once. */
#define RB_SIMULTANEOUS_MSEC 10000
/** Milliseconds after which an HSDir that did not answer counts as failed. */
#define RB_UPLOAD_TIMEOUT_MSEC 60000
/** Milliseconds before the tries that follow a failure at one HSDir; the last
 * of them holds for all that follow. */
#define RB_UPLOAD_RETRY_MSEC { 5000, 10000, 20000, 60000 }
/** Milliseconds of the shortest wait before an upload that was rejected is
 * made again: revision counters rise once a second. */
#define RB_RENEW_MIN_MSEC 2000
/** Milliseconds of the longest such wait. */
#define RB_RENEW_MAX_MSEC 300000
/** Milliseconds of the shortest wait between two forced uploads. */
#define RB_FORCE_MIN_MSEC 60000
/** Milliseconds for which a node whose uploads all fail leaves the publisher
 * role to others: long enough that several of them can be tried. */
#define RB_RESIGN_MSEC (3600 * 1000)
/** Milliseconds of the shortest and of the longest wait before a descriptor
 * that somebody else uploaded over ours is replaced once more. */
#define RB_REPLACE_MIN_MSEC 60000
#define RB_REPLACE_MAX_MSEC (3600 * 1000)
/** Milliseconds between two questions to HSDirs for our own descriptor; a
 * testing network asks more often. */
#define RB_AUDIT_INTERVAL_MSEC 30000
/** Milliseconds from a service's start to its first probes: backends and tor
 * start at the same time. */
#define RB_PROBE_DELAY_MSEC 120000
/** Milliseconds that an HSDir has after an upload before we ask it. */
#define RB_AUDIT_REST_MSEC 20000
/** Milliseconds between two warnings of another publisher. */
#define RB_AUDIT_WARN_MSEC (3600 * 1000)
/** Longest jitter, in milliseconds, of a claim when every known node has
 * been heard: there is hardly anyone to collide with. */
#define RB_SHORT_JITTER_MSEC 500

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_TIMES_H) */
