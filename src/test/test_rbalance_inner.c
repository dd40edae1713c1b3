/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_inner.c
 * @brief Test that connections which end in the module find their owners.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "core/mainloop/connection.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_inner.h"

#include "core/or/connection_st.h"

/** How often an owner was called for what. */
typedef struct owner_t {
  int n_arrived, n_flushed, n_eof, n_closing;
} owner_t;

static void
note_arrived(void *owner)
{
  ((owner_t *) owner)->n_arrived++;
}

static void
note_flushed(void *owner)
{
  ((owner_t *) owner)->n_flushed++;
}

static void
note_eof(void *owner)
{
  ((owner_t *) owner)->n_eof++;
}

static void
note_closing(void *owner)
{
  ((owner_t *) owner)->n_closing++;
}

static const rb_inner_calls_t calls = {
  note_arrived, note_flushed, note_eof, note_closing,
};
static const rb_inner_calls_t other_calls = {
  note_arrived, note_flushed, note_eof, note_closing,
};

/** Each of many owners is called for its own connection, until that is gone or
 * disowned. */
static void
test_rbalance_inner_owners(void *arg)
{
#define N 100
  owner_t owners[N];
  rb_inner_t *inners[N];
  connection_t *conns[N];
  (void) arg;

  memset(owners, 0, sizeof(owners));
  for (int i = 0; i < N; ++i) {
    inners[i] = rb_inner_new(AF_INET, &calls, &owners[i]);
    conns[i] = rb_inner_get_conn(inners[i]);
    tt_int_op(conns[i]->type, OP_EQ, CONN_TYPE_RBALANCE);
  }
  for (int i = 0; i < N; ++i) {
    tt_ptr_op(rb_inner_get_owner(conns[i], &calls), OP_EQ, &owners[i]);
    tt_ptr_op(rb_inner_get_owner(conns[i], &other_calls), OP_EQ, NULL);
    for (int times = 0; times < i % 3; ++times) {
      tt_int_op(rbalance_conn_process_inbuf(conns[i]), OP_EQ, 0);
      tt_int_op(rbalance_conn_finished_flushing(conns[i]), OP_EQ, 0);
      tt_int_op(rbalance_conn_reached_eof(conns[i]), OP_EQ, 0);
    }
    tt_assert(!conns[i]->marked_for_close);
  }
  for (int i = 0; i < N; ++i) {
    tt_int_op(owners[i].n_arrived, OP_EQ, i % 3);
    tt_int_op(owners[i].n_flushed, OP_EQ, i % 3);
    tt_int_op(owners[i].n_eof, OP_EQ, i % 3);
    tt_int_op(owners[i].n_closing, OP_EQ, 0);
    if (i % 2) {
      rbalance_conn_about_to_close(conns[i]);
      tt_ptr_op(rb_inner_get_conn(inners[i]), OP_EQ, NULL);
      tt_int_op(owners[i].n_closing, OP_EQ, 1);
    } else {
      rb_inner_free(inners[i]);
    }
    tt_ptr_op(rb_inner_get_owner(conns[i], &calls), OP_EQ, NULL);
    tt_assert(!rb_inner_arrived(conns[i]));
    tt_assert(!rb_inner_flushed(conns[i]));
    tt_assert(!rb_inner_reached_eof(conns[i]));
    rbalance_conn_about_to_close(conns[i]);
    tt_int_op(owners[i].n_closing, OP_EQ, i % 2);
  }
 done:
  for (int i = 0; i < N; ++i) {
    rb_inner_free(inners[i]);
    connection_free_(conns[i]);
  }
#undef N
}

/** Once tor has freed all connections nobody touches one, and nobody is
 * called. */
static void
test_rbalance_inner_shutdown(void *arg)
{
  owner_t owner = { 0, 0, 0, 0 };
  rb_inner_t *first = rb_inner_new(AF_INET, &calls, &owner);
  rb_inner_t *second = rb_inner_new(AF_UNIX, &calls, &owner);
  (void) arg;

  connection_free_(rb_inner_get_conn(first));
  connection_free_(rb_inner_get_conn(second));
  rb_inner_forget_all();
  tt_ptr_op(rb_inner_get_conn(first), OP_EQ, NULL);
  tt_ptr_op(rb_inner_get_conn(second), OP_EQ, NULL);
  tt_int_op(owner.n_closing, OP_EQ, 0);
  rb_inner_free(first);
  rb_inner_free(second);
  /* And one that tor never had. */
  first = rb_inner_new(AF_INET, &calls, &owner);
  rb_inner_discard(first);
  first = NULL;
  tt_int_op(owner.n_closing, OP_EQ, 0);
 done:
  rb_inner_free(first);
  rb_inner_free(second);
}

#define T(name) \
  { #name, test_rbalance_inner_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_inner_tests[] = {
  T(owners),
  T(shutdown),
  END_OF_TESTCASES
};
