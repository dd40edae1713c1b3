/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_mask.c
 * @brief Test that the target's name is found where it is one, and nowhere
 * else.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_mask.h"

#define TARGET RBT_TARGET
#define SERVICE RBT_SERVICE

/** A value, and what is made of it; NULL if it stays as it is. */
typedef struct rbt_masked_t {
  const char *value, *masked;
} rbt_masked_t;

/** Check that with <b>names</b> the <b>n</b> <b>cases</b> are right. */
static void
check_masked(const rb_http_names_t *names, bool is_source,
             const rbt_masked_t *cases, size_t n)
{
  char *masked = NULL;
  for (size_t i = 0; i < n; ++i) {
    masked = rb_http_mask(names, cases[i].value, is_source);
    if (cases[i].masked) {
      tt_str_op(masked, OP_EQ, cases[i].masked);
    } else {
      tt_assert_msg(!masked, cases[i].value);
    }
    tor_free(masked);
  }
 done:
  tor_free(masked);
}

/** An onion address is found anywhere. */
static void
test_rbalance_http_mask_onion(void *arg)
{
  static const rbt_masked_t cases[] = {
    { "", NULL }, { "x", NULL }, { SERVICE, NULL },
    { TARGET, SERVICE },
    { "x" TARGET "x", "x" SERVICE "x" },
    { RBT_TARGET_LABEL, SERVICE },
    { "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTtttttttttttttttttttttttt.OnIoN",
      SERVICE },
    { "http://" TARGET "/a", "http://" SERVICE "/a" },
    { "http://" TARGET ":80/a", "http://" SERVICE "/a" },
    { "https://" TARGET ":80/a", "http://" SERVICE "/a" },
    { "https://" TARGET "/a", "https://" SERVICE "/a" },
    { "http://" TARGET ":81/a", "http://" SERVICE ":81/a" },
    { "ws://" TARGET "/a", "ws://" SERVICE "/a" },
    { "//" TARGET "/a", "//" SERVICE "/a" },
    { "ftp://" TARGET "/a", "ftp://" SERVICE "/a" },
    { "http://u:p@" TARGET ":80/a", "http://u:p@" SERVICE "/a" },
    { TARGET ":80", SERVICE }, { TARGET ":8080", SERVICE ":8080" },
    { TARGET ":", SERVICE ":" }, { TARGET ":123456", SERVICE ":123456" },
    { "www." TARGET ".", "www." SERVICE "." },
    { "a=http://" TARGET "; b=" TARGET ":80," TARGET,
      "a=http://" SERVICE "; b=" SERVICE "," SERVICE },
    { TARGET TARGET, SERVICE SERVICE },
    { "/login?next=http%3A%2F%2F" TARGET "%2F",
      "/login?next=http%3A%2F%2F" SERVICE "%2F" },
    { "http://" TARGET "@" TARGET "/",
      "http://" SERVICE "@" SERVICE "/" },
    { "http:/" TARGET, "http:/" SERVICE }, { "/" TARGET, "/" SERVICE },
  };
  (void) arg;
  check_masked(&rbt_http_names, false, cases, ARRAY_LENGTH(cases));
}

/** The name and the addresses of a server are found where they are no part of
 * another. */
static void
test_rbalance_http_mask_server(void *arg)
{
  static const rb_http_names_t name = {
    .target_host = "example.com", .target_port = 443, .target_is_tls = true,
    .service_host = SERVICE, .service_port = 8080,
  };
  static const rbt_masked_t of_name[] = {
    { "https://example.com/a", "http://" SERVICE ":8080/a" },
    { "wss://Example.COM:443/a", "ws://" SERVICE ":8080/a" },
    { "//example.com/a", "//" SERVICE ":8080/a" },
    { "http://example.com/a", "http://" SERVICE "/a" },
    { "https://example.com:444/a", "https://" SERVICE ":444/a" },
    { "example.com", SERVICE }, { "example.com:443", SERVICE ":8080" },
    { "example.com.", SERVICE "." }, { "example.com. ", SERVICE ". " },
    { "*.example.com", "*." SERVICE }, { "a@example.com", "a@" SERVICE },
    { "%2Fexample.com%2F", "%2F" SERVICE "%2F" },
    { "anexample.com", NULL }, { "an-example.com", NULL },
    { "example.company", NULL }, { "example.com.au", NULL },
    { "example-com", NULL }, { "example.com_", NULL },
    { "anexample.com example.com", "anexample.com " SERVICE },
  };
  static const rbt_masked_t source[] = {
    { "default-src 'self' example.com *.example.com:*; img-src "
      "https://example.com", "default-src 'self' " SERVICE ":8080 *." SERVICE
      ":*; img-src http://" SERVICE ":8080" },
  };
  static const rb_http_names_t addr = {
    .target_host = "10.0.0.1", .target_port = 8000,
    .service_host = SERVICE, .service_port = 80,
  };
  static const rbt_masked_t of_addr[] = {
    { "http://10.0.0.1:8000/", "http://" SERVICE "/" },
    { "10.0.0.1", SERVICE }, { "110.0.0.1", NULL }, { "10.0.0.12", NULL },
    { "1.10.0.0.1", NULL }, { "10.0.0.1.2", NULL },
    { "10.0.0.1.nip.io", SERVICE ".nip.io" },
    { "::ffff:10.0.0.1", "::ffff:" SERVICE },
  };
  static const rb_http_names_t addr6 = {
    .target_host = "[fd00::1]", .target_port = 8000,
    .service_host = SERVICE, .service_port = 80,
  };
  static const rbt_masked_t of_addr6[] = {
    { "http://[FD00::1]:8000/", "http://" SERVICE "/" },
    { "fd00::1", SERVICE }, { "[fd00::1]", SERVICE },
    { "[fd00::12]", NULL }, { "[1:fd00::1]", NULL },
    { "fd00::1:8000", SERVICE },
  };
  (void) arg;
  check_masked(&name, false, of_name, ARRAY_LENGTH(of_name));
  check_masked(&name, true, source, ARRAY_LENGTH(source));
  check_masked(&addr, false, of_addr, ARRAY_LENGTH(of_addr));
  check_masked(&addr6, false, of_addr6, ARRAY_LENGTH(of_addr6));
}

/** A name that may be any word counts in an URL only, or with its port. */
static void
test_rbalance_http_mask_word(void *arg)
{
  static const rb_http_names_t names = {
    .target_host = "app", .target_port = 8000,
    .service_host = SERVICE, .service_port = 80,
  };
  static const rbt_masked_t cases[] = {
    { "application/json", NULL }, { "app", NULL }, { "text/app", NULL },
    { "http://app:8000/app", "http://" SERVICE "/app" },
    { "http://app/", "http://" SERVICE "/" },
    { "app:8000", SERVICE }, { "app:80", NULL }, { "u@app", "u@" SERVICE },
    { "?a=http%3a%2f%2fapp%2f", "?a=http%3a%2f%2f" SERVICE "%2f" },
  };
  (void) arg;
  check_masked(&names, false, cases, ARRAY_LENGTH(cases));
}

#define T(name) { #name, test_rbalance_http_mask_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_mask_tests[] = {
  T(onion),
  T(server),
  T(word),
  END_OF_TESTCASES
};
