/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_stream.h
 * @brief Header file for rbalance_test_stream.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_STREAM_H
#define TOR_TEST_RBALANCE_TEST_STREAM_H

#include "lib/container/smartlist.h"
#include "lib/crypt_ops/crypto_ed25519.h"

/** The relay commands that were sent, "COMMAND/FIRST BYTE", in order. */
extern smartlist_t *rbt_sent;
/** What sending one returns. */
extern int rbt_send_result;

origin_circuit_t *rbt_make_rend_circuit(const ed25519_public_key_t *key);
void rbt_free_rend_circuit(origin_circuit_t *circ);
edge_connection_t *rbt_make_stream(origin_circuit_t *circ,
                                   const ed25519_public_key_t *key);
const char *rbt_last_sent(void);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_STREAM_H) */
