/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_point.c
 * @brief Introduction points as nodes exchange them, and sets of them.
 *
 * A node's points for the current and for the next descriptor differ, and
 * each point works only under the blinded key that its owner holds it for, so
 * points always travel in sets that name that key.  rbalance_record.c puts
 * the sets on the wire, rbalance_merge.c chooses from them and
 * rbalance_desc.c turns them into tor's descriptor objects.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_point.h"

#include "lib/crypt_ops/crypto_curve25519.h"
#include "lib/crypt_ops/crypto_ed25519.h"
#include "lib/ctime/di_ops.h"
#include "lib/log/util_bug.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Link specifier types (tor-spec section 5.1.2) and their lengths. */
#define LSPEC_IPV4 0
#define LSPEC_LEGACY_ID 2
#define LSPEC_ED25519_ID 3
#define LSPEC_IPV4_LEN 6
#define LSPEC_IPV6_LEN 18
#define LSPEC_LEGACY_ID_LEN 20
#define LSPEC_ED25519_ID_LEN 32

/** Find the first link specifier of <b>type</b> in <b>point</b>.  Return its
 * body and store its length in <b>len_out</b>, or return NULL if there is
 * none.  The specifiers before it must be well formed. */
static const uint8_t *
find_lspec(const rb_point_t *point, uint8_t type, size_t *len_out)
{
  size_t pos = 1;
  for (int i = 0; i < point->lspecs[0]; ++i) {
    if (pos + 2 > point->lspecs_len ||
        pos + 2 + point->lspecs[pos + 1] > point->lspecs_len) {
      return NULL;
    }
    if (point->lspecs[pos] == type) {
      *len_out = point->lspecs[pos + 1];
      return point->lspecs + pos + 2;
    }
    pos += 2 + point->lspecs[pos + 1];
  }
  return NULL;
}

/** Return true iff the link specifiers of <b>point</b> fill their bytes
 * exactly, and each of a known type has the length of that type: else tor
 * could not parse it when the point is published. */
static bool
lspecs_are_well_formed(const rb_point_t *point)
{
  static const uint8_t lens[] = { LSPEC_IPV4_LEN, LSPEC_IPV6_LEN,
                                  LSPEC_LEGACY_ID_LEN, LSPEC_ED25519_ID_LEN };
  size_t pos = 1;
  if (point->lspecs_len < 1 || point->lspecs_len > sizeof(point->lspecs)) {
    return false;
  }
  for (int i = 0; i < point->lspecs[0]; ++i) {
    if (pos + 2 > point->lspecs_len ||
        (point->lspecs[pos] < ARRAY_LENGTH(lens) &&
         point->lspecs[pos + 1] != lens[point->lspecs[pos]])) {
      return false;
    }
    pos += 2 + point->lspecs[pos + 1];
  }
  return pos == point->lspecs_len;
}

/** Return true iff <b>point</b> has a link specifier of <b>type</b> that is
 * <b>len</b> bytes long. */
static bool
has_lspec(const rb_point_t *point, uint8_t type, size_t len)
{
  size_t found_len = 0;
  return find_lspec(point, type, &found_len) != NULL && found_len == len;
}

/** Return true iff every key of <b>point</b> is one that a client can use,
 * and that a descriptor's certificates can be made for. */
static bool
keys_are_sound(const rb_point_t *point)
{
  ed25519_public_key_t auth_key, enc_key_as_ed;
  curve25519_public_key_t enc_key;

  memcpy(auth_key.pubkey, point->auth_key, sizeof(auth_key.pubkey));
  memcpy(enc_key.public_key, point->enc_key, sizeof(enc_key.public_key));
  return !ed25519_public_key_is_zero(&auth_key) &&
    ed25519_validate_pubkey(&auth_key) == 0 &&
    !fast_mem_is_zero((const char *) point->onion_key,
                      sizeof(point->onion_key)) &&
    !fast_mem_is_zero((const char *) point->enc_key,
                      sizeof(point->enc_key)) &&
    ed25519_public_key_from_curve25519_public_key(&enc_key_as_ed, &enc_key,
                                                  0) == 0;
}

/** Check everything about <b>point</b> that can be checked without knowing
 * the network, and return what is wrong first. */
MOCK_IMPL(rb_point_fault_t,
rb_point_check,(const rb_point_t *point))
{
  if (!lspecs_are_well_formed(point)) {
    return RB_POINT_BAD_LSPECS;
  }
  if (!has_lspec(point, LSPEC_IPV4, LSPEC_IPV4_LEN) ||
      !has_lspec(point, LSPEC_LEGACY_ID, LSPEC_LEGACY_ID_LEN) ||
      !has_lspec(point, LSPEC_ED25519_ID, LSPEC_ED25519_ID_LEN)) {
    return RB_POINT_MISSING_LSPEC;
  }
  if (!keys_are_sound(point)) {
    return RB_POINT_BAD_KEY;
  }
  return RB_POINT_OK;
}

/** Copy the RSA identity digest of the relay of <b>point</b> into the
 * DIGEST_LEN bytes at <b>rsa_id_out</b>.  Return 0, or -1 if it has none. */
int
rb_point_get_rsa_id(const rb_point_t *point, uint8_t *rsa_id_out)
{
  size_t len = 0;
  const uint8_t *id = find_lspec(point, LSPEC_LEGACY_ID, &len);
  if (!id || len != LSPEC_LEGACY_ID_LEN) {
    return -1;
  }
  memcpy(rsa_id_out, id, LSPEC_LEGACY_ID_LEN);
  return 0;
}

/** Return true iff <b>a</b> and <b>b</b> are at the same relay. */
bool
rb_point_same_relay(const rb_point_t *a, const rb_point_t *b)
{
  uint8_t id_a[LSPEC_LEGACY_ID_LEN], id_b[LSPEC_LEGACY_ID_LEN];
  return rb_point_get_rsa_id(a, id_a) == 0 &&
    rb_point_get_rsa_id(b, id_b) == 0 &&
    fast_memeq(id_a, id_b, sizeof(id_a));
}

/** Return a new empty set for the descriptor of <b>period_num</b> that is
 * signed under the ED25519_PUBKEY_LEN bytes at <b>blinded_key</b>. */
rb_pointset_t *
rb_pointset_new(uint64_t period_num, const uint8_t *blinded_key)
{
  rb_pointset_t *set = tor_malloc_zero(sizeof(*set));
  set->period_num = period_num;
  memcpy(set->blinded_key, blinded_key, sizeof(set->blinded_key));
  set->points = smartlist_new();
  return set;
}

/** Return a deep copy of <b>set</b>. */
rb_pointset_t *
rb_pointset_dup(const rb_pointset_t *set)
{
  rb_pointset_t *copy = rb_pointset_new(set->period_num, set->blinded_key);
  SMARTLIST_FOREACH(set->points, const rb_point_t *, point,
    smartlist_add(copy->points, tor_memdup(point, sizeof(*point))));
  return copy;
}

/** Return true iff <b>set</b> has a point that equals <b>point</b>. */
static bool
pointset_contains(const rb_pointset_t *set, const rb_point_t *point)
{
  SMARTLIST_FOREACH_BEGIN(set->points, const rb_point_t *, p) {
    if (fast_memeq(p->auth_key, point->auth_key, sizeof(p->auth_key)) &&
        fast_memeq(p->enc_key, point->enc_key, sizeof(p->enc_key)) &&
        fast_memeq(p->onion_key, point->onion_key, sizeof(p->onion_key)) &&
        p->lspecs_len == point->lspecs_len &&
        fast_memeq(p->lspecs, point->lspecs, p->lspecs_len)) {
      return true;
    }
  } SMARTLIST_FOREACH_END(p);
  return false;
}

/** Return true iff <b>a</b> and <b>b</b> are for the same blinded key and
 * hold the same points, in any order. */
bool
rb_pointset_eq(const rb_pointset_t *a, const rb_pointset_t *b)
{
  if (a->period_num != b->period_num ||
      !fast_memeq(a->blinded_key, b->blinded_key, sizeof(a->blinded_key)) ||
      smartlist_len(a->points) != smartlist_len(b->points)) {
    return false;
  }
  SMARTLIST_FOREACH_BEGIN(a->points, const rb_point_t *, point) {
    if (!pointset_contains(b, point)) {
      return false;
    }
  } SMARTLIST_FOREACH_END(point);
  return true;
}

/** Release <b>set</b> and its points; NULL is fine. */
void
rb_pointset_free_(rb_pointset_t *set)
{
  if (!set) {
    return;
  }
  SMARTLIST_FOREACH(set->points, rb_point_t *, point, tor_free(point));
  smartlist_free(set->points);
  tor_free(set);
}

/** Return a deep copy of the list <b>sets</b> of rb_pointset_t. */
smartlist_t *
rb_pointsets_dup(const smartlist_t *sets)
{
  smartlist_t *copy = smartlist_new();
  SMARTLIST_FOREACH(sets, const rb_pointset_t *, set,
    smartlist_add(copy, rb_pointset_dup(set)));
  return copy;
}

/** Return true iff the lists <b>a</b> and <b>b</b> hold equal sets in the
 * same order. */
bool
rb_pointsets_eq(const smartlist_t *a, const smartlist_t *b)
{
  if (smartlist_len(a) != smartlist_len(b)) {
    return false;
  }
  SMARTLIST_FOREACH_BEGIN(a, const rb_pointset_t *, set) {
    if (!rb_pointset_eq(set, smartlist_get(b, set_sl_idx))) {
      return false;
    }
  } SMARTLIST_FOREACH_END(set);
  return true;
}

/** Release the list <b>sets</b> and every set in it; NULL is fine. */
void
rb_pointsets_free_(smartlist_t *sets)
{
  if (!sets) {
    return;
  }
  SMARTLIST_FOREACH(sets, rb_pointset_t *, set, rb_pointset_free(set));
  smartlist_free(sets);
}

/** Return the set in <b>sets</b> for the ED25519_PUBKEY_LEN bytes at
 * <b>blinded_key</b>, or NULL. */
const rb_pointset_t *
rb_pointsets_find(const smartlist_t *sets, const uint8_t *blinded_key)
{
  SMARTLIST_FOREACH_BEGIN(sets, const rb_pointset_t *, set) {
    if (fast_memeq(set->blinded_key, blinded_key, ED25519_PUBKEY_LEN)) {
      return set;
    }
  } SMARTLIST_FOREACH_END(set);
  return NULL;
}

/** Return how many points the largest set in <b>sets</b> has. */
int
rb_pointsets_max_len(const smartlist_t *sets)
{
  int max_len = 0;
  SMARTLIST_FOREACH_BEGIN(sets, const rb_pointset_t *, set) {
    if (smartlist_len(set->points) > max_len) {
      max_len = smartlist_len(set->points);
    }
  } SMARTLIST_FOREACH_END(set);
  return max_len;
}
