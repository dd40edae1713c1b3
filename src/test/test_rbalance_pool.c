/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_pool.c
 * @brief Test the circuits that a service keeps to its targets.
 **/

#define CIRCUITBUILD_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_stream.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/circuitbuild.h"
#include "core/or/circuitlist.h"
#include "core/or/connection_edge.h"
#include "feature/client/addressmap.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_outlet.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_probe.h"

#include "core/or/connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/origin_circuit_st.h"
#include "core/or/socks_request_st.h"

#define SEC 1000
/** Seconds that tor gives a circuit streams. */
#define DIRTINESS 600

/** A service with targets, two circuits to each host, and a client's circuit
 * that holds what all tests need. */
typedef struct fixture_t {
  rb_service_t *service;
  rb_config_t *config;
  smartlist_t *probes;
  origin_circuit_t *circ;
} fixture_t;

/** Append the target <b>scheme</b>://HOST<b>port</b> to those of <b>f</b>,
 * where HOST is the onion service <b>seed</b>. */
static void
add_onion(fixture_t *f, uint8_t seed, const char *scheme, int port)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *text = NULL, *fault = NULL;
  ed25519_keypair_t keys;

  rbt_fill_key(seed, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
  tor_asprintf(&text, "80 %s://%s.onion:%d", scheme, address, port);
  smartlist_add(f->config->targets, rb_target_parse(text, &fault));
  tor_free(text);
}

/** Make the fixture at <b>f</b>, whose service has no target yet. */
static void
set_up(fixture_t *f)
{
  f->service = rbt_find_balanced(rbt_register_service(1));
  f->config = f->service->state->config;
  f->config->target_circuits = 2;
  f->config->target_timeout = 30 * SEC;
  f->probes = smartlist_new();
  get_options_mutable()->MaxCircuitDirtiness = DIRTINESS;
  addressmap_init();
  f->circ = rbt_make_rend_circuit(&f->service->identity_key);
}

/** Release what <b>f</b> holds, and every connection. */
static void
tear_down(fixture_t *f)
{
  rb_pool_reload(f->service->pool, f->service->state->config);
  rb_probes_free(f->probes);
  rbt_free_rend_circuit(f->circ);
  addressmap_free_all();
}

/** Let the pool of <b>f</b> do what is due. */
static void
run(fixture_t *f)
{
  rb_pool_run(f->service->pool, f->probes, rb_now_mono());
}

/** Return the stream number <b>idx</b> to a target, of those that are not
 * closed; NULL if there are fewer. */
static entry_connection_t *
get_stream(int idx)
{
  SMARTLIST_FOREACH_BEGIN(get_connection_array(), connection_t *, conn) {
    if (conn->type == CONN_TYPE_AP && !conn->marked_for_close && !idx--) {
      return TO_ENTRY_CONN(conn);
    }
  } SMARTLIST_FOREACH_END(conn);
  return NULL;
}

/** Return how many streams to targets are not closed. */
static int
count_streams(void)
{
  int n = 0;
  while (get_stream(n)) {
    ++n;
  }
  return n;
}

/** Return a new circuit to a target that streams of <b>group</b> use, used
 * <b>age</b> seconds ago. */
static origin_circuit_t *
make_circuit(int group, int age)
{
  origin_circuit_t *circ =
    origin_circuit_init(CIRCUIT_PURPOSE_C_REND_JOINED, 0);
  TO_CIRCUIT(circ)->state = CIRCUIT_STATE_OPEN;
  TO_CIRCUIT(circ)->timestamp_dirty = approx_time() - age;
  circ->session_group = group;
  circ->isolation_values_set = 1;
  return circ;
}

/** Every host gets its circuits by streams that end when they are open; two
 * targets of one host share them, an address of this machine needs none. */
static void
test_rbalance_pool_open(void *arg)
{
  fixture_t f;
  char *fault = NULL;
  int groups[4];
  (void) arg;

  set_up(&f);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 0);
  add_onion(&f, 9, "tcp", 8001);
  add_onion(&f, 9, "http", 8002);
  smartlist_add(f.config->targets,
                rb_target_parse("81 http://127.0.0.1:99", &fault));
  add_onion(&f, 10, "http", 80);
  rb_pool_reload(f.service->pool, f.config);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 4);
  for (int i = 0; i < 4; ++i) {
    const entry_connection_t *entry = get_stream(i);
    tt_int_op(entry->socks_request->port, OP_EQ, i < 2 ? 8001 : 80);
    groups[i] = entry->entry_cfg.session_group;
    for (int j = 0; j < i; ++j) {
      tt_int_op(groups[i], OP_NE, groups[j]);
    }
  }
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 4);

  /* It ends when it is open; where there is a circuit then, that is all. */
  rbalance_stream_answered(get_stream(0), 0);
  tt_int_op(smartlist_len(f.config->targets), OP_EQ, 4);
  rbt_pass_time(5 * SEC);
  make_circuit(groups[0], 0);
  tt_int_op(rb_pool_count_ready(f.service->pool,
                                smartlist_get(f.config->targets, 1)),
            OP_EQ, 1);
  tt_int_op(rb_pool_count_ready(f.service->pool,
                                smartlist_get(f.config->targets, 2)),
            OP_EQ, -1);
  tt_int_op(rb_pool_count_ready(f.service->pool,
                                smartlist_get(f.config->targets, 3)),
            OP_EQ, 0);
 done:
  tear_down(&f);
}

/** A circuit that tor will soon give no more streams, gives none any more, or
 * that is closed, is replaced or renewed. */
static void
test_rbalance_pool_renew(void *arg)
{
  fixture_t f;
  origin_circuit_t *circs[2];
  const rb_target_t *target;
  int group;
  (void) arg;

  set_up(&f);
  add_onion(&f, 9, "tcp", 8001);
  rb_pool_reload(f.service->pool, f.config);
  target = smartlist_get(f.config->targets, 0);
  group = rb_pool_pick_group(f.service->pool, target);
  for (int i = 0; i < 2; ++i) {
    circs[i] = make_circuit(group + i, DIRTINESS - 61);
  }
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 0);
  tt_int_op(rb_pool_count_ready(f.service->pool, target), OP_EQ, 2);

  update_approx_time(approx_time() + 1);
  TO_CIRCUIT(circs[0])->timestamp_dirty = approx_time();
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 1);
  tt_int_op(get_stream(0)->entry_cfg.session_group, OP_EQ, group + 1);
  tt_int_op(rb_pool_count_ready(f.service->pool, target), OP_EQ, 2);

  TO_CIRCUIT(circs[1])->timestamp_dirty = approx_time() - DIRTINESS;
  tt_int_op(rb_pool_count_ready(f.service->pool, target), OP_EQ, 1);
  circs[0]->unusable_for_new_conns = 1;
  tt_int_op(rb_pool_count_ready(f.service->pool, target), OP_EQ, 0);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 2);
  circs[0]->unusable_for_new_conns = 0;
  TO_CIRCUIT(circs[0])->state = CIRCUIT_STATE_BUILDING;
  tt_int_op(rb_pool_count_ready(f.service->pool, target), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** The next stream goes to the circuit with the fewest, as long as that is
 * ready. */
static void
test_rbalance_pool_pick(void *arg)
{
  fixture_t f;
  const rb_target_t *target;
  entry_connection_t *opened;
  int group;
  (void) arg;

  set_up(&f);
  add_onion(&f, 9, "tcp", 8001);
  rb_pool_reload(f.service->pool, f.config);
  target = smartlist_get(f.config->targets, 0);
  group = rb_pool_pick_group(f.service->pool, target);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 2);
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group);
  /* The one that opens the second lane ends; that has none then. */
  opened = get_stream(1);
  rbalance_stream_answered(opened, 0);
  tt_assert(ENTRY_TO_CONN(opened)->linked_conn->marked_for_close);
  ENTRY_TO_EDGE_CONN(opened)->edge_has_sent_end = 1;
  connection_mark_for_close(ENTRY_TO_CONN(opened));
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group + 1);
  make_circuit(group, 0);
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group);
 done:
  tear_down(&f);
}

/** What an outlet tells is not what matters here. */
static void
outlet_did(void *owner)
{
  (void) owner;
}

/** Nor is why it ended. */
static void
outlet_ended(void *owner, int reason)
{
  (void) owner;
  (void) reason;
}

static const rb_outlet_calls_t no_calls = {
  outlet_did, outlet_did, outlet_did, outlet_ended,
};

/** Open a stream to <b>target</b> on the circuit of <b>group</b>, which takes
 * <b>msec</b>. */
static void
pass_stream(const rb_target_t *target, int group, int msec)
{
  rb_outlet_t *outlet = rb_outlet_open(target, group, &no_calls, NULL);
  entry_connection_t *stream = get_stream(count_streams() - 1);

  rbt_pass_time(msec);
  rbalance_stream_answered(stream, 0);
  rb_outlet_free(outlet);
  ENTRY_TO_EDGE_CONN(stream)->edge_has_sent_end = 1;
  connection_mark_for_close(ENTRY_TO_CONN(stream));
}

/** Of circuits with as few streams the quickest is taken: on each one stream
 * at a time is timed, as long as it is the same circuit. */
static void
test_rbalance_pool_quickest(void *arg)
{
  fixture_t f;
  origin_circuit_t *circs[2];
  const rb_target_t *target;
  rb_outlet_t *outlet = NULL;
  int group;
  (void) arg;

  set_up(&f);
  add_onion(&f, 9, "tcp", 8001);
  rb_pool_reload(f.service->pool, f.config);
  target = smartlist_get(f.config->targets, 0);
  group = rb_pool_pick_group(f.service->pool, target);
  /* How long it takes to build a circuit says nothing. */
  pass_stream(target, group, 1);
  for (int i = 0; i < 2; ++i) {
    circs[i] = make_circuit(group + i, 0);
  }
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group);
  pass_stream(target, group, 300);
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group + 1);
  pass_stream(target, group + 1, 400);
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group);

  /* A stream beside one that is timed is not; one that was not answered does
   * not keep others from being timed for ever. */
  outlet = rb_outlet_open(target, group + 1, &no_calls, NULL);
  pass_stream(target, group + 1, 1);
  rb_outlet_free(outlet);
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group);
  rbt_pass_time(30 * SEC);
  for (int i = 0; i < 2; ++i) {
    pass_stream(target, group + 1, 1);
  }
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group + 1);

  /* Another circuit has another time. */
  circs[0]->unusable_for_new_conns = 1;
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group + 1);
  make_circuit(group, 0);
  tt_int_op(rb_pool_pick_group(f.service->pool, target), OP_EQ, group);
 done:
  rb_outlet_free(outlet);
  tear_down(&f);
}

/** What does not open in time, or not at all, is tried again after a rest, and
 * not while the target is down. */
static void
test_rbalance_pool_failure(void *arg)
{
  fixture_t f;
  rb_probe_t *probe;
  const rb_target_t *target;
  (void) arg;

  set_up(&f);
  add_onion(&f, 9, "tcp", 8001);
  rb_pool_reload(f.service->pool, f.config);
  target = smartlist_get(f.config->targets, 0);
  probe = rb_probe_new(target->url, true, 0);
  smartlist_add(f.probes, probe);
  probe->health = RB_HEALTH_DOWN;
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 0);
  probe->health = RB_HEALTH_UP;
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 2);

  rbt_pass_time(29 * SEC);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 2);
  rbt_pass_time(1 * SEC);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 0);
  rbt_pass_time(29 * SEC);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 0);
  rbt_pass_time(1 * SEC);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 2);
 done:
  tear_down(&f);
}

/** A reload keeps the circuits to hosts that stay, and ends what opens others
 * for those that go. */
static void
test_rbalance_pool_reload(void *arg)
{
  fixture_t f;
  const rb_target_t *second;
  rb_target_t *first;
  int group;
  (void) arg;

  set_up(&f);
  add_onion(&f, 9, "tcp", 8001);
  add_onion(&f, 10, "tcp", 8001);
  rb_pool_reload(f.service->pool, f.config);
  first = smartlist_get(f.config->targets, 0);
  second = smartlist_get(f.config->targets, 1);
  group = rb_pool_pick_group(f.service->pool, second);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 4);
  smartlist_remove(f.config->targets, first);
  rb_target_free(first);
  f.config->target_circuits = 3;
  rb_pool_reload(f.service->pool, f.config);
  tt_int_op(count_streams(), OP_EQ, 2);
  run(&f);
  tt_int_op(count_streams(), OP_EQ, 3);
  /* The new lane has a stream as well now. */
  tt_int_op(rb_pool_pick_group(f.service->pool, second), OP_EQ, group);
 done:
  tear_down(&f);
}

#define TEST(name) \
  { #name, test_rbalance_pool_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_pool_tests[] = {
  TEST(open),
  TEST(renew),
  TEST(pick),
  TEST(quickest),
  TEST(failure),
  TEST(reload),
  END_OF_TESTCASES
};
