/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_config.c
 * @brief From torrc to the settings of a balanced service.
 *
 * Whatever is wrong is refused here, at start, at a reload and under
 * --verify-config alike, with the option, its value and the reason.  What a
 * number may be is in rbalance_settings.c.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance.h"

#include "app/config/config.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_opts_st.h"
#include "feature/hs/hs_service.h"
#include "feature/keymgt/loadkey.h"
#include "feature/rbalance/rbalance_forward.h"
#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_record.h"
#include "feature/rbalance/rbalance_settings.h"
#include "lib/encoding/confline.h"
#include "lib/fs/files.h"

/** Return how tor is to load the keys of the service <b>config</b>: 0 as
 * ever, or flags for ed_key_init_from_file() if only the public one is to be
 * read. */
uint32_t
rbalance_get_key_flags(const hs_service_config_t *config)
{
  return config->rbalance && config->rbalance->keyless ?
    INIT_ED_KEY_OMIT_SECRET | INIT_ED_KEY_MISSING_SECRET_OK : 0;
}

/** Release the settings in <b>config</b>, if there are any. */
void
rbalance_clear_config(hs_service_config_t *config)
{
  rb_config_free(config->rbalance);
}

/** Return a new text that says why the service of <b>hs_opts</b> can't be
 * balanced at all, or NULL if it can. */
static char *
find_conflict(const hs_opts_t *hs_opts, const or_options_t *options)
{
  const char *conflict = NULL;
  char *fault = NULL;

  if (hs_opts->HiddenServiceOnionBalanceInstance) {
    conflict = "HiddenServiceOnionBalanceInstance 1: a service is balanced "
      "either by tor or by Onionbalance";
  } else if (options->HiddenServiceNonAnonymousMode) {
    conflict = "HiddenServiceNonAnonymousMode 1: the nodes talk to each other "
      "through anonymous circuits";
  } else if (!options->FetchHidServDescriptors) {
    conflict = "FetchHidServDescriptors 0: the nodes find each other by "
      "their descriptors";
  }
  if (conflict) {
    tor_asprintf(&fault, "HiddenServiceBalance 1 does not go with %s",
                 conflict);
  }
  return fault;
}

/** What the host name of an onion service ends with. */
static const char suffix[] = ".onion";

/** Store in <b>key_out</b> the key in <b>hostname</b>, which ends with
 * ".onion".  Return 0, or -1 if it is not a sound version 3 address.
 * Unlike hs_address_is_valid(), this works before there are options. */
static int
parse_hostname(const char *hostname, ed25519_public_key_t *key_out)
{
  char *address = tor_strndup(hostname, strlen(hostname) - strlen(suffix));
  char rebuilt[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  const char *errmsg = NULL;
  uint8_t version = 0;
  int r = -1;

  if (hs_parse_address_no_log(address, key_out, NULL, &version,
                              &errmsg) == 0 &&
      version == HS_VERSION_THREE && ed25519_validate_pubkey(key_out) == 0) {
    /* Building it again checks the checksum. */
    hs_build_address(key_out, version, rebuilt);
    r = strcasecmp(rebuilt, address) ? -1 : 0;
  }
  tor_free(address);
  return r;
}

/** Add the node key in the address <b>value</b> to the peers of
 * <b>config</b>, once.  Return NULL, or a new text that says what is wrong
 * with it. */
static char *
add_peer(rb_config_t *config, const char *value)
{
  char *fault = NULL;
  ed25519_public_key_t key;

  if (strcmpend(value, suffix) != 0) {
    tor_asprintf(&fault, "HiddenServiceBalancePeer is %s, but must be the "
                 "address of a node, which ends with .onion",
                 escaped(value));
    return fault;
  }
  if (parse_hostname(value, &key) < 0) {
    tor_asprintf(&fault, "HiddenServiceBalancePeer is %s, which is not a "
                 "valid version 3 onion address", escaped(value));
    return fault;
  }
  SMARTLIST_FOREACH_BEGIN(config->peers, const ed25519_public_key_t *, peer) {
    if (ed25519_pubkey_eq(peer, &key)) {
      return NULL;
    }
  } SMARTLIST_FOREACH_END(peer);
  smartlist_add(config->peers, tor_memdup(&key, sizeof(key)));
  return NULL;
}

/** Add the target in <b>value</b> to those of <b>config</b>.  Return NULL, or
 * a new text that says what is wrong with it. */
static char *
add_target(rb_config_t *config, const char *value)
{
  char *fault = NULL;
  rb_target_t *target = rb_target_parse(value, &fault);

  if (target && target->reach == RB_REACH_ONION &&
      parse_hostname(target->host, &target->key) < 0) {
    tor_asprintf(&fault, "HiddenServiceBalanceTarget is %s, but %s is not a "
                 "valid version 3 onion address", escaped(value),
                 target->host);
    rb_target_free(target);
  }
  if (target) {
    smartlist_add(config->targets, target);
  }
  return fault;
}

/** Read the key of an onion service from its files into <b>key_out</b>: from
 * its public key at <b>key_path</b> or, if that is not there, its address at
 * <b>hostname_path</b>; both are released.  Return true iff one is there. */
static bool
read_key(char *key_path, char *hostname_path, ed25519_public_key_t *key_out)
{
  char *tag = NULL;
  bool is_there = ed25519_pubkey_read_from_file(key_out, &tag, key_path) == 0;

  if (!is_there) {
    char *text = read_file_to_str(hostname_path, RFTS_IGNORE_MISSING, NULL);
    if (text) {
      tor_strstrip(text, " \r\n");
      is_there = !strcmpend(text, suffix) &&
        parse_hostname(text, key_out) == 0;
    }
    tor_free(text);
  }
  tor_free(tag);
  tor_free(key_path);
  tor_free(hostname_path);
  return is_there;
}

/** Return what <b>target</b> is if it leads back to the service with the
 * settings <b>config</b> in <b>service_dir</b>, as far as its files and the
 * settings tell, or NULL. */
static const char *
find_loop(const rb_config_t *config, const rb_target_t *target,
          const char *service_dir)
{
  ed25519_public_key_t key;

  if (target->reach != RB_REACH_ONION) {
    return NULL;
  }
  if (read_key(hs_path_from_filename(service_dir, "hs_ed25519_public_key"),
               hs_path_from_filename(service_dir, "hostname"), &key) &&
      rb_target_is_service(target, &key)) {
    return "is this onion service itself";
  }
  if (read_key(rb_keys_get_path(service_dir, "hs_ed25519_public_key"),
               rb_keys_get_path(service_dir, "hostname"), &key) &&
      rb_target_is_service(target, &key)) {
    return "is the address of this node";
  }
  SMARTLIST_FOREACH_BEGIN(config->peers, const ed25519_public_key_t *, peer) {
    if (rb_target_is_service(target, peer)) {
      return "is the address of a node, by HiddenServiceBalancePeer";
    }
  } SMARTLIST_FOREACH_END(peer);
  return NULL;
}

/** Return a new text that says which target of <b>config</b>, the settings of
 * the service in <b>service_dir</b> with the options <b>hs_opts</b>, can't be
 * one for this service, or NULL if all can. */
static char *
find_target_fault(const rb_config_t *config, const hs_opts_t *hs_opts,
                  const char *service_dir)
{
  char *fault = NULL;

  SMARTLIST_FOREACH_BEGIN(config->targets, const rb_target_t *, target) {
    const char *loop = find_loop(config, target, service_dir);
    if (loop) {
      tor_asprintf(&fault, "HiddenServiceBalanceTarget is \"%d %s\", but that "
                   "%s: its streams would come back for ever",
                   target->virtual_port, target->url, loop);
      return fault;
    }
    if (hs_opts->HiddenServiceExportCircuitID &&
        target->scheme != RB_SCHEME_TCP) {
      tor_asprintf(&fault, "HiddenServiceBalanceTarget is \"%d %s\", which "
                   "does not go with HiddenServiceExportCircuitID: the line "
                   "that it sends first is no part of HTTP or TLS, so the "
                   "target must be a tcp:// one", target->virtual_port,
                   target->url);
      return fault;
    }
  } SMARTLIST_FOREACH_END(target);
  return NULL;
}

/** Copy the numbers and times of <b>hs_opts</b> into <b>config</b>. */
static void
copy_numbers(rb_config_t *config, const hs_opts_t *hs_opts)
{
#define MSEC(option) \
  ((uint64_t) hs_opts->HiddenServiceBalance ## option * 1000)
  config->max_intro_points = hs_opts->HiddenServiceBalanceMaxIntroPoints;
  config->max_peers = hs_opts->HiddenServiceBalanceMaxPeers;
  config->target_circuits = hs_opts->HiddenServiceBalanceTargetCircuits;
  config->target_streams = hs_opts->HiddenServiceBalanceTargetStreams;
  config->target_timeout = MSEC(TargetTimeout);
  config->head_timeout = MSEC(TargetHeadTimeout);
  config->idle_timeout = MSEC(TargetIdleTimeout);
  config->export_circuit = hs_opts->HiddenServiceBalanceExportClientCircuit;
  config->probe_interval = MSEC(ProbeInterval);
  config->probe_timeout = MSEC(ProbeTimeout);
  config->dead_threshold = hs_opts->HiddenServiceBalanceDeadThreshold;
  config->heartbeat_interval = MSEC(HeartbeatInterval);
  config->ping_interval = MSEC(PingInterval);
  config->heartbeat_timeout = MSEC(HeartbeatTimeout);
  config->lease_duration = MSEC(LeaseDuration);
  config->takeover_grace = MSEC(TakeoverGrace);
  config->backoff_jitter = MSEC(BackoffJitter);
  config->join = hs_opts->HiddenServiceBalanceJoin;
  config->keyless = hs_opts->HiddenServiceBalanceKeyless;
  config->fast_takeover = hs_opts->HiddenServiceBalanceFastTakeover;
  config->clock_skew = MSEC(ClockSkew);
  config->refresh_interval = MSEC(RefreshInterval);
  config->descriptor_max_age = MSEC(DescriptorMaxAge);
#undef MSEC
}

/** Fill <b>config</b> from <b>hs_opts</b>.  Return NULL, or a new text that
 * says what is wrong first. */
static char *
fill_config(rb_config_t *config, const hs_opts_t *hs_opts,
            const or_options_t *options)
{
  const char *node_id = hs_opts->HiddenServiceBalanceNodeId;
  const int priority = hs_opts->HiddenServiceBalancePriority;
  char *fault = NULL;

  if (node_id && !rb_node_id_is_valid(node_id)) {
    tor_asprintf(&fault, "HiddenServiceBalanceNodeId is %s, but must be 1 to "
                 "32 characters of A-Z a-z 0-9 _ -", escaped(node_id));
    return fault;
  }
  if (node_id) {
    strlcpy(config->node_id, node_id, sizeof(config->node_id));
  }
  if (priority > UINT16_MAX) {
    tor_asprintf(&fault, "HiddenServiceBalancePriority is %d, but must be at "
                 "most 65535", priority);
    return fault;
  }
  config->priority = (uint16_t) priority;
  copy_numbers(config, hs_opts);
  config->probe_path = tor_strdup(hs_opts->HiddenServiceBalanceProbePath);
  config->probe_delay = options->TestingTorNetwork ?
    MIN(config->probe_interval, RB_PROBE_DELAY_MSEC) : RB_PROBE_DELAY_MSEC;
  config->audit_interval = options->TestingTorNetwork ?
    config->heartbeat_interval : RB_AUDIT_INTERVAL_MSEC;
  for (const config_line_t *line = hs_opts->HiddenServiceBalancePeer;
       line && !fault; line = line->next) {
    fault = add_peer(config, line->value);
  }
  for (const config_line_t *line = hs_opts->HiddenServiceBalanceTarget;
       line && !fault; line = line->next) {
    fault = add_target(config, line->value);
  }
  if (!fault) {
    fault = rb_config_find_fault(config, options->TestingTorNetwork);
  }
  return fault;
}

/** Give the service <b>config</b> a port for each of its targets. */
static void
add_target_ports(hs_service_config_t *config)
{
  if (!config->ports) {
    config->ports = smartlist_new();
  }
  for (int i = 0; i < smartlist_len(config->rbalance->targets); ++i) {
    smartlist_add(config->ports,
                  rb_forward_make_port(config->rbalance->targets, i));
  }
}

/** Set the load balancing of the service <b>config</b> from its options
 * <b>hs_opts</b> and tor's <b>options</b>.  Return 0 on success, also if it
 * is off; else warn and return -1. */
int
rbalance_config_service(const hs_opts_t *hs_opts, const or_options_t *options,
                        hs_service_config_t *config)
{
  char *fault;

  if (!hs_opts->HiddenServiceBalance) {
    return 0;
  }
  config->rbalance = rb_config_new();
  fault = find_conflict(hs_opts, options);
  if (!fault) {
    fault = fill_config(config->rbalance, hs_opts, options);
  }
  if (!fault) {
    fault = find_target_fault(config->rbalance, hs_opts,
                              config->directory_path);
  }
  if (!fault) {
    fault = rb_keys_find_token_fault(config->directory_path);
  }
  if (!fault && config->rbalance->keyless) {
    fault = rb_keys_find_keyless_fault(config->directory_path);
  }
  if (fault) {
    log_warn(LD_CONFIG, "Onion service in %s: %s.",
             escaped(config->directory_path), fault);
    tor_free(fault);
    return -1;
  }
  add_target_ports(config);
  return 0;
}
