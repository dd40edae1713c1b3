/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_tag.c
 * @brief The one-time tag with which a node asks to join.
 *
 * A node that knows no other opens a stream to the service's own address and
 * puts a tag where a BEGIN cell has the address.  The tag names the node and
 * the time, and its MAC is made with a key of the cluster token:
 *
 *   base32(version, node key, seconds since the epoch, nonce,
 *          HMAC-SHA256(K, cluster id and all of that), cut to 16 bytes)
 *
 * rbalance_admission.c sees to it that a tag is used once.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_tag.h"

#include "lib/arch/bytes.h"
#include "lib/crypt_ops/crypto_digest.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/ctime/di_ops.h"
#include "lib/encoding/binascii.h"
#include "lib/intmath/muldiv.h"
#include "lib/malloc/malloc.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Version of the tag. */
#define TAG_VERSION 1
/** Offsets in a tag. */
#define TAG_KEY_OFF 1
#define TAG_TIME_OFF (TAG_KEY_OFF + ED25519_PUBKEY_LEN)
#define TAG_NONCE_OFF (TAG_TIME_OFF + 8)
#define TAG_MAC_OFF (TAG_NONCE_OFF + RB_TAG_NONCE_LEN)
#define TAG_LEN (TAG_MAC_OFF + RB_TAG_MAC_LEN)

/** Compute into the RB_TAG_MAC_LEN bytes at <b>mac_out</b> the MAC of the
 * TAG_LEN bytes at <b>tag</b>. */
static void
compute_mac(const rb_token_t *token, const uint8_t *cluster_id,
            const uint8_t *tag, uint8_t *mac_out)
{
  uint8_t covered[RB_CLUSTER_ID_LEN + TAG_MAC_OFF];
  uint8_t mac[DIGEST256_LEN];
  memcpy(covered, cluster_id, RB_CLUSTER_ID_LEN);
  memcpy(covered + RB_CLUSTER_ID_LEN, tag, TAG_MAC_OFF);
  crypto_hmac_sha256((char *) mac, (const char *) token->join_key,
                     sizeof(token->join_key), (const char *) covered,
                     sizeof(covered));
  memcpy(mac_out, mac, RB_TAG_MAC_LEN);
  memwipe(mac, 0, sizeof(mac));
}

/** Return the text of a new tag for the node with <b>node_key</b>, made with
 * <b>token</b> at <b>wall</b> milliseconds since the epoch and with the
 * RB_TAG_NONCE_LEN random bytes at <b>nonce</b>; the caller frees it. */
char *
rb_tag_make(const rb_token_t *token, const uint8_t *cluster_id,
            const ed25519_public_key_t *node_key, const uint8_t *nonce,
            uint64_t wall)
{
  uint8_t tag[TAG_LEN];
  char *text = tor_malloc(BASE32_BUFSIZE(TAG_LEN));

  tag[0] = TAG_VERSION;
  memcpy(tag + TAG_KEY_OFF, node_key->pubkey, ED25519_PUBKEY_LEN);
  set_uint64(tag + TAG_TIME_OFF, tor_htonll(wall / 1000));
  memcpy(tag + TAG_NONCE_OFF, nonce, RB_TAG_NONCE_LEN);
  compute_mac(token, cluster_id, tag, tag + TAG_MAC_OFF);
  base32_encode(text, BASE32_BUFSIZE(TAG_LEN), (const char *) tag,
                sizeof(tag));
  tor_strlower(text);
  return text;
}

/** Return true iff a tag made at <b>made</b> seconds since the epoch is valid
 * at <b>now</b>. */
static bool
is_timely(uint64_t made, uint64_t now)
{
  return made <= now + RB_TAG_FUTURE_SEC && made + RB_TAG_MAX_AGE_SEC >= now;
}

/** Store in <b>tag</b> what the tag <b>text</b> says.  Return 0 if it was made
 * for the cluster <b>cluster_id</b> with one of <b>tokens</b> and is valid at
 * <b>wall</b> milliseconds since the epoch, else -1. */
int
rb_tag_check(const char *text, const smartlist_t *tokens,
             const uint8_t *cluster_id, uint64_t wall, rb_tag_t *tag)
{
  uint8_t bytes[TAG_LEN];
  bool is_good = false;

  /* base32_decode() warns of other characters, which anybody can send. */
  if (strlen(text) != BASE32_LEN(TAG_LEN) ||
      strspn(text, BASE32_CHARS) != BASE32_LEN(TAG_LEN) ||
      base32_decode((char *) bytes, sizeof(bytes), text, strlen(text)) !=
      TAG_LEN || bytes[0] != TAG_VERSION) {
    return -1;
  }
  SMARTLIST_FOREACH_BEGIN(tokens, const rb_token_t *, token) {
    uint8_t mac[RB_TAG_MAC_LEN];
    compute_mac(token, cluster_id, bytes, mac);
    is_good |= tor_memeq(mac, bytes + TAG_MAC_OFF, sizeof(mac));
  } SMARTLIST_FOREACH_END(token);
  if (!is_good || !is_timely(tor_ntohll(get_uint64(bytes + TAG_TIME_OFF)),
                             wall / 1000)) {
    return -1;
  }
  memcpy(tag->node_key.pubkey, bytes + TAG_KEY_OFF, ED25519_PUBKEY_LEN);
  memcpy(tag->mac, bytes + TAG_MAC_OFF, RB_TAG_MAC_LEN);
  return 0;
}
