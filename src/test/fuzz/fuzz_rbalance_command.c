/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_command.c
 * @brief Fuzz the arguments of the control command HSBALANCE: whatever they
 * are, there is one answer.
 **/

#define CONNECTION_PRIVATE

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "feature/control/control.h"
#include "feature/control/control_cmd.h"
#include "feature/control/control_connection_st.h"
#include "lib/evloop/compat_libevent.h"
#include "lib/fs/dir.h"

#include <stdlib.h>
#include <unistd.h>

/** The service that is balanced, and what was answered. */
static const hs_service_t *service;
static buf_t *answer;
static char dir[] = "/tmp/fuzz-rbalance-XXXXXX";

/** Return the path of a file called <b>name</b>; rbalance_test_glue.c asks. */
const char *
get_fname_rnd(const char *name)
{
  static char path[256];
  tor_snprintf(path, sizeof(path), "%s/%s", dir, name);
  return path;
}

/** Keep what is written to a connection. */
static void
mock_write(const char *string, size_t len, connection_t *conn, int zlib)
{
  (void) conn;
  (void) zlib;
  buf_add(answer, string, len);
}

/** Take away the directory of the service. */
static void
remove_dir(void)
{
  char *command = NULL;
  tor_asprintf(&command, "rm -rf '%s'", dir);
  if (system(command) != 0) {
    perror(dir);
  }
  tor_free(command);
}

/** Make a balanced service with one peer, called beta. */
int
fuzz_init(void)
{
  tor_libevent_cfg_t cfg;
  memset(&cfg, 0, sizeof(cfg));
  tor_libevent_initialize(&cfg);
  options_init((or_options_t *) get_options());
  if (!mkdtemp(dir)) {
    return -1;
  }
  atexit(remove_dir);
  rbt_glue_setup.setup_fn(NULL);
  service = rbt_register_service(1);
  rbt_add_peer(rbt_find_balanced(service), 2, "beta", rbt_make_sets(1, 1));
  answer = buf_new();
  MOCK(connection_write_to_buf_impl_, mock_write);
  return 0;
}

/** Release everything. */
int
fuzz_cleanup(void)
{
  rbt_glue_setup.cleanup_fn(NULL, NULL);
  buf_free(answer);
  return 0;
}

/** Take the input for the arguments; an @ stands for the service's
 * address. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  control_connection_t *conn = control_connection_new(AF_INET);
  smartlist_t *pieces = smartlist_new();
  char *args, *text;
  size_t len = 0;

  for (size_t i = 0; i < sz; ++i) {
    if (data[i] == '@') {
      smartlist_add_strdup(pieces, service->onion_address);
    } else {
      smartlist_add(pieces, tor_memdup_nulterm(data + i, 1));
    }
  }
  args = smartlist_join_strings(pieces, "", 0, &len);
  TO_CONN(conn)->state = CONTROL_CONN_STATE_OPEN;
  conn->current_cmd = tor_strdup("HSBALANCE");
  handle_control_command(conn, (uint32_t) len, args);
  text = buf_extract(answer, &len);
  buf_clear(answer);
  tor_assert(len > 6 && !strcmpend(text, "\r\n"));
  tor_assert(text[0] == '2' || text[0] == '5');
  tor_assert(strchr(text, '\n') == text + len - 1);
  tor_free(text);
  tor_free(args);
  SMARTLIST_FOREACH(pieces, char *, piece, tor_free(piece));
  smartlist_free(pieces);
  connection_free_minimal(TO_CONN(conn));
  rbt_clear_events();
  return 0;
}

/** Every verb, alone and with a node. */
void
fuzz_rbalance_make_seeds(void)
{
  static const char *const lines[] = {
    "", "x", "@ PUBLISH", "@ STEPDOWN", "@ DRAIN", "@ UNDRAIN",
    "@ EXCLUDE beta", "@ INCLUDE beta", "@.onion EXCLUDE @", "@ EXCLUDE",
    "@ PUBLISH beta", "x PUBLISH", "@ EXCLUDE beta gamma", "@ NONSENSE",
    "@ publish", "\"@\" PUBLISH", "@ EXCLUDE=beta",
  };
  for (size_t i = 0; i < ARRAY_LENGTH(lines); ++i) {
    fuzz_rbalance_seed(lines[i], strlen(lines[i]));
  }
}
