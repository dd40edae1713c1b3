/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_tls.h
 * @brief Header file for rbalance_test_tls.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_TLS_H
#define TOR_TEST_RBALANCE_TEST_TLS_H

#include "feature/rbalance/rbalance_tls.h"

DISABLE_GCC_WARNING("-Wredundant-decls")
#include <openssl/ssl.h>
ENABLE_GCC_WARNING("-Wredundant-decls")

/** A certificate and its key. */
typedef struct rbt_cert_t {
  X509 *cert;
  EVP_PKEY *key;
} rbt_cert_t;

/** A connection of ours, a server, and what is between them. */
typedef struct rbt_tls_pair_t {
  rb_tls_t *client;
  SSL *server;
  /** What was sent, in TLS, and has not arrived. */
  buf_t *to_server, *to_client;
  /** What the client wants to say, and what it and the server were told. */
  buf_t *client_says, *client_heard, *server_heard;
  /** How the client stands. */
  rb_tls_status_t status;
  /** How often OpenSSL's errors were not empty after a call of ours. */
  int n_errors_left;
} rbt_tls_pair_t;

rbt_cert_t *rbt_cert_new(const char *names, const rbt_cert_t *issuer);
void rbt_cert_free_(rbt_cert_t *cert);
#define rbt_cert_free(cert) FREE_AND_NULL(rbt_cert_t, rbt_cert_free_, (cert))
void rbt_cert_write(const rbt_cert_t *cert, const char *path);

SSL_CTX *rbt_tls_server_new(const rbt_cert_t *cert, int version);

rbt_tls_pair_t *rbt_tls_pair_new(rb_tls_target_t *target, SSL_CTX *server);
void rbt_tls_pair_free_(rbt_tls_pair_t *pair);
#define rbt_tls_pair_free(pair) \
  FREE_AND_NULL(rbt_tls_pair_t, rbt_tls_pair_free_, (pair))
void rbt_tls_client_write(rbt_tls_pair_t *pair);
void rbt_tls_client_read(rbt_tls_pair_t *pair, size_t n);
void rbt_tls_server_step(rbt_tls_pair_t *pair, size_t n);
void rbt_tls_server_flush(rbt_tls_pair_t *pair);
void rbt_tls_run(rbt_tls_pair_t *pair, size_t step);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_TLS_H) */
