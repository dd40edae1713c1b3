/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_exclusion.c
 * @brief Which nodes operators took out, as all nodes remember it.
 *
 * A list of rb_exclusion_t, at most one for each node.  Nodes exchange their
 * lists with their heartbeats, and the later word on a node wins, so that all
 * lists become the same, in whatever order the words arrive.  A word is signed
 * with the service's key: a node that doesn't have that can pass it on, but
 * not have all others excluded.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_exclusion.h"

#include "lib/arch/bytes.h"
#include "lib/malloc/malloc.h"

#include <string.h>

/** Prefix of what the service's key signs, so that it fits nothing else. */
#define SIGNATURE_PREFIX "Tor rbalance exclusion v1"
/** What is signed: the node's key, the stamp, and 1 if it is excluded. */
#define STAMP_OFF ED25519_PUBKEY_LEN
#define EXCLUDED_OFF (STAMP_OFF + 8)
#define SIGNED_LEN (EXCLUDED_OFF + 1)

/** Store in <b>out</b>, of SIGNED_LEN bytes, what is signed of
 * <b>word</b>. */
static void
get_signed(const rb_exclusion_t *word, uint8_t *out)
{
  memcpy(out, word->node_key.pubkey, ED25519_PUBKEY_LEN);
  set_uint64(out + STAMP_OFF, tor_htonll(word->stamp));
  out[EXCLUDED_OFF] = word->is_excluded;
}

/** Sign <b>word</b> with <b>service_keys</b>.  Return 0 on success, else
 * -1. */
int
rb_exclusion_sign(rb_exclusion_t *word, const ed25519_keypair_t *service_keys)
{
  uint8_t bytes[SIGNED_LEN];
  get_signed(word, bytes);
  return ed25519_sign_prefixed(&word->signature, bytes, sizeof(bytes),
                               SIGNATURE_PREFIX, service_keys);
}

/** Return true iff <b>word</b> is signed with <b>service_key</b>. */
bool
rb_exclusion_is_signed(const rb_exclusion_t *word,
                       const ed25519_public_key_t *service_key)
{
  uint8_t bytes[SIGNED_LEN];
  get_signed(word, bytes);
  return ed25519_checksig_prefixed(&word->signature, bytes, sizeof(bytes),
                                   SIGNATURE_PREFIX, service_key) == 0;
}

/** Return the entry of <b>exclusions</b> for the node with <b>node_key</b>, or
 * NULL. */
static rb_exclusion_t *
find(const smartlist_t *exclusions, const ed25519_public_key_t *node_key)
{
  SMARTLIST_FOREACH_BEGIN(exclusions, rb_exclusion_t *, entry) {
    if (ed25519_pubkey_eq(&entry->node_key, node_key)) {
      return entry;
    }
  } SMARTLIST_FOREACH_END(entry);
  return NULL;
}

/** Return true iff <b>exclusions</b> say that the node with <b>node_key</b> is
 * excluded. */
bool
rb_exclusions_contain(const smartlist_t *exclusions,
                      const ed25519_public_key_t *node_key)
{
  const rb_exclusion_t *entry = find(exclusions, node_key);
  return entry && entry->is_excluded;
}

/** Return the stamp of a word on the node with <b>node_key</b> that is said
 * at <b>now</b> by somebody who knows <b>exclusions</b>: later than what they
 * say, even if that was in the same millisecond or the clock was set back. */
uint64_t
rb_exclusions_next_stamp(const smartlist_t *exclusions,
                         const ed25519_public_key_t *node_key, uint64_t now)
{
  const rb_exclusion_t *entry = find(exclusions, node_key);
  return entry && entry->stamp >= now ? entry->stamp + 1 : now;
}

/** Make room in <b>exclusions</b>: drop the oldest entry that only says that a
 * node is included, as all are.  Return true iff there is room. */
static bool
make_room(smartlist_t *exclusions)
{
  rb_exclusion_t *oldest = NULL;
  if (smartlist_len(exclusions) < RB_MAX_EXCLUSIONS) {
    return true;
  }
  SMARTLIST_FOREACH_BEGIN(exclusions, rb_exclusion_t *, entry) {
    if (!entry->is_excluded && (!oldest || entry->stamp < oldest->stamp)) {
      oldest = entry;
    }
  } SMARTLIST_FOREACH_END(entry);
  if (!oldest) {
    return false;
  }
  smartlist_remove(exclusions, oldest);
  tor_free(oldest);
  return true;
}

/** Return true iff <b>word</b> is later than <b>entry</b>, which is NULL if
 * nothing was said of its node; of two words of one time, the one that
 * excludes counts. */
static bool
is_later(const rb_exclusion_t *word, const rb_exclusion_t *entry)
{
  return !entry || word->stamp > entry->stamp ||
         (word->stamp == entry->stamp && word->is_excluded &&
          !entry->is_excluded);
}

/** Return true iff <b>word</b> is later than what <b>exclusions</b> say of
 * its node. */
bool
rb_exclusions_lack(const smartlist_t *exclusions, const rb_exclusion_t *word)
{
  return is_later(word, find(exclusions, &word->node_key));
}

/** Take a copy of <b>word</b>, the signature of which is good, into
 * <b>exclusions</b> if they lack it.  Return true iff it was taken. */
bool
rb_exclusions_note(smartlist_t *exclusions, const rb_exclusion_t *word)
{
  rb_exclusion_t *entry = find(exclusions, &word->node_key);
  if (!is_later(word, entry)) {
    return false;
  }
  if (!entry) {
    if (!make_room(exclusions)) {
      return false;
    }
    entry = tor_malloc_zero(sizeof(*entry));
    smartlist_add(exclusions, entry);
  }
  memcpy(entry, word, sizeof(*entry));
  return true;
}

/** Return a deep copy of <b>exclusions</b>. */
smartlist_t *
rb_exclusions_dup(const smartlist_t *exclusions)
{
  smartlist_t *copy = smartlist_new();
  SMARTLIST_FOREACH(exclusions, const rb_exclusion_t *, entry,
                    smartlist_add(copy, tor_memdup(entry, sizeof(*entry))));
  return copy;
}

/** Release <b>exclusions</b> and every entry; NULL is fine. */
void
rb_exclusions_free_(smartlist_t *exclusions)
{
  if (!exclusions) {
    return;
  }
  SMARTLIST_FOREACH(exclusions, rb_exclusion_t *, entry, tor_free(entry));
  smartlist_free(exclusions);
}

/** Return <b>exclusions</b> as a new JSON array. */
json_t *
rb_exclusions_to_json(const smartlist_t *exclusions)
{
  json_t *json = json_array();
  SMARTLIST_FOREACH_BEGIN(exclusions, const rb_exclusion_t *, entry) {
    json_t *object = json_object();
    rb_json_set_bytes(object, "node_key", entry->node_key.pubkey,
                      sizeof(entry->node_key.pubkey));
    json_object_set_new(object, "stamp",
                        json_integer((json_int_t) entry->stamp));
    json_object_set_new(object, "excluded",
                        json_boolean(entry->is_excluded));
    rb_json_set_bytes(object, "signature", entry->signature.sig,
                      sizeof(entry->signature.sig));
    json_array_append_new(json, object);
  } SMARTLIST_FOREACH_END(entry);
  return json;
}

/** Return the exclusions in the array <b>json</b> as a new list, or NULL if
 * they are malformed or too many.  Signatures are not looked at. */
smartlist_t *
rb_exclusions_from_json(const json_t *json)
{
  smartlist_t *exclusions;
  if (!json_is_array(json) || json_array_size(json) > RB_MAX_EXCLUSIONS) {
    return NULL;
  }
  exclusions = smartlist_new();
  for (size_t i = 0; i < json_array_size(json); ++i) {
    const json_t *object = json_array_get(json, i);
    const json_t *excluded = json_object_get(object, "excluded");
    rb_exclusion_t *entry = tor_malloc_zero(sizeof(*entry));
    smartlist_add(exclusions, entry);
    if (!json_is_boolean(excluded) ||
        rb_json_get_key(object, "node_key", entry->node_key.pubkey,
                        sizeof(entry->node_key.pubkey)) < 0 ||
        rb_json_get_key(object, "signature", entry->signature.sig,
                        sizeof(entry->signature.sig)) < 0 ||
        rb_json_get_u64(object, "stamp", INT64_MAX, &entry->stamp) < 0) {
      rb_exclusions_free(exclusions);
      return NULL;
    }
    entry->is_excluded = json_is_true(excluded);
  }
  return exclusions;
}
