/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_cli_socks.c
 * @brief Test tor-rbalance against SOCKS ports of all kinds.
 **/

#include "core/or/or.h"
#include "test/test.h"

#include "lib/fs/files.h"
#include "lib/net/socket.h"
#include "tools/rbalance/cli_socks.h"

#include <sys/socket.h>
#include <unistd.h>

/** What a SOCKS port says that takes our name, and connects. */
static const uint8_t good[] = {
  5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0,
};
#define REPLY_AT 5
#define REQUEST_LEN (3 + 20 + 7 + 5)

/** Have us connect through a port that says the <b>len</b> bytes of
 * <b>said</b>.  Return what cli_socks_connect() does; store in <b>sent_out</b>
 * the REQUEST_LEN bytes that we sent, and in *<b>fault_out</b> the fault. */
static int
try_connect(const uint8_t *said, size_t len, uint8_t *sent_out,
            char **fault_out)
{
  tor_socket_t pair[2];
  int r;
  *fault_out = NULL;
  memset(sent_out, 0, REQUEST_LEN);
  tor_assert(tor_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  tor_assert(write_all_to_fd(pair[1], (const char *) said, len) ==
             (ssize_t) len);
  tor_assert(shutdown(pair[1], SHUT_WR) == 0);
  r = cli_socks_connect(pair[0], "onion", 258, 5000, fault_out);
  tor_close_socket(pair[0]);
  read_all_from_fd(pair[1], (char *) sent_out, REQUEST_LEN);
  tor_close_socket(pair[1]);
  return r;
}

/** We say what RFC 1928 and RFC 1929 have, each time with another name. */
static void
test_rbalance_cli_socks_words(void *arg)
{
  static const uint8_t request[] = {
    5, 1, 0, 3, 5, 'o', 'n', 'i', 'o', 'n', 1, 2,
  };
  uint8_t sent[REQUEST_LEN], again[REQUEST_LEN];
  char *fault = NULL;
  (void) arg;

  tt_int_op(try_connect(good, sizeof(good), sent, &fault), OP_EQ, 0);
  tt_ptr_op(fault, OP_EQ, NULL);
  tt_mem_op(sent, OP_EQ, "\x05\x01\x02\x01\x10", 5);
  tt_mem_op(sent + 21, OP_EQ, "\x01x", 2);
  tt_mem_op(sent + 23, OP_EQ, request, sizeof(request));
  tt_int_op(try_connect(good, sizeof(good), again, &fault), OP_EQ, 0);
  tt_mem_op(sent + 5, OP_NE, again + 5, 16);

 done:
  tor_free(fault);
}

/** Whatever else a port says is a fault, wherever it ends. */
static void
test_rbalance_cli_socks_faults(void *arg)
{
  uint8_t said[sizeof(good)], sent[REQUEST_LEN];
  char *fault = NULL;
  (void) arg;

  for (size_t len = 0; len < sizeof(good); ++len) {
    tt_int_op(try_connect(good, len, sent, &fault), OP_EQ, -1);
    tt_assert(strstr(fault, "hung up"));
    tor_free(fault);
  }
  for (int code = 1; code < 256; ++code) {
    memcpy(said, good, sizeof(said));
    said[REPLY_AT] = (uint8_t) code;
    tt_int_op(try_connect(said, sizeof(said), sent, &fault), OP_EQ, -1);
    tt_assert(fault[0]);
    tt_int_op(!strcmp(fault, "the connection was refused"), OP_EQ, code == 5);
    tor_free(fault);
  }
  for (int i = 0; i < 256; ++i) {
    memcpy(said, good, sizeof(said));
    said[1] = (uint8_t) i;
    tt_int_op(try_connect(said, sizeof(said), sent, &fault), OP_EQ,
              i == 2 ? 0 : -1);
    tor_free(fault);
  }

 done:
  tor_free(fault);
}

struct testcase_t rbalance_cli_socks_tests[] = {
  { "words", test_rbalance_cli_socks_words, TT_FORK, NULL, NULL },
  { "faults", test_rbalance_cli_socks_faults, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
