/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_hsdir.c
 * @brief Test what is sent to HSDirs, and what becomes of their answers.
 **/

#define DIRCLIENT_PRIVATE
#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "feature/dirclient/dirclient.h"
#include "feature/dircommon/directory.h"
#include "feature/hs/hs_descriptor.h"
#include "feature/hs/hs_ident.h"
#include "feature/nodelist/nodelist.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_hsdir.h"
#include "lib/crypt_ops/crypto_format.h"

#include "core/or/connection_st.h"
#include "feature/dircommon/dir_connection_st.h"
#include "feature/nodelist/node_st.h"
#include "feature/nodelist/routerstatus_st.h"

/** What each request that was launched was for. */
static uint8_t last_purpose;
static hs_ident_dir_conn_t last_ident;
static char *last_resource = NULL;
static int n_requests = 0;

/** Note a request instead of launching it. */
static void
mock_directory_initiate_request(directory_request_t *request)
{
  last_purpose = request->dir_purpose;
  memcpy(&last_ident, request->hs_ident, sizeof(last_ident));
  tor_free(last_resource);
  last_resource = tor_strdup(request->resource);
  ++n_requests;
}

/** Every identity but that of zeros is a relay of the consensus. */
static const node_t *
mock_node_get_by_id(const char *identity)
{
  static node_t node;
  static routerstatus_t rs;
  if (fast_mem_is_zero(identity, DIGEST_LEN)) {
    return NULL;
  }
  memcpy(node.identity, identity, DIGEST_LEN);
  memcpy(rs.identity_digest, identity, DIGEST_LEN);
  node.rs = &rs;
  return &node;
}

/** Whether every HSDir is responsible. */
static bool all_are_responsible = true;

/** Answer for the consensus. */
static bool
mock_is_responsible(const hs_service_t *service,
                    const hs_service_descriptor_t *desc, const uint8_t *id)
{
  (void) service;
  (void) desc;
  (void) id;
  return all_are_responsible;
}

/** Return a balanced service that publishes both of its descriptors with
 * revision 7, and knows the HSDir whose identity is all <b>id</b>. */
static rb_service_t *
make_publisher(const uint8_t *id)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_service_descriptor_t *descs[] = { service->desc_current,
                                       service->desc_next };
  UNMOCK(node_get_by_id);
  MOCK(node_get_by_id, mock_node_get_by_id);
  MOCK(directory_initiate_request, mock_directory_initiate_request);
  MOCK(rb_hsdir_is_responsible, mock_is_responsible);
  balanced->state->role = RB_ROLE_PUBLISHER;
  balanced->state->lease_until = UINT64_MAX;
  balanced->state->network_is_ready = true;
  rb_desc_report_points(balanced, service);
  for (int i = 0; i < 2; ++i) {
    rbt_add_intro_point(descs[i], (uint8_t) (1 + i), true);
    rbalance_merge_intro_points(service, descs[i], approx_time());
    descs[i]->desc->plaintext_data.revision_counter = 7;
    rbalance_descriptor_sent(service, descs[i],
                             node_get_by_id((const char *) id));
  }
  rbt_clear_events();
  return balanced;
}

/** Undo what make_publisher() did to tor. */
static void
unmock(void)
{
  UNMOCK(directory_initiate_request);
  UNMOCK(rb_hsdir_is_responsible);
  tor_free(last_resource);
}

/** Return a new connection with <b>purpose</b> for the descriptor
 * <b>blinded_key</b> of the service with <b>identity</b>, NULL for none, to
 * the HSDir <b>id</b>. */
static dir_connection_t *
make_dir_conn(uint8_t purpose, const ed25519_public_key_t *identity,
              const uint8_t *blinded_key, const uint8_t *id)
{
  dir_connection_t *conn = dir_connection_new(AF_INET);
  tor_init_connection_lists();
  TO_CONN(conn)->purpose = purpose;
  TO_CONN(conn)->state = DIR_CONN_STATE_CLIENT_SENDING;
  TO_CONN(conn)->linked = 1;
  conn->hs_ident = tor_malloc_zero(sizeof(*conn->hs_ident));
  if (identity) {
    ed25519_pubkey_copy(&conn->hs_ident->identity_pk, identity);
  }
  memcpy(conn->hs_ident->blinded_pk.pubkey, blinded_key, ED25519_PUBKEY_LEN);
  memcpy(conn->identity_digest, id, DIGEST_LEN);
  tor_assert(connection_add(TO_CONN(conn)) == 0);
  return conn;
}

/** Answers to uploads reach the descriptor they are for, and a connection
 * that closes without one has failed, unless another is there for it. */
static void
test_rbalance_hsdir_results(void *arg)
{
  static const struct {
    int status_code;
    rb_fail_t fail;
  } cases[] = {
    { 200, RB_FAIL_NONE },
    { 400, RB_FAIL_REJECTED },
    { 503, RB_FAIL_UNEXPECTED },
    { 0, RB_FAIL_CLOSED },
  };
  uint8_t id[DIGEST_LEN];
  rb_service_t *balanced;
  hs_service_t *service;
  dir_connection_t *conn, *newer;
  const uint8_t *key;
  rb_hsdir_t *dir;
  ed25519_keypair_t stranger;
  (void) arg;

  memset(id, 5, sizeof(id));
  balanced = make_publisher(id);
  service = hs_service_find(&balanced->identity_key);
  key = service->desc_next->blinded_kp.pubkey.pubkey;
  dir = &balanced->state->slots[1].upload.dirs[0];
  conn = make_dir_conn(DIR_PURPOSE_UPLOAD_HSDESC, &balanced->identity_key,
                       key, id);
  for (unsigned i = 0; i < ARRAY_LENGTH(cases); ++i) {
    dir->result = RB_RESULT_SENT;
    rbt_clear_events();
    if (cases[i].status_code) {
      rbalance_upload_answered(conn, cases[i].status_code);
    }
    /* That it closes after an answer says nothing new. */
    rbalance_dir_closed(conn);
    tt_int_op(dir->fail, OP_EQ, cases[i].fail);
    tt_int_op(smartlist_len(rbt_events), OP_EQ, 1);
    tt_assert(strstr(rbt_event(0), " DESC=NEXT REV=7 HSDIR=0505"));
  }
  tt_int_op(balanced->state->slots[0].upload.dirs[0].result, OP_EQ,
            RB_RESULT_SENT);

  dir->result = RB_RESULT_SENT;
  newer = make_dir_conn(DIR_PURPOSE_UPLOAD_HSDESC, &balanced->identity_key,
                        key, id);
  rbalance_dir_closed(conn);
  tt_int_op(dir->result, OP_EQ, RB_RESULT_SENT);
  connection_mark_for_close(TO_CONN(conn));
  rbalance_dir_closed(newer);
  tt_int_op(dir->fail, OP_EQ, RB_FAIL_CLOSED);

  /* Not of a balanced service. */
  rbt_clear_events();
  rbt_fill_key(99, &stranger);
  conn = make_dir_conn(DIR_PURPOSE_UPLOAD_HSDESC, &stranger.pubkey, key, id);
  rbalance_upload_answered(conn, 200);
  rbalance_dir_closed(conn);
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 0);

 done:
  connection_free_all();
  unmock();
}

/** One HSDir gets the descriptor as it is, and that is no full upload; one
 * that is not responsible gets nothing. */
static void
test_rbalance_hsdir_upload(void *arg)
{
  uint8_t id[DIGEST_LEN], none[ED25519_PUBKEY_LEN];
  rb_service_t *balanced;
  hs_service_t *service;
  dir_connection_t *old;
  rb_slot_t *slot;
  const uint8_t *key;
  (void) arg;

  memset(id, 5, sizeof(id));
  memset(none, 0, sizeof(none));
  balanced = make_publisher(id);
  service = hs_service_find(&balanced->identity_key);
  slot = &balanced->state->slots[0];
  key = service->desc_current->blinded_kp.pubkey.pubkey;
  old = make_dir_conn(DIR_PURPOSE_UPLOAD_HSDESC, &balanced->identity_key,
                      key, id);
  n_requests = 0;
  slot->published_at = 1;
  rb_hsdir_upload(balanced, key, id);
  tt_int_op(n_requests, OP_EQ, 1);
  tt_int_op(last_purpose, OP_EQ, DIR_PURPOSE_UPLOAD_HSDESC);
  tt_mem_op(last_ident.blinded_pk.pubkey, OP_EQ, key, ED25519_PUBKEY_LEN);
  tt_assert(strstr(rbt_event(0), " REV=7 HSDIR=0505"));
  tt_assert(strstr(rbt_event(0), " RESULT=SENT"));
  tt_u64_op(slot->published_at, OP_EQ, 1);
  tt_assert(TO_CONN(old)->marked_for_close);
  tt_assert(!balanced->is_single_upload);

  all_are_responsible = false;
  rb_hsdir_upload(balanced, key, id);
  tt_int_op(n_requests, OP_EQ, 1);
  tt_int_op(slot->upload.n_dirs, OP_EQ, 0);
  all_are_responsible = true;
  rb_hsdir_upload(balanced, key, none);
  rb_hsdir_upload(balanced, none, id);
  tt_int_op(n_requests, OP_EQ, 1);

 done:
  connection_free_all();
  unmock();
}

/** A fetch names no service, so that its answer is ours and not the client
 * side's; what comes is compared. */
static void
test_rbalance_hsdir_fetch(void *arg)
{
  uint8_t id[DIGEST_LEN], none[ED25519_PUBKEY_LEN];
  char base64[ED25519_BASE64_LEN + 1];
  rb_service_t *balanced;
  hs_service_t *service;
  hs_service_descriptor_t *desc;
  dir_connection_t *conn, *client;
  rb_state_t *state;
  char *encoded = NULL;
  (void) arg;

  memset(id, 5, sizeof(id));
  memset(none, 0, sizeof(none));
  balanced = make_publisher(id);
  state = balanced->state;
  service = hs_service_find(&balanced->identity_key);
  desc = service->desc_current;
  n_requests = 0;
  rb_hsdir_fetch(balanced, none, none);
  tt_int_op(n_requests, OP_EQ, 0);
  rb_hsdir_fetch(balanced, desc->blinded_kp.pubkey.pubkey, id);
  tt_int_op(n_requests, OP_EQ, 1);
  tt_int_op(last_purpose, OP_EQ, DIR_PURPOSE_FETCH_HSDESC);
  tt_assert(ed25519_public_key_is_zero(&last_ident.identity_pk));
  ed25519_public_to_base64(base64, &desc->blinded_kp.pubkey);
  tt_str_op(last_resource, OP_EQ, base64);

  client = make_dir_conn(DIR_PURPOSE_FETCH_HSDESC, &balanced->identity_key,
                         desc->blinded_kp.pubkey.pubkey, id);
  tt_assert(!rbalance_take_fetched(client, "", 404));
  conn = make_dir_conn(DIR_PURPOSE_FETCH_HSDESC, NULL,
                       desc->blinded_kp.pubkey.pubkey, id);
#define ASK() \
  STMT_BEGIN \
    state->slots[0].upload.dirs[0].result = RB_RESULT_OK; \
    rb_audit_start(&state->audit, state->slots[0].blinded_key, \
                   &state->slots[0].upload.dirs[0], rb_now_mono()); \
    rbt_clear_events(); \
  STMT_END
  ASK();
  tt_assert(rbalance_take_fetched(conn, "", 404));
  tt_assert(strstr(rbt_event(0), "REASON=MISSING DESC=CURRENT HSDIR=0505"));
  tt_assert(!state->audit.is_pending);

  desc->desc->plaintext_data.revision_counter = 6;
  tt_int_op(hs_desc_encode_descriptor(desc->desc, &desc->signing_kp, NULL,
                                      &encoded), OP_EQ, 0);
  ASK();
  tt_assert(rbalance_take_fetched(conn, encoded, 200));
  tt_assert(strstr(rbt_event(0), "REASON=OLDER DESC=CURRENT"));

  /* Rubbish, and the descriptor of somebody else, are no answer. */
  ASK();
  setup_full_capture_of_logs(LOG_WARN);
  tt_assert(rbalance_take_fetched(conn, "rubbish", 200));
  teardown_capture_of_logs();
  tt_assert(!state->audit.is_pending);
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 0);
  ASK();
  conn->hs_ident->blinded_pk.pubkey[0] ^= 1;
  tt_assert(rbalance_take_fetched(conn, encoded, 200));
  tt_assert(state->audit.is_pending);
  conn->hs_ident->blinded_pk.pubkey[0] ^= 1;
  rbalance_dir_closed(conn);
  tt_assert(!state->audit.is_pending);
  tt_int_op(smartlist_len(rbt_events), OP_EQ, 0);

 done:
  teardown_capture_of_logs();
  tor_free(encoded);
  connection_free_all();
  unmock();
}

#define TEST(name) \
  { #name, test_rbalance_hsdir_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_hsdir_tests[] = {
  TEST(results),
  TEST(upload),
  TEST(fetch),
  END_OF_TESTCASES
};
