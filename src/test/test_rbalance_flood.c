/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_flood.c
 * @brief Strangers send ten thousand of everything: nothing changes, memory
 * stays within its bounds, what is dropped is counted, and the node serves.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_stream.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_frame.h"
#include "feature/rbalance/rbalance_gossip.h"
#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_msg.h"
#include "lib/crypt_ops/crypto_rand.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/origin_circuit_st.h"

/** How many of each are sent. */
#define N_FLOOD 10000

/** A token that is not the cluster's. */
static const char foreign_token[] = "not_the_token_of_the_cluster_but_long";

/** A node under attack. */
typedef struct target_t {
  hs_service_t *service;
  rb_service_t *balanced;
  rb_state_t *state;
  /** Where its clients' streams come from. */
  origin_circuit_t *circ;
  /** Its one peer, what that sent first, and its channel. */
  ed25519_keypair_t peer_keys;
  uint8_t peer_bytes[RB_HELLO_LEN + RB_CONFIRM_LEN];
  connection_t *conn;
  /** What it was before the flood. */
  uint8_t digest[DIGEST256_LEN];
  rb_role_t role;
  uint64_t sequence;
} target_t;

/** Open a stream to the node service of <b>t</b>.  Return the connection of
 * the channel that it became, or NULL if it was refused. */
static connection_t *
connect_to(const target_t *t)
{
  const rb_channel_t *channel;
  const int n_channels = smartlist_len(t->balanced->channels);
  edge_connection_t *stream =
    rbt_make_stream(t->circ, &t->state->node_keys.pubkey);
  TO_CONN(stream)->port = RB_NODE_PORT;
  rbalance_accept_stream(t->circ, stream);
  if (smartlist_len(t->balanced->channels) == n_channels) {
    return NULL;
  }
  channel = smartlist_get(t->balanced->channels, n_channels);
  return rb_channel_get_conn(channel);
}

/** Store in <b>hello</b> how the node with <b>keys</b> would begin, if the
 * cluster had <b>tokens</b>. */
static void
make_hello(const target_t *t, const ed25519_keypair_t *keys,
           const smartlist_t *tokens, rb_handshake_t *hs, uint8_t *hello)
{
  rb_handshake_ctx_t ctx;
  uint8_t nonce[RB_NONCE_LEN];
  buf_t *out = buf_new();
  rb_service_prepare_handshake(t->balanced, nonce, &ctx);
  ctx.node_keys = keys;
  ctx.tokens = tokens;
  rb_handshake_open(hs, t->state->cluster_id, &t->state->node_keys.pubkey,
                    &ctx, out);
  buf_get_bytes(out, (char *) hello, RB_HELLO_LEN);
  buf_free(out);
}

/** Run an honest handshake of the node with <b>keys</b>, and store what it
 * sends in <b>bytes</b>.  Return its connection, or NULL if that failed. */
static connection_t *
shake_hands(const target_t *t, const ed25519_keypair_t *keys, uint8_t *bytes)
{
  connection_t *conn = connect_to(t);
  rb_handshake_t hs;
  rb_handshake_ctx_t ctx;
  uint8_t nonce[RB_NONCE_LEN];
  buf_t *in = buf_new(), *out = buf_new();
  bool is_done = false;

  if (conn) {
    make_hello(t, keys, t->balanced->tokens, &hs, bytes);
    buf_add(conn->inbuf, (const char *) bytes, RB_HELLO_LEN);
    rbalance_conn_process_inbuf(conn);
    buf_move_all(in, conn->outbuf);
    rb_service_prepare_handshake(t->balanced, nonce, &ctx);
    ctx.node_keys = keys;
    is_done = rb_handshake_read(&hs, &ctx, in, out) == RB_HANDSHAKE_DONE;
  }
  if (is_done) {
    buf_get_bytes(out, (char *) bytes + RB_HELLO_LEN, RB_CONFIRM_LEN);
    buf_add(conn->inbuf, (const char *) bytes + RB_HELLO_LEN,
            RB_CONFIRM_LEN);
    rbalance_conn_process_inbuf(conn);
  }
  buf_free(in);
  buf_free(out);
  return is_done ? conn : NULL;
}

/** Return what <b>t</b> knows of its peer. */
static rb_peer_t *
peer_of(const target_t *t)
{
  return rb_peers_find(t->state->peers, &t->peer_keys.pubkey);
}

/** Set up <b>t</b>, with one peer that is Healthy and has a channel. */
static void
setup_target(target_t *t)
{
  memset(t, 0, sizeof(*t));
  connection_bucket_init();
  t->service = rbt_register_service(1);
  t->balanced = rbt_find_balanced(t->service);
  t->state = t->balanced->state;
  t->circ = rbt_make_rend_circuit(&t->service->keys.identity_pk);
  rbt_fill_key(2, &t->peer_keys);
  rbt_add_peer(t->balanced, 2, "beta", rbt_make_sets(1, 3));
  t->conn = shake_hands(t, &t->peer_keys, t->peer_bytes);
  tor_assert(t->conn && peer_of(t)->channel);
  /* Once it has told who it is, nothing is new. */
  rbt_run_timer();
  rb_gossip_digest(t->state, t->digest);
  t->role = t->state->role;
  t->sequence = t->state->record->sequence;
}

/** Return true iff <b>t</b> is as before the flood, with <b>n_peers</b>
 * peers. */
static bool
is_unchanged(const target_t *t, int n_peers)
{
  uint8_t digest[DIGEST256_LEN];
  const rb_peer_t *peer = peer_of(t);
  rb_gossip_digest(t->state, digest);
  tt_mem_op(digest, OP_EQ, t->digest, sizeof(digest));
  tt_int_op(rb_peers_count(t->state->peers), OP_EQ, n_peers);
  tt_assert(peer);
  tt_int_op(peer->state, OP_EQ, RB_NODE_HEALTHY);
  tt_u64_op(peer->channel, OP_NE, 0);
  tt_int_op(t->state->role, OP_EQ, t->role);
  tt_u64_op(t->state->record->sequence, OP_EQ, t->sequence);
  tt_int_op(smartlist_len(t->state->exclusions), OP_EQ, 0);
  return true;
 done:
  return false;
}

/** Return true iff <b>t</b> still takes a node of the cluster that <b>seed</b>
 * makes. */
static bool
still_serves(const target_t *t, uint8_t seed)
{
  uint8_t bytes[RB_HELLO_LEN + RB_CONFIRM_LEN];
  ed25519_keypair_t keys;
  rbt_fill_key(seed, &keys);
  return shake_hands(t, &keys, bytes) &&
    rb_peers_find(t->state->peers, &keys.pubkey);
}

/** Send on <b>conn</b> the number <b>i</b> of bad handshakes.  Return true iff
 * it must fail at once; else it is not complete. */
static bool
send_bad_handshake(const target_t *t, connection_t *conn, int i,
                   const smartlist_t *foreign)
{
  char *bytes = tor_malloc_zero(100000);
  size_t len = RB_HELLO_LEN;
  rb_handshake_t hs;

  memcpy(bytes, t->peer_bytes, sizeof(t->peer_bytes));
  switch (i % 6) {
    case 0:
      /* Of a protocol of their own. */
      crypto_rand(bytes, len);
      bytes[0] = 'x';
      break;
    case 1:
      make_hello(t, &t->peer_keys, foreign, &hs, (uint8_t *) bytes);
      break;
    case 2:
      /* Replayed: HELLO alone is good, but not what follows. */
      len = sizeof(t->peer_bytes);
      break;
    case 3:
      /* Cut. */
      len = (size_t) (i % RB_HELLO_LEN);
      break;
    case 4:
      /* Much too long, and forged. */
      bytes[RB_HELLO_LEN - 1] ^= 1;
      len = 100000;
      break;
    default:
      /* Another version. */
      bytes[4] = 2;
      break;
  }
  buf_add(conn->inbuf, bytes, len);
  tor_free(bytes);
  return i % 6 != 3;
}

/** Ten thousand bad handshakes: none is answered, but for a replayed HELLO;
 * none leaves anything behind. */
static void
test_rbalance_flood_handshakes(void *arg)
{
  target_t t;
  const char *fault = NULL;
  smartlist_t *foreign = rb_tokens_parse(foreign_token, &fault);
  uint64_t n_failed = 0;
  int n_conns;
  (void) arg;

  setup_target(&t);
  tt_assert(foreign);
  n_conns = smartlist_len(get_connection_array());
  for (int i = 0; i < N_FLOOD; ++i) {
    connection_t *conn = connect_to(&t);
    tt_assert(conn);
    if (send_bad_handshake(&t, conn, i, foreign)) {
      if (i % 6 == 2) {
        /* The HELLO of the replay is answered. */
        tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, 0);
        tt_int_op(buf_datalen(conn->outbuf), OP_EQ, RB_ANSWER_LEN);
      }
      tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, -1);
      ++n_failed;
    } else {
      tt_int_op(rbalance_conn_process_inbuf(conn), OP_EQ, 0);
      tt_int_op(buf_datalen(conn->outbuf), OP_EQ, 0);
      rbalance_conn_reached_eof(conn);
    }
    rbt_run_timer();
    tt_int_op(smartlist_len(t.balanced->channels), OP_LE, 2);
    tt_int_op(smartlist_len(get_connection_array()), OP_LE, n_conns + 4);
  }
  tt_u64_op(t.state->dropped[RB_DROP_HANDSHAKE], OP_EQ, n_failed);
  tt_assert(is_unchanged(&t, 1));
  tt_assert(still_serves(&t, 3));
 done:
  rb_tokens_free(foreign);
  rbt_free_rend_circuit(t.circ);
}

/** Ten thousand streams that say nothing: a few are kept, for a while, and
 * the others are refused and counted. */
static void
test_rbalance_flood_streams(void *arg)
{
  target_t t;
  int n_kept = 0;
  (void) arg;

  setup_target(&t);
  for (int i = 0; i < N_FLOOD; ++i) {
    n_kept += connect_to(&t) != NULL;
  }
  tt_int_op(n_kept, OP_EQ, RB_MAX_PENDING_CHANNELS);
  tt_u64_op(t.state->dropped[RB_DROP_LIMIT], OP_EQ, N_FLOOD - n_kept);
  tt_int_op(smartlist_len(t.balanced->channels), OP_EQ, 1 + n_kept);
  tt_assert(is_unchanged(&t, 1));
  tt_assert(!still_serves(&t, 3));
  rbt_pass_time(RB_HANDSHAKE_TIMEOUT_MSEC);
  rbt_run_timer();
  tt_int_op(smartlist_len(t.balanced->channels), OP_EQ, 1);
  /* In that time it may have become publisher. */
  t.role = t.state->role;
  tt_assert(is_unchanged(&t, 1));
  tt_assert(still_serves(&t, 3));
 done:
  rbt_free_rend_circuit(t.circ);
}

/** Return the number <b>i</b> of bad tags, to be freed by the caller, where
 * <b>good</b> was used. */
static char *
make_bad_tag(const target_t *t, int i, const char *good,
             const smartlist_t *foreign)
{
  uint8_t nonce[RB_TAG_NONCE_LEN];
  const uint64_t wall = (uint64_t) approx_time() * 1000;
  char *tag;

  crypto_rand((char *) nonce, sizeof(nonce));
  switch (i % 5) {
    case 0:
      return tor_strdup(good);
    case 1:
      return rb_tag_make(smartlist_get(foreign, 0), t->state->cluster_id,
                         &t->peer_keys.pubkey, nonce, wall);
    case 2:
      return tor_strndup(good, 1 + (size_t) (i % (strlen(good) - 1)));
    case 3:
      tag = tor_malloc_zero(5000);
      memset(tag, 'a', 4999);
      return tag;
    default:
      return rb_tag_make(smartlist_get(t->balanced->tokens, 0),
                         t->state->cluster_id, &t->peer_keys.pubkey, nonce,
                         wall - 3600 * 1000);
  }
}

/** Let <b>t</b> judge a stream to the service's own address that has
 * <b>tag</b>.  Return true iff it takes it. */
static bool
is_taken(const target_t *t, const char *tag)
{
  edge_connection_t *stream =
    rbt_make_stream(t->circ, &t->service->keys.identity_pk);
  bool taken;
  TO_CONN(stream)->port = RB_NODE_PORT;
  rbalance_judge_begin(t->circ, stream, tag);
  taken = rbalance_takes_stream(stream);
  t->circ->p_streams = stream->next_stream;
  connection_free_(TO_CONN(stream));
  return taken;
}

/** Ten thousand bad tags: none is taken.  Then a node with the token asks as
 * often, under ever new names: the memory of it is bounded. */
static void
test_rbalance_flood_joins(void *arg)
{
  target_t t;
  const char *fault = NULL;
  smartlist_t *foreign = rb_tokens_parse(foreign_token, &fault);
  const rb_token_t *token;
  uint8_t nonce[RB_TAG_NONCE_LEN];
  char *good = NULL, *bad = NULL;
  (void) arg;

  setup_target(&t);
  update_approx_time(time(NULL));
  token = smartlist_get(t.balanced->tokens, 0);
  memset(nonce, 1, sizeof(nonce));
  good = rb_tag_make(token, t.state->cluster_id, &t.peer_keys.pubkey, nonce,
                     (uint64_t) approx_time() * 1000);
  tt_assert(is_taken(&t, good));
  for (int i = 0; i < N_FLOOD; ++i) {
    bad = make_bad_tag(&t, i, good, foreign);
    tt_assert(!is_taken(&t, bad));
    tor_free(bad);
  }
  tt_u64_op(t.state->dropped[RB_DROP_HANDSHAKE], OP_EQ, N_FLOOD);
  tt_int_op(smartlist_len(t.balanced->admissions->list), OP_EQ, 1);
  tt_assert(is_unchanged(&t, 1));

  for (int i = 0; i < N_FLOOD; ++i) {
    ed25519_public_key_t key;
    memset(&key, 7, sizeof(key));
    memcpy(key.pubkey, &i, sizeof(i));
    memcpy(nonce, &i, sizeof(i));
    bad = rb_tag_make(token, t.state->cluster_id, &key, nonce,
                      (uint64_t) approx_time() * 1000);
    tt_int_op(is_taken(&t, bad), OP_EQ, i < RB_MAX_ADMISSIONS - 1);
    tor_free(bad);
  }
  tt_int_op(smartlist_len(t.balanced->admissions->list), OP_EQ,
            RB_MAX_ADMISSIONS);
  tt_assert(is_unchanged(&t, 1));
  tt_assert(still_serves(&t, 3));
 done:
  tor_free(good);
  tor_free(bad);
  rb_tokens_free(foreign);
  rbt_free_rend_circuit(t.circ);
}

/** Return the text of a message of beta with <b>number</b>, to be freed by the
 * caller: a record of another cluster, one with a bad signature, or the lease
 * of a node that nobody knows, by <b>kind</b>. */
static char *
make_bad_msg(int kind, uint64_t number)
{
  rb_msg_t *msg = rb_msg_new(kind < 2 ? RB_MSG_INTRO_POINTS :
                             RB_MSG_LEASE_CLAIM);
  rb_record_t *record = rb_record_new();
  ed25519_keypair_t keys;
  char *text;

  rbt_fill_key(9, &keys);
  strlcpy(msg->node_id, "beta", sizeof(msg->node_id));
  strlcpy(record->node_id, "evil", sizeof(record->node_id));
  msg->number = number;
  if (kind < 2) {
    /* The test's cluster is not the service's. */
    rb_record_sign(record, rbt_cluster_id, &keys);
    msg->u.intro_points.record = tor_strdup(kind ? "{}" : record->text);
    memcpy(&msg->u.intro_points.signature, &record->signature,
           sizeof(record->signature));
  } else {
    ed25519_pubkey_copy(&msg->u.lease.node_key, &keys.pubkey);
    msg->u.lease.number = number;
    msg->u.lease.lasts = msg->u.lease.left = 60000;
    rb_lease_sign(&msg->u.lease, &keys);
  }
  text = rb_msg_encode(msg);
  rb_msg_free(msg);
  rb_record_free(record);
  return text;
}

/** Ten thousand messages on a channel that do not belong there: each is
 * dropped and counted for what it is. */
static void
test_rbalance_flood_messages(void *arg)
{
  static const rb_drop_t reasons[] = {
    RB_DROP_WRONG_CLUSTER, RB_DROP_BAD_RECORD, RB_DROP_UNKNOWN_NODE,
    RB_DROP_REPLAYED, RB_DROP_MALFORMED,
  };
  target_t t;
  char *text = NULL;
  (void) arg;

  setup_target(&t);
  for (int i = 0; i < N_FLOOD; ++i) {
    const int kind = i % 5;
    const uint64_t dropped = t.state->dropped[reasons[kind]];
    text = make_bad_msg(kind % 3, kind == 3 ? 1 : (uint64_t) i + 1);
    if (kind == 4) {
      text[strlen(text) - 1 - (size_t) i % 100] = '\0';
    }
    rb_frame_write(t.conn->inbuf, text);
    tor_free(text);
    tt_int_op(rbalance_conn_process_inbuf(t.conn), OP_EQ, 0);
    tt_u64_op(t.state->dropped[reasons[kind]], OP_EQ, dropped + 1);
    tt_int_op(buf_datalen(t.conn->inbuf), OP_EQ, 0);
    /* Nobody reads what the node sends: it sends nothing on account of
     * this. */
    tt_int_op(buf_datalen(t.conn->outbuf), OP_LT, RB_MAX_FRAME_LEN);
  }
  tt_assert(is_unchanged(&t, 1));
  tt_assert(still_serves(&t, 3));

  buf_add(t.conn->inbuf, "\x7f\xff\xff\xff", 4);
  tt_int_op(rbalance_conn_process_inbuf(t.conn), OP_EQ, -1);
  tt_u64_op(t.state->dropped[RB_DROP_OVERSIZED], OP_EQ, 1);
 done:
  tor_free(text);
  rbt_free_rend_circuit(t.circ);
}

#define TEST(name) \
  { #name, test_rbalance_flood_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_flood_tests[] = {
  TEST(handshakes),
  TEST(streams),
  TEST(joins),
  TEST(messages),
  END_OF_TESTCASES
};
