/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_skew.h
 * @brief Header file for cli_skew.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_SKEW_H
#define TOR_TOOLS_RBALANCE_CLI_SKEW_H

#include "lib/cc/torint.h"
#include "lib/container/smartlist.h"

int64_t cli_skew_find(const smartlist_t *lines, const char *service);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_SKEW_H) */
