/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_outlet.c
 * @brief Connections that this tor opens to a target, to talk to it itself.
 *
 * To an onion service, and through an exit relay, an outlet is a connection
 * linked to a stream of our client side; to an address of this machine or its
 * network it has a socket.  Who uses it sees no difference.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_outlet.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/connection_edge.h"
#include "core/or/connection_or.h"
#include "core/or/reasons.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_inner.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_stream.h"

#include "core/or/connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/entry_port_cfg_st.h"
#include "core/or/or_connection_st.h"

struct rb_outlet_t {
  rb_inner_t *inner;
  const rb_outlet_calls_t *calls;
  void *owner;
  /** Why it failed, one of END_STREAM_REASON_*; 0 if it did not. */
  int reason;
  /** True iff the target is there. */
  bool is_open;
  /** True iff the owner was told that it ended. */
  bool has_ended;
};

/** Return the connection of <b>outlet</b>, or NULL if it is closed. */
static connection_t *
get_conn(const rb_outlet_t *outlet)
{
  return rb_inner_get_open_conn(outlet->inner);
}

/** Tell the owner of <b>outlet</b> once that it ended; that may free it. */
static void
end(rb_outlet_t *outlet)
{
  if (!outlet->has_ended) {
    outlet->has_ended = true;
    outlet->calls->ended(outlet->owner, outlet->reason ? outlet->reason :
                         outlet->is_open ? END_STREAM_REASON_DONE :
                                           END_STREAM_REASON_CONNECTREFUSED);
  }
}

/** Bytes arrived for <b>owner</b>, an outlet. */
static void
conn_arrived(void *owner)
{
  rb_outlet_t *outlet = owner;
  if (buf_datalen(rb_inner_get_conn(outlet->inner)->inbuf)) {
    outlet->calls->arrived(outlet->owner);
  }
}

/** Everything that <b>owner</b>, an outlet, sent is on its way; or its socket
 * can be written to for the first time, because it is connected. */
static void
conn_flushed(void *owner)
{
  rb_outlet_t *outlet = owner;
  connection_t *conn = rb_inner_get_conn(outlet->inner);
  int error = 0;
  socklen_t len = sizeof(error);

  if (outlet->is_open) {
    outlet->calls->flushed(outlet->owner);
    return;
  }
  if (!SOCKET_OK(conn->s)) {
    return;
  }
  if (getsockopt(conn->s, SOL_SOCKET, SO_ERROR, (void *) &error, &len) < 0 ||
      error) {
    outlet->reason = errno_to_stream_end_reason(error ? error : errno);
    connection_mark_for_close(conn);
    return;
  }
  connection_stop_writing(conn);
  outlet->is_open = true;
  outlet->calls->opened(outlet->owner);
}

/** <b>owner</b>, an outlet, has nothing more to read. */
static void
conn_reached_eof(void *owner)
{
  const rb_outlet_t *outlet = owner;
  /* Until it is closed, its end would be there to be read all the time. */
  rb_inner_pause(outlet->inner, true);
  end(owner);
}

/** The connection of <b>owner</b>, an outlet, is about to be freed. */
static void
conn_closing(void *owner)
{
  end(owner);
}

static const rb_inner_calls_t conn_calls = {
  conn_arrived, conn_flushed, conn_reached_eof, conn_closing,
};

/** Return a new outlet with a connection of <b>family</b>, not open yet, for
 * <b>owner</b>, who is called by <b>calls</b>. */
static rb_outlet_t *
outlet_new(int family, const rb_outlet_calls_t *calls, void *owner)
{
  rb_outlet_t *outlet = tor_malloc_zero(sizeof(*outlet));
  outlet->calls = calls;
  outlet->owner = owner;
  outlet->inner = rb_inner_new(family, &conn_calls, outlet);
  return outlet;
}

/** Free <b>outlet</b>, whose connection tor never had.  Return NULL. */
static rb_outlet_t *
discard(rb_outlet_t *outlet)
{
  rb_inner_discard(outlet->inner);
  tor_free(outlet);
  return NULL;
}

/** Return <b>outlet</b>, whose socket was connected, if <b>status</b> is 1, or
 * is connecting, if it is 0, and is among tor's connections then; or NULL if
 * the status is -1. */
static rb_outlet_t *
watch_socket(rb_outlet_t *outlet, int status)
{
  if (status < 0) {
    return discard(outlet);
  }
  /* Also one that is connected already is told of when it can be written. */
  connection_watch_events(rb_inner_get_conn(outlet->inner),
                          READ_EVENT|WRITE_EVENT);
  return outlet;
}

/** Open an outlet to <b>addr</b>:<b>port</b> with a socket. */
static rb_outlet_t *
open_address(const tor_addr_t *addr, uint16_t port,
             const rb_outlet_calls_t *calls, void *owner)
{
  rb_outlet_t *outlet = outlet_new(tor_addr_family(addr), calls, owner);
  connection_t *conn = rb_inner_get_conn(outlet->inner);
  int error = 0;

  tor_addr_copy(&conn->addr, addr);
  conn->port = port;
  return watch_socket(outlet, connection_connect(conn, "(a target)", addr,
                                                 port, &error));
}

/** Open an outlet to <b>target</b> for <b>owner</b>, who is called by
 * <b>calls</b> from now on.  Circuits are isolated by <b>session_group</b> and
 * by the target.  Return it, owned by the caller; or NULL if that failed at
 * once. */
rb_outlet_t *
rb_outlet_open(const rb_target_t *target, int session_group,
               const rb_outlet_calls_t *calls, void *owner)
{
  rb_outlet_t *outlet;
  connection_t *conn;
  entry_connection_t *entry;

  if (target->reach == RB_REACH_DIRECT) {
    return open_address(&target->addr, target->port, calls, owner);
  }
  outlet = outlet_new(AF_INET, calls, owner);
  conn = rb_inner_get_conn(outlet->inner);
  conn->linked = 1;
  if (connection_add(conn) < 0) {
    return discard(outlet);
  }
  entry = connection_ap_make_link(conn, target->host, target->port, NULL,
                                  session_group, RB_TARGET_ISOLATION, 0, 0);
  if (!entry) {
    rb_outlet_free(outlet);
    return NULL;
  }
  connection_start_reading(conn);
  rb_stream_attach(entry, target->reach == RB_REACH_ONION);
  rb_pool_time_stream(entry);
  return outlet;
}

/** Open an outlet to what <b>port</b> of an onion service leads to, an address
 * or a socket in the file system; else as rb_outlet_open(). */
rb_outlet_t *
rb_outlet_open_port(const hs_port_config_t *port,
                    const rb_outlet_calls_t *calls, void *owner)
{
#ifdef HAVE_SYS_UN_H
  if (port->is_unix_addr) {
    rb_outlet_t *outlet = outlet_new(AF_UNIX, calls, owner);
    int error = 0;
    return watch_socket(outlet, connection_connect_unix(
                                  rb_inner_get_conn(outlet->inner),
                                  port->unix_addr, &error));
  }
#endif
  return open_address(&port->real_addr, port->real_port, calls, owner);
}

/** Called when the stream <b>conn</b> of our client side, linked to something
 * of ours, is open, if <b>reason</b> is 0, or failed.  Return true iff that is
 * an outlet. */
bool
rb_outlet_answered(connection_t *conn, int reason)
{
  rb_outlet_t *outlet = rb_inner_get_owner(conn->linked_conn, &conn_calls);

  if (!outlet) {
    return false;
  }
  if (reason && !outlet->is_open) {
    /* The end of the linked connection tells the owner. */
    outlet->reason = reason & END_STREAM_REASON_MASK;
  } else if (!outlet->is_open) {
    outlet->is_open = true;
    connection_start_reading(conn);
    outlet->calls->opened(outlet->owner);
  }
  return true;
}

/** Release <b>outlet</b>; NULL is fine.  What was sent still goes out. */
void
rb_outlet_free_(rb_outlet_t *outlet)
{
  connection_t *conn;

  if (!outlet) {
    return;
  }
  conn = get_conn(outlet);
  rb_inner_free(outlet->inner);
  if (conn) {
    connection_t *linked = conn->linked_conn;
    if (linked && !outlet->is_open && !linked->marked_for_close) {
      rb_stream_abandon(linked, END_STREAM_REASON_DONE);
    }
    connection_mark_and_flush(conn);
  }
  tor_free(outlet);
}

/** <b>outlet</b> took too long: if it is not even open, put no further streams
 * on its circuit.  NULL is fine. */
void
rb_outlet_blame_circuit(const rb_outlet_t *outlet)
{
  connection_t *conn = outlet ? get_conn(outlet) : NULL;
  if (conn && conn->linked_conn && !outlet->is_open) {
    rb_stream_blame_circuit(conn->linked_conn);
  }
}

/** Return what arrived on <b>outlet</b>, for the caller to take from; NULL if
 * its connection is gone. */
buf_t *
rb_outlet_get_inbuf(rb_outlet_t *outlet)
{
  connection_t *conn = rb_inner_get_conn(outlet->inner);
  return conn ? conn->inbuf : NULL;
}

/** Send <b>bytes</b>, all of which are taken, on <b>outlet</b>.  If it is
 * closed, or NULL, they are lost. */
void
rb_outlet_send(rb_outlet_t *outlet, buf_t *bytes)
{
  connection_t *conn = outlet ? get_conn(outlet) : NULL;
  if (conn) {
    connection_buf_add_buf(conn, bytes);
  }
  buf_clear(bytes);
}

/** Return how many bytes of <b>outlet</b> wait to be sent; NULL has none. */
size_t
rb_outlet_get_unsent(const rb_outlet_t *outlet)
{
  connection_t *conn = outlet ? get_conn(outlet) : NULL;
  return conn ? connection_get_outbuf_len(conn) : 0;
}

/** Read from <b>outlet</b>, unless <b>is_paused</b>.  What has arrived before
 * is the caller's to take.  NULL is fine. */
void
rb_outlet_pause(rb_outlet_t *outlet, bool is_paused)
{
  if (outlet && !outlet->has_ended) {
    rb_inner_pause(outlet->inner, is_paused);
  }
}
