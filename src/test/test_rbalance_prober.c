/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_prober.c
 * @brief Test the probes of a service, by servers in this process.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/client/addressmap.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_inner.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_prober.h"
#include "lib/net/socket.h"

#include "core/or/connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/socks_request_st.h"

#ifdef HAVE_ARPA_INET_H
#include <arpa/inet.h>
#endif
#ifdef HAVE_NETINET_IN_H
#include <netinet/in.h>
#endif

#define SEC UINT64_C(1000)
/** Times the main loop runs before we give up waiting. */
#define PATIENCE 2000

/** A server on its own port of 127.0.0.1. */
typedef struct server_t {
  tor_socket_t listener;
  /** The connection that it accepted last. */
  tor_socket_t conn;
  uint16_t port;
} server_t;

/** Let <b>server</b> listen on its port, or on any if that is 0. */
static void
server_listen(server_t *server)
{
  struct sockaddr_in sin;
  socklen_t len = sizeof(sin);
  int one = 1;

  memset(&sin, 0, sizeof(sin));
  sin.sin_family = AF_INET;
  sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sin.sin_port = htons(server->port);
  server->listener = tor_open_socket_nonblocking(AF_INET, SOCK_STREAM,
                                                 IPPROTO_TCP);
  server->conn = TOR_INVALID_SOCKET;
  tor_assert(setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR,
                        (void *) &one, sizeof(one)) == 0);
  tor_assert(bind(server->listener, (struct sockaddr *) &sin,
                  sizeof(sin)) == 0);
  tor_assert(listen(server->listener, 5) == 0);
  tor_assert(getsockname(server->listener, (struct sockaddr *) &sin,
                         &len) == 0);
  server->port = ntohs(sin.sin_port);
}

/** Let <b>server</b> listen no more. */
static void
server_stop(server_t *server)
{
  if (SOCKET_OK(server->conn)) {
    tor_close_socket(server->conn);
  }
  if (SOCKET_OK(server->listener)) {
    tor_close_socket(server->listener);
  }
  server->listener = server->conn = TOR_INVALID_SOCKET;
}

/** If <b>server</b> has a new connection, answer it with <b>text</b>. */
static void
server_run(server_t *server, const char *text)
{
  const tor_socket_t s = tor_accept_socket_nonblocking(server->listener, NULL,
                                                       NULL);
  if (SOCKET_OK(s)) {
    if (SOCKET_OK(server->conn)) {
      tor_close_socket(server->conn);
    }
    server->conn = s;
    tor_assert(send(s, text, strlen(text), 0) == (ssize_t) strlen(text));
  }
}

/** Register a service with a port that leads to <b>server</b> or, if
 * <b>scheme</b> is not NULL, with that server as a target. */
static rb_service_t *
make_service(const server_t *server, const char *scheme,
             hs_service_t **hs_service_out)
{
  hs_service_t *hs_service = rbt_register_service(1);
  rb_service_t *service = rbt_find_balanced(hs_service);

  tor_init_connection_lists();
  get_options_mutable()->BandwidthRate = 1000000;
  get_options_mutable()->BandwidthBurst = 1000000;
  connection_bucket_init();
  if (scheme) {
    char *text = NULL, *fault = NULL;
    tor_asprintf(&text, "80 %s://127.0.0.1:%d", scheme, server->port);
    smartlist_add(hs_service->config.rbalance->targets,
                  rb_target_parse(text, &fault));
    tor_free(text);
  } else {
    hs_port_config_t *port = tor_malloc_zero(sizeof(*port) + 1);
    port->virtual_port = 80;
    tor_addr_from_ipv4h(&port->real_addr, INADDR_LOOPBACK);
    port->real_port = server->port;
    smartlist_add(hs_service->config.ports, port);
  }
  rb_prober_reload(service->prober, hs_service);
  *hs_service_out = hs_service;
  return service;
}

/** Return the only probe of <b>service</b>. */
static const rb_probe_t *
get_probe(const rb_service_t *service)
{
  const smartlist_t *probes = rb_prober_get_probes(service->prober);
  tor_assert(smartlist_len(probes) == 1);
  return smartlist_get(probes, 0);
}

/** Let <b>msec</b> pass, and the probe of <b>service</b> that is due then run
 * to its end; <b>server</b> says <b>text</b>.  Return true iff there was
 * one. */
static bool
probe_once(rb_service_t *service, server_t *server, const char *text,
           uint64_t msec)
{
  const rb_probe_t *probe = get_probe(service);
  const uint64_t before = probe->ended_at;

  rbt_pass_time(msec);
  for (int i = 0; i < PATIENCE && probe->ended_at == before; ++i) {
    rbt_run_timer();
    if (SOCKET_OK(server->listener)) {
      server_run(server, text);
    }
    if (i > 10) {
      tor_sleep_msec(1);
    }
    if (i > 100 && !probe->expires_at) {
      return false;
    }
  }
  /* What came of it is told at the next tick. */
  rbt_run_timer();
  return probe->ended_at != before;
}

/** Return how many events TARGET were sent that end with <b>rest</b>. */
static int
count_events(const char *rest)
{
  int count = 0;
  SMARTLIST_FOREACH(rbt_events, const char *, event,
                    count += strstr(event, " TARGET ") &&
                      !strcmpend(event, rest));
  return count;
}

/** What is probed is each target, and each backend, once. */
static void
test_rbalance_prober_list(void *arg)
{
  hs_service_t *hs_service = rbt_register_service(1);
  rb_service_t *service = rbt_find_balanced(hs_service);
  static const char *const targets[] = {
    "1 tcp://127.0.0.1:11", "2 tcp://127.0.0.1:11", "3 tcp://127.0.0.1:12",
    "4 tcp://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion:1",
  };
  /* Virtual and real ports; the second is that of a target. */
  static const uint16_t ports[][2] = {
    { 80, 8080 }, { 3, 12 }, { 443, 8080 }, { 81, 12 },
  };
  const smartlist_t *probes;
  hs_port_config_t *port;
  char *fault = NULL;
  (void) arg;

  tt_int_op(smartlist_len(rb_prober_get_probes(service->prober)), OP_EQ, 0);
  for (size_t i = 0; i < ARRAY_LENGTH(targets); ++i) {
    smartlist_add(hs_service->config.rbalance->targets,
                  rb_target_parse(targets[i], &fault));
    tt_ptr_op(fault, OP_EQ, NULL);
  }
  for (size_t i = 0; i < ARRAY_LENGTH(ports); ++i) {
    port = tor_malloc_zero(sizeof(*port) + 1);
    port->virtual_port = ports[i][0];
    port->real_port = ports[i][1];
    tor_addr_from_ipv4h(&port->real_addr, INADDR_LOOPBACK);
    smartlist_add(hs_service->config.ports, port);
  }
  /* As a target that tor does not connect to itself. */
  port = tor_malloc_zero(sizeof(*port) + 1);
  tor_addr_make_unspec(&port->real_addr);
  smartlist_add(hs_service->config.ports, port);
  port = tor_malloc_zero(sizeof(*port) + 32);
  port->is_unix_addr = 1;
  strlcpy(port->unix_addr, "/a b\"\n%\\", 32);
  smartlist_add(hs_service->config.ports, port);

  rb_prober_reload(service->prober, hs_service);
  probes = rb_prober_get_probes(service->prober);
  tt_int_op(smartlist_len(probes), OP_EQ, 5);
#define URL(i) (((rb_probe_t *) smartlist_get(probes, i))->url)
  tt_str_op(URL(0), OP_EQ, "tcp://127.0.0.1:11");
  tt_str_op(URL(1), OP_EQ, "tcp://127.0.0.1:12");
  tt_str_op(URL(2), OP_EQ, targets[3] + 2);
  tt_str_op(URL(3), OP_EQ, "tcp://127.0.0.1:8080");
  tt_str_op(URL(4), OP_EQ, "unix:/a%20b%22%0A%25%5C");
#undef URL
  tt_assert(!((rb_probe_t *) smartlist_get(probes, 0))->needs_network);
  tt_assert(((rb_probe_t *) smartlist_get(probes, 2))->needs_network);
 done:
  ;
}

/** A backend is probed by a connection; when it is down, the node says so, and
 * that it is back, and each once. */
static void
test_rbalance_prober_backend(void *arg)
{
  server_t server = { TOR_INVALID_SOCKET, TOR_INVALID_SOCKET, 0 };
  hs_service_t *hs_service;
  rb_service_t *service;
  char url[64];
  (void) arg;

  server_listen(&server);
  service = make_service(&server, NULL, &hs_service);
  tor_snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", server.port);
  tt_str_op(get_probe(service)->url, OP_EQ, url);
  tt_assert(!probe_once(service, &server, "", 119 * SEC));
  tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_UNKNOWN);
  tt_assert(probe_once(service, &server, "", 2 * SEC));
  tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_UP);
  tt_assert(!probe_once(service, &server, "", 50 * SEC));
  tt_assert(probe_once(service, &server, "", 10 * SEC));
  tt_int_op(count_events(" STATE=UP\r\n"), OP_EQ, 1);

  server_stop(&server);
  for (int i = 0; i < 5; ++i) {
    tt_int_op(service->state->record->backends_are_down, OP_EQ,
              i >= RB_PROBE_FAILURES);
    tt_assert(probe_once(service, &server, "", 60 * SEC));
  }
  tt_int_op(get_probe(service)->outcome, OP_EQ, RB_OUTCOME_REFUSED);
  tt_int_op(count_events(" STATE=DOWN REASON=REFUSED\r\n"), OP_EQ, 1);

  server_listen(&server);
  tt_assert(probe_once(service, &server, "", 60 * SEC));
  tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_UP);
  tt_assert(!service->state->record->backends_are_down);
  tt_int_op(count_events(" STATE=UP\r\n"), OP_EQ, 2);
 done:
  server_stop(&server);
}

/** A web server is judged by its status, and by its time. */
static void
test_rbalance_prober_web(void *arg)
{
  static const struct {
    const char *answer;
    rb_outcome_t outcome;
    int status;
  } cases[] = {
    { "HTTP/1.1 200 OK\r\n\r\n", RB_OUTCOME_GOOD, 200 },
    { "HTTP/1.1 302 Found\r\n\r\n", RB_OUTCOME_GOOD, 302 },
    { "HTTP/1.1 400 Bad\r\n\r\n", RB_OUTCOME_HTTP, 400 },
    { "HTTP/1.1 503 Bad\r\n\r\n", RB_OUTCOME_HTTP, 503 },
    { "220 mail.example.com ESMTP\r\n", RB_OUTCOME_MALFORMED, 0 },
  };
  server_t server = { TOR_INVALID_SOCKET, TOR_INVALID_SOCKET, 0 };
  hs_service_t *hs_service;
  rb_service_t *service;
  char request[256];
  char *expected = NULL;
  ssize_t len;
  (void) arg;

  server_listen(&server);
  service = make_service(&server, "http", &hs_service);
  rbt_pass_time(60 * SEC);
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    tt_assert(probe_once(service, &server, cases[i].answer, 60 * SEC));
    tt_int_op(get_probe(service)->outcome, OP_EQ, cases[i].outcome);
    tt_int_op(get_probe(service)->status, OP_EQ, cases[i].status);
  }
  tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_DOWN);
  tt_int_op(count_events(" STATE=DOWN REASON=MALFORMED\r\n"), OP_EQ, 1);
  len = recv(server.conn, request, sizeof(request) - 1, 0);
  tt_int_op(len, OP_GT, 0);
  request[len] = '\0';
  tor_asprintf(&expected, "GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
               server.port);
  tt_int_op(strcmpstart(request, expected), OP_EQ, 0);

  /* It says nothing, for as long as a probe may take. */
  rbt_pass_time(60 * SEC);
  for (int i = 0; i < 200; ++i) {
    rbt_run_timer();
    server_run(&server, "");
  }
  tt_u64_op(get_probe(service)->expires_at, OP_NE, 0);
  rbt_pass_time(5 * SEC);
  rbt_run_timer();
  tt_u64_op(get_probe(service)->expires_at, OP_EQ, 0);
  tt_int_op(get_probe(service)->outcome, OP_EQ, RB_OUTCOME_TIMEOUT);
 done:
  tor_free(expected);
  server_stop(&server);
}

/** A server that hangs up before it answers has failed. */
static void
test_rbalance_prober_hangup(void *arg)
{
  server_t server = { TOR_INVALID_SOCKET, TOR_INVALID_SOCKET, 0 };
  hs_service_t *hs_service;
  rb_service_t *service;
  const rb_probe_t *probe;
  (void) arg;

  server_listen(&server);
  service = make_service(&server, "http", &hs_service);
  probe = get_probe(service);
  rbt_pass_time(120 * SEC);
  for (int i = 0; i < PATIENCE && !probe->ended_at; ++i) {
    rbt_run_timer();
    server_run(&server, "HTTP/1.1 2");
    if (SOCKET_OK(server.conn)) {
      shutdown(server.conn, SHUT_WR);
    }
    tor_sleep_msec(1);
  }
  tt_int_op(probe->outcome, OP_EQ, RB_OUTCOME_CLOSED);
 done:
  server_stop(&server);
}

/** A reload keeps what is known of what stays; with the interval 0 nothing is
 * down any more, and a probe under way is no longer waited for. */
static void
test_rbalance_prober_reload(void *arg)
{
  server_t server = { TOR_INVALID_SOCKET, TOR_INVALID_SOCKET, 0 };
  hs_service_t *hs_service;
  rb_service_t *service;
  (void) arg;

  server_listen(&server);
  service = make_service(&server, NULL, &hs_service);
  server_stop(&server);
  rbt_pass_time(60 * SEC);
  for (int i = 0; i < RB_PROBE_FAILURES; ++i) {
    tt_assert(probe_once(service, &server, "", 60 * SEC));
  }
  rbt_run_timer();
  tt_assert(service->state->record->backends_are_down);
  rb_prober_reload(service->prober, hs_service);
  tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_DOWN);
  tt_assert(!probe_once(service, &server, "", 50 * SEC));

  service->state->config->probe_interval = 0;
  rbt_pass_time(60 * SEC);
  rbt_run_timer();
  tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_UNKNOWN);
  tt_assert(!service->state->record->backends_are_down);
 done:
  server_stop(&server);
}

/** Return how many streams tor has to <b>port</b> of onion services. */
static int
count_streams(uint16_t port)
{
  int n = 0;
  SMARTLIST_FOREACH(get_connection_array(), const connection_t *, conn,
                    n += conn->type == CONN_TYPE_AP &&
                      !conn->marked_for_close &&
                      CONST_TO_ENTRY_CONN(conn)->socks_request->port == port);
  return n;
}

/** A target that leads back to the service is down as soon as that is known,
 * even where nothing is probed; it gets no probe and no circuit.  When it
 * leads back no more, it is as any other. */
static void
test_rbalance_prober_loop(void *arg)
{
  hs_service_t *hs_service = rbt_register_service(1);
  rb_service_t *service = rbt_find_balanced(hs_service);
  rb_config_t *config = hs_service->config.rbalance;
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *text = NULL, *fault = NULL;
  ed25519_keypair_t peer;
  rb_target_t *target;
  (void) arg;

  tor_init_connection_lists();
  addressmap_init();
  rbt_fill_key(7, &peer);
  hs_build_address(&peer.pubkey, HS_VERSION_THREE, address);
  tor_asprintf(&text, "80 tcp://%s.onion:80", address);
  target = rb_target_parse(text, &fault);
  ed25519_pubkey_copy(&target->key, &peer.pubkey);
  smartlist_add(config->targets, target);
  config->target_circuits = 2;
  rb_pool_reload(service->pool, config);
  rb_prober_reload(service->prober, hs_service);
  rb_peers_add(service->state->peers, &peer.pubkey, 9, rb_now_mono());
  service->state->config->probe_interval = 0;
  service->state->network_is_ready = true;
  for (int i = 0; i < 3; ++i) {
    rbt_pass_time(300 * SEC);
    rb_prober_run(service->prober);
    rb_pool_run(service->pool, rb_prober_get_probes(service->prober),
                rb_now_mono());
    tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_DOWN);
    tt_int_op(count_streams(80), OP_EQ, 0);
    service->state->config->probe_interval = 60 * SEC;
  }
  tt_assert(service->state->record->backends_are_down);
  tt_int_op(count_events(" STATE=DOWN REASON=LOOP\r\n"), OP_EQ, 1);

  /* The same address, of somebody else. */
  rbt_fill_key(8, &peer);
  ed25519_pubkey_copy(&target->key, &peer.pubkey);
  service->state->config->probe_interval = 0;
  rb_prober_reload(service->prober, hs_service);
  rb_prober_run(service->prober);
  rb_pool_run(service->pool, rb_prober_get_probes(service->prober),
              rb_now_mono());
  tt_int_op(get_probe(service)->health, OP_EQ, RB_HEALTH_UNKNOWN);
  tt_int_op(count_streams(80), OP_EQ, 2);
 done:
  tor_free(text);
  connection_free_all();
  rb_inner_forget_all();
  addressmap_free_all();
}

#define TEST(name) \
  { #name, test_rbalance_prober_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_prober_tests[] = {
  TEST(list),
  TEST(backend),
  TEST(web),
  TEST(hangup),
  TEST(reload),
  TEST(loop),
  END_OF_TESTCASES
};
