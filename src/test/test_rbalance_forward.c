/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_forward.c
 * @brief Test streams of clients that go on to a target.
 **/

#include "core/or/or.h"
#include "test/log_test_helpers.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_stream.h"
#include "test/rbalance_test_tls.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/client/addressmap.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_pool.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/origin_circuit_st.h"
#include "core/or/socks_request_st.h"

#define SEC 1000

/** A service with targets, and a rendezvous circuit of a client. */
typedef struct fixture_t {
  rb_service_t *service;
  origin_circuit_t *circ;
  /** Address of the target, with ".onion". */
  char *host;
} fixture_t;

/** Make the fixture at <b>f</b>. */
static void
set_up(fixture_t *f)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *text = NULL, *fault = NULL;
  ed25519_keypair_t keys;

  f->service = rbt_find_balanced(rbt_register_service(1));
  rbt_fill_key(9, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
  tor_asprintf(&f->host, "%s.onion", address);
  for (int port = 1; port <= 2; ++port) {
    tor_asprintf(&text, "%d tcp://%s:%d", 80 * port, f->host, 8000 + port);
    smartlist_add(f->service->state->config->targets,
                  rb_target_parse(text, &fault));
    tor_free(text);
  }
  f->service->state->config->target_circuits = 2;
  f->service->state->config->target_timeout = 30 * SEC;
  rb_pool_reload(f->service->pool, f->service->state->config);
  addressmap_init();
  f->circ = rbt_make_rend_circuit(&f->service->identity_key);
}

/** Release what <b>f</b> holds, and every connection. */
static void
tear_down(fixture_t *f)
{
  rbt_free_rend_circuit(f->circ);
  addressmap_free_all();
  tor_free(f->host);
}

/** Return a new stream of a client of <b>f</b> that tor led to the port of
 * the target <b>index</b>. */
static edge_connection_t *
make_stream(fixture_t *f, int index)
{
  edge_connection_t *stream = rbt_make_stream(f->circ,
                                              &f->service->identity_key);
  TO_CONN(stream)->port = (uint16_t) (index + 1);
  tor_addr_make_unspec(&TO_CONN(stream)->addr);
  return stream;
}

/** Return a new list of the targets in <b>texts</b>, which ends with NULL. */
static smartlist_t *
parse_targets(const char *const *texts)
{
  smartlist_t *targets = smartlist_new();
  char *fault = NULL;
  for (; *texts; ++texts) {
    rb_target_t *target = rb_target_parse(*texts, &fault);
    tt_assert(target);
    smartlist_add(targets, target);
  }
 done:
  return targets;
}

/** The port of a target leads to its place among the targets; that of an
 * address of this machine, alone for its port, to the address. */
static void
test_rbalance_forward_port(void *arg)
{
  static const char *const texts[] = {
    "80 tcp://127.0.0.1:99", "81 tcp://127.0.0.1:99", "81 tcp://10.0.0.1:99",
    "82 http://127.0.0.1:99", "83 tcp://8.8.8.8:53", NULL
  };
  fixture_t f;
  hs_port_config_t *port = NULL;
  edge_connection_t *stream;
  smartlist_t *targets = parse_targets(texts);
  (void) arg;

  set_up(&f);
  port = rb_forward_make_port(f.service->state->config->targets, 1);
  tt_int_op(port->virtual_port, OP_EQ, 160);
  tt_int_op(tor_addr_family(&port->real_addr), OP_EQ, AF_UNSPEC);
  tt_int_op(port->real_port, OP_EQ, 2);
  hs_port_config_free(port);
  port = rb_forward_make_port(targets, 0);
  tt_int_op(tor_addr_family(&port->real_addr), OP_EQ, AF_INET);
  tt_int_op(port->real_port, OP_EQ, 99);
  for (int i = 1; i < smartlist_len(targets); ++i) {
    hs_port_config_free(port);
    port = rb_forward_make_port(targets, i);
    tt_int_op(tor_addr_family(&port->real_addr), OP_EQ, AF_UNSPEC);
    tt_int_op(port->real_port, OP_EQ, i + 1);
  }

  stream = make_stream(&f, 1);
  tt_int_op(rb_forward_find_target(f.service, stream), OP_EQ, 1);
  for (int bad = 0; bad < 4; ++bad) {
    TO_CONN(stream)->port = bad == 0 ? 0 : bad == 1 ? 3 : 1;
    if (bad == 2) {
      tor_addr_from_ipv4h(&TO_CONN(stream)->addr, 0x7f000001);
    } else {
      tor_addr_make_unspec(&TO_CONN(stream)->addr);
    }
    TO_CONN(stream)->socket_family = bad == 3 ? AF_UNIX : AF_INET;
    tt_int_op(rb_forward_find_target(f.service, stream), OP_EQ, -1);
  }
  TO_CONN(stream)->port = 1;
  tt_assert(!rbalance_accept_stream(f.circ, stream));
  connection_free_(TO_CONN(stream));
 done:
  rb_targets_free(targets);
  hs_port_config_free(port);
  tear_down(&f);
}

/** Streams are linked with streams to the target, where the fewest are; they
 * are open when that is. */
static void
test_rbalance_forward_open(void *arg)
{
  fixture_t f;
  edge_connection_t *streams[4];
  int groups[4];
  (void) arg;

  set_up(&f);
  for (int i = 0; i < 4; ++i) {
    const connection_t *conn;
    const entry_connection_t *entry;
    streams[i] = make_stream(&f, i == 3 ? 1 : 0);
    tt_assert(rbalance_accept_stream(f.circ, streams[i]));
    conn = TO_CONN(streams[i]);
    tt_int_op(conn->state, OP_EQ, EXIT_CONN_STATE_CONNECTING);
    tt_assert(conn->linked_conn);
    tt_int_op(conn->linked_conn->type, OP_EQ, CONN_TYPE_AP);
    entry = CONST_TO_ENTRY_CONN(conn->linked_conn);
    tt_int_op(entry->socks_request->port, OP_EQ, i == 3 ? 8002 : 8001);
    tt_int_op(strncmp(entry->original_dest_address, f.host, 56), OP_EQ, 0);
    tt_assert(entry->entry_cfg.isolation_flags & ISO_SESSIONGRP);
    tt_assert(!connection_is_reading(conn->linked_conn));
    groups[i] = entry->entry_cfg.session_group;
  }
  tt_int_op(groups[0], OP_NE, groups[1]);
  /* Another port of the same host uses the same circuits. */
  tt_assert(groups[2] == groups[0] || groups[2] == groups[1]);
  tt_int_op(groups[3], OP_EQ, groups[2] == groups[0] ? groups[1] : groups[0]);
  tt_int_op(smartlist_len(f.service->openings), OP_EQ, 4);
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 0);

  rbalance_stream_answered(TO_ENTRY_CONN(TO_CONN(streams[0])->linked_conn),
                           0);
  tt_int_op(TO_CONN(streams[0])->state, OP_EQ, EXIT_CONN_STATE_OPEN);
  tt_assert(connection_is_reading(TO_CONN(streams[0])->linked_conn));
  tt_assert(connection_is_reading(TO_CONN(streams[0])));
  tt_str_op(rbt_last_sent(), OP_EQ, "4/0");
  rb_forward_expire(f.service);
  tt_int_op(smartlist_len(f.service->openings), OP_EQ, 3);
  /* It is open, and stays so. */
  rbalance_stream_answered(TO_ENTRY_CONN(TO_CONN(streams[0])->linked_conn),
                           END_STREAM_REASON_MISC);
  tt_assert(!TO_CONN(streams[0])->marked_for_close);
 done:
  tear_down(&f);
}

/** A target with a name or a public address is reached through an exit relay:
 * tor takes our stream there, names included. */
static void
test_rbalance_forward_exit(void *arg)
{
  static const char *const texts[] = {
    "1 tcp://example.com:80", "2 tcp://8.8.8.8:53",
    "3 tcp://[2001:db8::1]:53",
  };
  fixture_t f;
  smartlist_t *targets;
  (void) arg;

  set_up(&f);
  targets = f.service->state->config->targets;
  for (size_t i = 0; i < ARRAY_LENGTH(texts); ++i) {
    edge_connection_t *stream = make_stream(&f, (int) i + 2);
    const connection_t *conn;
    const entry_connection_t *entry;
    char *fault = NULL;

    smartlist_add(targets, rb_target_parse(texts[i], &fault));
    tt_assert(rbalance_accept_stream(f.circ, stream));
    conn = TO_CONN(stream)->linked_conn;
    tt_assert(conn);
    tt_assert(!conn->marked_for_close);
    tt_int_op(conn->type, OP_EQ, CONN_TYPE_AP);
    tt_int_op(conn->state, OP_EQ, AP_CONN_STATE_CIRCUIT_WAIT);
    entry = CONST_TO_ENTRY_CONN(conn);
    tt_assert(!entry->entry_cfg.onion_traffic);
    tt_assert(!TO_CONN(stream)->marked_for_close);
  }
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** A target that is the service itself, our node service or a peer's would
 * bring its streams back: they end. */
static void
test_rbalance_forward_loop(void *arg)
{
  fixture_t f;
  ed25519_public_key_t keys[3];
  ed25519_keypair_t peer;
  smartlist_t *targets;
  (void) arg;

  set_up(&f);
  targets = f.service->state->config->targets;
  rbt_fill_key(7, &peer);
  rb_peers_add(f.service->state->peers, &peer.pubkey, 9, rb_now_mono());
  ed25519_pubkey_copy(&keys[0], &f.service->identity_key);
  ed25519_pubkey_copy(&keys[1], &f.service->state->node_keys.pubkey);
  ed25519_pubkey_copy(&keys[2], &peer.pubkey);
  for (int i = 0; i < 3; ++i) {
    rb_target_t *target = smartlist_get(targets, 0);
    edge_connection_t *stream = make_stream(&f, 0);
    ed25519_pubkey_copy(&target->key, &keys[i]);
    /* It is freed at once. */
    tt_assert(rbalance_accept_stream(f.circ, stream));
    tt_ptr_op(f.circ->p_streams, OP_EQ, NULL);
    tt_int_op(smartlist_len(get_connection_array()), OP_EQ, 0);
    tt_str_op(rbt_last_sent(), OP_EQ, "3/8");
  }
  tt_int_op(smartlist_len(f.service->openings), OP_EQ, 0);
 done:
  tear_down(&f);
}

/** What targets share for TLS, the roots among it, is prepared at once; of one
 * that can't be used a warning tells, once, and what to do. */
static void
test_rbalance_forward_tls(void *arg)
{
  static const char *const texts[] = {
    "80 https://example.com", "81 https://example.com", "82 tcp://10.0.0.1:1",
    "83 tls://a.onion:1", NULL
  };
  fixture_t f;
  rbt_cert_t *root = rbt_cert_new(NULL, NULL);
  smartlist_t *targets = parse_targets(texts);
  (void) arg;

  set_up(&f);
  setenv("SSL_CERT_FILE", "/nonexistent", 1);
  setenv("SSL_CERT_DIR", "/nonexistent", 1);
  setup_full_capture_of_logs(LOG_WARN);
  rb_forward_prepare_tls(f.service, targets);
  rb_forward_prepare_tls(f.service, targets);
  expect_single_log_msg_containing("HiddenServiceBalanceTarget "
                                   "https://example.com:443 can't be used");
  expect_single_log_msg_containing("install ca-certificates");
  tt_int_op(strmap_size(f.service->tls_targets), OP_EQ, 2);
  teardown_capture_of_logs();

  rb_forward_clear_tls(f.service);
  rbt_cert_write(root, get_fname("root.pem"));
  setenv("SSL_CERT_FILE", get_fname("root.pem"), 1);
  setup_full_capture_of_logs(LOG_WARN);
  rb_forward_prepare_tls(f.service, targets);
  /* Nothing is read any more. */
  setenv("SSL_CERT_FILE", "/nonexistent", 1);
  tt_ptr_op(rb_tls_target_get_fault(
              rb_forward_get_tls(f.service, smartlist_get(targets, 0))),
            OP_EQ, NULL);
  expect_no_log_entry();
 done:
  teardown_capture_of_logs();
  rbt_cert_free(root);
  rb_targets_free(targets);
  tear_down(&f);
}

/** There are no more streams than there may be. */
static void
test_rbalance_forward_limit(void *arg)
{
  fixture_t f;
  edge_connection_t *streams[2];
  (void) arg;

  set_up(&f);
  f.service->state->config->target_streams = 2;
  for (int i = 0; i < 2; ++i) {
    streams[i] = make_stream(&f, i);
    tt_assert(rbalance_accept_stream(f.circ, streams[i]));
  }
  tt_int_op(rb_forward_count(f.service), OP_EQ, 2);
  /* Those are freed at once. */
  tt_assert(rbalance_accept_stream(f.circ, make_stream(&f, 0)));
  tt_str_op(rbt_last_sent(), OP_EQ, "3/11");
  tt_ptr_op(f.circ->p_streams, OP_EQ, streams[1]);
  tt_u64_op(f.service->counters.forwards_failed, OP_EQ, 1);
  rbalance_stream_answered(TO_ENTRY_CONN(TO_CONN(streams[0])->linked_conn),
                           END_STREAM_REASON_MISC);
  tt_assert(TO_CONN(streams[0])->marked_for_close);
  tt_int_op(rb_forward_count(f.service), OP_EQ, 1);
  tt_assert(rbalance_accept_stream(f.circ, make_stream(&f, 0)));
  tt_int_op(rb_forward_count(f.service), OP_EQ, 2);
 done:
  tear_down(&f);
}

/** A failure goes to the client with its reason, unless that speaks of our own
 * client side. */
static void
test_rbalance_forward_failure(void *arg)
{
  static const struct {
    int reason;
    const char *sent;
  } cases[] = {
    { END_STREAM_REASON_CONNECTREFUSED, "3/3" },
    { END_STREAM_REASON_CONNECTREFUSED|END_STREAM_REASON_FLAG_REMOTE, "3/3" },
    { END_STREAM_REASON_TIMEOUT, "3/7" },
    { END_STREAM_REASON_MISC, "3/1" },
    { END_STREAM_REASON_RESOLVEFAILED, "3/8" },
    { END_STREAM_REASON_CANT_ATTACH, "3/8" },
    { END_STREAM_REASON_NET_UNREACHABLE, "3/8" },
  };
  fixture_t f;
  (void) arg;

  set_up(&f);
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    edge_connection_t *stream = make_stream(&f, 0);
    tt_assert(rbalance_accept_stream(f.circ, stream));
    rbalance_stream_answered(TO_ENTRY_CONN(TO_CONN(stream)->linked_conn),
                             cases[i].reason);
    tt_str_op(rbt_last_sent(), OP_EQ, cases[i].sent);
    tt_assert(TO_CONN(stream)->marked_for_close);
  }
 done:
  tear_down(&f);
}

/** A target that takes too long fails; for a client that has gone none is
 * reached. */
static void
test_rbalance_forward_expire(void *arg)
{
  fixture_t f;
  edge_connection_t *late, *gone;
  connection_t *late_target, *gone_target;
  (void) arg;

  set_up(&f);
  late = make_stream(&f, 0);
  gone = make_stream(&f, 0);
  tt_assert(rbalance_accept_stream(f.circ, late));
  tt_assert(rbalance_accept_stream(f.circ, gone));
  late_target = TO_CONN(late)->linked_conn;
  gone_target = TO_CONN(gone)->linked_conn;
  rbt_pass_time(29 * SEC);
  rb_forward_expire(f.service);
  tt_int_op(smartlist_len(f.service->openings), OP_EQ, 2);

  gone->edge_has_sent_end = 1;
  connection_mark_for_close(TO_CONN(gone));
  rb_forward_expire(f.service);
  tt_int_op(smartlist_len(f.service->openings), OP_EQ, 1);
  tt_assert(gone_target->marked_for_close);
  tt_assert(!late_target->marked_for_close);

  rbt_pass_time(1 * SEC);
  rb_forward_expire(f.service);
  tt_int_op(smartlist_len(f.service->openings), OP_EQ, 0);
  tt_assert(late_target->marked_for_close);
  tt_assert(TO_CONN(late)->marked_for_close);
  tt_str_op(rbt_last_sent(), OP_EQ, "3/7");
 done:
  tear_down(&f);
}

#define TEST(name) \
  { #name, test_rbalance_forward_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_forward_tests[] = {
  TEST(port),
  TEST(open),
  TEST(exit),
  TEST(loop),
  TEST(tls),
  TEST(limit),
  TEST(failure),
  TEST(expire),
  END_OF_TESTCASES
};
