/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_framing.c
 * @brief What a head says of the length of its body.
 *
 * Two programs that disagree here can be made to see different requests in
 * the same bytes.  So a head that says it twice, or in any but the plainest
 * words, says nothing that is taken.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_framing.h"

#include "feature/rbalance/rbalance_limits.h"
#include "lib/string/compat_ctype.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"

#include <string.h>

#define CONTENT_LENGTH "Content-Length"
#define TRANSFER_ENCODING "Transfer-Encoding"

/** Read the decimal number that is all of <b>text</b> into
 * <b>length_out</b>.  Return 0, or -1 if it is none. */
static int
parse_length(const char *text, uint64_t *length_out)
{
  const size_t len = strlen(text);
  uint64_t length = 0;

  if (len == 0 || len > RB_HTTP_MAX_LENGTH_DIGITS) {
    return -1;
  }
  for (size_t i = 0; i < len; ++i) {
    if (!TOR_ISDIGIT(text[i])) {
      return -1;
    }
    length = length * 10 + (uint64_t) (text[i] - '0');
  }
  *length_out = length;
  return 0;
}

/** Store in <b>framing_out</b> what <b>head</b> says of the body;
 * RB_HTTP_BODY_NONE if that is nothing.  Return 0, or -1 if it could be
 * understood in two ways. */
int
rb_http_framing_read(const rb_http_head_t *head,
                     rb_http_framing_t *framing_out)
{
  const char *length = rb_http_head_get(head, CONTENT_LENGTH);
  const char *encoding = rb_http_head_get(head, TRANSFER_ENCODING);

  memset(framing_out, 0, sizeof(*framing_out));
  if (rb_http_head_count(head, CONTENT_LENGTH) +
      rb_http_head_count(head, TRANSFER_ENCODING) > 1 ||
      rb_http_head_has_lookalike(head, CONTENT_LENGTH) ||
      rb_http_head_has_lookalike(head, TRANSFER_ENCODING)) {
    return -1;
  }
  if (encoding) {
    framing_out->body = RB_HTTP_BODY_CHUNKED;
    return head->minor > 0 && !strcasecmp(encoding, "chunked") ? 0 : -1;
  }
  if (length) {
    framing_out->body = RB_HTTP_BODY_LENGTH;
    return parse_length(length, &framing_out->length);
  }
  return 0;
}

/** Have <b>head</b> say of its body what <b>framing</b> does, and nothing
 * else. */
void
rb_http_framing_write(const rb_http_framing_t *framing, rb_http_head_t *head)
{
  rb_http_head_remove(head, CONTENT_LENGTH);
  rb_http_head_remove(head, TRANSFER_ENCODING);
  if (framing->body == RB_HTTP_BODY_CHUNKED) {
    rb_http_head_add(head, TRANSFER_ENCODING, "chunked");
  } else if (framing->body == RB_HTTP_BODY_LENGTH) {
    char text[32];
    tor_snprintf(text, sizeof(text), "%" PRIu64, framing->length);
    rb_http_head_add(head, CONTENT_LENGTH, text);
  }
}
