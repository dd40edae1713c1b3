/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_json.h
 * @brief Header file for rbalance_json.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_JSON_H
#define TOR_FEATURE_RBALANCE_RBALANCE_JSON_H

#include "lib/cc/torint.h"

#include <jansson.h>

json_t *rb_json_parse(const char *text, size_t len);
char *rb_json_print(const json_t *json);

int rb_json_get_u64(const json_t *obj, const char *name, uint64_t max,
                    uint64_t *out);
int rb_json_get_i64(const json_t *obj, const char *name, int64_t *out);
const char *rb_json_get_string(const json_t *obj, const char *name,
                               size_t max_len);
int rb_json_get_bytes(const json_t *obj, const char *name, uint8_t *out,
                      size_t min_len, size_t max_len, size_t *len_out);
int rb_json_get_key(const json_t *obj, const char *name, uint8_t *out,
                    size_t len);
const json_t *rb_json_get_array(const json_t *obj, const char *name,
                                size_t max_len);
void rb_json_set_bytes(json_t *obj, const char *name, const uint8_t *bytes,
                       size_t len);
json_t *rb_json_bytes(const uint8_t *bytes, size_t len);
int rb_json_bytes_decode(const json_t *json, uint8_t *out, size_t len);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_JSON_H) */
