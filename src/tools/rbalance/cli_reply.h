/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_reply.h
 * @brief Header file for cli_reply.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_REPLY_H
#define TOR_TOOLS_RBALANCE_CLI_REPLY_H

#include "lib/container/smartlist.h"
#include "lib/malloc/malloc.h"

/** Most characters of a line, bytes of a reply and of its lines that we
 * take. */
#define CLI_MAX_LINE 16384
#define CLI_MAX_REPLY (1024 * 1024)
#define CLI_MAX_REPLY_LINES 8192

/** What a line did to a reply. */
typedef enum cli_reply_status_t {
  /** More lines follow. */
  CLI_REPLY_MORE = 0,
  /** It is complete. */
  CLI_REPLY_DONE,
  /** No tor says that. */
  CLI_REPLY_BAD,
} cli_reply_status_t;

/** A reply of tor's, or an event. */
typedef struct cli_reply_t {
  /** Its code: 250, 552, 650, ... */
  int code;
  /** The text of each line, owned; data follows it after a newline. */
  smartlist_t *lines;
  /** Lines of data that were not closed yet, owned. */
  smartlist_t *data;
  /** True iff we are in such data. */
  bool is_in_data;
  /** Bytes and lines taken so far. */
  size_t n_bytes;
  int n_lines;
} cli_reply_t;

cli_reply_t *cli_reply_new(void);
void cli_reply_free_(cli_reply_t *reply);
#define cli_reply_free(reply) \
  FREE_AND_NULL(cli_reply_t, cli_reply_free_, (reply))
cli_reply_status_t cli_reply_take(cli_reply_t *reply, const char *line);
const char *cli_reply_text(const cli_reply_t *reply);
const char *cli_reply_value(const cli_reply_t *reply, const char *key);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_REPLY_H) */
