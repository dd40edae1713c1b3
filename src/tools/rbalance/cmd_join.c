/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_join.c
 * @brief tor-rbalance join: make a further node from a ticket.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/crypt_ops/crypto_util.h"
#include "lib/fs/files.h"
#include "lib/log/escape.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_client.h"
#include "tools/rbalance/cli_key.h"
#include "tools/rbalance/cli_password.h"
#include "tools/rbalance/cli_setup.h"
#include "tools/rbalance/cli_ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/** Most bytes of a file with a ticket. */
#define MAX_TICKET_FILE 16384

/** Return the ticket that <b>word</b> is, or that is in the file of that name,
 * "-" for standard input, new.  On failure return NULL and set
 * *<b>fault_out</b>. */
static char *
read_ticket_text(const char *word, char **fault_out)
{
  const bool is_stdin = !strcmp(word, "-");
  char *text = NULL;
  size_t len = 0;
  int fd;

  if (cli_ticket_is_one(word)) {
    return tor_strdup(word);
  }
  fd = is_stdin ? STDIN_FILENO : tor_open_cloexec(word, O_RDONLY, 0);
  if (fd >= 0) {
    text = read_file_to_str_until_eof(fd, MAX_TICKET_FILE, &len);
  }
  if (fd >= 0 && !is_stdin) {
    close(fd);
  }
  if (!text) {
    tor_asprintf(fault_out, "%s is neither a ticket, which begins with "
                 "\"rbalance1\", nor a file that has one: %s. Copy what "
                 "init or ticket printed on a node", escaped(word),
                 strerror(errno));
  }
  return text;
}

/** Return what is wrong with a ticket of which came <b>status</b>, new; or
 * NULL if nothing is. */
static char *
explain(cli_ticket_status_t status)
{
  switch (status) {
    case CLI_TICKET_OK:
      return NULL;
    case CLI_TICKET_WRONG_PASSWORD:
      return tor_strdup("the password does not open this ticket; init or "
                        "ticket printed it below the ticket");
    case CLI_TICKET_EXPIRED:
      return tor_strdup("this ticket has expired, or the clock of this "
                        "machine is wrong. `tor-rbalance ticket --with-key` "
                        "on a node of the cluster prints a new one");
    case CLI_TICKET_NEEDS_PASSWORD:
    case CLI_TICKET_BAD:
      break;
  }
  return tor_strdup("this is no ticket, or not all of it: copy the whole word "
                    "that begins with \"rbalance1\"");
}

/** Return the ticket in <b>text</b>, new, opened as <b>options</b> say.  On
 * failure return NULL and set *<b>fault_out</b>. */
static cli_ticket_t *
open_ticket(const char *text, const cli_options_t *options, char **fault_out)
{
  const uint64_t now = (uint64_t) time(NULL);
  const char *start = text + strspn(text, " \t\r\n");
  cli_ticket_t *ticket = NULL;
  cli_ticket_status_t status = cli_ticket_read(start, NULL, now, &ticket);

  if (status == CLI_TICKET_NEEDS_PASSWORD) {
    char *password = cli_password_get("Password of the ticket: ",
                                      options->password_file, fault_out);
    if (!password) {
      return NULL;
    }
    status = cli_ticket_read(start, password, now, &ticket);
    memwipe(password, 0, strlen(password));
    tor_free(password);
  }
  *fault_out = explain(status);
  return ticket;
}

/** Take only the public key of the service, which is its address, for
 * <b>setup</b> from <b>ticket</b>.  Return 0 on success; else set
 * *<b>fault_out</b> and return -1. */
static int
take_public_key(cli_setup_t *setup, const cli_ticket_t *ticket,
                char **fault_out)
{
  if (cli_home_has_key(setup->home)) {
    tor_asprintf(fault_out, "there is a secret key in %s; leave --keyless "
                 "out, or take another --dir", escaped(setup->home->path));
  } else if (cli_key_from_address(ticket->address,
                                  &setup->keys.pubkey) < 0) {
    *fault_out = tor_strdup("the address in this ticket is none; print "
                            "another with `tor-rbalance ticket`");
  }
  return *fault_out ? -1 : 0;
}

/** Take the service's key for <b>setup</b> from <b>ticket</b>, from its
 * directory, or from where <b>options</b> say.  Return 0 on success; else set
 * *<b>fault_out</b> and return -1. */
static int
take_key(cli_setup_t *setup, const cli_options_t *options,
         const cli_ticket_t *ticket, char **fault_out)
{
  int has_key;
  if (options->keyless) {
    return take_public_key(setup, ticket, fault_out);
  }
  has_key = cli_setup_load_key(setup, options, ticket->address, fault_out);
  if (has_key == 0 && ticket->has_key) {
    memcpy(&setup->keys.seckey, &ticket->key, sizeof(ticket->key));
    if (ed25519_public_key_generate(&setup->keys.pubkey,
                                    &setup->keys.seckey) == 0) {
      return 0;
    }
  }
  if (has_key == 0) {
    *fault_out = tor_strdup("this ticket does not have the service's key. "
                            "Give it as --key FILE, print a ticket with it: "
                            "`tor-rbalance ticket --with-key`; or make a node "
                            "that does without: --keyless");
  }
  return has_key > 0 ? 0 : -1;
}

/** Make a node from <b>ticket</b> as <b>options</b> say.  Return 0 on success;
 * else set *<b>fault_out</b> and return -1. */
static int
make_node(const cli_options_t *options, const cli_ticket_t *ticket,
          char **fault_out)
{
  cli_setup_t *setup = cli_setup_open(options, true, fault_out);
  char *token_path;
  int r = -1;

  if (!setup) {
    return -1;
  }
  token_path = cli_home_get_path(setup->home, "rbalance/cluster_token");
  if (file_status(token_path) != FN_NOENT) {
    tor_asprintf(fault_out, "%s is a node already; for another service say "
                 "another --dir", escaped(setup->home->path));
  } else if (take_key(setup, options, ticket, fault_out) == 0) {
    setup->token = tor_strdup(ticket->token);
    setup->torrc.joins = true;
    r = cli_setup_write(setup, options, fault_out);
  }
  if (r == 0) {
    cli_setup_tell(setup, options, true);
  }
  tor_free(token_path);
  cli_setup_free(setup);
  return r;
}

/** Make a further node from the ticket in <b>options</b>.  Return the exit
 * status. */
int
cmd_join(const cli_options_t *options)
{
  const char *word = cli_options_word(options, 1);
  cli_ticket_t *ticket = NULL;
  char *fault = NULL, *text;

  if (!word) {
    cli_complain("`join` needs a ticket, a file with one, or \"-\" for "
                 "standard input. `tor-rbalance init` or `ticket` on a node "
                 "prints one.");
    return CLI_USAGE;
  }
  if (options->keyless && options->key) {
    cli_complain("--keyless is for a node that has no --key; leave one of "
                 "them out.");
    return CLI_USAGE;
  }
  text = read_ticket_text(word, &fault);
  if (text) {
    ticket = open_ticket(text, options, &fault);
    memwipe(text, 0, strlen(text));
    tor_free(text);
  }
  if (ticket) {
    make_node(options, ticket, &fault);
  }
  cli_ticket_free(ticket);
  if (fault) {
    cli_complain_of(fault);
    return CLI_BAD;
  }
  return CLI_GOOD;
}
