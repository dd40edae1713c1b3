/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http_head.h
 * @brief Header file for rbalance_http_head.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_HTTP_HEAD_H
#define TOR_FEATURE_RBALANCE_RBALANCE_HTTP_HEAD_H

#include "feature/rbalance/rbalance_http_block.h"
#include "lib/container/smartlist.h"

/** A field of a head; both texts are owned. */
typedef struct rb_http_field_t {
  char *name;
  char *value;
} rb_http_field_t;

/** The head of a message, or the trailer of its body. */
typedef struct rb_http_head_t {
  rb_http_kind_t kind;
  /** The version is 1.minor. */
  int minor;
  /** Owned, and NULL unless this is a request. */
  char *method;
  char *target;
  /** These are of responses only; the reason is owned. */
  int status;
  char *reason;
  /** List of rb_http_field_t, owned, in their order. */
  smartlist_t *fields;
} rb_http_head_t;

rb_http_head_t *rb_http_head_parse(const rb_http_block_t *block,
                                   rb_http_kind_t kind, int *fault_out);
void rb_http_head_free_(rb_http_head_t *head);
#define rb_http_head_free(head) \
  FREE_AND_NULL(rb_http_head_t, rb_http_head_free_, (head))
bool rb_http_is_token(const char *text);
void rb_http_split(const char *text, const char *separator,
                   smartlist_t *parts);
const char *rb_http_head_get(const rb_http_head_t *head, const char *name);
int rb_http_head_count(const rb_http_head_t *head, const char *name);
bool rb_http_head_has_lookalike(const rb_http_head_t *head,
                                const char *name);
void rb_http_head_remove(rb_http_head_t *head, const char *name);
void rb_http_head_remove_prefix(rb_http_head_t *head, const char *prefix);
void rb_http_head_remove_lookalikes(rb_http_head_t *head, const char *name);
void rb_http_head_add(rb_http_head_t *head, const char *name,
                      const char *value);
void rb_http_head_insert(rb_http_head_t *head, const char *name,
                         const char *value);
void rb_http_field_set(rb_http_field_t *field, char *value);
void rb_http_head_write(const rb_http_head_t *head, buf_t *to);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_HTTP_HEAD_H) */
