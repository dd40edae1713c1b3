/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_channel.c
 * @brief Peer channels: a stream of tor's with its end inside tor.
 *
 * To another node we open a stream to its onion address, as a client would;
 * from another node one arrives on our node service.  Either way the edge
 * connection is linked to a connection of type CONN_TYPE_RBALANCE, as the
 * directory code does for BEGIN_DIR streams, and the bytes that come out of
 * there are the peer's.  This file moves bytes; rbalance_handshake.c judges
 * the peer, and rbalance_service.c feeds the frames to the protocol.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_channel.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "core/or/relay.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_frame.h"
#include "feature/rbalance/rbalance_inner.h"
#include "feature/rbalance/rbalance_stream.h"
#include "lib/buf/buffers.h"
#include "lib/crypt_ops/crypto_util.h"

#include "core/or/connection_st.h"
#include "core/or/entry_connection_st.h"

/** Number of the last channel. */
static uint64_t last_channel_number = 0;

/** Return a new channel on <b>conn</b>, opened at <b>now</b>. */
static rb_channel_t *
channel_new(const connection_t *conn, bool is_inbound, rb_now_t now)
{
  rb_channel_t *channel = tor_malloc_zero(sizeof(*channel));
  channel->number = ++last_channel_number;
  channel->conn_id = conn->global_identifier;
  channel->is_inbound = is_inbound;
  channel->opened_at = now.mono;
  return channel;
}

/** Release <b>channel</b>; NULL is fine.  Its connection, if there is one
 * still, stays as it is. */
void
rb_channel_free_(rb_channel_t *channel)
{
  if (!channel) {
    return;
  }
  tor_free(channel->begin_address);
  memwipe(&channel->token, 0, sizeof(channel->token));
  tor_free(channel);
}

/** Open a channel to the node with key <b>peer</b> for the cluster
 * <b>cluster_id</b>, and send our part of the handshake.  Return it, or NULL
 * if tor can't open a stream now. */
rb_channel_t *
rb_channel_dial(const ed25519_public_key_t *peer, const uint8_t *cluster_id,
                const rb_handshake_ctx_t *ctx)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *hostname = NULL;
  connection_t *conn = rb_inner_conn_new(AF_INET);
  entry_connection_t *entry;
  rb_channel_t *channel;
  buf_t *out = buf_new();

  hs_build_address(peer, HS_VERSION_THREE, address);
  tor_asprintf(&hostname, "%s.onion", address);
  entry = connection_ap_make_link(conn, hostname, RB_NODE_PORT, NULL,
                                  SESSION_GROUP_DIRCONN, ISO_STREAM, 0, 0);
  tor_free(hostname);
  if (!entry || connection_add(conn) < 0) {
    if (entry) {
      connection_mark_unattached_ap(entry, END_STREAM_REASON_RESOURCELIMIT);
    }
    connection_free_(conn);
    buf_free(out);
    return NULL;
  }
  channel = channel_new(conn, false, ctx->now);
  ed25519_pubkey_copy(&channel->peer, peer);
  rb_handshake_open(&channel->handshake, cluster_id, peer, ctx, out);
  connection_buf_add_buf(conn, out);
  buf_free(out);
  connection_start_reading(conn);
  connection_start_reading(ENTRY_TO_CONN(entry));
  rb_stream_attach(entry, true);
  return channel;
}

/** Take the client's <b>stream</b>, attached to its rendezvous circuit, as a
 * channel for the cluster <b>cluster_id</b>, which the client opened to the
 * onion service with <b>responder_key</b>.  Return it, or NULL if it could
 * not be taken: then the stream is ended and freed. */
rb_channel_t *
rb_channel_accept(edge_connection_t *stream, const uint8_t *cluster_id,
                  const ed25519_public_key_t *responder_key,
                  const rb_handshake_ctx_t *ctx)
{
  connection_t *conn = rb_inner_conn_new(AF_INET);
  rb_channel_t *channel;

  if (rb_stream_add(stream) < 0) {
    connection_free_(conn);
    return NULL;
  }
  connection_link_connections(conn, TO_CONN(stream));
  if (connection_add(conn) < 0) {
    connection_edge_end(stream, END_STREAM_REASON_RESOURCELIMIT);
    connection_mark_for_close(TO_CONN(stream));
    connection_free_(conn);
    return NULL;
  }
  channel = channel_new(conn, true, ctx->now);
  rb_handshake_accept(&channel->handshake, cluster_id, responder_key);
  TO_CONN(stream)->state = EXIT_CONN_STATE_OPEN;
  connection_start_reading(conn);
  connection_start_reading(TO_CONN(stream));
  if (connection_edge_send_command(stream, RELAY_COMMAND_CONNECTED,
                                   NULL, 0) < 0) {
    /* The circuit is closing, and takes the stream with it. */
    rb_channel_hang_up(channel);
  }
  return channel;
}

/** Return the connection of <b>channel</b>, or NULL if it is gone or about
 * to go. */
connection_t *
rb_channel_get_conn(const rb_channel_t *channel)
{
  connection_t *conn = connection_get_by_global_id(channel->conn_id);
  return (conn && !conn->marked_for_close) ? conn : NULL;
}

/** The stream of <b>channel</b>, which we opened, is open: what we wrote to it
 * goes out only now. */
void
rb_channel_opened(rb_channel_t *channel, rb_now_t now)
{
  channel->handshake.sent = now;
}

/** Send <b>text</b> as a frame on <b>channel</b>.  If the peer does not read,
 * or the text is too long, hang up instead. */
void
rb_channel_send(rb_channel_t *channel, const char *text)
{
  connection_t *conn = rb_channel_get_conn(channel);
  buf_t *buf;

  if (!conn) {
    channel->is_lost = true;
    return;
  }
  buf = buf_new();
  if (connection_get_outbuf_len(conn) > RB_MAX_OUTBUF_LEN ||
      BUG(rb_frame_write(buf, text) < 0)) {
    rb_channel_hang_up(channel);
  } else {
    connection_buf_add_buf(conn, buf);
  }
  buf_free(buf);
}

/** Let the handshake of <b>channel</b> read what came in on its connection
 * <b>conn</b>, and send what is due.  Return how it stands; when it is done,
 * the channel is up and its peer known. */
rb_handshake_status_t
rb_channel_run_handshake(rb_channel_t *channel, connection_t *conn,
                         const rb_handshake_ctx_t *ctx)
{
  buf_t *out = buf_new();
  const rb_handshake_status_t status =
    rb_handshake_read(&channel->handshake, ctx, conn->inbuf, out);

  if (status == RB_HANDSHAKE_PENDING || status == RB_HANDSHAKE_DONE) {
    connection_buf_add_buf(conn, out);
  }
  if (status == RB_HANDSHAKE_DONE) {
    channel->is_up = true;
    memcpy(&channel->token,
           smartlist_get(ctx->tokens, channel->handshake.token_idx),
           sizeof(channel->token));
    ed25519_pubkey_copy(&channel->peer, channel->is_inbound ?
                        &channel->handshake.opener_key :
                        &channel->handshake.responder_key);
  }
  buf_free(out);
  return status;
}

/** Close the connection of <b>channel</b>, if it is there still, and leave
 * the channel to the next sweep. */
void
rb_channel_hang_up(rb_channel_t *channel)
{
  connection_t *conn = rb_channel_get_conn(channel);
  channel->is_lost = true;
  if (conn) {
    connection_mark_for_close(conn);
  }
}
