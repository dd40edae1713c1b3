/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_roots.h
 * @brief Header file for rbalance_roots.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_ROOTS_H
#define TOR_FEATURE_RBALANCE_RBALANCE_ROOTS_H

/** OpenSSL's X509_STORE. */
struct x509_store_st;

struct x509_store_st *rb_roots_take(char **fault_out);
void rb_roots_give_back(void);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_ROOTS_H) */
