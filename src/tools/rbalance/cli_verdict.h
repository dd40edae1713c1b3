/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_verdict.h
 * @brief Header file for cli_verdict.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_VERDICT_H
#define TOR_TOOLS_RBALANCE_CLI_VERDICT_H

#include "tools/rbalance/cli_row.h"

#include <time.h>

smartlist_t *cli_verdict(const cli_row_t *status, const smartlist_t *peers,
                         const smartlist_t *targets, int64_t max_skew,
                         time_t now);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_VERDICT_H) */
