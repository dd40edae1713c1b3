/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_table.c
 * @brief Rows as a table for people.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_table.h"

#include "lib/intmath/cmp.h"
#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_row.h"

#include <string.h>

/** Return what stands in <b>column</b> of <b>row</b>; in the head if that is
 * NULL. */
static const char *
cell_of(const cli_row_t *row, const cli_column_t *column)
{
  const char *value = row ? cli_row_get(row, column->key) : column->title;
  return value[0] ? value : "-";
}

/** Return how wide <b>column</b> must be for <b>rows</b>. */
static int
width_of(const smartlist_t *rows, const cli_column_t *column)
{
  size_t width = strlen(column->title);
  SMARTLIST_FOREACH(rows, const cli_row_t *, row,
                    width = MAX(width, strlen(cell_of(row, column))));
  return (int) width;
}

/** Append to <b>lines</b> the line of <b>row</b>, or the head if that is
 * NULL. */
static void
add_line(smartlist_t *lines, const cli_row_t *row,
         const cli_column_t *columns, const int *widths, int n_columns)
{
  smartlist_t *cells = smartlist_new();
  for (int i = 0; i < n_columns; ++i) {
    const bool is_last = i == n_columns - 1 && !columns[i].is_number;
    smartlist_add_asprintf(cells, columns[i].is_number ? "%*s" : "%-*s",
                           is_last ? 0 : widths[i],
                           cell_of(row, &columns[i]));
  }
  smartlist_add(lines, smartlist_join_strings(cells, "  ", 0, NULL));
  SMARTLIST_FOREACH(cells, char *, cell, tor_free(cell));
  smartlist_free(cells);
}

/** Return a new text with a table of <b>rows</b> that has
 * <b>n_columns</b> <b>columns</b>; each line ends with a newline. */
char *
cli_table_print(const smartlist_t *rows, const cli_column_t *columns,
                int n_columns)
{
  smartlist_t *lines = smartlist_new();
  int *widths = tor_calloc((size_t) n_columns, sizeof(*widths));
  char *text;

  for (int i = 0; i < n_columns; ++i) {
    widths[i] = width_of(rows, &columns[i]);
  }
  add_line(lines, NULL, columns, widths, n_columns);
  SMARTLIST_FOREACH(rows, const cli_row_t *, row,
                    add_line(lines, row, columns, widths, n_columns));
  text = smartlist_join_strings(lines, "\n", 1, NULL);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  tor_free(widths);
  return text;
}
