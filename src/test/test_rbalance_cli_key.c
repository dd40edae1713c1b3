/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_key.c
 * @brief Test how tor-rbalance takes keys, and its directories.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/hs/hs_common.h"
#include "lib/fs/dir.h"
#include "lib/fs/files.h"
#include "tools/rbalance/cli_home.h"
#include "tools/rbalance/cli_key.h"

#include <sys/stat.h>

/** Fill <b>keys</b> with a key and <b>seed</b> with the bytes it is from. */
static void
make_key(uint8_t n, ed25519_keypair_t *keys, uint8_t *seed)
{
  memset(seed, n, ED25519_SECKEY_SEED_LEN);
  tor_assert(ed25519_secret_key_from_seed(&keys->seckey, seed) == 0);
  tor_assert(ed25519_public_key_generate(&keys->pubkey, &keys->seckey) == 0);
}

/** The address is the one that tor makes, and gives its key back. */
static void
test_rbalance_cli_key_address(void *arg)
{
  ed25519_keypair_t keys;
  ed25519_public_key_t read;
  char ours[CLI_ADDRESS_LEN + 1], tors[CLI_HOSTNAME_SIZE];
  (void) arg;

  for (uint8_t seed = 1; seed < 20; ++seed) {
    rbt_fill_key(seed, &keys);
    cli_key_get_address(&keys.pubkey, ours);
    hs_build_address(&keys.pubkey, HS_VERSION_THREE, tors);
    tt_str_op(ours, OP_EQ, tors);
    tt_int_op(cli_key_from_address(ours, &read), OP_EQ, 0);
    tt_assert(ed25519_pubkey_eq(&read, &keys.pubkey));
    strlcat(tors, ".ONION", sizeof(tors));
    tt_int_op(cli_key_from_address(tors, &read), OP_EQ, 0);
    /* One letter is another one, or missing, or too much. */
    ours[seed] = ours[seed] == 'a' ? 'b' : 'a';
    tt_int_op(cli_key_from_address(ours, &read), OP_EQ, -1);
    tt_int_op(cli_key_from_address(tors + 1, &read), OP_EQ, -1);
    tors[strlen(tors) - 1] = '\0';
    tt_int_op(cli_key_from_address(tors, &read), OP_EQ, -1);
  }
  tt_int_op(cli_key_from_address("", &read), OP_EQ, -1);

 done:
  ;
}

/** A seed, an expanded key and tor's file give the same key. */
static void
test_rbalance_cli_key_forms(void *arg)
{
  ed25519_keypair_t keys, read;
  uint8_t seed[ED25519_SECKEY_SEED_LEN];
  uint8_t tagged[96] = "== ed25519v1-secret: type0 ==";
  const char *fault = NULL;
  (void) arg;

  make_key(7, &keys, seed);
  tt_int_op(cli_key_from_bytes(seed, 32, NULL, &read, &fault), OP_EQ, 0);
  tt_mem_op(&read, OP_EQ, &keys, sizeof(keys));
  tt_int_op(cli_key_from_bytes(keys.seckey.seckey, 64, keys.pubkey.pubkey,
                               &read, &fault), OP_EQ, 0);
  tt_mem_op(&read, OP_EQ, &keys, sizeof(keys));
  memcpy(tagged + 32, keys.seckey.seckey, 64);
  tt_int_op(cli_key_from_bytes(tagged, 96, NULL, &read, &fault), OP_EQ, 0);
  tt_mem_op(&read, OP_EQ, &keys, sizeof(keys));

 done:
  ;
}

/** A public key is itself, or tor's file of it, and nothing else. */
static void
test_rbalance_cli_key_public_forms(void *arg)
{
  ed25519_keypair_t keys;
  ed25519_public_key_t read;
  uint8_t seed[ED25519_SECKEY_SEED_LEN];
  uint8_t tagged[64] = "== ed25519v1-public: type0 ==";
  (void) arg;

  make_key(7, &keys, seed);
  tt_int_op(cli_key_public_from_bytes(keys.pubkey.pubkey, 32, &read), OP_EQ,
            0);
  tt_assert(ed25519_pubkey_eq(&read, &keys.pubkey));
  memset(&read, 0, sizeof(read));
  memcpy(tagged + 32, keys.pubkey.pubkey, 32);
  tt_int_op(cli_key_public_from_bytes(tagged, 64, &read), OP_EQ, 0);
  tt_assert(ed25519_pubkey_eq(&read, &keys.pubkey));
  for (size_t len = 0; len < sizeof(tagged); ++len) {
    if (len != ED25519_PUBKEY_LEN) {
      tt_int_op(cli_key_public_from_bytes(tagged, len, &read), OP_EQ, -1);
    }
  }
  /* A secret key's head, and none. */
  memcpy(tagged, "== ed25519v1-secret: type0 ==", 29);
  tt_int_op(cli_key_public_from_bytes(tagged, 64, &read), OP_EQ, -1);
  tt_int_op(cli_key_public_from_bytes(keys.seckey.seckey, 64, &read), OP_EQ,
            -1);

 done:
  ;
}

/** The file .pub beside a key is never passed over. */
static void
test_rbalance_cli_key_public_beside(void *arg)
{
  char *path = tor_strdup(get_fname_rnd("key"));
  char *pub_path = NULL, *fault = NULL;
  ed25519_keypair_t keys, other, read;
  uint8_t seed[ED25519_SECKEY_SEED_LEN];
  uint8_t tagged[64] = "== ed25519v1-public: type0 ==";
  (void) arg;

#define WRITE_PUB(bytes, len) \
  tt_int_op(write_bytes_to_file(pub_path, (const char *) (bytes), (len), 1), \
            OP_EQ, 0)
  make_key(8, &other, seed);
  make_key(7, &keys, seed);
  tor_asprintf(&pub_path, "%s.pub", path);
  tt_int_op(write_bytes_to_file(path, (const char *) seed, sizeof(seed), 1),
            OP_EQ, 0);
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, 0);
  WRITE_PUB(keys.pubkey.pubkey, 31);
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, -1);
  tt_assert(strstr(fault, ".pub") && strstr(fault, "31 bytes"));
  tor_free(fault);
  WRITE_PUB(other.pubkey.pubkey, 32);
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, -1);
  tor_free(fault);
  memcpy(tagged + 32, keys.pubkey.pubkey, 32);
  WRITE_PUB(tagged, sizeof(tagged));
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, 0);
  tt_mem_op(&read, OP_EQ, &keys, sizeof(keys));
  /* An expanded key with tor's own file of its public key. */
  tt_int_op(write_bytes_to_file(path, (const char *) keys.seckey.seckey,
                                ED25519_SECKEY_LEN, 1), OP_EQ, 0);
  memset(&read, 0, sizeof(read));
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, 0);
  tt_mem_op(&read, OP_EQ, &keys, sizeof(keys));
  WRITE_PUB("", 0);
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, -1);
#undef WRITE_PUB

 done:
  tor_free(path);
  tor_free(pub_path);
  tor_free(fault);
}

/** What is no key, or not the one it says, is refused. */
static void
test_rbalance_cli_key_bad(void *arg)
{
  ed25519_keypair_t keys, other, read;
  uint8_t seed[ED25519_SECKEY_SEED_LEN];
  uint8_t bytes[128];
  const char *fault = NULL;
  (void) arg;

  make_key(8, &other, seed);
  make_key(7, &keys, seed);
  memset(bytes, 0, sizeof(bytes));
  for (size_t len = 0; len <= sizeof(bytes); ++len) {
    if (len != ED25519_SECKEY_SEED_LEN) {
      tt_int_op(cli_key_from_bytes(bytes, len, keys.pubkey.pubkey, &read,
                                   &fault), OP_EQ, -1);
      tt_assert(fault);
    }
  }
  /* An expanded key without its public key, with another, not clamped. */
  tt_int_op(cli_key_from_bytes(keys.seckey.seckey, 64, NULL, &read, &fault),
            OP_EQ, -1);
  tt_int_op(cli_key_from_bytes(keys.seckey.seckey, 64, other.pubkey.pubkey,
                               &read, &fault), OP_EQ, -1);
  keys.seckey.seckey[0] |= 1;
  tt_int_op(cli_key_from_bytes(keys.seckey.seckey, 64, keys.pubkey.pubkey,
                               &read, &fault), OP_EQ, -1);
  tt_int_op(cli_key_from_bytes(seed, 32, other.pubkey.pubkey, &read, &fault),
            OP_EQ, -1);

 done:
  ;
}

/** Return true iff <b>path</b> has the permissions <b>mode</b>. */
static bool
has_mode(const char *path, unsigned mode)
{
  struct stat st;
  return stat(path, &st) == 0 && (st.st_mode & 0777) == mode;
}

/** What is written is for the owner only, can be read by tor, and is never
 * overwritten. */
static void
test_rbalance_cli_key_home(void *arg)
{
  const char *dir = get_fname_rnd("home");
  cli_home_t *home = NULL;
  ed25519_keypair_t keys, read;
  ed25519_secret_key_t secret;
  uint8_t seed[ED25519_SECKEY_SEED_LEN];
  char *fault = NULL, *path = NULL, *token = NULL, *tag = NULL;
  (void) arg;

  home = cli_home_open(dir, false, NULL, &fault);
  tt_ptr_op(home, OP_EQ, NULL);
  tt_assert(fault);
  tor_free(fault);
  home = cli_home_open(dir, true, NULL, &fault);
  tt_assert(home);
  tt_assert(!cli_home_has_key(home));
  make_key(7, &keys, seed);
  tt_int_op(cli_home_write_key(home, &keys, true, &fault), OP_EQ, 0);
  tt_int_op(cli_home_write_token(home, "a-token", &fault), OP_EQ, 0);
  tt_assert(cli_home_has_key(home));
  token = cli_home_read_token(home, &fault);
  tt_str_op(token, OP_EQ, "a-token");
  tt_assert(has_mode(home->path, 0700));
  path = cli_home_get_path(home, "rbalance");
  tt_assert(has_mode(path, 0700));
  tor_free(path);
  path = cli_home_get_path(home, "rbalance/cluster_token");
  tt_assert(has_mode(path, 0600));
  tor_free(path);
  path = cli_home_get_path(home, "hs_ed25519_secret_key");
  tt_assert(has_mode(path, 0600));

  tt_int_op(ed25519_seckey_read_from_file(&secret, &tag, path), OP_EQ, 0);
  tt_str_op(tag, OP_EQ, "type0");
  tt_mem_op(&secret, OP_EQ, &keys.seckey, sizeof(secret));
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, 0);
  tt_mem_op(&read, OP_EQ, &keys, sizeof(keys));

  tt_int_op(cli_home_write_key(home, &keys, true, &fault), OP_EQ, -1);
  tor_free(fault);
  tt_int_op(cli_home_write_key(home, &keys, false, &fault), OP_EQ, -1);
  tor_free(fault);
  tt_int_op(cli_home_write_token(home, "b", &fault), OP_EQ, -1);
  tor_free(fault);

  /* The wrong address: as the operator says, and as the file says. */
  tt_int_op(cli_key_load(path, "x.onion", &read, &fault), OP_EQ, -1);
  tt_assert(strstr(fault, "--address"));
  tor_free(fault);
  tor_free(path);
  path = cli_home_get_path(home, "hostname");
  tt_int_op(write_str_to_file(path, "x.onion\n", 0), OP_EQ, 0);
  tor_free(path);
  path = cli_home_get_path(home, "hs_ed25519_secret_key");
  tt_int_op(cli_key_load(path, NULL, &read, &fault), OP_EQ, -1);
  tt_assert(strstr(fault, "hostname"));

 done:
  cli_home_free(home);
  tor_free(path);
  tor_free(token);
  tor_free(fault);
  tor_free(tag);
}

struct testcase_t rbalance_cli_key_tests[] = {
  { "address", test_rbalance_cli_key_address, TT_FORK, NULL, NULL },
  { "forms", test_rbalance_cli_key_forms, TT_FORK, NULL, NULL },
  { "public_forms", test_rbalance_cli_key_public_forms, TT_FORK, NULL, NULL },
  { "public_beside", test_rbalance_cli_key_public_beside, TT_FORK, NULL,
    NULL },
  { "bad", test_rbalance_cli_key_bad, TT_FORK, NULL, NULL },
  { "home", test_rbalance_cli_key_home, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
