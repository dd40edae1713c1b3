/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance.c
 * @brief From tor's calls to the parts of the module.
 *
 * Every function here is one that a hook in tor calls; none of them does
 * anything for a service without HiddenServiceBalance 1.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance.h"

#include "core/mainloop/connection.h"
#include "core/or/circuitlist.h"
#include "core/or/circuituse.h"
#include "core/or/connection_edge.h"
#include "feature/client/circpathbias.h"
#include "feature/hs/hs_ident.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_frame.h"
#include "feature/rbalance/rbalance_inner.h"
#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_lease.h"
#include "feature/rbalance/rbalance_outlet.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_powstate.h"
#include "feature/rbalance/rbalance_registry.h"
#include "feature/rbalance/rbalance_stream.h"

#include "core/or/connection_st.h"
#include "core/or/edge_connection_st.h"
#include "core/or/entry_connection_st.h"
#include "core/or/origin_circuit_st.h"

/** Called when <b>service</b> was registered, for the first time or after a
 * reload. */
void
rbalance_service_registered(const hs_service_t *service)
{
  rb_services_register(service);
}

/** Called when tor lists the files that a sandbox must let it use: append
 * those of <b>service</b> to <b>files</b>. */
void
rbalance_list_files(const hs_service_t *service, smartlist_t *files)
{
  if (service->config.rbalance) {
    rb_keys_list_files(service->config.directory_path, files);
  }
}

/** Return the balanced service of <b>service</b>, or NULL. */
static rb_service_t *
balanced_of(const hs_service_t *service)
{
  return service->config.rbalance ?
    rb_services_find(&service->keys.identity_pk) : NULL;
}

/** Called when tor is about to pick introduction points for <b>desc</b> of
 * <b>service</b>: add to <b>exclude_nodes</b> the relays that other nodes
 * use. */
void
rbalance_exclude_relays(const hs_service_t *service,
                        const hs_service_descriptor_t *desc,
                        smartlist_t *exclude_nodes)
{
  rb_service_t *balanced = balanced_of(service);
  if (balanced) {
    rb_desc_exclude_relays(balanced, desc->blinded_kp.pubkey.pubkey,
                           exclude_nodes);
  }
}

/** Return whether the descriptor <b>desc</b> of <b>service</b> may be
 * uploaded. */
static rb_upload_verdict_t
upload_verdict(const hs_service_t *service,
               const hs_service_descriptor_t *desc)
{
  rb_service_t *balanced = balanced_of(service);
  if (!service->config.rbalance) {
    return RB_UPLOAD_STOCK;
  }
  if (!balanced) {
    return RB_UPLOAD_FORBID;
  }
  return rb_upload_verdict(balanced->state, desc->blinded_kp.pubkey.pubkey,
                           rb_now_mono());
}

/** Return true iff <b>desc</b> of <b>service</b> must not be uploaded now. */
bool
rbalance_forbids_upload(const hs_service_t *service,
                        const hs_service_descriptor_t *desc)
{
  return upload_verdict(service, desc) == RB_UPLOAD_FORBID;
}

/** Return true iff <b>desc</b> of <b>service</b> may be uploaded without
 * introduction points of our own. */
bool
rbalance_waives_own_points(const hs_service_t *service,
                           const hs_service_descriptor_t *desc)
{
  return upload_verdict(service, desc) == RB_UPLOAD_ALLOW;
}

/** Called when tor has put our own introduction points into <b>desc</b> of
 * <b>service</b>, about to be uploaded: put in those of all healthy nodes;
 * of a node that is alone, these are its own. */
void
rbalance_merge_intro_points(const hs_service_t *service,
                            hs_service_descriptor_t *desc, time_t now)
{
  rb_service_t *balanced = balanced_of(service);
  if (balanced) {
    rb_desc_merge(balanced, service, desc, now);
  }
}

/** Called when tor has given <b>desc</b> of <b>service</b>, about to be
 * uploaded, its revision counter: make it one that HSDirs take over any that
 * a node of a balanced service uploaded before. */
void
rbalance_raise_revision_counter(const hs_service_t *service,
                                hs_service_descriptor_t *desc)
{
  const rb_service_t *balanced = balanced_of(service);
  uint64_t *counter = &desc->desc->plaintext_data.revision_counter;
  uint64_t next;

  if (!balanced) {
    return;
  }
  next = rb_lease_next_revision(balanced->state,
                                desc->blinded_kp.pubkey.pubkey, *counter);
  if (next != *counter) {
    log_info(LD_REND, "The clock of another node is ahead of ours, or ours is "
             "behind, or we upload twice in a second: setting the revision "
             "counter.");
    *counter = next;
  }
}

/** Called each second when tor has seen to the proof-of-work defenses of
 * <b>service</b>: give it the seeds and the effort that all nodes share. */
void
rbalance_share_pow(const hs_service_t *service, time_t now)
{
  rb_service_t *balanced = balanced_of(service);
  if (balanced) {
    rb_powstate_share(balanced, service, now);
  }
}

/** Return how many channels that others opened to <b>service</b> have a
 * handshake to do. */
static int
count_pending_channels(const rb_service_t *service)
{
  int n_pending = 0;
  SMARTLIST_FOREACH(service->channels, const rb_channel_t *, channel,
                    n_pending += channel->is_inbound && !channel->is_up);
  return n_pending;
}

/** Global identifier of the stream that is being taken for a joining node; 0
 * for none.  It is set and used within the handling of one BEGIN cell. */
static uint64_t joining_stream_id = 0;

/** Called when a BEGIN cell for <b>address</b> came on the rendezvous circuit
 * <b>circ</b>, before <b>stream</b> is checked: if it is for the reserved port
 * of a balanced service and <b>address</b> is a good tag, remember that this
 * stream is ours. */
void
rbalance_judge_begin(const origin_circuit_t *circ,
                     const edge_connection_t *stream, const char *address)
{
  rb_service_t *service;
  rb_tag_t tag;

  joining_stream_id = 0;
  if (TO_CONN(stream)->port != RB_NODE_PORT || !*address ||
      !circ->hs_ident) {
    return;
  }
  service = rb_services_find(&circ->hs_ident->identity_pk);
  if (!service) {
    return;
  }
  if (rb_service_admits(service, address, &tag)) {
    joining_stream_id = TO_CONN(stream)->global_identifier;
  } else {
    service->state->dropped[RB_DROP_HANDSHAKE]++;
  }
}

/** Return true iff rbalance_judge_begin() found that <b>stream</b> is ours, so
 * that the service needs no virtual port for it. */
bool
rbalance_takes_stream(const edge_connection_t *stream)
{
  return joining_stream_id &&
    joining_stream_id == TO_CONN(stream)->global_identifier;
}

/** Return what a BEGIN cell for the client stream <b>conn</b> to an onion
 * service has as its address: of a stream that joins a tag, else nothing. */
const char *
rbalance_get_begin_address(const connection_t *conn)
{
  rb_channel_t *channel = NULL;
  if (conn->linked_conn &&
      rb_services_find_by_conn(conn->linked_conn->global_identifier,
                               &channel) && channel->begin_address) {
    return channel->begin_address;
  }
  return "";
}

/** If <b>stream</b> of a client is for a port of a balanced service that has a
 * target, forward it there, or end it if that can't be, and return true; else
 * return false. */
static bool
forward_stream(origin_circuit_t *circ, edge_connection_t *stream)
{
  rb_service_t *service = rb_services_find(&stream->hs_ident->identity_pk);
  const int index = service ? rb_forward_find_target(service, stream) : -1;

  if (index < 0) {
    return false;
  }
  pathbias_mark_use_success(circ);
  rb_forward_start(service, index, stream);
  return true;
}

/** If <b>conn</b> is that of a channel, the stream that it is linked to is
 * open, or failed if <b>endreason</b> is not 0. */
static void
note_channel_opened(const connection_t *conn, int endreason)
{
  rb_channel_t *channel = NULL;
  if (!endreason && rb_services_find_by_conn(conn->global_identifier,
                                             &channel)) {
    rb_now_t now;
    rb_now_get(&now);
    rb_channel_opened(channel, now);
  }
}

/** Called when the stream <b>conn</b> of our client side is open, if
 * <b>endreason</b> is 0, or failed: if a client's stream is forwarded on it,
 * or an outlet is its other end, that one learns the same. */
void
rbalance_stream_answered(entry_connection_t *conn, int endreason)
{
  connection_t *base = ENTRY_TO_CONN(conn);
  if (!base->linked_conn) {
    return;
  }
  rb_pool_stream_answered(conn, !endreason);
  if (base->linked_conn->type == CONN_TYPE_EXIT) {
    rb_forward_answered(base->linked_conn, base, endreason);
  } else if (base->linked_conn->type == CONN_TYPE_RBALANCE) {
    if (!rb_outlet_answered(base, endreason)) {
      note_channel_opened(base->linked_conn, endreason);
    }
  }
}

/** Called when <b>stream</b> of a client was attached to the rendezvous
 * circuit <b>circ</b>.  If it is for a node onion service of ours, or of a
 * node that joins, take it, or end it if there are too many; if it is for a
 * target, forward it.  Return true iff it was one of these. */
bool
rbalance_accept_stream(origin_circuit_t *circ, edge_connection_t *stream)
{
  const ed25519_public_key_t *reached = &stream->hs_ident->identity_pk;
  const bool is_join = rbalance_takes_stream(stream);
  rb_service_t *service = is_join ? rb_services_find(reached) :
                                    rb_services_find_by_node(reached);
  uint8_t nonce[RB_NONCE_LEN];
  rb_handshake_ctx_t ctx;
  rb_channel_t *channel;

  joining_stream_id = 0;
  if (!service) {
    return forward_stream(circ, stream);
  }
  if (count_pending_channels(service) >= RB_MAX_PENDING_CHANNELS) {
    service->state->dropped[RB_DROP_LIMIT]++;
    rb_stream_refuse(stream, END_STREAM_REASON_DONE);
    return true;
  }
  rb_service_prepare_handshake(service, nonce, &ctx);
  channel = rb_channel_accept(stream, service->state->cluster_id, reached,
                              &ctx);
  if (channel) {
    channel->is_join = is_join;
    smartlist_add(service->channels, channel);
    pathbias_mark_use_success(circ);
  }
  return true;
}

/** Go on with the handshake of <b>channel</b>.  Return 0 while it goes on or
 * when it is done; if it failed, count that, hang up and return -1. */
static int
process_handshake(rb_service_t *service, rb_channel_t *channel,
                  connection_t *conn)
{
  uint8_t nonce[RB_NONCE_LEN];
  rb_handshake_ctx_t ctx;
  rb_handshake_status_t status;
  rb_event_t event;

  rb_service_prepare_handshake(service, nonce, &ctx);
  status = rb_channel_run_handshake(channel, conn, &ctx);
  if (status == RB_HANDSHAKE_PENDING) {
    return 0;
  }
  if (status != RB_HANDSHAKE_DONE) {
    log_info(LD_REND, "Handshake of a peer channel failed: %s.",
             rb_handshake_status_to_string(status));
    service->state->dropped[RB_DROP_HANDSHAKE]++;
    rb_channel_hang_up(channel);
    return -1;
  }
  memset(&event, 0, sizeof(event));
  event.type = channel->is_join ? RB_EV_JOIN_UP : RB_EV_CHANNEL_UP;
  event.u.channel.number = channel->number;
  event.u.channel.peer = &channel->peer;
  event.u.channel.is_inbound = channel->is_inbound;
  event.u.channel.rtt = channel->handshake.rtt;
  event.u.channel.skew = channel->handshake.skew;
  rb_service_event(service, &event);
  return 0;
}

/** Feed every whole frame on <b>conn</b> to the protocol.  Return 0, or -1 if
 * the connection is closing. */
static int
process_frames(rb_service_t *service, const rb_channel_t *channel,
               connection_t *conn)
{
  const uint64_t number = channel->number;
  rb_event_t event;
  char *text = NULL;

  memset(&event, 0, sizeof(event));
  event.type = RB_EV_FRAME;
  event.u.frame.channel = number;
  while (!conn->marked_for_close) {
    switch (rb_frame_read(conn->inbuf, &text, &event.u.frame.len)) {
      case RB_FRAME_OK:
        event.u.frame.text = text;
        rb_service_event(service, &event);
        tor_free(text);
        break;
      case RB_FRAME_INCOMPLETE:
        return 0;
      case RB_FRAME_BAD_LENGTH:
        service->state->dropped[RB_DROP_OVERSIZED]++;
        connection_mark_for_close(conn);
        return -1;
    }
  }
  return -1;
}

/** Called when bytes arrived on <b>conn</b>, of a peer or for who owns it.
 * Return 0, or -1 if a peer's is closing. */
int
rbalance_conn_process_inbuf(connection_t *conn)
{
  rb_channel_t *channel = NULL;
  rb_service_t *service;

  if (rb_inner_arrived(conn)) {
    return 0;
  }
  service = rb_services_find_by_conn(conn->global_identifier, &channel);
  if (!service) {
    connection_mark_for_close(conn);
    return -1;
  }
  if (!channel->is_up && process_handshake(service, channel, conn) < 0) {
    return -1;
  }
  return channel->is_up ? process_frames(service, channel, conn) : 0;
}

/** Called when all that was written to <b>conn</b> is gone.  Return 0. */
int
rbalance_conn_finished_flushing(connection_t *conn)
{
  rb_inner_flushed(conn);
  return 0;
}

/** Called when there is nothing more to read on <b>conn</b>.  Return 0. */
int
rbalance_conn_reached_eof(connection_t *conn)
{
  if (!rb_inner_reached_eof(conn)) {
    connection_mark_for_close(conn);
    rb_services_run_soon();
  }
  return 0;
}

/** Called when tor is about to free <b>conn</b>. */
void
rbalance_conn_about_to_close(connection_t *conn)
{
  rb_inner_closing(conn);
}
