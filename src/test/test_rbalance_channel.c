/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_channel.c
 * @brief Test peer channels: what comes in and goes out on their connections.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_stream.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/client/addressmap.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_ident.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_frame.h"
#include "feature/rbalance/rbalance_msg.h"
#include "lib/buf/buffers.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/origin_circuit_st.h"
#include "core/or/socks_request_st.h"

/** Append to <b>out</b> the frame of the ping 77 of a node called beta. */
static void
write_ping(buf_t *out)
{
  rb_msg_t *msg = rb_msg_new(RB_MSG_PING);
  char *text;
  strlcpy(msg->node_id, "beta", sizeof(msg->node_id));
  msg->timestamp = RBT_WALL;
  msg->number = 1;
  msg->u.ping.id = 77;
  text = rb_msg_encode(msg);
  rb_frame_write(out, text);
  tor_free(text);
  rb_msg_free(msg);
}

/** A peer goes through the handshake on a connection, is known then, and its
 * frames reach the protocol; a frame that is too long ends the channel. */
static void
test_rbalance_channel_peer(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  rb_state_t *state = balanced->state;
  connection_t *conn = rbt_make_conn();
  rb_channel_t *channel = rbt_add_channel(balanced, conn, 2, true);
  buf_t *in = buf_new();
  rb_msg_t *msg = NULL;
  rb_handshake_t hs;
  rb_handshake_ctx_t ctx;
  ed25519_keypair_t keys;
  rb_peer_t *peer;
  uint8_t nonce[RB_NONCE_LEN];
  char *text = NULL;
  size_t len = 0;
  (void) arg;

  rbt_fill_key(2, &keys);
  rb_service_prepare_handshake(balanced, nonce, &ctx);
  rb_handshake_accept(&channel->handshake, state->cluster_id,
                      &state->node_keys.pubkey);
  ctx.node_keys = &keys;
  rb_handshake_open(&hs, state->cluster_id, &state->node_keys.pubkey, &ctx,
                    conn->inbuf);
  tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, 0);
  buf_move_all(in, conn->outbuf);
  tt_int_op(rb_handshake_read(&hs, &ctx, in, conn->inbuf), OP_EQ,
            RB_HANDSHAKE_DONE);
  tt_ptr_op(rb_peers_find(state->peers, &keys.pubkey), OP_EQ, NULL);
  write_ping(conn->inbuf);
  tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, 0);
  tt_assert(channel->is_up);
  peer = rb_peers_find(state->peers, &keys.pubkey);
  tt_assert(peer);
  tt_u64_op(peer->channel, OP_EQ, channel->number);
  tt_str_op(peer->node_id, OP_EQ, "beta");

  /* What it gets ends with the answer to its ping. */
  buf_move_all(in, conn->outbuf);
  do {
    tor_free(text);
    rb_msg_free(msg);
    tt_int_op(rb_frame_read(in, &text, &len), OP_EQ, RB_FRAME_OK);
    msg = rb_msg_decode(text, len);
    tt_assert(msg);
  } while (msg->type != RB_MSG_PONG);
  tt_u64_op(msg->u.ping.id, OP_EQ, 77);

  buf_add(conn->inbuf, "\xff\xff\xff\xff", 4);
  tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, -1);
  tt_assert(conn->marked_for_close);
  tt_u64_op(state->dropped[RB_DROP_OVERSIZED], OP_EQ, 1);

 done:
  tor_free(text);
  rb_msg_free(msg);
  buf_free(in);
  connection_free_all();
}

/** A stranger gets no byte, and neither does a connection that is on no
 * channel; an end of the stream is handed on. */
static void
test_rbalance_channel_stranger(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  connection_t *conn = rbt_make_conn(), *orphan = rbt_make_conn();
  rb_channel_t *channel = rbt_add_channel(balanced, conn, 2, true);
  char junk[RB_HELLO_LEN];
  (void) arg;

  memset(junk, 'x', sizeof(junk));
  rb_handshake_accept(&channel->handshake, balanced->state->cluster_id,
                      &balanced->state->node_keys.pubkey);
  buf_add(conn->inbuf, junk, sizeof(junk) - 1);
  tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, 0);
  buf_add(conn->inbuf, junk, 1);
  tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, -1);
  tt_int_op(buf_datalen(conn->outbuf), OP_EQ, 0);
  tt_assert(conn->marked_for_close);
  tt_assert(channel->is_lost);
  tt_u64_op(balanced->state->dropped[RB_DROP_HANDSHAKE], OP_EQ, 1);
  rbt_run_timer();
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 0);
  tt_int_op(rb_peers_count(balanced->state->peers), OP_EQ, 0);

  tt_int_op(rbalance_conn_process_inbuf(orphan), OP_EQ, -1);
  tt_assert(orphan->marked_for_close);
  orphan = rbt_make_conn();
  tt_int_op(rbalance_conn_reached_eof(orphan), OP_EQ, 0);
  tt_assert(orphan->marked_for_close);

 done:
  connection_free_all();
}

/** What is sent goes out as a frame; a peer that does not read is hung up on,
 * and a connection that is gone makes the channel a lost one. */
static void
test_rbalance_channel_send(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  connection_t *conn = rbt_make_conn();
  rb_channel_t *channel = rbt_add_channel(balanced, conn, 2, true);
  rb_channel_t *gone = rbt_add_channel(balanced, NULL, 3, true);
  char *longest = tor_malloc(RB_MAX_FRAME_LEN + 1);
  char bytes[9];
  (void) arg;

  rb_channel_send(channel, "hello");
  tt_int_op(buf_datalen(conn->outbuf), OP_EQ, 9);
  buf_peek(conn->outbuf, bytes, sizeof(bytes));
  tt_mem_op(bytes, OP_EQ, "\0\0\0\5hello", sizeof(bytes));
  tt_assert(!channel->is_lost);

  memset(longest, 'x', RB_MAX_FRAME_LEN);
  longest[RB_MAX_FRAME_LEN] = '\0';
  for (int i = 0; i < RB_MAX_OUTBUF_LEN / RB_MAX_FRAME_LEN; ++i) {
    tt_assert(!channel->is_lost);
    rb_channel_send(channel, longest);
  }
  tt_int_op(buf_datalen(conn->outbuf), OP_GT, RB_MAX_OUTBUF_LEN);
  tt_assert(!channel->is_lost);
  rb_channel_send(channel, "one more");
  tt_assert(channel->is_lost);
  tt_assert(conn->marked_for_close);
  tt_ptr_op(rb_channel_get_conn(channel), OP_EQ, NULL);
  /* Once more changes nothing. */
  rb_channel_send(channel, "another");
  rb_channel_hang_up(channel);

  tt_ptr_op(rb_channel_get_conn(gone), OP_EQ, NULL);
  rb_channel_send(gone, "nobody hears it");
  tt_assert(gone->is_lost);

 done:
  tor_free(longest);
  connection_free_all();
}

/** A client's stream to the node service becomes a channel, with CONNECTED as
 * the only answer; one to another service is left to tor. */
static void
test_rbalance_channel_accept(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  const ed25519_public_key_t *node_key =
    &balanced->state->node_keys.pubkey;
  origin_circuit_t *circ =
    rbt_make_rend_circuit(&balanced->identity_key);
  edge_connection_t *stream;
  const rb_channel_t *channel;
  const connection_t *conn;
  (void) arg;

  stream = rbt_make_stream(circ, &service->keys.identity_pk);
  tt_assert(!rbalance_accept_stream(circ, stream));
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 0);
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 0);
  ed25519_pubkey_copy(&stream->hs_ident->identity_pk, node_key);

  tt_assert(rbalance_accept_stream(circ, stream));
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 1);
  tt_str_op(smartlist_get(rbt_sent, 0), OP_EQ, "4/0");
  tt_int_op(smartlist_len(balanced->channels), OP_EQ, 1);
  channel = smartlist_get(balanced->channels, 0);
  tt_assert(channel->is_inbound);
  tt_assert(!channel->is_up);
  tt_assert(!channel->is_lost);
  tt_u64_op(channel->opened_at, OP_EQ, rb_now_mono());
  conn = rb_channel_get_conn(channel);
  tt_assert(conn);
  tt_int_op(conn->type, OP_EQ, CONN_TYPE_RBALANCE);
  tt_ptr_op(conn->linked_conn, OP_EQ, TO_CONN(stream));
  tt_int_op(TO_CONN(stream)->state, OP_EQ, EXIT_CONN_STATE_OPEN);
  /* The responder waits: nothing is sent before a good HELLO. */
  tt_int_op(buf_datalen(conn->outbuf), OP_EQ, 0);

 done:
  rbt_free_rend_circuit(circ);
}

/** When too many handshakes are going on, a further stream is ended; channels
 * that are up don't count. */
static void
test_rbalance_channel_limit(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  const ed25519_public_key_t *node_key =
    &balanced->state->node_keys.pubkey;
  origin_circuit_t *circ =
    rbt_make_rend_circuit(&balanced->identity_key);
  rb_channel_t *channel = NULL;
  (void) arg;

  for (int i = 0; i < RB_MAX_PENDING_CHANNELS; ++i) {
    channel = rbt_add_channel(balanced, NULL, 2, true);
  }
  tt_assert(rbalance_accept_stream(circ, rbt_make_stream(circ, node_key)));
  tt_int_op(smartlist_len(balanced->channels), OP_EQ,
            RB_MAX_PENDING_CHANNELS);
  tt_u64_op(balanced->state->dropped[RB_DROP_LIMIT], OP_EQ, 1);
  tt_ptr_op(circ->p_streams, OP_EQ, NULL);
  tt_u64_op(circ->hs_ident->num_rdv_streams, OP_EQ, 0);
  /* END with reason DONE, as a service that closes it would. */
  tt_str_op(smartlist_get(rbt_sent, 0), OP_EQ, "3/6");
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 1);

  /* One that we open leaves the others their room. */
  channel->is_inbound = false;
  tt_assert(rbalance_accept_stream(circ, rbt_make_stream(circ, node_key)));
  tt_int_op(smartlist_len(balanced->channels), OP_EQ,
            RB_MAX_PENDING_CHANNELS + 1);

  /* A circuit that can't carry the answer leaves a lost channel. */
  channel = smartlist_get(balanced->channels, RB_MAX_PENDING_CHANNELS);
  channel->is_up = true;
  rbt_send_result = -1;
  tt_assert(rbalance_accept_stream(circ, rbt_make_stream(circ, node_key)));
  channel = smartlist_get(balanced->channels, RB_MAX_PENDING_CHANNELS + 1);
  tt_assert(channel->is_lost);

 done:
  rbt_free_rend_circuit(circ);
}

/** A channel that we open is a stream to the peer's node address and port,
 * isolated, and begins with HELLO. */
static void
test_rbalance_channel_dial(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  ed25519_keypair_t keys;
  uint8_t nonce[RB_NONCE_LEN];
  rb_handshake_ctx_t ctx;
  rb_channel_t *channel = NULL;
  const connection_t *conn;
  const entry_connection_t *entry;
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  (void) arg;

  tor_init_connection_lists();
  addressmap_init();
  rbt_fill_key(2, &keys);
  rb_service_prepare_handshake(balanced, nonce, &ctx);
  channel = rb_channel_dial(&keys.pubkey, balanced->state->cluster_id, &ctx);
  tt_assert(channel);
  tt_assert(!channel->is_inbound);
  tt_assert(!channel->is_up);
  tt_u64_op(channel->number, OP_GT, 0);
  tt_assert(ed25519_pubkey_eq(&channel->peer, &keys.pubkey));
  conn = connection_get_by_global_id(channel->conn_id);
  tt_assert(conn);
  tt_int_op(conn->type, OP_EQ, CONN_TYPE_RBALANCE);
  tt_int_op(buf_datalen(conn->outbuf), OP_EQ, RB_HELLO_LEN);

  tt_assert(conn->linked_conn);
  tt_int_op(conn->linked_conn->type, OP_EQ, CONN_TYPE_AP);
  entry = CONST_TO_ENTRY_CONN(conn->linked_conn);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
  tt_int_op(strcmpstart(entry->original_dest_address, address), OP_EQ, 0);
  tt_int_op(entry->socks_request->port, OP_EQ, RB_NODE_PORT);
  tt_assert(entry->entry_cfg.onion_traffic);
  tt_int_op(entry->entry_cfg.isolation_flags, OP_EQ, ISO_STREAM);

 done:
  rb_channel_free(channel);
  connection_free_all();
  addressmap_free_all();
}

#define TEST(name) \
  { #name, test_rbalance_channel_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_channel_tests[] = {
  TEST(peer),
  TEST(stranger),
  TEST(send),
  TEST(accept),
  TEST(limit),
  TEST(dial),
  END_OF_TESTCASES
};
