/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_ticket.c
 * @brief Join tickets: one word with all that a new node needs.
 *
 *   rbalance1.  BASE64(CHECK | JSON)              without the service's key
 *   rbalance1s. BASE64(BOX(CHECK | JSON))         with it
 *
 * CHECK is the beginning of the SHA3-256 of the JSON, against slips of the
 * hand.  BOX is tor's password box: a key from the password by scrypt,
 * encryption and a MAC.  The BASE64 has - and _ for + and /, so that a ticket
 * is one word for shells and mails.  JSON has v, address, token, expires and
 * key.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_ticket.h"

#include "lib/crypt_ops/crypto_digest.h"
#include "lib/crypt_ops/crypto_pwbox.h"
#include "lib/crypt_ops/crypto_s2k.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/ctime/di_ops.h"
#include "lib/encoding/binascii.h"
#include "lib/intmath/muldiv.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"

#include <jansson.h>
#include <string.h>

/** How tickets begin. */
#define PLAIN_PREFIX "rbalance1."
#define SEALED_PREFIX "rbalance1s."
/** How a password becomes a key: by scrypt, tor's default, but where tor is
 * built without libscrypt its default is too quick. */
#if defined(HAVE_LIBSCRYPT_H) && defined(HAVE_LIBSCRYPT_SCRYPT)
#define BOX_FLAGS 0
#else
#define BOX_FLAGS S2K_FLAG_USE_PBKDF2
#endif
/** Bytes of the checksum, and most bytes of a ticket. */
#define CHECK_LEN 8
#define MAX_TICKET 8192

/** Return <b>ticket</b> as the text of a new JSON object. */
static char *
to_json(const cli_ticket_t *ticket)
{
  json_t *json = json_object();
  char key[BASE64_BUFSIZE(ED25519_SECKEY_LEN)];
  char *text, *copy;

  json_object_set_new(json, "v", json_integer(1));
  json_object_set_new(json, "address", json_string(ticket->address));
  json_object_set_new(json, "token", json_string(ticket->token));
  json_object_set_new(json, "expires",
                      json_integer((json_int_t) ticket->expires));
  if (ticket->has_key) {
    base64_encode(key, sizeof(key), (const char *) ticket->key.seckey,
                  ED25519_SECKEY_LEN, 0);
    json_object_set_new(json, "key", json_string(key));
    memwipe(key, 0, sizeof(key));
  }
  text = json_dumps(json, JSON_COMPACT);
  json_decref(json);
  copy = tor_strdup(text);
  memwipe(text, 0, strlen(text));
  raw_free(text);
  return copy;
}

/** Store in <b>out</b> the CHECK_LEN bytes of the checksum of <b>text</b>. */
static void
get_check(const char *text, uint8_t *out)
{
  char digest[DIGEST256_LEN];
  crypto_digest256(digest, text, strlen(text), DIGEST_SHA3_256);
  memcpy(out, digest, CHECK_LEN);
}

/** Return <b>prefix</b> and the <b>len</b> <b>bytes</b> in our base64, as a
 * new text. */
static char *
armor(const char *prefix, const uint8_t *bytes, size_t len)
{
  const size_t size = base64_encode_size(len, 0) + 1;
  char *body = tor_malloc_zero(size);
  char *text = NULL;
  base64_encode(body, size, (const char *) bytes, len, 0);
  for (char *c = body; *c; ++c) {
    *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
  }
  body[strcspn(body, "=")] = '\0';
  tor_asprintf(&text, "%s%s", prefix, body);
  memwipe(body, 0, size);
  tor_free(body);
  return text;
}

/** Return <b>ticket</b> as a new text, sealed with <b>password</b> unless that
 * is NULL.  Return NULL if it can't be sealed. */
char *
cli_ticket_write(const cli_ticket_t *ticket, const char *password)
{
  char *json = to_json(ticket);
  const size_t len = CHECK_LEN + strlen(json);
  uint8_t *bytes = tor_malloc_zero(len);
  uint8_t *box = NULL;
  size_t box_len = 0;
  char *text = NULL;

  get_check(json, bytes);
  memcpy(bytes + CHECK_LEN, json, strlen(json));
  if (!password) {
    text = armor(PLAIN_PREFIX, bytes, len);
  } else if (crypto_pwbox(&box, &box_len, bytes, len, password,
                          strlen(password), BOX_FLAGS) == 0) {
    text = armor(SEALED_PREFIX, box, box_len);
  }
  memwipe(json, 0, strlen(json));
  memwipe(bytes, 0, len);
  tor_free(json);
  tor_free(bytes);
  tor_free(box);
  return text;
}

/** Return true iff <b>text</b> looks like a ticket, and not like a file. */
bool
cli_ticket_is_one(const char *text)
{
  return !strcmpstart(text, PLAIN_PREFIX) ||
    !strcmpstart(text, SEALED_PREFIX);
}

/** Return the bytes that <b>body</b> has in our base64, new and with a zero
 * behind them, and store in *<b>len_out</b> how many; or return NULL. */
static uint8_t *
unarmor(const char *body, size_t *len_out)
{
  const size_t len = strcspn(body, " \t\r\n");
  char *copy;
  uint8_t *bytes;
  int n;

  if (len > MAX_TICKET || body[len + strspn(body + len, " \t\r\n")]) {
    return NULL;
  }
  copy = tor_strndup(body, len);
  for (char *c = copy; *c; ++c) {
    *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
  }
  bytes = tor_malloc_zero(len + 1);
  n = base64_decode((char *) bytes, len + 1, copy, len);
  memwipe(copy, 0, len);
  tor_free(copy);
  if (n < 0) {
    tor_free(bytes);
    return NULL;
  }
  *len_out = (size_t) n;
  return bytes;
}

/** Return true iff <b>text</b> has the form of a cluster token. */
static bool
is_token(const char *text)
{
  const size_t len = strlen(text);
  for (const char *c = text; *c; ++c) {
    if (*c <= ' ' || *c > '~') {
      return false;
    }
  }
  return len >= 32 && len <= 256;
}

/** Return the ticket in the JSON <b>text</b>, new; or NULL. */
static cli_ticket_t *
from_json(const char *text)
{
  json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  cli_ticket_t *ticket = tor_malloc_zero(sizeof(*ticket));
  const char *address = NULL, *token = NULL, *key = NULL;
  json_int_t version = 0, expires = 0;
  bool is_sound;

  is_sound = json && json_unpack(json, "{s:I, s:s, s:s, s:I, s?s}",
                                 "v", &version, "address", &address, "token",
                                 &token, "expires", &expires, "key",
                                 &key) == 0 &&
    version == 1 && expires > 0 && is_token(token) &&
    strlen(address) == CLI_ADDRESS_LEN;
  if (is_sound) {
    strlcpy(ticket->address, address, sizeof(ticket->address));
    ticket->token = tor_strdup(token);
    ticket->expires = (uint64_t) expires;
  }
  if (is_sound && key) {
    ticket->has_key = true;
    is_sound = base64_decode((char *) ticket->key.seckey, ED25519_SECKEY_LEN,
                             key, strlen(key)) == ED25519_SECKEY_LEN;
  }
  json_decref(json);
  if (!is_sound) {
    cli_ticket_free(ticket);
  }
  return ticket;
}

/** Return true iff <b>ticket</b> has no key, or that of its address. */
static bool
has_right_key(const cli_ticket_t *ticket)
{
  ed25519_public_key_t public_key;
  char address[CLI_ADDRESS_LEN + 1];
  if (!ticket->has_key) {
    return true;
  }
  if (ed25519_public_key_generate(&public_key, &ticket->key) < 0) {
    return false;
  }
  cli_key_get_address(&public_key, address);
  return !strcmp(address, ticket->address);
}

/** Open the box of <b>len</b> <b>bytes</b> in a ticket, which we take, with
 * <b>password</b>.  Return what came of it, with a new text in
 * *<b>bytes_out</b> if that is CLI_TICKET_OK. */
static cli_ticket_status_t
unseal(const uint8_t *bytes, size_t len, const char *password,
       uint8_t **bytes_out, size_t *len_out)
{
  uint8_t *plain = NULL;
  if (!password) {
    return CLI_TICKET_NEEDS_PASSWORD;
  }
  switch (crypto_unpwbox(&plain, len_out, bytes, len, password,
                         strlen(password))) {
    case UNPWBOX_OKAY:
      break;
    case UNPWBOX_BAD_SECRET:
      return CLI_TICKET_WRONG_PASSWORD;
    default:
      return CLI_TICKET_BAD;
  }
  *bytes_out = tor_malloc_zero(*len_out + 1);
  memcpy(*bytes_out, plain, *len_out);
  memwipe(plain, 0, *len_out);
  tor_free(plain);
  return CLI_TICKET_OK;
}

/** Read the ticket in the <b>len</b> <b>bytes</b>, behind which there is a
 * zero, at <b>now</b>. */
static cli_ticket_status_t
read_opened(const uint8_t *bytes, size_t len, uint64_t now,
            cli_ticket_t **ticket_out)
{
  const char *json = (const char *) bytes + CHECK_LEN;
  uint8_t check[CHECK_LEN];

  if (len <= CHECK_LEN || strlen(json) != len - CHECK_LEN) {
    return CLI_TICKET_BAD;
  }
  get_check(json, check);
  if (tor_memneq(check, bytes, CHECK_LEN)) {
    return CLI_TICKET_BAD;
  }
  *ticket_out = from_json(json);
  if (*ticket_out && !has_right_key(*ticket_out)) {
    cli_ticket_free(*ticket_out);
  } else if (*ticket_out && now >= (*ticket_out)->expires) {
    cli_ticket_free(*ticket_out);
    return CLI_TICKET_EXPIRED;
  }
  return *ticket_out ? CLI_TICKET_OK : CLI_TICKET_BAD;
}

/** Read the ticket <b>text</b> at <b>now</b>, in seconds since the epoch; open
 * it with <b>password</b>, which may be NULL.  Return what came of it, with a
 * new ticket in *<b>ticket_out</b> if that is CLI_TICKET_OK, else NULL. */
cli_ticket_status_t
cli_ticket_read(const char *text, const char *password, uint64_t now,
                cli_ticket_t **ticket_out)
{
  const bool is_sealed = !strcmpstart(text, SEALED_PREFIX);
  cli_ticket_status_t status = CLI_TICKET_OK;
  uint8_t *bytes, *opened = NULL;
  size_t len = 0, opened_len = 0;

  *ticket_out = NULL;
  if (!cli_ticket_is_one(text)) {
    return CLI_TICKET_BAD;
  }
  bytes = unarmor(strchr(text, '.') + 1, &len);
  if (!bytes) {
    return CLI_TICKET_BAD;
  }
  if (is_sealed) {
    status = unseal(bytes, len, password, &opened, &opened_len);
    memwipe(bytes, 0, len);
    tor_free(bytes);
  } else {
    opened = bytes;
    opened_len = len;
  }
  if (status == CLI_TICKET_OK) {
    status = read_opened(opened, opened_len, now, ticket_out);
    memwipe(opened, 0, opened_len);
  }
  tor_free(opened);
  return status;
}

/** Wipe and release <b>ticket</b>; NULL is fine. */
void
cli_ticket_free_(cli_ticket_t *ticket)
{
  if (!ticket) {
    return;
  }
  if (ticket->token) {
    memwipe(ticket->token, 0, strlen(ticket->token));
    tor_free(ticket->token);
  }
  memwipe(ticket, 0, sizeof(*ticket));
  tor_free(ticket);
}
