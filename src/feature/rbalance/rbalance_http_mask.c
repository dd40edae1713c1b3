/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_mask.c
 * @brief Put the service in the place of the target, wherever a value names
 * it.
 *
 * An onion address is searched for without ".onion" and anywhere, since
 * nothing else looks like it.  Another name of the target counts only where it
 * is no part of a longer one; and one without a dot, such as "localhost" or
 * "app", only in an URL or in front of the target's port, since it may be any
 * word.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_mask.h"

#include "feature/rbalance/rbalance_http_url.h"
#include "lib/buf/buffers.h"
#include "lib/string/compat_ctype.h"
#include "lib/string/compat_string.h"
#include "lib/string/util_string.h"

#include <stdlib.h>
#include <string.h>

/** What the names of onion services end with. */
#define ONION_SUFFIX ".onion"
/** Bytes that are looked at for a user in front of a host. */
#define MAX_USERINFO_LEN 256

/** What of the target's name is searched for. */
typedef struct needle_t {
  const char *text;
  size_t len;
  bool is_onion;
  /** What in front of an address makes it another one: a dot, or a colon; NUL
   * if it is a name. */
  char separator;
  /** True iff it may be any word. */
  bool is_word;
} needle_t;

/** Where a value names the target. */
typedef struct occurrence_t {
  /** Its host, the end of that, and the end of its port, which may be the
   * same. */
  const char *host;
  const char *host_end;
  const char *port_end;
  /** The port, 0 if there is none. */
  long port;
  /** The scheme and its length, 0 if there is none; and true iff two slashes
   * are in front of the host. */
  const char *scheme;
  size_t scheme_len;
  bool is_url;
} occurrence_t;

/** Store in <b>needle</b> what of <b>host</b> is searched for. */
static void
get_needle(const char *host, needle_t *needle)
{
  memset(needle, 0, sizeof(*needle));
  needle->text = host;
  needle->len = strlen(host);
  if (host[0] == '[') {
    needle->text++;
    needle->len -= 2;
    needle->separator = ':';
  } else if (!strcasecmpend(host, ONION_SUFFIX)) {
    const char *end = host + needle->len - strlen(ONION_SUFFIX);
    for (const char *c = host; c < end; ++c) {
      if (*c == '.') {
        needle->text = c + 1;
      }
    }
    needle->len = end - needle->text;
    needle->is_onion = true;
  } else {
    needle->separator = host[strspn(host, "0123456789.")] ? '\0' : '.';
    needle->is_word = !strchr(host, '.');
  }
}

/** Return true iff the byte before <b>at</b>, in <b>value</b>, is the last of
 * an encoded one: %2F. */
static bool
is_behind_escape(const char *value, const char *at)
{
  return at - value >= 3 && at[-3] == '%' && TOR_ISXDIGIT(at[-2]) &&
    TOR_ISXDIGIT(at[-1]);
}

/** Return true iff what is at <b>at</b>, in <b>value</b>, and ends at
 * <b>end</b> is no part of a longer name. */
static bool
is_bounded(const needle_t *needle, const char *value, const char *at,
           const char *end)
{
  if (at > value && !is_behind_escape(value, at) &&
      (rb_http_url_is_label_char(at[-1]) ||
       (needle->separator && at[-1] == needle->separator))) {
    return false;
  }
  if (end[0] == '.') {
    return needle->separator ? !TOR_ISDIGIT(end[1]) :
      !rb_http_url_is_label_char(end[1]);
  }
  return !rb_http_url_is_label_char(end[0]);
}

/** Read the port at <b>found</b>'s host_end, if there is one. */
static void
find_port(occurrence_t *found)
{
  const char *digits = found->host_end + 1;
  size_t n = 0;

  found->port_end = found->host_end;
  if (found->host_end[0] == ':') {
    n = strspn(digits, "0123456789");
  }
  if (n > 0 && n <= 5) {
    found->port = strtol(digits, NULL, 10);
    found->port_end = digits + n;
  }
}

/** Find out what scheme is in front of the host of <b>found</b>, in
 * <b>value</b>. */
static void
find_scheme(occurrence_t *found, const char *value)
{
  const char *at = found->host;

  if (at > value && at[-1] == '@') {
    while (at > value && found->host - at < MAX_USERINFO_LEN &&
           !strchr("/?#<>\"' \t,;", at[-1])) {
      --at;
    }
  }
  if (at - value < 2 || at[-1] != '/' || at[-2] != '/') {
    return;
  }
  found->is_url = true;
  found->scheme = at - 2;
  if (at - value >= 3 && at[-3] == ':') {
    const char *start = at - 3;
    while (start > value && TOR_ISALPHA(start[-1])) {
      --start;
    }
    found->scheme = start;
    found->scheme_len = at - 3 - start;
  }
}

/** Return true iff <b>needle</b>, which may be any word, names the target
 * where <b>found</b> says, in <b>value</b>. */
static bool
is_target_word(const rb_http_names_t *names, const occurrence_t *found,
               const char *value)
{
  const char *at = found->host;
  return found->is_url || found->port == names->target_port ||
    (at > value && at[-1] == '@') ||
    (at - value >= 6 && !strncasecmp(at - 6, "%2F%2F", 6));
}

/** Store in <b>found</b> where <b>value</b> names the target next, at
 * <b>from</b> or behind.  Return false if it does not. */
static bool
find_target(const rb_http_names_t *names, const needle_t *needle,
            const char *value, const char *from, occurrence_t *found)
{
  const size_t len = strlen(from);

  for (const char *at = from; needle->len <= len - (at - from); ++at) {
    if (strncasecmp(at, needle->text, needle->len) ||
        (!needle->is_onion &&
         !is_bounded(needle, value, at, at + needle->len))) {
      continue;
    }
    memset(found, 0, sizeof(*found));
    found->host = at;
    found->host_end = at + needle->len;
    if (needle->is_onion) {
      if (!strcasecmpstart(found->host_end, ONION_SUFFIX)) {
        found->host_end += strlen(ONION_SUFFIX);
      }
    } else if (at > from && at[-1] == '[' && found->host_end[0] == ']') {
      --found->host;
      ++found->host_end;
    }
    find_port(found);
    find_scheme(found, value);
    if (!needle->is_word || is_target_word(names, found, value)) {
      return true;
    }
  }
  return false;
}

/** Return true iff <b>found</b> has the scheme <b>scheme</b>. */
static bool
has_scheme(const occurrence_t *found, const char *scheme)
{
  return found->scheme_len == strlen(scheme) &&
    !strncasecmp(found->scheme, scheme, found->scheme_len);
}

/** Return the port that <b>found</b> means, 0 if it means none.  What is no
 * URL means the target's iff it <b>is_source</b>. */
static long
get_port(const rb_http_names_t *names, const occurrence_t *found,
         bool is_source)
{
  if (found->port) {
    return found->port;
  }
  if (!found->is_url) {
    return is_source && found->host_end[0] != ':' ? names->target_port : 0;
  }
  if (has_scheme(found, "http") || has_scheme(found, "ws")) {
    return RB_HTTP_PLAIN_PORT;
  }
  if (has_scheme(found, "https") || has_scheme(found, "wss")) {
    return RB_HTTP_TLS_PORT;
  }
  return found->scheme_len ? 0 : names->target_is_tls ? RB_HTTP_TLS_PORT :
    RB_HTTP_PLAIN_PORT;
}

/** Append to <b>out</b> the scheme by which clients reach what <b>found</b>
 * names. */
static void
add_scheme(const occurrence_t *found, buf_t *out)
{
  if (has_scheme(found, "https")) {
    buf_add_string(out, "http");
  } else if (has_scheme(found, "wss")) {
    buf_add_string(out, "ws");
  } else {
    buf_add(out, found->scheme, found->scheme_len);
  }
}

/** Append to <b>out</b> what is between <b>copied</b> and <b>found</b>, and
 * what takes the place of that: another port of the target's host stays as it
 * is.  Return where to go on. */
static const char *
replace(const rb_http_names_t *names, const occurrence_t *found,
        bool is_source, const char *copied, buf_t *out)
{
  const bool is_target =
    get_port(names, found, is_source) == names->target_port;

  if (is_target && found->is_url && found->scheme >= copied) {
    buf_add(out, copied, found->scheme - copied);
    add_scheme(found, out);
    copied = found->scheme + found->scheme_len;
  }
  buf_add(out, copied, found->host - copied);
  buf_add_string(out, names->service_host);
  if (!is_target) {
    return found->host_end;
  }
  if (names->service_port != RB_HTTP_PLAIN_PORT) {
    buf_add_printf(out, ":%d", names->service_port);
  }
  return found->port_end;
}

/** Return <b>value</b> with the service in the place of the target, wherever
 * that is named; the caller frees it.  Return NULL if it is not named.  If
 * <b>value</b> <b>is_source</b>, a list of sources as in a
 * Content-Security-Policy, a host without a port is one with the usual
 * port. */
char *
rb_http_mask(const rb_http_names_t *names, const char *value, bool is_source)
{
  const char *copied = value;
  occurrence_t found;
  needle_t needle;
  buf_t *out;
  char *masked;

  get_needle(names->target_host, &needle);
  if (!find_target(names, &needle, value, value, &found)) {
    return NULL;
  }
  out = buf_new();
  do {
    copied = replace(names, &found, is_source, copied, out);
  } while (find_target(names, &needle, value, copied, &found));
  buf_add_string(out, copied);
  masked = buf_extract(out, NULL);
  buf_free(out);
  return masked;
}
