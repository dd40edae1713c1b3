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
    bool is_onion;
  } cases[] = {
    { "80 tcp://" ONION ":8080", "tcp://" ONION ":8080", ONION, 80, 8080,
      true },
    { "  65535   TCP://AAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaa.Onion:1 ", "tcp://" ONION ":1", ONION, 65535, 1, true },
    { "22 tcp://127.0.0.1:65535", "tcp://127.0.0.1:65535", "127.0.0.1", 22,
      65535, false },
    { "22 tcp://10.1.2.3:22", "tcp://10.1.2.3:22", "10.1.2.3", 22, 22,
      false },
    { "22 tcp://[::1]:22", "tcp://[::1]:22", "[::1]", 22, 22, false },
    { "22 tcp://[fd00::2]:22", "tcp://[fd00::2]:22", "[fd00::2]", 22, 22,
      false },
  };
  rb_target_t *target = NULL, *copy = NULL;
  char *fault = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    target = rb_target_parse(cases[i].text, &fault);
    tt_ptr_op(fault, OP_EQ, NULL);
    tt_assert(target);
    copy = rb_target_dup(target);
    rb_target_free(target);
    tt_str_op(copy->url, OP_EQ, cases[i].url);
    tt_str_op(copy->host, OP_EQ, cases[i].host);
    tt_int_op(copy->virtual_port, OP_EQ, cases[i].virtual_port);
    tt_int_op(copy->port, OP_EQ, cases[i].port);
    tt_int_op(copy->is_onion, OP_EQ, cases[i].is_onion);
    tt_int_op(tor_addr_family(&copy->addr) == AF_UNSPEC, OP_EQ,
              cases[i].is_onion);
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
    { "", "must be VIRTPORT SCHEME://HOST:PORT" },
    { "80", "must be VIRTPORT SCHEME://HOST:PORT" },
    { "80 tcp://" ONION ":80 more", "must be VIRTPORT SCHEME://HOST:PORT" },
    { "0 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "65536 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "-1 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "+1 tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "x tcp://" ONION ":80", "must be a virtual port, 1 to 65535" },
    { "80 " ONION ":80", "must begin with tcp://" },
    { "80 udp://" ONION ":80", "must begin with tcp://" },
    { "80 http://" ONION, "must begin with tcp://" },
    { "80 tcp:" ONION ":80", "must begin with tcp://" },
    { "80 tcp://" ONION, "must name a port of the target" },
    { "80 tcp://" ONION ":", "must name a port of the target" },
    { "80 tcp://" ONION ":0", "must name a port of the target" },
    { "80 tcp://" ONION ":65536", "must name a port of the target" },
    { "80 tcp://" ONION ":80/", "must name a port of the target" },
    { "80 tcp://:80", "must be the address of an onion service, or an IP" },
    { "80 tcp://localhost:80", "must be the address of an onion service" },
    { "80 tcp://example.com:80", "must be the address of an onion service" },
    { "80 tcp://::1:80", "an IP address, of IPv6 in brackets" },
    { "80 tcp://0.0.0.0:80", "one of this machine or of a private network" },
    { "80 tcp://192.0.2.1:80", "one of this machine or of a private" },
    { "80 tcp://8.8.8.8:80", "one of this machine or of a private network" },
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
    tt_assert(strstr(fault, cases[i].reason));
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
