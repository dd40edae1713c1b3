/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_http_response.c
 * @brief Test what a client gets of a target's answer.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_http.h"

#include "feature/rbalance/rbalance_http_response.h"

#define SERVICE RBT_SERVICE
#define TARGET RBT_TARGET
#define OK200 "HTTP/1.1 200 OK\r\n"
#define LENGTH "Content-Length: 1\r\n"

/** A target with TLS, whose name and port an answer may give away. */
static const rb_http_names_t tls_names = {
  .target_host = "secret.example", .target_port = 8443, .target_is_tls = true,
  .service_host = SERVICE, .service_port = 80,
};

/** Check that each field of an answer, with <b>names</b>, becomes what stands
 * next to it in the <b>n</b> <b>fields</b>: nothing if that is NULL. */
static void
check_fields(const rb_http_names_t *names, const char *(*fields)[2], size_t n)
{
  static const rb_http_request_t request = { .is_head = false };
  rb_http_head_t *head = NULL;
  char *text = NULL, *expected = NULL;

  for (size_t i = 0; i < n; ++i) {
    rb_http_response_t response;
    int fault;
    tor_asprintf(&text, OK200 LENGTH "%s\r\n\r\n", fields[i][0]);
    head = rbt_http_parse(text, RB_HTTP_RESPONSE, &fault);
    tt_assert_msg(head, text);
    tor_free(text);
    tt_int_op(rb_http_response_rewrite(head, names, &request, &response),
              OP_EQ, 0);
    text = rbt_http_write(head);
    tor_asprintf(&expected, OK200 "%s%s" LENGTH "\r\n",
                 fields[i][1] ? fields[i][1] : "", fields[i][1] ? "\r\n" : "");
    tt_str_op(text, OP_EQ, expected);
    tor_free(text);
    tor_free(expected);
    rb_http_head_free(head);
  }
 done:
  tor_free(text);
  tor_free(expected);
  rb_http_head_free(head);
}

/** No field gives away the target, and each means to the client what it meant
 * to the target. */
static void
test_rbalance_http_response_fields(void *arg)
{
  static const char *onion[][2] = {
    { "Location: http://" TARGET "/a?b", "Location: /a?b" },
    { "location: http://" TARGET, "location: /" },
    { "Location: http://" TARGET "/a?b=http://" TARGET "/",
      "Location: /a?b=http://" SERVICE "/" },
    { "Location: https://" TARGET "/a", "Location: https://" SERVICE "/a" },
    { "Location: http://" TARGET "//evil/", "Location: http://" SERVICE
      "//evil/" },
    { "Location: http://elsewhere/?" TARGET, "Location: http://elsewhere/?"
      SERVICE },
    { "Location: /a", "Location: /a" },
    { "Content-Location: http://" TARGET "/a", "Content-Location: /a" },
    { "Set-Cookie: a=b c; Domain=" TARGET "; Path=/; Secure; Expires=Wed, 21 "
      "Oct 2026 07:28:00 GMT", "Set-Cookie: a=b c; Path=/; Secure; "
      "Expires=Wed, 21 Oct 2026 07:28:00 GMT" },
    { "Set-Cookie: a=b;domain = ." TARGET ";HttpOnly;DOMAIN=x",
      "Set-Cookie: a=b; HttpOnly" },
    { "Set-Cookie: domain=" TARGET "; Domain", "Set-Cookie: domain="
      SERVICE },
    { "Content-Security-Policy: default-src http://" TARGET " " TARGET
      " ws://" TARGET "; upgrade-insecure-requests; img-src *;"
      "block-all-mixed-content", "Content-Security-Policy: default-src http://"
      SERVICE " " SERVICE " ws://" SERVICE "; img-src *" },
    { "Content-Security-Policy-Report-Only: report-uri http://" TARGET "/r",
      "Content-Security-Policy-Report-Only: report-uri http://" SERVICE
      "/r" },
    { "Alt-Svc: h2=\"" TARGET ":443\"", NULL },
    { "alt-svc: clear", NULL },
    { "Strict-Transport-Security: max-age=1", NULL },
    { "Onion-Location: http://" TARGET "/a", "Onion-Location: http://" SERVICE
      "/a" },
    { "Access-Control-Allow-Origin: http://" TARGET,
      "Access-Control-Allow-Origin: http://" SERVICE },
    { "Refresh: 5; url=http://" TARGET "/a", "Refresh: 5; url=http://" SERVICE
      "/a" },
    { "Link: </a>; rel=x, <http://" TARGET "/b>; rel=\"y\"",
      "Link: </a>; rel=x, <http://" SERVICE "/b>; rel=\"y\"" },
    { "X-Backend: " RBT_TARGET_LABEL, "X-Backend: " SERVICE },
    { "X-" TARGET "-Y: 1", "X-" SERVICE "-Y: 1" },
    { "Via: 1.1 " TARGET, "Via: 1.1 " SERVICE },
    { "Keep-Alive: timeout=5", NULL },
    { "Proxy-Authenticate: Basic realm=\"" TARGET "\"", NULL },
    { "WWW-Authenticate: Basic realm=\"" TARGET "\"",
      "WWW-Authenticate: Basic realm=\"" SERVICE "\"" },
    { "Server: nginx", "Server: nginx" },
  };
  static const char *tls[][2] = {
    { "Location: https://secret.example:8443/a", "Location: /a" },
    { "Location: https://Secret.Example/a", "Location: https://" SERVICE
      "/a" },
    { "Access-Control-Allow-Origin: https://secret.example:8443",
      "Access-Control-Allow-Origin: http://" SERVICE },
    { "Content-Security-Policy: connect-src wss://secret.example:8443",
      "Content-Security-Policy: connect-src ws://" SERVICE },
    { "Strict-Transport-Security: max-age=1; includeSubDomains", NULL },
    { "Set-Cookie: a=b; Secure; Domain=secret.example",
      "Set-Cookie: a=b; Secure" },
    { "X: notsecret.example", "X: notsecret.example" },
  };
  (void) arg;
  check_fields(&rbt_http_names, onion, ARRAY_LENGTH(onion));
  check_fields(&tls_names, tls, ARRAY_LENGTH(tls));
}

/** Return <b>pattern</b> with <b>host</b> in the place of each dollar; the
 * caller frees it. */
static char *
put_host(const char *pattern, const char *host)
{
  smartlist_t *parts = smartlist_new();
  char *text;
  smartlist_split_string(parts, pattern, "$", 0, 0);
  text = smartlist_join_strings(parts, host, 0, NULL);
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
  return text;
}

/** Whatever field has the target's name, in whatever place, no byte of it goes
 * on. */
static void
test_rbalance_http_response_leaks(void *arg)
{
  static const char *const names[] = {
    "Location", "Content-Location", "Set-Cookie", "Alt-Svc", "Refresh", "Link",
    "Content-Security-Policy", "Content-Security-Policy-Report-Only",
    "Onion-Location", "Access-Control-Allow-Origin", "Server", "Via", "X-Any",
    "Strict-Transport-Security", "Warning", "Content-Disposition", "Allow",
    "NEL", "Report-To", "Reporting-Endpoints", "Timing-Allow-Origin",
    "X-Frame-Options", "SourceMap", "ETag", "Vary", "Keep-Alive",
    "Proxy-Authenticate", "WWW-Authenticate", "Upgrade", "Trailer", "TE",
    "Sec-WebSocket-Protocol", "Content-Type", "Age", "Expect",
  };
  static const char *const values[] = {
    "$", "http://$/", "https://$:80/a", "//$", "a; Domain=$", "a=$; b",
    "domain=$", "\"$\"", "<http://u@$/>", "*.$ $:* ws://$", "$$$",
    "x$x", ".$.", "%2F$%3A80", "http://$@$:81/$?$#$",
    "upgrade-insecure-requests; $", "\\\\$", "https:$", "$:80$",
    "http://$//$", "http://$/\\$", "//$:80//", "HTTP://$",
  };
  static const rb_http_request_t request = { .is_head = false };
  static const char *const hosts[] = {
    TARGET, RBT_TARGET_LABEL,
    "TTTTTTTTTTTTTTTTTTTTTTTTTTTTtttttttttttttttttttttttttttt.ONION",
  };
  rb_http_head_t *head = NULL;
  char *text = NULL, *value = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(names) * ARRAY_LENGTH(values); ++i) {
    for (size_t j = 0; j < ARRAY_LENGTH(hosts); ++j) {
      const char *h = hosts[j];
      rb_http_response_t response;
      int fault;
      value = put_host(values[i % ARRAY_LENGTH(values)], h);
      tor_asprintf(&text, "HTTP/1.1 200 %s\r\n%s: %s\r\nX-%s: 1\r\n"
                   "Connection: close, upgrade\r\n\r\n", value,
                   names[i / ARRAY_LENGTH(values)], value, h);
      tor_free(value);
      head = rbt_http_parse(text, RB_HTTP_RESPONSE, &fault);
      tt_assert_msg(head, text);
      tor_free(text);
      tt_int_op(rb_http_response_rewrite(head, &rbt_http_names, &request,
                                         &response), OP_EQ, 0);
      text = rbt_http_write(head);
      tor_strlower(text);
      tt_assert_msg(!strstr(text, RBT_TARGET_LABEL), text);
      tor_free(text);
      rb_http_head_free(head);
    }
  }
 done:
  tor_free(text);
  tor_free(value);
  rb_http_head_free(head);
}

/** What an answer means for what follows it. */
static void
test_rbalance_http_response_facts(void *arg)
{
  static const rb_http_request_t get = { .is_head = false };
  static const rb_http_request_t head_request = { .is_head = true };
  static const rb_http_request_t last = { .is_last = true };
  static const rb_http_request_t old = { .is_old = true };
  static const rb_http_request_t upgrade = { .upgrades = true };
  static const struct {
    const rb_http_request_t *request;
    const char *text;
    int expected;
    rb_http_response_t response;
  } cases[] = {
    { &get, OK200 LENGTH "\r\n", 0,
      { .framing = { RB_HTTP_BODY_LENGTH, 1 } } },
    { &get, OK200 "Transfer-Encoding: chunked\r\n\r\n", 0,
      { .framing = { RB_HTTP_BODY_CHUNKED, 0 } } },
    { &get, OK200 "\r\n", 0,
      { .is_last = true, .framing = { RB_HTTP_BODY_EOF, 0 } } },
    { &head_request, OK200 LENGTH "\r\n", 0, { .is_last = false } },
    { &head_request, OK200 "\r\n", 0, { .is_last = false } },
    { &get, "HTTP/1.1 304 X\r\n" LENGTH "\r\n", 0, { .is_last = false } },
    { &get, "HTTP/1.1 204 X\r\n" LENGTH "\r\n", 0, { .is_last = false } },
    { &get, "HTTP/1.1 100 X\r\n\r\n", 0, { .is_interim = true } },
    { &last, "HTTP/1.1 100 X\r\n\r\n", 0, { .is_interim = true } },
    { &get, OK200 "Connection: close\r\n" LENGTH "\r\n", 0,
      { .is_last = true, .framing = { RB_HTTP_BODY_LENGTH, 1 } } },
    { &last, OK200 LENGTH "\r\n", 0,
      { .is_last = true, .framing = { RB_HTTP_BODY_LENGTH, 1 } } },
    { &old, OK200 LENGTH "\r\n", 0,
      { .is_last = true, .framing = { RB_HTTP_BODY_LENGTH, 1 } } },
    { &old, OK200 "Connection: keep-alive\r\n" LENGTH "\r\n", 0,
      { .framing = { RB_HTTP_BODY_LENGTH, 1 } } },
    { &get, "HTTP/1.0 200 OK\r\n" LENGTH "\r\n", 0,
      { .is_last = true, .framing = { RB_HTTP_BODY_LENGTH, 1 } } },
    { &get, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" LENGTH "\r\n", 0,
      { .framing = { RB_HTTP_BODY_LENGTH, 1 } } },
    { &upgrade, "HTTP/1.1 101 X\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n",
      0, { .upgrades = true } },
    { &upgrade, "HTTP/1.1 101 X\r\n\r\n", -1, { .upgrades = true } },
    { &get, "HTTP/1.1 101 X\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n",
      -1, { .upgrades = true } },
    { &old, OK200 "Transfer-Encoding: chunked\r\n\r\n", -1,
      { .is_last = false } },
    { &get, OK200 "Connection: Content-Length\r\n" LENGTH "\r\n", -1,
      { .is_last = false } },
  };
  rb_http_head_t *head = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    rb_http_response_t response;
    int fault, r;
    head = rbt_http_parse(cases[i].text, RB_HTTP_RESPONSE, &fault);
    tt_assert_msg(head, cases[i].text);
    r = rb_http_response_rewrite(head, &rbt_http_names, cases[i].request,
                                 &response);
    tt_assert_msg(r == cases[i].expected, cases[i].text);
    if (r == 0) {
      tt_int_op(response.is_interim, OP_EQ, cases[i].response.is_interim);
      tt_int_op(response.upgrades, OP_EQ, cases[i].response.upgrades);
      tt_int_op(response.is_last, OP_EQ, cases[i].response.is_last);
      tt_int_op(response.framing.body, OP_EQ, cases[i].response.framing.body);
    }
    rb_http_head_free(head);
  }
 done:
  rb_http_head_free(head);
}

/** Trailers are rewritten as heads are; a head that would grow without bound
 * is none. */
static void
test_rbalance_http_response_trailer(void *arg)
{
  static const rb_http_names_t short_name = {
    .target_host = "a.b", .target_port = 80,
    .service_host = SERVICE, .service_port = 80,
  };
  rb_http_head_t *trailer = NULL;
  char *text = NULL;
  buf_t *buf = buf_new();
  int fault;
  (void) arg;

  trailer = rbt_http_parse("A: http://" TARGET "/\r\nLocation: http://" TARGET
                           "/a\r\nAlt-Svc: x\r\n\r\n", RB_HTTP_TRAILER,
                           &fault);
  tt_assert(trailer);
  tt_int_op(rb_http_response_rewrite_trailer(trailer, &rbt_http_names), OP_EQ,
            0);
  text = rbt_http_write(trailer);
  tt_str_op(text, OP_EQ, "A: http://" SERVICE "/\r\nLocation: /a\r\n\r\n");
  rb_http_head_free(trailer);
  trailer = rbt_http_parse("Content-Length: 1\r\n\r\n", RB_HTTP_TRAILER,
                           &fault);
  tt_assert(trailer);
  tt_int_op(rb_http_response_rewrite_trailer(trailer, &rbt_http_names), OP_EQ,
            -1);
  rb_http_head_free(trailer);
  tor_free(text);
  buf_add_string(buf, "A: ");
  for (int i = 0; i < 10000; ++i) {
    buf_add_string(buf, "a.b ");
  }
  buf_add_string(buf, "\r\n\r\n");
  text = rbt_http_take(buf);
  trailer = rbt_http_parse(text, RB_HTTP_TRAILER, &fault);
  tt_assert(trailer);
  tt_int_op(rb_http_response_rewrite_trailer(trailer, &short_name), OP_EQ,
            -1);
 done:
  tor_free(text);
  buf_free(buf);
  rb_http_head_free(trailer);
}

#define T(name) { #name, test_rbalance_http_response_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_http_response_tests[] = {
  T(fields),
  T(leaks),
  T(facts),
  T(trailer),
  END_OF_TESTCASES
};
