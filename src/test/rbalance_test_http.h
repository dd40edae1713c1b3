/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_http.h
 * @brief Header file for rbalance_test_http.c.
 **/

#ifndef TOR_TEST_RBALANCE_TEST_HTTP_H
#define TOR_TEST_RBALANCE_TEST_HTTP_H

#include "feature/rbalance/rbalance_http.h"
#include "feature/rbalance/rbalance_http_head.h"

/** The two ends of a proxied connection of the tests, both onion services, and
 * without ".onion". */
#define RBT_TARGET_LABEL \
  "tttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
#define RBT_SERVICE_LABEL \
  "ssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
#define RBT_TARGET RBT_TARGET_LABEL ".onion"
#define RBT_SERVICE RBT_SERVICE_LABEL ".onion"
extern const rb_http_names_t rbt_http_names;

/** A proxied connection, and the bytes at its four ends. */
typedef struct rbt_http_t {
  rb_http_t *http;
  buf_t *from_client;
  buf_t *to_target;
  buf_t *from_target;
  buf_t *to_client;
} rbt_http_t;

rbt_http_t *rbt_http_new(const rb_http_names_t *names);
void rbt_http_free_(rbt_http_t *exchange);
#define rbt_http_free(exchange) \
  FREE_AND_NULL(rbt_http_t, rbt_http_free_, (exchange))
void rbt_http_client(rbt_http_t *exchange, const char *bytes, size_t len);
void rbt_http_target(rbt_http_t *exchange, const char *bytes, size_t len);
rb_http_head_t *rbt_http_parse(const char *text, rb_http_kind_t kind,
                               int *fault_out);
char *rbt_http_write(const rb_http_head_t *head);
char *rbt_http_take(buf_t *buf);
char *rbt_http_merge(const char *text, size_t len, int *n_messages_out);

#endif /* !defined(TOR_TEST_RBALANCE_TEST_HTTP_H) */
