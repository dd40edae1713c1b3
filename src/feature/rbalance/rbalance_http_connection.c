/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_connection.c
 * @brief The fields of a head that are for one connection only.
 *
 * RFC 9110, section 7.6.1: what Connection names does not go on.  Since a
 * client's connection and the target's belong together, whether it is to be
 * kept or closed, or to become another protocol, does go on; so these fields
 * are taken out of a head and written anew.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_connection.h"

#include "lib/malloc/malloc.h"
#include "lib/string/compat_string.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Words that Connection may have; it takes time to remove what they name. */
#define MAX_WORDS 32

/** What a proxy can't do without, so nobody may name it in Connection. */
static const char *const indispensable[] = {
  "Host", "Content-Length", "Transfer-Encoding", "Expect",
};

/** Return the words, between commas, of all fields <b>name</b> of
 * <b>head</b>; owned by the caller. */
static smartlist_t *
get_words(const rb_http_head_t *head, const char *name)
{
  smartlist_t *words = smartlist_new();
  SMARTLIST_FOREACH_BEGIN(head->fields, const rb_http_field_t *, field) {
    if (!strcasecmp(field->name, name)) {
      rb_http_split(field->value, ",", words);
    }
  } SMARTLIST_FOREACH_END(field);
  return words;
}

/** Release <b>words</b>. */
static void
words_free(smartlist_t *words)
{
  SMARTLIST_FOREACH(words, char *, word, tor_free(word));
  smartlist_free(words);
}

/** Do what <b>word</b>, in Connection, says of <b>head</b>; note it in
 * <b>connection</b>.  Return 0, or -1 if it can't be there. */
static int
take_word(rb_http_head_t *head, const char *word,
          rb_http_connection_t *connection)
{
  if (!strcasecmp(word, "close")) {
    connection->closes = true;
  } else if (!strcasecmp(word, "keep-alive")) {
    connection->keeps_alive = true;
  } else if (!strcasecmp(word, "upgrade")) {
    connection->upgrades = true;
  } else if (!strcasecmp(word, "te")) {
    connection->takes_trailers = true;
  } else {
    for (size_t i = 0; i < ARRAY_LENGTH(indispensable); ++i) {
      if (!strcasecmp(word, indispensable[i])) {
        return -1;
      }
    }
    if (!rb_http_is_token(word)) {
      return -1;
    }
    rb_http_head_remove(head, word);
  }
  return 0;
}

/** Return true iff <b>protocol</b> may follow on an upgrade: HTTP/2 and TLS
 * would take what is said out of our hands, and name the target. */
static bool
is_protocol_taken(const char *protocol)
{
  return strcasecmp(protocol, "h2") && strcasecmp(protocol, "h2c") &&
    strcasecmpstart(protocol, "HTTP/") && strcasecmpstart(protocol, "TLS/");
}

/** Leave in <b>head</b> the protocols to upgrade to that are taken, if
 * <b>connection</b> says that there is an upgrade at all. */
static void
filter_upgrade(rb_http_head_t *head, rb_http_connection_t *connection)
{
  smartlist_t *protocols = get_words(head, "Upgrade");

  rb_http_head_remove(head, "Upgrade");
  SMARTLIST_FOREACH_BEGIN(protocols, char *, protocol) {
    if (!is_protocol_taken(protocol)) {
      SMARTLIST_DEL_CURRENT_KEEPORDER(protocols, protocol);
      tor_free(protocol);
    }
  } SMARTLIST_FOREACH_END(protocol);
  connection->upgrades &= smartlist_len(protocols) > 0 && head->minor > 0;
  if (connection->upgrades) {
    char *value = smartlist_join_strings(protocols, ", ", 0, NULL);
    rb_http_head_add(head, "Upgrade", value);
    tor_free(value);
  }
  words_free(protocols);
}

/** Note in <b>connection</b> whether <b>head</b> takes trailers. */
static void
filter_te(rb_http_head_t *head, rb_http_connection_t *connection)
{
  smartlist_t *codings = get_words(head, "TE");
  connection->takes_trailers &=
    smartlist_contains_string_case(codings, "trailers");
  rb_http_head_remove(head, "TE");
  words_free(codings);
}

/** Take out of <b>head</b> what concerns its connection only, and say in
 * <b>connection_out</b> what it was.  Return 0, or -1 if it is not sound. */
int
rb_http_connection_take(rb_http_head_t *head,
                        rb_http_connection_t *connection_out)
{
  smartlist_t *words = get_words(head, "Connection");
  int r = 0;

  memset(connection_out, 0, sizeof(*connection_out));
  if (smartlist_len(words) > MAX_WORDS) {
    r = -1;
  } else {
    SMARTLIST_FOREACH(words, const char *, word,
                      r |= take_word(head, word, connection_out));
  }
  words_free(words);
  rb_http_head_remove(head, "Connection");
  rb_http_head_remove(head, "Keep-Alive");
  rb_http_head_remove(head, "HTTP2-Settings");
  rb_http_head_remove_prefix(head, "Proxy-");
  filter_upgrade(head, connection_out);
  filter_te(head, connection_out);
  return r;
}

/** Have <b>head</b> say of its connection what <b>connection</b> does. */
void
rb_http_connection_write(const rb_http_connection_t *connection,
                         rb_http_head_t *head)
{
  smartlist_t *words = smartlist_new();

  if (connection->closes) {
    smartlist_add(words, (char *) "close");
  } else if (connection->keeps_alive) {
    smartlist_add(words, (char *) "keep-alive");
  }
  if (connection->upgrades) {
    smartlist_add(words, (char *) "Upgrade");
  }
  if (connection->takes_trailers) {
    smartlist_add(words, (char *) "TE");
    rb_http_head_add(head, "TE", "trailers");
  }
  if (smartlist_len(words) > 0) {
    char *value = smartlist_join_strings(words, ", ", 0, NULL);
    rb_http_head_add(head, "Connection", value);
    tor_free(value);
  }
  smartlist_free(words);
}
