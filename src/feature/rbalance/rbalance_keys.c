/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_keys.c
 * @brief The files under HiddenServiceDir/rbalance/: node keys and token.
 *
 * The node keys are in tor's own key files, made at the first start, with the
 * node address in "hostname" beside them.  cluster_token is the secret that
 * the nodes share; it is made where it is missing, and the operator copies it
 * to the other nodes.  rbalance_token.c derives keys from it.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_keys.h"

#include "app/config/config.h"
#include "feature/hs/hs_common.h"
#include "feature/keymgt/loadkey.h"
#include "feature/rbalance/rbalance_token.h"
#include "lib/crypt_ops/crypto_rand.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/encoding/binascii.h"
#include "lib/fs/dir.h"
#include "lib/fs/files.h"

/** Directory of our files in the HiddenServiceDir. */
static const char dname_rbalance[] = "rbalance";
/** Prefix of the node key files, as of a service's. */
static const char fname_keys[] = "hs_ed25519";
/** The public key of the service, in its own directory. */
static const char fname_service_public[] = "hs_ed25519_public_key";
/** The node address. */
static const char fname_hostname[] = "hostname";
/** The cluster token. */
static const char fname_token[] = "cluster_token";

/** Return the path of the file <b>fname</b> among ours in
 * <b>service_dir</b>; the caller frees it. */
char *
rb_keys_get_path(const char *service_dir, const char *fname)
{
  char *dir = hs_path_from_filename(service_dir, dname_rbalance);
  char *path = hs_path_from_filename(dir, fname);
  tor_free(dir);
  return path;
}

/** Append to <b>files</b> the paths of all our files in
 * <b>service_dir</b>, each a new text. */
void
rb_keys_list_files(const char *service_dir, smartlist_t *files)
{
  static const char *const names[] = {
    "hostname", "cluster_token", "hs_ed25519_secret_key",
    "hs_ed25519_public_key", "state",
  };
  smartlist_add(files, hs_path_from_filename(service_dir, dname_rbalance));
  for (unsigned i = 0; i < ARRAY_LENGTH(names); ++i) {
    smartlist_add(files, rb_keys_get_path(service_dir, names[i]));
  }
}

/** Read the token file <b>path</b>.  Return the list of rb_token_t; or NULL
 * and in *<b>fault_out</b> a static text, or NULL there, too, if there is no
 * such file. */
static smartlist_t *
read_tokens(const char *path, const char **fault_out)
{
  struct stat st;
  smartlist_t *tokens;
  char *text;

  *fault_out = NULL;
  if (file_status(path) == FN_NOENT) {
    return NULL;
  }
  text = read_file_to_str(path, RFTS_IGNORE_MISSING, &st);
  if (!text) {
    *fault_out = "it can't be read";
    return NULL;
  }
  tokens = rb_tokens_parse(text, fault_out);
  memwipe(text, 0, strlen(text));
  tor_free(text);
  return tokens;
}

/** Return a new text that says what is wrong with the token file of the
 * service in <b>service_dir</b>, without a word of its content; or NULL if it
 * is fine or not there. */
char *
rb_keys_find_token_fault(const char *service_dir)
{
  char *path = rb_keys_get_path(service_dir, fname_token);
  char *fault = NULL;
  const char *reason = NULL;
  smartlist_t *tokens = read_tokens(path, &reason);
  if (reason) {
    tor_asprintf(&fault, "The cluster token file %s is not usable: %s",
                 escaped(path), reason);
  }
  rb_tokens_free(tokens);
  tor_free(path);
  return fault;
}

/** Return a new text that says why a node without the service's secret key
 * can't work with the files in <b>service_dir</b>, or NULL if it can. */
char *
rb_keys_find_keyless_fault(const char *service_dir)
{
  char *path = hs_path_from_filename(service_dir, fname_service_public);
  char *fault = NULL;
  char *tag = NULL;
  ed25519_public_key_t key;

  if (ed25519_pubkey_read_from_file(&key, &tag, path) < 0 ||
      ed25519_validate_pubkey(&key) < 0) {
    tor_asprintf(&fault, "HiddenServiceBalanceKeyless is 1, but %s is not "
                 "there or not a public key; copy it from a node that has "
                 "the keys of the service", escaped(path));
  }
  tor_free(tag);
  tor_free(path);
  return fault;
}

/** Write a new random token to the file <b>path</b>.  Return 0 on success,
 * else -1. */
static int
make_token(const char *path)
{
  uint8_t random[DIGEST256_LEN];
  char text[HEX_DIGEST256_LEN + 2];
  int r;

  crypto_strongest_rand(random, sizeof(random));
  base16_encode(text, sizeof(text), (const char *) random, sizeof(random));
  strlcat(text, "\n", sizeof(text));
  r = write_str_to_file(path, text, 0);
  memwipe(random, 0, sizeof(random));
  memwipe(text, 0, sizeof(text));
  if (r == 0) {
    log_notice(LD_REND, "Made a cluster token in %s. Copy this file to the "
               "other nodes of the onion service, and show it to nobody "
               "else.", escaped(path));
  }
  return r;
}

/** Return the tokens of the service in <b>service_dir</b>, made if there were
 * none and we <b>may_make</b> one; on error warn and return NULL. */
static smartlist_t *
load_tokens(const char *service_dir, bool may_make)
{
  char *path = rb_keys_get_path(service_dir, fname_token);
  const char *fault = NULL;
  smartlist_t *tokens = read_tokens(path, &fault);
  if (!tokens && !fault && !may_make) {
    fault = "it is missing; copy it from a node of the cluster that this one "
      "is to join";
  }
  if (!tokens && !fault && make_token(path) == 0) {
    tokens = read_tokens(path, &fault);
  }
  if (!tokens) {
    log_warn(LD_REND, "The cluster token file %s is not usable: %s.",
             escaped(path), fault ? fault : "it can't be written");
  }
  tor_free(path);
  return tokens;
}

/** Write the address of the node with <b>key</b> beside its keys in
 * <b>service_dir</b>.  Return 0 on success, else -1. */
static int
write_hostname(const char *service_dir, const ed25519_public_key_t *key)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *path = rb_keys_get_path(service_dir, fname_hostname);
  char *text = NULL;
  int r;
  hs_build_address(key, HS_VERSION_THREE, address);
  tor_asprintf(&text, "%s.onion\n", address);
  r = write_str_to_file_if_not_equal(path, text);
  tor_free(text);
  tor_free(path);
  return r;
}

/** Load the keys of this node from the files in <b>service_dir</b>, making
 * those that are missing, but the token only if we <b>may_make_token</b>:
 * copy the node keys to <b>node_keys_out</b> and set *<b>tokens_out</b> to the
 * list of rb_token_t, owned by the caller.  Return 0 on success; else warn and
 * return -1. */
int
rb_keys_load(const char *service_dir, bool may_make_token,
             ed25519_keypair_t *node_keys_out, smartlist_t **tokens_out)
{
  char *dir = hs_path_from_filename(service_dir, dname_rbalance);
  char *path = rb_keys_get_path(service_dir, fname_keys);
  ed25519_keypair_t *keys = NULL;
  int r = -1;

  *tokens_out = NULL;
  if (check_private_dir(dir, CPD_CREATE, get_options()->User) < 0) {
    goto end;
  }
  keys = ed_key_init_from_file(path, INIT_ED_KEY_SPLIT | INIT_ED_KEY_CREATE |
                               INIT_ED_KEY_EXTRA_STRONG, LOG_WARN, NULL, 0,
                               0, 0, NULL, NULL);
  if (!keys || write_hostname(service_dir, &keys->pubkey) < 0) {
    log_warn(LD_REND, "Can't load or make the node keys in %s.",
             escaped(dir));
    goto end;
  }
  *tokens_out = load_tokens(service_dir, may_make_token);
  if (*tokens_out) {
    memcpy(node_keys_out, keys, sizeof(*node_keys_out));
    r = 0;
  }
 end:
  ed25519_keypair_free(keys);
  tor_free(dir);
  tor_free(path);
  return r;
}

/** Store in <b>secret_out</b> the x25519 key of <b>token</b> that may read
 * the descriptors of the nodes' own services (restricted discovery,
 * rend-spec-v3 section 2.5.1.2). */
void
rb_keys_derive_discovery(const rb_token_t *token,
                         curve25519_secret_key_t *secret_out)
{
  memcpy(secret_out->secret_key, token->discovery_seed,
         sizeof(secret_out->secret_key));
  /* Clamp it as RFC 7748 section 5 says. */
  secret_out->secret_key[0] &= 248;
  secret_out->secret_key[31] &= 127;
  secret_out->secret_key[31] |= 64;
}
