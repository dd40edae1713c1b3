/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_exit.h
 * @brief Header file for rbalance_exit.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_EXIT_H
#define TOR_FEATURE_RBALANCE_RBALANCE_EXIT_H

void rb_exit_free_all(void);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_EXIT_H) */
