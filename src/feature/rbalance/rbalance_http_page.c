/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_page.c
 * @brief The answers that a client gets when no target gives one.
 *
 * They say what happened and what to do, and nothing of the target.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_page.h"

#include "lib/log/util_bug.h"
#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"

#include <string.h>

/** The pages. */
static const struct {
  int status;
  const char *reason;
  const char *text;
} pages[] = {
  { 400, "Bad Request", "This request can't be understood." },
  { 408, "Request Timeout", "The request took too long to arrive." },
  { 414, "URI Too Long", "This address is too long." },
  { 431, "Request Header Fields Too Large",
    "This request is too large. Deleting the cookies of this site may help."
  },
  { 501, "Not Implemented", "This method is not available here." },
  { 502, "Bad Gateway",
    "This site can't be reached at the moment. Please try again later." },
  { 504, "Gateway Timeout",
    "This site took too long to answer. Please try again later." },
};

/** Append to <b>to</b> the answer with <b>status</b>, one of those above,
 * after which the connection is closed; without its body if <b>is_head</b>,
 * since it answers a HEAD request. */
void
rb_http_page_write(int status, bool is_head, buf_t *to)
{
  char *body = NULL;
  size_t i = 0;

  while (pages[i].status != status) {
    tor_assert(++i < ARRAY_LENGTH(pages));
  }
  tor_asprintf(&body, "<!DOCTYPE html>\n<html lang=\"en\">\n"
               "<title>%d %s</title>\n<h1>%s</h1>\n<p>%s</p>\n</html>\n",
               status, pages[i].reason, pages[i].reason, pages[i].text);
  buf_add_printf(to, "HTTP/1.1 %d %s\r\n"
                 "Content-Type: text/html; charset=utf-8\r\n"
                 "Content-Length: %zu\r\nCache-Control: no-store\r\n"
                 "Connection: close\r\n\r\n",
                 status, pages[i].reason, strlen(body));
  if (!is_head) {
    buf_add_string(to, body);
  }
  tor_free(body);
}
