/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_row.h
 * @brief Header file for cli_row.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_ROW_H
#define TOR_TOOLS_RBALANCE_CLI_ROW_H

#include "lib/container/smartlist.h"
#include "lib/malloc/malloc.h"

/** Most fields of a row that we take. */
#define CLI_MAX_FIELDS 64

/** KEY=value pairs, in the order they came. */
typedef struct cli_row_t {
  /** Texts, owned, as many of the one as of the other. */
  smartlist_t *keys;
  smartlist_t *values;
} cli_row_t;

cli_row_t *cli_row_parse(const char *text, const char *separator);
smartlist_t *cli_rows_parse(const char *text);
void cli_row_free_(cli_row_t *row);
#define cli_row_free(row) FREE_AND_NULL(cli_row_t, cli_row_free_, (row))
void cli_rows_free_(smartlist_t *rows);
#define cli_rows_free(rows) FREE_AND_NULL(smartlist_t, cli_rows_free_, (rows))
const char *cli_row_get(const cli_row_t *row, const char *key);
int64_t cli_row_get_int(const cli_row_t *row, const char *key);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_ROW_H) */
