/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_http.c
 * @brief Run a proxied connection, and read what comes out of it by rules of
 * its own, stricter than any server's.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_http.h"

#include <stdlib.h>

/** A service with an onion service as its target, both on their usual
 * ports. */
const rb_http_names_t rbt_http_names = {
  .target_host = RBT_TARGET, .target_port = 80,
  .service_host = RBT_SERVICE, .service_port = 80,
};

/** Return a proxied connection between those that <b>names</b> names. */
rbt_http_t *
rbt_http_new(const rb_http_names_t *names)
{
  rbt_http_t *exchange = tor_malloc_zero(sizeof(*exchange));
  exchange->http = rb_http_new(names);
  exchange->from_client = buf_new();
  exchange->to_target = buf_new();
  exchange->from_target = buf_new();
  exchange->to_client = buf_new();
  return exchange;
}

/** Release <b>exchange</b>; NULL is fine. */
void
rbt_http_free_(rbt_http_t *exchange)
{
  if (!exchange) {
    return;
  }
  rb_http_free(exchange->http);
  buf_free(exchange->from_client);
  buf_free(exchange->to_target);
  buf_free(exchange->from_target);
  buf_free(exchange->to_client);
  tor_free(exchange);
}

/** Have the client send the <b>len</b> bytes at <b>bytes</b>. */
void
rbt_http_client(rbt_http_t *exchange, const char *bytes, size_t len)
{
  buf_add(exchange->from_client, bytes, len);
  rb_http_client_read(exchange->http, exchange->from_client,
                      exchange->to_target, exchange->to_client);
}

/** Have the target send the <b>len</b> bytes at <b>bytes</b>, and then go on
 * with what the client has sent before. */
void
rbt_http_target(rbt_http_t *exchange, const char *bytes, size_t len)
{
  buf_add(exchange->from_target, bytes, len);
  rb_http_target_read(exchange->http, exchange->from_target,
                      exchange->to_client);
  rbt_http_client(exchange, "", 0);
}

/** Return the head or trailer that is all of <b>text</b>, which is of
 * <b>kind</b>; or NULL, with <b>fault_out</b> as rb_http_head_parse() sets it,
 * or the failure of rb_http_block_take() as a negative number. */
rb_http_head_t *
rbt_http_parse(const char *text, rb_http_kind_t kind, int *fault_out)
{
  rb_http_block_t block;
  rb_http_head_t *head = NULL;
  rb_http_progress_t progress;
  buf_t *buf = buf_new();

  memset(&block, 0, sizeof(block));
  buf_add_string(buf, text);
  progress = rb_http_block_take(&block, kind, buf);
  *fault_out = -(int) progress;
  if (progress == RB_HTTP_WHOLE && buf_datalen(buf) == 0) {
    *fault_out = 0;
    head = rb_http_head_parse(&block, kind, fault_out);
  }
  rb_http_block_clear(&block);
  buf_free(buf);
  return head;
}

/** Return what is written of <b>head</b>; the caller frees it. */
char *
rbt_http_write(const rb_http_head_t *head)
{
  buf_t *buf = buf_new();
  char *text;
  rb_http_head_write(head, buf);
  text = rbt_http_take(buf);
  buf_free(buf);
  return text;
}

/** Take all of <b>buf</b>, and return it as a text that the caller frees. */
char *
rbt_http_take(buf_t *buf)
{
  char *text = buf_extract(buf, NULL);
  buf_clear(buf);
  return text;
}

/** Return true iff <b>line</b>, of a head, has no byte that a server could
 * take for an end or for a space: in the value of a field, a tab is
 * neither. */
static bool
is_sound_line(const char *line, bool is_start_line)
{
  const char *tab = strchr(line, '\t');
  const char *colon = strchr(line, ':');
  return line[0] != ' ' && !strpbrk(line, "\r\n") &&
    (!tab || (!is_start_line && colon && colon < tab));
}

/** Append to <b>out</b> the head at the beginning of <b>text</b>, and the
 * empty line behind it.  Store in <b>length_out</b> what it says of the length
 * of its body: -1 if that is in chunks, 0 if it says nothing.  Return where it
 * ends, or NULL if it is not there or says two things. */
static const char *
merge_head(const char *text, const char *end, buf_t *out, long *length_out)
{
  int n_lengths = 0, n_hosts = 0, n_lines = 0;
  const bool is_response = !strncmp(text, "HTTP/", 5);
  *length_out = 0;
  for (;;) {
    const char *line_end = tor_memstr(text, end - text, "\r\n");
    char *line;
    if (!line_end) {
      return NULL;
    }
    line = tor_strndup(text, line_end - text);
    if (strlen(line) != (size_t) (line_end - text) ||
        !is_sound_line(line, n_lines == 0)) {
      tor_free(line);
      return NULL;
    }
    n_hosts += !strncasecmp(line, "Host:", 5);
    if (!strncasecmp(line, "Transfer-Encoding:", 18)) {
      ++n_lengths;
      *length_out = !strcmp(line, "Transfer-Encoding: chunked") ? -1 : -2;
    } else if (!strncasecmp(line, "Content-Length:", 15)) {
      ++n_lengths;
      *length_out = strlen(line) > 16 &&
        strspn(line + 16, "0123456789") == strlen(line + 16) ?
        strtol(line + 16, NULL, 10) : -2;
    }
    buf_add(out, text, line_end + 2 - text);
    text = line_end + 2;
    if (line[0] == '\0') {
      tor_free(line);
      break;
    }
    ++n_lines;
    tor_free(line);
  }
  return n_lines == 0 || n_lengths > 1 || *length_out == -2 ||
    (!is_response && n_hosts != 1) ? NULL : text;
}

/** Append to <b>out</b> the chunks at the beginning of <b>text</b> as one,
 * with the trailer.  Return where they end, or NULL if they do not, or if they
 * are not in the plainest form. */
static const char *
merge_chunks(const char *text, const char *end, buf_t *out)
{
  for (;;) {
    const size_t n_digits = strspn(text, "0123456789abcdef");
    const long len = strtol(text, NULL, 16);
    if (n_digits == 0 || n_digits > 8 || strncmp(text + n_digits, "\r\n", 2)) {
      return NULL;
    }
    text += n_digits + 2;
    if (len == 0) {
      break;
    }
    if (end - text < len + 2 || strncmp(text + len, "\r\n", 2)) {
      return NULL;
    }
    buf_add(out, text, len);
    text += len + 2;
  }
  buf_add_string(out, "|");
  for (;;) {
    const char *line_end = tor_memstr(text, end - text, "\r\n");
    if (!line_end) {
      return NULL;
    }
    buf_add(out, text, line_end - text);
    buf_add_string(out, "|");
    if (line_end == text) {
      return text + 2;
    }
    text = line_end + 2;
  }
}

/** Return what the <b>len</b> bytes at <b>text</b>, which a NUL follows, say,
 * however their bodies are cut into chunks; the caller frees it.  Store in
 * <b>n_messages_out</b> how many messages they are, or -1 if there is a byte
 * that belongs to none or a message that can be read in two ways. */
char *
rbt_http_merge(const char *text, size_t len, int *n_messages_out)
{
  const char *end = text + len;
  buf_t *out = buf_new();
  char *merged;
  int n = 0;

  while (text && text < end) {
    long length;
    text = merge_head(text, end, out, &length);
    if (text && length < 0) {
      text = merge_chunks(text, end, out);
    } else if (text && end - text < length) {
      buf_add(out, text, end - text);
      text = NULL;
    } else if (text) {
      buf_add(out, text, length);
      text += length;
    }
    ++n;
  }
  *n_messages_out = text ? n : -1;
  merged = buf_extract(out, NULL);
  buf_free(out);
  return merged;
}
