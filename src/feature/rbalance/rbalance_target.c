/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_target.c
 * @brief What HiddenServiceBalanceTarget says: where streams are forwarded
 * to.
 *
 * A target is reached through circuits of tor's own if it is an onion
 * service, and directly if it is an address of this machine or its network.
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

/** What every target begins with so far. */
#define SCHEME "tcp://"
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

/** Read <b>authority</b>, which is HOST:PORT, into <b>target</b>.  Return
 * NULL, or why it is none. */
static const char *
parse_authority(const char *authority, rb_target_t *target)
{
  const char *colon = strrchr(authority, ':');

  target->port = colon ? parse_port(colon + 1) : 0;
  if (!target->port) {
    return "but must name a port of the target, 1 to 65535";
  }
  target->host = tor_strndup(authority, colon - authority);
  tor_strlower(target->host);
  target->is_onion = !strcmpend(target->host, ONION_SUFFIX);
  if (target->is_onion) {
    return NULL;
  }
  /* IPv6 addresses are in brackets, so that their colons are no port's. */
  if ((strchr(target->host, ':') && target->host[0] != '[') ||
      tor_addr_parse(&target->addr, target->host) < 0) {
    return "but the target must be the address of an onion service, or an IP "
      "address, of IPv6 in brackets";
  }
  if (!tor_addr_is_internal(&target->addr, 0) ||
      tor_addr_is_null(&target->addr)) {
    return "but an IP address must be one of this machine or of a private "
      "network";
  }
  return NULL;
}

/** Return the target in <b>text</b>, the value of an option: VIRTPORT
 * SCHEME://HOST:PORT.  Whether an onion address is sound is not judged here.
 * On failure return NULL and store in <b>fault_out</b> a new text that says
 * why. */
rb_target_t *
rb_target_parse(const char *text, char **fault_out)
{
  rb_target_t *target = tor_malloc_zero(sizeof(*target));
  smartlist_t *words = smartlist_new();
  const char *reason = NULL;
  const char *url;

  *fault_out = NULL;
  tor_addr_make_unspec(&target->addr);
  smartlist_split_string(words, text, " ",
                         SPLIT_SKIP_SPACE|SPLIT_IGNORE_BLANK, 0);
  if (smartlist_len(words) != 2) {
    reason = "but must be VIRTPORT SCHEME://HOST:PORT";
    goto end;
  }
  url = smartlist_get(words, 1);
  target->virtual_port = parse_port(smartlist_get(words, 0));
  if (!target->virtual_port) {
    reason = "but its first word must be a virtual port, 1 to 65535";
  } else if (strcasecmpstart(url, SCHEME)) {
    reason = "but its second word must begin with " SCHEME;
  } else {
    reason = parse_authority(url + strlen(SCHEME), target);
  }
  if (!reason) {
    tor_asprintf(&target->url, SCHEME "%s:%d", target->host, target->port);
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
