/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_target.c
 * @brief What HiddenServiceBalanceTarget says: where streams are forwarded
 * to.
 *
 * A target that is an onion service, has a name or a public address is reached
 * through circuits of tor's own.  Only an address of this machine or of a
 * private network is reached directly.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_target.h"

#include "lib/log/escape.h"
#include "lib/malloc/malloc.h"
#include "lib/string/compat_ctype.h"
#include "lib/string/parse_int.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"

#include <string.h>

/** What a target begins with, and the port that it has unless it says
 * another; 0 if it must say one. */
static const struct {
  rb_scheme_t scheme;
  const char *prefix;
  uint16_t port;
} schemes[] = {
  { RB_SCHEME_TCP, "tcp://", 0 },
  { RB_SCHEME_TLS, "tls://", 0 },
  { RB_SCHEME_HTTP, "http://", 80 },
  { RB_SCHEME_HTTPS, "https://", 443 },
};

/** Characters of a name. */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789.-_"
/** Longest name that a BEGIN cell has room for, with its port. */
#define MAX_NAME_LEN 253
/** What the address of an onion service ends with. */
#define ONION_SUFFIX ".onion"

/** Set <b>fault_out</b> to a new text that says that the option is
 * <b>text</b>, and <b>reason</b>. */
static void
set_fault(char **fault_out, const char *text, const char *reason)
{
  char *quoted = esc_for_log(text);
  tor_asprintf(fault_out, "HiddenServiceBalanceTarget is %s, %s", quoted,
               reason);
  tor_free(quoted);
}

/** Read the port that is all of <b>text</b>.  Return it, or 0 if there is
 * none. */
static uint16_t
parse_port(const char *text)
{
  int ok = 0;
  const unsigned long port = tor_parse_ulong(text, 10, 1, UINT16_MAX, &ok,
                                             NULL);
  return ok && TOR_ISDIGIT(text[0]) ? (uint16_t) port : 0;
}

/** Find out how the host of <b>target</b> is reached, and its address if it
 * is one.  Return NULL, or why it is no host. */
static const char *
judge_host(rb_target_t *target)
{
  const char *host = target->host;
  const size_t len = strlen(host);

  /* IPv6 addresses are in brackets, so that their colons are no port's. */
  if ((host[0] == '[' || !strchr(host, ':')) &&
      tor_addr_parse(&target->addr, host) >= 0) {
    if (tor_addr_is_null(&target->addr)) {
      return "but that is no address of a machine";
    }
    target->reach = tor_addr_is_internal(&target->addr, 0) ?
      RB_REACH_DIRECT : RB_REACH_EXIT;
    return NULL;
  }
  tor_addr_make_unspec(&target->addr);
  /* Numbers and dots alone would be an address. */
  if (!len || len > MAX_NAME_LEN || strspn(host, NAME_CHARACTERS) != len ||
      strspn(host, "0123456789.") == len) {
    return "but the target must be the address of an onion service, a name, "
      "or an IP address, of IPv6 in brackets";
  }
  if (!strcmp(host, "localhost") || !strcmpend(host, ".localhost")) {
    return "but a name is resolved elsewhere; write 127.0.0.1 for this "
      "machine";
  }
  target->reach = !strcmpend(host, ONION_SUFFIX) ? RB_REACH_ONION :
                                                   RB_REACH_EXIT;
  return NULL;
}

/** Return the colon before the port in <b>authority</b>, HOST[:PORT]; NULL if
 * there is none. */
static const char *
find_port(const char *authority)
{
  const char *bracket = strrchr(authority, ']');
  return strrchr(bracket ? bracket : authority, ':');
}

/** Read <b>authority</b>, which is HOST[:PORT], into <b>target</b>; without a
 * port it has <b>default_port</b>, if that is not 0.  Return NULL, or why it
 * is none. */
static const char *
parse_authority(const char *authority, uint16_t default_port,
                rb_target_t *target)
{
  const char *colon = find_port(authority);

  target->port = colon ? parse_port(colon + 1) : default_port;
  if (!target->port) {
    return "but must name a port of the target, 1 to 65535";
  }
  target->host = colon ? tor_strndup(authority, colon - authority) :
                         tor_strdup(authority);
  tor_strlower(target->host);
  return judge_host(target);
}

/** Read <b>url</b>, SCHEME://HOST[:PORT], into <b>target</b>.  Return NULL, or
 * why it is none. */
static const char *
parse_url(const char *url, rb_target_t *target)
{
  for (size_t i = 0; i < ARRAY_LENGTH(schemes); ++i) {
    const char *prefix = schemes[i].prefix;
    if (!strcasecmpstart(url, prefix)) {
      const char *reason = parse_authority(url + strlen(prefix),
                                           schemes[i].port, target);
      target->scheme = schemes[i].scheme;
      if (!reason) {
        tor_asprintf(&target->url, "%s%s:%d", prefix, target->host,
                     target->port);
      }
      return reason;
    }
  }
  return "but its second word must begin with tcp://, tls://, http:// or "
    "https://";
}

/** Return the target in <b>text</b>, the value of an option: VIRTPORT
 * SCHEME://HOST[:PORT].  Whether an onion address is sound is not judged here.
 * On failure return NULL and store in <b>fault_out</b> a new text that says
 * why. */
rb_target_t *
rb_target_parse(const char *text, char **fault_out)
{
  rb_target_t *target = tor_malloc_zero(sizeof(*target));
  smartlist_t *words = smartlist_new();
  const char *reason = NULL;

  *fault_out = NULL;
  tor_addr_make_unspec(&target->addr);
  smartlist_split_string(words, text, " ",
                         SPLIT_SKIP_SPACE|SPLIT_IGNORE_BLANK, 0);
  if (smartlist_len(words) != 2) {
    reason = "but must be VIRTPORT SCHEME://HOST[:PORT]";
    goto end;
  }
  target->virtual_port = parse_port(smartlist_get(words, 0));
  if (!target->virtual_port) {
    reason = "but its first word must be a virtual port, 1 to 65535";
  } else {
    reason = parse_url(smartlist_get(words, 1), target);
  }
 end:
  SMARTLIST_FOREACH(words, char *, word, tor_free(word));
  smartlist_free(words);
  if (reason) {
    set_fault(fault_out, text, reason);
    rb_target_free(target);
  }
  return target;
}

/** Return true iff <b>target</b> speaks HTTP, with TLS or without. */
bool
rb_target_is_http(const rb_target_t *target)
{
  return target->scheme == RB_SCHEME_HTTP || target->scheme == RB_SCHEME_HTTPS;
}

/** Return true iff <b>target</b> speaks TLS. */
bool
rb_target_is_tls(const rb_target_t *target)
{
  return target->scheme == RB_SCHEME_TLS || target->scheme == RB_SCHEME_HTTPS;
}

/** Return true iff <b>target</b> is the onion service with <b>key</b>. */
bool
rb_target_is_service(const rb_target_t *target,
                     const ed25519_public_key_t *key)
{
  return target->reach == RB_REACH_ONION &&
    ed25519_pubkey_eq(&target->key, key);
}

/** Return a copy of <b>target</b>. */
rb_target_t *
rb_target_dup(const rb_target_t *target)
{
  rb_target_t *copy = tor_memdup(target, sizeof(*target));
  copy->url = tor_strdup(target->url);
  copy->host = tor_strdup(target->host);
  return copy;
}

/** Release <b>target</b>; NULL is fine. */
void
rb_target_free_(rb_target_t *target)
{
  if (!target) {
    return;
  }
  tor_free(target->url);
  tor_free(target->host);
  tor_free(target);
}

/** Return a copy of <b>targets</b>, a list of rb_target_t. */
smartlist_t *
rb_targets_dup(const smartlist_t *targets)
{
  smartlist_t *copy = smartlist_new();
  SMARTLIST_FOREACH(targets, const rb_target_t *, target,
                    smartlist_add(copy, rb_target_dup(target)));
  return copy;
}

/** Release <b>targets</b>, a list of rb_target_t; NULL is fine. */
void
rb_targets_free_(smartlist_t *targets)
{
  if (!targets) {
    return;
  }
  SMARTLIST_FOREACH(targets, rb_target_t *, target, rb_target_free(target));
  smartlist_free(targets);
}
