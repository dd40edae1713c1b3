/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_request.c
 * @brief Check the head of a client's request, and rewrite it for the target.
 *
 * The target must not be brought to see another request than we do: what is
 * ambiguous is refused.  It gets a request for itself, of which it can't tell
 * that the client asked a service; and nothing that says who the client is.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_request.h"

#include "feature/rbalance/rbalance_http_connection.h"
#include "feature/rbalance/rbalance_http_url.h"
#include "lib/malloc/malloc.h"
#include "lib/string/compat_string.h"

#include <string.h>

/** What tells a target of the client's circuit. */
#define CIRCUIT_FIELD "X-Onion-Circuit"

/** Return the status of the refusal of the method of <b>head</b>, or 0.
 * CONNECT asks for another proxy, and TRACE for what the target gets, which
 * names it. */
static int
check_method(const rb_http_head_t *head)
{
  return !strcmp(head->method, "CONNECT") || !strcmp(head->method, "TRACE") ?
    501 : 0;
}

/** Bring the target of the request <b>head</b> into the form that it has
 * between a client and a server, and check it against the Host field.  Return
 * 0, or -1 if it is not sound. */
static int
rewrite_request_target(rb_http_head_t *head)
{
  const char *host = rb_http_head_get(head, "Host");
  char *path;

  if (head->target[0] == '/') {
    return 0;
  }
  if (!strcmp(head->target, "*")) {
    return strcmp(head->method, "OPTIONS") ? -1 : 0;
  }
  path = rb_http_url_to_path(head->target, host);
  if (!path) {
    return -1;
  }
  tor_free(head->target);
  head->target = path;
  return 0;
}

/** Check the Host field of <b>head</b>, and put <b>names</b>' target in its
 * place.  Return 0, or -1 if it is not sound. */
static int
rewrite_host(rb_http_head_t *head, const rb_http_names_t *names)
{
  const int n = rb_http_head_count(head, "Host");
  char *host;

  if (n > 1 || (n == 0 && head->minor > 0) ||
      (n == 1 && !rb_http_url_is_host(rb_http_head_get(head, "Host"))) ||
      rewrite_request_target(head) < 0) {
    return -1;
  }
  host = rb_http_url_get_target_host(names);
  rb_http_head_remove(head, "Host");
  rb_http_head_insert(head, "Host", host);
  tor_free(host);
  return 0;
}

/** Look after the Expect field of <b>head</b>, of which <b>request</b> is
 * known but for that.  Return 0, or -1 if it is not sound. */
static int
take_expect(rb_http_head_t *head, rb_http_request_t *request)
{
  const int n = rb_http_head_count(head, "Expect");

  if (n == 0) {
    return 0;
  }
  if (n > 1 || strcasecmp(rb_http_head_get(head, "Expect"), "100-continue")) {
    return -1;
  }
  request->expects = !request->is_old &&
    request->framing.body != RB_HTTP_BODY_NONE;
  if (!request->expects) {
    rb_http_head_remove(head, "Expect");
  }
  return 0;
}

/** Put the target in the place of the service in the fields of <b>head</b>
 * that name it. */
static void
rewrite_fields(rb_http_head_t *head, const rb_http_names_t *names)
{
  static const char *const with_url[] = { "Origin", "Referer", "Destination" };

  for (size_t i = 0; i < ARRAY_LENGTH(with_url); ++i) {
    SMARTLIST_FOREACH_BEGIN(head->fields, rb_http_field_t *, field) {
      if (!strcasecmp(field->name, with_url[i])) {
        rb_http_field_set(field, rb_http_url_to_target(names, field->value));
      }
    } SMARTLIST_FOREACH_END(field);
  }
  rb_http_head_remove_lookalikes(head, CIRCUIT_FIELD);
  if (names->circuit_id) {
    rb_http_head_add(head, CIRCUIT_FIELD, names->circuit_id);
  }
}

/** Rewrite <b>head</b>, a client's request, for the target of <b>names</b>,
 * and say in <b>request_out</b> what the answer depends on.  Return 0, or the
 * status with which it is refused. */
int
rb_http_request_rewrite(rb_http_head_t *head, const rb_http_names_t *names,
                        rb_http_request_t *request_out)
{
  rb_http_connection_t connection;
  int status;

  memset(request_out, 0, sizeof(*request_out));
  request_out->is_head = !strcmp(head->method, "HEAD");
  request_out->is_old = head->minor == 0;
  status = check_method(head);
  if (status) {
    return status;
  }
  if (rb_http_framing_read(head, &request_out->framing) < 0 ||
      rb_http_connection_take(head, &connection) < 0 ||
      rewrite_host(head, names) < 0 || take_expect(head, request_out) < 0) {
    return 400;
  }
  request_out->is_last = connection.closes ||
    (request_out->is_old && !connection.keeps_alive);
  request_out->upgrades = connection.upgrades;
  rewrite_fields(head, names);
  rb_http_connection_write(&connection, head);
  rb_http_framing_write(&request_out->framing, head);
  return 0;
}

/** Rewrite <b>trailer</b>, of a client's request, for the target.  Return 0,
 * or -1 if it has what can only be in a head. */
int
rb_http_request_rewrite_trailer(rb_http_head_t *trailer)
{
  static const char *const never[] = {
    "Host", "Content-Length", "Transfer-Encoding",
  };
  rb_http_connection_t connection;

  for (size_t i = 0; i < ARRAY_LENGTH(never); ++i) {
    if (rb_http_head_get(trailer, never[i]) ||
        rb_http_head_has_lookalike(trailer, never[i])) {
      return -1;
    }
  }
  if (rb_http_connection_take(trailer, &connection) < 0) {
    return -1;
  }
  rb_http_head_remove(trailer, "Expect");
  rb_http_head_remove_lookalikes(trailer, CIRCUIT_FIELD);
  return 0;
}
