/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_stream.c
 * @brief A rendezvous circuit of a client and its streams, for tests, and what
 * is sent back on it.
 **/

#define CIRCUITBUILD_PRIVATE
#define CIRCUITLIST_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_stream.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/or/circuitbuild.h"
#include "core/or/circuitlist.h"
#include "core/or/connection_edge.h"
#include "core/or/relay.h"
#include "feature/hs/hs_ident.h"
#include "feature/rbalance/rbalance_inner.h"

#include "core/or/crypt_path_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/origin_circuit_st.h"

smartlist_t *rbt_sent = NULL;
int rbt_send_result = 0;

/** Note <b>command</b> and the first byte of its payload, which is the reason
 * of an END. */
static int
mock_send(streamid_t stream_id, circuit_t *circ, uint8_t command,
          const char *payload, size_t payload_len, crypt_path_t *cpath_layer,
          const char *filename, int lineno)
{
  (void) stream_id;
  (void) circ;
  (void) cpath_layer;
  (void) filename;
  (void) lineno;
  smartlist_add_asprintf(rbt_sent, "%d/%d", command,
                         payload_len ? payload[0] : 0);
  return rbt_send_result;
}

/** Return a new rendezvous circuit of the onion service with <b>key</b>, with
 * one hop, and catch what is sent on it. */
origin_circuit_t *
rbt_make_rend_circuit(const ed25519_public_key_t *key)
{
  origin_circuit_t *circ;

  rbt_sent = smartlist_new();
  rbt_send_result = 0;
  tor_init_connection_lists();
  MOCK(relay_send_command_from_edge_, mock_send);
  circ = origin_circuit_init(CIRCUIT_PURPOSE_S_REND_JOINED, 0);
  circ->hs_ident = hs_ident_circuit_new(key);
  circ->cpath = tor_malloc_zero(sizeof(crypt_path_t));
  circ->cpath->magic = CRYPT_PATH_MAGIC;
  circ->cpath->next = circ->cpath->prev = circ->cpath;
  circ->cpath->package_window = INT_MAX;
  circ->cpath->relay_cell_format = RELAY_CELL_FORMAT_V0;
  return circ;
}

/** Undo rbt_make_rend_circuit(), and release every connection. */
void
rbt_free_rend_circuit(origin_circuit_t *circ)
{
  connection_free_all();
  rb_inner_forget_all();
  circ->p_streams = NULL;
  circuit_free_(TO_CIRCUIT(circ));
  UNMOCK(relay_send_command_from_edge_);
  SMARTLIST_FOREACH(rbt_sent, char *, text, tor_free(text));
  smartlist_free(rbt_sent);
}

/** Return a new stream of a client on <b>circ</b>, for the onion service with
 * <b>key</b>, as tor has it before it connects it. */
edge_connection_t *
rbt_make_stream(origin_circuit_t *circ, const ed25519_public_key_t *key)
{
  static streamid_t last_stream_id = 0;
  edge_connection_t *stream = edge_connection_new(CONN_TYPE_EXIT, AF_INET);

  TO_CONN(stream)->address = tor_strdup("(rendezvous)");
  TO_CONN(stream)->state = EXIT_CONN_STATE_CONNECTING;
  TO_CONN(stream)->purpose = EXIT_PURPOSE_CONNECT;
  stream->hs_ident = hs_ident_edge_conn_new(key);
  stream->on_circuit = TO_CIRCUIT(circ);
  stream->cpath_layer = circ->cpath;
  stream->package_window = STREAMWINDOW_START;
  stream->stream_id = ++last_stream_id;
  stream->next_stream = circ->p_streams;
  circ->p_streams = stream;
  circ->hs_ident->num_rdv_streams++;
  return stream;
}

/** Return the last relay command that was sent, or "". */
const char *
rbt_last_sent(void)
{
  const int n = smartlist_len(rbt_sent);
  return n ? smartlist_get(rbt_sent, n - 1) : "";
}
