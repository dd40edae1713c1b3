/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_options.c
 * @brief The command line.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_options.h"

#include "lib/log/escape.h"
#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"
#include "tools/rbalance/cli_hints.h"

#include <stddef.h>
#include <string.h>

/** What follows an option. */
typedef enum option_kind_t {
  OPTION_FLAG,
  OPTION_VALUE,
  OPTION_LIST,
} option_kind_t;

/** All options, and where their values go. */
static const struct {
  const char *name;
  option_kind_t kind;
  size_t offset;
} all_options[] = {
#define OPTION(name, kind, field) \
  { name, kind, offsetof(cli_options_t, field) }
  OPTION("--control", OPTION_VALUE, control),
  OPTION("--service", OPTION_VALUE, service),
  OPTION("--password-file", OPTION_VALUE, password_file),
  OPTION("--dir", OPTION_VALUE, dir),
  OPTION("--key", OPTION_VALUE, key),
  OPTION("--address", OPTION_VALUE, address),
  OPTION("--node-id", OPTION_VALUE, node_id),
  OPTION("--priority", OPTION_VALUE, priority),
  OPTION("--port", OPTION_LIST, ports),
  OPTION("--target", OPTION_LIST, targets),
  OPTION("--torrc", OPTION_VALUE, torrc),
  OPTION("--user", OPTION_VALUE, user),
  OPTION("--hours", OPTION_VALUE, hours),
  OPTION("-f", OPTION_VALUE, file),
  OPTION("--json", OPTION_FLAG, json),
  OPTION("--with-key", OPTION_FLAG, with_key),
  OPTION("--without-key", OPTION_FLAG, without_key),
  OPTION("--keyless", OPTION_FLAG, keyless),
  OPTION("--help", OPTION_FLAG, help),
  OPTION("-h", OPTION_FLAG, help),
  OPTION("--version", OPTION_FLAG, version),
#undef OPTION
};

/** Return the index of the option called <b>name</b>, or -1. */
static int
find_option(const char *name)
{
  for (unsigned i = 0; i < ARRAY_LENGTH(all_options); ++i) {
    if (!strcmp(all_options[i].name, name)) {
      return (int) i;
    }
  }
  return -1;
}

/** Set the option <b>idx</b> of <b>options</b> to <b>value</b>. */
static void
set_option(cli_options_t *options, int idx, const char *value)
{
  void *field = (char *) options + all_options[idx].offset;
  switch (all_options[idx].kind) {
    case OPTION_FLAG:
      *(int *) field = 1;
      break;
    case OPTION_VALUE:
      *(const char **) field = value;
      break;
    case OPTION_LIST:
      smartlist_add(*(smartlist_t **) field, (void *) value);
      break;
  }
}

/** Return true iff the option <b>idx</b> was given in <b>options</b>. */
static bool
is_set(const cli_options_t *options, int idx)
{
  const void *field = (const char *) options + all_options[idx].offset;
  switch (all_options[idx].kind) {
    case OPTION_FLAG:
      return *(const int *) field;
    case OPTION_VALUE:
      return *(const char *const *) field != NULL;
    case OPTION_LIST:
      return smartlist_len(*(smartlist_t *const *) field) > 0;
  }
  return false;
}

/** Return the options in the <b>argc</b> words <b>argv</b>, the first of
 * which is our own name.  On failure return NULL and set *<b>fault_out</b> to
 * a new text. */
cli_options_t *
cli_options_parse(int argc, char **argv, char **fault_out)
{
  cli_options_t *options = tor_malloc_zero(sizeof(*options));
  options->words = smartlist_new();
  options->ports = smartlist_new();
  options->targets = smartlist_new();

  for (int i = 1; i < argc; ++i) {
    const bool is_option = argv[i][0] == '-' && argv[i][1];
    const int idx = is_option ? find_option(argv[i]) : -1;
    if (!is_option) {
      smartlist_add(options->words, argv[i]);
    } else if (idx < 0) {
      tor_asprintf(fault_out, "there is no option %s; " CLI_SEE_HELP,
                   escaped(argv[i]));
    } else if (all_options[idx].kind == OPTION_FLAG) {
      set_option(options, idx, NULL);
    } else if (i + 1 == argc) {
      tor_asprintf(fault_out, "%s needs a value after it; `tor-rbalance "
                   "--help` says which", argv[i]);
    } else if (is_set(options, idx) &&
               all_options[idx].kind == OPTION_VALUE) {
      tor_asprintf(fault_out, "%s is there twice; say it once", argv[i]);
    } else {
      set_option(options, idx, argv[i + 1]);
      ++i;
    }
    if (*fault_out) {
      cli_options_free(options);
      return NULL;
    }
  }
  return options;
}

/** Release <b>options</b>; NULL is fine. */
void
cli_options_free_(cli_options_t *options)
{
  if (!options) {
    return;
  }
  smartlist_free(options->words);
  smartlist_free(options->ports);
  smartlist_free(options->targets);
  tor_free(options);
}

/** Return the word <b>idx</b> of <b>options</b>, or NULL. */
const char *
cli_options_word(const cli_options_t *options, int idx)
{
  return idx < smartlist_len(options->words) ?
    smartlist_get(options->words, idx) : NULL;
}

/** Return the name of an option that was given in <b>options</b> and is not
 * among those <b>allowed</b>, a list with spaces between; or NULL.  The caller
 * frees it. */
char *
cli_options_find_unfit(const cli_options_t *options, const char *allowed)
{
  smartlist_t *names = smartlist_new();
  char *unfit = NULL;

  smartlist_split_string(names, allowed, " ", SPLIT_IGNORE_BLANK, 0);
  for (unsigned i = 0; i < ARRAY_LENGTH(all_options) && !unfit; ++i) {
    if (is_set(options, (int) i) &&
        !smartlist_contains_string(names, all_options[i].name)) {
      unfit = tor_strdup(all_options[i].name);
    }
  }
  SMARTLIST_FOREACH(names, char *, name, tor_free(name));
  smartlist_free(names);
  return unfit;
}
