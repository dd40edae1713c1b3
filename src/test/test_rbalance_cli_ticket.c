/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_ticket.c
 * @brief Test tor-rbalance's tickets.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "lib/encoding/binascii.h"
#include "tools/rbalance/cli_ticket.h"

/** A token as init makes it. */
#define TOKEN "0123456789ABCDEF0123456789ABCDEF" \
  "0123456789ABCDEF0123456789ABCDEF"

/** Fill <b>ticket</b>, which expires at 1000, with <b>token</b>; with the
 * service's key if <b>has_key</b>. */
static void
fill_ticket(cli_ticket_t *ticket, char *token, bool has_key)
{
  ed25519_keypair_t keys;
  memset(ticket, 0, sizeof(*ticket));
  rbt_fill_key(1, &keys);
  cli_key_get_address(&keys.pubkey, ticket->address);
  ticket->token = token;
  ticket->expires = 1000;
  ticket->has_key = has_key;
  if (has_key) {
    memcpy(&ticket->key, &keys.seckey, sizeof(ticket->key));
  }
}

/** Without a key it is read by anybody, until it expires. */
static void
test_rbalance_cli_ticket_plain(void *arg)
{
  char token[] = TOKEN;
  cli_ticket_t ticket;
  cli_ticket_t *read = NULL;
  char *text = NULL, *spaced = NULL;
  (void) arg;

  fill_ticket(&ticket, token, false);
  text = cli_ticket_write(&ticket, NULL);
  tt_assert(text);
  tt_assert(cli_ticket_is_one(text));
  tt_assert(!cli_ticket_is_one("ticket.txt"));
  tt_int_op(strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                         "XYZ0123456789-_."), OP_EQ, strlen(text));
  tt_int_op(cli_ticket_read(text, NULL, 999, &read), OP_EQ, CLI_TICKET_OK);
  tt_str_op(read->address, OP_EQ, ticket.address);
  tt_str_op(read->token, OP_EQ, TOKEN);
  tt_u64_op(read->expires, OP_EQ, 1000);
  tt_assert(!read->has_key);
  cli_ticket_free(read);

  tor_asprintf(&spaced, "%s \r\n", text);
  tt_int_op(cli_ticket_read(spaced, NULL, 0, &read), OP_EQ, CLI_TICKET_OK);
  cli_ticket_free(read);
  tt_int_op(cli_ticket_read(text, NULL, 1000, &read), OP_EQ,
            CLI_TICKET_EXPIRED);
  tt_ptr_op(read, OP_EQ, NULL);

 done:
  cli_ticket_free(read);
  tor_free(text);
  tor_free(spaced);
}

/** Every change and every part of one is seen. */
static void
test_rbalance_cli_ticket_changed(void *arg)
{
  char token[] = TOKEN;
  cli_ticket_t ticket;
  cli_ticket_t *read = NULL;
  char *text = NULL, *part = NULL;
  (void) arg;

  fill_ticket(&ticket, token, false);
  text = cli_ticket_write(&ticket, NULL);
  /* The last character may have bits that are not used. */
  for (size_t i = 0; i + 1 < strlen(text); ++i) {
    const char old = text[i];
    text[i] = old == 'A' ? 'B' : 'A';
    tt_int_op(cli_ticket_read(text, NULL, 0, &read), OP_EQ, CLI_TICKET_BAD);
    text[i] = old;
    part = tor_strndup(text, i);
    tt_int_op(cli_ticket_read(part, NULL, 0, &read), OP_EQ, CLI_TICKET_BAD);
    tor_free(part);
  }

 done:
  cli_ticket_free(read);
  tor_free(text);
  tor_free(part);
}

/** A password becomes a key by scrypt, or the slower of what is left where
 * tor is built without it.  The box begins with "TORBOX00", the length of what
 * describes that, and its type as crypto_s2k.c numbers it. */
static void
test_rbalance_cli_ticket_s2k(void *arg)
{
#if defined(HAVE_LIBSCRYPT_H) && defined(HAVE_LIBSCRYPT_SCRYPT)
  const int expected = 2;
#else
  const int expected = 1;
#endif
  const size_t prefix_len = strlen("rbalance1s.");
  char token[] = TOKEN;
  char begin[17];
  uint8_t box[12];
  cli_ticket_t ticket;
  char *text = NULL;
  (void) arg;

  fill_ticket(&ticket, token, true);
  text = cli_ticket_write(&ticket, "secret");
  tt_assert(text);
  strlcpy(begin, text + prefix_len, sizeof(begin));
  for (char *c = begin; *c; ++c) {
    *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
  }
  tt_int_op(base64_decode((char *) box, sizeof(box), begin, strlen(begin)),
            OP_EQ, sizeof(box));
  tt_mem_op(box, OP_EQ, "TORBOX00", 8);
  tt_int_op(box[9], OP_EQ, expected);

 done:
  tor_free(text);
}

/** With a key it opens for the password only. */
static void
test_rbalance_cli_ticket_sealed(void *arg)
{
  char token[] = TOKEN;
  cli_ticket_t ticket;
  cli_ticket_t *read = NULL;
  char *text = NULL;
  (void) arg;

  fill_ticket(&ticket, token, true);
  text = cli_ticket_write(&ticket, "secret");
  tt_assert(text);
  tt_int_op(cli_ticket_read(text, NULL, 0, &read), OP_EQ,
            CLI_TICKET_NEEDS_PASSWORD);
  tt_int_op(cli_ticket_read(text, "Secret", 0, &read), OP_EQ,
            CLI_TICKET_WRONG_PASSWORD);
  tt_int_op(cli_ticket_read(text, "secret", 1000, &read), OP_EQ,
            CLI_TICKET_EXPIRED);
  tt_int_op(cli_ticket_read(text, "secret", 0, &read), OP_EQ, CLI_TICKET_OK);
  tt_assert(read->has_key);
  tt_mem_op(&read->key, OP_EQ, &ticket.key, sizeof(ticket.key));
  tt_str_op(read->token, OP_EQ, TOKEN);
  cli_ticket_free(read);
  text[strlen(text) - 20] ^= 1;
  tt_int_op(cli_ticket_read(text, "secret", 0, &read), OP_NE, CLI_TICKET_OK);
  text[20] = '\0';
  tt_int_op(cli_ticket_read(text, "secret", 0, &read), OP_EQ,
            CLI_TICKET_BAD);

 done:
  cli_ticket_free(read);
  tor_free(text);
}

/** What is in it must make sense: a token, and the key of the address. */
static void
test_rbalance_cli_ticket_nonsense(void *arg)
{
  char short_token[] = "0123456789ABCDEF0123456789ABCDE";
  char broken_token[] = "0123456789ABCDEF0123456789ABCDEF\n0";
  char token[] = TOKEN;
  cli_ticket_t ticket;
  cli_ticket_t *read = NULL;
  char *text = NULL;
  (void) arg;

  fill_ticket(&ticket, short_token, false);
  text = cli_ticket_write(&ticket, NULL);
  tt_int_op(cli_ticket_read(text, NULL, 0, &read), OP_EQ, CLI_TICKET_BAD);
  tor_free(text);
  fill_ticket(&ticket, broken_token, false);
  text = cli_ticket_write(&ticket, NULL);
  tt_int_op(cli_ticket_read(text, NULL, 0, &read), OP_EQ, CLI_TICKET_BAD);
  tor_free(text);
  fill_ticket(&ticket, token, false);
  ticket.address[55] = '\0';
  text = cli_ticket_write(&ticket, NULL);
  tt_int_op(cli_ticket_read(text, NULL, 0, &read), OP_EQ, CLI_TICKET_BAD);
  tor_free(text);
  fill_ticket(&ticket, token, true);
  ticket.address[0] = ticket.address[0] == 'a' ? 'b' : 'a';
  text = cli_ticket_write(&ticket, "secret");
  tt_int_op(cli_ticket_read(text, "secret", 0, &read), OP_EQ,
            CLI_TICKET_BAD);

 done:
  cli_ticket_free(read);
  tor_free(text);
}

struct testcase_t rbalance_cli_ticket_tests[] = {
  { "plain", test_rbalance_cli_ticket_plain, TT_FORK, NULL, NULL },
  { "changed", test_rbalance_cli_ticket_changed, TT_FORK, NULL, NULL },
  { "s2k", test_rbalance_cli_ticket_s2k, TT_FORK, NULL, NULL },
  { "sealed", test_rbalance_cli_ticket_sealed, TT_FORK, NULL, NULL },
  { "nonsense", test_rbalance_cli_ticket_nonsense, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
