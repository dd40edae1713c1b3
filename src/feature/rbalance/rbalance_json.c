/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_json.c
 * @brief Strict reading and compact writing of JSON, on top of jansson.
 *
 * Everything that comes from a peer is read through these functions, so that
 * each length is checked before memory is taken and a wrong type is an error
 * instead of a default.  Binary values travel as base64 with padding.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_json.h"

#include "feature/rbalance/rbalance_limits.h"
#include "lib/encoding/binascii.h"
#include "lib/intmath/muldiv.h"
#include "lib/log/util_bug.h"
#include "lib/malloc/malloc.h"

#include <string.h>

/** Return true iff no bracket in the <b>len</b> bytes of JSON at <b>text</b>
 * is nested deeper than RB_MAX_JSON_DEPTH.  Brackets in strings don't
 * count. */
static bool
depth_is_bounded(const char *text, size_t len)
{
  int depth = 0;
  bool in_string = false;

  for (size_t i = 0; i < len; ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > RB_MAX_JSON_DEPTH) {
        return false;
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

/** Parse the <b>len</b> bytes at <b>text</b> as one JSON object.  Return it,
 * owned by the caller (json_decref), or NULL if it is too long, too deeply
 * nested, not well formed, not an object, or has a duplicate key. */
json_t *
rb_json_parse(const char *text, size_t len)
{
  json_t *json;

  if (len > RB_MAX_FRAME_LEN || !depth_is_bounded(text, len)) {
    return NULL;
  }
  json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
  if (json && !json_is_object(json)) {
    json_decref(json);
    return NULL;
  }
  return json;
}

/** Return <b>json</b> as compact NUL-terminated text with its keys in order;
 * the caller frees it with tor_free(). */
char *
rb_json_print(const json_t *json)
{
  char *text = NULL;
  char *copy;
  text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
  tor_assert(text);
  /* jansson's allocator need not be tor's. */
  copy = tor_strdup(text);
  raw_free(text);
  return copy;
}

/** Read the integer <b>name</b> of <b>obj</b>, which must be in
 * [0, <b>max</b>], into <b>out</b>.  Return 0 on success, else -1. */
int
rb_json_get_u64(const json_t *obj, const char *name, uint64_t max,
                uint64_t *out)
{
  const json_t *json = json_object_get(obj, name);
  json_int_t value;
  if (!json_is_integer(json)) {
    return -1;
  }
  value = json_integer_value(json);
  if (value < 0 || (uint64_t) value > max) {
    return -1;
  }
  *out = (uint64_t) value;
  return 0;
}

/** Read the integer <b>name</b> of <b>obj</b> into <b>out</b>.  Return 0 on
 * success, else -1. */
int
rb_json_get_i64(const json_t *obj, const char *name, int64_t *out)
{
  const json_t *json = json_object_get(obj, name);
  if (!json_is_integer(json)) {
    return -1;
  }
  *out = json_integer_value(json);
  return 0;
}

/** Return the string <b>name</b> of <b>obj</b>, owned by <b>obj</b>, or NULL
 * if there is none, it is longer than <b>max_len</b> or it holds a NUL. */
const char *
rb_json_get_string(const json_t *obj, const char *name, size_t max_len)
{
  const json_t *json = json_object_get(obj, name);
  if (!json_is_string(json) || json_string_length(json) > max_len ||
      strlen(json_string_value(json)) != json_string_length(json)) {
    return NULL;
  }
  return json_string_value(json);
}

/** Decode the base64 string <b>json</b> into <b>out</b>, which has room for
 * <b>max_len</b> bytes.  Return the number of bytes, or -1 if it is not a
 * string, malformed or too long. */
static ssize_t
decode_bytes(const json_t *json, uint8_t *out, size_t max_len)
{
  size_t text_len, size;
  char *buf;
  int len;

  if (!json_is_string(json) ||
      json_string_length(json) > BASE64_LEN(max_len)) {
    return -1;
  }
  text_len = json_string_length(json);
  /* base64_decode() wants room for the padding, too. */
  size = base64_decode_maxsize(text_len) + 1;
  buf = tor_malloc(size);
  len = base64_decode(buf, size, json_string_value(json), text_len);
  if (len > 0 && (size_t) len <= max_len) {
    memcpy(out, buf, (size_t) len);
  }
  tor_free(buf);
  return (len >= 0 && (size_t) len <= max_len) ? len : -1;
}

/** Decode the base64 string <b>name</b> of <b>obj</b> into <b>out</b>, which
 * has room for <b>max_len</b> bytes; store the number of bytes in
 * <b>len_out</b>.  Return 0 on success, -1 if it is missing, malformed,
 * shorter than <b>min_len</b> or longer than <b>max_len</b>. */
int
rb_json_get_bytes(const json_t *obj, const char *name, uint8_t *out,
                  size_t min_len, size_t max_len, size_t *len_out)
{
  const ssize_t len = decode_bytes(json_object_get(obj, name), out, max_len);
  if (len < 0 || (size_t) len < min_len) {
    return -1;
  }
  *len_out = (size_t) len;
  return 0;
}

/** As rb_json_get_bytes(), for a value of exactly <b>len</b> bytes. */
int
rb_json_get_key(const json_t *obj, const char *name, uint8_t *out, size_t len)
{
  size_t found_len = 0;
  return rb_json_get_bytes(obj, name, out, len, len, &found_len);
}

/** Return the array <b>name</b> of <b>obj</b>, owned by <b>obj</b>, or NULL
 * if there is none or it has more than <b>max_len</b> elements. */
const json_t *
rb_json_get_array(const json_t *obj, const char *name, size_t max_len)
{
  const json_t *json = json_object_get(obj, name);
  if (!json_is_array(json) || json_array_size(json) > max_len) {
    return NULL;
  }
  return json;
}

/** Return the <b>len</b> bytes at <b>bytes</b> as a new base64 string. */
json_t *
rb_json_bytes(const uint8_t *bytes, size_t len)
{
  const size_t size = base64_encode_size(len, 0) + 1;
  char *text = tor_malloc(size);
  json_t *json;
  if (BUG(base64_encode(text, size, (const char *) bytes, len, 0) < 0)) {
    text[0] = '\0';
  }
  json = json_string(text);
  tor_free(text);
  return json;
}

/** Decode the base64 string <b>json</b> of exactly <b>len</b> bytes into
 * <b>out</b>.  Return 0 on success, else -1. */
int
rb_json_bytes_decode(const json_t *json, uint8_t *out, size_t len)
{
  return decode_bytes(json, out, len) == (ssize_t) len ? 0 : -1;
}

/** Set <b>name</b> of <b>obj</b> to the <b>len</b> bytes at <b>bytes</b>. */
void
rb_json_set_bytes(json_t *obj, const char *name, const uint8_t *bytes,
                  size_t len)
{
  json_object_set_new(obj, name, rb_json_bytes(bytes, len));
}
