/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_handshake.c
 * @brief Fuzz each state of the handshake: nothing but what an honest node
 * sends may be taken.
 **/

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_handshake.h"

/** The messages of an honest handshake, in order. */
#define N_MSGS 3
static uint8_t honest[N_MSGS][RB_HELLO_LEN];
static size_t honest_len[N_MSGS];

/** Both ends, each as it is before it reads the message of that number. */
static rb_handshake_t before[N_MSGS];
static rb_handshake_ctx_t ctx[N_MSGS];

static ed25519_keypair_t opener, responder;
static uint8_t nonces[2][RB_NONCE_LEN];
static smartlist_t *tokens;

/** Move what is in <b>buf</b> to the honest message number <b>i</b>. */
static void
keep(buf_t *buf, int i)
{
  honest_len[i] = buf_datalen(buf);
  tor_assert(honest_len[i] <= sizeof(honest[i]));
  buf_get_bytes(buf, (char *) honest[i], honest_len[i]);
}

/** Run an honest handshake, and keep what is sent and both ends. */
static void
run_honest(void)
{
  rb_handshake_t open, accept;
  buf_t *in = buf_new(), *out = buf_new();

  rb_handshake_open(&open, rbt_cluster_id, &responder.pubkey, &ctx[1], out);
  rb_handshake_accept(&accept, rbt_cluster_id, &responder.pubkey);
  before[0] = accept;
  before[1] = open;
  keep(out, 0);
  buf_add(in, (const char *) honest[0], honest_len[0]);
  tor_assert(rb_handshake_read(&accept, &ctx[0], in, out) ==
             RB_HANDSHAKE_PENDING);
  before[2] = accept;
  keep(out, 1);
  buf_add(in, (const char *) honest[1], honest_len[1]);
  tor_assert(rb_handshake_read(&open, &ctx[1], in, out) ==
             RB_HANDSHAKE_DONE);
  keep(out, 2);
  buf_add(in, (const char *) honest[2], honest_len[2]);
  tor_assert(rb_handshake_read(&accept, &ctx[2], in, out) ==
             RB_HANDSHAKE_DONE);
  buf_free(in);
  buf_free(out);
}

/** Make two nodes of a cluster, the second of which has two tokens. */
int
fuzz_init(void)
{
  const char *fault = NULL;
  rbt_fill_key(1, &opener);
  rbt_fill_key(2, &responder);
  memset(nonces[0], 1, RB_NONCE_LEN);
  memset(nonces[1], 2, RB_NONCE_LEN);
  tokens = rb_tokens_parse("0123456789abcdef0123456789abcdef\n"
                           "another_token_of_the_very_same_cluster\n",
                           &fault);
  tor_assert(tokens);
  for (int i = 0; i < N_MSGS; ++i) {
    ctx[i].tokens = tokens;
    ctx[i].node_keys = i == 1 ? &opener : &responder;
    ctx[i].nonce = nonces[i == 1];
    ctx[i].now.wall = RBT_WALL;
    ctx[i].now.mono = RBT_MONO;
  }
  run_honest();
  return 0;
}

/** Release the tokens. */
int
fuzz_cleanup(void)
{
  rb_tokens_free(tokens);
  return 0;
}

/** Let the end that waits for the message number <b>i</b> read the <b>len</b>
 * bytes at <b>bytes</b>, in pieces of <b>piece</b> bytes. */
static void
try_bytes(int i, const uint8_t *bytes, size_t len, size_t piece)
{
  rb_handshake_t hs = before[i];
  buf_t *in = buf_new(), *out = buf_new();
  rb_handshake_status_t status = RB_HANDSHAKE_PENDING;
  const bool is_honest = len >= honest_len[i] &&
    fast_memeq(bytes, honest[i], honest_len[i]);

  for (size_t pos = 0; pos < len && status == RB_HANDSHAKE_PENDING;
       pos += piece) {
    buf_add(in, (const char *) bytes + pos, MIN(piece, len - pos));
    status = rb_handshake_read(&hs, &ctx[i], in, out);
  }
  if (i == 0 && len < RB_HELLO_LEN + RB_CONFIRM_LEN) {
    tor_assert((buf_datalen(out) > 0) == is_honest);
  } else if (i > 0) {
    tor_assert((status == RB_HANDSHAKE_DONE) == is_honest);
  }
  tor_assert(rb_handshake_status_to_string(status));
  buf_free(in);
  buf_free(out);
}

/** The first byte of the input says which message is tried, whether the rest
 * is that message or edits it, and in which pieces it comes. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  uint8_t edited[FUZZ_MAX_EDITED_LEN];
  int i;
  size_t piece;
  if (sz == 0) {
    return 0;
  }
  i = data[0] % N_MSGS;
  piece = (data[0] & 0x20) ? 7 : FUZZ_MAX_EDITED_LEN;
  if (data[0] & 0x40) {
    try_bytes(i, data + 1, sz - 1, piece);
  } else {
    const size_t len = fuzz_rbalance_edit(honest[i], honest_len[i], data + 1,
                                          sz - 1, edited);
    try_bytes(i, edited, len, piece);
  }
  return 0;
}

/** Every message as it is, edited, and in pieces. */
void
fuzz_rbalance_make_seeds(void)
{
  for (int i = 0; i < N_MSGS; ++i) {
    /* 0x42 and 0x60 are divisible by 3. */
    uint8_t raw[1 + RB_HELLO_LEN];
    raw[0] = (uint8_t) (0x42 + i);
    memcpy(raw + 1, honest[i], honest_len[i]);
    fuzz_rbalance_seed(raw, 1 + honest_len[i]);
    raw[0] = (uint8_t) (0x60 + i);
    fuzz_rbalance_seed(raw, 1 + honest_len[i]);
    fuzz_rbalance_seed_edits((uint8_t) i);
    fuzz_rbalance_seed_edits((uint8_t) (0x21 + i));
  }
}
