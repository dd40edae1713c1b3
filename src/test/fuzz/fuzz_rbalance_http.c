/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance_http.c
 * @brief Fuzz proxied connections from both ends, with any cuts: what goes on
 * is sound and bounded, and no head that a client gets names the target.
 **/

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"
#include "test/rbalance_test_http.h"

/** Bytes that an answer of our own has at most. */
#define MAX_PAGE_LEN 1024
/** How much longer a name that is put in the place of another can be, with its
 * port, and what else a rewritten head gains. */
#define MAX_GROWTH 100

/** There is nothing to set up. */
int
fuzz_init(void)
{
  return 0;
}

/** Release nothing. */
int
fuzz_cleanup(void)
{
  return 0;
}

/** No head up to the first one of an answer, at the beginning of <b>text</b>,
 * may name the target. */
static void
check_heads(const char *text)
{
  bool is_interim = true;
  while (*text && is_interim) {
    const char *end = strstr(text, "\r\n\r\n");
    char *head;
    tor_assert(!strcmpstart(text, "HTTP/1.") && end);
    head = tor_strndup(text, end - text);
    tor_strlower(head);
    tor_assert(!strstr(head, RBT_TARGET_LABEL));
    is_interim = head[strlen("HTTP/1.1 ")] == '1';
    tor_free(head);
    text = end + 4;
  }
}

/** What the target gets, the <b>len</b> bytes at <b>text</b>, must be sound
 * requests if it <b>is_whole</b>: else the last one can be cut off. */
static void
check_requests(const char *text, size_t len, bool is_whole)
{
  int n;
  char *merged = rbt_http_merge(text, len, &n);
  tor_assert(n >= 0 || !is_whole);
  tor_free(merged);
}

/** Check that <b>exchange</b>, of which <b>n_client</b> and <b>n_target</b>
 * bytes have come from either end, is in a state that can be. */
static void
check_state(rbt_http_t *exchange, size_t n_client, size_t n_target)
{
  const rb_http_wait_t wait = rb_http_waits_for(exchange->http);

  /* Each byte of a field can become a name, and each of a body a chunk. */
  tor_assert(buf_datalen(exchange->to_target) <=
             (n_client + 1) * MAX_GROWTH);
  tor_assert(buf_datalen(exchange->to_client) <=
             (n_target + n_client + 1) * MAX_GROWTH + MAX_PAGE_LEN);
  tor_assert(buf_datalen(exchange->from_target) == 0);
  if (wait == RB_HTTP_IDLE || wait == RB_HTTP_HEAD || wait == RB_HTTP_RAW ||
      wait == RB_HTTP_OVER) {
    tor_assert(buf_datalen(exchange->from_client) == 0);
  }
}

/** Check what has come out of <b>exchange</b> at both ends. */
static void
check_output(rbt_http_t *exchange)
{
  const rb_http_wait_t wait = rb_http_waits_for(exchange->http);
  const size_t len = buf_datalen(exchange->to_target);
  char *text = rbt_http_take(exchange->to_target);

  check_requests(text, len, wait == RB_HTTP_IDLE || wait == RB_HTTP_HEAD);
  tor_free(text);
  text = rbt_http_take(exchange->to_client);
  check_heads(text);
  tor_free(text);
}

/** Run what the input says: before each piece is a byte with its length, and
 * in the highest bit which end sends it; lengths above 123 are the target's
 * end, or a failure. */
int
fuzz_main(const uint8_t *data, size_t sz)
{
  rbt_http_t *exchange = rbt_http_new(&rbt_http_names);
  size_t n[2] = { 0, 0 };
  bool is_raw = false;

  while (sz > 0) {
    const int from_target = data[0] >> 7;
    const size_t piece = MIN((size_t) (data[0] & 0x7f), sz - 1);
    const uint8_t action = data[0] & 0x7f;
    ++data;
    --sz;
    if (action > 124) {
      rb_http_fail(exchange->http, action - 125, exchange->to_client);
      continue;
    } else if (action == 124) {
      rb_http_target_eof(exchange->http, exchange->to_client);
      continue;
    }
    if (from_target) {
      rbt_http_target(exchange, (const char *) data, piece);
    } else {
      rbt_http_client(exchange, (const char *) data, piece);
    }
    n[from_target] += piece;
    data += piece;
    sz -= piece;
    is_raw |= rb_http_waits_for(exchange->http) == RB_HTTP_RAW;
    check_state(exchange, n[0], n[1]);
  }
  if (!is_raw) {
    check_output(exchange);
  }
  rbt_http_free(exchange);
  return 0;
}

/** Add to the <b>len</b> bytes of the input <b>out</b> what the client sends,
 * or the <b>from_target</b>, in pieces of <b>step</b> bytes.  Return how many
 * bytes it has then. */
static size_t
add_pieces(uint8_t *out, size_t len, bool from_target, const char *text,
           size_t step)
{
  while (*text) {
    const size_t n = MIN(step, strlen(text));
    out[len++] = (uint8_t) (n | (from_target ? 0x80 : 0));
    memcpy(out + len, text, n);
    len += n;
    text += n;
  }
  return len;
}

/** Exchanges of all kinds, whole and cut. */
void
fuzz_rbalance_make_seeds(void)
{
#define GET "GET / HTTP/1.1\r\nHost: " RBT_SERVICE "\r\n"
#define OK200 "HTTP/1.1 200 OK\r\n"
#define SEEDCL "Content-Length: 5\r\n\r\nhello"
#define SEEDTE "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" \
    "A: b\r\n\r\n"
  static const char *const exchanges[][2] = {
    { GET "\r\n", OK200 SEEDCL },
    { GET SEEDCL, OK200 SEEDTE },
    { GET "A: b\tc\r\n" SEEDTE,
      OK200 "Location: http://" RBT_TARGET "/\r\n\r\nhello" },
    { GET "\r\n" GET "Connection: close\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n" OK200 SEEDCL "HTTP/1.1 304 X\r\n\r\n" },
    { GET "Upgrade: ws\r\nConnection: upgrade\r\n\r\nraw",
      "HTTP/1.1 101 X\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\nraw" },
    { "HEAD http://" RBT_SERVICE "/ HTTP/1.0\r\nConnection: keep-alive\r\n"
      "Origin: http://" RBT_SERVICE "\r\n\r\n",
      "HTTP/1.0 200 OK\r\nSet-Cookie: a=b; Domain=" RBT_TARGET "\r\n"
      "Content-Security-Policy: a " RBT_TARGET "; upgrade-insecure-requests"
      "\r\n\r\n" },
    { GET "Expect: 100-continue\r\n" SEEDCL, OK200 "X: //u@" RBT_TARGET
      ":80/\r\nConnection: close\r\n" SEEDCL },
  };
  uint8_t out[2048];
  for (size_t i = 0; i < ARRAY_LENGTH(exchanges); ++i) {
    for (size_t step = 7; step <= 120; step += 113) {
      size_t len = add_pieces(out, 0, false, exchanges[i][0], step);
      len = add_pieces(out, len, true, exchanges[i][1], step);
      fuzz_rbalance_seed(out, len);
    }
  }
}
