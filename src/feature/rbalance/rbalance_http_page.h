/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_page.h
 * @brief Header file for rbalance_http_page.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_PAGE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_PAGE_H

#include "lib/buf/buffers.h"

void rb_http_page_write(int status, bool is_head, buf_t *to);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_PAGE_H) */
