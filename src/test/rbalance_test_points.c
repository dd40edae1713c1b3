/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_points.c
 * @brief What the tor of a simulated node does with introduction points and
 * descriptors, and the HSDirs.
 *
 * Every point that is made has a number, so that it is known whose it is and
 * for which period.  An HSDir takes a descriptor only if its revision counter
 * is higher than that of the one it has.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_points.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_invariants.h"

#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_slot.h"
#include "lib/arch/bytes.h"

/** How many points there are; they are used in turn. */
#define N_POINTS 20000

/** All points, made when they are first used, and their numbers plus 1 by
 * authentication key. */
static rb_point_t *pool = NULL;
static digest256map_t *pool_by_key = NULL;
static int n_in_pool = 0;

/** Make the point with the next number, which is at a relay of its own. */
static void
make_point(void)
{
  static const int rsa_id_pos = 11, ed_id_pos = 33;
  rb_point_t *point = &pool[n_in_pool];
  ed25519_secret_key_t secret;
  ed25519_public_key_t public;
  uint8_t seed[32] = "a point";
  uint8_t id[2];

  set_uint16(id, htons((uint16_t) n_in_pool));
  memcpy(seed + 16, id, sizeof(id));
  rbt_fill_point(1, point);
  memcpy(point->lspecs + rsa_id_pos, id, sizeof(id));
  memcpy(point->lspecs + ed_id_pos, id, sizeof(id));
  tor_assert(ed25519_secret_key_from_seed(&secret, seed) == 0);
  tor_assert(ed25519_public_key_generate(&public, &secret) == 0);
  memcpy(point->auth_key, public.pubkey, sizeof(point->auth_key));
  digest256map_set(pool_by_key, point->auth_key,
                   (void *) (uintptr_t) (n_in_pool + 1));
  ++n_in_pool;
}

/** Replaces rb_point_check(), which takes half of the time otherwise: points
 * that we made are sound. */
static rb_point_fault_t
mock_point_check(const rb_point_t *point)
{
  const int i = rbt_points_find(point->auth_key);
  return i >= 0 && fast_memeq(&pool[i], point, sizeof(*point)) ?
    RB_POINT_OK : rb_point_check__real(point);
}

/** Prepare <b>world</b> for points. */
void
rbt_points_init(rbt_world_t *world)
{
  if (!pool) {
    pool = tor_calloc(N_POINTS, sizeof(*pool));
    pool_by_key = digest256map_new();
  }
  MOCK(rb_point_check, mock_point_check);
  world->point_owner = tor_calloc(N_POINTS, sizeof(*world->point_owner));
  world->point_period = tor_calloc(N_POINTS, sizeof(*world->point_period));
}

/** Release what <b>world</b> knows of points. */
void
rbt_points_release(rbt_world_t *world)
{
  UNMOCK(rb_point_check);
  tor_free(world->point_owner);
  tor_free(world->point_period);
}

/** Return the number of the point with <b>auth_key</b>, or -1. */
int
rbt_points_find(const uint8_t *auth_key)
{
  return (int) (uintptr_t) digest256map_get(pool_by_key, auth_key) - 1;
}

/** Return a new point of <b>node</b> for <b>period</b>. */
static rb_point_t *
new_point(rbt_world_t *world, int node, uint64_t period)
{
  const int i = (world->last_point++) % N_POINTS;
  if (i == n_in_pool) {
    make_point();
  }
  world->point_owner[i] = node;
  world->point_period[i] = period;
  return tor_memdup(&pool[i], sizeof(pool[i]));
}

/** Return a new set without points for <b>period</b>. */
static rb_pointset_t *
new_set(uint64_t period)
{
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  rbt_blinded_key(period, blinded_key);
  return rb_pointset_new(period, blinded_key);
}

/** Let <b>node</b> begin to build what it needs; it has it after some
 * seconds. */
static void
build(rbt_world_t *world, int node)
{
  world->nodes[node].sets_are_new = true;
  rbt_world_post(world, RBT_POINTS, node, 1000 +
                 rbt_world_random(world, 4000));
}

/** <b>node</b> starts: it has two descriptors and no points. */
void
rbt_points_start(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  rb_pointsets_free(n->sets);
  n->sets = smartlist_new();
  n->period = world->period;
  smartlist_add(n->sets, new_set(n->period));
  smartlist_add(n->sets, new_set(n->period + 1));
  n->wants_upload[0] = n->wants_upload[1] = true;
  n->n_ticks = 0;
  build(world, node);
}

/** Give <b>node</b> the points it wants, or take from it what is too
 * much. */
void
rbt_points_complete(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  SMARTLIST_FOREACH_BEGIN(n->sets, rb_pointset_t *, set) {
    while (smartlist_len(set->points) < n->n_wanted) {
      smartlist_add(set->points, new_point(world, node, set->period_num));
    }
    while (smartlist_len(set->points) > n->n_wanted) {
      rb_point_t *point = smartlist_pop_last(set->points);
      tor_free(point);
    }
  } SMARTLIST_FOREACH_END(set);
  n->sets_are_new = true;
}

/** Let a new period begin at <b>node</b>, if it began. */
void
rbt_points_rotate(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  rb_pointset_t *set;
  if (n->period == world->period) {
    return;
  }
  rbt_world_trace(world, "n%d: rotates", node);
  set = smartlist_get(n->sets, 0);
  smartlist_del_keeporder(n->sets, 0);
  rb_pointset_free(set);
  ++n->period;
  smartlist_add(n->sets, new_set(n->period + 1));
  n->wants_upload[0] = n->wants_upload[1];
  n->wants_upload[1] = true;
  build(world, node);
}

/** Let a new period begin in <b>world</b>: the nodes rotate within ten
 * seconds. */
void
rbt_points_rotate_all(rbt_world_t *world)
{
  tor_assert(world->period + 2 < RBT_MAX_PERIODS);
  ++world->period;
  rbt_world_trace(world, "period %d begins", (int) world->period);
  for (int i = 0; i < world->n_nodes; ++i) {
    if (world->nodes[i].state) {
      rbt_world_post(world, RBT_ROTATE, i, rbt_world_random(world, 10000));
    }
  }
}

/** Replace a point of <b>node</b> in each descriptor by another. */
void
rbt_points_change(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  SMARTLIST_FOREACH_BEGIN(n->sets, rb_pointset_t *, set) {
    if (smartlist_len(set->points)) {
      rb_point_t *point = smartlist_pop_last(set->points);
      tor_free(point);
    }
  } SMARTLIST_FOREACH_END(set);
  build(world, node);
}

/** <b>node</b> is to replace the point with <b>auth_key</b> in the descriptor
 * with <b>blinded_key</b>. */
void
rbt_points_retire(rbt_world_t *world, int node, const uint8_t *blinded_key,
                  const uint8_t *auth_key)
{
  const rb_pointset_t *set =
    rb_pointsets_find(world->nodes[node].sets, blinded_key);
  if (!set) {
    return;
  }
  SMARTLIST_FOREACH_BEGIN(set->points, rb_point_t *, point) {
    if (fast_memeq(point->auth_key, auth_key, sizeof(point->auth_key))) {
      SMARTLIST_DEL_CURRENT_KEEPORDER(set->points, point);
      tor_free(point);
    }
  } SMARTLIST_FOREACH_END(point);
  build(world, node);
}

/** Tell the state of <b>node</b> which points it has, and what its state file
 * has of revision counters. */
void
rbt_points_report(rbt_world_t *world, int node)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_OWN_POINTS;
  event.u.own_points.sets = world->nodes[node].sets;
  event.u.own_points.wanted = world->nodes[node].n_wanted;
  event.u.own_points.n_relays = N_POINTS;
  world->nodes[node].sets_are_new = false;
  rbt_world_happen(world, node, &event);
  for (int i = 0; i < world->nodes[node].state->n_slots; ++i) {
    rb_slot_t *slot = &world->nodes[node].state->slots[i];
    slot->revision = MAX(slot->revision, world->nodes[node].
                         saved_revisions[slot->period_num]);
  }
}

/** Write the revision counters that <b>node</b> knows to its state file. */
void
rbt_points_save(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  for (int i = 0; i < n->state->n_slots; ++i) {
    const rb_slot_t *slot = &n->state->slots[i];
    n->saved_revisions[slot->period_num] = slot->revision;
  }
}

/** <b>node</b> is to upload the descriptor with <b>blinded_key</b>. */
void
rbt_points_want_upload(rbt_world_t *world, int node,
                       const uint8_t *blinded_key)
{
  rbt_node_t *n = &world->nodes[node];
  SMARTLIST_FOREACH_BEGIN(n->sets, const rb_pointset_t *, set) {
    if (fast_memeq(set->blinded_key, blinded_key, ED25519_PUBKEY_LEN)) {
      n->wants_upload[set_sl_idx] = true;
    }
  } SMARTLIST_FOREACH_END(set);
}

/** Return the descriptor that <b>node</b> made last for <b>period</b>. */
static rbt_desc_t *
find_made(rbt_world_t *world, int node, uint64_t period)
{
  return &world->nodes[node].made[period % RB_MAX_SETS];
}

/** Let <b>node</b> make a descriptor of <b>period</b>, with <b>choices</b> and
 * <b>revision</b>. */
static void
make_desc(rbt_world_t *world, int node, uint64_t period,
          const smartlist_t *choices, uint64_t revision)
{
  rbt_desc_t *desc = find_made(world, node, period);
  desc->revision = revision;
  desc->uploader = node;
  desc->n_points = 0;
  SMARTLIST_FOREACH(choices, const rb_choice_t *, choice,
    desc->points[desc->n_points++] =
      rbt_points_find(choice->point->auth_key));
}

/** Give the HSDirs the descriptor that <b>node</b> made last for
 * <b>period</b>.  Return why they don't take it. */
static rb_fail_t
give_to_hsdirs(rbt_world_t *world, int node, uint64_t period)
{
  const rbt_desc_t *made = find_made(world, node, period);
  rbt_desc_t *desc = &world->descs[period];
  const int n_uploads = desc->n_uploads;

  if (world->nodes[node].uploads_fail) {
    return RB_FAIL_CLOSED;
  }
  if (made->revision <= desc->revision) {
    rbt_world_trace(world, "n%d: HSDirs refuse period %d", node,
                    (int) period);
    return RB_FAIL_REJECTED;
  }
  *desc = *made;
  desc->n_uploads = n_uploads + 1;
  return RB_FAIL_NONE;
}

/** Let <b>event</b> happen to <b>node</b>, about the descriptor of
 * <b>period</b> at its HSDirs, which all do the same: to the node they are
 * one. */
static void
happen_at_hsdirs(rbt_world_t *world, int node, uint64_t period,
                 rb_event_t *event)
{
  static const uint8_t id[DIGEST_LEN] = "the HSDirs";
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  rbt_blinded_key(period, blinded_key);
  event->u.hsdir.blinded_key = blinded_key;
  event->u.hsdir.id = id;
  rbt_world_happen(world, node, event);
}

/** <b>node</b> asks for the descriptor with <b>blinded_key</b>. */
void
rbt_points_fetch(rbt_world_t *world, int node, const uint8_t *blinded_key)
{
  const rb_slot_t *slot =
    rb_slots_find(world->nodes[node].state, blinded_key);
  rbt_world_post(world, RBT_FETCHED, node,
                 200 + rbt_world_random(world, 2000))->period =
    slot->period_num;
}

/** Return true iff <b>mail</b> answers an upload that another took the place
 * of since: tor closes the stream of the first. */
static bool
is_outdated(const rbt_world_t *world, const rbt_mail_t *mail)
{
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
  const rb_slot_t *slot;
  rbt_blinded_key(mail->period, blinded_key);
  slot = rb_slots_find(world->nodes[mail->node].state, blinded_key);
  return !slot || slot->upload.revision != mail->revision;
}

/** Let the answer of HSDirs in <b>mail</b> arrive. */
void
rbt_points_deliver(rbt_world_t *world, const rbt_mail_t *mail)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  if (mail->occasion == RBT_UPLOADED) {
    if (is_outdated(world, mail)) {
      return;
    }
    event.type = RB_EV_HSDIR_RESULT;
    event.u.hsdir.fail = mail->fail;
  } else {
    event.type = RB_EV_HSDIR_ANSWER;
    event.u.hsdir.revision = world->descs[mail->period].revision;
    event.u.hsdir.answer = event.u.hsdir.revision ? RB_ANSWER_FOUND :
                                                    RB_ANSWER_MISSING;
  }
  happen_at_hsdirs(world, mail->node, mail->period, &event);
}

/** Send the HSDirs the descriptor that <b>node</b> made last for
 * <b>period</b>, and tell it so; later it learns whether they took it. */
static void
send_desc(rbt_world_t *world, int node, uint64_t period)
{
  const rb_fail_t fail = give_to_hsdirs(world, node, period);
  rbt_mail_t *mail = rbt_world_post(world, RBT_UPLOADED, node,
                                    200 + rbt_world_random(world, 2000));
  rb_event_t event;

  mail->period = period;
  mail->revision = find_made(world, node, period)->revision;
  mail->fail = fail;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_SENT;
  event.u.hsdir.revision = mail->revision;
  happen_at_hsdirs(world, node, period, &event);
}

/** <b>node</b> sends the descriptor with <b>blinded_key</b> again, as it
 * is. */
void
rbt_points_upload_again(rbt_world_t *world, int node,
                        const uint8_t *blinded_key)
{
  const rb_slot_t *slot =
    rb_slots_find(world->nodes[node].state, blinded_key);
  send_desc(world, node, slot->period_num);
}

/** Tell <b>node</b> that it uploaded the descriptor of <b>set</b> with
 * <b>revision</b>. */
static void
report_upload(rbt_world_t *world, int node, const rb_pointset_t *set,
              uint64_t revision)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_UPLOADED;
  event.u.uploaded.blinded_key = set->blinded_key;
  event.u.uploaded.revision = revision;
  rbt_world_happen(world, node, &event);
}

/** Upload the descriptor number <b>i</b> of <b>node</b>, as the hooks in tor
 * do it. */
static void
upload(rbt_world_t *world, int node, int i, rb_upload_verdict_t verdict)
{
  rbt_node_t *n = &world->nodes[node];
  const rb_pointset_t *set = smartlist_get(n->sets, i);
  smartlist_t *choices;
  rb_now_t now;
  uint64_t revision;

  choices = rb_state_choose(n->state, set->blinded_key,
                            n->config->max_intro_points, NULL, NULL);
  if (verdict == RB_UPLOAD_STOCK && smartlist_len(set->points) == 0) {
    /* Stock tor waits for its own points. */
    rb_choices_free(choices);
    return;
  }
  rbt_world_get_time(world, node, &now);
  revision = rb_lease_next_revision(n->state, set->blinded_key,
                                    now.wall / 1000);
  rbt_world_trace(world, "n%d: uploads period %d with %d points", node,
                  (int) set->period_num, smartlist_len(choices));
  rbt_check_upload(world, node, set, choices);
  make_desc(world, node, set->period_num, choices, revision);
  rb_choices_free(choices);
  n->wants_upload[i] = false;
  send_desc(world, node, set->period_num);
  report_upload(world, node, set, revision);
}

/** Upload what <b>node</b> wants to upload and may. */
void
rbt_points_upload_all(rbt_world_t *world, int node)
{
  rbt_node_t *n = &world->nodes[node];
  rb_now_t now;
  rbt_world_get_time(world, node, &now);
  if (n->sets_are_new) {
    rbt_points_report(world, node);
  }
  for (int i = 0; i < smartlist_len(n->sets); ++i) {
    const rb_pointset_t *set = smartlist_get(n->sets, i);
    if (n->wants_upload[i]) {
      const rb_upload_verdict_t verdict =
        rb_upload_verdict(n->state, set->blinded_key, now.mono);
      if (verdict != RB_UPLOAD_FORBID) {
        upload(world, node, i, verdict);
      }
    }
  }
}
