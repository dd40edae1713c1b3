/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_setup.c
 * @brief What init, join and ticket share: a node's files, its torrc lines,
 * and the ticket for the next.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_setup.h"

#include "lib/crypt_ops/crypto_rand.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/intmath/muldiv.h"
#include "lib/encoding/binascii.h"
#include "lib/encoding/time_fmt.h"
#include "lib/fs/files.h"
#include "lib/fs/userdb.h"
#include "lib/log/escape.h"
#include "lib/net/gethostname.h"
#include "lib/string/parse_int.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_key.h"
#include "tools/rbalance/cli_password.h"
#include "tools/rbalance/cli_ticket.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/** Hours that a ticket is valid: unless somebody says --hours, and most. */
#define DEFAULT_HOURS 24
#define MAX_HOURS 8760
/** Random bytes in a password that we make, and letters between dashes. */
#define PASSWORD_BYTES 15
#define PASSWORD_GROUP 6

/** Return a new setup of the directory that <b>options</b> name, made if it is
 * missing and we <b>may_make</b> it.  On failure return NULL and set
 * *<b>fault_out</b>. */
cli_setup_t *
cli_setup_open(const cli_options_t *options, bool may_make, char **fault_out)
{
  cli_setup_t *setup = tor_malloc_zero(sizeof(*setup));
  const char *dir = options->dir ? options->dir : CLI_DEFAULT_DIR;
  char hostname[256] = "";

  tor_gethostname(hostname, sizeof(hostname) - 1);
  if (dir[strcspn(dir, "\"#\\\r\n\t")]) {
    tor_asprintf(fault_out, "--dir %s has characters that a torrc can't have "
                 "in a path; take another", escaped(dir));
  } else if (options->torrc && file_status(options->torrc) != FN_NOENT) {
    tor_asprintf(fault_out, "--torrc %s is there already, and nothing is "
                 "overwritten; name another file", escaped(options->torrc));
  } else {
    *fault_out = cli_torrc_prepare(&setup->torrc, options, hostname);
  }
  if (!*fault_out) {
    setup->home = cli_home_open(dir, may_make, options->user, fault_out);
  }
  if (!setup->home) {
    cli_setup_free(setup);
    return NULL;
  }
  setup->torrc.dir = setup->home->path;
  return setup;
}

/** Wipe and release <b>setup</b>; NULL is fine. */
void
cli_setup_free_(cli_setup_t *setup)
{
  if (!setup) {
    return;
  }
  cli_home_free(setup->home);
  if (setup->token) {
    memwipe(setup->token, 0, strlen(setup->token));
  }
  if (setup->password) {
    memwipe(setup->password, 0, strlen(setup->password));
  }
  tor_free(setup->token);
  tor_free(setup->ticket);
  tor_free(setup->password);
  memwipe(setup, 0, sizeof(*setup));
  tor_free(setup);
}

/** Load the service's key into <b>setup</b>: that in its directory, or that
 * which <b>options</b> name; it must give <b>address</b>, unless that is NULL.
 * Return 1 on success, 0 if there is none; else set *<b>fault_out</b> and
 * return -1. */
int
cli_setup_load_key(cli_setup_t *setup, const cli_options_t *options,
                   const char *address, char **fault_out)
{
  char *path = cli_home_get_path(setup->home, "hs_ed25519_secret_key");
  const bool is_there = cli_home_has_key(setup->home);
  int r = 0;

  if (is_there && options->key) {
    tor_asprintf(fault_out, "there is a key in %s already; leave --key out to "
                 "use that, or take another --dir",
                 escaped(setup->home->path));
    r = -1;
  } else if (is_there || options->key) {
    r = cli_key_load(is_there ? path : options->key, address, &setup->keys,
                     fault_out) < 0 ? -1 : 1;
  }
  tor_free(path);
  return r;
}

/** Return a new random password, easy to read out. */
static char *
make_password(void)
{
  uint8_t random[PASSWORD_BYTES];
  char text[BASE32_BUFSIZE(PASSWORD_BYTES)];
  smartlist_t *groups = smartlist_new();
  char *password;

  crypto_strongest_rand(random, sizeof(random));
  base32_encode(text, sizeof(text), (const char *) random, sizeof(random));
  tor_strlower(text);
  for (size_t i = 0; i < strlen(text); i += PASSWORD_GROUP) {
    smartlist_add_asprintf(groups, "%.*s", PASSWORD_GROUP, text + i);
  }
  password = smartlist_join_strings(groups, "-", 0, NULL);
  SMARTLIST_FOREACH(groups, char *, group, tor_free(group));
  smartlist_free(groups);
  memwipe(random, 0, sizeof(random));
  memwipe(text, 0, sizeof(text));
  return password;
}

/** Make a ticket in <b>setup</b> as <b>options</b> say, sealed and with the
 * key if <b>with_key</b>.  Return 0 on success; else set *<b>fault_out</b> and
 * return -1. */
int
cli_setup_issue_ticket(cli_setup_t *setup, const cli_options_t *options,
                       bool with_key, char **fault_out)
{
  cli_ticket_t ticket;
  unsigned long hours = DEFAULT_HOURS;
  int ok = 1;

  if (options->hours) {
    hours = tor_parse_ulong(options->hours, 10, 1, MAX_HOURS, &ok, NULL);
  }
  if (!ok) {
    tor_asprintf(fault_out, "--hours %s is not a number from 1 to %d",
                 escaped(options->hours), MAX_HOURS);
    return -1;
  }
  if (with_key && options->password_file) {
    setup->password = cli_password_get("", options->password_file,
                                       fault_out);
  } else if (with_key) {
    setup->password = make_password();
  }
  if (*fault_out) {
    return -1;
  }
  memset(&ticket, 0, sizeof(ticket));
  cli_key_get_address(&setup->keys.pubkey, ticket.address);
  ticket.token = setup->token;
  ticket.expires = setup->expires = (uint64_t) time(NULL) + hours * 3600;
  ticket.has_key = with_key;
  if (with_key) {
    memcpy(&ticket.key, &setup->keys.seckey, sizeof(ticket.key));
  }
  setup->ticket = cli_ticket_write(&ticket, setup->password);
  memwipe(&ticket, 0, sizeof(ticket));
  if (!setup->ticket) {
    *fault_out = tor_strdup("the ticket can't be sealed; make one without the "
                               "key");
  }
  return setup->ticket ? 0 : -1;
}

/** Write the files of <b>setup</b>, and the torrc that <b>options</b> name.
 * Return 0 on success; else set *<b>fault_out</b> and return -1. */
int
cli_setup_write(cli_setup_t *setup, const cli_options_t *options,
                char **fault_out)
{
  if (!cli_home_has_key(setup->home) &&
      cli_home_write_key(setup->home, &setup->keys, !setup->torrc.keyless,
                         fault_out) < 0) {
    return -1;
  }
  if (cli_home_write_token(setup->home, setup->token, fault_out) < 0) {
    return -1;
  }
  if (options->torrc) {
    char *text = cli_torrc_print(&setup->torrc);
    int r = cli_home_write_file(setup->home, options->torrc, text,
                                strlen(text), fault_out);
    tor_free(text);
    return r;
  }
  return 0;
}

/** Print <b>setup</b> as JSON, with the <b>torrc</b> lines unless they are
 * NULL. */
static void
tell_json(const cli_setup_t *setup, const char *address, const char *torrc)
{
  json_t *json = json_object();
  char *hostname = NULL;
  tor_asprintf(&hostname, "%s.onion", address);
  json_object_set_new(json, "hostname", json_string(hostname));
  json_object_set_new(json, "dir", json_string(setup->home->path));
  if (torrc) {
    char *owner = cli_home_get_owner(setup->home);
    json_object_set_new(json, "owner", json_string(owner));
    json_object_set_new(json, "torrc", json_string(torrc));
    tor_free(owner);
  }
  if (setup->ticket) {
    json_object_set_new(json, "ticket", json_string(setup->ticket));
    json_object_set_new(json, "expires",
                        json_integer((json_int_t) setup->expires));
    json_object_set_new(json, "password", setup->password ?
                        json_string(setup->password) : json_null());
  }
  cli_json_print(json);
  tor_free(hostname);
}

/** Print, if what was made in <b>setup</b> belongs to root, how another user
 * gets it, for few let tor run as root. */
static void
tell_owner(const cli_setup_t *setup, const cli_options_t *options)
{
  /* Who packages of tor let it run as. */
  static const char *const users[] = { "debian-tor", "_tor", "tor",
                                       "toranon" };
  const char *user = "USER";
  char *owner = cli_home_get_owner(setup->home);
  for (unsigned i = ARRAY_LENGTH(users); i-- > 0; ) {
    user = tor_getpwnam(users[i]) ? users[i] : user;
  }
  if (!strcmp(owner, "root")) {
    printf("All that was made belongs to root. If tor runs as another user, "
           "it can't read it.\nThen run this, or take --user the next "
           "time:\n\n  chown -R %s: %s", user, escaped(setup->home->path));
    printf("%s%s\n\n", options->torrc ? " " : "",
           options->torrc ? escaped(options->torrc) : "");
  }
  tor_free(owner);
}

/** Print the ticket in <b>setup</b>, and what to do with it. */
static void
tell_ticket(const cli_setup_t *setup)
{
  char until[ISO_TIME_LEN + 1];
  format_iso_time(until, (time_t) setup->expires);
  printf("To add a machine, run there before %s UTC:\n\n"
         "  tor-rbalance join %s\n\n", until, setup->ticket);
  if (setup->password) {
    printf("It will ask for this password. Send it by another way than the "
           "ticket, for both\ntogether are the service's key:\n\n  %s\n\n",
           setup->password);
  } else {
    puts("The ticket has the cluster token in it, so keep it secret. It does "
         "not have the\nservice's key: the machine needs that too, as "
         "--key.\n");
  }
}

/** Tell the person what was made in <b>setup</b> and what is next, with the
 * torrc lines if <b>with_torrc</b>. */
void
cli_setup_tell(const cli_setup_t *setup, const cli_options_t *options,
               bool with_torrc)
{
  char address[CLI_ADDRESS_LEN + 1];
  char *torrc = with_torrc ? cli_torrc_print(&setup->torrc) : NULL;

  cli_key_get_address(&setup->keys.pubkey, address);
  if (options->json) {
    tell_json(setup, address, torrc);
  } else {
    if (torrc && options->torrc) {
      printf("The configuration is in %s. Start tor with\n\n"
             "  tor-rbalance run -f %s\n\n", options->torrc, options->torrc);
    } else if (torrc) {
      printf("Put these lines at the end of the torrc of this machine, and "
             "start tor again:\n\n%s\n", torrc);
    }
    if (with_torrc) {
      tell_owner(setup, options);
      printf("The address of the service is %s.onion\n\n", address);
    }
    if (setup->ticket) {
      tell_ticket(setup);
    }
  }
  tor_free(torrc);
}
