/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_world.c
 * @brief A cluster of up to 256 nodes, its network and its faults, in virtual
 * time.
 *
 * Nodes are rb_state_t; what happens to them comes out of one queue, ordered
 * by time.  rbalance_test_links.c is the network, rbalance_test_points.c is
 * what the tor of a node does with introduction points and descriptors, and
 * rbalance_test_invariants.c looks at every step.  All chance comes from the
 * seed, so that a seed that fails fails again.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_world.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_invariants.h"
#include "test/rbalance_test_links.h"
#include "test/rbalance_test_points.h"

#include "ext/siphash.h"
#include "feature/rbalance/rbalance_settings.h"
#include "lib/crypt_ops/crypto_digest.h"

#include <stdio.h>

/** Ticks from one look at a node's backends to the next. */
#define PROBE_TICKS 20

/** Order two mails, for the heap. */
static int
compare_mails(const void *a_, const void *b_)
{
  const rbt_mail_t *a = a_, *b = b_;
  if (a->at != b->at) {
    return a->at < b->at ? -1 : 1;
  }
  return a->order < b->order ? -1 : 1;
}

/** Replaces ed25519_sign_prefixed(), which takes most of the time otherwise:
 * the "signature" is a digest of the message and the public key. */
static int
mock_sign_prefixed(ed25519_signature_t *signature_out, const uint8_t *msg,
                   size_t len, const char *prefix,
                   const ed25519_keypair_t *keys)
{
  crypto_digest_t *digest = crypto_digest256_new(DIGEST_SHA256);
  memset(signature_out, 1, sizeof(*signature_out));
  crypto_digest_add_bytes(digest, prefix, strlen(prefix));
  crypto_digest_add_bytes(digest, (const char *) msg, len);
  crypto_digest_add_bytes(digest, (const char *) keys->pubkey.pubkey,
                          sizeof(keys->pubkey.pubkey));
  crypto_digest_get_digest(digest, (char *) signature_out->sig,
                           DIGEST256_LEN);
  crypto_digest_free(digest);
  return 0;
}

/** Replaces ed25519_checksig(), which is given message and prefix as one. */
static int
mock_checksig(const ed25519_signature_t *signature, const uint8_t *msg,
              size_t len, const ed25519_public_key_t *pubkey)
{
  crypto_digest_t *digest = crypto_digest256_new(DIGEST_SHA256);
  char expected[DIGEST256_LEN];
  crypto_digest_add_bytes(digest, (const char *) msg, len);
  crypto_digest_add_bytes(digest, (const char *) pubkey->pubkey,
                          sizeof(pubkey->pubkey));
  crypto_digest_get_digest(digest, expected, sizeof(expected));
  crypto_digest_free(digest);
  return tor_memeq(expected, signature->sig, sizeof(expected)) ? 0 : -1;
}

/** Make what is random in tor itself the same in every run: the order of
 * hash tables. */
static void
fix_hash_order(void)
{
  static const struct sipkey key = { 1, 2 };
  static bool is_fixed = false;
  if (!is_fixed) {
    siphash_unset_global_key();
    siphash_set_global_key(&key);
    is_fixed = true;
  }
}

/** Return a random number below <b>below</b> (SplitMix64). */
uint64_t
rbt_world_random(rbt_world_t *world, uint64_t below)
{
  uint64_t z = (world->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (z ^ (z >> 31)) % below;
}

/** Make the key pair of <b>node</b>. */
static void
make_keys(rbt_world_t *world, int node)
{
  static ed25519_keypair_t cache[RBT_WORLD_MAX_NODES];
  static bool is_cached[RBT_WORLD_MAX_NODES];
  rbt_node_t *n = &world->nodes[node];
  if (!is_cached[node]) {
    uint8_t bytes[32] = "a node of the world";
    bytes[31] = (uint8_t) node;
    tor_assert(ed25519_secret_key_from_seed(&cache[node].seckey, bytes) == 0);
    tor_assert(ed25519_public_key_generate(&cache[node].pubkey,
                                           &cache[node].seckey) == 0);
    is_cached[node] = true;
  }
  n->keys = cache[node];
  digest256map_set(world->by_key, n->keys.pubkey.pubkey,
                   (void *) (uintptr_t) (node + 1));
}

/** Return a new world of <b>n_nodes</b> nodes, none of which runs or knows
 * another, whose chances <b>seed</b> decides. */
rbt_world_t *
rbt_world_new(uint64_t seed, int n_nodes)
{
  rbt_world_t *world;
  tor_assert(n_nodes <= RBT_WORLD_MAX_NODES);
  fix_hash_order();
  MOCK(ed25519_sign_prefixed, mock_sign_prefixed);
  MOCK(ed25519_checksig, mock_checksig);
  world = tor_malloc_zero(sizeof(*world));
  world->seed = world->random = seed;
  world->n_nodes = n_nodes;
  world->nodes = tor_calloc(n_nodes, sizeof(*world->nodes));
  world->by_key = digest256map_new();
  world->links = smartlist_new();
  world->queue = smartlist_new();
  world->dial_timeout = RB_HANDSHAKE_TIMEOUT_MSEC;
  world->period = 1;
  world->gap[0] = world->gap[1] = -1;
  rbt_points_init(world);
  for (int i = 0; i < n_nodes; ++i) {
    rbt_node_t *n = &world->nodes[i];
    make_keys(world, i);
    n->config = rbt_make_config();
    n->waiting = smartlist_new();
    n->sets = smartlist_new();
    n->n_wanted = 3;
    n->mono_offset = rbt_world_random(world, 1000000000);
  }
  return world;
}

/** Release <b>mail</b>. */
static void
mail_free(rbt_mail_t *mail)
{
  tor_free(mail->text);
  tor_free(mail);
}

/** Release <b>world</b>; NULL is fine. */
void
rbt_world_free_(rbt_world_t *world)
{
  if (!world) {
    return;
  }
  for (int i = 0; i < world->n_nodes; ++i) {
    rbt_node_t *n = &world->nodes[i];
    rb_state_free(n->state);
    rb_config_free(n->config);
    rb_pointsets_free(n->sets);
    SMARTLIST_FOREACH(n->waiting, rbt_mail_t *, mail, mail_free(mail));
    smartlist_free(n->waiting);
  }
  SMARTLIST_FOREACH_BEGIN(world->links, rbt_link_t *, link) {
    SMARTLIST_FOREACH(link->held, rbt_mail_t *, mail, mail_free(mail));
    smartlist_free(link->held);
    tor_free(link);
  } SMARTLIST_FOREACH_END(link);
  smartlist_free(world->links);
  SMARTLIST_FOREACH(world->queue, rbt_mail_t *, mail, mail_free(mail));
  smartlist_free(world->queue);
  digest256map_free(world->by_key, NULL);
  rbt_points_release(world);
  tor_free(world->nodes);
  tor_free(world->failure);
  tor_free(world->trace);
  tor_free(world);
  UNMOCK(ed25519_sign_prefixed);
  UNMOCK(ed25519_checksig);
}

/** From now on keep the last lines of what happens in <b>world</b>, or, iff
 * <b>print</b>, print them all. */
void
rbt_world_keep_trace(rbt_world_t *world, bool print)
{
  world->trace = tor_calloc(RBT_TRACE_LINES, RBT_TRACE_LEN);
  world->prints_trace = print;
}

/** Add a line to the trace of <b>world</b>, if it keeps one. */
void
rbt_world_trace(rbt_world_t *world, const char *format, ...)
{
  va_list ap;
  char *line;
  int len;
  if (!world->trace) {
    return;
  }
  line = world->trace +
    (world->n_traced++ % RBT_TRACE_LINES) * RBT_TRACE_LEN;
  len = tor_snprintf(line, RBT_TRACE_LEN, "%6d.%03d ",
                     (int) (world->time / 1000), (int) (world->time % 1000));
  va_start(ap, format);
  if (tor_vsnprintf(line + len, RBT_TRACE_LEN - len, format, ap) < 0) {
    line[RBT_TRACE_LEN - 1] = '\0';
  }
  va_end(ap);
  if (world->prints_trace) {
    puts(line);
  }
}

/** Print the lines of the trace of <b>world</b> that are kept. */
void
rbt_world_print_trace(const rbt_world_t *world)
{
  uint64_t i = 0;
  if (!world->trace || world->prints_trace) {
    return;
  }
  if (world->n_traced > RBT_TRACE_LINES) {
    i = world->n_traced - RBT_TRACE_LINES;
  }
  for (; i < world->n_traced; ++i) {
    puts(world->trace + (i % RBT_TRACE_LINES) * RBT_TRACE_LEN);
  }
}

/** Note that an invariant does not hold in <b>world</b>, which ends it. */
void
rbt_world_fail(rbt_world_t *world, const char *format, ...)
{
  va_list ap;
  if (world->failure) {
    return;
  }
  va_start(ap, format);
  tor_vasprintf(&world->failure, format, ap);
  va_end(ap);
  rbt_world_trace(world, "FAILED: %s", world->failure);
}

/** Return the number of the node with <b>key</b>, or -1. */
int
rbt_world_find(const rbt_world_t *world, const ed25519_public_key_t *key)
{
  return (int) (uintptr_t) digest256map_get(world->by_key, key->pubkey) - 1;
}

/** Store in <b>now</b> the time at <b>node</b>. */
void
rbt_world_get_time(const rbt_world_t *world, int node, rb_now_t *now)
{
  now->mono = RBT_MONO + world->time + world->nodes[node].mono_offset;
  now->wall = RBT_WALL + world->time + (uint64_t) world->nodes[node].skew;
}

/** Put <b>other</b> into the configuration of <b>node</b>. */
void
rbt_world_know(rbt_world_t *world, int node, int other)
{
  const ed25519_public_key_t *key = &world->nodes[other].keys.pubkey;
  smartlist_add(world->nodes[node].config->peers,
                tor_memdup(key, sizeof(*key)));
}

/** Put <b>mail</b> into the queue for the time <b>at</b>. */
void
rbt_world_requeue(rbt_world_t *world, rbt_mail_t *mail, uint64_t at)
{
  mail->at = at;
  mail->order = ++world->last_order;
  smartlist_pqueue_add(world->queue, compare_mails,
                       offsetof(rbt_mail_t, queue_pos), mail);
}

/** Put a new mail for the present life of <b>node</b> into the queue, after
 * <b>delay</b> milliseconds, and return it. */
rbt_mail_t *
rbt_world_post(rbt_world_t *world, rbt_occasion_t occasion, int node,
               uint64_t delay)
{
  rbt_mail_t *mail = tor_malloc_zero(sizeof(*mail));
  mail->occasion = occasion;
  mail->node = node;
  mail->life = world->nodes[node].life;
  rbt_world_requeue(world, mail, world->time + delay);
  return mail;
}

/** Note in the trace of <b>world</b> what <b>action</b> of <b>node</b> says
 * to its operator. */
static void
trace_action(rbt_world_t *world, int node, const rb_action_t *action)
{
  if (!world->trace) {
    return;
  }
  if (action->type == RB_ACT_PEER_CHANGED) {
    rbt_world_trace(world, "n%d: n%d %s -> %s (%s)", node,
                    rbt_world_find(world, &action->peer),
                    rb_lifecycle_to_string(action->prev_state),
                    rb_lifecycle_to_string(action->state),
                    rb_lifecycle_reason_to_string(action->reason));
  } else if (action->type == RB_ACT_ROLE_CHANGED) {
    rbt_world_trace(world, "n%d: is now %s (%s)", node,
                    action->role == RB_ROLE_PUBLISHER ? "PUBLISHER" :
                    "standby", rb_role_reason_to_string(action->role_reason));
  } else if (action->type == RB_ACT_MODE_CHANGED) {
    rbt_world_trace(world, "n%d: %s", node,
                    action->is_multi ? "not alone" : "alone");
  } else if (action->type == RB_ACT_PUBLISH) {
    rbt_world_trace(world, "n%d: wants to publish %02x", node,
                    action->blinded_key[0]);
  } else if (action->type == RB_ACT_STANDING) {
    rbt_world_trace(world, "n%d: %s n%d (%s)", node,
                    rb_standing_to_string(action->standing),
                    rbt_world_find(world, &action->peer),
                    action->why ? action->why : "OPERATOR");
  }
}

/** Carry out <b>action</b> of <b>node</b>. */
static void
carry_out(rbt_world_t *world, int node, const rb_action_t *action)
{
  trace_action(world, node, action);
  switch (action->type) {
    case RB_ACT_SEND:
      rbt_links_send(world, node, action->channel, action->text);
      break;
    case RB_ACT_DIAL:
      rbt_links_dial(world, node, &action->peer);
      break;
    case RB_ACT_HANG_UP:
      rbt_links_hang_up(world, node, action->channel);
      break;
    case RB_ACT_PUBLISH:
      rbt_points_want_upload(world, node, action->blinded_key);
      break;
    case RB_ACT_FETCH_FROM:
      rbt_points_fetch(world, node, action->blinded_key);
      break;
    case RB_ACT_RETIRE_POINT:
      rbt_points_retire(world, node, action->blinded_key, action->auth_key);
      break;
    case RB_ACT_UPLOAD_TO:
      rbt_points_upload_again(world, node, action->blinded_key);
      break;
    case RB_ACT_STANDING:
      world->nodes[node].n_resignations +=
        action->standing == RB_STANDING_STEP_DOWN;
      break;
    case RB_ACT_PEER_CHANGED:
    case RB_ACT_ROLE_CHANGED:
    case RB_ACT_MODE_CHANGED:
    case RB_ACT_CLOCK_SKEW:
    case RB_ACT_JOIN:
    case RB_ACT_JOINED:
    case RB_ACT_UPLOAD_RESULT:
    case RB_ACT_REPAIR:
    case RB_ACT_FOREIGN_PUBLISHER:
      break;
  }
}

/** Let <b>event</b> happen to <b>node</b>, which runs. */
void
rbt_world_happen(rbt_world_t *world, int node, const rb_event_t *event)
{
  rbt_node_t *n = &world->nodes[node];
  rb_now_t now;
  smartlist_t *actions;

  rbt_world_get_time(world, node, &now);
  actions = rb_step(n->state, event, now);
  ++world->n_steps;
  if (n->state->role == RB_ROLE_STANDBY) {
    n->publisher_since = 0;
  } else if (!n->publisher_since) {
    n->publisher_since = world->time;
  }
  rbt_check_step(world, node, event, actions);
  SMARTLIST_FOREACH(actions, const rb_action_t *, action,
                    carry_out(world, node, action));
  rb_actions_free(actions);
}

/** Tell <b>node</b>, which runs, whether its backends answer. */
static void
report_backends(rbt_world_t *world, int node)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_BACKENDS;
  event.u.backends_are_down = world->nodes[node].backends_are_down;
  rbt_world_happen(world, node, &event);
}

/** Let time pass at <b>node</b>. */
static void
tick(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  rb_event_t event;

  rbt_world_post(world, RBT_TICK, node, RB_TICK_MSEC);
  if (n->sets_are_new || n->n_ticks % 16 == 0) {
    rbt_points_report(world, node);
  }
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_TICK;
  event.u.tick.network_is_ready = world->time >= n->reachable_at;
  rbt_world_happen(world, node, &event);
  if (++n->n_ticks % 4 == 0) {
    rbt_points_upload_all(world, node);
  }
  if (n->n_ticks % PROBE_TICKS == 0) {
    report_backends(world, node);
  }
}

/** Let what <b>mail</b> brings happen. */
static void
deliver(rbt_world_t *world, rbt_mail_t *mail)
{
  rbt_node_t *n = &world->nodes[mail->node];
  if (!n->state || n->life != mail->life) {
    return;
  }
  switch (mail->occasion) {
    case RBT_TICK:
      tick(world, mail->node);
      break;
    case RBT_ROTATE:
      rbt_points_rotate(world, mail->node);
      break;
    case RBT_POINTS:
      rbt_points_complete(world, mail->node);
      break;
    case RBT_UPLOADED:
    case RBT_FETCHED:
      rbt_points_deliver(world, mail);
      break;
    case RBT_FRAME:
    case RBT_ACCEPT:
    case RBT_UP:
    case RBT_DOWN:
    case RBT_DIAL_FAILED:
    case RBT_REFUSED:
      rbt_links_deliver(world, mail);
      break;
  }
}

/** Let <b>msec</b> milliseconds pass in <b>world</b>, unless something goes
 * wrong before. */
void
rbt_world_run(rbt_world_t *world, uint64_t msec)
{
  const uint64_t end = world->time + msec;
  while (!world->failure && smartlist_len(world->queue)) {
    rbt_mail_t *mail = smartlist_get(world->queue, 0);
    if (mail->at > end) {
      break;
    }
    smartlist_pqueue_pop(world->queue, compare_mails,
                         offsetof(rbt_mail_t, queue_pos));
    world->time = mail->at;
    if (world->nodes[mail->node].is_stopped &&
        world->nodes[mail->node].life == mail->life) {
      smartlist_add(world->nodes[mail->node].waiting, mail);
      continue;
    }
    deliver(world, mail);
    mail_free(mail);
    rbt_check_world(world);
  }
  if (!world->failure) {
    world->time = end;
  }
}

/** Start <b>node</b>, for the first time or again: it is reachable after some
 * seconds. */
void
rbt_world_start(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  rb_now_t now;

  tor_assert(!n->state);
  ++n->life;
  rbt_world_trace(world, "n%d: starts", node);
  rbt_world_get_time(world, node, &now);
  n->state = rb_state_new(n->config, rbt_cluster_id,
                          &rbt_service_keys()->pubkey, &n->keys,
                          rbt_world_random(world, UINT64_MAX), now);
  n->reachable_at = world->time + 1000 + rbt_world_random(world, 5000);
  rbt_points_start(world, node);
  rbt_world_post(world, RBT_TICK, node, rbt_world_random(world, 250));
}

/** From now on no backend of <b>node</b> answers, iff they <b>are_down</b>. It
 * finds that out when it looks the next time. */
void
rbt_world_set_backends(rbt_world_t *world, int node, bool are_down)
{
  rbt_world_trace(world, "n%d: its backends are %s", node,
                  are_down ? "down" : "up");
  world->nodes[node].backends_are_down = are_down;
}

/** From now on no HSDir gets what <b>node</b> uploads, iff uploads
 * <b>fail</b>. */
void
rbt_world_set_uploads(rbt_world_t *world, int node, bool fail)
{
  rbt_world_trace(world, "n%d: its uploads %s", node,
                  fail ? "fail" : "get through");
  world->nodes[node].uploads_fail = fail;
}

/** End <b>node</b> at once, as SIGKILL does; fine if it does not run. */
void
rbt_world_kill(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  if (!n->state) {
    return;
  }
  rbt_world_trace(world, "n%d: is killed", node);
  rbt_points_save(world, node);
  rb_state_free(n->state);
  n->is_stopped = false;
  n->publisher_since = 0;
  SMARTLIST_FOREACH(n->waiting, rbt_mail_t *, mail, mail_free(mail));
  smartlist_clear(n->waiting);
  rbt_links_break_node(world, node);
}

/** Stop <b>node</b>, as SIGSTOP does; fine if it does not run. */
void
rbt_world_stop(rbt_world_t *world, int node)
{
  if (world->nodes[node].state) {
    rbt_world_trace(world, "n%d: is stopped", node);
    world->nodes[node].is_stopped = true;
  }
}

/** Let <b>node</b> go on where it was stopped; fine if it was not. */
void
rbt_world_continue(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  if (!n->is_stopped) {
    return;
  }
  rbt_world_trace(world, "n%d: goes on", node);
  n->is_stopped = false;
  SMARTLIST_FOREACH(n->waiting, rbt_mail_t *, mail,
                    rbt_world_requeue(world, mail, world->time));
  smartlist_clear(n->waiting);
}

/** Return the first running node that is publisher, or -1. */
int
rbt_world_find_publisher(const rbt_world_t *world)
{
  for (int i = 0; i < world->n_nodes; ++i) {
    const rbt_node_t *n = &world->nodes[i];
    if (n->state && !n->is_stopped && n->state->role == RB_ROLE_PUBLISHER) {
      return i;
    }
  }
  return -1;
}
