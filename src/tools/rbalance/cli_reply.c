/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_reply.c
 * @brief Put the lines that a control port sends together to replies.
 *
 * The grammar is that of tor's control-spec, section 2.3.  Whoever is at the
 * other end need not be a tor: what breaks the grammar, is not printable or is
 * too long is refused, so that nothing of it can do harm to a terminal.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_reply.h"

#include "lib/string/compat_ctype.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Return a new reply without a line. */
cli_reply_t *
cli_reply_new(void)
{
  cli_reply_t *reply = tor_malloc_zero(sizeof(*reply));
  reply->lines = smartlist_new();
  reply->data = smartlist_new();
  return reply;
}

/** Release <b>reply</b>; NULL is fine. */
void
cli_reply_free_(cli_reply_t *reply)
{
  if (!reply) {
    return;
  }
  SMARTLIST_FOREACH(reply->lines, char *, line, tor_free(line));
  SMARTLIST_FOREACH(reply->data, char *, line, tor_free(line));
  smartlist_free(reply->lines);
  smartlist_free(reply->data);
  tor_free(reply);
}

/** Return true iff <b>line</b> has printable ASCII only. */
static bool
is_printable(const char *line)
{
  for (; *line; ++line) {
    if (*line < ' ' || *line > '~') {
      return false;
    }
  }
  return true;
}

/** Add what was collected as data to the last line of <b>reply</b>. */
static void
close_data(cli_reply_t *reply)
{
  const int last = smartlist_len(reply->lines) - 1;
  char *head = smartlist_get(reply->lines, last);
  char *joined;

  smartlist_insert(reply->data, 0, head);
  joined = smartlist_join_strings(reply->data, "\n", 0, NULL);
  smartlist_set(reply->lines, last, joined);
  SMARTLIST_FOREACH(reply->data, char *, line, tor_free(line));
  smartlist_clear(reply->data);
  reply->is_in_data = false;
}

/** Return the code that <b>line</b> begins with, or -1. */
static int
parse_code(const char *line)
{
  int code = 0;
  for (int i = 0; i < 3; ++i) {
    if (!TOR_ISDIGIT(line[i])) {
      return -1;
    }
    code = 10 * code + (line[i] - '0');
  }
  return code;
}

/** Add <b>line</b>, which has no line end, to <b>reply</b>, and say what came
 * of it. */
cli_reply_status_t
cli_reply_take(cli_reply_t *reply, const char *line)
{
  int code;

  reply->n_bytes += strlen(line) + 1;
  if (++reply->n_lines > CLI_MAX_REPLY_LINES ||
      reply->n_bytes > CLI_MAX_REPLY || !is_printable(line)) {
    return CLI_REPLY_BAD;
  }
  if (reply->is_in_data) {
    if (!strcmp(line, ".")) {
      close_data(reply);
    } else {
      smartlist_add_strdup(reply->data, line[0] == '.' ? line + 1 : line);
    }
    return CLI_REPLY_MORE;
  }
  code = parse_code(line);
  if (code < 0 || (reply->code && code != reply->code) || !line[3] ||
      !strchr(" -+", line[3])) {
    return CLI_REPLY_BAD;
  }
  reply->code = code;
  smartlist_add_strdup(reply->lines, line + 4);
  reply->is_in_data = (line[3] == '+');
  return line[3] == ' ' ? CLI_REPLY_DONE : CLI_REPLY_MORE;
}

/** Return the text of the last line of <b>reply</b>: of a refusal, why. */
const char *
cli_reply_text(const cli_reply_t *reply)
{
  const int n = smartlist_len(reply->lines);
  return n ? smartlist_get(reply->lines, n - 1) : "";
}

/** Return the value that <b>reply</b> to a GETINFO has for <b>key</b>, or NULL
 * if it has none. */
const char *
cli_reply_value(const cli_reply_t *reply, const char *key)
{
  const size_t len = strlen(key);
  SMARTLIST_FOREACH_BEGIN(reply->lines, const char *, line) {
    if (!strncmp(line, key, len) && line[len] == '=') {
      const char *value = line + len + 1;
      return value[0] == '\n' ? value + 1 : value;
    }
  } SMARTLIST_FOREACH_END(line);
  return NULL;
}
