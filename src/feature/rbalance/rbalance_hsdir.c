/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_hsdir.c
 * @brief Talking to one HSDir: what was sent, what it answered, and what it
 * has.
 *
 * Uploads are tor's own; their answers are told from others' by the service's
 * key.  When we fetch our own descriptor, the request names no service but
 * only the blinded key, so tor's client side does not know of it: it neither
 * keeps the descriptor nor tries another HSDir.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_hsdir.h"

#include "app/config/config.h"
#include "core/mainloop/connection.h"
#include "feature/dirclient/dirclient.h"
#include "feature/dircommon/directory.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_descriptor.h"
#include "feature/hs/hs_ident.h"
#include "feature/hs/hs_service.h"
#include "feature/nodelist/nodelist.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_registry.h"
#include "lib/crypt_ops/crypto_format.h"

#include "feature/dircommon/dir_connection_st.h"
#include "feature/nodelist/node_st.h"
#include "feature/nodelist/routerstatus_st.h"

/** Tell the protocol of <b>service</b> that <b>event</b> happened, which is
 * about the descriptor with <b>blinded_key</b> at the HSDir <b>id</b>. */
static void
happen(rb_service_t *service, rb_event_t *event, const uint8_t *blinded_key,
       const char *id)
{
  event->u.hsdir.blinded_key = blinded_key;
  event->u.hsdir.id = (const uint8_t *) id;
  rb_service_event(service, event);
}

/** Called when <b>desc</b> of <b>service</b> was sent to <b>hsdir</b>. */
void
rbalance_descriptor_sent(const hs_service_t *service,
                         const hs_service_descriptor_t *desc,
                         const node_t *hsdir)
{
  const uint8_t *blinded_key = desc->blinded_kp.pubkey.pubkey;
  rb_service_t *balanced = service->config.rbalance ?
    rb_services_find(&service->keys.identity_pk) : NULL;
  rb_event_t event;

  if (!balanced) {
    return;
  }
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_SENT;
  event.u.hsdir.revision = desc->desc->plaintext_data.revision_counter;
  happen(balanced, &event, blinded_key, hsdir->identity);
  if (!balanced->is_single_upload) {
    memset(&event, 0, sizeof(event));
    event.type = RB_EV_UPLOADED;
    event.u.uploaded.blinded_key = blinded_key;
    event.u.uploaded.revision = desc->desc->plaintext_data.revision_counter;
    rb_service_event(balanced, &event);
  }
}

/** Tell the protocol that the upload on <b>conn</b> ended with <b>fail</b>,
 * if it was one of ours. */
static void
report_result(const dir_connection_t *conn, rb_fail_t fail)
{
  rb_service_t *service = rb_services_find(&conn->hs_ident->identity_pk);
  rb_event_t event;
  if (service) {
    memset(&event, 0, sizeof(event));
    event.type = RB_EV_HSDIR_RESULT;
    event.u.hsdir.fail = fail;
    happen(service, &event, conn->hs_ident->blinded_pk.pubkey,
           conn->identity_digest);
  }
}

/** Called when the HSDir answered the upload on <b>conn</b> with the HTTP
 * <b>status_code</b>. */
void
rbalance_upload_answered(const dir_connection_t *conn, int status_code)
{
  switch (status_code) {
    case 200:
      report_result(conn, RB_FAIL_NONE);
      break;
    case 400:
      report_result(conn, RB_FAIL_REJECTED);
      break;
    default:
      report_result(conn, RB_FAIL_UNEXPECTED);
      break;
  }
}

/** Return a new list of the open upload connections for the descriptor with
 * <b>blinded_key</b> to the HSDir <b>id</b>. */
static smartlist_t *
list_uploads(const uint8_t *blinded_key, const char *id)
{
  smartlist_t *conns = connection_list_by_type_purpose(
                                CONN_TYPE_DIR, DIR_PURPOSE_UPLOAD_HSDESC);
  SMARTLIST_FOREACH_BEGIN(conns, connection_t *, conn) {
    const dir_connection_t *dir_conn = TO_DIR_CONN(conn);
    if (conn->marked_for_close || !dir_conn->hs_ident ||
        !fast_memeq(dir_conn->hs_ident->blinded_pk.pubkey, blinded_key,
                    ED25519_PUBKEY_LEN) ||
        !fast_memeq(dir_conn->identity_digest, id, DIGEST_LEN)) {
      SMARTLIST_DEL_CURRENT(conns, conn);
    }
  } SMARTLIST_FOREACH_END(conn);
  return conns;
}

/** Return true iff <b>conn</b> is a fetch of rb_hsdir_fetch(). */
static bool
is_our_fetch(const dir_connection_t *conn)
{
  return TO_CONN(conn)->purpose == DIR_PURPOSE_FETCH_HSDESC &&
    conn->hs_ident &&
    ed25519_public_key_is_zero(&conn->hs_ident->identity_pk);
}

/** Tell the protocol the <b>answer</b> to the fetch on <b>conn</b>, and the
 * <b>revision</b> of what came. */
static void
report_answer(const dir_connection_t *conn, rb_answer_t answer,
              uint64_t revision)
{
  const uint8_t *blinded_key = conn->hs_ident->blinded_pk.pubkey;
  smartlist_t *services = rb_services_list();
  rb_event_t event;

  memset(&event, 0, sizeof(event));
  event.type = RB_EV_HSDIR_ANSWER;
  event.u.hsdir.answer = answer;
  event.u.hsdir.revision = revision;
  SMARTLIST_FOREACH_BEGIN(services, rb_service_t *, service) {
    if (rb_slots_find(service->state, blinded_key)) {
      happen(service, &event, blinded_key, conn->identity_digest);
    }
  } SMARTLIST_FOREACH_END(service);
  smartlist_free(services);
}

/** Called when <b>conn</b> is about to be closed, whether or not there was an
 * answer.  An upload that was closed for a newer one is none of our
 * business. */
void
rbalance_dir_closed(const dir_connection_t *conn)
{
  smartlist_t *newer;
  if (is_our_fetch(conn)) {
    report_answer(conn, RB_ANSWER_NONE, 0);
  }
  if (TO_CONN(conn)->purpose != DIR_PURPOSE_UPLOAD_HSDESC ||
      !conn->hs_ident) {
    return;
  }
  newer = list_uploads(conn->hs_ident->blinded_pk.pubkey,
                       conn->identity_digest);
  smartlist_remove(newer, TO_CONN(conn));
  if (smartlist_len(newer) == 0) {
    report_result(conn, RB_FAIL_CLOSED);
  }
  smartlist_free(newer);
}

/** Store in <b>revision_out</b> the revision counter of the encoded
 * descriptor <b>body</b>.  Return 0, or -1 if it is not a sound descriptor
 * with <b>blinded_key</b>. */
static int
read_revision(const char *body, const ed25519_public_key_t *blinded_key,
              uint64_t *revision_out)
{
  hs_desc_plaintext_data_t *plaintext = tor_malloc_zero(sizeof(*plaintext));
  int r = -1;

  if (hs_desc_decode_plaintext(body, plaintext) == HS_DESC_DECODE_OK &&
      ed25519_pubkey_eq(&plaintext->blinded_pubkey, blinded_key)) {
    *revision_out = plaintext->revision_counter;
    r = 0;
  }
  hs_desc_plaintext_data_free(plaintext);
  return r;
}

/** Called when an HSDir answered the fetch of a descriptor on <b>conn</b>
 * with the HTTP <b>status_code</b> and <b>body</b>.  If the fetch was ours,
 * take the answer and return true; else it is the client side's, and return
 * false. */
bool
rbalance_take_fetched(const dir_connection_t *conn, const char *body,
                      int status_code)
{
  uint64_t revision = 0;
  rb_answer_t answer = RB_ANSWER_NONE;

  if (!is_our_fetch(conn)) {
    return false;
  }
  if (status_code == 404) {
    answer = RB_ANSWER_MISSING;
  } else if (status_code == 200 &&
             read_revision(body, &conn->hs_ident->blinded_pk,
                           &revision) == 0) {
    answer = RB_ANSWER_FOUND;
  }
  report_answer(conn, answer, revision);
  return true;
}

/** Return true iff the HSDir <b>id</b> is responsible for <b>desc</b> of
 * <b>hs_service</b>, or if nothing is known of any. */
MOCK_IMPL(bool,
rb_hsdir_is_responsible,(const hs_service_t *hs_service,
                         const hs_service_descriptor_t *desc,
                         const uint8_t *id))
{
  smartlist_t *dirs = smartlist_new();
  bool r;

  hs_get_responsible_hsdirs(&desc->blinded_kp.pubkey, desc->time_period_num,
                            hs_service->desc_next == desc, 0, dirs);
  r = smartlist_len(dirs) == 0;
  SMARTLIST_FOREACH(dirs, const routerstatus_t *, rs,
                    r |= fast_memeq(rs->identity_digest, id, DIGEST_LEN));
  smartlist_free(dirs);
  return r;
}

/** Send the descriptor of <b>service</b> with <b>blinded_key</b>, as it was
 * last uploaded, to the HSDir <b>id</b> only.  If that is not responsible for
 * it any more, tell the protocol. */
void
rb_hsdir_upload(rb_service_t *service, const uint8_t *blinded_key,
                const uint8_t *id)
{
  const char *hsdir_id = (const char *) id;
  const hs_service_t *hs_service = hs_service_find(&service->identity_key);
  hs_service_descriptor_t *desc =
    hs_service ? rb_desc_find(hs_service, blinded_key) : NULL;
  const node_t *node = node_get_by_id(hsdir_id);
  smartlist_t *pending;
  rb_event_t event;

  if (!desc) {
    return;
  }
  if (!node || !node->rs || !rb_hsdir_is_responsible(hs_service, desc, id)) {
    memset(&event, 0, sizeof(event));
    event.type = RB_EV_HSDIR_GONE;
    happen(service, &event, blinded_key, hsdir_id);
    return;
  }
  pending = list_uploads(blinded_key, hsdir_id);
  SMARTLIST_FOREACH(pending, connection_t *, conn,
                    connection_mark_for_close(conn));
  smartlist_free(pending);
  service->is_single_upload = true;
  upload_descriptor_to_hsdir(hs_service, desc, node);
  service->is_single_upload = false;
}

/** Ask the HSDir <b>id</b> for the descriptor of <b>service</b> with
 * <b>blinded_key</b>.  The answer comes to rbalance_take_fetched(). */
void
rb_hsdir_fetch(rb_service_t *service, const uint8_t *blinded_key,
               const uint8_t *id)
{
  const node_t *node = node_get_by_id((const char *) id);
  char base64_key[ED25519_BASE64_LEN + 1];
  hs_ident_dir_conn_t ident;
  directory_request_t *request;

  if (!node || !node->rs) {
    return;
  }
  log_debug(LD_REND, "Fetching the descriptor of %s back.",
            safe_str_client(service->address));
  memset(&ident, 0, sizeof(ident));
  memcpy(ident.blinded_pk.pubkey, blinded_key,
         sizeof(ident.blinded_pk.pubkey));
  ed25519_public_to_base64(base64_key, &ident.blinded_pk);
  request = directory_request_new(DIR_PURPOSE_FETCH_HSDESC);
  directory_request_set_routerstatus(request, node->rs);
  directory_request_set_indirection(request, DIRIND_ANONYMOUS);
  directory_request_set_resource(request, base64_key);
  directory_request_fetch_set_hs_ident(request, &ident);
  directory_initiate_request(request);
  directory_request_free(request);
}
