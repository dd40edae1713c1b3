/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_json.h
 * @brief Header file for cli_json.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_JSON_H
#define TOR_TOOLS_RBALANCE_CLI_JSON_H

#include "tools/rbalance/cli_row.h"

#include <jansson.h>

json_t *cli_json_row(const cli_row_t *row);
json_t *cli_json_rows(const smartlist_t *rows);
void cli_json_print(json_t *json);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_JSON_H) */
