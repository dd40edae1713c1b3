/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_run.c
 * @brief tor-rbalance run: become tor.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_client.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/** Return the path of the tor that was installed beside this program, new; or
 * "tor", to be looked for in PATH. */
static char *
find_tor(void)
{
  char self[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
  char *slash, *path = NULL;
  if (n > 0) {
    self[n] = '\0';
    slash = strrchr(self, '/');
    tor_asprintf(&path, "%.*s/tor", (int) (slash - self), self);
    if (access(path, X_OK) == 0) {
      return path;
    }
    tor_free(path);
  }
  return tor_strdup("tor");
}

/** Replace this process by tor, with the torrc that <b>options</b> name.
 * Return the exit status if that fails. */
int
cmd_run(const cli_options_t *options)
{
  char *tor = find_tor();
  const char *const args[] = {
    tor, options->file ? "-f" : NULL, options->file, NULL,
  };
  execvp(tor, (char **) args);
  cli_complain("can't run %s: %s. Is tor installed?", tor, strerror(errno));
  tor_free(tor);
  return CLI_BAD;
}
