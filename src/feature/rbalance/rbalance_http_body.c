/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_body.c
 * @brief Move the body of a message from one buffer to another.
 *
 * What has arrived of a body goes on at once.  Chunks are not copied as they
 * came: each piece that has arrived becomes a chunk of ours, so nothing that
 * could be read in two ways goes on.  Only the lines between chunks are looked
 * at byte by byte; data is moved.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_body.h"

#include "feature/rbalance/rbalance_limits.h"
#include "lib/log/util_bug.h"
#include "lib/string/compat_ctype.h"

#include <string.h>

/** Bytes from which on moving a chunk of a buffer, with the room it has left,
 * is better than copying what is in it. */
#define MOVE_MIN_LEN 2048

/** Have <b>body</b> be a new one, as <b>framing</b> says. */
void
rb_http_body_begin(rb_http_body_t *body, const rb_http_framing_t *framing)
{
  rb_http_body_clear(body);
  body->kind = framing->body;
  body->left = framing->length;
}

/** Return true iff nothing more belongs to <b>body</b>. */
bool
rb_http_body_is_whole(const rb_http_body_t *body)
{
  return body->kind == RB_HTTP_BODY_NONE ||
    (body->kind == RB_HTTP_BODY_LENGTH && body->left == 0);
}

/** Move the first <b>n</b> bytes of <b>from</b> to the end of <b>to</b>. */
static void
move_bytes(buf_t *from, buf_t *to, size_t n)
{
  if (n == buf_datalen(from) && n >= MOVE_MIN_LEN) {
    buf_move_all(to, from);
  } else {
    buf_move_to_buf(to, from, &n);
  }
}

/** Return how many of the bytes in <b>from</b> belong to <b>body</b>, or to
 * its chunk. */
static size_t
get_available(const rb_http_body_t *body, const buf_t *from)
{
  const size_t available = buf_datalen(from);
  return body->left < available ? (size_t) body->left : available;
}

/** Take the byte <b>c</b> of the line in front of a chunk.  Return 0, or -1 if
 * it can't be there. */
static int
take_size_byte(rb_http_body_t *body, char c)
{
  if (body->state == RB_HTTP_CHUNK_SIZE) {
    const int digit = hex_decode_digit(c);
    if (digit >= 0) {
      body->left = body->left * 16 + (uint64_t) digit;
      return ++body->n_seen > RB_HTTP_MAX_CHUNK_DIGITS ? -1 : 0;
    }
    if (body->n_seen == 0 || (c != ';' && c != '\r')) {
      return -1;
    }
    body->n_seen = 0;
    body->state = c == ';' ? RB_HTTP_CHUNK_EXTENSION : RB_HTTP_CHUNK_SIZE_LF;
    return 0;
  }
  if (body->state == RB_HTTP_CHUNK_EXTENSION) {
    if (c == '\r') {
      body->state = RB_HTTP_CHUNK_SIZE_LF;
      return 0;
    }
    return ((unsigned char) c < ' ' && c != '\t') || c == 0x7f ||
      ++body->n_seen > RB_HTTP_MAX_EXTENSION_LEN ? -1 : 0;
  }
  body->n_seen = 0;
  body->state = body->left > 0 ? RB_HTTP_CHUNK_DATA : RB_HTTP_CHUNK_TRAILER;
  return c == '\n' ? 0 : -1;
}

/** Take the byte <b>c</b> that is not data of a chunk.  Return 0, or -1 if it
 * can't be there. */
static int
take_byte(rb_http_body_t *body, char c)
{
  if (body->state == RB_HTTP_CHUNK_END) {
    body->state = RB_HTTP_CHUNK_END_LF;
    return c == '\r' ? 0 : -1;
  }
  if (body->state == RB_HTTP_CHUNK_END_LF) {
    body->state = RB_HTTP_CHUNK_SIZE;
    return c == '\n' ? 0 : -1;
  }
  return take_size_byte(body, c);
}

/** Take from <b>from</b> what is between the data of two chunks.  Return 0, or
 * -1 if it is not sound. */
static int
take_lines(rb_http_body_t *body, buf_t *from)
{
  const char *bytes;
  size_t available, n = 0;
  int r = 0;

  buf_pullup(from, 1, &bytes, &available);
  while (r == 0 && n < available && body->state != RB_HTTP_CHUNK_DATA &&
         body->state != RB_HTTP_CHUNK_TRAILER) {
    r = take_byte(body, bytes[n++]);
  }
  buf_drain(from, n);
  return r;
}

/** Move what has arrived of the data of a chunk from <b>from</b> to
 * <b>to</b>. */
static void
move_chunk(rb_http_body_t *body, buf_t *from, buf_t *to)
{
  const size_t n = get_available(body, from);
  buf_add_printf(to, "%zx\r\n", n);
  move_bytes(from, to, n);
  buf_add(to, "\r\n", 2);
  body->left -= n;
  if (body->left == 0) {
    body->state = RB_HTTP_CHUNK_END;
  }
}

/** As rb_http_body_move(), for a chunked body. */
static rb_http_progress_t
move_chunks(rb_http_body_t *body, buf_t *from, buf_t *to)
{
  while (buf_datalen(from) > 0) {
    if (body->state == RB_HTTP_CHUNK_DATA) {
      move_chunk(body, from, to);
    } else if (body->state == RB_HTTP_CHUNK_TRAILER) {
      return rb_http_block_take(&body->trailer, RB_HTTP_TRAILER, from);
    } else if (take_lines(body, from) < 0) {
      return RB_HTTP_BAD;
    }
  }
  return RB_HTTP_MORE;
}

/** Move what belongs to <b>body</b> from the beginning of <b>from</b> to
 * <b>to</b>.  Return RB_HTTP_WHOLE if that is all of it, and RB_HTTP_MORE if
 * not; another value if it is not sound.  When a chunked body is whole, its
 * trailer has been collected, but the end is not written: the caller does that
 * with rb_http_body_end(). */
rb_http_progress_t
rb_http_body_move(rb_http_body_t *body, buf_t *from, buf_t *to)
{
  if (body->kind == RB_HTTP_BODY_CHUNKED) {
    return move_chunks(body, from, to);
  }
  if (body->kind == RB_HTTP_BODY_EOF) {
    move_bytes(from, to, buf_datalen(from));
  } else if (body->kind == RB_HTTP_BODY_LENGTH) {
    const size_t n = get_available(body, from);
    move_bytes(from, to, n);
    body->left -= n;
  }
  return rb_http_body_is_whole(body) ? RB_HTTP_WHOLE : RB_HTTP_MORE;
}

/** All of the chunked <b>body</b> is moved: append to <b>to</b> its end, with
 * <b>trailer</b>. */
void
rb_http_body_end(rb_http_body_t *body, const rb_http_head_t *trailer,
                 buf_t *to)
{
  tor_assert(body->kind == RB_HTTP_BODY_CHUNKED);
  buf_add_string(to, "0\r\n");
  rb_http_head_write(trailer, to);
  rb_http_body_clear(body);
}

/** Have <b>body</b> be none, and release its memory. */
void
rb_http_body_clear(rb_http_body_t *body)
{
  rb_http_block_clear(&body->trailer);
  memset(body, 0, sizeof(*body));
}
