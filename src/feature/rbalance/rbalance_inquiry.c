/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_inquiry.c
 * @brief What a probe asks a web server, and the status of the answer.
 *
 * The answer is read by llhttp up to its status, and no further: what follows
 * is left where it is.  A server that sends provisional answers before, with
 * their heads, has RB_MAX_INQUIRY_LEN bytes for all.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_inquiry.h"

#include "feature/rbalance/rbalance_http_url.h"
#include "feature/rbalance/rbalance_limits.h"
#include "lib/intmath/cmp.h"

#include <llhttp.h>
#include <string.h>

/** Bytes that are read at once. */
#define CHUNK_LEN 256
/** The provisional status after which another protocol follows. */
#define SWITCHING_PROTOCOLS 101

/** See rbalance_inquiry.h. */
struct rb_inquiry_t {
  llhttp_t parser;
  llhttp_settings_t settings;
  /** The status, or 0 while none came, or -1 if what came is no HTTP. */
  int status;
  /** Bytes read so far. */
  size_t n_read;
};

/** llhttp has read a status line: stop there unless it is provisional. */
static int
handle_status(llhttp_t *parser)
{
  rb_inquiry_t *inquiry = parser->data;
  const int status = parser->status_code;
  if (status < 200 && status != SWITCHING_PROTOCOLS) {
    return HPE_OK;
  }
  inquiry->status = status;
  return HPE_PAUSED;
}

/** Return a new inquiry that nothing was read for. */
rb_inquiry_t *
rb_inquiry_new(void)
{
  rb_inquiry_t *inquiry = tor_malloc_zero(sizeof(*inquiry));
  llhttp_settings_init(&inquiry->settings);
  inquiry->settings.on_status_complete = handle_status;
  llhttp_init(&inquiry->parser, HTTP_RESPONSE, &inquiry->settings);
  inquiry->parser.data = inquiry;
  return inquiry;
}

/** Release <b>inquiry</b>; NULL is fine. */
void
rb_inquiry_free_(rb_inquiry_t *inquiry)
{
  tor_free(inquiry);
}

/** Append to <b>out</b> the request for <b>path</b> of the web server at
 * <b>host</b> and <b>port</b>, reached with TLS if <b>is_tls</b>. */
void
rb_inquiry_write(const char *host, uint16_t port, bool is_tls,
                 const char *path, buf_t *out)
{
  const rb_http_names_t names = {
    .target_host = host, .target_port = port, .target_is_tls = is_tls,
  };
  char *named = rb_http_url_get_target_host(&names);

  buf_add_printf(out, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n"
                 "Connection: close\r\n\r\n", path, named);
  tor_free(named);
}

/** Read from <b>in</b> what came for <b>inquiry</b>.  Return the status of the
 * answer; or 0 if that has not come yet, or -1 if it won't, because what came
 * is no HTTP, or too much. */
int
rb_inquiry_read(rb_inquiry_t *inquiry, buf_t *in)
{
  char chunk[CHUNK_LEN];

  while (!inquiry->status && buf_datalen(in)) {
    const size_t len = MIN(buf_datalen(in), sizeof(chunk));
    llhttp_errno_t result;
    buf_get_bytes(in, chunk, len);
    inquiry->n_read += len;
    result = llhttp_execute(&inquiry->parser, chunk, len);
    if (!inquiry->status &&
        (result != HPE_OK || inquiry->n_read > RB_MAX_INQUIRY_LEN)) {
      inquiry->status = -1;
    }
  }
  return inquiry->status;
}
