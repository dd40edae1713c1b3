/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_auth.c
 * @brief Show a control port that we may use it.
 *
 * The control port says where its cookie is.  If that is not tor at the other
 * end it could name any file, so a cookie is never sent: we let the other end
 * prove first that it knows what is in the file (SAFECOOKIE), and what we send
 * then is a hash.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_auth.h"

#include "lib/crypt_ops/crypto_digest.h"
#include "lib/crypt_ops/crypto_rand.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/ctime/di_ops.h"
#include "lib/encoding/binascii.h"
#include "lib/encoding/qstring.h"
#include "lib/fs/files.h"
#include "lib/log/escape.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "tools/rbalance/cli_hints.h"
#include "tools/rbalance/cli_password.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/** Keys of the two hashes, as control-spec section 3.24 has them. */
#define SERVER_KEY "Tor safe cookie authentication server-to-controller hash"
#define CLIENT_KEY "Tor safe cookie authentication controller-to-server hash"

/** Read the line "AUTH METHODS=... COOKIEFILE=..." at <b>line</b> into
 * <b>auth</b>.  Return 0 on success, else -1. */
static int
parse_methods(const char *line, cli_auth_t *auth)
{
  smartlist_t *methods = smartlist_new();
  const char *file = strstr(line, " COOKIEFILE=\"");
  const char *end = strchr(line, ' ');
  char *list = end ? tor_strndup(line, (size_t) (end - line)) :
                     tor_strdup(line);
  size_t len = 0;
  int r = 0;

  smartlist_split_string(methods, list, ",", 0, 16);
  auth->wants_nothing = smartlist_contains_string(methods, "NULL");
  auth->takes_cookie = smartlist_contains_string(methods, "SAFECOOKIE");
  auth->takes_password = smartlist_contains_string(methods,
                                                   "HASHEDPASSWORD");
  if (file) {
    file += strlen(" COOKIEFILE=");
    if (!decode_qstring(file, strlen(file), &auth->cookie_path, &len) ||
        strlen(auth->cookie_path) != len) {
      r = -1;
    }
  }
  SMARTLIST_FOREACH(methods, char *, method, tor_free(method));
  smartlist_free(methods);
  tor_free(list);
  return r;
}

/** Read the <b>reply</b> to PROTOCOLINFO into <b>auth</b>, to be cleared by
 * cli_auth_clear() in any case.  Return 0 on success, else -1. */
int
cli_auth_parse(const cli_reply_t *reply, cli_auth_t *auth)
{
  static const char prefix[] = "AUTH METHODS=";
  memset(auth, 0, sizeof(*auth));
  if (reply->code != 250) {
    return -1;
  }
  SMARTLIST_FOREACH_BEGIN(reply->lines, const char *, line) {
    if (!strcmpstart(line, prefix)) {
      return parse_methods(line + strlen(prefix), auth);
    }
  } SMARTLIST_FOREACH_END(line);
  return -1;
}

/** Release what is in <b>auth</b>. */
void
cli_auth_clear(cli_auth_t *auth)
{
  tor_free(auth->cookie_path);
  memset(auth, 0, sizeof(*auth));
}

/** Store in <b>out</b> the CLI_COOKIE_LEN bytes of the hash with <b>key</b> of
 * <b>cookie</b> and both nonces. */
static void
hash_cookie(const char *key, const uint8_t *cookie, const uint8_t *ours,
            const uint8_t *theirs, uint8_t *out)
{
  uint8_t message[3 * CLI_COOKIE_LEN];
  memcpy(message, cookie, CLI_COOKIE_LEN);
  memcpy(message + CLI_COOKIE_LEN, ours, CLI_COOKIE_LEN);
  memcpy(message + 2 * CLI_COOKIE_LEN, theirs, CLI_COOKIE_LEN);
  crypto_hmac_sha256((char *) out, key, strlen(key), (const char *) message,
                     sizeof(message));
  memwipe(message, 0, sizeof(message));
}

/** Read the hexadecimal value after <b>key</b> in <b>text</b>, CLI_COOKIE_LEN
 * bytes, into <b>out</b>.  Return 0 on success, else -1. */
static int
read_hex(const char *text, const char *key, uint8_t *out)
{
  const char *at = strstr(text, key);
  if (!at || strlen(at + strlen(key)) < 2 * CLI_COOKIE_LEN) {
    return -1;
  }
  return base16_decode((char *) out, CLI_COOKIE_LEN, at + strlen(key),
                       2 * CLI_COOKIE_LEN) == CLI_COOKIE_LEN ? 0 : -1;
}

/** Check that the other end, which answered our AUTHCHALLENGE with
 * <b>nonce</b> by <b>text</b>, knows <b>cookie</b>.  If so, store in
 * <b>proof_out</b> the CLI_COOKIE_LEN bytes to authenticate with and return
 * 0; else return -1. */
int
cli_auth_check_challenge(const char *text, const uint8_t *cookie,
                         const uint8_t *nonce, uint8_t *proof_out)
{
  uint8_t hash[CLI_COOKIE_LEN], theirs[CLI_COOKIE_LEN];
  uint8_t expected[CLI_COOKIE_LEN];

  if (strcmpstart(text, "AUTHCHALLENGE ") ||
      read_hex(text, " SERVERHASH=", hash) < 0 ||
      read_hex(text, " SERVERNONCE=", theirs) < 0) {
    return -1;
  }
  hash_cookie(SERVER_KEY, cookie, nonce, theirs, expected);
  if (tor_memneq(hash, expected, sizeof(hash))) {
    return -1;
  }
  hash_cookie(CLIENT_KEY, cookie, nonce, theirs, proof_out);
  return 0;
}

/** Read tor's cookie from <b>path</b> into <b>cookie_out</b>.  Return 0 on
 * success; else set *<b>fault_out</b> and return -1. */
static int
read_cookie(const char *path, uint8_t *cookie_out, char **fault_out)
{
  struct stat st;
  char *text = read_file_to_str(path, RFTS_BIN | RFTS_IGNORE_MISSING, &st);
  int r = -1;
  if (!text) {
    tor_asprintf(fault_out, "can't read tor's authentication cookie %s: %s. "
                 "%s", escaped(path), strerror(errno),
                 cli_hint_for_file(errno));
  } else if (st.st_size != CLI_COOKIE_LEN) {
    tor_asprintf(fault_out, "%s is no authentication cookie of tor; "
                 CLI_CHECK_CONTROL,
                 escaped(path));
  } else {
    memcpy(cookie_out, text, CLI_COOKIE_LEN);
    memwipe(text, 0, CLI_COOKIE_LEN);
    r = 0;
  }
  tor_free(text);
  return r;
}

/** Authenticate <b>conn</b> with <b>secret</b>, of <b>len</b> bytes.  Return 0
 * on success; else set *<b>fault_out</b> and return -1. */
static int
authenticate(cli_conn_t *conn, const uint8_t *secret, size_t len,
             char **fault_out)
{
  char *hex = tor_malloc_zero(2 * len + 1);
  char *command = NULL;
  cli_reply_t *reply;
  bool is_ok;

  base16_encode(hex, 2 * len + 1, (const char *) secret, len);
  tor_asprintf(&command, "AUTHENTICATE%s%s", len ? " " : "", hex);
  reply = cli_conn_ask(conn, command, fault_out);
  is_ok = reply && reply->code == 250;
  if (reply && !is_ok) {
    tor_asprintf(fault_out, "tor refuses us: %s Check the password, or "
                 "CookieAuthentication in its torrc.",
                 cli_reply_text(reply));
  }
  memwipe(hex, 0, 2 * len);
  memwipe(command, 0, strlen(command));
  tor_free(hex);
  tor_free(command);
  cli_reply_free(reply);
  return is_ok ? 0 : -1;
}

/** Authenticate <b>conn</b> with the cookie at <b>path</b>.  Return 0 on
 * success; else set *<b>fault_out</b> and return -1. */
static int
run_cookie(cli_conn_t *conn, const char *path, char **fault_out)
{
  uint8_t cookie[CLI_COOKIE_LEN], nonce[CLI_COOKIE_LEN];
  uint8_t proof[CLI_COOKIE_LEN];
  char command[2 * CLI_COOKIE_LEN + 32];
  cli_reply_t *reply;
  int r = -1;

  if (read_cookie(path, cookie, fault_out) < 0) {
    return -1;
  }
  crypto_rand((char *) nonce, sizeof(nonce));
  strlcpy(command, "AUTHCHALLENGE SAFECOOKIE ", sizeof(command));
  base16_encode(command + strlen(command),
                sizeof(command) - strlen(command), (const char *) nonce,
                sizeof(nonce));
  reply = cli_conn_ask(conn, command, fault_out);
  if (reply && (reply->code != 250 ||
                cli_auth_check_challenge(cli_reply_text(reply), cookie, nonce,
                                         proof) < 0)) {
    *fault_out = tor_strdup("the other end does not know tor's authentication "
                            "cookie; this is not the tor it says it is: "
                            CLI_CHECK_CONTROL);
  } else if (reply) {
    r = authenticate(conn, proof, sizeof(proof), fault_out);
  }
  cli_reply_free(reply);
  memwipe(cookie, 0, sizeof(cookie));
  memwipe(proof, 0, sizeof(proof));
  return r;
}

/** Authenticate <b>conn</b> with a password from <b>file</b> or, if that is
 * NULL, from the terminal.  Return 0 on success; else set *<b>fault_out</b>
 * and return -1. */
static int
run_password(cli_conn_t *conn, const char *file, char **fault_out)
{
  char *password = cli_password_get("Password of tor's control port: ", file,
                                    fault_out);
  int r;
  if (!password) {
    return -1;
  }
  r = authenticate(conn, (const uint8_t *) password, strlen(password),
                   fault_out);
  memwipe(password, 0, strlen(password));
  tor_free(password);
  return r;
}

/** Authenticate <b>conn</b> as it wants, with the password in
 * <b>password_file</b> if that is not NULL.  Return 0 on success; else set
 * *<b>fault_out</b> to a new text and return -1. */
int
cli_auth_run(cli_conn_t *conn, const char *password_file, char **fault_out)
{
  cli_auth_t auth;
  cli_reply_t *reply = cli_conn_ask(conn, "PROTOCOLINFO 1", fault_out);
  int r = -1;

  if (!reply) {
    return -1;
  }
  if (cli_auth_parse(reply, &auth) < 0) {
    *fault_out = tor_strdup("the other end does not say how to authenticate; "
                            "this is no control port of tor: "
                            CLI_CHECK_CONTROL);
  } else if (auth.takes_password && password_file) {
    r = run_password(conn, password_file, fault_out);
  } else if (auth.wants_nothing) {
    r = authenticate(conn, NULL, 0, fault_out);
  } else if (auth.takes_cookie && auth.cookie_path) {
    r = run_cookie(conn, auth.cookie_path, fault_out);
  } else if (auth.takes_password) {
    r = run_password(conn, NULL, fault_out);
  } else {
    *fault_out = tor_strdup("tor wants an authentication that this program "
                            "does not know; set CookieAuthentication 1 or "
                            "HashedControlPassword in its torrc");
  }
  cli_auth_clear(&auth);
  cli_reply_free(reply);
  return r;
}
