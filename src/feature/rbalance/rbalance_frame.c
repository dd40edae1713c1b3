/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_frame.c
 * @brief Messages in a stream: a length in front of each.
 *
 * A frame is a 4-byte big-endian length and that many bytes of text, at most
 * RB_MAX_FRAME_LEN.  The length is judged before a byte of the text is
 * waited for or copied, so that a peer can't make us hold more than one
 * frame.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_frame.h"

#include "feature/rbalance/rbalance_limits.h"
#include "lib/arch/bytes.h"
#include "lib/malloc/malloc.h"

#include <string.h>

/** Append the NUL-terminated <b>text</b> as a frame to <b>buf</b>.  Return 0,
 * or -1 if it is too long for one; then nothing is appended. */
int
rb_frame_write(buf_t *buf, const char *text)
{
  char header[RB_FRAME_HEADER_LEN];
  const size_t len = strlen(text);

  if (len == 0 || len > RB_MAX_FRAME_LEN) {
    return -1;
  }
  set_uint32(header, tor_htonl((uint32_t) len));
  buf_add(buf, header, sizeof(header));
  buf_add(buf, text, len);
  return 0;
}

/** Take the first frame off <b>buf</b>.  On RB_FRAME_OK set
 * *<b>text_out</b> to its text, NUL-terminated and owned by the caller, and
 * *<b>len_out</b> to its length; else leave <b>buf</b> as it is. */
rb_frame_result_t
rb_frame_read(buf_t *buf, char **text_out, size_t *len_out)
{
  char header[RB_FRAME_HEADER_LEN];
  size_t len;

  *text_out = NULL;
  if (buf_datalen(buf) < sizeof(header)) {
    return RB_FRAME_INCOMPLETE;
  }
  buf_peek(buf, header, sizeof(header));
  len = tor_ntohl(get_uint32(header));
  if (len == 0 || len > RB_MAX_FRAME_LEN) {
    return RB_FRAME_BAD_LENGTH;
  }
  if (buf_datalen(buf) < sizeof(header) + len) {
    return RB_FRAME_INCOMPLETE;
  }
  buf_drain(buf, sizeof(header));
  *text_out = tor_malloc(len + 1);
  buf_get_bytes(buf, *text_out, len);
  (*text_out)[len] = '\0';
  *len_out = len;
  return RB_FRAME_OK;
}
