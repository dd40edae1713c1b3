/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_sys.h
 * @brief Declare the subsystem object of the rbalance module.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_SYS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_SYS_H

extern const struct subsys_fns_t sys_rbalance;

/** Level of the subsystem: right after the onion services that it balances
 * (HS_SUBSYS_LEVEL). */
#define RBALANCE_SUBSYS_LEVEL (52)

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_SYS_H) */
