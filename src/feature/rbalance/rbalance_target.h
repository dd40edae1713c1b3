/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_target.h
 * @brief Header file for rbalance_target.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_TARGET_H
#define TOR_FEATURE_RBALANCE_RBALANCE_TARGET_H

#include "lib/container/smartlist.h"
#include "lib/crypt_ops/crypto_ed25519.h"
#include "lib/net/address.h"

/** What a target speaks. */
typedef enum {
  RB_SCHEME_TCP = 0,
  RB_SCHEME_TLS,
  RB_SCHEME_HTTP,
  RB_SCHEME_HTTPS,
} rb_scheme_t;

/** How a target is reached. */
typedef enum {
  /** Through a circuit to its onion service. */
  RB_REACH_ONION = 0,
  /** Through an exit relay, which resolves its name. */
  RB_REACH_EXIT,
  /** From here. */
  RB_REACH_DIRECT,
} rb_reach_t;

/** Where the streams to one virtual port of a service are forwarded to. */
typedef struct rb_target_t {
  uint16_t virtual_port;
  /** The target as an operator writes it, without the virtual port; owned. */
  char *url;
  rb_scheme_t scheme;
  rb_reach_t reach;
  /** Its host, owned: the address of an onion service, a name, both in lower
   * case, or an IP address as text, of IPv6 in brackets. */
  char *host;
  uint16_t port;
  /** The key of an onion service; who judges its address fills it in. */
  ed25519_public_key_t key;
  /** An IP address; AF_UNSPEC for all else. */
  tor_addr_t addr;
} rb_target_t;

rb_target_t *rb_target_parse(const char *text, char **fault_out);
bool rb_target_is_http(const rb_target_t *target);
bool rb_target_is_tls(const rb_target_t *target);
bool rb_target_is_service(const rb_target_t *target,
                          const ed25519_public_key_t *key);
rb_target_t *rb_target_dup(const rb_target_t *target);
void rb_target_free_(rb_target_t *target);
#define rb_target_free(target) \
  FREE_AND_NULL(rb_target_t, rb_target_free_, (target))
smartlist_t *rb_targets_dup(const smartlist_t *targets);
void rb_targets_free_(smartlist_t *targets);
#define rb_targets_free(targets) \
  FREE_AND_NULL(smartlist_t, rb_targets_free_, (targets))

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_TARGET_H) */
