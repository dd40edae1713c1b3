/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_handshake.h
 * @brief Header file for rbalance_handshake.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HANDSHAKE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HANDSHAKE_H

#include "feature/rbalance/rbalance_now_st.h"
#include "feature/rbalance/rbalance_token.h"
#include "lib/buf/buffers.h"
#include "lib/crypt_ops/crypto_ed25519.h"
#include "lib/defs/digest_sizes.h"

/** Bytes of a nonce. */
#define RB_NONCE_LEN 32
/** Bytes of HELLO: magic, version, cluster id, opener's key, nonce, time and
 * MAC. */
#define RB_HELLO_LEN (4 + 1 + RB_CLUSTER_ID_LEN + ED25519_PUBKEY_LEN + \
                      RB_NONCE_LEN + 8 + DIGEST256_LEN)
/** Bytes of ANSWER: nonce, time and MAC. */
#define RB_ANSWER_LEN (RB_NONCE_LEN + 8 + DIGEST256_LEN)
/** Bytes of CONFIRM: time, signature and MAC. */
#define RB_CONFIRM_LEN (8 + ED25519_SIG_LEN + DIGEST256_LEN)

/** How far a handshake is, or how it ended. */
typedef enum rb_handshake_status_t {
  /** Waiting for bytes of the peer. */
  RB_HANDSHAKE_PENDING = 0,
  /** The peer is a node of our cluster. */
  RB_HANDSHAKE_DONE,
  /** The peer does not speak our protocol. */
  RB_HANDSHAKE_BAD_MAGIC,
  /** The peer speaks another version of it. */
  RB_HANDSHAKE_BAD_VERSION,
  /** The peer serves another onion service. */
  RB_HANDSHAKE_WRONG_CLUSTER,
  /** The peer does not have our token. */
  RB_HANDSHAKE_BAD_MAC,
  /** The peer does not have the node key it claims. */
  RB_HANDSHAKE_BAD_SIGNATURE,
  /** The peer claims our own node key. */
  RB_HANDSHAKE_OURSELVES,
} rb_handshake_status_t;

/** One end of a handshake. */
typedef struct rb_handshake_t {
  /** True iff we opened the stream. */
  bool is_opener;
  /** Which of the three messages comes next: 1, 2 or 3. */
  int next_msg;
  /** Names the cluster: hash of the service's public key. */
  uint8_t cluster_id[RB_CLUSTER_ID_LEN];
  /** Node keys of the two ends; the opener's is known to the responder only
   * after HELLO. */
  ed25519_public_key_t opener_key;
  ed25519_public_key_t responder_key;
  /** HELLO and ANSWER as they went over the wire. */
  uint8_t transcript[RB_HELLO_LEN + RB_ANSWER_LEN];
  /** Index of the token that both ends have, in the list of this end; the
   * opener's is the first. */
  int token_idx;
  /** When we sent our last message. */
  rb_now_t sent;
  /** Milliseconds from our last message to its answer. */
  uint64_t rtt;
  /** Milliseconds that the peer's clock is ahead of ours, corrected by half
   * of rtt; what is left of network asymmetry stays in. */
  int64_t skew;
} rb_handshake_t;

/** What a handshake needs of its node. */
typedef struct rb_handshake_ctx_t {
  /** rb_token_t of this node; the first is used to open. */
  const smartlist_t *tokens;
  /** Our node keys. */
  const ed25519_keypair_t *node_keys;
  /** RB_NONCE_LEN fresh random bytes. */
  const uint8_t *nonce;
  rb_now_t now;
} rb_handshake_ctx_t;

int64_t rb_clock_skew(uint64_t theirs, uint64_t ours);
void rb_cluster_id(const ed25519_public_key_t *service_key, uint8_t *out);
void rb_handshake_open(rb_handshake_t *hs, const uint8_t *cluster_id,
                       const ed25519_public_key_t *responder_key,
                       const rb_handshake_ctx_t *ctx, buf_t *out);
void rb_handshake_accept(rb_handshake_t *hs, const uint8_t *cluster_id,
                         const ed25519_public_key_t *our_key);
rb_handshake_status_t rb_handshake_read(rb_handshake_t *hs,
                                        const rb_handshake_ctx_t *ctx,
                                        buf_t *in, buf_t *out);
const char *rb_handshake_status_to_string(rb_handshake_status_t status);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HANDSHAKE_H) */
