/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_handshake.c
 * @brief How two nodes prove to each other that they are of one cluster.
 *
 * Three messages of fixed size, so that nobody without the token reaches a
 * parser:
 *
 *   opener -> responder  HELLO    magic, version, cluster, key, nonce, time,
 *                                 MAC(K, all of it)
 *   responder -> opener  ANSWER   nonce, time, MAC(K, HELLO and these)
 *   opener -> responder  CONFIRM  time, SIGNATURE(node key, HELLO, ANSWER,
 *                                 time), MAC(K, all of it)
 *
 * K comes from the cluster token.  Every MAC and the signature also cover the
 * responder's node key, so that a message can't be turned against another
 * node.  The responder is proven by its onion address, the opener by its
 * signature over both nonces, which also makes a replay useless.  The
 * responder says nothing before it has seen a good MAC, and every failure
 * looks the same from outside: the stream closes.  The times give each end
 * the other's clock.
 *
 * rbalance_channel.c moves the bytes; doc/protocol.md has the byte table.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_handshake.h"

#include "lib/arch/bytes.h"
#include "lib/crypt_ops/crypto_digest.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/ctime/di_ops.h"
#include "lib/intmath/cmp.h"
#include "lib/log/util_bug.h"
#include "lib/malloc/malloc.h"

#include <string.h>

/** First bytes of HELLO. */
#define HELLO_MAGIC "RBAL"
#define HELLO_MAGIC_LEN 4
/** Offsets in HELLO. */
#define HELLO_VERSION_OFF HELLO_MAGIC_LEN
#define HELLO_CLUSTER_OFF (HELLO_VERSION_OFF + 1)
#define HELLO_KEY_OFF (HELLO_CLUSTER_OFF + RB_CLUSTER_ID_LEN)
#define HELLO_NONCE_OFF (HELLO_KEY_OFF + ED25519_PUBKEY_LEN)
#define HELLO_TIME_OFF (HELLO_NONCE_OFF + RB_NONCE_LEN)
#define HELLO_MAC_OFF (HELLO_TIME_OFF + 8)
/** Offsets in ANSWER. */
#define ANSWER_TIME_OFF RB_NONCE_LEN
#define ANSWER_MAC_OFF (ANSWER_TIME_OFF + 8)
/** Offsets in CONFIRM. */
#define CONFIRM_SIG_OFF 8
#define CONFIRM_MAC_OFF (CONFIRM_SIG_OFF + ED25519_SIG_LEN)

/** Labels that separate the three MACs, and the signature from others. */
#define HELLO_LABEL "Tor rbalance hello v1"
#define ANSWER_LABEL "Tor rbalance answer v1"
#define CONFIRM_LABEL "Tor rbalance confirm v1"
#define SIGNATURE_PREFIX "Tor rbalance opener v1"

/** Store the cluster id of the service with public key <b>service_key</b> in
 * the RB_CLUSTER_ID_LEN bytes at <b>out</b>. */
void
rb_cluster_id(const ed25519_public_key_t *service_key, uint8_t *out)
{
  static const char label[] = "Tor rbalance cluster v1";
  uint8_t msg[sizeof(label) + ED25519_PUBKEY_LEN];
  memcpy(msg, label, sizeof(label));
  memcpy(msg + sizeof(label), service_key->pubkey, ED25519_PUBKEY_LEN);
  crypto_digest256((char *) out, (const char *) msg, sizeof(msg),
                   DIGEST_SHA3_256);
}

/** Return a new buffer with what MACs and signature cover: the responder's
 * key, the first <b>transcript_len</b> bytes of the transcript of <b>hs</b>
 * and the <b>len</b> bytes at <b>msg</b>.  Store its length in
 * <b>len_out</b>. */
static uint8_t *
covered_bytes(const rb_handshake_t *hs, size_t transcript_len,
              const uint8_t *msg, size_t len, size_t *len_out)
{
  uint8_t *bytes;
  *len_out = ED25519_PUBKEY_LEN + transcript_len + len;
  bytes = tor_malloc(*len_out);
  memcpy(bytes, hs->responder_key.pubkey, ED25519_PUBKEY_LEN);
  memcpy(bytes + ED25519_PUBKEY_LEN, hs->transcript, transcript_len);
  memcpy(bytes + ED25519_PUBKEY_LEN + transcript_len, msg, len);
  return bytes;
}

/** Compute into the DIGEST256_LEN bytes at <b>mac_out</b> the MAC for
 * <b>label</b> under <b>token</b>; the rest as for covered_bytes(). */
static void
compute_mac(const rb_handshake_t *hs, const rb_token_t *token,
            const char *label, size_t transcript_len, const uint8_t *msg,
            size_t len, uint8_t *mac_out)
{
  uint8_t key[DIGEST256_LEN];
  size_t bytes_len = 0;
  uint8_t *bytes = covered_bytes(hs, transcript_len, msg, len, &bytes_len);
  /* A key per label, then the MAC itself: both are HMAC-SHA256. */
  crypto_hmac_sha256((char *) key, (const char *) token->handshake_key,
                     sizeof(token->handshake_key), label, strlen(label));
  crypto_hmac_sha256((char *) mac_out, (const char *) key, sizeof(key),
                     (const char *) bytes, bytes_len);
  memwipe(key, 0, sizeof(key));
  tor_free(bytes);
}

/** Return the index of the first of <b>tokens</b> under which <b>mac</b> is
 * right, or -1; the rest as for compute_mac(). */
static int
find_token_by_mac(const rb_handshake_t *hs, const smartlist_t *tokens,
                  const char *label, size_t transcript_len,
                  const uint8_t *msg, size_t len, const uint8_t *mac)
{
  int found = -1;
  SMARTLIST_FOREACH_BEGIN(tokens, const rb_token_t *, token) {
    uint8_t expected[DIGEST256_LEN];
    compute_mac(hs, token, label, transcript_len, msg, len, expected);
    if (tor_memeq(expected, mac, sizeof(expected)) && found < 0) {
      found = token_sl_idx;
    }
  } SMARTLIST_FOREACH_END(token);
  return found;
}

/** Write <b>wall</b> milliseconds as 8 big-endian bytes to <b>out</b>. */
static void
put_time(uint8_t *out, uint64_t wall)
{
  set_uint64(out, tor_htonll(wall));
}

/** Return how many milliseconds the clock that shows <b>theirs</b> is ahead of
 * the one that shows <b>ours</b>, at most RB_MAX_SKEW_MSEC either way:
 * <b>theirs</b> can be anything. */
int64_t
rb_clock_skew(uint64_t theirs, uint64_t ours)
{
  if (theirs > ours) {
    return (int64_t) MIN(theirs - ours, RB_MAX_SKEW_MSEC);
  }
  return -(int64_t) MIN(ours - theirs, RB_MAX_SKEW_MSEC);
}

/** Learn round-trip time and the peer's clock from the time <b>peer_wall</b>
 * in the answer to our last message. */
static void
learn_clock(rb_handshake_t *hs, const uint8_t *peer_wall, rb_now_t now)
{
  hs->rtt = now.mono - hs->sent.mono;
  hs->skew = rb_clock_skew(tor_ntohll(get_uint64(peer_wall)),
                           hs->sent.wall + hs->rtt / 2);
}

/** Begin the handshake <b>hs</b> as the opener of a stream to the node with
 * <b>responder_key</b>, for the cluster <b>cluster_id</b>, and append HELLO
 * to <b>out</b>. */
void
rb_handshake_open(rb_handshake_t *hs, const uint8_t *cluster_id,
                  const ed25519_public_key_t *responder_key,
                  const rb_handshake_ctx_t *ctx, buf_t *out)
{
  uint8_t *hello = hs->transcript;

  memset(hs, 0, sizeof(*hs));
  hs->is_opener = true;
  hs->next_msg = 2;
  memcpy(hs->cluster_id, cluster_id, sizeof(hs->cluster_id));
  ed25519_pubkey_copy(&hs->opener_key, &ctx->node_keys->pubkey);
  ed25519_pubkey_copy(&hs->responder_key, responder_key);

  memcpy(hello, HELLO_MAGIC, HELLO_MAGIC_LEN);
  hello[HELLO_VERSION_OFF] = RB_PROTOCOL_VERSION;
  memcpy(hello + HELLO_CLUSTER_OFF, cluster_id, RB_CLUSTER_ID_LEN);
  memcpy(hello + HELLO_KEY_OFF, hs->opener_key.pubkey, ED25519_PUBKEY_LEN);
  memcpy(hello + HELLO_NONCE_OFF, ctx->nonce, RB_NONCE_LEN);
  put_time(hello + HELLO_TIME_OFF, ctx->now.wall);
  compute_mac(hs, smartlist_get(ctx->tokens, 0), HELLO_LABEL, 0, hello,
              HELLO_MAC_OFF, hello + HELLO_MAC_OFF);
  hs->sent = ctx->now;
  buf_add(out, (const char *) hello, RB_HELLO_LEN);
}

/** Begin the handshake <b>hs</b> as the responder with node key
 * <b>our_key</b>, for the cluster <b>cluster_id</b>: wait for HELLO. */
void
rb_handshake_accept(rb_handshake_t *hs, const uint8_t *cluster_id,
                    const ed25519_public_key_t *our_key)
{
  memset(hs, 0, sizeof(*hs));
  hs->next_msg = 1;
  memcpy(hs->cluster_id, cluster_id, sizeof(hs->cluster_id));
  ed25519_pubkey_copy(&hs->responder_key, our_key);
}

/** Responder: judge the HELLO in the transcript and append ANSWER to
 * <b>out</b>. */
static rb_handshake_status_t
handle_hello(rb_handshake_t *hs, const rb_handshake_ctx_t *ctx, buf_t *out)
{
  const uint8_t *hello = hs->transcript;
  uint8_t *answer = hs->transcript + RB_HELLO_LEN;

  if (!fast_memeq(hello, HELLO_MAGIC, HELLO_MAGIC_LEN)) {
    return RB_HANDSHAKE_BAD_MAGIC;
  }
  if (hello[HELLO_VERSION_OFF] != RB_PROTOCOL_VERSION) {
    return RB_HANDSHAKE_BAD_VERSION;
  }
  hs->token_idx = find_token_by_mac(hs, ctx->tokens, HELLO_LABEL, 0, hello,
                                    HELLO_MAC_OFF, hello + HELLO_MAC_OFF);
  if (hs->token_idx < 0) {
    return RB_HANDSHAKE_BAD_MAC;
  }
  if (!tor_memeq(hello + HELLO_CLUSTER_OFF, hs->cluster_id,
                 RB_CLUSTER_ID_LEN)) {
    return RB_HANDSHAKE_WRONG_CLUSTER;
  }
  memcpy(hs->opener_key.pubkey, hello + HELLO_KEY_OFF, ED25519_PUBKEY_LEN);
  if (ed25519_pubkey_eq(&hs->opener_key, &hs->responder_key)) {
    return RB_HANDSHAKE_OURSELVES;
  }

  memcpy(answer, ctx->nonce, RB_NONCE_LEN);
  put_time(answer + ANSWER_TIME_OFF, ctx->now.wall);
  compute_mac(hs, smartlist_get(ctx->tokens, hs->token_idx), ANSWER_LABEL,
              RB_HELLO_LEN, answer, ANSWER_MAC_OFF, answer + ANSWER_MAC_OFF);
  hs->sent = ctx->now;
  hs->next_msg = 3;
  buf_add(out, (const char *) answer, RB_ANSWER_LEN);
  return RB_HANDSHAKE_PENDING;
}

/** Opener: judge the ANSWER in the transcript and append CONFIRM to
 * <b>out</b>. */
static rb_handshake_status_t
handle_answer(rb_handshake_t *hs, const rb_handshake_ctx_t *ctx, buf_t *out)
{
  const uint8_t *answer = hs->transcript + RB_HELLO_LEN;
  uint8_t confirm[RB_CONFIRM_LEN];
  ed25519_signature_t sig;
  uint8_t *bytes;
  size_t len = 0;
  int r;

  if (find_token_by_mac(hs, ctx->tokens, ANSWER_LABEL, RB_HELLO_LEN, answer,
                        ANSWER_MAC_OFF, answer + ANSWER_MAC_OFF) != 0) {
    /* Only the first token, with which we opened, will do. */
    return RB_HANDSHAKE_BAD_MAC;
  }
  learn_clock(hs, answer + ANSWER_TIME_OFF, ctx->now);

  put_time(confirm, ctx->now.wall);
  bytes = covered_bytes(hs, sizeof(hs->transcript), confirm,
                        CONFIRM_SIG_OFF, &len);
  r = ed25519_sign_prefixed(&sig, bytes, len, SIGNATURE_PREFIX,
                            ctx->node_keys);
  tor_free(bytes);
  if (BUG(r < 0)) {
    return RB_HANDSHAKE_BAD_SIGNATURE;
  }
  memcpy(confirm + CONFIRM_SIG_OFF, sig.sig, sizeof(sig.sig));
  compute_mac(hs, smartlist_get(ctx->tokens, 0), CONFIRM_LABEL,
              sizeof(hs->transcript), confirm, CONFIRM_MAC_OFF,
              confirm + CONFIRM_MAC_OFF);
  buf_add(out, (const char *) confirm, sizeof(confirm));
  return RB_HANDSHAKE_DONE;
}

/** Responder: judge the CONFIRM at <b>confirm</b>. */
static rb_handshake_status_t
handle_confirm(rb_handshake_t *hs, const rb_handshake_ctx_t *ctx,
               const uint8_t *confirm)
{
  ed25519_signature_t sig;
  uint8_t *bytes;
  size_t len = 0;
  int r;

  if (find_token_by_mac(hs, ctx->tokens, CONFIRM_LABEL,
                        sizeof(hs->transcript), confirm, CONFIRM_MAC_OFF,
                        confirm + CONFIRM_MAC_OFF) != hs->token_idx) {
    return RB_HANDSHAKE_BAD_MAC;
  }
  memcpy(sig.sig, confirm + CONFIRM_SIG_OFF, sizeof(sig.sig));
  bytes = covered_bytes(hs, sizeof(hs->transcript), confirm,
                        CONFIRM_SIG_OFF, &len);
  r = ed25519_checksig_prefixed(&sig, bytes, len, SIGNATURE_PREFIX,
                                &hs->opener_key);
  tor_free(bytes);
  if (r < 0) {
    return RB_HANDSHAKE_BAD_SIGNATURE;
  }
  learn_clock(hs, confirm, ctx->now);
  return RB_HANDSHAKE_DONE;
}

/** Take what the peer of <b>hs</b> sent off <b>in</b> and append what is due
 * to <b>out</b>.  Return RB_HANDSHAKE_PENDING while the handshake goes on,
 * RB_HANDSHAKE_DONE when the peer is proven, and else what is wrong with it:
 * then the caller closes the stream without a word. */
rb_handshake_status_t
rb_handshake_read(rb_handshake_t *hs, const rb_handshake_ctx_t *ctx,
                  buf_t *in, buf_t *out)
{
  uint8_t confirm[RB_CONFIRM_LEN];

  switch (hs->next_msg) {
    case 1:
      if (buf_datalen(in) < RB_HELLO_LEN) {
        return RB_HANDSHAKE_PENDING;
      }
      buf_get_bytes(in, (char *) hs->transcript, RB_HELLO_LEN);
      return handle_hello(hs, ctx, out);
    case 2:
      if (buf_datalen(in) < RB_ANSWER_LEN) {
        return RB_HANDSHAKE_PENDING;
      }
      buf_get_bytes(in, (char *) hs->transcript + RB_HELLO_LEN,
                    RB_ANSWER_LEN);
      return handle_answer(hs, ctx, out);
    case 3:
      if (buf_datalen(in) < RB_CONFIRM_LEN) {
        return RB_HANDSHAKE_PENDING;
      }
      buf_get_bytes(in, (char *) confirm, sizeof(confirm));
      return handle_confirm(hs, ctx, confirm);
    default:
      tor_assert_nonfatal_unreached();
      return RB_HANDSHAKE_BAD_MAGIC;
  }
}

/** Return the name of <b>status</b> for logs and counters, in lower case. */
const char *
rb_handshake_status_to_string(rb_handshake_status_t status)
{
  switch (status) {
    case RB_HANDSHAKE_PENDING: return "pending";
    case RB_HANDSHAKE_DONE: return "done";
    case RB_HANDSHAKE_BAD_MAGIC: return "bad_magic";
    case RB_HANDSHAKE_BAD_VERSION: return "bad_version";
    case RB_HANDSHAKE_WRONG_CLUSTER: return "wrong_cluster";
    case RB_HANDSHAKE_BAD_MAC: return "bad_mac";
    case RB_HANDSHAKE_BAD_SIGNATURE: return "bad_signature";
    case RB_HANDSHAKE_OURSELVES: return "ourselves";
  }
  tor_assert_nonfatal_unreached();
  return "unknown";
}
