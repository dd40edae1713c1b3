/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_url.c
 * @brief The target's and the service's names in URLs and other values.
 *
 * A client shall see the service, wherever a target names itself; and a
 * target shall see itself, where a client names the service.  Clients reach
 * the service with plain HTTP: the stream is encrypted by tor.  Where a name
 * is somewhere in a value is the matter of rbalance_http_mask.c.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_url.h"

#include "lib/string/compat_ctype.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Return the port that an URL need not name, with TLS iff <b>is_tls</b>. */
static uint16_t
get_usual_port(bool is_tls)
{
  return is_tls ? RB_HTTP_TLS_PORT : RB_HTTP_PLAIN_PORT;
}

/** Return the host of the target as a Host field names it, with its port
 * unless that is the usual one; the caller frees it. */
char *
rb_http_url_get_target_host(const rb_http_names_t *names)
{
  char *host = NULL;
  if (names->target_port == get_usual_port(names->target_is_tls)) {
    return tor_strdup(names->target_host);
  }
  tor_asprintf(&host, "%s:%d", names->target_host, names->target_port);
  return host;
}

/** Return true iff <b>c</b> can be in the label of a name, or in an
 * address. */
bool
rb_http_url_is_label_char(char c)
{
  return TOR_ISALNUM(c) || c == '-' || c == '_';
}

/** Return true iff <b>text</b> is a host, an IPv6 address being in brackets,
 * with or without a port. */
bool
rb_http_url_is_host(const char *text)
{
  size_t len = 0;
  if (text[0] == '[') {
    len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
    if (len == 1 || text[len++] != ']') {
      return false;
    }
  } else {
    while (rb_http_url_is_label_char(text[len]) ||
           (len > 0 && text[len] == '.')) {
      ++len;
    }
  }
  if (len > 0 && text[len] == ':') {
    const size_t n_digits = strspn(text + len + 1, "0123456789");
    return n_digits > 0 && n_digits <= 5 && !text[len + 1 + n_digits];
  }
  return len > 0 && !text[len];
}

/** Return how many bytes of <b>url</b> are "http://", or "https://"; 0 if it
 * begins with neither. */
static size_t
get_scheme_len(const char *url)
{
  if (!strcasecmpstart(url, "http://")) {
    return strlen("http://");
  }
  return strcasecmpstart(url, "https://") ? 0 : strlen("https://");
}

/** Return how many bytes of <b>url</b>, which is without its scheme, are the
 * authority. */
static size_t
get_authority_len(const char *url)
{
  return strcspn(url, "/?#\\");
}

/** Return what is to follow where <b>rest</b> comes behind the authority of an
 * URL: it begins with a slash. */
static char *
make_path(const char *rest)
{
  char *path = NULL;
  tor_asprintf(&path, "%s%s", rest[0] == '/' ? "" : "/", rest);
  return path;
}

/** Return the path, with what follows, of <b>url</b>, which is http: or https:
 * and names <b>host</b>, or any host if that is NULL; the caller frees it.
 * Return NULL if it is none. */
char *
rb_http_url_to_path(const char *url, const char *host)
{
  const char *authority = url + get_scheme_len(url);
  const size_t len = get_authority_len(authority);
  char *named = NULL, *path = NULL;

  if (authority == url || authority[len] == '\\') {
    return NULL;
  }
  named = tor_strndup(authority, len);
  if (rb_http_url_is_host(named) && (!host || !strcasecmp(named, host))) {
    path = make_path(authority + len);
  }
  tor_free(named);
  return path;
}

/** Return true iff the <b>len</b> bytes at <b>authority</b> are <b>host</b>
 * and <b>port</b>, which they leave out if it is <b>usual_port</b>. */
static bool
is_authority(const char *authority, size_t len, const char *host,
             uint16_t port, uint16_t usual_port)
{
  const size_t host_len = strlen(host);
  char suffix[8];

  if (len < host_len || strncasecmp(authority, host, host_len)) {
    return false;
  }
  tor_snprintf(suffix, sizeof(suffix), ":%d", port);
  if (len == host_len) {
    return port == usual_port;
  }
  return len - host_len == strlen(suffix) &&
    !strncmp(authority + host_len, suffix, len - host_len);
}

/** Return <b>url</b> with the target in the place of the service, if it begins
 * with the service; the caller frees it.  Else return NULL. */
char *
rb_http_url_to_target(const rb_http_names_t *names, const char *url)
{
  const size_t scheme_len = get_scheme_len(url);
  const size_t len = get_authority_len(url + scheme_len);
  const uint16_t usual_port =
    get_usual_port(scheme_len == strlen("https://"));
  char *host, *mapped = NULL;

  if (scheme_len == 0 ||
      !is_authority(url + scheme_len, len, names->service_host,
                    names->service_port, usual_port)) {
    return NULL;
  }
  host = rb_http_url_get_target_host(names);
  tor_asprintf(&mapped, "%s://%s%s", names->target_is_tls ? "https" : "http",
               host, url + scheme_len + len);
  tor_free(host);
  return mapped;
}

/** Return the path, with what follows, of <b>url</b>, if that is one of the
 * target; the caller frees it.  Return NULL if it is not, or if the path alone
 * would be taken for another host. */
char *
rb_http_url_to_relative(const rb_http_names_t *names, const char *url)
{
  size_t scheme_len = get_scheme_len(url);
  uint16_t usual_port = get_usual_port(scheme_len == strlen("https://"));
  const char *rest;

  if (!scheme_len) {
    if (strcmpstart(url, "//")) {
      return NULL;
    }
    scheme_len = 2;
    usual_port = get_usual_port(names->target_is_tls);
  }
  rest = url + scheme_len + get_authority_len(url + scheme_len);
  if (!is_authority(url + scheme_len, rest - url - scheme_len,
                    names->target_host, names->target_port, usual_port) ||
      rest[0] == '\\' ||
      (rest[0] == '/' && (rest[1] == '/' || rest[1] == '\\'))) {
    return NULL;
  }
  return make_path(rest);
}
