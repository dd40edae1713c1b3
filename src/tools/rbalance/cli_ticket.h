/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_ticket.h
 * @brief Header file for cli_ticket.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_TICKET_H
#define TOR_TOOLS_RBALANCE_CLI_TICKET_H

#include "lib/crypt_ops/crypto_ed25519.h"
#include "lib/malloc/malloc.h"
#include "tools/rbalance/cli_key.h"

/** What a new node needs to know. */
typedef struct cli_ticket_t {
  /** Address of the service, without ".onion". */
  char address[CLI_ADDRESS_LEN + 1];
  /** The cluster token, owned. */
  char *token;
  /** Seconds since the epoch when it is of no use any more. */
  uint64_t expires;
  /** The service's key, if it has_key. */
  bool has_key;
  ed25519_secret_key_t key;
} cli_ticket_t;

/** What came of reading a ticket. */
typedef enum cli_ticket_status_t {
  CLI_TICKET_OK = 0,
  /** It is sealed, and needs a password. */
  CLI_TICKET_NEEDS_PASSWORD,
  CLI_TICKET_WRONG_PASSWORD,
  /** It is none, or was changed on the way. */
  CLI_TICKET_BAD,
  CLI_TICKET_EXPIRED,
} cli_ticket_status_t;

char *cli_ticket_write(const cli_ticket_t *ticket, const char *password);
bool cli_ticket_is_one(const char *text);
cli_ticket_status_t cli_ticket_read(const char *text, const char *password,
                                    uint64_t now, cli_ticket_t **ticket_out);
void cli_ticket_free_(cli_ticket_t *ticket);
#define cli_ticket_free(ticket) \
  FREE_AND_NULL(cli_ticket_t, cli_ticket_free_, (ticket))

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_TICKET_H) */
