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
    if (!widths[i]) {
      continue;
    }
    const bool is_last = i == n_columns - 1 && !columns[i].is_number;
    smartlist_add_asprintf(cells, columns[i].is_number ? "%*s" : "%-*s",
                           is_last ? 0 : widths[i],
                           cell_of(row, &columns[i]));
  }
  smartlist_add(lines, smartlist_join_strings(cells, "  ", 0, NULL));
  SMARTLIST_FOREACH(cells, char *, cell, tor_free(cell));
  smartlist_free(cells);
}

/** Set to 0 those of the <b>widths</b> of <b>n_columns</b> <b>columns</b> that
 * must go, so that all together, with two spaces between, have
 * <b>width</b>. */
static void
drop_columns(const cli_column_t *columns, int *widths, int n_columns,
             int width)
{
  while (true) {
    int sum = -2, worst = 0;
    for (int i = 0; i < n_columns; ++i) {
      sum += widths[i] ? widths[i] + 2 : 0;
      if (!widths[worst] ||
          (widths[i] && columns[i].rank >= columns[worst].rank)) {
        worst = i;
      }
    }
    if (sum <= width || !columns[worst].rank) {
      return;
    }
    widths[worst] = 0;
  }
}

/** Return a new text with a table of <b>rows</b> that has
 * <b>n_columns</b> <b>columns</b>; each line ends with a newline.  Without
 * columns that may go it is at most <b>width</b> characters wide, if that can
 * be; 0 for any width. */
char *
cli_table_print(const smartlist_t *rows, const cli_column_t *columns,
                int n_columns, int width)
{
  smartlist_t *lines = smartlist_new();
  int *widths = tor_calloc((size_t) n_columns, sizeof(*widths));
  char *text;

  for (int i = 0; i < n_columns; ++i) {
    widths[i] = width_of(rows, &columns[i]);
  }
  if (width) {
    drop_columns(columns, widths, n_columns, width);
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
