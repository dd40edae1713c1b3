/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_table.h
 * @brief Header file for cli_table.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_TABLE_H
#define TOR_TOOLS_RBALANCE_CLI_TABLE_H

#include "lib/container/smartlist.h"

/** A column of a table. */
typedef struct cli_column_t {
  /** The key of its values in the rows. */
  const char *key;
  /** What stands above them. */
  const char *title;
  /** True iff they are numbers, which end below each other. */
  bool is_number;
  /** Where not all columns fit, those with the greatest number go first, the
   * last of them before others; those with 0 stay. */
  int rank;
} cli_column_t;

char *cli_table_print(const smartlist_t *rows, const cli_column_t *columns,
                      int n_columns, int width);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_TABLE_H) */
