/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_connect.c
 * @brief tor-rbalance debug connect: can an onion service be reached?
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/log/escape.h"
#include "lib/net/socket.h"
#include "lib/string/parse_int.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "lib/time/compat_time.h"
#include "tools/rbalance/cli_client.h"
#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_key.h"
#include "tools/rbalance/cli_socks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** Milliseconds until we give up: tor needs no longer, or fails. */
#define CONNECT_MSEC 120000

/** Return a socket that is connected to a SOCKS port of the tor at the other
 * end of <b>conn</b>; or complain and return TOR_INVALID_SOCKET. */
static tor_socket_t
reach_socks_port(cli_conn_t *conn)
{
  char *listeners = cli_client_get_info(conn, "net/listeners/socks");
  tor_socket_t sock = TOR_INVALID_SOCKET;
  char *end;

  if (!listeners) {
    return sock;
  }
  end = listeners[0] == '"' ? strchr(listeners + 1, '"') : NULL;
  if (!end) {
    cli_complain("this tor has no SOCKS port. Set SocksPort 127.0.0.1:9050 in "
                 "its torrc for as long as you look.");
  } else {
    *end = '\0';
    sock = cli_conn_connect_to(listeners + 1);
    if (!SOCKET_OK(sock)) {
      cli_complain("can't reach tor's SOCKS port %s: %s. Look at SocksPort "
                   "in its torrc, and in its log.", escaped(listeners + 1),
                   strerror(errno));
    }
  }
  tor_free(listeners);
  return sock;
}

/** Tell that <b>hostname</b> answered on <b>port</b> after <b>msec</b>, in the
 * form that <b>options</b> want. */
static void
tell(const cli_options_t *options, const char *hostname, uint16_t port,
     uint64_t msec)
{
  if (options->json) {
    json_t *json = json_object();
    json_object_set_new(json, "hostname", json_string(hostname));
    json_object_set_new(json, "port", json_integer(port));
    json_object_set_new(json, "msec", json_integer((json_int_t) msec));
    cli_json_print(json);
  } else {
    printf("%s answered on port %d after %d.%03d s\n", hostname, port,
           (int) (msec / 1000), (int) (msec % 1000));
  }
}

/** Connect to the port and onion service in <b>options</b> through tor.
 * Return the exit status. */
int
cmd_connect(const cli_options_t *options)
{
  const char *port_text = cli_options_word(options, 3);
  char *hostname = cli_key_read_hostname(cli_options_word(options, 2));
  cli_conn_t *conn = NULL;
  tor_socket_t sock = TOR_INVALID_SOCKET;
  char *fault = NULL;
  int ok = 1, status = CLI_BAD;
  const uint16_t port = port_text ?
    (uint16_t) tor_parse_ulong(port_text, 10, 1, 65535, &ok, NULL) : 80;

  if (!hostname || !ok) {
    cli_complain("`debug connect` needs the address of an onion service and, "
                 "if it is not 80, a port. The address stands in the file "
                 "hostname of its HiddenServiceDir.");
    tor_free(hostname);
    return CLI_USAGE;
  }
  conn = cli_client_connect(options);
  if (conn) {
    sock = reach_socks_port(conn);
  }
  if (SOCKET_OK(sock)) {
    const uint64_t begun = monotime_absolute_msec();
    if (cli_socks_connect(sock, hostname, port, CONNECT_MSEC, &fault) == 0) {
      tell(options, hostname, port, monotime_absolute_msec() - begun);
      status = CLI_GOOD;
    } else {
      cli_complain("%s does not answer on port %d: %s. `tor-rbalance debug "
                   "fetch` says whether directories have it; if so, look "
                   "whether it has that port, and at what is behind it.",
                   hostname, port, fault);
    }
    tor_close_socket(sock);
  }
  tor_free(fault);
  cli_conn_free(conn);
  tor_free(hostname);
  return status;
}
