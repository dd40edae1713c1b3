/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_stream.c
 * @brief Streams that begin or end inside tor, without a socket.
 *
 * Peer channels and forwarded streams need the same of tor: that it keeps a
 * client's stream, or ends it, and that it finds a way to an onion service.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_stream.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/circuitlist.h"
#include "core/or/circuituse.h"
#include "core/or/connection_edge.h"

#include "core/or/edge_connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/origin_circuit_st.h"

/** End the client's <b>stream</b>, attached to its rendezvous circuit but not
 * among tor's connections yet, with <b>reason</b>, and free it. */
void
rb_stream_refuse(edge_connection_t *stream, int reason)
{
  connection_edge_end(stream, reason);
  circuit_detach_stream(circuit_get_by_edge_conn(stream), stream);
  connection_free_(TO_CONN(stream));
}

/** Add the client's <b>stream</b>, attached to its rendezvous circuit and
 * without a socket, to tor's connections.  Return 0; or -1 if there is no
 * room: then it is refused. */
int
rb_stream_add(edge_connection_t *stream)
{
  TO_CONN(stream)->linked = 1;
  if (connection_add(TO_CONN(stream)) == 0) {
    return 0;
  }
  rb_stream_refuse(stream, END_STREAM_REASON_RESOURCELIMIT);
  return -1;
}

/** Hand the stream <b>entry</b> of our client side, which
 * connection_ap_make_link() made, over to tor, which finds a circuit for it:
 * to an onion service if <b>to_onion</b>, else to an exit relay, which
 * resolves the name if it has one. */
void
rb_stream_attach(entry_connection_t *entry, bool to_onion)
{
  entry->entry_cfg.onion_traffic = to_onion;
  entry->entry_cfg.ipv4_traffic = !to_onion;
  entry->entry_cfg.ipv6_traffic = !to_onion;
  /* Else tor would take no names. */
  entry->entry_cfg.dns_request = !to_onion;
  /* connection_ap_make_link() took it for a stream that only waits. */
  connection_ap_mark_as_non_pending_circuit(entry);
  if (connection_ap_handshake_rewrite_and_attach(entry, NULL, NULL) < 0 &&
      !ENTRY_TO_CONN(entry)->marked_for_close) {
    connection_mark_unattached_ap(entry, END_STREAM_REASON_CANT_ATTACH);
  }
}

/** Give up <b>conn</b>, a stream of our client side that need not be open
 * yet, for <b>reason</b>, which who is told of its answer learns. */
void
rb_stream_abandon(connection_t *conn, int reason)
{
  connection_edge_end(TO_EDGE_CONN(conn), reason);
  connection_mark_unattached_ap(TO_ENTRY_CONN(conn), reason);
}

/** Put no further streams on the circuit of <b>conn</b>, a stream of our
 * client side that was not open in time: the circuit may lead nowhere, and
 * while it has the fewest streams, it would get the next. */
void
rb_stream_blame_circuit(connection_t *conn)
{
  circuit_t *circ = circuit_get_by_edge_conn(TO_EDGE_CONN(conn));
  if (circ && CIRCUIT_IS_ORIGIN(circ)) {
    mark_circuit_unusable_for_new_conns(TO_ORIGIN_CIRCUIT(circ));
  }
}
