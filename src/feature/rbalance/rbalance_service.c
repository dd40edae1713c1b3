/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_service.c
 * @brief One balanced service: events in, actions out.
 *
 * For each onion service with HiddenServiceBalance 1 there is an rb_service_t
 * with the state of the protocol.  rbalance_registry.c runs it by a timer, and
 * then it gets the time, our introduction points and lost channels;
 * rbalance.c feeds it what arrives.  The actions that come out are carried out
 * here, with no decision of our own.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_service.h"

#include "core/mainloop/connection.h"
#include "core/mainloop/mainloop.h"
#include "core/mainloop/netstatus.h"
#include "app/config/config.h"
#include "feature/hs/hs_service.h"
#include "feature/nodelist/nodelist.h"
#include "feature/rbalance/rbalance_cevent.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_hsdir.h"
#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_node.h"
#include "feature/rbalance/rbalance_pool.h"
#include "feature/rbalance/rbalance_prober.h"
#include "feature/rbalance/rbalance_proxy.h"
#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_statefile.h"
#include "lib/crypt_ops/crypto_rand.h"
#include "lib/crypt_ops/crypto_util.h"
#include "lib/evloop/compat_libevent.h"
#include "lib/intmath/cmp.h"
#include "lib/time/compat_time.h"

#include "core/or/connection_st.h"

/** Return the present time in monotonic milliseconds, never 0. */
uint64_t
rb_now_mono(void)
{
  return monotime_absolute_msec() + 1;
}

/** Store in <b>now</b> the present time by both clocks. */
void
rb_now_get(rb_now_t *now)
{
  struct timeval tv;
  tor_gettimeofday(&tv);
  now->wall = (uint64_t) tv.tv_sec * 1000 + (uint64_t) tv.tv_usec / 1000;
  now->mono = rb_now_mono();
}

/** Store in <b>ctx</b> what a handshake of <b>service</b> needs now.  Fill
 * the RB_NONCE_LEN bytes at <b>nonce</b>, which <b>ctx</b> refers to. */
void
rb_service_prepare_handshake(const rb_service_t *service, uint8_t *nonce,
                             rb_handshake_ctx_t *ctx)
{
  crypto_rand((char *) nonce, RB_NONCE_LEN);
  ctx->tokens = service->tokens;
  ctx->node_keys = &service->state->node_keys;
  ctx->nonce = nonce;
  rb_now_get(&ctx->now);
}

/** Return true iff <b>text</b> is a tag with which a node may join
 * <b>service</b> now, and store in <b>tag</b> what it says. */
bool
rb_service_admits(rb_service_t *service, const char *text, rb_tag_t *tag)
{
  rb_now_t now;
  rb_now_get(&now);
  return rb_tag_check(text, service->tokens, service->state->cluster_id,
                      now.wall, tag) == 0 &&
    rb_admissions_admit(service->admissions, tag, now.mono);
}

/** Return the channel of <b>service</b> with <b>number</b>, or NULL. */
static rb_channel_t *
find_channel(const rb_service_t *service, uint64_t number)
{
  SMARTLIST_FOREACH_BEGIN(service->channels, rb_channel_t *, channel) {
    if (channel->number == number) {
      return channel;
    }
  } SMARTLIST_FOREACH_END(channel);
  return NULL;
}

/** Open a channel of <b>service</b> to <b>peer</b>.  If that is not possible
 * now, the next sweep reports it. */
static void
dial(rb_service_t *service, const ed25519_public_key_t *peer)
{
  uint8_t nonce[RB_NONCE_LEN];
  rb_handshake_ctx_t ctx;
  rb_channel_t *channel = NULL;

  rb_service_prepare_handshake(service, nonce, &ctx);
  if (rb_node_prepare_client(peer, smartlist_get(service->tokens, 0)) == 0) {
    channel = rb_channel_dial(peer, service->state->cluster_id, &ctx);
  }
  if (!channel) {
    /* A channel that never was, for the sweep to find. */
    channel = tor_malloc_zero(sizeof(*channel));
    ed25519_pubkey_copy(&channel->peer, peer);
    channel->is_lost = true;
  }
  smartlist_add(service->channels, channel);
}

/** Open a stream of <b>service</b> to the service's own address, to join.  If
 * that is not possible now, the protocol tries again by itself. */
static void
dial_cluster(rb_service_t *service)
{
  uint8_t nonce[RB_NONCE_LEN];
  rb_handshake_ctx_t ctx;
  rb_channel_t *channel;

  rb_node_forget_descriptor(&service->identity_key);
  rb_service_prepare_handshake(service, nonce, &ctx);
  channel = rb_channel_dial(&service->identity_key,
                            service->state->cluster_id, &ctx);
  if (channel) {
    uint8_t tag_nonce[RB_TAG_NONCE_LEN];
    crypto_rand((char *) tag_nonce, sizeof(tag_nonce));
    channel->is_join = true;
    channel->begin_address =
      rb_tag_make(smartlist_get(service->tokens, 0),
                  service->state->cluster_id, &ctx.node_keys->pubkey,
                  tag_nonce, ctx.now.wall);
    smartlist_add(service->channels, channel);
  }
}

/** Carry out <b>action</b> of <b>service</b>. */
static void
carry_out(rb_service_t *service, const rb_action_t *action)
{
  rb_channel_t *channel;
  rb_counters_note(&service->counters, action);
  switch (action->type) {
    case RB_ACT_SEND:
      channel = find_channel(service, action->channel);
      if (channel && !channel->is_lost) {
        rb_channel_send(channel, action->text);
      }
      break;
    case RB_ACT_DIAL:
      dial(service, &action->peer);
      break;
    case RB_ACT_JOIN:
      dial_cluster(service);
      break;
    case RB_ACT_HANG_UP:
      channel = find_channel(service, action->channel);
      if (channel) {
        rb_channel_hang_up(channel);
      }
      break;
    case RB_ACT_PUBLISH:
      rb_desc_schedule_upload(service, action->blinded_key);
      break;
    case RB_ACT_RETIRE_POINT:
      rb_desc_retire_point(service, action->blinded_key, action->auth_key);
      break;
    case RB_ACT_UPLOAD_TO:
      rb_hsdir_upload(service, action->blinded_key, action->hsdir);
      break;
    case RB_ACT_FETCH_FROM:
      rb_hsdir_fetch(service, action->blinded_key, action->hsdir);
      break;
    case RB_ACT_PEER_CHANGED:
    case RB_ACT_ROLE_CHANGED:
    case RB_ACT_MODE_CHANGED:
    case RB_ACT_CLOCK_SKEW:
    case RB_ACT_JOINED:
    case RB_ACT_STANDING:
    case RB_ACT_UPLOAD_RESULT:
    case RB_ACT_REPAIR:
    case RB_ACT_FOREIGN_PUBLISHER:
      rb_cevent_action(service, action);
      break;
  }
}

/** Let <b>event</b> happen to <b>service</b>, and carry out what comes of
 * it. */
void
rb_service_event(rb_service_t *service, const rb_event_t *event)
{
  rb_now_t now;
  smartlist_t *actions;

  rb_now_get(&now);
  actions = rb_step(service->state, event, now);
  SMARTLIST_FOREACH(actions, const rb_action_t *, action,
                    carry_out(service, action));
  rb_actions_free(actions);
}

/** Return true iff <b>channel</b> is of no use any more at monotonic
 * milliseconds <b>now</b>. */
static bool
channel_is_lost(const rb_channel_t *channel, uint64_t now)
{
  return channel->is_lost || !rb_channel_get_conn(channel) ||
    (channel->ends_at && now >= channel->ends_at) ||
    ((!channel->is_up || channel->is_join) && now >= channel->opened_at +
     RB_HANDSHAKE_TIMEOUT_MSEC);
}

/** Tell the protocol of <b>service</b> which peers' relays refuse the
 * introductions that we need for a channel. */
static void
report_refusals(rb_service_t *service)
{
  SMARTLIST_FOREACH_BEGIN(service->channels, rb_channel_t *, channel) {
    if (!channel->is_up && !channel->is_inbound && !channel->is_refused &&
        !channel->is_join &&
        rb_node_is_refused(&channel->peer)) {
      rb_event_t event;
      memset(&event, 0, sizeof(event));
      event.type = RB_EV_REFUSED;
      event.u.refused = &channel->peer;
      channel->is_refused = true;
      rb_service_event(service, &event);
    }
  } SMARTLIST_FOREACH_END(channel);
}

/** Remove the lost channels of <b>service</b>, and tell the protocol. */
static void
sweep_channels(rb_service_t *service)
{
  const uint64_t now = rb_now_mono();
  smartlist_t *lost = smartlist_new();

  SMARTLIST_FOREACH_BEGIN(service->channels, rb_channel_t *, channel) {
    if (channel_is_lost(channel, now)) {
      SMARTLIST_DEL_CURRENT(service->channels, channel);
      smartlist_add(lost, channel);
    }
  } SMARTLIST_FOREACH_END(channel);

  SMARTLIST_FOREACH_BEGIN(lost, rb_channel_t *, channel) {
    rb_channel_hang_up(channel);
    if (channel->is_up || !channel->is_inbound) {
      rb_event_t event;
      memset(&event, 0, sizeof(event));
      event.type = channel->is_join ? RB_EV_JOIN_DOWN :
        channel->is_up ? RB_EV_CHANNEL_DOWN : RB_EV_DIAL_FAILED;
      event.u.channel.number = channel->number;
      event.u.channel.peer = &channel->peer;
      event.u.channel.is_inbound = channel->is_inbound;
      if (!channel->is_up) {
        rb_node_forget_descriptor(&channel->peer);
      }
      rb_service_event(service, &event);
    }
    rb_channel_free(channel);
  } SMARTLIST_FOREACH_END(channel);
  smartlist_free(lost);
}

/** Keep the descriptors of the peers of <b>service</b> fresh while it has
 * channels to them; no stream that only joins lives that long.  When a channel
 * breaks, relays that refuse mean that the peer is gone, but relays of an old
 * descriptor would mean nothing. */
static void
renew_descriptors(rb_service_t *service)
{
  const uint64_t now = rb_now_mono();
  SMARTLIST_FOREACH_BEGIN(service->channels, rb_channel_t *, channel) {
    const uint64_t since = MAX(channel->opened_at, channel->renewed_at);
    if (now >= since + RB_RENEW_DESC_MSEC &&
        rb_node_prepare_client(&channel->peer,
                               smartlist_get(service->tokens, 0)) == 0) {
      channel->renewed_at = now;
      rb_node_renew_descriptor(&channel->peer);
    }
  } SMARTLIST_FOREACH_END(channel);
}

/** Tell the protocol of <b>service</b> that time passed. */
static void
tick(rb_service_t *service)
{
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_TICK;
  event.u.tick.network_is_ready = !net_is_disabled() &&
    router_have_minimum_dir_info();
  rb_service_event(service, &event);
}

/** Do everything for <b>service</b>, which tor knows as
 * <b>hs_service</b>, that is due without an event of its own. */
void
rb_service_run(rb_service_t *service, const hs_service_t *hs_service)
{
  const ed25519_keypair_t *node_keys = &service->state->node_keys;
  if (service->node_service_is_stale) {
    rb_node_remove_service(&node_keys->pubkey);
    service->node_service_is_stale = false;
  }
  if (rb_node_ensure_service(node_keys, service->tokens) < 0) {
    static ratelim_t limit = RATELIM_INIT(600);
    log_fn_ratelim(&limit, LOG_WARN, LD_REND, "Can't start the node onion "
                   "service of %s.", safe_str_client(service->address));
  }
  report_refusals(service);
  sweep_channels(service);
  renew_descriptors(service);
  rb_forward_expire(service);
  rb_proxies_sweep(service);
  rb_desc_report_points(service, hs_service);
  tick(service);
  rb_prober_run(service->prober);
  if (service->state->network_is_ready) {
    rb_pool_run(service->pool, rb_prober_get_probes(service->prober),
                rb_now_mono());
  }
  if (rb_now_mono() >= service->save_at) {
    rb_statefile_save(hs_service->config.directory_path, service->state,
                      &service->saved);
    service->save_at = rb_now_mono() + RB_SAVE_MSEC;
  }
}

/** Release <b>service</b>; NULL is fine. */
void
rb_service_free_(rb_service_t *service)
{
  if (!service) {
    return;
  }
  SMARTLIST_FOREACH(service->channels, rb_channel_t *, channel,
                    rb_channel_free(channel));
  smartlist_free(service->channels);
  SMARTLIST_FOREACH(service->openings, rb_opening_t *, opening,
                    tor_free(opening));
  smartlist_free(service->openings);
  SMARTLIST_FOREACH(service->proxies, rb_proxy_t *, proxy,
                    rb_proxy_free(proxy));
  smartlist_free(service->proxies);
  rb_forward_clear_tls(service);
  strmap_free(service->tls_targets, NULL);
  SMARTLIST_FOREACH(service->published, rb_published_point_t *, p,
                    tor_free(p));
  smartlist_free(service->published);
  rb_prober_free(service->prober);
  rb_pool_free(service->pool);
  rb_admissions_free(service->admissions);
  rb_tokens_free(service->tokens);
  rb_state_free(service->state);
  tor_free(service->saved);
  tor_free(service->address);
  tor_free(service);
}

/** Stop balancing <b>service</b>: it is gone, or the option was taken off. */
void
rb_service_stop(rb_service_t *service)
{
  log_info(LD_REND, "The onion service %s is not balanced any more.",
           safe_str_client(service->address));
  SMARTLIST_FOREACH(service->channels, rb_channel_t *, channel,
                    rb_channel_hang_up(channel));
  rb_node_remove_service(&service->state->node_keys.pubkey);
  rb_service_free(service);
}

/** Return a new rb_service_t for <b>hs_service</b>, with <b>node_keys</b> and
 * <b>tokens</b>, which it takes. */
rb_service_t *
rb_service_new(const hs_service_t *hs_service,
               const ed25519_keypair_t *node_keys, smartlist_t *tokens)
{
  rb_service_t *service = tor_malloc_zero(sizeof(*service));
  uint8_t cluster_id[RB_CLUSTER_ID_LEN];
  uint64_t seed = 0;
  rb_now_t now;

  ed25519_pubkey_copy(&service->identity_key, &hs_service->keys.identity_pk);
  service->address = tor_strdup(hs_service->onion_address);
  service->tokens = tokens;
  service->admissions = rb_admissions_new();
  service->channels = smartlist_new();
  service->openings = smartlist_new();
  service->proxies = smartlist_new();
  service->tls_targets = strmap_new();
  service->pool = rb_pool_new(hs_service->config.rbalance);
  service->published = smartlist_new();
  rb_cluster_id(&service->identity_key, cluster_id);
  crypto_rand((char *) &seed, sizeof(seed));
  rb_now_get(&now);
  service->state = rb_state_new(hs_service->config.rbalance, cluster_id,
                                &service->identity_key, node_keys, seed, now);
  rb_statefile_load(hs_service->config.directory_path, service->state, now);
  rb_forward_prepare_tls(service, service->state->config->targets);
  service->prober = rb_prober_new(service, hs_service);
  return service;
}

/** Return true iff <b>token</b> is one of <b>tokens</b>. */
static bool
has_token(const smartlist_t *tokens, const rb_token_t *token)
{
  SMARTLIST_FOREACH(tokens, const rb_token_t *, other,
                    if (tor_memeq(other, token, sizeof(*other))) return true);
  return false;
}

/** Let the channels of <b>service</b> end whose token is none of ours any
 * more: who has only that has no business here. */
static void
end_old_channels(rb_service_t *service)
{
  SMARTLIST_FOREACH_BEGIN(service->channels, rb_channel_t *, channel) {
    if (!channel->is_up || has_token(service->tokens, &channel->token)) {
      channel->ends_at = 0;
    } else if (!channel->ends_at) {
      channel->ends_at = rb_now_mono() + RB_OLD_TOKEN_MSEC;
    }
  } SMARTLIST_FOREACH_END(channel);
}

/** The cluster of <b>service</b> has other tokens.  Every node makes its node
 * service anew, with new introduction points: have ours do so, and forget
 * where those of the others were, lest a node whose channel breaks be taken
 * for gone because nobody answers there. */
static void
renew_node_services(rb_service_t *service)
{
  service->node_service_is_stale = true;
  SMARTLIST_FOREACH(service->channels, const rb_channel_t *, channel,
                    rb_node_forget_descriptor(&channel->peer));
}

/** Give <b>service</b> the settings of <b>hs_service</b> and <b>tokens</b>,
 * which it takes, after a reload. */
void
rb_service_reload(rb_service_t *service, const hs_service_t *hs_service,
                  smartlist_t *tokens)
{
  rb_event_t event;
  bool same = smartlist_len(tokens) == smartlist_len(service->tokens);

  for (int i = 0; same && i < smartlist_len(tokens); ++i) {
    same = tor_memeq(smartlist_get(tokens, i),
                     smartlist_get(service->tokens, i), sizeof(rb_token_t));
  }
  if (!same) {
    renew_node_services(service);
  }
  service->n_fitting_points = 0;
  rb_forward_clear_tls(service);
  rb_tokens_free(service->tokens);
  service->tokens = tokens;
  end_old_channels(service);
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_CONFIG;
  event.u.config = hs_service->config.rbalance;
  rb_service_event(service, &event);
  rb_forward_prepare_tls(service, service->state->config->targets);
  rb_pool_reload(service->pool, hs_service->config.rbalance);
  rb_prober_reload(service->prober, hs_service);
}
