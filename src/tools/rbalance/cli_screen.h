/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_screen.h
 * @brief Header file for cli_screen.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_SCREEN_H
#define TOR_TOOLS_RBALANCE_CLI_SCREEN_H

#include "lib/container/smartlist.h"

/** A part of the screen: lines that belong together. */
typedef struct cli_part_t {
  /** Its lines, each with a newline at its end; owned. */
  char *text;
  /** True iff its lines are rows, which are cut at the edge; those of others
   * go on in the next line. */
  bool has_rows;
  /** Least lines that stay if all don't fit; -1 if all have to. */
  int least;
} cli_part_t;

char *cli_screen_print(const cli_part_t *parts, int n_parts, int width,
                       int height);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_SCREEN_H) */
