/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inner.c
 * @brief Connections of tor's that end in the module, and whose they are.
 *
 * A connection of tor's is one of type CONN_TYPE_RBALANCE here, linked to a
 * stream or with a socket.  tor tells of each by the connection alone; there
 * may be thousands, so they are found by hash.  tor also tells before it frees
 * one; from then on, and once tor shuts down, an inner connection has none.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_inner.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "ext/ht.h"

#include "core/or/connection_st.h"

struct rb_inner_t {
  HT_ENTRY(rb_inner_t) node;
  /** The connection, until tor frees it, and its global identifier. */
  connection_t *conn;
  uint64_t conn_id;
  const rb_inner_calls_t *calls;
  void *owner;
};

static unsigned int
inner_hash(const rb_inner_t *inner)
{
  return (unsigned int) inner->conn_id;
}

static int
inner_eq(const rb_inner_t *a, const rb_inner_t *b)
{
  return a->conn_id == b->conn_id;
}

static HT_HEAD(inner_map, rb_inner_t) inners = HT_INITIALIZER();
HT_PROTOTYPE(inner_map, rb_inner_t, node, inner_hash, inner_eq);
HT_GENERATE2(inner_map, rb_inner_t, node, inner_hash, inner_eq, 0.6,
             tor_reallocarray_, tor_free_);

/** Return a new connection of the address family <b>family</b> that ends in
 * the module, for tor to own. */
connection_t *
rb_inner_conn_new(int family)
{
  connection_t *conn = connection_new(CONN_TYPE_RBALANCE, family);
  conn->address = tor_strdup("(Tor_internal)");
  tor_addr_make_unspec(&conn->addr);
  return conn;
}

/** Return a new inner connection of the address family <b>family</b>, which
 * belongs to <b>owner</b>, who is called by <b>calls</b>.  Its connection is
 * not among tor's yet. */
rb_inner_t *
rb_inner_new(int family, const rb_inner_calls_t *calls, void *owner)
{
  rb_inner_t *inner = tor_malloc_zero(sizeof(*inner));

  inner->conn = rb_inner_conn_new(family);
  inner->conn_id = inner->conn->global_identifier;
  inner->calls = calls;
  inner->owner = owner;
  HT_INSERT(inner_map, &inners, inner);
  return inner;
}

/** Release <b>inner</b>; NULL is fine.  Its connection, if it has one, stays
 * with tor, and nobody is called for it any more. */
void
rb_inner_free_(rb_inner_t *inner)
{
  if (inner && inner->conn) {
    HT_REMOVE(inner_map, &inners, inner);
  }
  tor_free(inner);
}

/** Release <b>inner</b>, whose connection was never added to tor's, and that
 * connection. */
void
rb_inner_discard(rb_inner_t *inner)
{
  connection_t *conn = inner->conn;
  rb_inner_free(inner);
  connection_free_(conn);
}

/** Return the connection of <b>inner</b>, or NULL if tor has freed it. */
connection_t *
rb_inner_get_conn(const rb_inner_t *inner)
{
  return inner->conn;
}

/** Return the connection of <b>inner</b>, or NULL if it is closed, or about to
 * be. */
connection_t *
rb_inner_get_open_conn(const rb_inner_t *inner)
{
  connection_t *conn = inner->conn;
  return conn && !conn->marked_for_close ? conn : NULL;
}

/** Read from the connection of <b>inner</b>, if tor still has it open, unless
 * <b>is_paused</b>. */
void
rb_inner_pause(const rb_inner_t *inner, bool is_paused)
{
  connection_t *conn = rb_inner_get_open_conn(inner);

  if (!conn) {
    return;
  }
  if (is_paused && connection_is_reading(conn)) {
    connection_stop_reading(conn);
  } else if (!is_paused && !connection_is_reading(conn)) {
    connection_start_reading(conn);
  }
}

/** Return the inner connection that ends <b>conn</b>, or NULL. */
static rb_inner_t *
find(const connection_t *conn)
{
  rb_inner_t key = { .conn_id = conn->global_identifier };
  return HT_FIND(inner_map, &inners, &key);
}

/** tor has freed all connections: no inner connection has one any more. */
void
rb_inner_forget_all(void)
{
  rb_inner_t **inner = HT_START(inner_map, &inners);
  while (inner) {
    (*inner)->conn = NULL;
    inner = HT_NEXT_RMV(inner_map, &inners, inner);
  }
  HT_CLEAR(inner_map, &inners);
}

/** Bytes arrived on <b>conn</b>: tell its owner.  Return false iff it has
 * none. */
bool
rb_inner_arrived(const connection_t *conn)
{
  const rb_inner_t *inner = find(conn);
  if (inner) {
    inner->calls->arrived(inner->owner);
  }
  return inner;
}

/** All bytes of <b>conn</b> were taken: tell its owner.  Return false iff it
 * has none. */
bool
rb_inner_flushed(const connection_t *conn)
{
  const rb_inner_t *inner = find(conn);
  if (inner) {
    inner->calls->flushed(inner->owner);
  }
  return inner;
}

/** There is nothing more to read on <b>conn</b>: tell its owner.  Return
 * false iff it has none. */
bool
rb_inner_reached_eof(const connection_t *conn)
{
  const rb_inner_t *inner = find(conn);
  if (inner) {
    inner->calls->reached_eof(inner->owner);
  }
  return inner;
}

/** tor is about to free <b>conn</b>: tell its owner, if it has one. */
void
rb_inner_closing(const connection_t *conn)
{
  rb_inner_t *inner = find(conn);
  if (inner) {
    HT_REMOVE(inner_map, &inners, inner);
    inner->conn = NULL;
    inner->calls->closing(inner->owner);
  }
}

/** Return the owner of <b>conn</b> if it is called by <b>calls</b>, else
 * NULL. */
void *
rb_inner_get_owner(const connection_t *conn, const rb_inner_calls_t *calls)
{
  const rb_inner_t *inner = find(conn);
  return inner && inner->calls == calls ? inner->owner : NULL;
}
