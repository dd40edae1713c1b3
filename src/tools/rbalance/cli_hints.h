/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_hints.h
 * @brief Header file for cli_hints.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_HINTS_H
#define TOR_TOOLS_RBALANCE_CLI_HINTS_H

/** Of files and sockets that belong to tor. */
#define CLI_RUN_AS "Run this as root or as the user that tor runs as."
/** Where the other end is no tor. */
#define CLI_CHECK_CONTROL "say with --control where tor's control port is"
/** Where the command line is wrong. */
#define CLI_SEE_HELP "`tor-rbalance --help` has them all"

const char *cli_hint_for_file(int error);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_HINTS_H) */
