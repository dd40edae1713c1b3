/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_audit.c
 * @brief Test which HSDir is asked for our descriptor, and what its answer
 * means.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_audit.h"

#define SEC 1000
#define NOW UINT64_C(1000000)
#define INTERVAL (30 * SEC)

/** Make <b>upload</b> one that <b>n_dirs</b> HSDirs took at NOW, with
 * revision 7. */
static void
make_upload(rb_upload_t *upload, int n_dirs)
{
  memset(upload, 0, sizeof(*upload));
  for (int i = 0; i < n_dirs; ++i) {
    uint8_t id[DIGEST_LEN];
    memset(id, i + 1, sizeof(id));
    rb_upload_note_ok(upload, rb_upload_note_sent(upload, id, 7, NOW), NOW);
  }
}

/** Only who took the last revision a while ago is asked, in turn, and each
 * once in ten minutes. */
static void
test_rbalance_audit_pick(void *arg)
{
  rb_upload_t upload;
  rb_audit_t audit;
  uint8_t key[ED25519_PUBKEY_LEN];
  uint64_t now = NOW + 20 * SEC;
  (void) arg;

  memset(&audit, 0, sizeof(audit));
  memset(key, 1, sizeof(key));
  make_upload(&upload, 3);
  tt_ptr_op(rb_audit_pick(&upload, INTERVAL, now - 1), OP_EQ, NULL);
  /* With a short interval the rest is shorter, too. */
  tt_ptr_op(rb_audit_pick(&upload, SEC, NOW + 2 * SEC), OP_EQ,
            &upload.dirs[0]);
  for (int i = 0; i < 3; ++i) {
    tt_ptr_op(rb_audit_pick(&upload, INTERVAL, now), OP_EQ, &upload.dirs[i]);
    rb_audit_start(&audit, key, &upload.dirs[i], now);
    now += INTERVAL;
  }
  now = upload.dirs[0].audited_at + 600 * SEC;
  tt_ptr_op(rb_audit_pick(&upload, INTERVAL, now - 1), OP_EQ, NULL);
  tt_ptr_op(rb_audit_pick(&upload, INTERVAL, now), OP_EQ, &upload.dirs[0]);
  rb_upload_note_failed(&upload, &upload.dirs[0], RB_FAIL_LOST, now);
  tt_ptr_op(rb_audit_pick(&upload, INTERVAL, now), OP_EQ, NULL);
  upload.revision = 8;
  tt_ptr_op(rb_audit_pick(&upload, INTERVAL, now * 2), OP_EQ, NULL);
 done:
  ;
}

/** One question at a time, with jitter; the first is planned, not asked; one
 * without an answer is given up. */
static void
test_rbalance_audit_pace(void *arg)
{
  rb_upload_t upload;
  rb_audit_t audit;
  uint8_t key[ED25519_PUBKEY_LEN];
  (void) arg;

  memset(&audit, 0, sizeof(audit));
  memset(key, 1, sizeof(key));
  make_upload(&upload, 1);
  tt_assert(!rb_audit_is_free(&audit, INTERVAL, 0, NOW));
  tt_u64_op(audit.next_at, OP_EQ, NOW + INTERVAL / 2);
  tt_assert(!rb_audit_is_free(&audit, INTERVAL, 0, NOW + INTERVAL / 2 - 1));
  tt_assert(rb_audit_is_free(&audit, INTERVAL, INTERVAL, NOW + INTERVAL / 2));
  tt_u64_op(audit.next_at, OP_EQ, NOW + 2 * INTERVAL);
  rb_audit_start(&audit, key, &upload.dirs[0], NOW + 2 * INTERVAL);
  tt_assert(!rb_audit_is_free(&audit, INTERVAL, 0,
                              NOW + 2 * INTERVAL + 59999));
  tt_assert(audit.is_pending);
  tt_assert(rb_audit_is_free(&audit, INTERVAL, 0,
                             NOW + 2 * INTERVAL + 60000));
  tt_assert(!audit.is_pending);
 done:
  ;
}

/** An answer counts only if it is about what we asked, and nothing was
 * uploaded there since. */
static void
test_rbalance_audit_findings(void *arg)
{
  static const struct {
    rb_answer_t answer;
    uint64_t revision;
    rb_finding_t finding;
  } cases[] = {
    { RB_ANSWER_NONE, 0, RB_FINDING_NONE },
    { RB_ANSWER_MISSING, 0, RB_FINDING_MISSING },
    { RB_ANSWER_FOUND, 6, RB_FINDING_OLDER },
    { RB_ANSWER_FOUND, 7, RB_FINDING_SAME },
    { RB_ANSWER_FOUND, 8, RB_FINDING_NEWER },
    { RB_ANSWER_FOUND, UINT64_MAX, RB_FINDING_NEWER },
  };
  rb_upload_t upload;
  rb_audit_t audit;
  uint8_t key[ED25519_PUBKEY_LEN], other[ED25519_PUBKEY_LEN];
  rb_hsdir_t *dir = &upload.dirs[0];
  (void) arg;

  memset(&audit, 0, sizeof(audit));
  memset(key, 1, sizeof(key));
  memset(other, 2, sizeof(other));
  make_upload(&upload, 2);
  for (unsigned i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_audit_start(&audit, key, dir, NOW + 1);
    tt_int_op(rb_audit_finish(&audit, key, dir, cases[i].answer,
                              cases[i].revision), OP_EQ, cases[i].finding);
    tt_assert(!audit.is_pending);
    /* No answer counts twice. */
    tt_int_op(rb_audit_finish(&audit, key, dir, cases[i].answer,
                              cases[i].revision), OP_EQ, RB_FINDING_NONE);
  }
  tt_u64_op(audit.n_newer, OP_EQ, 2);

#define FINISH(key, dir) \
  rb_audit_finish(&audit, (key), (dir), RB_ANSWER_MISSING, 0)
  rb_audit_start(&audit, key, dir, NOW + 1);
  tt_int_op(FINISH(key, NULL), OP_EQ, RB_FINDING_NONE);
  tt_int_op(FINISH(other, dir), OP_EQ, RB_FINDING_NONE);
  tt_int_op(FINISH(key, &upload.dirs[1]), OP_EQ, RB_FINDING_NONE);
  tt_assert(audit.is_pending);
  dir->ok_at = NOW + 2;
  tt_int_op(FINISH(key, dir), OP_EQ, RB_FINDING_NONE);
  rb_audit_start(&audit, key, dir, NOW + 3);
  dir->result = RB_RESULT_SENT;
  tt_int_op(FINISH(key, dir), OP_EQ, RB_FINDING_NONE);
  dir->result = RB_RESULT_OK;
  rb_audit_start(&audit, key, dir, NOW + 3);
  dir->revision = 9;
  tt_int_op(FINISH(key, dir), OP_EQ, RB_FINDING_NONE);
#undef FINISH

  /* Of one that rejected ours only a newer one is news. */
  dir->result = RB_RESULT_FAILED;
  dir->fail = RB_FAIL_REJECTED;
  for (unsigned i = 0; i < ARRAY_LENGTH(cases); ++i) {
    dir->revision = 7;
    rb_audit_start(&audit, key, dir, NOW + 1);
    tt_int_op(rb_audit_finish(&audit, key, dir, cases[i].answer,
                              cases[i].revision), OP_EQ,
              cases[i].finding == RB_FINDING_NEWER ? RB_FINDING_REJECTOR :
                                                     RB_FINDING_NONE);
  }
  tt_u64_op(audit.n_newer, OP_EQ, 2);
 done:
  ;
}

/** One warning an hour. */
static void
test_rbalance_audit_warning(void *arg)
{
  rb_audit_t audit;
  (void) arg;
  memset(&audit, 0, sizeof(audit));
  tt_assert(rb_audit_take_warning(&audit, NOW));
  tt_assert(!rb_audit_take_warning(&audit, NOW + 3599999));
  tt_assert(rb_audit_take_warning(&audit, NOW + 3600000));
 done:
  ;
}

#define TEST(name) { #name, test_rbalance_audit_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_audit_tests[] = {
  TEST(pick),
  TEST(pace),
  TEST(findings),
  TEST(warning),
  END_OF_TESTCASES
};
