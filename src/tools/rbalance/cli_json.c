/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_json.c
 * @brief Rows as JSON for programs.
 *
 * A key of the control port becomes a name in small letters.  What is a number
 * there is one here, what is 0 or 1 for no or yes is false or true, and what
 * is "-" for nothing is null.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_json.h"

#include "lib/string/util_string.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Keys whose values are texts, even where they look like numbers. */
static const char *const texts[] = {
  "NODE", "ADDRESS", "ROLE", "MODE", "PUBLISHER", "STATE", "CHANNEL", "DESC",
  "RELAY", "AUTH", "OK_CURRENT", "OK_NEXT", "TARGET", "REASON",
};

/** Keys whose values are yes or no. */
static const char *const flags[] = {
  "DRAINING", "EXCLUDED", "KEYLESS", "CANDIDATE", "BACKENDS_DOWN",
};

/** Return true iff <b>key</b> is one of the <b>n</b> <b>keys</b>. */
static bool
is_among(const char *key, const char *const *keys, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    if (!strcmp(key, keys[i])) {
      return true;
    }
  }
  return false;
}

/** Return true iff <b>value</b> is a number that fits into an int64_t. */
static bool
is_number(const char *value)
{
  const char *digits = value + (value[0] == '-');
  const size_t len = strspn(digits, "0123456789");
  return len && len < 19 && !digits[len];
}

/** Return the <b>value</b> of <b>key</b> as JSON. */
static json_t *
convert(const char *key, const char *value)
{
  if (!strcmp(value, "-")) {
    return json_null();
  } else if (is_among(key, flags, ARRAY_LENGTH(flags))) {
    return json_boolean(!strcmp(value, "1"));
  } else if (!is_among(key, texts, ARRAY_LENGTH(texts)) &&
             is_number(value)) {
    return json_integer((json_int_t) strtoll(value, NULL, 10));
  }
  return json_string(value);
}

/** Return <b>row</b> as a new object. */
json_t *
cli_json_row(const cli_row_t *row)
{
  json_t *json = json_object();
  SMARTLIST_FOREACH_BEGIN(row->keys, const char *, key) {
    char *name = tor_strdup(key);
    tor_strlower(name);
    json_object_set_new(json, name,
                        convert(key, smartlist_get(row->values, key_sl_idx)));
    tor_free(name);
  } SMARTLIST_FOREACH_END(key);
  return json;
}

/** Return <b>rows</b> as a new array. */
json_t *
cli_json_rows(const smartlist_t *rows)
{
  json_t *json = json_array();
  SMARTLIST_FOREACH(rows, const cli_row_t *, row,
                    json_array_append_new(json, cli_json_row(row)));
  return json;
}

/** Print <b>json</b> on standard output, and release it. */
void
cli_json_print(json_t *json)
{
  json_dumpf(json, stdout, JSON_INDENT(2));
  putchar('\n');
  json_decref(json);
}
