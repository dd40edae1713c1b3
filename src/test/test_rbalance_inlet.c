/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_inlet.c
 * @brief Test the ends of clients' streams in the module.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"
#include "test/rbalance_test_stream.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "feature/rbalance/rbalance_inlet.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/origin_circuit_st.h"

/** What cells are in rbt_sent. */
#define CONNECTED "4/0"
#define END_DONE "3/6"
#define END_TIMEOUT "3/7"

/** A client's stream, and where it ends. */
typedef struct fixture_t {
  origin_circuit_t *circ;
  edge_connection_t *stream;
  rb_inlet_t *inlet;
} fixture_t;

static void
do_nothing(void *owner)
{
  (void) owner;
}

static const rb_inner_calls_t calls = {
  do_nothing, do_nothing, do_nothing, do_nothing,
};

/** Make the fixture at <b>f</b>. */
static void
set_up(fixture_t *f)
{
  ed25519_keypair_t keys;
  rbt_fill_key(1, &keys);
  f->circ = rbt_make_rend_circuit(&keys.pubkey);
  f->stream = rbt_make_stream(f->circ, &keys.pubkey);
  f->inlet = rb_inlet_open(f->stream, &calls, NULL);
}

/** Release what <b>f</b> holds, and every connection. */
static void
tear_down(fixture_t *f)
{
  rb_inlet_free(f->inlet);
  rbt_free_rend_circuit(f->circ);
}

/** Send <b>text</b> on the inlet of <b>f</b>. */
static void
send_text(fixture_t *f, const char *text)
{
  buf_t *bytes = buf_new();
  buf_add(bytes, text, strlen(text));
  rb_inlet_send(f->inlet, bytes);
  buf_free(bytes);
}

/** A client waits until it is accepted; from then on it is read from. */
static void
test_rbalance_inlet_accept(void *arg)
{
  fixture_t f;
  connection_t *end;
  (void) arg;

  set_up(&f);
  tt_assert(f.inlet);
  end = TO_CONN(f.stream)->linked_conn;
  tt_assert(rb_inlet_is_waiting(f.inlet));
  tt_assert(!connection_is_reading(end));
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 0);
  rb_inlet_accept(f.inlet);
  tt_str_op(rbt_last_sent(), OP_EQ, CONNECTED);
  tt_assert(!rb_inlet_is_waiting(f.inlet));
  tt_assert(connection_is_reading(end));
  tt_ptr_op(rb_inlet_get_inbuf(f.inlet), OP_EQ, end->inbuf);
  rb_inlet_pause(f.inlet, true);
  tt_assert(!connection_is_reading(end));

  send_text(&f, "abc");
  tt_u64_op(rb_inlet_get_unsent(f.inlet), OP_EQ, 3);
  rb_inlet_close(f.inlet, 1000);
  tt_assert(end->marked_for_close);
  tt_ptr_op(rb_inlet_get_inbuf(f.inlet), OP_EQ, NULL);
  send_text(&f, "abc");
  tt_u64_op(rb_inlet_get_unsent(f.inlet), OP_EQ, 0);
  tt_int_op(connection_get_outbuf_len(end), OP_EQ, 3);
 done:
  tear_down(&f);
}

/** A client that is refused is told why. */
static void
test_rbalance_inlet_refuse(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f);
  rb_inlet_refuse(f.inlet, END_STREAM_REASON_DONE);
  tt_str_op(rbt_last_sent(), OP_EQ, END_DONE);
  tt_assert(TO_CONN(f.stream)->marked_for_close);
  tt_assert(!rb_inlet_is_waiting(f.inlet));
  rb_inlet_refuse(f.inlet, END_STREAM_REASON_DONE);
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 1);
 done:
  tear_down(&f);
}

/** A client that hung up is lost, unless something of it is still to be
 * read. */
static void
test_rbalance_inlet_lost(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f);
  rb_inlet_accept(f.inlet);
  rb_inlet_pause(f.inlet, true);
  tt_assert(!rb_inlet_is_lost(f.inlet, true));
  connection_edge_end(f.stream, END_STREAM_REASON_DONE);
  connection_mark_for_close(TO_CONN(f.stream));
  tt_assert(rb_inlet_is_lost(f.inlet, true));
  tt_assert(!rb_inlet_is_lost(f.inlet, false));
  rb_inlet_close(f.inlet, 1000);
  tt_assert(rb_inlet_is_lost(f.inlet, false));
 done:
  tear_down(&f);
}

/** A closed inlet lingers as long as its client takes what is left; one that
 * takes nothing is hung up on. */
static void
test_rbalance_inlet_lingers(void *arg)
{
  fixture_t f;
  char taken[4];
  (void) arg;

  set_up(&f);
  rb_inlet_accept(f.inlet);
  send_text(&f, "abcdef");
  rb_inlet_close(f.inlet, 1000);
  tt_assert(rb_inlet_lingers(f.inlet, 100, 1099));
  /* tor closes our end. */
  buf_move_all(TO_CONN(f.stream)->inbuf,
               TO_CONN(f.stream)->linked_conn->outbuf);
  tt_assert(rb_inlet_lingers(f.inlet, 100, 1099));
  buf_get_bytes(TO_CONN(f.stream)->inbuf, taken, 3);
  tt_assert(rb_inlet_lingers(f.inlet, 100, 1150));
  tt_assert(rb_inlet_lingers(f.inlet, 100, 1249));
  tt_str_op(rbt_last_sent(), OP_EQ, CONNECTED);
  tt_assert(!rb_inlet_lingers(f.inlet, 100, 1250));
  tt_str_op(rbt_last_sent(), OP_EQ, END_TIMEOUT);
  tt_assert(TO_CONN(f.stream)->marked_for_close);
  tt_assert(!rb_inlet_lingers(f.inlet, 100, 1251));
 done:
  tear_down(&f);
}

/** An inlet does not linger when there was nothing to send. */
static void
test_rbalance_inlet_empty(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f);
  rb_inlet_accept(f.inlet);
  rb_inlet_close(f.inlet, 1000);
  tt_assert(!rb_inlet_lingers(f.inlet, 100, 1001));
 done:
  tear_down(&f);
}

/** Nor when the client has taken everything. */
static void
test_rbalance_inlet_taken(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f);
  rb_inlet_accept(f.inlet);
  send_text(&f, "abc");
  rb_inlet_close(f.inlet, 1000);
  tt_assert(rb_inlet_lingers(f.inlet, 1, 1000));
  buf_clear(TO_CONN(f.stream)->linked_conn->outbuf);
  tt_assert(!rb_inlet_lingers(f.inlet, 0, 1001));
  tt_str_op(rbt_last_sent(), OP_EQ, CONNECTED);
 done:
  tear_down(&f);
}

/** Nor when its stream is gone. */
static void
test_rbalance_inlet_gone(void *arg)
{
  fixture_t f;
  (void) arg;

  set_up(&f);
  rb_inlet_accept(f.inlet);
  send_text(&f, "abc");
  rb_inlet_close(f.inlet, 1000);
  connection_edge_end(f.stream, END_STREAM_REASON_DONE);
  connection_mark_for_close(TO_CONN(f.stream));
  tt_assert(!rb_inlet_lingers(f.inlet, 0, 1001));
  tt_int_op(smartlist_len(rbt_sent), OP_EQ, 2);
 done:
  tear_down(&f);
}

#define T(name) \
  { #name, test_rbalance_inlet_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_inlet_tests[] = {
  T(accept),
  T(refuse),
  T(lost),
  T(lingers),
  T(empty),
  T(taken),
  T(gone),
  END_OF_TESTCASES
};
