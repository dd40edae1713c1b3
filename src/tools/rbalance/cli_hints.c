/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_hints.c
 * @brief What to do next, where several errors say the same.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_hints.h"

#include <errno.h>

/** Return what to do about <b>error</b> of a system call with a file: a
 * sentence. */
const char *
cli_hint_for_file(int error)
{
  switch (error) {
    case EACCES:
    case EPERM:
      return CLI_RUN_AS;
    case EEXIST:
      return "Nothing is overwritten: name another, or take that away first.";
    case ENOSPC:
    case EDQUOT:
      return "Make room on that disk.";
    case EROFS:
      return "Name a place that can be written to.";
    default:
      return "Check the path.";
  }
}
