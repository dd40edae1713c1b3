/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_statefile.c
 * @brief Test the state file.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_statefile.h"
#include "lib/fs/dir.h"
#include "lib/fs/files.h"

#include <sys/stat.h>

static const rb_now_t now = { RBT_MONO, RBT_WALL };

/** Return the state of a node that just started. */
static rb_state_t *
make_node(void)
{
  rb_config_t *config = rbt_make_config();
  rb_state_t *state = rbt_make_state(1, config, now);
  rb_config_free(config);
  return state;
}

/** What is saved is loaded, only its owner can read it, and it is written
 * only when it changed. */
static void
test_rbalance_statefile_round_trip(void *arg)
{
  const char *dir = get_fname("statefile");
  char *path = NULL, *saved = NULL;
  rb_state_t *state = make_node(), *next = make_node();
  ed25519_keypair_t keys;
  struct stat st;
  (void) arg;

  tor_asprintf(&path, "%s/rbalance", dir);
  tt_int_op(mkdir(dir, 0700), OP_EQ, 0);
  tt_int_op(mkdir(path, 0700), OP_EQ, 0);
  tor_free(path);
  tor_asprintf(&path, "%s/rbalance/state", dir);
  rb_statefile_load(dir, state, now);
  rbt_fill_key(2, &keys);
  rb_peers_add(state->peers, &keys.pubkey, 64, RBT_MONO);
  rb_statefile_save(dir, state, &saved);
  tt_int_op(stat(path, &st), OP_EQ, 0);
  tt_int_op(st.st_mode & 0777, OP_EQ, 0600);
  rb_statefile_load(dir, next, now);
  tt_int_op(rb_peers_count(next->peers), OP_EQ, 1);
  tt_int_op(unlink(path), OP_EQ, 0);
  rb_statefile_save(dir, state, &saved);
  tt_int_op(stat(path, &st), OP_EQ, -1);
  rbt_fill_key(3, &keys);
  rb_peers_add(state->peers, &keys.pubkey, 64, RBT_MONO);
  rb_statefile_save(dir, state, &saved);
  tt_int_op(stat(path, &st), OP_EQ, 0);
 done:
  tor_free(path);
  tor_free(saved);
  rb_state_free(state);
  rb_state_free(next);
}

/** A damaged or too large file is set aside with a warning. */
static void
test_rbalance_statefile_damaged(void *arg)
{
  const char *dir = get_fname("damaged");
  char *path = NULL, *aside = NULL, *huge = NULL;
  rb_state_t *state = make_node();
  struct stat st;
  (void) arg;

  tor_asprintf(&path, "%s/rbalance", dir);
  tt_int_op(mkdir(dir, 0700), OP_EQ, 0);
  tt_int_op(mkdir(path, 0700), OP_EQ, 0);
  tor_free(path);
  tor_asprintf(&path, "%s/rbalance/state", dir);
  tor_asprintf(&aside, "%s.damaged", path);
  tt_int_op(write_str_to_file(path, "{\"version\":1,", 0), OP_EQ, 0);
  setup_full_capture_of_logs(LOG_WARN);
  rb_statefile_load(dir, state, now);
  expect_single_log_msg_containing("it is damaged, or of another version");
  tt_int_op(stat(path, &st), OP_EQ, -1);
  tt_int_op(stat(aside, &st), OP_EQ, 0);
  mock_clean_saved_logs();

  huge = tor_malloc_zero(RB_MAX_STATEFILE_LEN + 2);
  memset(huge, ' ', RB_MAX_STATEFILE_LEN + 1);
  tt_int_op(write_str_to_file(path, huge, 0), OP_EQ, 0);
  rb_statefile_load(dir, state, now);
  expect_single_log_msg_containing("it is too large");
  tt_int_op(stat(path, &st), OP_EQ, -1);
 done:
  teardown_capture_of_logs();
  tor_free(path);
  tor_free(aside);
  tor_free(huge);
  rb_state_free(state);
}

/** A directory that can't be written to is a warning, no more. */
static void
test_rbalance_statefile_unwritable(void *arg)
{
  rb_state_t *state = make_node();
  char *saved = NULL;
  (void) arg;

  setup_full_capture_of_logs(LOG_WARN);
  rb_statefile_save(get_fname("nowhere"), state, &saved);
  expect_log_msg_containing("will not remember the others");
 done:
  teardown_capture_of_logs();
  tor_free(saved);
  rb_state_free(state);
}

#define T(name) \
  { #name, test_rbalance_statefile_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_statefile_tests[] = {
  T(round_trip),
  T(damaged),
  T(unwritable),
  END_OF_TESTCASES
};
