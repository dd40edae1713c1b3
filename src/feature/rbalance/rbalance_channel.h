/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_channel.h
 * @brief Header file for rbalance_channel.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_CHANNEL_H
#define TOR_FEATURE_RBALANCE_RBALANCE_CHANNEL_H

#include "feature/rbalance/rbalance_handshake.h"
#include "feature/rbalance/rbalance_token.h"

struct connection_t;
struct edge_connection_t;

/** One stream to another node, from its opening to its end. */
typedef struct rb_channel_t {
  /** Our number for it: never 0, never used again. */
  uint64_t number;
  /** Global identifier of its connection: looked up each time, because tor
   * frees the connection when it likes. */
  uint64_t conn_id;
  /** True iff the peer opened it. */
  bool is_inbound;
  /** True iff its handshake is done. */
  bool is_up;
  /** True iff it serves to join: the other end was reached at the service's
   * own address. */
  bool is_join;
  /** What the BEGIN cell has as its address: a tag, owned; NULL for
   * nothing. */
  char *begin_address;
  /** True iff it is of no use any more: the next sweep removes it. */
  bool is_lost;
  /** True iff the protocol was told that the peer's relays refuse. */
  bool is_refused;
  /** The peer's node key; of an inbound channel, known when it is up. */
  ed25519_public_key_t peer;
  /** Monotonic milliseconds when it was opened. */
  uint64_t opened_at;
  /** Monotonic milliseconds when the descriptor of the peer's node service
   * was last fetched to keep it fresh; 0 for never. */
  uint64_t renewed_at;
  /** Monotonic milliseconds when it ends, because its token is not valid any
   * more; 0 as long as it is. */
  uint64_t ends_at;
  rb_handshake_t handshake;
  /** The token that both ends have, when it is up. */
  rb_token_t token;
} rb_channel_t;

rb_channel_t *rb_channel_dial(const ed25519_public_key_t *peer,
                              const uint8_t *cluster_id,
                              const rb_handshake_ctx_t *ctx);
rb_channel_t *rb_channel_accept(struct edge_connection_t *stream,
                                const uint8_t *cluster_id,
                                const ed25519_public_key_t *responder_key,
                                const rb_handshake_ctx_t *ctx);
void rb_channel_free_(rb_channel_t *channel);
#define rb_channel_free(channel) \
  FREE_AND_NULL(rb_channel_t, rb_channel_free_, (channel))
struct connection_t *rb_channel_get_conn(const rb_channel_t *channel);
void rb_channel_opened(rb_channel_t *channel, rb_now_t now);
void rb_channel_send(rb_channel_t *channel, const char *text);
rb_handshake_status_t rb_channel_run_handshake(rb_channel_t *channel,
                                        struct connection_t *conn,
                                        const rb_handshake_ctx_t *ctx);
void rb_channel_hang_up(rb_channel_t *channel);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_CHANNEL_H) */
