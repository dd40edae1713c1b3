/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_upload.c
 * @brief Test what is kept of uploads to HSDirs.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_upload.h"

#define SEC 1000
#define NOW UINT64_C(1000000)

/** Store in <b>id</b> the identity that <b>seed</b> makes, and return it. */
static const uint8_t *
fill_id(uint8_t *id, int seed)
{
  memset(id, seed, DIGEST_LEN);
  return id;
}

/** Every HSDir has its own result, and a new revision starts it anew. */
static void
test_rbalance_upload_results(void *arg)
{
  rb_upload_t upload;
  rb_hsdir_t *dir;
  uint8_t id[DIGEST_LEN];
  (void) arg;

  memset(&upload, 0, sizeof(upload));
  for (int i = 0; i < 8; ++i) {
    dir = rb_upload_note_sent(&upload, fill_id(id, i), 7, NOW + i);
    tt_ptr_op(dir, OP_EQ, rb_upload_find(&upload, id));
    tt_int_op(dir->result, OP_EQ, RB_RESULT_SENT);
  }
  tt_int_op(upload.n_dirs, OP_EQ, 8);
  tt_u64_op(upload.revision, OP_EQ, 7);
  tt_u64_op(upload.first_sent_at, OP_EQ, NOW);
  tt_int_op(rb_upload_count_ok(&upload), OP_EQ, 0);
  tt_ptr_op(rb_upload_find(&upload, fill_id(id, 9)), OP_EQ, NULL);

  rb_upload_note_ok(&upload, &upload.dirs[3], NOW + 100);
  rb_upload_note_failed(&upload, &upload.dirs[4], RB_FAIL_CLOSED, NOW + 200);
  tt_int_op(rb_upload_count_ok(&upload), OP_EQ, 1);
  tt_u64_op(upload.ok_at, OP_EQ, NOW + 100);
  tt_int_op(upload.dirs[4].fail, OP_EQ, RB_FAIL_CLOSED);
  tt_int_op(upload.dirs[5].result, OP_EQ, RB_RESULT_SENT);

  /* The next full upload reaches another set: what it leaves out goes. */
  for (int i = 4; i < 10; ++i) {
    rb_upload_note_sent(&upload, fill_id(id, i), 8, NOW + SEC);
  }
  tt_int_op(rb_upload_count_ok(&upload), OP_EQ, 0);
  rb_upload_drop_old(&upload);
  tt_int_op(upload.n_dirs, OP_EQ, 6);
  tt_ptr_op(rb_upload_find(&upload, fill_id(id, 3)), OP_EQ, NULL);
  dir = rb_upload_find(&upload, fill_id(id, 4));
  tt_int_op(dir->result, OP_EQ, RB_RESULT_SENT);
  tt_int_op(dir->n_failures, OP_EQ, 0);
  tt_u64_op(dir->retry_at, OP_EQ, 0);
  rb_upload_remove(&upload, id);
  tt_ptr_op(rb_upload_find(&upload, id), OP_EQ, NULL);
  rb_upload_remove(&upload, id);
  tt_int_op(upload.n_dirs, OP_EQ, 5);

  rb_upload_forget(&upload);
  tt_int_op(upload.n_dirs, OP_EQ, 0);
  tt_u64_op(upload.ok_at, OP_EQ, 0);
  tt_u64_op(upload.revision, OP_EQ, 8);
 done:
  ;
}

/** There is a limit to how many HSDirs are kept track of. */
static void
test_rbalance_upload_limit(void *arg)
{
  rb_upload_t upload;
  uint8_t id[DIGEST_LEN];
  (void) arg;

  memset(&upload, 0, sizeof(upload));
  for (int i = 0; i < RB_MAX_HSDIRS; ++i) {
    tt_assert(rb_upload_note_sent(&upload, fill_id(id, i), 7, NOW));
  }
  tt_ptr_op(rb_upload_note_sent(&upload, fill_id(id, 99), 7, NOW), OP_EQ,
            NULL);
  tt_assert(rb_upload_note_sent(&upload, fill_id(id, 5), 7, NOW));
  tt_int_op(upload.n_dirs, OP_EQ, RB_MAX_HSDIRS);
 done:
  ;
}

/** A failed HSDir is tried again after 5, 10 and 20 seconds, and then every
 * minute; a silent one has failed after a minute. */
static void
test_rbalance_upload_retry(void *arg)
{
  static const uint64_t waits[] = { 5 * SEC, 10 * SEC, 20 * SEC, 60 * SEC,
                                    60 * SEC, 60 * SEC };
  rb_upload_t upload;
  rb_hsdir_t *dir;
  uint8_t id[DIGEST_LEN];
  uint64_t now = NOW;
  (void) arg;

  memset(&upload, 0, sizeof(upload));
  fill_id(id, 1);
  for (unsigned i = 0; i < ARRAY_LENGTH(waits); ++i) {
    dir = rb_upload_note_sent(&upload, id, 7, now);
    tt_assert(!rb_hsdir_is_late(dir, now + 59999));
    tt_assert(rb_hsdir_is_late(dir, now + 60000));
    tt_assert(!rb_hsdir_wants_retry(dir, now + 60000));
    now += 60000;
    rb_upload_note_failed(&upload, dir, RB_FAIL_TIMEOUT, now);
    tt_assert(!rb_hsdir_is_late(dir, now + 99999));
    tt_assert(!rb_hsdir_wants_retry(dir, now + waits[i] - 1));
    now += waits[i];
    tt_assert(rb_hsdir_wants_retry(dir, now));
  }
  /* A try that leads to nothing is made again. */
  rb_upload_note_retry(dir, now);
  tt_assert(!rb_hsdir_wants_retry(dir, now + 59999));
  tt_assert(rb_hsdir_wants_retry(dir, now + 60000));
  /* After a success it begins anew; a loss is mended at once. */
  dir = rb_upload_note_sent(&upload, id, 7, now);
  rb_upload_note_ok(&upload, dir, now);
  tt_assert(!rb_hsdir_wants_retry(dir, UINT64_MAX));
  rb_upload_note_failed(&upload, dir, RB_FAIL_LOST, now);
  tt_assert(rb_hsdir_wants_retry(dir, now));
  rb_upload_note_failed(&upload, dir, RB_FAIL_UNEXPECTED, now);
  tt_assert(!rb_hsdir_wants_retry(dir, now + 4999));
  tt_assert(rb_hsdir_wants_retry(dir, now + 5000));
 done:
  ;
}

/** A rejected revision is not tried again, but asks for a new one: once for
 * all HSDirs, and later each time that did not help. */
static void
test_rbalance_upload_renewal(void *arg)
{
  static const uint64_t waits[] = { 2 * SEC, 4 * SEC, 8 * SEC, 16 * SEC,
                                    32 * SEC, 64 * SEC, 128 * SEC,
                                    256 * SEC, 300 * SEC, 300 * SEC };
  rb_upload_t upload;
  rb_hsdir_t *a, *b;
  uint8_t id[DIGEST_LEN];
  uint64_t now = NOW, revision = 7;
  (void) arg;

  memset(&upload, 0, sizeof(upload));
  for (unsigned i = 0; i < ARRAY_LENGTH(waits); ++i) {
    a = rb_upload_note_sent(&upload, fill_id(id, 1), revision, now);
    b = rb_upload_note_sent(&upload, fill_id(id, 2), revision, now);
    tt_assert(!rb_upload_take_renewal(&upload, UINT64_MAX));
    rb_upload_note_failed(&upload, a, RB_FAIL_REJECTED, now);
    rb_upload_note_failed(&upload, b, RB_FAIL_REJECTED, now + 1);
    tt_assert(!rb_hsdir_wants_retry(a, UINT64_MAX));
    tt_assert(!rb_upload_take_renewal(&upload, now + waits[i] - 1));
    now += waits[i];
    tt_assert(rb_upload_take_renewal(&upload, now));
    tt_assert(!rb_upload_take_renewal(&upload, UINT64_MAX));
    ++revision;
  }
  /* When one took it and the other is not heard of yet, nothing is known. */
  a = rb_upload_note_sent(&upload, fill_id(id, 1), revision, now);
  b = rb_upload_note_sent(&upload, fill_id(id, 2), revision, now);
  rb_upload_note_ok(&upload, a, now);
  tt_u64_op(upload.renew_backoff, OP_EQ, 300 * SEC);
  rb_upload_note_failed(&upload, b, RB_FAIL_CLOSED, now);
  tt_u64_op(upload.renew_backoff, OP_EQ, 0);
  /* An upload for another reason makes the renewal needless. */
  rb_upload_note_failed(&upload, b, RB_FAIL_REJECTED, now);
  rb_upload_note_sent(&upload, id, revision + 1, now);
  tt_assert(!rb_upload_take_renewal(&upload, UINT64_MAX));
 done:
  ;
}

/** What no HSDir took for the maximal age is forced, with growing waits. */
static void
test_rbalance_upload_overdue(void *arg)
{
  const uint64_t max_age = 150 * SEC;
  rb_upload_t upload;
  rb_hsdir_t *dir;
  uint8_t id[DIGEST_LEN];
  uint64_t now = NOW;
  (void) arg;

  memset(&upload, 0, sizeof(upload));
  /* What was never sent is not overdue. */
  tt_assert(!rb_upload_take_overdue(&upload, max_age, UINT64_MAX));
  dir = rb_upload_note_sent(&upload, fill_id(id, 1), 7, now);
  tt_assert(!rb_upload_take_overdue(&upload, max_age, now + max_age - 1));
  now += max_age;
  tt_assert(rb_upload_take_overdue(&upload, max_age, now));
  tt_assert(!rb_upload_take_overdue(&upload, max_age, now + 60 * SEC - 1));
  now += 60 * SEC;
  tt_assert(rb_upload_take_overdue(&upload, max_age, now));
  tt_assert(!rb_upload_take_overdue(&upload, max_age, now + 120 * SEC - 1));
  now += 120 * SEC;
  tt_assert(rb_upload_take_overdue(&upload, max_age, now));
  tt_assert(!rb_upload_take_overdue(&upload, max_age, now + max_age - 1));
  now += max_age;
  tt_assert(rb_upload_take_overdue(&upload, max_age, now));

  /* A success sets the clock and the waits back. */
  rb_upload_note_ok(&upload, dir, now);
  tt_assert(!rb_upload_take_overdue(&upload, max_age, now + max_age - 1));
  tt_assert(rb_upload_take_overdue(&upload, max_age, now + max_age));
  tt_assert(rb_upload_take_overdue(&upload, max_age,
                                   now + max_age + 60 * SEC));
  /* With a very short age there is still no storm. */
  rb_upload_note_ok(&upload, dir, now);
  tt_assert(rb_upload_take_overdue(&upload, SEC, now + SEC));
  tt_assert(!rb_upload_take_overdue(&upload, SEC, now + 60 * SEC));
  tt_assert(rb_upload_take_overdue(&upload, SEC, now + 61 * SEC));
 done:
  ;
}

/** Another's descriptor is replaced at once, then with growing waits, up to an
 * hour; after a quiet hour at once again. */
static void
test_rbalance_upload_replacement(void *arg)
{
  static const int waits[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
  rb_upload_t upload;
  uint64_t now = NOW;
  (void) arg;

  memset(&upload, 0, sizeof(upload));
  tt_assert(rb_upload_take_replacement(&upload, now));
  for (unsigned i = 0; i < ARRAY_LENGTH(waits); ++i) {
    now += (uint64_t) waits[i] * SEC;
    tt_assert(!rb_upload_take_replacement(&upload, now - 1));
    tt_assert(rb_upload_take_replacement(&upload, now));
  }
  now += 7200 * SEC;
  tt_assert(rb_upload_take_replacement(&upload, now));
  tt_assert(rb_upload_take_replacement(&upload, now + 60 * SEC));
 done:
  ;
}

/** An upload is hopeless when one that was forced failed everywhere, too. */
static void
test_rbalance_upload_hopeless(void *arg)
{
  const uint64_t max_age = 900 * SEC;
  rb_upload_t upload;
  rb_hsdir_t *dirs[2];
  uint8_t id[DIGEST_LEN];
  uint64_t now = NOW;
  (void) arg;

  memset(&upload, 0, sizeof(upload));
  tt_assert(!rb_upload_is_hopeless(&upload, max_age, UINT64_MAX));
  for (int i = 0; i < 2; ++i) {
    dirs[i] = rb_upload_note_sent(&upload, fill_id(id, i), 7, now);
    rb_upload_note_failed(&upload, dirs[i], RB_FAIL_CLOSED, now);
  }
  now += max_age;
  tt_assert(!rb_upload_is_hopeless(&upload, max_age, now));
  tt_assert(rb_upload_take_overdue(&upload, max_age, now));
  /* What failed before says nothing of the forced one. */
  tt_assert(!rb_upload_is_hopeless(&upload, max_age, now));
  now += SEC;
  for (int i = 0; i < 2; ++i) {
    rb_upload_note_sent(&upload, fill_id(id, i), 8, now);
    tt_assert(!rb_upload_is_hopeless(&upload, max_age, now));
  }
  rb_upload_note_failed(&upload, dirs[0], RB_FAIL_CLOSED, now);
  tt_assert(!rb_upload_is_hopeless(&upload, max_age, now));
  rb_upload_note_failed(&upload, dirs[1], RB_FAIL_REJECTED, now);
  tt_assert(rb_upload_is_hopeless(&upload, max_age, now));

  /* One that takes it is enough. */
  rb_upload_note_ok(&upload, dirs[0], now);
  tt_assert(!rb_upload_is_hopeless(&upload, max_age, now));
  rb_upload_note_failed(&upload, dirs[0], RB_FAIL_LOST, now + max_age);
  tt_assert(!rb_upload_is_hopeless(&upload, max_age, now + max_age));
  /* Nothing is known where nothing was sent. */
  rb_upload_forget(&upload);
  tt_assert(!rb_upload_is_hopeless(&upload, max_age, UINT64_MAX));
 done:
  ;
}

/** The names in events. */
static void
test_rbalance_upload_names(void *arg)
{
  (void) arg;
  tt_str_op(rb_result_to_string(RB_RESULT_SENT), OP_EQ, "SENT");
  tt_str_op(rb_result_to_string(RB_RESULT_OK), OP_EQ, "OK");
  tt_str_op(rb_result_to_string(RB_RESULT_FAILED), OP_EQ, "FAILED");
  tt_str_op(rb_fail_to_string(RB_FAIL_NONE), OP_EQ, "NONE");
  tt_str_op(rb_fail_to_string(RB_FAIL_REJECTED), OP_EQ, "REJECTED");
  tt_str_op(rb_fail_to_string(RB_FAIL_UNEXPECTED), OP_EQ, "UNEXPECTED");
  tt_str_op(rb_fail_to_string(RB_FAIL_CLOSED), OP_EQ, "CLOSED");
  tt_str_op(rb_fail_to_string(RB_FAIL_TIMEOUT), OP_EQ, "TIMEOUT");
  tt_str_op(rb_fail_to_string(RB_FAIL_LOST), OP_EQ, "LOST");
 done:
  ;
}

#define TEST(name) { #name, test_rbalance_upload_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_upload_tests[] = {
  TEST(results),
  TEST(limit),
  TEST(retry),
  TEST(renewal),
  TEST(overdue),
  TEST(hopeless),
  TEST(replacement),
  TEST(names),
  END_OF_TESTCASES
};
