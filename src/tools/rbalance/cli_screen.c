/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_screen.c
 * @brief Parts of text, one below the other, in a terminal of some size.
 *
 * Nothing is wider or higher than the terminal.  If not all lines fit, the
 * parts at the bottom give up theirs first, and say how many.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_screen.h"

#include "lib/intmath/cmp.h"
#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"

#include <string.h>

/** What a line begins with that goes on from the one above. */
#define INDENT "  "

/** Append <b>line</b> to <b>lines</b>, in pieces of <b>width</b> characters at
 * most, broken between words where there are any. */
static void
add_folded(smartlist_t *lines, const char *line, int width)
{
  const char *indent = "";
  while (strlen(indent) + strlen(line) > (size_t) width) {
    const int room = width - (int) strlen(indent);
    int len = room;
    while (len > 0 && line[len] != ' ') {
      --len;
    }
    len = len > 0 ? len : room;
    smartlist_add_asprintf(lines, "%s%.*s", indent, len, line);
    line += len;
    line += strspn(line, " ");
    indent = INDENT;
  }
  if (line[0] || !indent[0]) {
    smartlist_add_asprintf(lines, "%s%s", indent, line);
  }
}

/** Return the lines of <b>part</b>, new, each at most <b>width</b> characters
 * wide; 0 for any width. */
static smartlist_t *
fit_width(const cli_part_t *part, int width)
{
  smartlist_t *given = smartlist_new();
  smartlist_t *lines = smartlist_new();

  smartlist_split_string(given, part->text, "\n", SPLIT_IGNORE_BLANK, 0);
  SMARTLIST_FOREACH_BEGIN(given, char *, line) {
    if (width && part->has_rows) {
      smartlist_add_asprintf(lines, "%.*s", width, line);
    } else if (width) {
      add_folded(lines, line, MAX(width, (int) sizeof(INDENT)));
    } else {
      smartlist_add_strdup(lines, line);
    }
    tor_free(line);
  } SMARTLIST_FOREACH_END(line);
  smartlist_free(given);
  return lines;
}

/** Drop the last of <b>lines</b>, so that with a line that says how many are
 * gone there are <b>n</b>, of at most <b>width</b> characters; 0 for any. */
static void
cut(smartlist_t *lines, int n, int width)
{
  const int n_gone = smartlist_len(lines) - MAX(n - 1, 0);
  char *note = NULL;
  while (smartlist_len(lines) > MAX(n - 1, 0)) {
    char *line = smartlist_pop_last(lines);
    tor_free(line);
  }
  if (n > 0) {
    tor_asprintf(&note, "(%d more not shown)", n_gone);
    if (width && strlen(note) > (size_t) width) {
      note[width] = '\0';
    }
    smartlist_add(lines, note);
  }
}

/** Return how many lines the <b>n</b> <b>blocks</b> have, with an empty one
 * between those that have any. */
static int
count_lines(smartlist_t *const *blocks, int n)
{
  int sum = 0, used = 0;
  for (int i = 0; i < n; ++i) {
    sum += smartlist_len(blocks[i]);
    used += smartlist_len(blocks[i]) > 0;
  }
  return sum + MAX(used - 1, 0);
}

/** Cut the <b>n_parts</b> <b>blocks</b>, which are the lines of
 * <b>parts</b>, from the bottom up to what each needs, until they fit into
 * <b>height</b> lines of <b>width</b>. */
static void
fit_height(const cli_part_t *parts, smartlist_t **blocks, int n_parts,
           int width, int height)
{
  for (int i = n_parts - 1; i >= 0; --i) {
    const int over = count_lines(blocks, n_parts) - height;
    const int len = smartlist_len(blocks[i]);
    if (over > 0 && parts[i].least >= 0 && len > parts[i].least) {
      cut(blocks[i], MAX(len - over, parts[i].least), width);
    }
  }
}

/** Return a new text with the <b>n_parts</b> <b>parts</b>, with an empty line
 * between those that have a text, in <b>height</b> lines of <b>width</b>
 * characters at most; 0 for any number. */
char *
cli_screen_print(const cli_part_t *parts, int n_parts, int width, int height)
{
  smartlist_t **blocks = tor_calloc((size_t) n_parts, sizeof(*blocks));
  smartlist_t *lines = smartlist_new();
  char *text;

  for (int i = 0; i < n_parts; ++i) {
    blocks[i] = fit_width(&parts[i], width);
  }
  if (height) {
    fit_height(parts, blocks, n_parts, width, height);
  }
  for (int i = 0; i < n_parts; ++i) {
    if (smartlist_len(lines) && smartlist_len(blocks[i])) {
      smartlist_add_strdup(lines, "");
    }
    smartlist_add_all(lines, blocks[i]);
    smartlist_free(blocks[i]);
  }
  if (height && smartlist_len(lines) > height) {
    cut(lines, height, width);
  }
  text = smartlist_join_strings(lines, "\n", 1, NULL);
  SMARTLIST_FOREACH(lines, char *, line, tor_free(line));
  smartlist_free(lines);
  tor_free(blocks);
  return text;
}
