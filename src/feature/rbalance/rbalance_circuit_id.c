/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_circuit_id.c
 * @brief What a web server is told about the circuit of a client.
 *
 * It shall see which requests came on one circuit, and nothing else.  tor
 * numbers its circuits from 1 on, so the number itself would tell how busy a
 * node is and when it was started, and stand for other clients at other nodes
 * and after a restart.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_circuit_id.h"

#include "lib/arch/bytes.h"
#include "lib/crypt_ops/crypto_digest.h"
#include "lib/crypt_ops/crypto_rand.h"
#include "lib/encoding/binascii.h"

/** Write RB_CIRCUIT_ID_LEN hexadecimal digits and a NUL to <b>out</b>: a keyed
 * hash of <b>number</b>, which tor gave a circuit.  The key is a random one of
 * this process, so nobody else can tell the number, and nodes and lives of a
 * node have no digits in common. */
void
rb_circuit_id_print(uint32_t number, char *out)
{
  static uint8_t key[DIGEST256_LEN];
  static bool has_key = false;
  uint8_t mac[RB_CIRCUIT_ID_LEN / 2];
  uint8_t message[sizeof(number)];

  if (!has_key) {
    crypto_strongest_rand(key, sizeof(key));
    has_key = true;
  }
  set_uint32(message, number);
  crypto_mac_sha3_256(mac, sizeof(mac), key, sizeof(key), message,
                      sizeof(message));
  base16_encode(out, RB_CIRCUIT_ID_LEN + 1, (const char *) mac, sizeof(mac));
}
