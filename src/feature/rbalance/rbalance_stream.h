/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_stream.h
 * @brief Header file for rbalance_stream.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_STREAM_H
#define TOR_FEATURE_RBALANCE_RBALANCE_STREAM_H

#include "lib/cc/torint.h"

/** Isolate streams by the circuit that we chose, which is to one host. */
#define RB_TARGET_ISOLATION (ISO_SESSIONGRP|ISO_DESTADDR)

struct connection_t;
struct edge_connection_t;
struct entry_connection_t;

int rb_stream_add(struct edge_connection_t *stream);
void rb_stream_refuse(struct edge_connection_t *stream, int reason);
void rb_stream_attach(struct entry_connection_t *entry, bool to_onion);
void rb_stream_abandon(struct connection_t *conn, int reason);
void rb_stream_blame_circuit(struct connection_t *conn);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_STREAM_H) */
