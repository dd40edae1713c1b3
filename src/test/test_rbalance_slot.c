/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_slot.c
 * @brief Tests of when a descriptor is published.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_slot.h"

/** What each test here works on: a publisher with one healthy peer. */
typedef struct fixture_t {
  rb_state_t *state;
  rb_peer_t *peer;
  smartlist_t *sets;
  uint8_t blinded_key[ED25519_PUBKEY_LEN];
} fixture_t;

/** Make the fixture at <b>arg</b>; both nodes have three points for each
 * descriptor. */
static void
set_up(fixture_t *f)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  ed25519_keypair_t peer_keys;

  f->state = rbt_make_state(1, config, now);
  rb_config_free(config);
  f->sets = rbt_make_sets(1, 3);
  rbt_blinded_key(1, f->blinded_key);
  rb_slots_sync(f->state, f->sets, RBT_MONO);
  rb_state_renew_record(f->state, f->sets);
  f->state->wanted_points = 3;

  rbt_fill_key(2, &peer_keys);
  f->peer = rb_peers_add(f->state->peers, &peer_keys.pubkey, 8, RBT_MONO);
  f->peer->state = RB_NODE_HEALTHY;
  f->peer->record = rb_record_new();
  rb_pointsets_free(f->peer->record->sets);
  f->peer->record->sets = rbt_make_sets(50, 3);

  f->state->role = RB_ROLE_PUBLISHER;
  f->state->lease_until = RBT_MONO + 1000000;
  f->state->is_multi = true;
  rb_slots_refresh(f->state, RBT_MONO);
}

/** Release what <b>f</b> holds. */
static void
tear_down(fixture_t *f)
{
  rb_state_free(f->state);
  rb_pointsets_free(f->sets);
}

/** Take one point off the set of <b>f</b>'s peer for the first
 * descriptor. */
static void
drop_peer_point(fixture_t *f)
{
  rb_pointset_t *set = smartlist_get(f->peer->record->sets, 0);
  rb_point_t *point = smartlist_pop_last(set->points);
  tor_free(point);
  f->state->merge_is_dirty = true;
}

/** Slots follow the descriptors: next becomes current and keeps what is known
 * of it. */
static void
test_rbalance_slot_sync(void *arg)
{
  fixture_t f;
  rb_slot_t *slot;
  smartlist_t *rotated = smartlist_new();
  (void) arg;
  set_up(&f);

  tt_int_op(f.state->n_slots, OP_EQ, 2);
  tt_assert(!f.state->slots[0].is_next);
  tt_assert(f.state->slots[1].is_next);
  slot = &f.state->slots[1];
  rb_slot_note_upload(slot, 1, RBT_MONO + 5);

  smartlist_add(rotated, rbt_make_set(2, 4, 3));
  smartlist_add(rotated, rbt_make_set(3, 90, 3));
  rb_slots_sync(f.state, rotated, RBT_MONO + 9000);
  tt_int_op(f.state->n_slots, OP_EQ, 2);
  tt_u64_op(f.state->slots[0].period_num, OP_EQ, 2);
  tt_assert(!f.state->slots[0].is_next);
  tt_assert(f.state->slots[0].is_published);
  tt_u64_op(f.state->slots[0].first_seen, OP_EQ, RBT_MONO);
  tt_u64_op(f.state->slots[1].period_num, OP_EQ, 3);
  tt_u64_op(f.state->slots[1].first_seen, OP_EQ, RBT_MONO + 9000);
  tt_assert(f.state->merge_is_dirty);
  tt_ptr_op(rb_slots_find(f.state, f.blinded_key), OP_EQ, NULL);
 done:
  rb_pointsets_free(rotated);
  tear_down(&f);
}

/** A change is published when it rested, once. */
static void
test_rbalance_slot_settle(void *arg)
{
  fixture_t f;
  rb_slot_t *slot;
  uint64_t now = RBT_MONO;
  (void) arg;
  set_up(&f);

  slot = &f.state->slots[0];
  tt_assert(rb_slot_is_due(f.state, slot, now));
  rb_slot_note_upload(slot, 1, now);
  tt_assert(!rb_slot_is_due(f.state, slot, now));

  drop_peer_point(&f);
  rb_slots_refresh(f.state, now);
  tt_assert(!rb_slot_is_due(f.state, slot, now + RB_SETTLE_MSEC - 1));
  tt_assert(rb_slot_is_due(f.state, slot, now + RB_SETTLE_MSEC));
  /* Another change before that starts the rest anew ... */
  now += RB_SETTLE_MSEC - 1;
  drop_peer_point(&f);
  rb_slots_refresh(f.state, now);
  tt_assert(!rb_slot_is_due(f.state, slot, now + 1));
  /* ... but not for ever. */
  tt_assert(rb_slot_is_due(f.state, slot, RBT_MONO + RB_SETTLE_MAX_MSEC));
  slot->requested_at = now;
  tt_assert(!rb_slot_is_due(f.state, slot, now + RB_PUBLISH_RETRY_MSEC - 1));
  tt_assert(rb_slot_is_due(f.state, slot, now + RB_PUBLISH_RETRY_MSEC));
  rb_slot_note_upload(slot, 1, now);
  tt_assert(!rb_slot_is_due(f.state, slot, now + 60000));
 done:
  tear_down(&f);
}

/** A change that is undone is none. */
static void
test_rbalance_slot_undone(void *arg)
{
  fixture_t f;
  rb_slot_t *slot;
  rb_pointset_t *set;
  rb_point_t *point;
  (void) arg;
  set_up(&f);

  slot = &f.state->slots[0];
  rb_slot_note_upload(slot, 1, RBT_MONO);
  set = smartlist_get(f.peer->record->sets, 0);
  point = tor_memdup(smartlist_get(set->points, 2), sizeof(*point));
  drop_peer_point(&f);
  rb_slots_refresh(f.state, RBT_MONO + 10);
  smartlist_add(set->points, point);
  f.state->merge_is_dirty = true;
  rb_slots_refresh(f.state, RBT_MONO + 20);
  tt_assert(!rb_slot_is_due(f.state, slot, RBT_MONO + 60000));
 done:
  tear_down(&f);
}

/** The refresh interval is a floor; 0 leaves it to tor. */
static void
test_rbalance_slot_refresh(void *arg)
{
  fixture_t f;
  rb_slot_t *slot;
  (void) arg;
  set_up(&f);

  slot = &f.state->slots[0];
  rb_slot_note_upload(slot, 1, RBT_MONO);
  tt_assert(!rb_slot_is_due(f.state, slot, RBT_MONO + 599999));
  tt_assert(rb_slot_is_due(f.state, slot, RBT_MONO + 600000));
  f.state->config->refresh_interval = 0;
  tt_assert(!rb_slot_is_due(f.state, slot, RBT_MONO + 600000));
 done:
  tear_down(&f);
}

/** A descriptor never published waits for points that are about to come, but
 * not for ever, and not once it was published. */
static void
test_rbalance_slot_hold(void *arg)
{
  fixture_t f;
  rb_slot_t *slot;
  const uint64_t end = RBT_MONO + RB_PERIOD_HOLD_MSEC;
  (void) arg;
  set_up(&f);

  slot = &f.state->slots[0];
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_ALLOW);
  /* The peer has fewer for this descriptor than for the other. */
  drop_peer_point(&f);
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, end - 1), OP_EQ,
            RB_UPLOAD_FORBID);
  tt_assert(!rb_slot_is_due(f.state, slot, end - 1));
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, end), OP_EQ,
            RB_UPLOAD_ALLOW);
  tt_assert(rb_slot_is_due(f.state, slot, end));
  rb_slot_note_upload(slot, 1, RBT_MONO);
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_ALLOW);
  slot->is_published = false;
  /* Nobody waits for a node that is not healthy. */
  f.peer->state = RB_NODE_UNHEALTHY;
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_ALLOW);
  /* We ourselves are to have as many as we want. */
  f.state->wanted_points = 4;
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_FORBID);
 done:
  tear_down(&f);
}

/** Who may upload: never a standby, never without points, never what is not
 * known; alone, tor decides. */
static void
test_rbalance_slot_verdict(void *arg)
{
  static const uint8_t unknown_key[ED25519_PUBKEY_LEN] = "unknown";
  fixture_t f;
  (void) arg;
  set_up(&f);

  tt_int_op(rb_upload_verdict(f.state, unknown_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_FORBID);
  f.state->is_multi = false;
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_STOCK);
  f.state->role = RB_ROLE_STANDBY;
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_FORBID);
  f.state->is_multi = true;
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_FORBID);
  tt_assert(!rb_slot_is_due(f.state, &f.state->slots[0], RBT_MONO));
  f.state->role = RB_ROLE_PUBLISHER;
  /* A lease that ran out while this process was stopped. */
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, f.state->lease_until),
            OP_EQ, RB_UPLOAD_FORBID);
  /* Without own points the peer's are published, without any nothing. */
  rb_pointsets_free(f.sets);
  f.sets = rbt_make_sets(1, 0);
  rb_state_renew_record(f.state, f.sets);
  f.state->wanted_points = 0;
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_ALLOW);
  f.peer->state = RB_NODE_DEAD;
  tt_int_op(rb_upload_verdict(f.state, f.blinded_key, RBT_MONO), OP_EQ,
            RB_UPLOAD_FORBID);
 done:
  tear_down(&f);
}

/** A new term publishes everything again. */
static void
test_rbalance_slot_term(void *arg)
{
  fixture_t f;
  (void) arg;
  set_up(&f);

  for (int i = 0; i < 2; ++i) {
    rb_slot_note_upload(&f.state->slots[i], 1, RBT_MONO);
    tt_assert(!rb_slot_is_due(f.state, &f.state->slots[i], RBT_MONO));
  }
  rb_slots_start_term(f.state);
  for (int i = 0; i < 2; ++i) {
    tt_assert(rb_slot_is_due(f.state, &f.state->slots[i], RBT_MONO));
  }
 done:
  tear_down(&f);
}

#define T(name) { #name, test_rbalance_slot_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_slot_tests[] = {
  T(sync),
  T(settle),
  T(undone),
  T(refresh),
  T(hold),
  T(verdict),
  T(term),
  END_OF_TESTCASES
};
