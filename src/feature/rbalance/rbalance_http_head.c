/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_head.c
 * @brief The head of a message as a list of fields: read it, change it, write
 * it.
 *
 * The fields are read by llhttp.  It is more lenient than a proxy can afford
 * to be, so the start line is read here, names must be tokens, and there must
 * be as many fields as lines.  What it has found out about the body has to
 * agree with rbalance_http_framing.c.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_head.h"

#include "feature/rbalance/rbalance_http_framing.h"
#include "lib/log/util_bug.h"
#include "lib/malloc/malloc.h"
#include "lib/string/compat_ctype.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"

#include <llhttp.h>
#include <string.h>

/** What llhttp takes a trailer for the fields of. */
#define TRAILER_START "GET / HTTP/1.1\r\n"
/** Bytes of "HTTP/1.x". */
#define VERSION_LEN 8

/** What llhttp is reading. */
typedef struct rb_http_reading_t {
  rb_http_head_t *head;
  /** The field that it reads, or NULL before the first one. */
  rb_http_field_t *field;
  bool in_value;
  bool is_whole;
} rb_http_reading_t;

/** Return a new field <b>name</b> with <b>value</b>. */
static rb_http_field_t *
field_new(const char *name, const char *value)
{
  rb_http_field_t *field = tor_malloc_zero(sizeof(*field));
  field->name = tor_strdup(name);
  field->value = tor_strdup(value);
  return field;
}

/** Append the <b>len</b> bytes at <b>at</b> to <b>text</b>. */
static void
append_text(char **text, const char *at, size_t len)
{
  const size_t old_len = strlen(*text);
  *text = tor_realloc(*text, old_len + len + 1);
  memcpy(*text + old_len, at, len);
  (*text)[old_len + len] = '\0';
}

/** Called by llhttp: the <b>len</b> bytes at <b>at</b> are of the name of a
 * field. */
static int
on_name(llhttp_t *parser, const char *at, size_t len)
{
  rb_http_reading_t *reading = parser->data;
  if (!reading->field || reading->in_value) {
    reading->field = field_new("", "");
    reading->in_value = false;
    smartlist_add(reading->head->fields, reading->field);
  }
  append_text(&reading->field->name, at, len);
  return 0;
}

/** Called by llhttp: the <b>len</b> bytes at <b>at</b> are of the value of the
 * field whose name it has read. */
static int
on_value(llhttp_t *parser, const char *at, size_t len)
{
  rb_http_reading_t *reading = parser->data;
  if (!reading->field) {
    return -1;
  }
  reading->in_value = true;
  append_text(&reading->field->value, at, len);
  return 0;
}

/** Called by llhttp: the value of a field is whole, even if it is empty. */
static int
on_value_end(llhttp_t *parser)
{
  return on_value(parser, "", 0);
}

/** Called by llhttp: the head is whole.  It shall not go on to the body. */
static int
on_end(llhttp_t *parser)
{
  rb_http_reading_t *reading = parser->data;
  reading->is_whole = true;
  return HPE_PAUSED;
}

/** Return true iff <b>c</b> can be in a token. */
static bool
is_token_char(char c)
{
  return TOR_ISALNUM(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/** Return true iff <b>text</b> is a token, as names of fields and methods
 * are. */
bool
rb_http_is_token(const char *text)
{
  const char *c = text;
  while (is_token_char(*c)) {
    ++c;
  }
  return c > text && !*c;
}

/** Cut off the white space at the end of <b>text</b>. */
static void
strip_end(char *text)
{
  size_t len = strlen(text);
  while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
    text[--len] = '\0';
  }
}

/** Add to <b>parts</b> what is between each <b>separator</b> in <b>text</b>,
 * without the white space around it, if there is anything; owned by the
 * caller. */
void
rb_http_split(const char *text, const char *separator, smartlist_t *parts)
{
  /* SPLIT_STRIP_SPACE would remove the white space within a part too. */
  const int n_before = smartlist_len(parts);
  smartlist_split_string(parts, text, separator,
                         SPLIT_SKIP_SPACE|SPLIT_IGNORE_BLANK, 0);
  for (int i = n_before; i < smartlist_len(parts); ++i) {
    strip_end(smartlist_get(parts, i));
  }
}

/** Read the version that is all of <b>text</b>, of VERSION_LEN bytes.  Return
 * its minor number, or -1 if it is not one of ours. */
static int
parse_version(const char *text)
{
  return strncmp(text, "HTTP/1.", VERSION_LEN - 1) ||
    (text[VERSION_LEN - 1] != '0' && text[VERSION_LEN - 1] != '1') ? -1 :
    text[VERSION_LEN - 1] - '0';
}

/** Read <b>line</b>, the start line of a request, into <b>head</b>.  Return 0,
 * or -1 if it is none. */
static int
parse_request_line(rb_http_head_t *head, const char *line)
{
  const char *target = strchr(line, ' ');
  const char *version = target ? strchr(target + 1, ' ') : NULL;

  if (!version || strlen(version + 1) != VERSION_LEN ||
      (head->minor = parse_version(version + 1)) < 0 ||
      version == target + 1) {
    return -1;
  }
  head->method = tor_strndup(line, target - line);
  head->target = tor_strndup(target + 1, version - target - 1);
  return rb_http_is_token(head->method) && !strpbrk(head->target, "\t#") ?
    0 : -1;
}

/** Read <b>line</b>, the start line of a response, into <b>head</b>.  Return
 * 0, or -1 if it is none. */
static int
parse_status_line(rb_http_head_t *head, const char *line)
{
  const char *code = line + VERSION_LEN + 1;

  if (strlen(line) < VERSION_LEN + 4 ||
      (head->minor = parse_version(line)) < 0 || line[VERSION_LEN] != ' ' ||
      !TOR_ISDIGIT(code[0]) || !TOR_ISDIGIT(code[1]) ||
      !TOR_ISDIGIT(code[2]) || (code[3] != ' ' && code[3])) {
    return -1;
  }
  head->status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] - '0';
  head->reason = tor_strdup(code[3] ? code + 4 : "");
  return head->status >= 100 && head->status <= 599 ? 0 : -1;
}

/** Read the start line of <b>text</b>, of <b>len</b> bytes, into <b>head</b>.
 * Return 0, or -1 if it is none. */
static int
parse_start_line(rb_http_head_t *head, const char *text, size_t len)
{
  const char *end = memchr(text, '\r', len);
  char *line = tor_strndup(text, end - text);
  int r;
  if (head->kind == RB_HTTP_REQUEST) {
    r = parse_request_line(head, line);
  } else {
    r = parse_status_line(head, line);
  }
  tor_free(line);
  return r;
}

/** Return true iff what <b>parser</b> has found out about the body of
 * <b>head</b> is what we do. */
static bool
agrees_on_body(const llhttp_t *parser, const rb_http_head_t *head)
{
  rb_http_framing_t framing;
  return rb_http_framing_read(head, &framing) == 0 &&
    !!(parser->flags & F_CHUNKED) == (framing.body == RB_HTTP_BODY_CHUNKED) &&
    !!(parser->flags & F_CONTENT_LENGTH) ==
      (framing.body == RB_HTTP_BODY_LENGTH) &&
    (framing.body != RB_HTTP_BODY_LENGTH ||
     parser->content_length == framing.length);
}

/** Read the fields in the <b>len</b> bytes at <b>text</b>, which has the start
 * line too unless it is a trailer, into <b>head</b>.  Return 0; 501 if the
 * method is unknown; or -1. */
static int
parse_fields(rb_http_head_t *head, const char *text, size_t len)
{
  static const llhttp_settings_t settings = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_end,
    .on_headers_complete = on_end,
  };
  rb_http_reading_t reading = { .head = head };
  llhttp_t parser;
  llhttp_errno_t r;

  llhttp_init(&parser, head->kind == RB_HTTP_RESPONSE ?
              HTTP_RESPONSE : HTTP_REQUEST, &settings);
  parser.data = &reading;
  if (head->kind == RB_HTTP_TRAILER) {
    llhttp_execute(&parser, TRAILER_START, strlen(TRAILER_START));
  }
  r = llhttp_execute(&parser, text, len);
  if (r == HPE_INVALID_METHOD && head->kind == RB_HTTP_REQUEST) {
    return 501;
  }
  if (r != HPE_PAUSED || !reading.is_whole) {
    return -1;
  }
  SMARTLIST_FOREACH_BEGIN(head->fields, rb_http_field_t *, field) {
    strip_end(field->value);
    if (!rb_http_is_token(field->name)) {
      return -1;
    }
  } SMARTLIST_FOREACH_END(field);
  return head->kind == RB_HTTP_TRAILER || agrees_on_body(&parser, head) ?
    0 : -1;
}

/** Return the head, or trailer, that <b>block</b> is, which is whole and of
 * <b>kind</b>.  If it is not sound return NULL, and set <b>fault_out</b> to
 * the status that says so to a client. */
rb_http_head_t *
rb_http_head_parse(const rb_http_block_t *block, rb_http_kind_t kind,
                   int *fault_out)
{
  rb_http_head_t *head = tor_malloc_zero(sizeof(*head));
  const char *text;
  size_t len;
  int r = 0;

  rb_http_block_get(block, &text, &len);
  head->kind = kind;
  head->fields = smartlist_new();
  if (kind != RB_HTTP_TRAILER) {
    r = parse_start_line(head, text, len);
  }
  if (r == 0) {
    r = parse_fields(head, text, len);
  }
  if (r == 0 && smartlist_len(head->fields) !=
      block->n_lines - (kind != RB_HTTP_TRAILER)) {
    r = -1;
  }
  if (r) {
    *fault_out = r > 0 ? r : 400;
    rb_http_head_free(head);
  }
  return head;
}

/** Release <b>field</b>. */
static void
field_free(rb_http_field_t *field)
{
  tor_free(field->name);
  tor_free(field->value);
  tor_free(field);
}

/** Release <b>head</b>; NULL is fine. */
void
rb_http_head_free_(rb_http_head_t *head)
{
  if (!head) {
    return;
  }
  tor_free(head->method);
  tor_free(head->target);
  tor_free(head->reason);
  SMARTLIST_FOREACH(head->fields, rb_http_field_t *, field,
                    field_free(field));
  smartlist_free(head->fields);
  tor_free(head);
}

/** Return the value of the first field <b>name</b> of <b>head</b>, or NULL if
 * there is none. */
const char *
rb_http_head_get(const rb_http_head_t *head, const char *name)
{
  SMARTLIST_FOREACH_BEGIN(head->fields, const rb_http_field_t *, field) {
    if (!strcasecmp(field->name, name)) {
      return field->value;
    }
  } SMARTLIST_FOREACH_END(field);
  return NULL;
}

/** Return how many fields <b>name</b> there are in <b>head</b>. */
int
rb_http_head_count(const rb_http_head_t *head, const char *name)
{
  int n = 0;
  SMARTLIST_FOREACH(head->fields, const rb_http_field_t *, field,
                    n += !strcasecmp(field->name, name));
  return n;
}

/** Return true iff <b>a</b> and <b>b</b> are the same for a program that does
 * not tell _ from -, as with CGI. */
static bool
look_alike(const char *a, const char *b)
{
  for (; *a && *b; ++a, ++b) {
    const char c = *a == '_' ? '-' : TOR_TOLOWER(*a);
    const char d = *b == '_' ? '-' : TOR_TOLOWER(*b);
    if (c != d) {
      return false;
    }
  }
  return *a == *b;
}

/** Return true iff <b>head</b> has a field that is not <b>name</b>, but that
 * some program could take for it. */
bool
rb_http_head_has_lookalike(const rb_http_head_t *head, const char *name)
{
  SMARTLIST_FOREACH_BEGIN(head->fields, const rb_http_field_t *, field) {
    if (look_alike(field->name, name) && strcasecmp(field->name, name)) {
      return true;
    }
  } SMARTLIST_FOREACH_END(field);
  return false;
}

/** Remove all fields <b>name</b> from <b>head</b>. */
void
rb_http_head_remove(rb_http_head_t *head, const char *name)
{
  SMARTLIST_FOREACH_BEGIN(head->fields, rb_http_field_t *, field) {
    if (!strcasecmp(field->name, name)) {
      SMARTLIST_DEL_CURRENT_KEEPORDER(head->fields, field);
      field_free(field);
    }
  } SMARTLIST_FOREACH_END(field);
}

/** Remove all fields from <b>head</b> whose names begin with <b>prefix</b>. */
void
rb_http_head_remove_prefix(rb_http_head_t *head, const char *prefix)
{
  SMARTLIST_FOREACH_BEGIN(head->fields, rb_http_field_t *, field) {
    if (!strcasecmpstart(field->name, prefix)) {
      SMARTLIST_DEL_CURRENT_KEEPORDER(head->fields, field);
      field_free(field);
    }
  } SMARTLIST_FOREACH_END(field);
}

/** Remove all fields <b>name</b> from <b>head</b>, and those that some program
 * could take for it. */
void
rb_http_head_remove_lookalikes(rb_http_head_t *head, const char *name)
{
  SMARTLIST_FOREACH_BEGIN(head->fields, rb_http_field_t *, field) {
    if (look_alike(field->name, name)) {
      SMARTLIST_DEL_CURRENT_KEEPORDER(head->fields, field);
      field_free(field);
    }
  } SMARTLIST_FOREACH_END(field);
}

/** Add the field <b>name</b> with <b>value</b> to the end of <b>head</b>. */
void
rb_http_head_add(rb_http_head_t *head, const char *name, const char *value)
{
  smartlist_add(head->fields, field_new(name, value));
}

/** Add the field <b>name</b> with <b>value</b> in front of the others of
 * <b>head</b>. */
void
rb_http_head_insert(rb_http_head_t *head, const char *name, const char *value)
{
  smartlist_insert(head->fields, 0, field_new(name, value));
}

/** Give <b>field</b> the value <b>value</b>, which it owns from now on; NULL
 * leaves it as it is. */
void
rb_http_field_set(rb_http_field_t *field, char *value)
{
  if (value) {
    tor_free(field->value);
    field->value = value;
  }
}

/** Append to <b>to</b> what <b>head</b> says, with the empty line. */
void
rb_http_head_write(const rb_http_head_t *head, buf_t *to)
{
  if (head->kind == RB_HTTP_REQUEST) {
    buf_add_printf(to, "%s %s HTTP/1.%d\r\n", head->method, head->target,
                   head->minor);
  } else if (head->kind == RB_HTTP_RESPONSE) {
    buf_add_printf(to, "HTTP/1.%d %d %s\r\n", head->minor, head->status,
                   head->reason);
  }
  SMARTLIST_FOREACH_BEGIN(head->fields, const rb_http_field_t *, field) {
    buf_add_string(to, field->name);
    buf_add(to, ": ", 2);
    buf_add_string(to, field->value);
    buf_add(to, "\r\n", 2);
  } SMARTLIST_FOREACH_END(field);
  buf_add(to, "\r\n", 2);
}
