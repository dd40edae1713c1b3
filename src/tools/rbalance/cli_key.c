/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_key.c
 * @brief The key of an onion service, from the forms in which people keep it.
 *
 * - 32 bytes: the seed of an ed25519 key.
 * - 64 bytes: an expanded key, with the public key in FILE.pub: 32 bytes, or
 *   the 64 of tor's own file hs_ed25519_public_key.
 * - 96 bytes: tor's own file hs_ed25519_secret_key.
 *
 * Whatever the form, the key must sign what the public key verifies, and give
 * the address that is said to be its own: in hostname beside the file, or by
 * the operator.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_key.h"

#include "lib/crypt_ops/crypto_digest.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/ctime/di_ops.h"
#include "lib/encoding/binascii.h"
#include "lib/fs/files.h"
#include "lib/intmath/muldiv.h"
#include "lib/fs/path.h"
#include "lib/log/escape.h"
#include "lib/malloc/malloc.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "tools/rbalance/cli_hints.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/** What tor's files begin with, padded with zeros to TAGGED_HEAD_LEN. */
#define TAGGED_HEAD "== ed25519v1-secret: type0 =="
#define PUBLIC_HEAD "== ed25519v1-public: type0 =="
#define TAGGED_HEAD_LEN 32
/** Version of onion addresses, and what their checksum is of. */
#define ADDRESS_VERSION 3
#define CHECKSUM_PREFIX ".onion checksum"

/** Store in <b>out</b> the CLI_ADDRESS_LEN characters of the onion address of
 * <b>key</b>, as rend-spec-v3 section 6 has it, and a zero. */
void
cli_key_get_address(const ed25519_public_key_t *key, char *out)
{
  char input[sizeof(CHECKSUM_PREFIX) + ED25519_PUBKEY_LEN];
  char raw[ED25519_PUBKEY_LEN + 3];
  char digest[DIGEST256_LEN];
  size_t len = strlen(CHECKSUM_PREFIX);

  memcpy(input, CHECKSUM_PREFIX, len);
  memcpy(input + len, key->pubkey, ED25519_PUBKEY_LEN);
  len += ED25519_PUBKEY_LEN;
  input[len++] = ADDRESS_VERSION;
  crypto_digest256(digest, input, len, DIGEST_SHA3_256);
  memcpy(raw, key->pubkey, ED25519_PUBKEY_LEN);
  memcpy(raw + ED25519_PUBKEY_LEN, digest, 2);
  raw[ED25519_PUBKEY_LEN + 2] = ADDRESS_VERSION;
  base32_encode(out, CLI_ADDRESS_LEN + 1, raw, sizeof(raw));
  tor_strlower(out);
}

/** Store in <b>out</b> the key that <b>address</b>, with or without ".onion",
 * is of.  Return 0 on success, -1 if it is no onion address. */
int
cli_key_from_address(const char *address, ed25519_public_key_t *out)
{
  char raw[ED25519_PUBKEY_LEN + 3];
  char again[CLI_ADDRESS_LEN + 1];

  if (strlen(address) < CLI_ADDRESS_LEN ||
      (address[CLI_ADDRESS_LEN] &&
       strcasecmp(address + CLI_ADDRESS_LEN, ".onion")) ||
      base32_decode(raw, sizeof(raw), address, CLI_ADDRESS_LEN) !=
      sizeof(raw)) {
    return -1;
  }
  memcpy(out->pubkey, raw, ED25519_PUBKEY_LEN);
  /* That has the checksum and the version of a good one. */
  cli_key_get_address(out, again);
  return strncasecmp(address, again, CLI_ADDRESS_LEN) ? -1 : 0;
}

/** Return the hostname of the onion service that <b>text</b> names, new, in
 * small letters; or NULL if it names none, or is NULL. */
char *
cli_key_read_hostname(const char *text)
{
  ed25519_public_key_t key;
  char address[CLI_ADDRESS_LEN + 1];
  char *hostname = NULL;
  if (text && cli_key_from_address(text, &key) == 0) {
    cli_key_get_address(&key, address);
    tor_asprintf(&hostname, "%s.onion", address);
  }
  return hostname;
}

/** Return true iff <b>keys</b> can sign and their public key verifies it. */
static bool
is_pair(const ed25519_keypair_t *keys)
{
  static const uint8_t message[] = "tor-rbalance";
  ed25519_signature_t signature;
  return ed25519_sign(&signature, message, sizeof(message), keys) == 0 &&
    ed25519_checksig(&signature, message, sizeof(message),
                     &keys->pubkey) == 0;
}

/** Return true iff the ED25519_SECKEY_LEN bytes at <b>secret</b> are an
 * expanded key: its scalar is clamped. */
static bool
is_expanded(const uint8_t *secret)
{
  return !(secret[0] & 7) && (secret[31] & 0xc0) == 0x40;
}

/** Make the key pair <b>out</b> from the <b>len</b> <b>bytes</b> of a file
 * and, if they have none, from <b>public_bytes</b>, which may be NULL.  Return
 * 0 on success; else set *<b>fault_out</b> to a static text and return -1. */
int
cli_key_from_bytes(const uint8_t *bytes, size_t len,
                   const uint8_t *public_bytes, ed25519_keypair_t *out,
                   const char **fault_out)
{
  char head[TAGGED_HEAD_LEN] = TAGGED_HEAD;
  *fault_out = NULL;
  memset(out, 0, sizeof(*out));

  if (len == ED25519_SECKEY_SEED_LEN) {
    if (ed25519_secret_key_from_seed(&out->seckey, bytes) < 0) {
      *fault_out = "its 32 bytes can't be the seed of a key; take another";
    }
  } else if (len == ED25519_SECKEY_LEN) {
    memcpy(out->seckey.seckey, bytes, len);
    if (!public_bytes) {
      *fault_out = "its 64 bytes are an expanded key, which needs the 32 "
        "bytes of the public key in a file of the same name with .pub at its "
        "end";
    }
  } else if (len == TAGGED_HEAD_LEN + ED25519_SECKEY_LEN &&
             fast_memeq(bytes, head, sizeof(head))) {
    memcpy(out->seckey.seckey, bytes + TAGGED_HEAD_LEN, ED25519_SECKEY_LEN);
  } else {
    *fault_out = "it is neither a seed of 32 bytes, nor an expanded key of "
      "64, nor tor's hs_ed25519_secret_key of 96; give the file of the "
      "service's HiddenServiceDir";
  }
  if (*fault_out) {
    return -1;
  }
  if (!is_expanded(out->seckey.seckey) ||
      ed25519_public_key_generate(&out->pubkey, &out->seckey) < 0 ||
      !is_pair(out)) {
    *fault_out = "what is in it is no ed25519 key; give the file "
      "hs_ed25519_secret_key of the service's HiddenServiceDir";
  } else if (public_bytes && tor_memneq(out->pubkey.pubkey, public_bytes,
                                        ED25519_PUBKEY_LEN)) {
    *fault_out = "it does not belong to the public key beside it; find out "
      "which of them is the service's, and take the other away";
  }
  return *fault_out ? -1 : 0;
}

/** Store in <b>out</b> the public key in the <b>len</b> <b>bytes</b> of a
 * file: the key itself, or tor's file.  Return 0 on success, else -1. */
int
cli_key_public_from_bytes(const uint8_t *bytes, size_t len,
                          ed25519_public_key_t *out)
{
  char head[TAGGED_HEAD_LEN] = PUBLIC_HEAD;
  if (len == TAGGED_HEAD_LEN + ED25519_PUBKEY_LEN &&
      fast_memeq(bytes, head, sizeof(head))) {
    bytes += TAGGED_HEAD_LEN;
  } else if (len != ED25519_PUBKEY_LEN) {
    return -1;
  }
  memcpy(out->pubkey, bytes, ED25519_PUBKEY_LEN);
  return 0;
}

/** Read the public key in the file <b>path</b> into <b>out</b>.  Return 1 on
 * success, 0 if there is no such file; else set *<b>fault_out</b> to a new
 * text and return -1. */
static int
read_public(const char *path, ed25519_public_key_t *out, char **fault_out)
{
  struct stat st;
  char *bytes = read_file_to_str(path, RFTS_BIN | RFTS_IGNORE_MISSING, &st);
  int r = -1;
  if (!bytes && errno == ENOENT) {
    return 0;
  } else if (!bytes) {
    tor_asprintf(fault_out, "can't read the public key %s: %s. %s",
                 escaped(path), strerror(errno), cli_hint_for_file(errno));
  } else if (cli_key_public_from_bytes((uint8_t *) bytes,
                                       (size_t) st.st_size, out) < 0) {
    tor_asprintf(fault_out, "%s has %" PRIu64 " bytes, and is no public key: "
                 "that has 32 bytes, or 64 as tor's hs_ed25519_public_key. "
                 "Put that of the service there, or take the file away",
                 escaped(path), (uint64_t) st.st_size);
  } else {
    r = 1;
  }
  tor_free(bytes);
  return r;
}

/** Return the address in the file hostname beside <b>path</b>, if that
 * <b>is_tors</b> own key file, new; or NULL. */
static char *
read_hostname(const char *path, bool is_tors)
{
  char *dir = tor_strdup(path);
  char *name = NULL, *text = NULL;
  if (is_tors && strchr(path, '/') && get_parent_directory(dir) == 0) {
    tor_asprintf(&name, "%s/hostname", dir);
    text = read_file_to_str(name, RFTS_IGNORE_MISSING, NULL);
  }
  if (text) {
    text[strcspn(text, ".\r\n")] = '\0';
  }
  tor_free(dir);
  tor_free(name);
  return text;
}

/** Return a new text if <b>key</b> does not give <b>address</b>, which
 * <b>says_who</b> says; or NULL if it does, or that is NULL. */
static char *
find_other_address(const ed25519_public_key_t *key, const char *address,
                   const char *says_who)
{
  char ours[CLI_ADDRESS_LEN + 1];
  char *fault = NULL;
  cli_key_get_address(key, ours);
  if (address && (strncasecmp(address, ours, CLI_ADDRESS_LEN) ||
                  (address[CLI_ADDRESS_LEN] &&
                   strcasecmp(address + CLI_ADDRESS_LEN, ".onion")))) {
    tor_asprintf(&fault, "this key gives the address %s.onion, but %s says "
                 "%s; give the key of that service, or correct what is said",
                 ours, says_who, escaped(address));
  }
  return fault;
}

/** Return a new text if <b>key</b>, from the file <b>path</b>, does not give
 * <b>address</b>, unless that is NULL, or the one in hostname beside the file,
 * if that <b>is_tors</b> own.  Else return NULL. */
static char *
find_wrong_address(const ed25519_public_key_t *key, const char *path,
                   bool is_tors, const char *address)
{
  char *fault = find_other_address(key, address, "--address");
  if (!fault) {
    char *hostname = read_hostname(path, is_tors);
    fault = find_other_address(key, hostname, "the file hostname beside it");
    tor_free(hostname);
  }
  return fault;
}

/** Load the key in the file <b>path</b> into <b>out</b>, and see to it that it
 * gives <b>address</b>, unless that is NULL.  Return 0 on success; else set
 * *<b>fault_out</b> to a new text and return -1. */
int
cli_key_load(const char *path, const char *address, ed25519_keypair_t *out,
             char **fault_out)
{
  struct stat st;
  char *bytes = read_file_to_str(path, RFTS_BIN | RFTS_IGNORE_MISSING, &st);
  char *pub_path = NULL;
  ed25519_public_key_t beside;
  const char *reason = NULL;
  int has_public = 0;
  size_t len;

  if (!bytes) {
    tor_asprintf(fault_out, "can't read the key file %s: %s. %s",
                 escaped(path), strerror(errno), cli_hint_for_file(errno));
    return -1;
  }
  len = (size_t) st.st_size;
  /* Tor's own file needs none. */
  if (len <= ED25519_SECKEY_LEN) {
    tor_asprintf(&pub_path, "%s.pub", path);
    has_public = read_public(pub_path, &beside, fault_out);
    tor_free(pub_path);
  }
  if (has_public < 0) {
    /* The fault is said. */
  } else if (cli_key_from_bytes((uint8_t *) bytes, len,
                                has_public ? beside.pubkey : NULL, out,
                                &reason) < 0) {
    tor_asprintf(fault_out, "the key file %s is not usable: %s",
                 escaped(path), reason);
  } else {
    *fault_out = find_wrong_address(&out->pubkey, path,
                                    len > ED25519_SECKEY_LEN, address);
  }
  memwipe(bytes, 0, len);
  tor_free(bytes);
  return *fault_out ? -1 : 0;
}

/** Load the public key in tor's own file <b>path</b> into <b>out</b>, as
 * cli_key_load() does with a secret one.  Return 1 on success, 0 if there is
 * no such file; else set *<b>fault_out</b> to a new text and return -1. */
int
cli_key_load_public(const char *path, const char *address,
                    ed25519_public_key_t *out, char **fault_out)
{
  const int r = read_public(path, out, fault_out);
  if (r > 0) {
    *fault_out = find_wrong_address(out, path, true, address);
  }
  return *fault_out ? -1 : r;
}
