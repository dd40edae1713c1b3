/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_handshake.c
 * @brief Test how two nodes prove to each other that they are of one cluster.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_handshake.h"
#include "lib/buf/buffers.h"
#include "lib/crypt_ops/crypto_digest.h"
#include "lib/encoding/binascii.h"

/** Tokens, each as an operator would write it. */
#define TOKEN_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
#define TOKEN_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"

/** Nodes in a test: the opener, the responder and another one. */
#define N_ENDS 3

/** Bytes of each message; the opener sends the first and the third. */
static const size_t msg_lens[] = { RB_HELLO_LEN, RB_ANSWER_LEN,
                                   RB_CONFIRM_LEN };

/** One node in a handshake. */
typedef struct end_t {
  smartlist_t *tokens;
  ed25519_keypair_t keys;
  uint8_t nonce[RB_NONCE_LEN];
  uint8_t cluster_id[RB_CLUSTER_ID_LEN];
  rb_handshake_ctx_t ctx;
  rb_handshake_t hs;
  /** What arrived for it. */
  buf_t *in;
} end_t;

/** Give <b>end</b> the token file <b>text</b>. */
static void
set_tokens(end_t *end, const char *text)
{
  const char *fault = NULL;
  rb_tokens_free(end->tokens);
  end->tokens = rb_tokens_parse(text, &fault);
  tor_assert(end->tokens);
  end->ctx.tokens = end->tokens;
}

/** Return the N_ENDS nodes of a test, with different keys and one token. */
static void *
setup_ends(const struct testcase_t *testcase)
{
  end_t *ends = tor_calloc(N_ENDS, sizeof(*ends));
  (void) testcase;
  for (int i = 0; i < N_ENDS; ++i) {
    end_t *end = &ends[i];
    rbt_fill_key((uint8_t) (i + 1), &end->keys);
    memset(end->nonce, i + 1, sizeof(end->nonce));
    memcpy(end->cluster_id, rbt_cluster_id, sizeof(end->cluster_id));
    end->ctx.node_keys = &end->keys;
    end->ctx.nonce = end->nonce;
    end->in = buf_new();
    set_tokens(end, TOKEN_A);
    end->ctx.now.mono = RBT_MONO;
    end->ctx.now.wall = RBT_WALL;
  }
  return ends;
}

/** Release <b>ends</b>, the nodes of a test.  Return 1. */
static int
cleanup_ends(const struct testcase_t *testcase, void *ends)
{
  (void) testcase;
  for (int i = 0; i < N_ENDS; ++i) {
    end_t *end = (end_t *) ends + i;
    rb_tokens_free(end->tokens);
    buf_free(end->in);
  }
  tor_free(ends);
  return 1;
}

/** Let <b>msec</b> pass for both ends, whose clocks may differ. */
static void
pass_time(end_t *a, end_t *b, uint64_t msec)
{
  a->ctx.now.mono += msec;
  a->ctx.now.wall += msec;
  b->ctx.now.mono += msec;
  b->ctx.now.wall += msec;
}

/** Let <b>opener</b> open a fresh stream to <b>responder</b>. */
static void
start(end_t *opener, end_t *responder)
{
  buf_clear(opener->in);
  buf_clear(responder->in);
  rb_handshake_open(&opener->hs, opener->cluster_id,
                    &responder->keys.pubkey, &opener->ctx, responder->in);
  rb_handshake_accept(&responder->hs, responder->cluster_id,
                      &responder->keys.pubkey);
}

/** Let <b>end</b> read what it has and answer to <b>peer</b>. */
static rb_handshake_status_t
run(end_t *end, end_t *peer)
{
  return rb_handshake_read(&end->hs, &end->ctx, end->in, peer->in);
}

/** Run a whole handshake from <b>opener</b> to <b>responder</b>.  Return
 * RB_HANDSHAKE_DONE if both ends are satisfied, else what the first that is
 * not says. */
static rb_handshake_status_t
run_all(end_t *opener, end_t *responder)
{
  rb_handshake_status_t status;
  start(opener, responder);
  status = run(responder, opener);
  if (status == RB_HANDSHAKE_PENDING) {
    status = run(opener, responder);
    if (status == RB_HANDSHAKE_DONE) {
      status = run(responder, opener);
    }
  }
  return status;
}

/** Append the bytes of <b>from</b> to <b>to</b>, but leave them there, too. */
static void
copy_buf(buf_t *to, buf_t *from)
{
  size_t len = 0;
  char *bytes = buf_extract(from, &len);
  buf_add(to, bytes, len);
  tor_free(bytes);
}

/** Flip <b>mask</b> in byte <b>off</b> of <b>buf</b>. */
static void
corrupt(buf_t *buf, size_t off, uint8_t mask)
{
  size_t len = 0;
  char *bytes = buf_extract(buf, &len);
  bytes[off] ^= (char) mask;
  buf_clear(buf);
  buf_add(buf, bytes, len);
  tor_free(bytes);
}

/** Both ends are satisfied and know each other; what follows the handshake is
 * left for who reads the frames. */
static void
test_rbalance_handshake_run(void *arg)
{
  end_t *opener = arg, *responder = opener + 1;
  char rest[4];

  start(opener, responder);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_PENDING);
  buf_add(opener->in, "abc", 3);
  tt_int_op(run(opener, responder), OP_EQ, RB_HANDSHAKE_DONE);
  tt_int_op(buf_datalen(opener->in), OP_EQ, 3);
  buf_add(responder->in, "defg", 4);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_DONE);
  tt_int_op(buf_datalen(responder->in), OP_EQ, 4);
  buf_peek(responder->in, rest, 4);
  tt_mem_op(rest, OP_EQ, "defg", 4);

  tt_assert(ed25519_pubkey_eq(&opener->hs.responder_key,
                              &responder->keys.pubkey));
  tt_assert(ed25519_pubkey_eq(&responder->hs.opener_key,
                              &opener->keys.pubkey));

 done:
  ;
}

/** Return true iff after the <b>len</b> bytes at <b>bytes</b> comes the MAC
 * for <b>label</b> of them and the key of <b>responder</b>, as
 * doc/protocol.md says. */
static bool
has_mac(const end_t *responder, const char *label, const char *bytes,
        size_t len)
{
  const rb_token_t *token = smartlist_get(responder->tokens, 0);
  char key[DIGEST256_LEN], mac[DIGEST256_LEN];
  char *covered = tor_malloc(ED25519_PUBKEY_LEN + len);
  memcpy(covered, responder->keys.pubkey.pubkey, ED25519_PUBKEY_LEN);
  memcpy(covered + ED25519_PUBKEY_LEN, bytes, len);
  crypto_hmac_sha256(key, (const char *) token->handshake_key, RB_KEY_LEN,
                     label, strlen(label));
  crypto_hmac_sha256(mac, key, sizeof(key), covered,
                     ED25519_PUBKEY_LEN + len);
  tor_free(covered);
  return tor_memeq(mac, bytes + len, sizeof(mac));
}

/** The bytes of each message are where doc/protocol.md has them; the time
 * is RBT_WALL, big-endian. */
static void
test_rbalance_handshake_layout(void *arg)
{
  end_t *opener = arg, *responder = opener + 1;
  char bytes[RB_HELLO_LEN + RB_ANSWER_LEN + RB_CONFIRM_LEN];
  char *answer = bytes + RB_HELLO_LEN, *confirm = answer + RB_ANSWER_LEN;
  static const char wall[] = "\x00\x00\x01\xa3\x18\x5c\x50\x00";

  tt_int_op(sizeof(bytes), OP_EQ, 141 + 72 + 104);

  start(opener, responder);
  buf_peek(responder->in, bytes, RB_HELLO_LEN);
  tt_mem_op(bytes, OP_EQ, "RBAL\x01", 5);
  tt_mem_op(bytes + 5, OP_EQ, rbt_cluster_id, 32);
  tt_mem_op(bytes + 37, OP_EQ, opener->keys.pubkey.pubkey, 32);
  tt_mem_op(bytes + 69, OP_EQ, opener->nonce, 32);
  tt_mem_op(bytes + 101, OP_EQ, wall, 8);
  tt_assert(has_mac(responder, "Tor rbalance hello v1", bytes, 109));

  run(responder, opener);
  buf_peek(opener->in, answer, RB_ANSWER_LEN);
  tt_mem_op(answer, OP_EQ, responder->nonce, 32);
  tt_mem_op(answer + 32, OP_EQ, wall, 8);
  tt_assert(has_mac(responder, "Tor rbalance answer v1", bytes, 141 + 40));

  run(opener, responder);
  buf_peek(responder->in, confirm, RB_CONFIRM_LEN);
  tt_mem_op(confirm, OP_EQ, wall, 8);
  tt_assert(has_mac(responder, "Tor rbalance confirm v1", bytes,
                    141 + 72 + 72));

 done:
  ;
}

/** Bytes may arrive one at a time; until a message is whole nothing is sent,
 * and nothing is taken off the buffer. */
static void
test_rbalance_handshake_trickle(void *arg)
{
  end_t *ends = arg;
  char bytes[RB_HELLO_LEN];

  start(&ends[0], &ends[1]);
  for (int msg = 0; msg < 3; ++msg) {
    end_t *reader = &ends[(msg + 1) % 2], *writer = &ends[msg % 2];
    tt_int_op(buf_datalen(reader->in), OP_EQ, msg_lens[msg]);
    buf_get_bytes(reader->in, bytes, msg_lens[msg]);
    for (size_t i = 0; i < msg_lens[msg]; ++i) {
      tt_int_op(run(reader, writer), OP_EQ, RB_HANDSHAKE_PENDING);
      tt_int_op(buf_datalen(reader->in), OP_EQ, i);
      tt_int_op(buf_datalen(writer->in), OP_EQ, 0);
      buf_add(reader->in, bytes + i, 1);
    }
    tt_int_op(run(reader, writer), OP_EQ,
              msg == 0 ? RB_HANDSHAKE_PENDING : RB_HANDSHAKE_DONE);
  }

 done:
  ;
}

/** Every changed byte of each message is noticed, and the one that notices
 * sends nothing. */
static void
test_rbalance_handshake_corrupted(void *arg)
{
  end_t *ends = arg;

  for (int msg = 0; msg < 3; ++msg) {
    for (size_t off = 0; off < msg_lens[msg]; ++off) {
      end_t *reader = &ends[(msg + 1) % 2], *writer = &ends[msg % 2];
      start(&ends[0], &ends[1]);
      for (int i = 0; i < msg; ++i) {
        run(&ends[(i + 1) % 2], &ends[i % 2]);
      }
      corrupt(reader->in, off, (uint8_t) (1 << off % 8));
      tt_int_op(run(reader, writer), OP_EQ,
                (msg > 0 || off >= 5 ? RB_HANDSHAKE_BAD_MAC :
                 off < 4 ? RB_HANDSHAKE_BAD_MAGIC :
                 RB_HANDSHAKE_BAD_VERSION));
      tt_int_op(buf_datalen(writer->in), OP_EQ, 0);
    }
  }

 done:
  ;
}

/** What an eavesdropper recorded is of no use against a fresh responder, with
 * another nonce. */
static void
test_rbalance_handshake_replay(void *arg)
{
  end_t *opener = arg, *responder = opener + 1;
  buf_t *recorded = opener[2].in;

  start(opener, responder);
  copy_buf(recorded, responder->in);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_PENDING);
  tt_int_op(run(opener, responder), OP_EQ, RB_HANDSHAKE_DONE);
  copy_buf(recorded, responder->in);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_DONE);

  rb_handshake_accept(&responder->hs, rbt_cluster_id,
                      &responder->keys.pubkey);
  responder->nonce[0] ^= 1;
  buf_move_all(responder->in, recorded);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_PENDING);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_BAD_MAC);

  /* An old ANSWER is no better: the opener has a nonce, too. */
  start(opener, responder);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_PENDING);
  copy_buf(recorded, opener->in);
  opener->nonce[0] ^= 1;
  start(opener, responder);
  buf_move_all(opener->in, recorded);
  tt_int_op(run(opener, responder), OP_EQ, RB_HANDSHAKE_BAD_MAC);

 done:
  ;
}

/** Who has another token gets no answer. */
static void
test_rbalance_handshake_tokens(void *arg)
{
  end_t *opener = arg, *responder = opener + 1;

  set_tokens(opener, TOKEN_B);
  tt_int_op(run_all(opener, responder), OP_EQ, RB_HANDSHAKE_BAD_MAC);
  tt_int_op(buf_datalen(opener->in), OP_EQ, 0);

  /* While a token is replaced, the responder takes the new one and the old
   * one, and answers with the one that the opener used. */
  set_tokens(responder, TOKEN_A TOKEN_B);
  tt_int_op(run_all(opener, responder), OP_EQ, RB_HANDSHAKE_DONE);
  tt_int_op(responder->hs.token_idx, OP_EQ, 1);

  /* The other way round the opener uses its first, which the responder does
   * not have. */
  tt_int_op(run_all(responder, opener), OP_EQ, RB_HANDSHAKE_BAD_MAC);

  /* An ANSWER with the second token of the opener is refused. */
  set_tokens(opener, TOKEN_B TOKEN_A);
  set_tokens(responder, TOKEN_B TOKEN_A);
  start(opener, responder);
  smartlist_reverse(responder->tokens);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_PENDING);
  smartlist_reverse(opener->tokens);
  tt_int_op(run(opener, responder), OP_EQ, RB_HANDSHAKE_BAD_MAC);

  /* So is a CONFIRM that fits another token than its HELLO did. */
  start(opener, responder);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_PENDING);
  tt_int_op(run(opener, responder), OP_EQ, RB_HANDSHAKE_DONE);
  smartlist_reverse(responder->tokens);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_BAD_MAC);

 done:
  ;
}

/** A node of another cluster, a HELLO for another node and our own key are
 * refused without an answer. */
static void
test_rbalance_handshake_strangers(void *arg)
{
  end_t *opener = arg, *responder = opener + 1;
  end_t *other = opener + 2;

  opener->cluster_id[0] ^= 1;
  tt_int_op(run_all(opener, responder), OP_EQ, RB_HANDSHAKE_WRONG_CLUSTER);
  tt_int_op(buf_datalen(opener->in), OP_EQ, 0);
  opener->cluster_id[0] ^= 1;
  start(opener, other);
  rb_handshake_accept(&responder->hs, rbt_cluster_id,
                      &responder->keys.pubkey);
  buf_move_all(responder->in, other->in);
  tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_BAD_MAC);

  memcpy(&other->keys, &responder->keys, sizeof(other->keys));
  tt_int_op(run_all(other, responder), OP_EQ, RB_HANDSHAKE_OURSELVES);
  tt_int_op(buf_datalen(opener->in) + buf_datalen(other->in), OP_EQ, 0);

 done:
  ;
}

/** Who has the token, but not the node key that it claims, is refused. */
static void
test_rbalance_handshake_signature(void *arg)
{
  end_t *opener = arg, *responder = opener + 1;
  ed25519_keypair_t other;

  rbt_fill_key(3, &other);
  ed25519_pubkey_copy(&opener->keys.pubkey, &other.pubkey);
  tt_int_op(run_all(opener, responder), OP_EQ, RB_HANDSHAKE_BAD_SIGNATURE);

 done:
  ;
}

/** Both ends learn how long a message and its answer take, and what the
 * other's clock says. */
static void
test_rbalance_handshake_clocks(void *arg)
{
  static const int64_t offsets[] = { 0, 1, -1, 5000, -5000, 86400000,
                                     -86400000 };
  static const uint64_t delays[] = { 0, 1, 100, 2500, 59999 };
  end_t *opener = arg, *responder = opener + 1;

  for (size_t i = 0; i < ARRAY_LENGTH(offsets); ++i) {
    for (size_t j = 0; j < ARRAY_LENGTH(delays); ++j) {
      responder->ctx.now.wall = opener->ctx.now.wall + offsets[i];
      start(opener, responder);
      pass_time(opener, responder, delays[j]);
      tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_PENDING);
      pass_time(opener, responder, delays[j]);
      tt_int_op(run(opener, responder), OP_EQ, RB_HANDSHAKE_DONE);
      tt_u64_op(opener->hs.rtt, OP_EQ, 2 * delays[j]);
      tt_i64_op(opener->hs.skew, OP_EQ, offsets[i]);
      pass_time(opener, responder, delays[j]);
      tt_int_op(run(responder, opener), OP_EQ, RB_HANDSHAKE_DONE);
      tt_u64_op(responder->hs.rtt, OP_EQ, 2 * delays[j]);
      tt_i64_op(responder->hs.skew, OP_EQ, -offsets[i]);
    }
  }
  /* What a wrong clock makes us believe is bounded, either way. */
  tt_i64_op(rb_clock_skew(UINT64_MAX, 0), OP_EQ, RB_MAX_SKEW_MSEC);
  tt_i64_op(rb_clock_skew(0, UINT64_MAX), OP_EQ, -RB_MAX_SKEW_MSEC);

 done:
  ;
}

/** The cluster id is the hash that doc/protocol.md says, as another
 * implementation of SHA3-256 computes it. */
static void
test_rbalance_handshake_cluster_id(void *arg)
{
  ed25519_public_key_t key;
  uint8_t id[RB_CLUSTER_ID_LEN];
  (void) arg;

  for (int i = 0; i < ED25519_PUBKEY_LEN; ++i) {
    key.pubkey[i] = (uint8_t) i;
  }
  rb_cluster_id(&key, id);
  tt_str_op(hex_str((const char *) id, sizeof(id)), OP_EQ,
            "7D643EDE4FB76683080C53DA2C908100"
            "367DF47A81D6D9DB88C6964BCF5074AF");

 done:
  ;
}

/** A status has a name. */
static void
test_rbalance_handshake_names(void *arg)
{
  static const char *const names[] = {
    "pending", "done", "bad_magic", "bad_version", "wrong_cluster",
    "bad_mac", "bad_signature", "ourselves",
  };
  (void) arg;
  for (int i = 0; i < (int) ARRAY_LENGTH(names); ++i) {
    tt_str_op(rb_handshake_status_to_string(i), OP_EQ, names[i]);
  }
 done:
  ;
}

static const struct testcase_setup_t fixture = { setup_ends, cleanup_ends };

#define TEST(name) \
  { #name, test_rbalance_handshake_ ## name, TT_FORK, &fixture, NULL }

struct testcase_t rbalance_handshake_tests[] = {
  TEST(run),
  TEST(layout),
  TEST(trickle),
  TEST(corrupted),
  TEST(replay),
  TEST(tokens),
  TEST(strangers),
  TEST(signature),
  TEST(clocks),
  TEST(cluster_id),
  TEST(names),
  END_OF_TESTCASES
};
