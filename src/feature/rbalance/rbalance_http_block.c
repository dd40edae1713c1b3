/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_block.c
 * @brief Collect the lines of a head or a trailer, up to the empty line.
 *
 * What is told apart by readers of HTTP, and has been used against them, does
 * not get past here: an end of line that is not CR and LF, a line that goes on
 * in the next one, control bytes.  Limits are checked before memory is taken.
 * How the bytes are cut into pieces makes no difference, since
 * rbalance_http_head.c parses only whole blocks.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http_block.h"

#include "feature/rbalance/rbalance_limits.h"
#include "lib/ctime/di_ops.h"
#include "lib/log/util_bug.h"
#include "lib/malloc/malloc.h"

#include <string.h>

/** The line that ends with the last of <b>len</b> bytes of <b>block</b> is
 * whole.  Return how far the block is. */
static rb_http_progress_t
end_line(rb_http_block_t *block, rb_http_kind_t kind, size_t len)
{
  /* The start line is not a field. */
  const int max_lines = RB_HTTP_MAX_FIELDS + (kind != RB_HTTP_TRAILER);

  if (block->line_len == 0) {
    if (block->n_lines > 0 || kind == RB_HTTP_TRAILER) {
      return RB_HTTP_WHOLE;
    }
    if (kind == RB_HTTP_RESPONSE || block->start > 0) {
      return RB_HTTP_BAD;
    }
    block->start = len;
    return RB_HTTP_MORE;
  }
  block->line_len = 0;
  return ++block->n_lines > max_lines ? RB_HTTP_TOO_LARGE : RB_HTTP_MORE;
}

/** Look at the byte <b>c</b>, with which <b>block</b> has <b>len</b> bytes.
 * Return how far the block is. */
static rb_http_progress_t
screen_byte(rb_http_block_t *block, rb_http_kind_t kind, char c, size_t len)
{
  if (len > RB_HTTP_MAX_HEAD_LEN) {
    return RB_HTTP_TOO_LARGE;
  }
  if (block->after_cr) {
    block->after_cr = false;
    return c == '\n' ? end_line(block, kind, len) : RB_HTTP_BAD;
  }
  if (c == '\r') {
    block->after_cr = true;
    return RB_HTTP_MORE;
  }
  if (((unsigned char) c < ' ' && c != '\t') || c == 0x7f) {
    return RB_HTTP_BAD;
  }
  if (block->line_len == 0 && (c == ' ' || c == '\t')) {
    return RB_HTTP_BAD;
  }
  ++block->line_len;
  if (kind != RB_HTTP_TRAILER && block->n_lines == 0 &&
      block->line_len > RB_HTTP_MAX_LINE_LEN) {
    return RB_HTTP_LONG_LINE;
  }
  return RB_HTTP_MORE;
}

/** Move what belongs to <b>block</b>, which is of <b>kind</b>, from the
 * beginning of <b>from</b> into it.  Return RB_HTTP_WHOLE once it is, up to
 * and with the empty line; RB_HTTP_MORE if <b>from</b> is empty before that;
 * else why it can't be taken. */
rb_http_progress_t
rb_http_block_take(rb_http_block_t *block, rb_http_kind_t kind, buf_t *from)
{
  rb_http_progress_t progress = RB_HTTP_MORE;

  if (!block->bytes && buf_datalen(from) > 0) {
    block->bytes = buf_new();
  }
  while (progress == RB_HTTP_MORE && buf_datalen(from) > 0) {
    const size_t len = buf_datalen(block->bytes);
    const char *bytes;
    size_t available, n = 0;
    buf_pullup(from, 1, &bytes, &available);
    while (progress == RB_HTTP_MORE && n < available) {
      progress = screen_byte(block, kind, bytes[n], len + n + 1);
      ++n;
    }
    buf_move_to_buf(block->bytes, from, &n);
  }
  return progress;
}

/** Store in <b>text_out</b> and <b>len_out</b> the lines of <b>block</b>,
 * which is whole, from the first on; they are the block's still. */
void
rb_http_block_get(const rb_http_block_t *block, const char **text_out,
                  size_t *len_out)
{
  buf_pullup(block->bytes, buf_datalen(block->bytes), text_out, len_out);
  *text_out += block->start;
  *len_out -= block->start;
}

/** Return true iff the first line of <b>block</b> begins with <b>text</b>, of
 * 8 bytes at most. */
bool
rb_http_block_begins(const rb_http_block_t *block, const char *text)
{
  /* An empty line may come first. */
  char bytes[2 + 8];
  const size_t len = strlen(text);
  const size_t needed = block->start + len;

  if (BUG(needed > sizeof(bytes)) || !block->bytes ||
      buf_datalen(block->bytes) < needed) {
    return false;
  }
  buf_peek(block->bytes, bytes, needed);
  return fast_memeq(bytes + block->start, text, len);
}

/** Forget what <b>block</b> has collected, and release its memory. */
void
rb_http_block_clear(rb_http_block_t *block)
{
  buf_free(block->bytes);
  memset(block, 0, sizeof(*block));
}

/** Return the status that tells a client of <b>progress</b>, which is a
 * failure. */
int
rb_http_progress_get_status(rb_http_progress_t progress)
{
  return progress == RB_HTTP_LONG_LINE ? 414 :
    progress == RB_HTTP_TOO_LARGE ? 431 : 400;
}
