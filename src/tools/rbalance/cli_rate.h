/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_rate.h
 * @brief Header file for cli_rate.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_RATE_H
#define TOR_TOOLS_RBALANCE_CLI_RATE_H

#include "lib/cc/torint.h"

#include <stdbool.h>

/** Least milliseconds between two counts that make a rate. */
#define CLI_RATE_MIN_MSEC 1000

/** How many bytes a second come and go.  All zero before the first count. */
typedef struct cli_rate_t {
  /** Bytes read and written by <b>at</b>, in monotonic milliseconds; the next
   * rate counts from there, if <b>has_count</b>. */
  bool has_count;
  uint64_t n_read;
  uint64_t n_written;
  uint64_t at;
  /** Bytes a second, if <b>is_known</b>. */
  bool is_known;
  uint64_t in;
  uint64_t out;
} cli_rate_t;

void cli_rate_count(cli_rate_t *rate, uint64_t n_read, uint64_t n_written,
                    uint64_t now);
char *cli_rate_print(const cli_rate_t *rate);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_RATE_H) */
