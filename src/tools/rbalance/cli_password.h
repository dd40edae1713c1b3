/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_password.h
 * @brief Header file for cli_password.c.
 **/

#ifndef TOR_TOOLS_RBALANCE_CLI_PASSWORD_H
#define TOR_TOOLS_RBALANCE_CLI_PASSWORD_H

char *cli_password_get(const char *prompt, const char *file,
                       char **fault_out);

#endif /* !defined(TOR_TOOLS_RBALANCE_CLI_PASSWORD_H) */
