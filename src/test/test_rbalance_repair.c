/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_repair.c
 * @brief Test what a publisher does so that every HSDir has its descriptors.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_repair.h"
#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_slot.h"
#include "feature/rbalance/rbalance_step.h"

#define SEC 1000

/** What each test here works on: a publisher with two descriptors. */
typedef struct fixture_t {
  rb_state_t *state;
  rb_now_t now;
  smartlist_t *sets;
  uint8_t keys[RB_MAX_SETS][ED25519_PUBKEY_LEN];
  /** What the last event led to, owned. */
  smartlist_t *actions;
} fixture_t;

/** Make the fixture at <b>f</b>. */
static void
set_up(fixture_t *f)
{
  const rb_now_t now = { RBT_MONO, RBT_WALL };
  rb_config_t *config = rbt_make_config();
  memset(f, 0, sizeof(*f));
  f->now = now;
  f->state = rbt_make_state(1, config, now);
  rb_config_free(config);
  f->sets = rbt_make_sets(1, 3);
  rb_slots_sync(f->state, f->sets, RBT_MONO);
  for (int i = 0; i < RB_MAX_SETS; ++i) {
    memcpy(f->keys[i], f->state->slots[i].blinded_key, ED25519_PUBKEY_LEN);
  }
  f->state->role = RB_ROLE_PUBLISHER;
  f->state->network_is_ready = true;
  f->state->lease_until = RBT_MONO + UINT64_C(1) * 1000 * 1000 * 1000;
}

/** Release what <b>f</b> holds. */
static void
tear_down(fixture_t *f)
{
  rb_actions_free(f->actions);
  rb_state_free(f->state);
  rb_pointsets_free(f->sets);
}

/** Let <b>event</b> happen, about descriptor <b>desc</b> at the HSDir that
 * <b>seed</b> makes. */
static void
happen(fixture_t *f, rb_event_t *event, int desc, int seed)
{
  uint8_t id[DIGEST_LEN];
  memset(id, seed, sizeof(id));
  event->u.hsdir.blinded_key = f->keys[desc];
  event->u.hsdir.id = id;
  rb_actions_free(f->actions);
  f->actions = smartlist_new();
  if (event->type == RB_EV_HSDIR_ANSWER) {
    rb_repair_handle_answer(f->state, event, f->now, f->actions);
  } else {
    rb_repair_handle_upload(f->state, event, f->now, f->actions);
  }
}

/** Descriptor <b>desc</b> with <b>revision</b> is sent to <b>seed</b>. */
static void
send_to(fixture_t *f, int desc, int seed, uint64_t revision)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_SENT;
  event.u.hsdir.revision = revision;
  happen(f, &event, desc, seed);
}

/** The HSDir <b>seed</b> took <b>desc</b>, or did not because of
 * <b>fail</b>. */
static void
answer(fixture_t *f, int desc, int seed, rb_fail_t fail)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_RESULT;
  event.u.hsdir.fail = fail;
  happen(f, &event, desc, seed);
}

/** Let <b>msec</b> pass and run the timers; keep in <b>f</b> what is to be
 * done. */
static void
pass(fixture_t *f, uint64_t msec)
{
  f->now.mono += msec;
  f->now.wall += msec;
  rb_actions_free(f->actions);
  f->actions = smartlist_new();
  rb_repair_run(f->state, f->now.mono, f->actions);
}

/** Return action number <b>i</b> of <b>f</b> if it is of <b>type</b>, about
 * <b>desc</b> and <b>seed</b>; else NULL. */
static const rb_action_t *
action_of(const fixture_t *f, int i, rb_action_type_t type, int desc,
          int seed)
{
  uint8_t id[DIGEST_LEN];
  const rb_action_t *action;
  memset(id, seed, sizeof(id));
  if (i >= smartlist_len(f->actions)) {
    return NULL;
  }
  action = smartlist_get(f->actions, i);
  return action->type == type && fast_memeq(action->hsdir, id, sizeof(id)) &&
    fast_memeq(action->blinded_key, f->keys[desc], ED25519_PUBKEY_LEN) ?
    action : NULL;
}

/** Every result is told, once; a silent HSDir has failed after a minute, and
 * only it gets the descriptor again. */
static void
test_rbalance_repair_results(void *arg)
{
  fixture_t f;
  const rb_action_t *action;
  (void) arg;

  set_up(&f);
  for (int seed = 1; seed <= 3; ++seed) {
    send_to(&f, 0, seed, 7);
    action = action_of(&f, 0, RB_ACT_UPLOAD_RESULT, 0, seed);
    tt_assert(action && action->result == RB_RESULT_SENT);
    tt_u64_op(action->revision, OP_EQ, 7);
    send_to(&f, 1, seed, 9);
  }
  answer(&f, 0, 1, RB_FAIL_NONE);
  action = action_of(&f, 0, RB_ACT_UPLOAD_RESULT, 0, 1);
  tt_assert(action && action->result == RB_RESULT_OK);
  tt_u64_op(f.state->last_upload_ok_ts, OP_EQ, RBT_WALL / 1000);
  answer(&f, 0, 2, RB_FAIL_UNEXPECTED);
  action = action_of(&f, 0, RB_ACT_UPLOAD_RESULT, 0, 2);
  tt_assert(action && action->result == RB_RESULT_FAILED);
  tt_int_op(action->fail, OP_EQ, RB_FAIL_UNEXPECTED);
  /* A failure that was known already, and strangers. */
  answer(&f, 0, 2, RB_FAIL_CLOSED);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  answer(&f, 0, 1, RB_FAIL_CLOSED);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  answer(&f, 0, 99, RB_FAIL_NONE);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  for (int seed = 1; seed <= 3; ++seed) {
    answer(&f, 1, seed, RB_FAIL_NONE);
  }

  pass(&f, 5 * SEC - 1);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  pass(&f, 1);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 1);
  tt_assert(action_of(&f, 0, RB_ACT_UPLOAD_TO, 0, 2));
  send_to(&f, 0, 2, 7);
  answer(&f, 0, 2, RB_FAIL_NONE);
  f.state->audit.next_at = UINT64_MAX;
  pass(&f, 55 * SEC);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 1);
  action = action_of(&f, 0, RB_ACT_UPLOAD_RESULT, 0, 3);
  tt_assert(action && action->fail == RB_FAIL_TIMEOUT);
  pass(&f, 5 * SEC);
  tt_assert(action_of(&f, 0, RB_ACT_UPLOAD_TO, 0, 3));
  /* The answer may come late. */
  answer(&f, 0, 3, RB_FAIL_NONE);
  tt_assert(action_of(&f, 0, RB_ACT_UPLOAD_RESULT, 0, 3));
  tt_int_op(rb_upload_count_ok(&f.state->slots[0].upload), OP_EQ, 3);
 done:
  tear_down(&f);
}

/** An HSDir that is not responsible any more is forgotten, and so is all that
 * a standby uploaded before, but for the revision. */
static void
test_rbalance_repair_forget(void *arg)
{
  fixture_t f;
  rb_event_t event;
  (void) arg;

  set_up(&f);
  send_to(&f, 0, 1, 7);
  send_to(&f, 0, 2, 7);
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_GONE;
  happen(&f, &event, 0, 1);
  tt_int_op(f.state->slots[0].upload.n_dirs, OP_EQ, 1);
  /* One that the next upload leaves out goes by itself. */
  send_to(&f, 0, 3, 8);
  tt_int_op(f.state->slots[0].upload.n_dirs, OP_EQ, 2);
  pass(&f, 250);
  tt_int_op(f.state->slots[0].upload.n_dirs, OP_EQ, 1);

  f.state->role = RB_ROLE_STANDBY;
  answer(&f, 0, 3, RB_FAIL_CLOSED);
  pass(&f, 100 * SEC);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  tt_int_op(f.state->slots[0].upload.n_dirs, OP_EQ, 0);
  tt_u64_op(f.state->slots[0].upload.revision, OP_EQ, 8);
 done:
  tear_down(&f);
}

/** Nothing is tried without a network or after the lease. */
static void
test_rbalance_repair_rest(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f);
  send_to(&f, 0, 1, 7);
  answer(&f, 0, 1, RB_FAIL_CLOSED);
  f.state->network_is_ready = false;
  pass(&f, 10 * SEC);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  f.state->network_is_ready = true;
  f.state->lease_until = f.now.mono;
  pass(&f, 0);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  f.state->lease_until = f.now.mono + 1;
  pass(&f, 0);
  tt_assert(action_of(&f, 0, RB_ACT_UPLOAD_TO, 0, 1));
 done:
  tear_down(&f);
}

/** A rejected revision leads to a full upload of that descriptor only; so
 * does one that no HSDir took for too long. */
static void
test_rbalance_repair_renewals(void *arg)
{
  fixture_t f;
  const rb_action_t *action;
  (void) arg;

  set_up(&f);
  f.state->audit.next_at = UINT64_MAX;
  for (int desc = 0; desc < 2; ++desc) {
    send_to(&f, desc, 1, 7);
    send_to(&f, desc, 2, 7);
    answer(&f, desc, 1, RB_FAIL_NONE);
  }
  answer(&f, 1, 2, RB_FAIL_REJECTED);
  answer(&f, 0, 2, RB_FAIL_NONE);
  pass(&f, 2 * SEC - 1);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  pass(&f, 1);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 2);
  action = action_of(&f, 0, RB_ACT_REPAIR, 1, 0);
  tt_assert(action && action->repair == RB_REPAIR_REJECTED);
  tt_assert(action_of(&f, 1, RB_ACT_PUBLISH, 1, 0));
  tt_u64_op(f.state->slots[1].requested_at, OP_EQ, f.now.mono);
  send_to(&f, 1, 1, 8);
  send_to(&f, 1, 2, 8);
  answer(&f, 1, 1, RB_FAIL_NONE);
  answer(&f, 1, 2, RB_FAIL_NONE);

  pass(&f, 898 * SEC - 1);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  pass(&f, 1);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 2);
  action = action_of(&f, 0, RB_ACT_REPAIR, 0, 0);
  tt_assert(action && action->repair == RB_REPAIR_TOO_OLD);
  tt_assert(action_of(&f, 1, RB_ACT_PUBLISH, 0, 0));
  pass(&f, 250);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** Send both descriptors to two HSDirs with <b>revision</b>; none takes one,
 * but that <b>taker</b> takes the next one, unless it is 0. */
static void
upload_in_vain(fixture_t *f, uint64_t revision, int taker)
{
  for (int i = 0; i < 4; ++i) {
    send_to(f, i / 2, 1 + i % 2, revision);
    answer(f, i / 2, 1 + i % 2, i / 2 && taker == 1 + i % 2 ?
           RB_FAIL_NONE : RB_FAIL_CLOSED);
  }
}

/** Let the next descriptor be taken by <b>taker</b>, or by nobody, for too
 * long, also when it was forced; return whether we gave the role up. */
static bool
resigns(fixture_t *f, uint64_t revision, int taker)
{
  bool resigned = false;
  upload_in_vain(f, revision, 0);
  pass(f, 900 * SEC);
  f->now.mono += SEC;
  upload_in_vain(f, revision + 1, taker);
  pass(f, SEC);
  SMARTLIST_FOREACH_BEGIN(f->actions, const rb_action_t *, action) {
    if (action->type == RB_ACT_STANDING) {
      tt_int_op(action->standing, OP_EQ, RB_STANDING_STEP_DOWN);
      tt_str_op(action->why, OP_EQ, "TOO_OLD");
      tt_assert(!resigned);
      resigned = true;
    }
  } SMARTLIST_FOREACH_END(action);
 done:
  return resigned;
}

/** A publisher gives the role up iff no HSDir takes any descriptor and another
 * node could publish; then it leaves the role to others for an hour. */
static void
test_rbalance_repair_resign(void *arg)
{
  fixture_t f;
  rb_peer_t *peer;
  ed25519_keypair_t keys;
  (void) arg;

  set_up(&f);
  f.state->audit.next_at = UINT64_MAX;
  tt_assert(!resigns(&f, 1, 0));
  tt_u64_op(f.state->stood_down_until, OP_EQ, 0);

  rbt_fill_key(2, &keys);
  peer = rb_peers_add(f.state->peers, &keys.pubkey, 10, RBT_MONO);
  tt_assert(!resigns(&f, 3, 0));
  peer->state = RB_NODE_HEALTHY;
  peer->lease.declines = true;
  tt_assert(!resigns(&f, 5, 0));
  peer->lease.declines = false;
  tt_assert(!resigns(&f, 7, 2));
  f.state->network_is_ready = false;
  tt_assert(!resigns(&f, 9, 0));
  f.state->network_is_ready = true;
  tt_assert(resigns(&f, 11, 0));
  tt_u64_op(f.state->stood_down_until, OP_EQ, f.now.mono + RB_RESIGN_MSEC);
 done:
  tear_down(&f);
}

/** Our descriptors are fetched back, the ones of both slots in turn; what is
 * lost or old is sent again there, and a newer one is a warning. */
static void
test_rbalance_repair_audit(void *arg)
{
  static const struct {
    rb_answer_t answer;
    uint64_t revision;
    int repair;
  } cases[] = {
    { RB_ANSWER_FOUND, 7, -1 },
    { RB_ANSWER_MISSING, 0, RB_REPAIR_MISSING },
    { RB_ANSWER_FOUND, 6, RB_REPAIR_OLDER },
    { RB_ANSWER_NONE, 0, -1 },
  };
  fixture_t f;
  rb_event_t event;
  const rb_action_t *action;
  (void) arg;

  set_up(&f);
  for (int i = 0; i < 6; ++i) {
    send_to(&f, i % 2, i + 1, 7);
    answer(&f, i % 2, i + 1, RB_FAIL_NONE);
  }
  f.state->config->descriptor_max_age = UINT64_MAX / 2;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_ANSWER;
  pass(&f, 20 * SEC);
  for (unsigned i = 0; i < ARRAY_LENGTH(cases); ++i) {
    uint8_t seed;
    int desc;
    pass(&f, 50 * SEC);
    tt_int_op(smartlist_len(f.actions), OP_EQ, 1);
    action = smartlist_get(f.actions, 0);
    tt_int_op(action->type, OP_EQ, RB_ACT_FETCH_FROM);
    seed = action->hsdir[0];
    desc = (seed + 1) % 2;
    tt_assert(action_of(&f, 0, RB_ACT_FETCH_FROM, desc, seed));
    event.u.hsdir.answer = cases[i].answer;
    event.u.hsdir.revision = cases[i].revision;
    happen(&f, &event, desc, seed);
    tt_int_op(smartlist_len(f.actions), OP_EQ, cases[i].repair >= 0);
    if (cases[i].repair >= 0) {
      action = action_of(&f, 0, RB_ACT_REPAIR, desc, seed);
      tt_assert(action && (int) action->repair == cases[i].repair);
      f.state->audit.next_at = f.now.mono + 1;
      pass(&f, 0);
      tt_int_op(smartlist_len(f.actions), OP_EQ, 1);
      tt_assert(action_of(&f, 0, RB_ACT_UPLOAD_TO, desc, seed));
      send_to(&f, desc, seed, 7);
      answer(&f, desc, seed, RB_FAIL_NONE);
    }
  }
  for (int i = 0; i < 2; ++i) {
    uint8_t seed;
    pass(&f, 50 * SEC);
    action = smartlist_get(f.actions, 0);
    tt_int_op(action->type, OP_EQ, RB_ACT_FETCH_FROM);
    seed = action->hsdir[0];
    event.u.hsdir.answer = RB_ANSWER_FOUND;
    event.u.hsdir.revision = 8;
    happen(&f, &event, (seed + 1) % 2, seed);
    if (i == 0) {
      /* The descriptor is sent again, above that one. */
      tt_int_op(smartlist_len(f.actions), OP_EQ, 3);
      tt_assert(action_of(&f, 0, RB_ACT_FOREIGN_PUBLISHER, 1, seed));
      action = action_of(&f, 1, RB_ACT_REPAIR, 1, seed);
      tt_assert(action && action->repair == RB_REPAIR_NEWER);
      tt_assert(action_of(&f, 2, RB_ACT_PUBLISH, 1, 0));
      tt_u64_op(f.state->slots[1].revision, OP_EQ, 8);
    } else {
      /* One warning an hour, and one replacement a minute. */
      tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
    }
    tt_u64_op(f.state->audit.n_newer, OP_EQ, (uint64_t) i + 1);
  }
  pass(&f, 50 * SEC);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** Let the HSDir <b>seed</b> answer our question for <b>desc</b> with
 * <b>revision</b>, or with 0 that it has none. */
static void
tell(fixture_t *f, int desc, int seed, uint64_t revision)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_ANSWER;
  event.u.hsdir.answer = revision ? RB_ANSWER_FOUND : RB_ANSWER_MISSING;
  event.u.hsdir.revision = revision;
  happen(f, &event, desc, seed);
}

/** The first HSDir that rejects a revision is asked what it has; with that
 * known, the next upload does not wait. */
static void
test_rbalance_repair_rejector(void *arg)
{
  static const uint64_t useless[] = { 0, 6, 7 };
  fixture_t f;
  (void) arg;

  set_up(&f);
  send_to(&f, 0, 1, 7);
  send_to(&f, 0, 2, 7);
  f.state->role = RB_ROLE_STANDBY;
  answer(&f, 0, 1, RB_FAIL_REJECTED);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 1);

  f.state->role = RB_ROLE_PUBLISHER;
  for (unsigned i = 0; i < ARRAY_LENGTH(useless); ++i) {
    send_to(&f, 0, 1, 7);
    answer(&f, 0, 1, RB_FAIL_REJECTED);
    tt_int_op(smartlist_len(f.actions), OP_EQ, 2);
    tt_assert(action_of(&f, 1, RB_ACT_FETCH_FROM, 0, 1));
    tell(&f, 0, 1, useless[i]);
    tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  }
  tt_u64_op(f.state->slots[0].revision, OP_EQ, 0);
  send_to(&f, 0, 1, 7);
  answer(&f, 0, 1, RB_FAIL_REJECTED);
  answer(&f, 0, 2, RB_FAIL_REJECTED);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 1);
  pass(&f, 1);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  tell(&f, 0, 1, 1000);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
  tt_u64_op(f.state->slots[0].revision, OP_EQ, 1000);
  tt_u64_op(f.state->audit.n_newer, OP_EQ, 0);
  pass(&f, 0);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 2);
  tt_assert(action_of(&f, 0, RB_ACT_REPAIR, 0, 0));
  tt_assert(action_of(&f, 1, RB_ACT_PUBLISH, 0, 0));

  /* A counter that leaves no room above it is not believed. */
  send_to(&f, 0, 1, 1001);
  answer(&f, 0, 1, RB_FAIL_REJECTED);
  tell(&f, 0, 1, UINT64_MAX);
  tt_u64_op(f.state->slots[0].revision, OP_EQ, 1000);
 done:
  tear_down(&f);
}

/** A publisher whose lease ran out while it was stopped uploads nothing and
 * asks nobody, whatever HSDirs told it meanwhile. */
static void
test_rbalance_repair_lapsed(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f);
  send_to(&f, 0, 1, 7);
  answer(&f, 0, 1, RB_FAIL_NONE);
  pass(&f, 20 * SEC);
  pass(&f, 50 * SEC);
  tt_assert(action_of(&f, 0, RB_ACT_FETCH_FROM, 0, 1));
  send_to(&f, 0, 2, 7);
  f.state->lease_until = f.now.mono;
  tell(&f, 0, 1, 8);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 1);
  tt_assert(action_of(&f, 0, RB_ACT_FOREIGN_PUBLISHER, 0, 1));
  tt_u64_op(f.state->slots[0].revision, OP_EQ, 8);
  answer(&f, 0, 2, RB_FAIL_REJECTED);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 1);
  pass(&f, 60 * SEC);
  tt_int_op(smartlist_len(f.actions), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** The step function passes the events on, and repairs on ticks only: other
 * events come in the middle of an upload. */
static void
test_rbalance_repair_step(void *arg)
{
  fixture_t f;
  rb_event_t event;
  uint8_t id[DIGEST_LEN];
  int n_uploads = 0;
  (void) arg;

  set_up(&f);
  memset(id, 1, sizeof(id));
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_SENT;
  event.u.hsdir.blinded_key = f.keys[0];
  event.u.hsdir.id = id;
  event.u.hsdir.revision = 7;
  f.actions = rb_step(f.state, &event, f.now);
  rb_actions_free(f.actions);
  event.type = RB_EV_HSDIR_RESULT;
  event.u.hsdir.fail = RB_FAIL_CLOSED;
  f.actions = rb_step(f.state, &event, f.now);
  rb_actions_free(f.actions);
  tt_int_op(f.state->slots[0].upload.dirs[0].n_failures, OP_EQ, 1);

  f.now.mono += 5 * SEC;
  f.actions = rb_step(f.state, &event, f.now);
  SMARTLIST_FOREACH(f.actions, const rb_action_t *, action,
                    n_uploads += (action->type == RB_ACT_UPLOAD_TO));
  tt_int_op(n_uploads, OP_EQ, 0);
  rb_actions_free(f.actions);
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_TICK;
  event.u.tick.network_is_ready = true;
  f.actions = rb_step(f.state, &event, f.now);
  SMARTLIST_FOREACH(f.actions, const rb_action_t *, action,
                    n_uploads += (action->type == RB_ACT_UPLOAD_TO));
  tt_int_op(n_uploads, OP_EQ, 1);
 done:
  tear_down(&f);
}

/** The names in events. */
static void
test_rbalance_repair_names(void *arg)
{
  (void) arg;
  tt_str_op(rb_repair_to_string(RB_REPAIR_REJECTED), OP_EQ, "REJECTED");
  tt_str_op(rb_repair_to_string(RB_REPAIR_TOO_OLD), OP_EQ, "TOO_OLD");
  tt_str_op(rb_repair_to_string(RB_REPAIR_MISSING), OP_EQ, "MISSING");
  tt_str_op(rb_repair_to_string(RB_REPAIR_OLDER), OP_EQ, "OLDER");
  tt_str_op(rb_repair_to_string(RB_REPAIR_NEWER), OP_EQ, "NEWER");
 done:
  ;
}

#define TEST(name) { #name, test_rbalance_repair_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_repair_tests[] = {
  TEST(results),
  TEST(forget),
  TEST(rest),
  TEST(renewals),
  TEST(resign),
  TEST(audit),
  TEST(rejector),
  TEST(lapsed),
  TEST(step),
  TEST(names),
  END_OF_TESTCASES
};
