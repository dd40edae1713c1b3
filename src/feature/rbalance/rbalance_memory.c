/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_memory.c
 * @brief What a node remembers over a restart, as text.
 *
 * A JSON object with the version of the form, the node's incarnation, so that
 * the next one is later even if the clock was set back; the nodes it knows,
 * dead ones until they are forgotten; and the nodes that operators excluded.
 * rbalance_statefile.c keeps the text in a file.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_memory.h"

#include "feature/rbalance/rbalance_json.h"
#include "lib/intmath/cmp.h"

#include <string.h>

/** Version of the form. */
#define MEMORY_VERSION 1

/** Return what the node of <b>state</b> should remember, as a new text. */
char *
rb_memory_write(const rb_state_t *state)
{
  json_t *json = json_object();
  json_t *nodes = json_array();
  smartlist_t *peers = rb_peers_list(state->peers);
  char *text;

  SMARTLIST_FOREACH_BEGIN(peers, const rb_peer_t *, peer) {
    json_array_append_new(nodes, rb_json_bytes(peer->key.pubkey,
                                               sizeof(peer->key.pubkey)));
  } SMARTLIST_FOREACH_END(peer);
  smartlist_free(peers);
  json_object_set_new(json, "version", json_integer(MEMORY_VERSION));
  json_object_set_new(json, "incarnation",
                   json_integer((json_int_t) state->record->incarnation));
  json_object_set_new(json, "nodes", nodes);
  json_object_set_new(json, "exclusions",
                      rb_exclusions_to_json(state->exclusions));
  text = rb_json_print(json);
  json_decref(json);
  return text;
}

/** Read the node keys in the array <b>json</b> into the new list
 * *<b>keys_out</b>, which the caller frees in any case.  Return 0 on success,
 * else -1. */
static int
read_nodes(const json_t *json, smartlist_t **keys_out)
{
  *keys_out = smartlist_new();
  for (size_t i = 0; i < json_array_size(json); ++i) {
    ed25519_public_key_t *key = tor_malloc_zero(sizeof(*key));
    smartlist_add(*keys_out, key);
    if (rb_json_bytes_decode(json_array_get(json, i), key->pubkey,
                             sizeof(key->pubkey)) < 0) {
      return -1;
    }
  }
  return 0;
}

/** Take over into <b>state</b>, of a node that just started, what it
 * remembers from its last life as <b>text</b>; exclusions that the service did
 * not sign are left out.  Return 0 on success; -1 if <b>text</b> is damaged,
 * and then <b>state</b> is as before. */
int
rb_memory_apply(rb_state_t *state, const char *text, rb_now_t now)
{
  json_t *json = rb_json_parse(text, strlen(text));
  const json_t *nodes = rb_json_get_array(json, "nodes", RB_MAX_MEMORY);
  smartlist_t *keys = NULL, *exclusions = NULL;
  uint64_t version = 0, incarnation = 0;
  int r = -1;

  if (!json || !nodes ||
      rb_json_get_u64(json, "version", UINT32_MAX, &version) < 0 ||
      version != MEMORY_VERSION ||
      rb_json_get_u64(json, "incarnation", INT64_MAX - 1,
                      &incarnation) < 0 || read_nodes(nodes, &keys) < 0) {
    goto end;
  }
  exclusions = rb_exclusions_from_json(json_object_get(json, "exclusions"));
  if (!exclusions) {
    goto end;
  }
  SMARTLIST_FOREACH_BEGIN(keys, const ed25519_public_key_t *, key) {
    if (!ed25519_pubkey_eq(key, &state->node_keys.pubkey)) {
      rb_peers_add(state->peers, key, state->config->max_peers, now.mono);
    }
  } SMARTLIST_FOREACH_END(key);
  SMARTLIST_FOREACH(exclusions, const rb_exclusion_t *, word,
                    if (rb_exclusion_is_signed(word, &state->service_key)) {
                      rb_exclusions_note(state->exclusions, word);
                    });
  state->neighbors_are_dirty = true;
  state->record->incarnation = MAX(state->record->incarnation,
                                   incarnation + 1);
  rb_state_renew_record(state, NULL);
  r = 0;
 end:
  if (keys) {
    SMARTLIST_FOREACH(keys, ed25519_public_key_t *, key, tor_free(key));
    smartlist_free(keys);
  }
  rb_exclusions_free(exclusions);
  json_decref(json);
  return r;
}
