/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_circuit_id.h
 * @brief Header file for rbalance_circuit_id.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_CIRCUIT_ID_H
#define TOR_FEATURE_RBALANCE_RBALANCE_CIRCUIT_ID_H

#include "lib/cc/torint.h"

/** Characters of what a web server is told about a circuit. */
#define RB_CIRCUIT_ID_LEN 16

void rb_circuit_id_print(uint32_t number, char *out);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_CIRCUIT_ID_H) */
