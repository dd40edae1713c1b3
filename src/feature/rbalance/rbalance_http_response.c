/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_response.c
 * @brief Check the head of a target's answer, and rewrite it for the client.
 *
 * A client must not learn from it who the target is.  Fields that have a
 * meaning for us are rewritten by it; in all others, in the reason and in
 * trailers the target's name is masked.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_response.h"

#include "feature/rbalance/rbalance_http_connection.h"
#include "feature/rbalance/rbalance_http_mask.h"
#include "feature/rbalance/rbalance_http_url.h"
#include "feature/rbalance/rbalance_limits.h"
#include "lib/malloc/malloc.h"
#include "lib/string/compat_string.h"
#include "lib/string/util_string.h"

#include <string.h>

/** What clients never get: it would have them go past the service, or to a
 * port with TLS that there is not. */
static const char *const withheld[] = {
  "Alt-Svc", "Strict-Transport-Security",
};

/** Return true iff <b>part</b>, of a value between semicolons, has the name
 * <b>name</b>. */
static bool
is_part_named(const char *part, const char *name)
{
  const size_t len = strcspn(part, "= \t");
  return len == strlen(name) && !strncasecmp(part, name, len);
}

/** Return <b>value</b>, which consists of parts between semicolons, without
 * those that have one of the two names, but always with the first one if
 * <b>keeps_first</b>; the caller frees it. */
static char *
remove_parts(const char *value, bool keeps_first, const char *name,
             const char *other_name)
{
  smartlist_t *parts = smartlist_new();
  char *rest;

  rb_http_split(value, ";", parts);
  SMARTLIST_FOREACH_BEGIN(parts, char *, part) {
    if ((part_sl_idx > 0 || !keeps_first) &&
        (is_part_named(part, name) || is_part_named(part, other_name))) {
      SMARTLIST_DEL_CURRENT_KEEPORDER(parts, part);
      tor_free(part);
    }
  } SMARTLIST_FOREACH_END(part);
  rest = smartlist_join_strings(parts, "; ", 0, NULL);
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
  return rest;
}

/** Rewrite <b>field</b> by what it means, and mask what is left of the
 * target's name. */
static void
rewrite_field(rb_http_field_t *field, const rb_http_names_t *names)
{
  const bool is_policy =
    !strcasecmpstart(field->name, "Content-Security-Policy");

  if (!strcasecmp(field->name, "Location") ||
      !strcasecmp(field->name, "Content-Location")) {
    rb_http_field_set(field, rb_http_url_to_relative(names, field->value));
  } else if (!strcasecmp(field->name, "Set-Cookie")) {
    rb_http_field_set(field, remove_parts(field->value, true, "Domain",
                                          "Domain"));
  } else if (is_policy) {
    /* These would have a browser use TLS, which there is not. */
    rb_http_field_set(field, remove_parts(field->value, false,
                                          "upgrade-insecure-requests",
                                          "block-all-mixed-content"));
  }
  rb_http_field_set(field, rb_http_mask(names, field->value, is_policy));
}

/** Rewrite all fields of <b>head</b>, which may be a trailer.  Return 0, or -1
 * if that makes it too large. */
static int
rewrite_fields(rb_http_head_t *head, const rb_http_names_t *names)
{
  size_t len = 0;

  for (size_t i = 0; i < ARRAY_LENGTH(withheld); ++i) {
    rb_http_head_remove(head, withheld[i]);
  }
  SMARTLIST_FOREACH_BEGIN(head->fields, rb_http_field_t *, field) {
    char *name = rb_http_mask(names, field->name, false);
    if (name) {
      tor_free(field->name);
      field->name = name;
    }
    rewrite_field(field, names);
    len += strlen(field->value);
    if (len > 2 * RB_HTTP_MAX_HEAD_LEN) {
      return -1;
    }
  } SMARTLIST_FOREACH_END(field);
  return 0;
}

/** Find out from the head of an answer to <b>request</b>, which says
 * <b>framing</b> of its body, what body there is; store it in
 * <b>framing</b>. */
static void
find_body(const rb_http_head_t *head, const rb_http_request_t *request,
          rb_http_framing_t *framing)
{
  if (request->is_head || head->status == 304 || head->status == 204 ||
      head->status < 200) {
    framing->body = RB_HTTP_BODY_NONE;
  } else if (framing->body == RB_HTTP_BODY_NONE) {
    framing->body = RB_HTTP_BODY_EOF;
  }
}

/** Return true iff no answer follows that with <b>head</b> to
 * <b>request</b>, which says <b>connection</b>. */
static bool
is_last(const rb_http_head_t *head, const rb_http_request_t *request,
        const rb_http_connection_t *connection,
        const rb_http_framing_t *framing)
{
  return request->is_last || connection->closes ||
    framing->body == RB_HTTP_BODY_EOF ||
    ((head->minor == 0 || request->is_old) && !connection->keeps_alive);
}

/** Rewrite <b>head</b>, the target's answer to <b>request</b>, for the client,
 * and say in <b>response_out</b> what it means.  Return 0, or -1 if it is not
 * sound. */
int
rb_http_response_rewrite(rb_http_head_t *head, const rb_http_names_t *names,
                         const rb_http_request_t *request,
                         rb_http_response_t *response_out)
{
  rb_http_framing_t said;
  rb_http_connection_t connection;
  char *reason;

  memset(response_out, 0, sizeof(*response_out));
  if (rb_http_framing_read(head, &said) < 0 ||
      rb_http_connection_take(head, &connection) < 0 ||
      rewrite_fields(head, names) < 0) {
    return -1;
  }
  reason = rb_http_mask(names, head->reason, false);
  if (reason) {
    tor_free(head->reason);
    head->reason = reason;
  }
  response_out->framing = said;
  find_body(head, request, &response_out->framing);
  if (head->status < 200 || head->status == 204) {
    said.body = RB_HTTP_BODY_NONE;
  }
  response_out->upgrades = head->status == 101;
  response_out->is_interim = head->status < 200 && head->status != 101;
  if ((response_out->upgrades && (!request->upgrades ||
                                  !connection.upgrades)) ||
      (request->is_old && said.body == RB_HTTP_BODY_CHUNKED)) {
    return -1;
  }
  if (head->status >= 200) {
    response_out->is_last = is_last(head, request, &connection,
                                    &response_out->framing);
    connection.closes = response_out->is_last;
  }
  rb_http_connection_write(&connection, head);
  rb_http_framing_write(&said, head);
  return 0;
}

/** Rewrite <b>trailer</b>, of a target's answer, for the client.  Return 0, or
 * -1 if it has what can only be in a head. */
int
rb_http_response_rewrite_trailer(rb_http_head_t *trailer,
                                 const rb_http_names_t *names)
{
  rb_http_framing_t framing;
  rb_http_connection_t connection;

  return rb_http_framing_read(trailer, &framing) < 0 ||
    framing.body != RB_HTTP_BODY_NONE ||
    rb_http_connection_take(trailer, &connection) < 0 ? -1 :
    rewrite_fields(trailer, names);
}
