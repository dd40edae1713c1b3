/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_record.c
 * @brief Fuzz records of nodes: what is taken is sound, and survives being
 * signed and parsed again.
 **/

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"
#include "test/rbalance_test_helpers.h"

/** The keys of the node that signs. */
static ed25519_keypair_t keys;

/** Take every signature for good. */
int
fuzz_init(void)
{
  fuzz_rbalance_skip_signatures();
  rbt_fill_key(1, &keys);
  return 0;
}

/** Release nothing. */
int
fuzz_cleanup(void)
{
  return 0;
}

/** Every limit must hold for <b>record</b>. */
static void
check_record(const rb_record_t *record)
{
  tor_assert(rb_node_id_is_valid(record->node_id));
  tor_assert(smartlist_len(record->sets) <= RB_MAX_SETS);
  SMARTLIST_FOREACH_BEGIN(record->sets, const rb_pointset_t *, set) {
    tor_assert(smartlist_len(set->points) <= RB_MAX_POINTS);
    SMARTLIST_FOREACH(set->points, const rb_point_t *, point,
                      tor_assert(rb_point_check(point) == RB_POINT_OK));
  } SMARTLIST_FOREACH_END(set);
}

/** Take the input for the text of a record. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  char *text = tor_memdup_nulterm(sz ? (const char *) data : "", sz);
  ed25519_signature_t signature;
  rb_record_t *record = NULL, *again = NULL;

  memset(&signature, 1, sizeof(signature));
  if (rb_record_parse(text, &signature, rbt_cluster_id, &record) ==
      RB_RECORD_OK) {
    check_record(record);
    tor_assert(rb_record_sign(record, rbt_cluster_id, &keys) == 0);
    if (strlen(record->text) <= RB_MAX_FRAME_LEN) {
      tor_assert(rb_record_parse(record->text, &signature, rbt_cluster_id,
                                 &again) == RB_RECORD_OK);
      tor_assert(rb_pointsets_eq(record->sets, again->sets));
    }
  } else {
    tor_assert(!record);
  }
  rb_record_free(record);
  rb_record_free(again);
  tor_free(text);
  return 0;
}

/** Records without sets, and with sets of no, one and two points. */
void
fuzz_rbalance_make_seeds(void)
{
  for (int n = -1; n <= 2; ++n) {
    rb_record_t *record = rb_record_new();
    strlcpy(record->node_id, "alpha", sizeof(record->node_id));
    record->incarnation = record->sequence = 1;
    record->is_draining = (n == 1);
    record->is_keyless = (n == 2);
    if (n >= 0) {
      rb_pointsets_free(record->sets);
      record->sets = rbt_make_sets(1, n);
    }
    tor_assert(rb_record_sign(record, rbt_cluster_id, &keys) == 0);
    fuzz_rbalance_seed(record->text, strlen(record->text));
    rb_record_free(record);
  }
}
