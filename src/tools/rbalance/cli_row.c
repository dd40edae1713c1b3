/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_row.c
 * @brief The KEY=value pairs in tor's answers.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_row.h"

#include "lib/string/parse_int.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Return the pairs in <b>text</b>, between which there is
 * <b>separator</b>, as a new row; or NULL if it has something else, a key
 * twice, or too many. */
cli_row_t *
cli_row_parse(const char *text, const char *separator)
{
  cli_row_t *row = tor_malloc_zero(sizeof(*row));
  smartlist_t *words = smartlist_new();
  bool is_sound = true;

  row->keys = smartlist_new();
  row->values = smartlist_new();
  smartlist_split_string(words, text, separator, SPLIT_IGNORE_BLANK,
                         CLI_MAX_FIELDS + 1);
  SMARTLIST_FOREACH_BEGIN(words, char *, word) {
    char *equals = strchr(word, '=');
    const size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    if (!len || equals != word + len || word_sl_idx == CLI_MAX_FIELDS) {
      is_sound = false;
      break;
    }
    *equals = '\0';
    is_sound &= !smartlist_contains_string(row->keys, word);
    smartlist_add_strdup(row->keys, word);
    smartlist_add_strdup(row->values, equals + 1);
  } SMARTLIST_FOREACH_END(word);
  SMARTLIST_FOREACH(words, char *, word, tor_free(word));
  smartlist_free(words);
  if (!is_sound) {
    cli_row_free(row);
  }
  return row;
}

/** Return a list of the rows in <b>text</b>, one a line, words between spaces;
 * or NULL if one of them is none. */
smartlist_t *
cli_rows_parse(const char *text)
{
  smartlist_t *lines = smartlist_new();
  smartlist_t *rows = smartlist_new();
  bool is_sound = true;

  smartlist_split_string(lines, text, "\n", SPLIT_IGNORE_BLANK, 0);
  SMARTLIST_FOREACH_BEGIN(lines, const char *, line) {
    cli_row_t *row = cli_row_parse(line, " ");
    if (row) {
      smartlist_add(rows, row);
    } else {
      is_sound = false;
    }
  } SMARTLIST_FOREACH_END(line);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  if (!is_sound) {
    cli_rows_free(rows);
  }
  return rows;
}

/** Release <b>row</b>; NULL is fine. */
void
cli_row_free_(cli_row_t *row)
{
  if (!row) {
    return;
  }
  SMARTLIST_FOREACH(row->keys, char *, key, tor_free(key));
  SMARTLIST_FOREACH(row->values, char *, value, tor_free(value));
  smartlist_free(row->keys);
  smartlist_free(row->values);
  tor_free(row);
}

/** Release the list <b>rows</b> and what is in it; NULL is fine. */
void
cli_rows_free_(smartlist_t *rows)
{
  if (!rows) {
    return;
  }
  SMARTLIST_FOREACH(rows, cli_row_t *, row, cli_row_free(row));
  smartlist_free(rows);
}

/** Return the value of <b>key</b> in <b>row</b>; "" if there is none. */
const char *
cli_row_get(const cli_row_t *row, const char *key)
{
  const int idx = smartlist_string_pos(row->keys, key);
  return idx < 0 ? "" : smartlist_get(row->values, idx);
}

/** Return the number that <b>row</b> has as <b>key</b>; 0 if that is none. */
int64_t
cli_row_get_int(const cli_row_t *row, const char *key)
{
  const char *value = cli_row_get(row, key);
  const bool is_negative = value[0] == '-';
  int ok = 0;
  const uint64_t n = tor_parse_uint64(value + is_negative, 10, 0, INT64_MAX,
                                      &ok, NULL);
  if (!ok) {
    return 0;
  }
  return is_negative ? -(int64_t) n : (int64_t) n;
}
