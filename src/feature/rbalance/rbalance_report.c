/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_report.c
 * @brief One node's word that another does not serve.
 *
 * Reports serve two ends.  Where not everybody has a channel to everybody, the
 * neighbours of a node watch it, and the others believe their reports; the
 * node refutes one with a new record.  And rule 7 of the election: when a
 * channel broke and its relays refuse introductions to the peer, its circuits
 * are gone, and with them surely the node.  If every node that can judge a
 * publisher says so, its role is vacant.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_report.h"

#include "feature/rbalance/rbalance_neighbors.h"
#include "feature/rbalance/rbalance_outbox.h"
#include "lib/ctime/di_ops.h"
#include "lib/string/compat_string.h"

#include <string.h>

/** Fill <b>report</b> with our own word on <b>peer</b>. */
static void
make_report(const rb_state_t *state, const rb_peer_t *peer,
            rb_report_reason_t reason, rb_msg_backend_unhealthy_t *report)
{
  memset(report, 0, sizeof(*report));
  ed25519_pubkey_copy(&report->node_key, &peer->key);
  ed25519_pubkey_copy(&report->reporter, &state->node_keys.pubkey);
  if (peer->node_id[0]) {
    strlcpy(report->backend_name, peer->node_id,
            sizeof(report->backend_name));
  } else {
    rb_state_default_node_id(&peer->key, report->backend_name);
  }
  if (peer->record) {
    report->incarnation = peer->record->incarnation;
    report->sequence = peer->record->sequence;
  }
  report->reason = reason;
}

/** Return a place for a new report of <b>peer</b>, where the place of one that
 * does not count any more is taken if need be; NULL if there is none. */
static rb_report_t *
make_room(rb_peer_t *peer, uint64_t now)
{
  if (peer->n_reports < RB_MAX_REPORTS) {
    return &peer->reports[peer->n_reports++];
  }
  for (int i = 0; i < peer->n_reports; ++i) {
    if (now >= peer->reports[i].at + RB_REPORT_MSEC) {
      return &peer->reports[i];
    }
  }
  return NULL;
}

/** Keep <b>report</b> with what else was said of <b>peer</b>.  Return true
 * iff it is news: what is passed on must not be news again when it comes
 * back, even if we hear <b>peer</b> ourselves. */
static bool
keep_report(rb_peer_t *peer, const rb_msg_backend_unhealthy_t *report,
            uint64_t now)
{
  rb_report_t *kept = NULL;
  for (int i = 0; i < peer->n_reports; ++i) {
    if (peer->reports[i].reason == report->reason &&
        fast_memeq(peer->reports[i].reporter, report->reporter.pubkey,
                   ED25519_PUBKEY_LEN)) {
      kept = &peer->reports[i];
      if (now < kept->at + RB_REPORT_MSEC / 2) {
        return false;
      }
    }
  }
  if (!kept) {
    kept = make_room(peer, now);
    if (!kept) {
      return false;
    }
    memcpy(kept->reporter, report->reporter.pubkey, ED25519_PUBKEY_LEN);
  }
  kept->reason = report->reason;
  kept->at = now;
  return true;
}

/** The relays of the node with <b>key</b>, whose channel broke, refuse
 * introductions to it: note that, and tell everybody. */
void
rb_report_note_refusal(rb_state_t *state, const ed25519_public_key_t *key,
                       rb_now_t now, smartlist_t *actions)
{
  rb_peer_t *peer = rb_peers_find(state->peers, key);
  rb_msg_backend_unhealthy_t report;
  if (!peer || peer->channel || peer->is_refused) {
    return;
  }
  peer->is_refused = true;
  make_report(state, peer, RB_REPORT_REFUSED, &report);
  rb_outbox_broadcast_report(state, NULL, &report, now, actions);
}

/** We are to watch <b>peer</b>, and it leaves our pings unanswered: tell those
 * that can't see that, if there are any. */
void
rb_report_silence(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                  smartlist_t *actions)
{
  rb_msg_backend_unhealthy_t report;
  if (rb_neighbors_is_mesh(state)) {
    return;
  }
  make_report(state, peer, RB_REPORT_SILENT, &report);
  rb_outbox_broadcast_report(state, NULL, &report, now, actions);
}

/** Tell <b>listener</b> our word that <b>peer</b> does not answer. */
void
rb_report_to(rb_state_t *state, rb_peer_t *listener, const rb_peer_t *peer,
             rb_now_t now, smartlist_t *actions)
{
  rb_msg_backend_unhealthy_t report;
  make_report(state, peer, RB_REPORT_SILENT, &report);
  rb_outbox_send_report(state, listener, &report, now, actions);
}

/** <b>peer</b> speaks to us, and it or we were cut off before: if anybody said
 * that it is silent, tell <b>peer</b>, which cannot know, so that it refutes
 * that for everybody. */
void
rb_report_return(rb_state_t *state, rb_peer_t *peer, rb_now_t now,
                 smartlist_t *actions)
{
  /* While nodes are dead we may take for a mesh what is none. */
  if (rb_peers_count(state->peers) < RB_MESH_NODES ||
      (!peer->n_reports && peer->state != RB_NODE_UNHEALTHY &&
       peer->state != RB_NODE_DEAD)) {
    return;
  }
  rb_report_to(state, peer, peer, now, actions);
}

/** Handle <b>report</b>, which came from <b>sender</b>. */
void
rb_report_receive(rb_state_t *state, rb_peer_t *sender,
                  const rb_msg_backend_unhealthy_t *report, rb_now_t now,
                  smartlist_t *actions)
{
  rb_peer_t *peer;

  if (ed25519_pubkey_eq(&report->node_key, &state->node_keys.pubkey)) {
    if (rb_record_is_newer(state->record, report->incarnation,
                           report->sequence)) {
      /* We have said so since. */
      return;
    }
    rb_state_renew_record(state, NULL);
    rb_outbox_broadcast_record(state, now, actions);
    return;
  }
  peer = rb_peers_find(state->peers, &report->node_key);
  if (!peer) {
    state->dropped[RB_DROP_UNKNOWN_NODE]++;
    return;
  }
  if (peer->record &&
      rb_record_is_newer(peer->record, report->incarnation,
                         report->sequence)) {
    return;
  }
  if (keep_report(peer, report, now.mono) && !rb_neighbors_is_mesh(state)) {
    rb_outbox_broadcast_report(state, sender, report, now, actions);
  }
}

/** Return true iff the node with <b>key</b> reported at most RB_REPORT_MSEC
 * before <b>now</b> that introductions to <b>peer</b> are refused. */
static bool
says_refused(const rb_peer_t *peer, const ed25519_public_key_t *key,
             uint64_t now)
{
  for (int i = 0; i < peer->n_reports; ++i) {
    const rb_report_t *report = &peer->reports[i];
    if (report->reason == RB_REPORT_REFUSED &&
        now < report->at + RB_REPORT_MSEC &&
        report->at > peer->role_heard &&
        fast_memeq(report->reporter, key->pubkey, ED25519_PUBKEY_LEN)) {
      return true;
    }
  }
  return false;
}

/** Return true iff anybody ever reported that introductions to <b>peer</b> are
 * refused. */
static bool
has_refusal(const rb_peer_t *peer)
{
  for (int i = 0; i < peer->n_reports; ++i) {
    if (peer->reports[i].reason == RB_REPORT_REFUSED) {
      return true;
    }
  }
  return false;
}

/** Rule 7: return true iff every node that can judge <b>peer</b> says that
 * introductions to it are refused: its neighbours, us among them, as far as
 * they are alive.  At least one must say so. */
bool
rb_report_is_gone(const rb_state_t *state, const rb_peer_t *peer,
                  uint64_t now)
{
  int n_witnesses = peer->is_refused;

  if (!peer->is_refused && (peer->is_neighbor || !has_refusal(peer))) {
    return false;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, const rb_peer_t *, other) {
    if (other == peer || !rb_peer_is_alive(other) ||
        !rb_neighbors_are_adjacent(state, &other->key, &peer->key)) {
      continue;
    }
    if (!says_refused(peer, &other->key, now)) {
      return false;
    }
    ++n_witnesses;
  } DIGEST256MAP_FOREACH_END;
  return n_witnesses > 0;
}
