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

/** Where the streams to one virtual port of a service are forwarded to. */
typedef struct rb_target_t {
  uint16_t virtual_port;
  /** The target as an operator writes it, without the virtual port; owned. */
  char *url;
  /** Its host, owned: the address of an onion service, in lower case, or an
   * IP address as text. */
  char *host;
  uint16_t port;
  /** True iff host is the address of an onion service, whose key is key; else
   * addr is it.  Who judges the address fills in the key. */
  bool is_onion;
  ed25519_public_key_t key;
  tor_addr_t addr;
} rb_target_t;

rb_target_t *rb_target_parse(const char *text, char **fault_out);
rb_target_t *rb_target_dup(const rb_target_t *target);
void rb_target_free_(rb_target_t *target);
#define rb_target_free(target) \
  FREE_AND_NULL(rb_target_t, rb_target_free_, (target))
smartlist_t *rb_targets_dup(const smartlist_t *targets);
void rb_targets_free_(smartlist_t *targets);
#define rb_targets_free(targets) \
  FREE_AND_NULL(smartlist_t, rb_targets_free_, (targets))

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_TARGET_H) */
