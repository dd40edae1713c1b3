/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_limits.h
 * @brief Every constant of the rbalance protocol, with its unit and reason.
 *
 * Wire sizes follow doc/protocol.md.  What an operator can set has its
 * default in rbalance_service_options.inc and its bounds in rbalance_config.c;
 * what is here is fixed.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_LIMITS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_LIMITS_H

#include "feature/rbalance/rbalance_times.h"

/** Version of the peer protocol; both ends of a channel must agree. */
#define RB_PROTOCOL_VERSION 1
/** Virtual port on which a node onion service takes peer channels. */
#define RB_NODE_PORT 51821

/** Bytes in a symmetric key derived from the cluster token. */
#define RB_KEY_LEN 32
/** Bytes in the hash of the service's public key that names a cluster. */
#define RB_CLUSTER_ID_LEN 32
/** Characters a cluster token must have: 32 hold 160 bits even if base32. */
#define RB_TOKEN_MIN_LEN 32
/** Characters a cluster token may have. */
#define RB_TOKEN_MAX_LEN 256
/** Tokens a token file may list; rotation needs two. */
#define RB_MAX_TOKENS 4

/** Characters in the longest node id. */
#define RB_NODE_ID_LEN 32
/** Introduction points in a descriptor; clients reject one with more
 * (rend-spec-v3, HS_CONFIG_V3_MAX_INTRO_POINTS). */
#define RB_MAX_POINTS 20
/** Bytes in the link specifiers of one point, as a descriptor carries them:
 * four usual ones take 85. */
#define RB_MAX_LSPECS_LEN 256
/** Point sets in a record: one for each descriptor a service keeps. */
#define RB_MAX_SETS 2

/** Bytes in the length field in front of each frame. */
#define RB_FRAME_HEADER_LEN 4
/** Bytes in the largest frame; two sets of 20 points take about 20 KiB. */
#define RB_MAX_FRAME_LEN 65536
/** Records that one heartbeat names; 512 take 36 KiB. */
#define RB_MAX_KNOWN 512
/** Nodes that can be excluded, or were. */
#define RB_MAX_EXCLUSIONS 64
/** Largest revision counter that we upload, and the largest that we let others
 * tell us, so that there is room to stay above it; tor's own are below
 * 2^40. */
#define RB_MAX_REVISION (UINT64_C(1) << 60)
#define RB_MAX_TOLD_REVISION (RB_MAX_REVISION / 2)
/** Levels of nesting in a JSON message; ours need five. */
#define RB_MAX_JSON_DEPTH 8
/** Bytes that may wait for a peer that does not read, before we hang up. */
#define RB_MAX_OUTBUF_LEN (4 * RB_MAX_FRAME_LEN)

/** Bytes of the nonce and of the MAC in a tag; see rbalance_tag.c.  With them
 * a tag has 75 bytes, which base32 makes 120 characters without padding. */
#define RB_TAG_NONCE_LEN 18
#define RB_TAG_MAC_LEN 16
/** Joins that one node is granted in that time. */
#define RB_MAX_JOINS_PER_NODE 5
/** Tags that are remembered at most. */
#define RB_MAX_ADMISSIONS 512
/** Times a node asks to join before it goes on alone, and the milliseconds
 * from one to the next. */
#define RB_JOIN_ATTEMPTS 5
#define RB_JOIN_INTERVAL_MSEC 15000
/** Streams of joining nodes at once. */
#define RB_MAX_JOIN_CHANNELS 8
/** Nodes that a node remembers, and bytes of the file in which it does:
 * 1024 keys take 48 KiB, 64 exclusions 14. */
#define RB_MAX_MEMORY 1024
#define RB_MAX_STATEFILE_LEN RB_MAX_FRAME_LEN
/** Streams that others opened and that may be in their handshake at once, for
 * one service. */
#define RB_MAX_PENDING_CHANNELS 32

/** Seconds that a proof-of-work seed is good on average, and by how much less
 * than that longer: so it is 105 to 120 minutes, as with stock tor. */
#define RB_POW_SLOT_SEC 6750
#define RB_POW_JITTER_SEC 450
/** Seconds that a standby is ahead of the publisher with a new seed. */
#define RB_POW_LEAD_SEC 60
/** Seconds after which clients have no use for the seed before, and that of
 * another token can take its place. */
#define RB_POW_GRACE_SEC 300

/** Unanswered pings that make a peer Unhealthy. */
#define RB_PINGS_UNANSWERED 3
/** Relays that must be left over for a node to avoid those of others. */
#define RB_SPARE_RELAYS 2
/** Nodes, ourselves included, up to which everybody has a channel to
 * everybody; beyond, each has up to 2 * RB_RING_OFFSETS neighbours. */
#define RB_MESH_NODES 8
/** Distances on the ring of nodes at which a node has neighbours. */
#define RB_RING_OFFSETS 4
/** Heartbeats with another digest than ours before we list what we know: a
 * record on its way makes one differ. */
#define RB_DIGEST_PATIENCE 2
/** Reports that are kept of one node: two from each neighbour on the two
 * rings; more in a small cluster do not matter. */
#define RB_MAX_REPORTS 32
/** HSDirs of one descriptor that we keep track of; a consensus asks for 8
 * unless it has other parameters. */
#define RB_MAX_HSDIRS 32
/** Most targets of a service, most circuits to one host of them, and most
 * streams to all. */
#define RB_MAX_TARGETS 64
#define RB_MAX_TARGET_CIRCUITS 64
#define RB_MAX_TARGET_STREAMS 1000000
/** Bytes and fields of the head of a request or answer, and bytes of its first
 * line, that are taken; browsers and servers stay far below. */
#define RB_HTTP_MAX_HEAD_LEN 65536
#define RB_HTTP_MAX_FIELDS 200
#define RB_HTTP_MAX_LINE_LEN 16384
/** Requests of one client that may wait for their answers at once. */
#define RB_HTTP_MAX_PENDING 32
/** Digits of a length, decimal or of a chunk, and bytes of the extension of a
 * chunk, which nobody uses. */
#define RB_HTTP_MAX_LENGTH_DIGITS 18
#define RB_HTTP_MAX_CHUNK_DIGITS 15
#define RB_HTTP_MAX_EXTENSION_LEN 256
/** Failed probes in a row after which what is probed is down. */
#define RB_PROBE_FAILURES 3
/** Bytes of a web server's answer that a probe reads for the status: one line
 * and, before it, provisional answers with their heads. */
#define RB_MAX_INQUIRY_LEN 16384
/** Characters in the path of a probe. */
#define RB_MAX_PROBE_PATH_LEN 1024
/** Intervals between two questions to the same HSDir: ten minutes. */
#define RB_AUDIT_ROUND 20

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_LIMITS_H) */
