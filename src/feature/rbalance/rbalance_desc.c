/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_desc.c
 * @brief Tor's descriptor objects <-> the plain points of the protocol.
 *
 * Our own points are read off the introduction circuits that are established.
 * Chosen points become objects of tor's descriptor, with fresh certificates
 * by that descriptor's own signing key: what comes from other nodes is public
 * keys only.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_desc.h"

#include "feature/hs/hs_circuit.h"
#include "feature/hs/hs_descriptor.h"
#include "feature/hs/hs_service.h"
#include "feature/nodelist/nodelist.h"
#include "feature/nodelist/torcert.h"
#include "feature/rbalance/rbalance_cevent.h"
#include "feature/rbalance/rbalance_overlap.h"
#include "feature/rbalance/rbalance_service.h"
#include "trunnel/ed25519_cert.h"

#include "feature/nodelist/node_st.h"

/** Write the link specifiers of <b>ip</b> into <b>point</b>.  Return 0, or -1
 * if they don't fit. */
static int
encode_lspecs(const hs_service_intro_point_t *ip, rb_point_t *point)
{
  size_t len = 1;
  point->lspecs[0] = (uint8_t) smartlist_len(ip->base.link_specifiers);
  SMARTLIST_FOREACH_BEGIN(ip->base.link_specifiers,
                          const link_specifier_t *, lspec) {
    const ssize_t n = link_specifier_encode(point->lspecs + len,
                                            sizeof(point->lspecs) - len,
                                            lspec);
    if (n < 0) {
      return -1;
    }
    len += (size_t) n;
  } SMARTLIST_FOREACH_END(lspec);
  point->lspecs_len = len;
  return 0;
}

/** Return the public parts of <b>ip</b> as a new point, or NULL if its
 * circuit is not established. */
static rb_point_t *
point_from_intro_point(const hs_service_intro_point_t *ip)
{
  rb_point_t *point;
  if (!hs_circ_service_get_established_intro_circ(ip)) {
    return NULL;
  }
  point = tor_malloc_zero(sizeof(*point));
  memcpy(point->onion_key, ip->onion_key.public_key,
         sizeof(point->onion_key));
  memcpy(point->auth_key, ip->auth_key_kp.pubkey.pubkey,
         sizeof(point->auth_key));
  memcpy(point->enc_key, ip->enc_key_kp.pubkey.public_key,
         sizeof(point->enc_key));
  if (encode_lspecs(ip, point) < 0 || rb_point_check(point) != RB_POINT_OK) {
    tor_free(point);
    return NULL;
  }
  return point;
}

/** Return our points for <b>desc</b> as a new set. */
static rb_pointset_t *
set_from_desc(const hs_service_descriptor_t *desc)
{
  rb_pointset_t *set = rb_pointset_new(desc->time_period_num,
                                       desc->blinded_kp.pubkey.pubkey);
  DIGEST256MAP_FOREACH(desc->intro_points.map, key,
                       const hs_service_intro_point_t *, ip) {
    rb_point_t *point = point_from_intro_point(ip);
    if (point && smartlist_len(set->points) < RB_MAX_POINTS) {
      smartlist_add(set->points, point);
    } else {
      tor_free(point);
    }
  } DIGEST256MAP_FOREACH_END;
  return set;
}

/** Return how many relays the network has that could have a point. */
static int
count_relays(void)
{
  int count = 0;
  SMARTLIST_FOREACH(nodelist_get_list(), const node_t *, node,
                    count += (node->is_running && node->is_valid));
  return count;
}

/** Return true iff <b>desc</b>, which may be NULL, was made without the
 * service's secret key. */
static bool
is_keyless(const hs_service_descriptor_t *desc)
{
  return desc && safe_mem_is_zero((const char *) &desc->blinded_kp.seckey,
                                  sizeof(desc->blinded_kp.seckey));
}

/** Tell the protocol of <b>service</b> which introduction points
 * <b>hs_service</b> has now. */
void
rb_desc_report_points(rb_service_t *service, const hs_service_t *hs_service)
{
  smartlist_t *sets = smartlist_new();
  rb_event_t event;

  if (hs_service->desc_current) {
    smartlist_add(sets, set_from_desc(hs_service->desc_current));
    if (hs_service->desc_next) {
      smartlist_add(sets, set_from_desc(hs_service->desc_next));
    }
  }
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_OWN_POINTS;
  event.u.own_points.sets = sets;
  event.u.own_points.wanted = (int) hs_service->config.num_intro_points;
  event.u.own_points.n_relays = count_relays();
  event.u.own_points.is_keyless = is_keyless(hs_service->desc_current) ||
    is_keyless(hs_service->desc_next);
  rb_service_event(service, &event);
  rb_pointsets_free(sets);
}

/** Return the descriptor of <b>hs_service</b> with <b>blinded_key</b>, or
 * NULL. */
hs_service_descriptor_t *
rb_desc_find(const hs_service_t *hs_service, const uint8_t *blinded_key)
{
  hs_service_descriptor_t *descs[] = { hs_service->desc_current,
                                       hs_service->desc_next };
  for (int i = 0; i < 2; ++i) {
    if (descs[i] && fast_memeq(descs[i]->blinded_kp.pubkey.pubkey,
                               blinded_key, ED25519_PUBKEY_LEN)) {
      return descs[i];
    }
  }
  return NULL;
}

/** Make tor upload the descriptor of <b>service</b> with <b>blinded_key</b>
 * the next time it looks. */
void
rb_desc_schedule_upload(rb_service_t *service, const uint8_t *blinded_key)
{
  const hs_service_t *hs_service = hs_service_find(&service->identity_key);
  hs_service_descriptor_t *desc =
    hs_service ? rb_desc_find(hs_service, blinded_key) : NULL;
  if (desc) {
    desc->next_upload_time = approx_time();
  }
}

/** Make tor replace the introduction point of <b>service</b> with
 * <b>auth_key</b> in its descriptor with <b>blinded_key</b>: it expires. */
void
rb_desc_retire_point(rb_service_t *service, const uint8_t *blinded_key,
                     const uint8_t *auth_key)
{
  const hs_service_t *hs_service = hs_service_find(&service->identity_key);
  hs_service_descriptor_t *desc =
    hs_service ? rb_desc_find(hs_service, blinded_key) : NULL;
  hs_service_intro_point_t *ip =
    desc ? digest256map_get(desc->intro_points.map, auth_key) : NULL;
  if (ip) {
    log_info(LD_REND, "Another node has an introduction point at the same "
             "relay; replacing ours.");
    ip->time_to_expire = 0;
  }
}

/** Add to <b>exclude_nodes</b>, nodes of tor's list, the relays where other
 * nodes of <b>service</b> have a point for the descriptor with
 * <b>blinded_key</b>. */
void
rb_desc_exclude_relays(rb_service_t *service, const uint8_t *blinded_key,
                       smartlist_t *exclude_nodes)
{
  smartlist_t *taken = rb_overlap_list_taken(service->state, blinded_key,
                                             count_relays());
  SMARTLIST_FOREACH_BEGIN(taken, const rb_point_t *, point) {
    uint8_t rsa_id[DIGEST_LEN];
    const node_t *node = NULL;
    if (rb_point_get_rsa_id(point, rsa_id) == 0) {
      node = node_get_by_id((const char *) rsa_id);
    }
    if (node) {
      smartlist_add(exclude_nodes, (void *) node);
    }
  } SMARTLIST_FOREACH_END(point);
  smartlist_free(taken);
}

/** Return true iff the relay of <b>point</b> is in our consensus, so that
 * clients can extend to it. */
bool
rb_desc_point_is_usable(const rb_point_t *point, void *arg)
{
  uint8_t rsa_id[DIGEST_LEN];
  (void) arg;
  return rb_point_get_rsa_id(point, rsa_id) == 0 &&
    node_get_by_id((const char *) rsa_id) != NULL;
}

/** Add the link specifiers of <b>point</b> to <b>ip</b>.  Return 0, or -1 if
 * they can't be parsed. */
static int
decode_lspecs(const rb_point_t *point, hs_desc_intro_point_t *ip)
{
  size_t pos = 1;
  for (int i = 0; i < point->lspecs[0]; ++i) {
    link_specifier_t *lspec = NULL;
    const ssize_t n = link_specifier_parse(&lspec, point->lspecs + pos,
                                           point->lspecs_len - pos);
    if (n < 0) {
      return -1;
    }
    smartlist_add(ip->link_specifiers, lspec);
    pos += (size_t) n;
  }
  return 0;
}

/** Return a new certificate of type <b>cert_type</b> for <b>key</b> in a
 * descriptor signed with <b>signing_kp</b>, or NULL. */
static tor_cert_t *
make_cert(const ed25519_keypair_t *signing_kp, uint8_t cert_type,
          const ed25519_public_key_t *key, time_t now)
{
  const time_t nearest_hour = now - (now % 3600);
  return tor_cert_create_ed25519(signing_kp, cert_type, key, nearest_hour,
                                 HS_DESC_CERT_LIFETIME,
                                 CERT_FLAG_INCLUDE_SIGNING_KEY);
}

/** Return <b>point</b> as a new introduction point of a descriptor that is
 * signed with <b>signing_kp</b> (rend-spec-v3 section 2.5.2.2), or NULL. */
static hs_desc_intro_point_t *
intro_point_from_point(const rb_point_t *point,
                       const ed25519_keypair_t *signing_kp, time_t now)
{
  hs_desc_intro_point_t *ip = hs_desc_intro_point_new();
  ed25519_public_key_t auth_key, enc_key;

  memcpy(auth_key.pubkey, point->auth_key, sizeof(auth_key.pubkey));
  memcpy(ip->onion_key.public_key, point->onion_key,
         sizeof(ip->onion_key.public_key));
  memcpy(ip->enc_key.public_key, point->enc_key,
         sizeof(ip->enc_key.public_key));
  if (decode_lspecs(point, ip) < 0 ||
      ed25519_public_key_from_curve25519_public_key(&enc_key, &ip->enc_key,
                                                    0) < 0) {
    goto err;
  }
  ip->auth_key_cert = make_cert(signing_kp, CERT_TYPE_AUTH_HS_IP_KEY,
                                &auth_key, now);
  ip->enc_key_cert = make_cert(signing_kp, CERT_TYPE_CROSS_HS_IP_KEYS,
                               &enc_key, now);
  if (!ip->auth_key_cert || !ip->enc_key_cert) {
    goto err;
  }
  return ip;
 err:
  hs_desc_intro_point_free(ip);
  return NULL;
}

/** Make <b>choices</b> the introduction points of <b>desc</b>. */
static void
set_intro_points(hs_service_descriptor_t *desc, const smartlist_t *choices,
                 time_t now)
{
  hs_descriptor_clear_intro_points(desc->desc);
  SMARTLIST_FOREACH_BEGIN(choices, const rb_choice_t *, choice) {
    hs_desc_intro_point_t *ip =
      intro_point_from_point(choice->point, &desc->signing_kp, now);
    if (ip) {
      smartlist_add(desc->desc->encrypted_data.intro_points, ip);
    }
  } SMARTLIST_FOREACH_END(choice);
}

/** Return true iff <b>desc</b> of <b>hs_service</b>, as it is now, is small
 * enough for HSDirs.  Tor's encoder knows the limit, and warns. */
static bool
desc_fits(const hs_service_t *hs_service, const hs_service_descriptor_t *desc)
{
  const smartlist_t *clients = hs_service->config.clients;
  const uint8_t *cookie = (clients && smartlist_len(clients)) ?
    desc->descriptor_cookie : NULL;
  char *encoded = NULL;
  bool fits;

  fits = hs_desc_encode_descriptor(desc->desc, &desc->signing_kp, cookie,
                                   &encoded) == 0;
  tor_free(encoded);
  return fits;
}

/** Remember for GETINFO that <b>choices</b> are published in <b>desc</b>. */
static void
remember_published(rb_service_t *service, const hs_service_descriptor_t *desc,
                   const smartlist_t *choices)
{
  const uint8_t *blinded_key = desc->blinded_kp.pubkey.pubkey;
  SMARTLIST_FOREACH_BEGIN(service->published, rb_published_point_t *, p) {
    if (fast_memeq(p->blinded_key, blinded_key, sizeof(p->blinded_key)) ||
        !rb_slots_find(service->state, p->blinded_key)) {
      SMARTLIST_DEL_CURRENT(service->published, p);
      tor_free(p);
    }
  } SMARTLIST_FOREACH_END(p);
  SMARTLIST_FOREACH_BEGIN(choices, const rb_choice_t *, choice) {
    rb_published_point_t *p = tor_malloc_zero(sizeof(*p));
    memcpy(p->blinded_key, blinded_key, sizeof(p->blinded_key));
    memcpy(p->node_key, choice->node_key, sizeof(p->node_key));
    memcpy(&p->point, choice->point, sizeof(p->point));
    smartlist_add(service->published, p);
  } SMARTLIST_FOREACH_END(choice);
}

/** Return a new list of the points that the descriptor of <b>service</b> with
 * <b>blinded_key</b> should have, and has room for as far as we know. */
static smartlist_t *
choose_points(const rb_service_t *service, const uint8_t *blinded_key)
{
  const int cap = service->n_fitting_points ? service->n_fitting_points :
    service->state->config->max_intro_points;
  return rb_state_choose(service->state, blinded_key, cap,
                         rb_desc_point_is_usable, NULL);
}

/** Put the points of every healthy node of <b>service</b> for <b>desc</b>
 * into it: as many as may be, and no more than fit.  Without a usable point
 * leave <b>desc</b> as it is.  Return how many it has from this. */
int
rb_desc_merge(rb_service_t *service, const hs_service_t *hs_service,
              hs_service_descriptor_t *desc, time_t now)
{
  const uint8_t *blinded_key = desc->blinded_kp.pubkey.pubkey;
  smartlist_t *choices;
  int n_points;

  rb_desc_report_points(service, hs_service);
  choices = choose_points(service, blinded_key);
  n_points = smartlist_len(choices);
  if (n_points == 0) {
    goto end;
  }
  set_intro_points(desc, choices, now);
  while (n_points > 1 && !desc_fits(hs_service, desc)) {
    service->n_fitting_points = n_points - 1;
    rb_choices_free(choices);
    choices = choose_points(service, blinded_key);
    n_points = smartlist_len(choices);
    set_intro_points(desc, choices, now);
  }
  remember_published(service, desc, choices);
  rb_cevent_merge(service, blinded_key, choices);
 end:
  rb_choices_free(choices);
  return n_points;
}
