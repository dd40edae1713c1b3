/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_target.c
 * @brief Test what HiddenServiceBalanceTarget may say.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "feature/rbalance/rbalance_target.h"

/** An address in the form of an onion service's. */
#define ONION \
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion"

/** What is a target, and how it is written. */
static void
test_rbalance_target_good(void *arg)
{
  static const struct {
    const char *text, *url, *host;
    int virtual_port, port;
    rb_scheme_t scheme;
    rb_reach_t reach;
  } cases[] = {
    { "80 tcp://" ONION ":8080", "tcp://" ONION ":8080", ONION, 80, 8080,
      RB_SCHEME_TCP, RB_REACH_ONION },
    { "  65535   TCP://AAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaa.Onion:1 ", "tcp://" ONION ":1", ONION, 65535, 1, RB_SCHEME_TCP,
      RB_REACH_ONION },
    { "80 http://" ONION, "http://" ONION ":80", ONION, 80, 80,
      RB_SCHEME_HTTP, RB_REACH_ONION },
    { "80 http://" ONION ":8080", "http://" ONION ":8080", ONION, 80, 8080,
      RB_SCHEME_HTTP, RB_REACH_ONION },
    { "443 HTTPS://" ONION, "https://" ONION ":443", ONION, 443, 443,
      RB_SCHEME_HTTPS, RB_REACH_ONION },
    { "6697 tls://irc.Example.net:6697", "tls://irc.example.net:6697",
      "irc.example.net", 6697, 6697, RB_SCHEME_TLS, RB_REACH_EXIT },
    { "80 https://example.com", "https://example.com:443", "example.com", 80,
      443, RB_SCHEME_HTTPS, RB_REACH_EXIT },
    { "80 tcp://8.8.8.8:53", "tcp://8.8.8.8:53", "8.8.8.8", 80, 53,
      RB_SCHEME_TCP, RB_REACH_EXIT },
    { "80 http://[2001:db8::1]", "http://[2001:db8::1]:80", "[2001:db8::1]",
      80, 80, RB_SCHEME_HTTP, RB_REACH_EXIT },
    { "22 tcp://127.0.0.1:65535", "tcp://127.0.0.1:65535", "127.0.0.1", 22,
      65535, RB_SCHEME_TCP, RB_REACH_DIRECT },
    { "22 tcp://10.1.2.3:22", "tcp://10.1.2.3:22", "10.1.2.3", 22, 22,
      RB_SCHEME_TCP, RB_REACH_DIRECT },
    { "22 tcp://[::1]:22", "tcp://[::1]:22", "[::1]", 22, 22, RB_SCHEME_TCP,
      RB_REACH_DIRECT },
    { "22 https://[fd00::2]", "https://[fd00::2]:443", "[fd00::2]", 22, 443,
      RB_SCHEME_HTTPS, RB_REACH_DIRECT },
  };
  rb_target_t *target = NULL, *copy = NULL;
  char *fault = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    const rb_scheme_t scheme = cases[i].scheme;
    target = rb_target_parse(cases[i].text, &fault);
    tt_ptr_op(fault, OP_EQ, NULL);
    tt_assert(target);
    copy = rb_target_dup(target);
    rb_target_free(target);
    tt_str_op(copy->url, OP_EQ, cases[i].url);
    tt_str_op(copy->host, OP_EQ, cases[i].host);
    tt_int_op(copy->virtual_port, OP_EQ, cases[i].virtual_port);
    tt_int_op(copy->port, OP_EQ, cases[i].port);
    tt_int_op(copy->scheme, OP_EQ, scheme);
    tt_int_op(copy->reach, OP_EQ, cases[i].reach);
    tt_int_op(rb_target_is_http(copy), OP_EQ,
              scheme == RB_SCHEME_HTTP || scheme == RB_SCHEME_HTTPS);
    tt_int_op(rb_target_is_tls(copy), OP_EQ,
              scheme == RB_SCHEME_TLS || scheme == RB_SCHEME_HTTPS);
    if (copy->reach == RB_REACH_DIRECT) {
      tt_int_op(tor_addr_family(&copy->addr), OP_NE, AF_UNSPEC);
    }
    rb_target_free(copy);
  }
 done:
  rb_target_free(target);
  rb_target_free(copy);
  tor_free(fault);
}

/** What is none, and what is said of it. */
static void
test_rbalance_target_bad(void *arg)
{
  static const struct {
    const char *text, *reason;
  } cases[] = {
    { "", "must be VIRTPORT SCHEME://HOST[:PORT]" },
    { "80", "must be VIRTPORT SCHEME://HOST[:PORT]" },
    { "80 tcp://" ONION ":80 more", "must be VIRTPORT SCHEME://HOST[:PORT]" },
    { "0 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "65536 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "-1 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "+1 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "x tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "80 " ONION ":80", "must begin with tcp://, tls://, http:// or https:" },
    { "80 udp://" ONION ":80", "must begin with tcp://, tls://, http://" },
    { "80 tcp:" ONION ":80", "must begin with tcp://, tls://, http://" },
    { "80 tcp://" ONION, "must name a port of the target" },
    { "80 tls://" ONION, "must name a port of the target" },
    { "80 tcp://" ONION ":", "must name a port of the target" },
    { "80 http://" ONION ":", "must name a port of the target" },
    { "80 tcp://" ONION ":0", "must name a port of the target" },
    { "80 tcp://" ONION ":65536", "must name a port of the target" },
    { "80 tcp://" ONION ":80/", "must name a port of the target" },
    { "80 http://" ONION "/", "must be the address of an onion service" },
    { "80 http://" ONION "/path", "must be the address of an onion service" },
    { "80 http://user@" ONION, "must be the address of an onion service" },
    { "80 tcp://:80", "must be the address of an onion service, a name" },
    { "80 tcp://::1:80", "an IP address, of IPv6 in brackets" },
    { "80 tcp://[::1:80", "an IP address, of IPv6 in brackets" },
    { "80 tcp://300.1.1.1:80", "an IP address, of IPv6 in brackets" },
    { "80 tcp://exa_mple..com!:80", "must be the address of an onion" },
    { "80 tcp://localhost:80", "write 127.0.0.1 for this machine" },
    { "80 tcp://a.localhost:80", "write 127.0.0.1 for this machine" },
    { "80 tcp://0.0.0.0:80", "that is no address of a machine" },
    { "80 http://[::]", "that is no address of a machine" },
  };
  rb_target_t *target = NULL;
  char *fault = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    target = rb_target_parse(cases[i].text, &fault);
    tt_ptr_op(target, OP_EQ, NULL);
    tt_assert(fault);
    tt_int_op(strcmpstart(fault, "HiddenServiceBalanceTarget is \""), OP_EQ,
              0);
    if (!strstr(fault, cases[i].reason)) {
      TT_DIE(("%s", fault));
    }
    tor_free(fault);
  }
 done:
  rb_target_free(target);
  tor_free(fault);
}

#define T(name) { #name, test_rbalance_target_ ## name, 0, NULL, NULL }

struct testcase_t rbalance_target_tests[] = {
  T(good),
  T(bad),
  END_OF_TESTCASES
};
