/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inlet.c
 * @brief Where a client's stream ends in the module.
 *
 * The stream is linked to a connection of ours.  When we close that, tor sends
 * the client the bytes that are left, as it takes them, and only then ends the
 * stream.  For a client that takes none that is never, and what it sent stays
 * in memory as well: such a stream we end.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_inlet.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "core/or/connection_or.h"
#include "feature/rbalance/rbalance_stream.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/or_connection_st.h"

struct rb_inlet_t {
  /** The connection that the stream is linked to. */
  rb_inner_t *inner;
  /** The stream's global identifier. */
  uint64_t stream_id;
  /** Once closed: bytes that the client did not take yet, and the monotonic
   * milliseconds since when there are so many. */
  size_t n_left;
  uint64_t since;
};

/** Return our end of <b>inlet</b>, or NULL if it is closed. */
static connection_t *
get_conn(const rb_inlet_t *inlet)
{
  return rb_inner_get_open_conn(inlet->inner);
}

/** Return the stream of <b>inlet</b>, or NULL if it or our end is closed. */
static connection_t *
get_stream(const rb_inlet_t *inlet)
{
  connection_t *conn = get_conn(inlet);
  connection_t *stream = conn ? conn->linked_conn : NULL;
  return stream && !stream->marked_for_close ? stream : NULL;
}

/** End the client's <b>stream</b>, which is not closed yet, with
 * <b>reason</b>. */
static void
end_stream(connection_t *stream, int reason)
{
  connection_edge_end(TO_EDGE_CONN(stream), reason);
  connection_mark_for_close(stream);
}

/** Let the client's <b>stream</b>, attached to its rendezvous circuit, end
 * here; <b>owner</b> is called by <b>calls</b>.  Return a new inlet, of which
 * nothing is read until it is accepted; or NULL if there is no room: then
 * the stream is ended. */
rb_inlet_t *
rb_inlet_open(edge_connection_t *stream, const rb_inner_calls_t *calls,
              void *owner)
{
  rb_inlet_t *inlet;
  rb_inner_t *inner;
  connection_t *conn;

  if (rb_stream_add(stream) < 0) {
    return NULL;
  }
  inner = rb_inner_new(AF_INET, calls, owner);
  conn = rb_inner_get_conn(inner);
  conn->linked = 1;
  if (connection_add(conn) < 0) {
    end_stream(TO_CONN(stream), END_STREAM_REASON_RESOURCELIMIT);
    rb_inner_discard(inner);
    return NULL;
  }
  connection_link_connections(conn, TO_CONN(stream));
  inlet = tor_malloc_zero(sizeof(*inlet));
  inlet->inner = inner;
  inlet->stream_id = TO_CONN(stream)->global_identifier;
  return inlet;
}

/** Release <b>inlet</b>; NULL is fine.  It was closed, or tor is about to free
 * all connections. */
void
rb_inlet_free_(rb_inlet_t *inlet)
{
  if (inlet) {
    rb_inner_free(inlet->inner);
    tor_free(inlet);
  }
}

/** Return true iff the client of <b>inlet</b> waits for its stream to be
 * accepted or refused. */
bool
rb_inlet_is_waiting(const rb_inlet_t *inlet)
{
  const connection_t *stream = get_stream(inlet);
  return stream && stream->state == EXIT_CONN_STATE_CONNECTING;
}

/** Tell the client of <b>inlet</b>, which waits, that its stream is open, and
 * read from it. */
void
rb_inlet_accept(rb_inlet_t *inlet)
{
  connection_start_reading(get_conn(inlet));
  connection_edge_finished_connecting(TO_EDGE_CONN(get_stream(inlet)));
}

/** End the stream of <b>inlet</b>, if it is there still, with
 * <b>reason</b>. */
void
rb_inlet_refuse(rb_inlet_t *inlet, int reason)
{
  connection_t *stream = get_stream(inlet);
  if (stream) {
    end_stream(stream, reason);
  }
}

/** Return what arrived at <b>inlet</b>, to be read from; NULL if it is
 * closed. */
buf_t *
rb_inlet_get_inbuf(const rb_inlet_t *inlet)
{
  const connection_t *conn = get_conn(inlet);
  return conn ? conn->inbuf : NULL;
}

/** Send <b>bytes</b> to the client of <b>inlet</b>; all of them are taken. */
void
rb_inlet_send(rb_inlet_t *inlet, buf_t *bytes)
{
  connection_t *conn = get_conn(inlet);
  if (conn) {
    connection_buf_add_buf(conn, bytes);
  }
  buf_clear(bytes);
}

/** Return how many bytes for the client of <b>inlet</b> wait to be sent. */
size_t
rb_inlet_get_unsent(const rb_inlet_t *inlet)
{
  const connection_t *conn = get_conn(inlet);
  return conn ? connection_get_outbuf_len(conn) : 0;
}

/** Read from the client of <b>inlet</b>, unless <b>is_paused</b>. */
void
rb_inlet_pause(rb_inlet_t *inlet, bool is_paused)
{
  rb_inner_pause(inlet->inner, is_paused);
}

/** Return true iff the client of <b>inlet</b> is gone.  One that is not read
 * from counts as gone when it hung up only if it <b>may_be_read</b> from: else
 * something of it waits, and will be read. */
bool
rb_inlet_is_lost(const rb_inlet_t *inlet, bool may_be_read)
{
  const connection_t *conn = get_conn(inlet);
  return !conn || !conn->linked_conn ||
    (conn->linked_conn->marked_for_close && may_be_read &&
     !connection_is_reading(conn));
}

/** Return how many bytes wait for the client of <b>inlet</b>, whose stream is
 * <b>stream</b>, at both ends: tor moves them when it frees ours. */
static size_t
count_left(const rb_inlet_t *inlet, connection_t *stream)
{
  connection_t *conn = rb_inner_get_conn(inlet->inner);
  return connection_get_inbuf_len(stream) +
    (conn ? connection_get_outbuf_len(conn) : 0);
}

/** Close our end of <b>inlet</b> at monotonic milliseconds <b>now</b>, after
 * what was sent. */
void
rb_inlet_close(rb_inlet_t *inlet, uint64_t now)
{
  connection_t *conn = get_conn(inlet);
  connection_t *stream = get_stream(inlet);

  if (stream) {
    inlet->n_left = count_left(inlet, stream);
    inlet->since = now;
  }
  if (conn) {
    connection_mark_and_flush(conn);
  }
}

/** Return true iff the client of <b>inlet</b>, which was closed, has not taken
 * everything yet at monotonic milliseconds <b>now</b>.  If it took nothing for
 * <b>timeout</b> of them, end its stream. */
bool
rb_inlet_lingers(rb_inlet_t *inlet, uint64_t timeout, uint64_t now)
{
  /* Most had nothing left, and need not be searched for. */
  connection_t *stream =
    inlet->n_left ? connection_get_by_global_id(inlet->stream_id) : NULL;
  const size_t n_left =
    stream && !stream->marked_for_close ? count_left(inlet, stream) : 0;

  if (n_left != inlet->n_left) {
    inlet->n_left = n_left;
    inlet->since = now;
  }
  if (n_left && now >= inlet->since + timeout) {
    end_stream(stream, END_STREAM_REASON_TIMEOUT);
    return false;
  }
  return n_left > 0;
}
