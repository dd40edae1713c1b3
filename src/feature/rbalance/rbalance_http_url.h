/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_url.h
 * @brief Header file for rbalance_http_url.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_URL_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_URL_H

#include "feature/rbalance/rbalance_http.h"

/** The port of "http" and "ws", and that of "https" and "wss". */
#define RB_HTTP_PLAIN_PORT 80
#define RB_HTTP_TLS_PORT 443

char *rb_http_url_get_target_host(const rb_http_names_t *names);
bool rb_http_url_is_label_char(char c);
bool rb_http_url_is_host(const char *text);
char *rb_http_url_to_path(const char *url, const char *host);
char *rb_http_url_to_target(const rb_http_names_t *names, const char *url);
char *rb_http_url_to_relative(const rb_http_names_t *names, const char *url);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_URL_H) */
