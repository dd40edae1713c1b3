/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_socks.c
 * @brief A connection through tor's SOCKS port (RFC 1928, RFC 1929).
 *
 * Each has a random user name, so tor builds circuits for it alone.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_socks.h"

#include "lib/arch/bytes.h"
#include "lib/crypt_ops/crypto_rand.h"
#include "lib/encoding/binascii.h"
#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"
#include "lib/time/compat_time.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define SOCKS_VERSION 5
#define METHOD_PASSWORD 2
#define PASSWORD_VERSION 1
#define COMMAND_CONNECT 1
#define ADDRESS_IPV4 1
#define ADDRESS_NAME 3
#define ADDRESS_IPV6 4
/** Bytes of randomness in a user name. */
#define USER_BYTES 8
/** Most bytes of a name, and so of anything we send or get. */
#define MAX_NAME 255
#define MAX_MESSAGE (MAX_NAME + 16)

/** What a reply says, by its number (RFC 1928 section 6). */
static const char *const replies[] = {
  NULL, "general failure", "not allowed", "the network is unreachable",
  "the host is unreachable", "the connection was refused", "it took too long",
  "command not supported", "address type not supported",
};

/** Send the <b>len</b> bytes of <b>message</b> on <b>sock</b>.  Return 0 on
 * success, else -1. */
static int
say(tor_socket_t sock, const uint8_t *message, size_t len)
{
  return send(sock, message, len, MSG_NOSIGNAL) == (ssize_t) len ? 0 : -1;
}

/** Read <b>len</b> bytes from <b>sock</b> into <b>out</b> before
 * <b>deadline</b>, in monotonic milliseconds.  Return 0 on success, else
 * -1. */
static int
hear(tor_socket_t sock, uint8_t *out, size_t len, uint64_t deadline)
{
  size_t n_read = 0;
  while (n_read < len) {
    const uint64_t now = monotime_absolute_msec();
    struct pollfd pfd = { .fd = sock, .events = POLLIN };
    ssize_t n;
    if (now >= deadline || poll(&pfd, 1, (int) (deadline - now)) <= 0) {
      return -1;
    }
    n = recv(sock, out + n_read, len - n_read, 0);
    if (n <= 0) {
      return -1;
    }
    n_read += (size_t) n;
  }
  return 0;
}

/** Agree with tor on <b>sock</b> who we are: somebody new.  Return 0 on
 * success, else -1. */
static int
greet(tor_socket_t sock, uint64_t deadline)
{
  static const uint8_t hello[] = { SOCKS_VERSION, 1, METHOD_PASSWORD };
  uint8_t message[3 + 2 * USER_BYTES + 1 + 1], answer[2];
  uint8_t random[USER_BYTES];
  char user[2 * USER_BYTES + 1];

  crypto_rand((char *) random, sizeof(random));
  base16_encode(user, sizeof(user), (const char *) random, sizeof(random));
  message[0] = PASSWORD_VERSION;
  message[1] = 2 * USER_BYTES;
  memcpy(message + 2, user, 2 * USER_BYTES);
  message[2 + 2 * USER_BYTES] = 1;
  message[3 + 2 * USER_BYTES] = 'x';
  if (say(sock, hello, sizeof(hello)) < 0 ||
      hear(sock, answer, sizeof(answer), deadline) < 0 ||
      answer[0] != SOCKS_VERSION || answer[1] != METHOD_PASSWORD) {
    return -1;
  }
  return say(sock, message, 4 + 2 * USER_BYTES) < 0 ||
    hear(sock, answer, sizeof(answer), deadline) < 0 || answer[1] ? -1 : 0;
}

/** Ask tor on <b>sock</b> for <b>port</b> of <b>host</b>.  Return the number
 * that it replies, or -1 if it replies nothing. */
static int
ask(tor_socket_t sock, const char *host, uint16_t port, uint64_t deadline)
{
  const size_t len = strlen(host);
  uint8_t message[MAX_MESSAGE], rest;

  message[0] = SOCKS_VERSION;
  message[1] = COMMAND_CONNECT;
  message[2] = 0;
  message[3] = ADDRESS_NAME;
  message[4] = (uint8_t) len;
  memcpy(message + 5, host, len);
  set_uint16(message + 5 + len, tor_htons(port));
  if (say(sock, message, 7 + len) < 0 ||
      hear(sock, message, 5, deadline) < 0 || message[0] != SOCKS_VERSION) {
    return -1;
  }
  /* An address that says nothing, of which we have one byte, and a port. */
  switch (message[3]) {
    case ADDRESS_IPV4: rest = 3; break;
    case ADDRESS_IPV6: rest = 15; break;
    case ADDRESS_NAME: rest = message[4]; break;
    default: return -1;
  }
  if (message[1] == 0 && hear(sock, message + 5, rest + 2u, deadline) < 0) {
    return -1;
  }
  return message[1];
}

/** Have tor connect <b>sock</b>, which leads to its SOCKS port, to
 * <b>port</b> of <b>host</b>, within <b>msec</b>.  Return 0 on success; else
 * set *<b>fault_out</b> to a new text, what went wrong, and return -1. */
int
cli_socks_connect(tor_socket_t sock, const char *host, uint16_t port,
                  int msec, char **fault_out)
{
  const uint64_t deadline = monotime_absolute_msec() + (uint64_t) msec;
  int reply = -1;

  if (strlen(host) <= MAX_NAME && greet(sock, deadline) == 0) {
    reply = ask(sock, host, port, deadline);
  }
  if (reply > 0 && (size_t) reply < ARRAY_LENGTH(replies)) {
    *fault_out = tor_strdup(replies[reply]);
  } else if (reply > 0) {
    tor_asprintf(fault_out, "SOCKS error %d", reply);
  } else if (reply < 0) {
    *fault_out = tor_strdup(monotime_absolute_msec() < deadline ?
                            "tor's SOCKS port hung up, or is none" :
                            "tor's SOCKS port does not answer");
  }
  return reply ? -1 : 0;
}
