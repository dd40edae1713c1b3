/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_keys.c
 * @brief Test the files under HiddenServiceDir/rbalance/.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_helpers.h"

#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_token.h"
#include "lib/crypt_ops/crypto_curve25519.h"
#include "lib/encoding/binascii.h"
#include "lib/fs/dir.h"
#include "lib/fs/files.h"

#ifdef HAVE_SYS_STAT_H
#include <sys/stat.h>
#endif

/** Two good tokens. */
#define TOKEN_A "0123456789abcdef0123456789ABCDEF"
#define TOKEN_B "fedcba9876543210fedcba9876543210"

/** HiddenServiceDir of the test that runs. */
static char *service_dir = NULL;

/** Return the path of the file <b>fname</b> in the directory of the service,
 * in a static buffer. */
static const char *
path_of(const char *fname)
{
  static char path[PATH_MAX];
  tor_snprintf(path, sizeof(path), "%s/%s", service_dir, fname);
  return path;
}

/** Return the permissions of the file <b>fname</b>. */
static unsigned
mode_of(const char *fname)
{
  struct stat st;
  tor_assert(stat(path_of(fname), &st) == 0);
  return (unsigned) (st.st_mode & 0777);
}

/** Make <b>text</b> the token file. */
static void
write_tokens(const char *text)
{
  tor_assert(check_private_dir(path_of("rbalance"), CPD_CREATE, NULL) == 0);
  tor_assert(write_str_to_file(path_of("rbalance/cluster_token"), text,
                               0) == 0);
}

/** The first start makes every file, readable for nobody else; the next one
 * finds them. */
static void
test_rbalance_keys_make(void *arg)
{
  ed25519_keypair_t keys, again;
  smartlist_t *tokens = NULL, *tokens_again = NULL;
  char *text = NULL, *expected = NULL;
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  (void) arg;

  setup_full_capture_of_logs(LOG_NOTICE);
  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, 0);
  expect_log_msg_containing("Made a cluster token in ");
  tt_int_op(smartlist_len(tokens), OP_EQ, 1);
#ifndef _WIN32
  tt_int_op(mode_of("rbalance"), OP_EQ, 0700);
  tt_int_op(mode_of("rbalance/cluster_token"), OP_EQ, 0600);
  tt_int_op(mode_of("rbalance/hs_ed25519_secret_key"), OP_EQ, 0600);
  tt_int_op(mode_of("rbalance/hs_ed25519_public_key"), OP_EQ, 0600);
  tt_int_op(mode_of("rbalance/hostname"), OP_EQ, 0600);
#endif /* !defined(_WIN32) */

  hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
  tor_asprintf(&expected, "%s.onion\n", address);
  text = read_file_to_str(path_of("rbalance/hostname"), 0, NULL);
  tt_str_op(text, OP_EQ, expected);
  tor_free(text);

  /* 256 bits in hex, which the log does not repeat. */
  text = read_file_to_str(path_of("rbalance/cluster_token"), 0, NULL);
  tt_int_op(strlen(text), OP_EQ, HEX_DIGEST256_LEN + 1);
  tt_int_op(strspn(text, "0123456789ABCDEF"), OP_EQ, HEX_DIGEST256_LEN);
  text[8] = '\0';
  expect_no_log_msg_containing(text);
  mock_clean_saved_logs();

  tt_int_op(rb_keys_load(service_dir, true, &again, &tokens_again), OP_EQ, 0);
  tt_mem_op(&again, OP_EQ, &keys, sizeof(keys));
  tt_mem_op(smartlist_get(tokens_again, 0), OP_EQ,
            smartlist_get(tokens, 0), sizeof(rb_token_t));
  expect_no_log_entry();

 done:
  teardown_capture_of_logs();
  rb_tokens_free(tokens);
  rb_tokens_free(tokens_again);
  tor_free(text);
  tor_free(expected);
}

/** Two nodes make different keys and tokens. */
static void
test_rbalance_keys_random(void *arg)
{
  ed25519_keypair_t keys, other;
  smartlist_t *tokens = NULL, *other_tokens = NULL;
  char *other_dir = NULL;
  (void) arg;

  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, 0);
  tor_asprintf(&other_dir, "%s-other", service_dir);
  tt_int_op(check_private_dir(other_dir, CPD_CREATE, NULL), OP_EQ, 0);
  tt_int_op(rb_keys_load(other_dir, true, &other, &other_tokens), OP_EQ, 0);
  tt_mem_op(keys.pubkey.pubkey, OP_NE, other.pubkey.pubkey,
            ED25519_PUBKEY_LEN);
  tt_mem_op(smartlist_get(tokens, 0), OP_NE,
            smartlist_get(other_tokens, 0), sizeof(rb_token_t));

 done:
  rb_tokens_free(tokens);
  rb_tokens_free(other_tokens);
  tor_free(other_dir);
}

/** A token file that the operator brought is used, with all its lines, and
 * stays as it is. */
static void
test_rbalance_keys_tokens(void *arg)
{
  ed25519_keypair_t keys;
  smartlist_t *tokens = NULL;
  rb_token_t expected;
  char *text = NULL;
  (void) arg;

  write_tokens(TOKEN_B "\n" TOKEN_A "\n");
  tt_ptr_op(rb_keys_find_token_fault(service_dir), OP_EQ, NULL);
  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, 0);
  tt_int_op(smartlist_len(tokens), OP_EQ, 2);
  rb_token_derive(&expected, TOKEN_B);
  tt_mem_op(smartlist_get(tokens, 0), OP_EQ, &expected, sizeof(expected));
  rb_token_derive(&expected, TOKEN_A);
  tt_mem_op(smartlist_get(tokens, 1), OP_EQ, &expected, sizeof(expected));
  text = read_file_to_str(path_of("rbalance/cluster_token"), 0, NULL);
  tt_str_op(text, OP_EQ, TOKEN_B "\n" TOKEN_A "\n");

 done:
  rb_tokens_free(tokens);
  tor_free(text);
}

/** A token file that is no good is refused, not replaced, and nothing of it
 * is told. */
static void
test_rbalance_keys_bad_tokens(void *arg)
{
  ed25519_keypair_t keys;
  smartlist_t *tokens = (smartlist_t *) &keys;
  char *fault = NULL, *text = NULL;
  (void) arg;

  tt_ptr_op(rb_keys_find_token_fault(service_dir), OP_EQ, NULL);
  tt_int_op(file_status(path_of("rbalance")), OP_EQ, FN_NOENT);

  write_tokens(TOKEN_A "\nhush");
  fault = rb_keys_find_token_fault(service_dir);
  tt_assert(fault);
  tt_ptr_op(strstr(fault, "hush"), OP_EQ, NULL);
  tt_ptr_op(strstr(fault, "0123"), OP_EQ, NULL);
  tt_ptr_op(strstr(fault, "The cluster token file \""), OP_EQ, fault);
  tt_ptr_op(strstr(fault, "is not usable: a token has fewer than 32 "
                   "characters"), OP_NE, NULL);

  setup_full_capture_of_logs(LOG_INFO);
  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, -1);
  tt_ptr_op(tokens, OP_EQ, NULL);
  expect_log_msg_containing("is not usable: a token has fewer than 32");
  expect_no_log_msg_containing("hush");
  text = read_file_to_str(path_of("rbalance/cluster_token"), 0, NULL);
  tt_str_op(text, OP_EQ, TOKEN_A "\nhush");
  tor_free(fault);

  /* An empty file is a fault, too, and so is a directory. */
  write_tokens("");
  fault = rb_keys_find_token_fault(service_dir);
  tt_assert(fault);
  tt_ptr_op(strstr(fault, "there is no token"), OP_NE, NULL);
  tor_free(fault);
  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, -1);
  tt_int_op(tor_unlink(path_of("rbalance/cluster_token")), OP_EQ, 0);
  tt_int_op(check_private_dir(path_of("rbalance/cluster_token"), CPD_CREATE,
                              NULL), OP_EQ, 0);
  fault = rb_keys_find_token_fault(service_dir);
  tt_assert(fault);
  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, -1);

 done:
  teardown_capture_of_logs();
  tor_free(fault);
  tor_free(text);
}

/** Without a directory to write to, or with a damaged key, nothing is
 * loaded. */
static void
test_rbalance_keys_bad_keys(void *arg)
{
  ed25519_keypair_t keys;
  smartlist_t *tokens = NULL;
  (void) arg;

  setup_full_capture_of_logs(LOG_WARN);
  tt_int_op(rb_keys_load(path_of("no/such/directory"), true, &keys, &tokens),
            OP_EQ, -1);
  tt_ptr_op(tokens, OP_EQ, NULL);

  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, 0);
  rb_tokens_free(tokens);
  tt_int_op(write_str_to_file(path_of("rbalance/hs_ed25519_secret_key"),
                              "not a key", 0), OP_EQ, 0);
  mock_clean_saved_logs();
  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, -1);
  tt_ptr_op(tokens, OP_EQ, NULL);
  expect_log_msg_containing("Can't load or make the node keys in ");

 done:
  teardown_capture_of_logs();
  rb_tokens_free(tokens);
}

/** The hostname file is mended when it does not fit the keys. */
static void
test_rbalance_keys_hostname(void *arg)
{
  ed25519_keypair_t keys;
  smartlist_t *tokens = NULL;
  char *text = NULL, *again = NULL;
  (void) arg;

  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, 0);
  rb_tokens_free(tokens);
  text = read_file_to_str(path_of("rbalance/hostname"), 0, NULL);
  tt_int_op(write_str_to_file(path_of("rbalance/hostname"), "other\n", 0),
            OP_EQ, 0);
  tt_int_op(rb_keys_load(service_dir, true, &keys, &tokens), OP_EQ, 0);
  again = read_file_to_str(path_of("rbalance/hostname"), 0, NULL);
  tt_str_op(again, OP_EQ, text);

 done:
  rb_tokens_free(tokens);
  tor_free(text);
  tor_free(again);
}

/** The discovery key is the token's seed, clamped. */
static void
test_rbalance_keys_discovery(void *arg)
{
  rb_token_t token;
  curve25519_secret_key_t secret;
  uint8_t expected[CURVE25519_SECKEY_LEN];
  (void) arg;

  memset(&token, 0xff, sizeof(token));
  rb_keys_derive_discovery(&token, &secret);
  memset(expected, 0xff, sizeof(expected));
  expected[0] = 0xf8;
  expected[31] = 0x7f;
  tt_mem_op(secret.secret_key, OP_EQ, expected, sizeof(expected));

  memset(&token, 0, sizeof(token));
  rb_keys_derive_discovery(&token, &secret);
  memset(expected, 0, sizeof(expected));
  expected[31] = 0x40;
  tt_mem_op(secret.secret_key, OP_EQ, expected, sizeof(expected));

  rb_token_derive(&token, TOKEN_A);
  rb_keys_derive_discovery(&token, &secret);
  tt_str_op(hex_str((const char *) secret.secret_key, 32), OP_EQ,
            "D8DE12D0D09BE86781FE7872E701F6A6"
            "0A6A422A7E0D600E9A1F9C907208A26E");
  tt_mem_op(secret.secret_key, OP_NE, token.handshake_key, RB_KEY_LEN);

 done:
  ;
}

/** Make a directory for the test. */
static void *
setup_dir(const struct testcase_t *testcase)
{
  service_dir = tor_strdup(get_fname(testcase->name));
  tor_assert(check_private_dir(service_dir, CPD_CREATE, NULL) == 0);
  return service_dir;
}

/** Release the name of the directory.  Return 1. */
static int
cleanup_dir(const struct testcase_t *testcase, void *arg)
{
  (void) testcase;
  (void) arg;
  tor_free(service_dir);
  return 1;
}

static const struct testcase_setup_t fixture = { setup_dir, cleanup_dir };

#define TEST(name) \
  { #name, test_rbalance_keys_ ## name, TT_FORK, &fixture, NULL }

struct testcase_t rbalance_keys_tests[] = {
  TEST(make),
  TEST(random),
  TEST(tokens),
  TEST(bad_tokens),
  TEST(bad_keys),
  TEST(hostname),
  TEST(discovery),
  END_OF_TESTCASES
};
