/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_outlet.c
 * @brief Test connections that this tor opens to a target.
 **/

#define CONNECTION_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/client/addressmap.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_inner.h"
#include "feature/rbalance/rbalance_outlet.h"

#include "core/or/connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/entry_port_cfg_st.h"
#include "core/or/socks_request_st.h"

/** Who uses an outlet, and what it was told. */
typedef struct user_t {
  rb_outlet_t *outlet;
  int n_opened, n_arrived, n_flushed, n_ended, reason;
} user_t;

static void
note_opened(void *owner)
{
  ((user_t *) owner)->n_opened++;
}

static void
note_arrived(void *owner)
{
  ((user_t *) owner)->n_arrived++;
}

static void
note_flushed(void *owner)
{
  ((user_t *) owner)->n_flushed++;
}

static void
note_ended(void *owner, int reason)
{
  ((user_t *) owner)->n_ended++;
  ((user_t *) owner)->reason = reason;
}

static const rb_outlet_calls_t calls = {
  note_opened, note_arrived, note_flushed, note_ended,
};

/** Open an outlet of <b>user</b> to the target <b>text</b>.  Return the
 * connection at our end of it, or NULL. */
static connection_t *
open_outlet(user_t *user, const char *text)
{
  connection_t *conn = NULL;
  char *fault = NULL;
  rb_target_t *target = rb_target_parse(text, &fault);

  memset(user, 0, sizeof(*user));
  tt_assert(target);
  user->outlet = rb_outlet_open(target, 5, &calls, user);
  tt_assert(user->outlet);
  tt_int_op(user->n_opened + user->n_ended, OP_EQ, 0);
  SMARTLIST_FOREACH(get_connection_array(), connection_t *, c,
                    if (c->type == CONN_TYPE_RBALANCE) conn = c);
 done:
  rb_target_free(target);
  tor_free(fault);
  return conn;
}

/** The URL of an onion service as a target, and its host in it. */
static char *onion_target = NULL;
static const char *onion_host = NULL;

/** Make what every test needs. */
static void
set_up(void)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  ed25519_keypair_t keys;

  rbt_fill_key(9, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
  tor_asprintf(&onion_target, "80 tcp://%s.onion:8080", address);
  onion_host = onion_target + strlen("80 tcp://");
  tor_init_connection_lists();
  addressmap_init();
}

/** Release <b>user</b> and every connection. */
static void
tear_down(user_t *user)
{
  rb_outlet_free(user->outlet);
  connection_free_all();
  rb_inner_forget_all();
  addressmap_free_all();
  tor_free(onion_target);
}

/** An outlet to an onion service is linked to a stream to that; it is open
 * when that is, and says so once. */
static void
test_rbalance_outlet_linked(void *arg)
{
  user_t user;
  connection_t *conn, *stream;
  entry_connection_t *entry;
  buf_t *bytes = buf_new();
  (void) arg;

  set_up();
  conn = open_outlet(&user, onion_target);
  tt_assert(conn && conn->linked_conn);
  stream = conn->linked_conn;
  tt_int_op(stream->type, OP_EQ, CONN_TYPE_AP);
  entry = TO_ENTRY_CONN(stream);
  tt_int_op(strcmpstart(onion_host, entry->socks_request->address), OP_EQ, 0);
  tt_int_op(entry->socks_request->port, OP_EQ, 8080);
  tt_assert(entry->entry_cfg.onion_traffic);
  tt_int_op(entry->entry_cfg.session_group, OP_EQ, 5);

  rbalance_stream_answered(entry, 0);
  rbalance_stream_answered(entry, 0);
  tt_int_op(user.n_opened, OP_EQ, 1);
  tt_assert(connection_is_reading(stream));

  buf_add(bytes, "hello", 5);
  rb_outlet_send(user.outlet, bytes);
  tt_int_op(buf_datalen(bytes), OP_EQ, 0);
  tt_int_op(rb_outlet_get_unsent(user.outlet), OP_EQ, 5);
  buf_clear(conn->outbuf);
  rbalance_conn_finished_flushing(conn);
  tt_int_op(user.n_flushed, OP_EQ, 1);

  rbalance_conn_process_inbuf(conn);
  tt_int_op(user.n_arrived, OP_EQ, 0);
  buf_add(conn->inbuf, "world", 5);
  rbalance_conn_process_inbuf(conn);
  tt_int_op(user.n_arrived, OP_EQ, 1);
  tt_int_op(buf_datalen(rb_outlet_get_inbuf(user.outlet)), OP_EQ, 5);

  rb_outlet_pause(user.outlet, true);
  tt_assert(!connection_is_reading(conn));
  rb_outlet_pause(user.outlet, false);
  tt_assert(connection_is_reading(conn));

  rbalance_conn_reached_eof(conn);
  rbalance_conn_about_to_close(conn);
  tt_int_op(user.n_ended, OP_EQ, 1);
  tt_int_op(user.reason, OP_EQ, END_STREAM_REASON_DONE);
 done:
  buf_free(bytes);
  tear_down(&user);
}

/** An outlet to a name has a stream that no onion service may take; if that
 * fails the outlet ends with its reason. */
static void
test_rbalance_outlet_failed(void *arg)
{
  user_t user;
  connection_t *conn;
  entry_connection_t *entry;
  (void) arg;

  set_up();
  conn = open_outlet(&user, "80 http://example.com");
  tt_assert(conn && conn->linked_conn);
  entry = TO_ENTRY_CONN(conn->linked_conn);
  tt_str_op(entry->socks_request->address, OP_EQ, "example.com");
  tt_int_op(entry->socks_request->port, OP_EQ, 80);
  tt_assert(!entry->entry_cfg.onion_traffic);
  tt_assert(entry->entry_cfg.ipv4_traffic);
  rbalance_stream_answered(entry, END_STREAM_REASON_RESOLVEFAILED);
  tt_int_op(user.n_ended, OP_EQ, 0);
  rbalance_conn_reached_eof(conn);
  tt_int_op(user.n_ended, OP_EQ, 1);
  tt_int_op(user.n_opened, OP_EQ, 0);
  tt_int_op(user.reason, OP_EQ, END_STREAM_REASON_RESOLVEFAILED);
 done:
  tear_down(&user);
}

/** Who frees an outlet that is not open yet gives up its stream, and is not
 * called any more. */
static void
test_rbalance_outlet_given_up(void *arg)
{
  user_t user;
  connection_t *conn, *stream;
  (void) arg;

  set_up();
  conn = open_outlet(&user, onion_target);
  tt_assert(conn && conn->linked_conn);
  stream = conn->linked_conn;
  rb_outlet_free(user.outlet);
  tt_assert(conn->marked_for_close);
  tt_assert(stream->marked_for_close);
  rbalance_conn_about_to_close(conn);
  tt_int_op(user.n_opened + user.n_ended, OP_EQ, 0);
 done:
  tear_down(&user);
}

/** The result of the mocked connect(). */
static int connect_result = 0;

/** Stands for connection_connect_sockaddr(): <b>conn</b> has one end of a pair
 * of sockets, and is among tor's connections. */
static int
mock_connect(connection_t *conn, const struct sockaddr *sa, socklen_t sa_len,
             const struct sockaddr *bindaddr, socklen_t bindaddr_len,
             int *socket_error)
{
  tor_socket_t pair[2];
  (void) sa;
  (void) sa_len;
  (void) bindaddr;
  (void) bindaddr_len;
  (void) socket_error;
  if (connect_result < 0 ||
      tor_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
    return -1;
  }
  conn->s = pair[0];
  tor_close_socket(pair[1]);
  return connection_add(conn) < 0 ? -1 : connect_result;
}

/** An outlet to an address of this machine has a socket, and is open when
 * that can be written to for the first time. */
static void
test_rbalance_outlet_direct(void *arg)
{
  user_t user;
  connection_t *conn;
  char *fault = NULL;
  rb_target_t *target = rb_target_parse("80 tcp://127.0.0.1:80", &fault);
  (void) arg;

  set_up();
  MOCK(connection_connect_sockaddr, mock_connect);
  for (connect_result = 0; connect_result <= 1; ++connect_result) {
    conn = open_outlet(&user, "80 http://127.0.0.1:80");
    tt_assert(conn && !conn->linked_conn);
    rbalance_conn_finished_flushing(conn);
    tt_int_op(user.n_opened, OP_EQ, 1);
    rbalance_conn_finished_flushing(conn);
    tt_int_op(user.n_opened, OP_EQ, 1);
    tt_int_op(user.n_flushed, OP_EQ, 1);
    rb_outlet_free(user.outlet);
    tt_assert(conn->marked_for_close);
  }
  connect_result = -1;
  tt_ptr_op(rb_outlet_open(target, 0, &calls, &user), OP_EQ, NULL);
  tt_int_op(smartlist_len(get_connection_array()), OP_EQ, 2);
 done:
  UNMOCK(connection_connect_sockaddr);
  rb_target_free(target);
  tor_free(fault);
  tear_down(&user);
}

#define T(name) \
  { #name, test_rbalance_outlet_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_outlet_tests[] = {
  T(linked),
  T(failed),
  T(given_up),
  T(direct),
  END_OF_TESTCASES
};
