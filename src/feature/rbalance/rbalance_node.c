/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_node.c
 * @brief The node onion service, and what it takes to reach others'.
 *
 * Each node has an onion service of its own beside the balanced one, on whose
 * one virtual port it takes peer channels.  It is an ephemeral service of
 * tor's, with restricted discovery: only who has the cluster token can read
 * its introduction points.  Its streams never reach the address that the
 * virtual port is mapped to, because rbalance_accept_stream() takes them.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_node.h"

#include "app/config/config.h"
#include "feature/hs/hs_cache.h"
#include "feature/hs/hs_client.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_descriptor.h"
#include "feature/hs/hs_service.h"
#include "feature/nodelist/torcert.h"
#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_token.h"
#include "lib/crypt_ops/crypto_format.h"
#include "lib/crypt_ops/crypto_util.h"

/** Return a new list with the one virtual port of a node service.  The
 * address is never connected to. */
static smartlist_t *
make_ports(void)
{
  smartlist_t *ports = smartlist_new();
  char *text = NULL;
  char *err_msg = NULL;
  hs_port_config_t *port;
  tor_asprintf(&text, "%d 127.0.0.1:%d", RB_NODE_PORT, RB_NODE_PORT);
  port = hs_parse_port_config(text, " ", &err_msg);
  tor_free(text);
  tor_assert(port);
  smartlist_add(ports, port);
  return ports;
}

/** Return a new list of the hs_service_authorized_client_t that each of
 * <b>tokens</b> makes. */
static smartlist_t *
make_clients(const smartlist_t *tokens)
{
  smartlist_t *clients = smartlist_new();
  SMARTLIST_FOREACH_BEGIN(tokens, const rb_token_t *, token) {
    hs_service_authorized_client_t *client =
      tor_malloc_zero(sizeof(*client));
    curve25519_secret_key_t secret;
    rb_keys_derive_discovery(token, &secret);
    curve25519_public_key_generate(&client->client_pk, &secret);
    memwipe(&secret, 0, sizeof(secret));
    smartlist_add(clients, client);
  } SMARTLIST_FOREACH_END(token);
  return clients;
}

/** Make sure that the onion service of the node with <b>node_keys</b> runs,
 * readable with each of <b>tokens</b>.  Return 0 if it does, else -1. */
int
rb_node_ensure_service(const ed25519_keypair_t *node_keys,
                       const smartlist_t *tokens)
{
  char *address = NULL;
  ed25519_secret_key_t *secret;
  int r;

  if (hs_service_find(&node_keys->pubkey)) {
    return 0;
  }
  secret = tor_memdup(&node_keys->seckey, sizeof(*secret));
  r = hs_service_add_ephemeral(secret, make_ports(), 0, 0, 0, 0, 0,
                               make_clients(tokens), &address);
  if (r == RSAE_OKAY) {
    log_info(LD_REND, "The node onion service is %s.",
             safe_str_client(address));
  }
  tor_free(address);
  return r == RSAE_OKAY ? 0 : -1;
}

/** Store in <b>out</b>, of HS_SERVICE_ADDR_LEN_BASE32 + 1 bytes, the onion
 * address of the node with <b>key</b>, without ".onion". */
static void
address_of(const ed25519_public_key_t *key, char *out)
{
  hs_build_address(key, HS_VERSION_THREE, out);
}

/** Stop the onion service of the node with <b>node_key</b>, if it runs.
 * Streams that it has stay. */
void
rb_node_remove_service(const ed25519_public_key_t *node_key)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  if (hs_service_find(node_key)) {
    address_of(node_key, address);
    hs_service_del_ephemeral(address);
  }
}

/** Make our client side able to read the descriptor of <b>peer</b>'s node
 * service, with the key that <b>token</b> makes.  Return 0 on success, else
 * -1. */
int
rb_node_prepare_client(const ed25519_public_key_t *peer,
                       const rb_token_t *token)
{
  hs_client_service_authorization_t *creds = tor_malloc_zero(sizeof(*creds));
  rb_keys_derive_discovery(token, &creds->enc_seckey);
  address_of(peer, creds->onion_address);
  switch (hs_client_register_auth_credentials(creds)) {
    case REGISTER_SUCCESS:
    case REGISTER_SUCCESS_ALREADY_EXISTS:
    case REGISTER_SUCCESS_AND_DECRYPTED:
      return 0;
    case REGISTER_FAIL_BAD_ADDRESS:
    case REGISTER_FAIL_PERMANENT_STORAGE:
    default:
      return -1;
  }
}

/** Return true iff every introduction point in the descriptor that we have of
 * <b>peer</b>'s node service has refused an introduction lately: the relay
 * answered that it has no circuit of the service (rend-spec-v3 section 3.3,
 * INTRODUCE_ACK), so <b>peer</b> is gone.  Timeouts and broken circuits of
 * ours prove nothing. */
bool
rb_node_is_refused(const ed25519_public_key_t *peer)
{
  const hs_descriptor_t *desc = hs_cache_lookup_as_client(peer);
  if (!desc || !smartlist_len(desc->encrypted_data.intro_points)) {
    return false;
  }
  SMARTLIST_FOREACH_BEGIN(desc->encrypted_data.intro_points,
                          const hs_desc_intro_point_t *, ip) {
    const hs_cache_intro_state_t *state =
      hs_cache_client_intro_state_find(peer,
                                       &ip->auth_key_cert->signed_key);
    if (!state || !state->error) {
      return false;
    }
  } SMARTLIST_FOREACH_END(ip);
  return true;
}

/** Forget the descriptor of <b>peer</b>'s node service and when we asked for
 * it, so that the next try fetches a fresh one: a node that was restarted has
 * new introduction points. */
void
rb_node_forget_descriptor(const ed25519_public_key_t *peer)
{
  char base64[ED25519_BASE64_LEN + 1];
  ed25519_public_key_t blinded;

  hs_cache_remove_as_client(peer);
  hs_build_blinded_pubkey(peer, NULL, 0, hs_get_time_period_num(0),
                          &blinded);
  ed25519_public_to_base64(base64, &blinded);
  hs_purge_hid_serv_from_last_hid_serv_requests(base64);
}

/** Fetch the descriptor of <b>peer</b>'s node service anew, in place of the
 * one that we have. */
void
rb_node_renew_descriptor(const ed25519_public_key_t *peer)
{
  rb_node_forget_descriptor(peer);
  hs_client_refetch_hsdesc(peer);
}
