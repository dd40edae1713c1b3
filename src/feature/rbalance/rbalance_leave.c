/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_leave.c
 * @brief Nodes that are not to take part: draining, excluded, stood down,
 * without a backend.
 *
 * A draining node says so in its record; an excluded one is on everybody's
 * list (rbalance_exclusion.c).  Neither is a candidate for the publisher role,
 * and the points of neither are published, as long as another node is healthy:
 * the last one is never withdrawn.  A node without the service's key is no
 * candidate at all.
 *
 * A node whose backends are down says that in its record, too.  Its points are
 * not published as long as another node has a backend, but it may be
 * publisher, which needs none.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_leave.h"

#include "feature/rbalance/rbalance_outbox.h"
#include "feature/rbalance/rbalance_slot.h"

/** Return the identity key of <b>peer</b>, or our own if it is NULL. */
static const ed25519_public_key_t *
key_of(const rb_state_t *state, const rb_peer_t *peer)
{
  return peer ? &peer->key : &state->node_keys.pubkey;
}

/** Return the record of <b>peer</b>, or our own if that is NULL; NULL if we
 * have none. */
static const rb_record_t *
record_of(const rb_state_t *state, const rb_peer_t *peer)
{
  return peer ? peer->record : state->record;
}

/** Store in <b>is_wanted_out</b> whether <b>peer</b>, or ourselves if that is
 * NULL, is to take part: neither draining nor excluded; and in
 * <b>can_publish_out</b> whether it also can sign descriptors, and a peer did
 * not step down. */
void
rb_leave_get_standing(const rb_state_t *state, const rb_peer_t *peer,
                      bool *can_publish_out, bool *is_wanted_out)
{
  const rb_record_t *record = record_of(state, peer);
  *is_wanted_out = !(record && record->is_draining) &&
    !rb_exclusions_contain(state->exclusions, key_of(state, peer));
  *can_publish_out = *is_wanted_out && !(record && record->is_keyless) &&
    !(peer && peer->lease.declines);
}

/** Return true iff <b>peer</b>, or ourselves if that is NULL, says that its
 * backends are down. */
static bool
backends_are_down(const rb_state_t *state, const rb_peer_t *peer)
{
  const rb_record_t *record = record_of(state, peer);
  return record && record->backends_are_down;
}

/** Return the rank of <b>peer</b>, or of ourselves if that is NULL, from 0 to
 * RB_LEAVE_MAX_RANK: only the points of nodes with the lowest rank there is
 * are published.  An operator's word against a node weighs more than that its
 * clients get an error; a draining node still serves, so it is better than one
 * without a backend. */
int
rb_leave_get_rank(const rb_state_t *state, const rb_peer_t *peer)
{
  const rb_record_t *record = record_of(state, peer);
  return 4 * rb_exclusions_contain(state->exclusions, key_of(state, peer)) +
    RB_LEAVE_RANK_BACKENDS * backends_are_down(state, peer) +
    (record && record->is_draining);
}

/** Return true iff <b>peer</b>, or ourselves if that is NULL, can take the
 * place of <b>other</b>, or of ourselves: with <b>as_publisher</b>, as that;
 * else for clients, who must not lose the last backend. */
static bool
can_replace(const rb_state_t *state, const rb_peer_t *peer,
            const rb_peer_t *other, bool as_publisher)
{
  bool can_publish, is_wanted;
  rb_leave_get_standing(state, peer, &can_publish, &is_wanted);
  if (as_publisher) {
    return can_publish;
  }
  return is_wanted && (!backends_are_down(state, peer) ||
                       backends_are_down(state, other));
}

/** Return true iff a node other than that with <b>key</b> is healthy and can
 * take its place, with points of its own: see can_replace(). */
static bool
has_other(const rb_state_t *state, const ed25519_public_key_t *key,
          bool as_publisher)
{
  const rb_peer_t *other = rb_peers_find(state->peers, key);
  if (other && can_replace(state, NULL, other, as_publisher) &&
      rb_pointsets_max_len(state->record->sets) > 0) {
    return true;
  }
  DIGEST256MAP_FOREACH(state->peers->map, k, const rb_peer_t *, peer) {
    if (peer != other && peer->state == RB_NODE_HEALTHY &&
        can_replace(state, peer, other, as_publisher)) {
      return true;
    }
  } DIGEST256MAP_FOREACH_END;
  return false;
}

/** Return true iff we may be publisher at monotonic milliseconds <b>now</b>:
 * we can sign, and either we are to take part and did not stand down, or
 * nobody else could publish. */
bool
rb_leave_may_publish(const rb_state_t *state, uint64_t now)
{
  bool can_publish, is_wanted;
  rb_leave_get_standing(state, NULL, &can_publish, &is_wanted);
  if (can_publish && now >= state->stood_down_until) {
    return true;
  }
  return !state->record->is_keyless &&
    !has_other(state, &state->node_keys.pubkey, true);
}

/** Make <b>value</b> the <b>flag</b> of our record, and tell everybody if
 * that is news. */
static void
set_flag(rb_state_t *state, bool *flag, bool value, rb_now_t now,
         smartlist_t *actions)
{
  if (*flag != value) {
    *flag = value;
    rb_state_renew_record(state, NULL);
    rb_outbox_broadcast_record(state, now, actions);
  }
}

/** Drain ourselves, or end that, and tell everybody. */
static void
set_draining(rb_state_t *state, bool is_draining, rb_now_t now,
             smartlist_t *actions)
{
  set_flag(state, &state->record->is_draining, is_draining, now, actions);
}

/** Note whether all our backends <b>are_down</b>, and tell everybody. */
void
rb_leave_note_backends(rb_state_t *state, bool are_down, rb_now_t now,
                       smartlist_t *actions)
{
  set_flag(state, &state->record->backends_are_down, are_down, now, actions);
}

/** Take <b>word</b>, the signature of which is good, if it is later than what
 * was said of its node, and note for the operator if that has an effect.
 * Return true iff it was taken. */
static bool
take_word(rb_state_t *state, const rb_exclusion_t *word, smartlist_t *actions)
{
  const bool before = rb_exclusions_contain(state->exclusions,
                                            &word->node_key);
  if (!rb_exclusions_note(state->exclusions, word)) {
    return false;
  }
  if (word->is_excluded != before) {
    rb_action_t *action = rb_actions_add(actions, RB_ACT_STANDING);
    action->standing = word->is_excluded ? RB_STANDING_EXCLUDE :
                                         RB_STANDING_INCLUDE;
    ed25519_pubkey_copy(&action->peer, &word->node_key);
    state->merge_is_dirty = true;
  }
  return true;
}

/** Exclude the node with <b>key</b>, or include it again, in a word that is
 * signed with <b>service_keys</b>, and tell everybody; also if that is so
 * already, for somebody else may have said the contrary just now.  Return
 * NULL, or why that can't be. */
static const char *
set_excluded(rb_state_t *state, const ed25519_public_key_t *key,
             const ed25519_keypair_t *service_keys, bool is_excluded,
             rb_now_t now, smartlist_t *actions)
{
  rb_exclusion_t word;
  if (!service_keys) {
    return "This node does not have the service's key; ask one that has";
  }
  if (is_excluded && !has_other(state, key, false)) {
    return "No other healthy node would be left";
  }
  ed25519_pubkey_copy(&word.node_key, key);
  word.stamp = rb_exclusions_next_stamp(state->exclusions, key, now.wall);
  word.is_excluded = is_excluded;
  if (rb_exclusion_sign(&word, service_keys) < 0 ||
      !take_word(state, &word, actions)) {
    return "Too many nodes are excluded, or a later word is known";
  }
  rb_outbox_broadcast_heartbeat(state, now, actions);
  return NULL;
}

/** Give up the publisher role, and leave it to others until <b>until</b>, in
 * monotonic milliseconds.  <b>why</b> is a static word, or NULL if the
 * operator said so.  Return NULL, or why that can't be. */
const char *
rb_leave_stand_down(rb_state_t *state, uint64_t until, const char *why,
                    smartlist_t *actions)
{
  rb_action_t *action;

  if (state->role != RB_ROLE_PUBLISHER) {
    return "This node is not the publisher";
  }
  if (!has_other(state, &state->node_keys.pubkey, true)) {
    return "No other node could publish";
  }
  state->stood_down_until = until;
  action = rb_actions_add(actions, RB_ACT_STANDING);
  action->standing = RB_STANDING_STEP_DOWN;
  action->why = why;
  return NULL;
}

/** Ask for an upload of every descriptor.  Return NULL, or why that can't
 * be. */
static const char *
publish_now(rb_state_t *state)
{
  if (state->role != RB_ROLE_PUBLISHER) {
    return "This node is not the publisher";
  }
  rb_slots_start_term(state);
  return NULL;
}

/** Do what the operator says: <b>verb</b>, about <b>node</b> if it is about
 * one.  <b>service_keys</b> are NULL if this node does not have them.  Set
 * *<b>refusal_out</b> to NULL, or to why it can't be done now. */
void
rb_leave_command(rb_state_t *state, rb_verb_t verb,
                 const ed25519_public_key_t *node,
                 const ed25519_keypair_t *service_keys, rb_now_t now,
                 const char **refusal_out, smartlist_t *actions)
{
  *refusal_out = NULL;
  switch (verb) {
    case RB_VERB_PUBLISH:
      *refusal_out = publish_now(state);
      break;
    case RB_VERB_STEPDOWN:
      *refusal_out =
        rb_leave_stand_down(state, now.mono + state->config->lease_duration,
                            NULL, actions);
      break;
    case RB_VERB_DRAIN:
      set_draining(state, true, now, actions);
      break;
    case RB_VERB_UNDRAIN:
      set_draining(state, false, now, actions);
      break;
    case RB_VERB_EXCLUDE:
      *refusal_out = set_excluded(state, node, service_keys, true, now,
                                  actions);
      break;
    case RB_VERB_INCLUDE:
      *refusal_out = set_excluded(state, node, service_keys, false, now,
                                  actions);
      break;
  }
}

/** Take over the <b>exclusions</b> that <b>sender</b> knows of, and pass on
 * what is new.  A word that claims to be more than a day from the future is
 * not believed: it could never be taken back.  After one that the service did
 * not sign, the others are not looked at. */
void
rb_leave_receive_exclusions(rb_state_t *state, const rb_peer_t *sender,
                            const smartlist_t *exclusions, rb_now_t now,
                            smartlist_t *actions)
{
  bool is_news = false;
  SMARTLIST_FOREACH_BEGIN(exclusions, const rb_exclusion_t *, word) {
    if (word->stamp > now.wall + RB_MAX_INTERVAL_MSEC ||
        !rb_exclusions_lack(state->exclusions, word)) {
      continue;
    }
    if (!rb_exclusion_is_signed(word, &state->service_key)) {
      state->dropped[RB_DROP_BAD_RECORD]++;
      break;
    }
    is_news |= take_word(state, word, actions);
  } SMARTLIST_FOREACH_END(word);
  if (!is_news) {
    return;
  }
  DIGEST256MAP_FOREACH(state->peers->map, key, rb_peer_t *, peer) {
    if (peer != sender && peer->channel) {
      rb_outbox_send_heartbeat(state, peer, now, actions);
    }
  } DIGEST256MAP_FOREACH_END;
}
