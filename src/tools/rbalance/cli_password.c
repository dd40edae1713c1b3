/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_password.c
 * @brief Get a password from a file or from the person at the terminal.
 *
 * Never from the command line, which everybody on the machine can read.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_password.h"

#include "lib/crypt_ops/crypto_util.h"
#include "lib/fs/files.h"
#include "lib/log/escape.h"
#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"
#include "lib/term/getpass.h"
#include "tools/rbalance/cli_hints.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/** Most characters of a password. */
#define MAX_PASSWORD 1024

/** Return the first line of <b>file</b>, "-" for standard input, as a new
 * text.  On failure return NULL and set *<b>fault_out</b>. */
static char *
read_from_file(const char *file, char **fault_out)
{
  char buffer[MAX_PASSWORD + 2];
  const bool is_stdin = !strcmp(file, "-");
  const int fd = is_stdin ? STDIN_FILENO :
                            tor_open_cloexec(file, O_RDONLY, 0);
  ssize_t n = fd < 0 ? -1 : read_all_from_fd(fd, buffer, sizeof(buffer) - 1);
  char *password = NULL;

  if (fd >= 0 && !is_stdin) {
    close(fd);
  }
  if (n < 0) {
    tor_asprintf(fault_out, "can't read the password file %s: %s. %s",
                 escaped(file), strerror(errno), cli_hint_for_file(errno));
    return NULL;
  }
  buffer[n] = '\0';
  buffer[strcspn(buffer, "\r\n")] = '\0';
  if (!buffer[0] || strlen(buffer) > MAX_PASSWORD) {
    tor_asprintf(fault_out, "the password file %s has no password in its "
                 "first line, or one longer than %d characters",
                 escaped(file), MAX_PASSWORD);
  } else {
    password = tor_strdup(buffer);
  }
  memwipe(buffer, 0, sizeof(buffer));
  return password;
}

/** Return a password, new: from <b>file</b>, or if that is NULL from the
 * terminal after <b>prompt</b>.  On failure return NULL and set
 * *<b>fault_out</b> to a new text. */
char *
cli_password_get(const char *prompt, const char *file, char **fault_out)
{
  char buffer[MAX_PASSWORD + 1];
  char *password = NULL;

  if (file) {
    return read_from_file(file, fault_out);
  }
  if (!isatty(STDIN_FILENO) ||
      tor_getpass(prompt, buffer, sizeof(buffer)) < 0) {
    *fault_out = tor_strdup("a password is needed, and there is no terminal "
                            "to ask at; give --password-file FILE");
  } else {
    password = tor_strdup(buffer);
  }
  memwipe(buffer, 0, sizeof(buffer));
  return password;
}
