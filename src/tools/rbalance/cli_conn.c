/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_conn.c
 * @brief A connection to a control port: commands out, replies and events in.
 *
 * Nothing that the other end does makes us wait longer than
 * ANSWER_MSEC for a reply, or keep more than a line, a reply and some events.
 * cli_reply.c judges what comes.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_conn.h"

#include "lib/crypt_ops/crypto_util.h"
#include "lib/log/escape.h"
#include "lib/net/address.h"
#include "lib/net/socket.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "lib/time/compat_time.h"
#include "tools/rbalance/cli_hints.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/** Milliseconds until a reply must be complete. */
#define ANSWER_MSEC 20000
/** Events kept until somebody looks at them. */
#define MAX_EVENTS 256
/** What is wrong when nothing more comes. */
#define CLOSED "tor closed the connection to its control port; look in its " \
  "log, as by `journalctl -u tor@default`"

/** Where tor offers its control port if we are not told: Debian's socket, and
 * the port that everybody uses. */
static const char *const default_places[] = {
  "/run/tor/control", "127.0.0.1:9051",
};

/** Return a new connection on <b>sock</b>, which it takes. */
cli_conn_t *
cli_conn_new(tor_socket_t sock)
{
  cli_conn_t *conn = tor_malloc_zero(sizeof(*conn));
  conn->sock = sock;
  conn->events = smartlist_new();
  return conn;
}

/** Close <b>conn</b> and release it; NULL is fine. */
void
cli_conn_free_(cli_conn_t *conn)
{
  if (!conn) {
    return;
  }
  tor_close_socket(conn->sock);
  cli_reply_free(conn->partial);
  SMARTLIST_FOREACH(conn->events, char *, event, tor_free(event));
  smartlist_free(conn->events);
  tor_free(conn);
}

/** Return a socket that is connected to <b>address</b> of <b>len</b> bytes,
 * or TOR_INVALID_SOCKET with errno set. */
static tor_socket_t
connect_to(const struct sockaddr *address, socklen_t len)
{
  tor_socket_t sock = tor_open_socket(address->sa_family, SOCK_STREAM, 0);
  if (SOCKET_OK(sock) && connect(sock, address, len) < 0) {
    const int error = errno;
    tor_close_socket(sock);
    errno = error;
    return TOR_INVALID_SOCKET;
  }
  return sock;
}

/** Return a socket that is connected to <b>where</b>, a path or ADDRESS:PORT;
 * else TOR_INVALID_SOCKET, and errno, EINVAL if it is neither. */
tor_socket_t
cli_conn_connect_to(const char *where)
{
  tor_addr_t addr;
  uint16_t port;

  if (!strcmpstart(where, "unix:")) {
    where += strlen("unix:");
  }
  if (strchr(where, '/')) {
    struct sockaddr_un un;
    memset(&un, 0, sizeof(un));
    un.sun_family = AF_UNIX;
    if (strlcpy(un.sun_path, where, sizeof(un.sun_path)) >=
        sizeof(un.sun_path)) {
      errno = ENAMETOOLONG;
      return TOR_INVALID_SOCKET;
    }
    return connect_to((struct sockaddr *) &un, sizeof(un));
  } else {
    struct sockaddr_storage ss;
    socklen_t len;
    if (tor_addr_port_parse(LOG_DEBUG, where, &addr, &port, -1) < 0) {
      errno = EINVAL;
      return TOR_INVALID_SOCKET;
    }
    len = tor_addr_to_sockaddr(&addr, port, (struct sockaddr *) &ss,
                               sizeof(ss));
    return connect_to((struct sockaddr *) &ss, len);
  }
}

/** Return a new connection to the control port at <b>where</b>, or where it
 * usually is if that is NULL.  On failure return NULL and set
 * *<b>fault_out</b> to a new text. */
cli_conn_t *
cli_conn_open(const char *where, char **fault_out)
{
  tor_socket_t sock = TOR_INVALID_SOCKET;
  int error = 0;

  if (where) {
    sock = cli_conn_connect_to(where);
    error = errno;
  }
  for (unsigned i = 0; !where && i < ARRAY_LENGTH(default_places) &&
       !SOCKET_OK(sock); ++i) {
    sock = cli_conn_connect_to(default_places[i]);
    if (error != EACCES) {
      error = errno;
    }
  }
  if (SOCKET_OK(sock)) {
    return cli_conn_new(sock);
  }
  if (error == EINVAL) {
    tor_asprintf(fault_out, "--control %s is neither a path nor ADDRESS:PORT, "
                 "such as 127.0.0.1:9051", escaped(where));
  } else {
    tor_asprintf(fault_out, "can't reach tor's control port at %s: %s. %s",
                 where ? where : "/run/tor/control or 127.0.0.1:9051",
                 strerror(error), error == EACCES ?
                 CLI_RUN_AS :
                 "Is tor running, with ControlPort or ControlSocket in its "
                 "torrc? --control says where it is.");
  }
  return NULL;
}

/** Send <b>command</b> on <b>conn</b>.  Return 0 on success, else -1. */
static int
send_line(const cli_conn_t *conn, const char *command)
{
  char *line = NULL;
  size_t len, sent = 0;
  tor_asprintf(&line, "%s\r\n", command);
  len = strlen(line);
  while (sent < len) {
    ssize_t n = send(conn->sock, line + sent, len - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) {
      break;
    }
    sent += n > 0 ? (size_t) n : 0;
  }
  memwipe(line, 0, len);
  tor_free(line);
  return sent == len ? 0 : -1;
}

/** Read what there is on <b>conn</b>; wait for it until <b>deadline</b>, in
 * monotonic milliseconds.  Return 1 if something came, 0 if it is too late;
 * else set *<b>fault_out</b> and return -1. */
static int
fill_buffer(cli_conn_t *conn, uint64_t deadline, char **fault_out)
{
  const uint64_t now = monotime_absolute_msec();
  struct pollfd pfd = { .fd = conn->sock, .events = POLLIN };
  ssize_t n;

  if (conn->n_buffered == sizeof(conn->buffer)) {
    *fault_out = tor_strdup("the other end sends a line without an end; that "
                            "is no control port of tor: "
                            CLI_CHECK_CONTROL);
    return -1;
  }
  if (poll(&pfd, 1, now < deadline ? (int) (deadline - now) : 0) <= 0) {
    return 0;
  }
  n = recv(conn->sock, conn->buffer + conn->n_buffered,
           sizeof(conn->buffer) - conn->n_buffered, 0);
  if (n <= 0) {
    *fault_out = tor_strdup(CLOSED);
    return -1;
  }
  conn->n_buffered += (size_t) n;
  return 1;
}

/** Take the next complete line out of the buffer of <b>conn</b> into
 * <b>line_out</b>, which has room for CLI_MAX_LINE bytes.  Return true iff
 * there was one. */
static bool
take_line(cli_conn_t *conn, char *line_out)
{
  const char *end = memchr(conn->buffer, '\n', conn->n_buffered);
  size_t len;
  if (!end) {
    return false;
  }
  len = (size_t) (end - conn->buffer);
  for (size_t i = 0; i < len; ++i) {
    /* A zero byte would hide what is behind it. */
    line_out[i] = conn->buffer[i] ? conn->buffer[i] : '\1';
  }
  line_out[len] = '\0';
  if (len && line_out[len - 1] == '\r') {
    line_out[len - 1] = '\0';
  }
  conn->n_buffered -= len + 1;
  memmove(conn->buffer, end + 1, conn->n_buffered);
  return true;
}

/** Keep the text of the event <b>reply</b> in <b>conn</b>. */
static void
keep_event(cli_conn_t *conn, const cli_reply_t *reply)
{
  if (smartlist_len(conn->events) == MAX_EVENTS) {
    char *oldest = smartlist_get(conn->events, 0);
    smartlist_del_keeporder(conn->events, 0);
    tor_free(oldest);
  }
  smartlist_add_strdup(conn->events, cli_reply_text(reply));
}

/** Read lines from <b>conn</b> until a reply is complete, and return it; or,
 * if <b>may_be_event</b>, until an event is, and keep that.  Return NULL if
 * neither came before <b>deadline</b>, or, with *<b>fault_out</b> set, never
 * will. */
static cli_reply_t *
read_reply(cli_conn_t *conn, bool may_be_event, uint64_t deadline,
           char **fault_out)
{
  char line[CLI_MAX_LINE];
  do {
    while (take_line(conn, line)) {
      cli_reply_status_t status;
      if (!conn->partial) {
        conn->partial = cli_reply_new();
      }
      status = cli_reply_take(conn->partial, line);
      if (status == CLI_REPLY_BAD) {
        *fault_out = tor_strdup("the other end does not talk as a control "
                                "port of tor does: " CLI_CHECK_CONTROL);
        return NULL;
      } else if (status == CLI_REPLY_DONE && conn->partial->code != 650) {
        cli_reply_t *reply = conn->partial;
        conn->partial = NULL;
        return reply;
      } else if (status == CLI_REPLY_DONE) {
        keep_event(conn, conn->partial);
        cli_reply_free(conn->partial);
        if (may_be_event) {
          return NULL;
        }
      }
    }
    if (monotime_absolute_msec() >= deadline) {
      break;
    }
  } while (fill_buffer(conn, deadline, fault_out) > 0);
  return NULL;
}

/** Give <b>command</b> on <b>conn</b> and return the reply, new.  On failure
 * return NULL and set *<b>fault_out</b> to a new text. */
cli_reply_t *
cli_conn_ask(cli_conn_t *conn, const char *command, char **fault_out)
{
  cli_reply_t *reply = NULL;
  *fault_out = NULL;
  if (send_line(conn, command) == 0) {
    reply = read_reply(conn, false, monotime_absolute_msec() + ANSWER_MSEC,
                       fault_out);
    if (!reply && !*fault_out) {
      *fault_out = tor_strdup("tor does not answer on its control port; it "
                              "hangs, or this is something else: look in its "
                              "log, or " CLI_CHECK_CONTROL);
    }
  } else {
    *fault_out = tor_strdup(CLOSED);
  }
  return reply;
}

/** Wait <b>msec</b> at most until an event comes on <b>conn</b>.  Return 0,
 * whether or not one came; or -1 and set *<b>fault_out</b> to a new text. */
int
cli_conn_wait_event(cli_conn_t *conn, int msec, char **fault_out)
{
  cli_reply_t *reply;
  *fault_out = NULL;
  reply = read_reply(conn, true, monotime_absolute_msec() + (uint64_t) msec,
                     fault_out);
  if (reply) {
    cli_reply_free(reply);
    *fault_out = tor_strdup("the other end answers what nobody asked: "
                            CLI_CHECK_CONTROL);
  }
  return *fault_out ? -1 : 0;
}
