/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_msg.c
 * @brief Fuzz frames and messages: what is decoded must survive being encoded
 * and decoded again.
 **/

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_frame.h"
#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_msg.h"

/** Set up nothing. */
int
fuzz_init(void)
{
  return 0;
}

/** Release nothing. */
int
fuzz_cleanup(void)
{
  return 0;
}

/** Decode the <b>len</b> bytes at <b>text</b>. */
static void
try_text(const char *text, size_t len)
{
  rb_msg_t *msg = rb_msg_decode(text, len);
  char *once, *twice;
  if (!msg) {
    return;
  }
  tor_assert(msg->type < RB_MSG_TYPE_MAX_);
  tor_assert(strlen(msg->node_id) <= RB_NODE_ID_LEN);
  once = rb_msg_encode(msg);
  rb_msg_free(msg);
  if (strlen(once) <= RB_MAX_FRAME_LEN) {
    msg = rb_msg_decode(once, strlen(once));
    tor_assert(msg);
    twice = rb_msg_encode(msg);
    tor_assert(!strcmp(once, twice));
    rb_msg_free(msg);
    tor_free(twice);
  }
  tor_free(once);
}

/** Take the input for one message or, if it begins with an F, for what comes
 * in on a channel after that. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  char *text = NULL;
  size_t len = 0;
  buf_t *buf;

  if (sz == 0 || data[0] != 'F') {
    text = tor_memdup(sz ? (const char *) data : "", sz);
    try_text(text, sz);
    tor_free(text);
    return 0;
  }
  buf = buf_new();
  buf_add(buf, (const char *) data + 1, sz - 1);
  while (rb_frame_read(buf, &text, &len) == RB_FRAME_OK) {
    try_text(text, len);
    tor_free(text);
  }
  tor_assert(buf_datalen(buf) < sz);
  buf_free(buf);
  return 0;
}

/** Fill <b>lease</b>. */
static void
fill_lease(rb_lease_t *lease)
{
  ed25519_keypair_t keys;
  rbt_fill_key(1, &keys);
  ed25519_pubkey_copy(&lease->node_key, &keys.pubkey);
  lease->incarnation = lease->number = lease->lasts = lease->left = 1;
  lease->n_revisions = 1;
  rbt_blinded_key(1, lease->revisions[0].blinded_key);
  rb_lease_sign(lease, &keys);
}

/** Fill the fields of <b>msg</b> that have no good default. */
static void
fill_msg(rb_msg_t *msg)
{
  ed25519_keypair_t keys;
  rbt_fill_key(1, &keys);
  strlcpy(msg->node_id, "alpha", sizeof(msg->node_id));
  msg->timestamp = msg->number = 1;
  if (msg->type == RB_MSG_HEARTBEAT) {
    rb_known_t *known = tor_malloc_zero(sizeof(*known));
    fill_lease(&msg->u.heartbeat.lease);
    ed25519_pubkey_copy(&known->node_key, &keys.pubkey);
    msg->u.heartbeat.known = smartlist_new();
    smartlist_add(msg->u.heartbeat.known, known);
  } else if (msg->type == RB_MSG_LEASE_CLAIM ||
             msg->type == RB_MSG_LEASE_RELEASE) {
    fill_lease(&msg->u.lease);
  } else if (msg->type == RB_MSG_INTRO_POINTS) {
    msg->u.intro_points.record = tor_strdup("{\"version\":1}");
  } else if (msg->type == RB_MSG_PEER_ANNOUNCE) {
    ed25519_pubkey_copy(&msg->u.peer_announce.node_key, &keys.pubkey);
    strlcpy(msg->u.peer_announce.name, "beta",
            sizeof(msg->u.peer_announce.name));
  } else if (msg->type == RB_MSG_BACKEND_UNHEALTHY) {
    ed25519_pubkey_copy(&msg->u.backend_unhealthy.node_key, &keys.pubkey);
    ed25519_pubkey_copy(&msg->u.backend_unhealthy.reporter, &keys.pubkey);
    strlcpy(msg->u.backend_unhealthy.backend_name, "beta",
            sizeof(msg->u.backend_unhealthy.backend_name));
  } else if (msg->type == RB_MSG_PING || msg->type == RB_MSG_PONG) {
    msg->u.ping.id = 1;
  }
}

/** One message of each type, alone and in a frame. */
void
fuzz_rbalance_make_seeds(void)
{
  for (int type = 0; type < RB_MSG_TYPE_MAX_; ++type) {
    rb_msg_t *msg = rb_msg_new((rb_msg_type_t) type);
    buf_t *buf = buf_new();
    char *text, *bytes;
    size_t len = 0;
    fill_msg(msg);
    text = rb_msg_encode(msg);
    fuzz_rbalance_seed(text, strlen(text));
    buf_add(buf, "F", 1);
    tor_assert(rb_frame_write(buf, text) == 0);
    bytes = buf_extract(buf, &len);
    fuzz_rbalance_seed(bytes, len);
    tor_free(bytes);
    tor_free(text);
    buf_free(buf);
    rb_msg_free(msg);
  }
}
