/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_url.c
 * @brief Test URLs of the target and of the service.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_url.h"

/** A target with TLS on another port than usual, of a service on another port
 * than usual. */
static const rb_http_names_t tls_names = {
  .target_host = "example.com", .target_port = 8443, .target_is_tls = true,
  .service_host = RBT_SERVICE, .service_port = 81,
};

/** How a Host field names the target. */
static void
test_rbalance_http_url_host(void *arg)
{
  static const struct {
    rb_http_names_t names;
    const char *host;
  } cases[] = {
    { { .target_host = "a.b", .target_port = 80 }, "a.b" },
    { { .target_host = "a.b", .target_port = 443 }, "a.b:443" },
    { { .target_host = "a.b", .target_port = 443, .target_is_tls = true },
      "a.b" },
    { { .target_host = "[::1]", .target_port = 80, .target_is_tls = true },
      "[::1]:80" },
  };
  static const char *const good[] = {
    "a", "a.b", "a-b_c.D.", "1.2.3.4:5", "[::1]", "[2001:db8::1.2.3.4]:65535",
  };
  static const char *const bad[] = {
    "", ":80", "a:", "a:b", "a:123456", "a:8 ", "a b", "a,b", "a/b", "a@b",
    "a\\b", ".a", "[", "[]", "[::1", "[::1]x", "[g]", "a?b", "a%41", "a:8:9",
  };
  char *host = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    host = rb_http_url_get_target_host(&cases[i].names);
    tt_str_op(host, OP_EQ, cases[i].host);
    tor_free(host);
  }
  for (size_t i = 0; i < ARRAY_LENGTH(good); ++i) {
    tt_assert_msg(rb_http_url_is_host(good[i]), good[i]);
  }
  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    tt_assert_msg(!rb_http_url_is_host(bad[i]), bad[i]);
  }
 done:
  tor_free(host);
}

/** An URL, and what is made of it; NULL if nothing is. */
typedef struct rbt_mapping_t {
  const char *url, *mapped;
} rbt_mapping_t;

/** Check that <b>map</b>, with <b>names</b>, does what the <b>n</b>
 * <b>cases</b> say. */
static void
check_mappings(char *(*map)(const rb_http_names_t *, const char *),
               const rb_http_names_t *names, const rbt_mapping_t *cases,
               size_t n)
{
  char *mapped = NULL;
  for (size_t i = 0; i < n; ++i) {
    mapped = map(names, cases[i].url);
    if (cases[i].mapped) {
      tt_str_op(mapped, OP_EQ, cases[i].mapped);
    } else {
      tt_assert_msg(!mapped, cases[i].url);
    }
    tor_free(mapped);
  }
 done:
  tor_free(mapped);
}

/** What a client says of the service is said of the target. */
static void
test_rbalance_http_url_to_target(void *arg)
{
  static const rbt_mapping_t plain[] = {
    { "http://" RBT_SERVICE, "http://" RBT_TARGET },
    { "http://" RBT_SERVICE ":80/a?b#c", "http://" RBT_TARGET "/a?b#c" },
    { "HTTP://S" RBT_SERVICE, NULL },
    { "http://" RBT_SERVICE ":81/", NULL },
    { "https://" RBT_SERVICE "/", NULL },
    { "http://" RBT_SERVICE "x/", NULL },
    { "http://x." RBT_SERVICE "/", NULL },
    { "http://x@" RBT_SERVICE "/", NULL },
    { "http://" RBT_SERVICE "@x/", NULL },
    { "http://other/?http://" RBT_SERVICE "/", NULL },
    { "null", NULL }, { "", NULL }, { "http://", NULL },
  };
  static const rbt_mapping_t tls[] = {
    { "http://" RBT_SERVICE ":81/a", "https://example.com:8443/a" },
    { "http://" RBT_SERVICE "/a", NULL },
  };
  (void) arg;
  check_mappings(rb_http_url_to_target, &rbt_http_names, plain,
                 ARRAY_LENGTH(plain));
  check_mappings(rb_http_url_to_target, &tls_names, tls, ARRAY_LENGTH(tls));
}

/** Where the target says that a client shall go on at itself, a path is
 * enough, unless it looks like another host. */
static void
test_rbalance_http_url_to_relative(void *arg)
{
  static const rbt_mapping_t plain[] = {
    { "http://" RBT_TARGET "/a?b#c", "/a?b#c" },
    { "HTTP://TTTT" "tttttttttttttttttttttttttttttttttttttttttttttttttttt"
      ".ONION:80/", "/" },
    { "http://" RBT_TARGET, "/" },
    { "http://" RBT_TARGET "?a", "/?a" },
    { "http://" RBT_TARGET "#a", "/#a" },
    { "//" RBT_TARGET "/a", "/a" },
    { "http://" RBT_TARGET "//evil/", NULL },
    { "http://" RBT_TARGET "/\\evil/", NULL },
    { "http://" RBT_TARGET "\\evil/", NULL },
    { "https://" RBT_TARGET "/", NULL },
    { "http://" RBT_TARGET ":81/", NULL },
    { "http://" RBT_TARGET ":080/", NULL },
    { "http://a@" RBT_TARGET "/", NULL },
    { "http://" RBT_TARGET "@evil/", NULL },
    { "http://" RBT_TARGET ".evil/", NULL },
    { "/a", NULL }, { "a", NULL }, { "", NULL }, { "///", NULL },
  };
  static const rbt_mapping_t tls[] = {
    { "https://example.com:8443/a", "/a" },
    { "http://example.com:8443/a", "/a" },
    { "https://example.com/a", NULL },
    { "//example.com/a", NULL },
    { "//example.com:8443", "/" },
  };
  (void) arg;
  check_mappings(rb_http_url_to_relative, &rbt_http_names, plain,
                 ARRAY_LENGTH(plain));
  check_mappings(rb_http_url_to_relative, &tls_names, tls,
                 ARRAY_LENGTH(tls));
}

/** What a proxy is asked for is a path of its server. */
static void
test_rbalance_http_url_to_path(void *arg)
{
  static const struct { const char *url, *host, *path; } cases[] = {
    { "http://a.b/c?d", "a.b", "/c?d" },
    { "HTTPS://A.b:8/c", "a.B:8", "/c" },
    { "http://a.b", NULL, "/" },
    { "http://a.b?c", NULL, "/?c" },
    { "http://a.b/", "a.b:80", NULL },
    { "http://a.b/", "a.c", NULL },
    { "http://x@a.b/", NULL, NULL },
    { "http://a.b\\c/", NULL, NULL },
    { "http:///c", NULL, NULL },
    { "ftp://a.b/", "a.b", NULL },
    { "a.b/", "a.b", NULL },
    { "a.b:80", "a.b:80", NULL },
    { "", NULL, NULL },
  };
  char *path = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    path = rb_http_url_to_path(cases[i].url, cases[i].host);
    if (cases[i].path) {
      tt_str_op(path, OP_EQ, cases[i].path);
    } else {
      tt_assert_msg(!path, cases[i].url);
    }
    tor_free(path);
  }
 done:
  tor_free(path);
}

#define T(name) { #name, test_rbalance_http_url_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_url_tests[] = {
  T(host),
  T(to_target),
  T(to_relative),
  T(to_path),
  END_OF_TESTCASES
};
