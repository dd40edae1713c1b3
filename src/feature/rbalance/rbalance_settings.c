/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_settings.c
 * @brief The settings of a balanced service, and whether they make sense.
 *
 * rbalance_config.c takes them from torrc.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_settings.h"

#include "feature/rbalance/rbalance_record.h"
#include "lib/crypt_ops/crypto_ed25519.h"
#include "lib/log/escape.h"
#include "lib/string/printf.h"

#include <string.h>

/** Return new settings with no peers and everything else 0. */
rb_config_t *
rb_config_new(void)
{
  rb_config_t *config = tor_malloc_zero(sizeof(*config));
  config->peers = smartlist_new();
  config->targets = smartlist_new();
  return config;
}

/** Return a deep copy of <b>config</b>. */
rb_config_t *
rb_config_dup(const rb_config_t *config)
{
  rb_config_t *copy = tor_memdup(config, sizeof(*config));
  copy->peers = smartlist_new();
  SMARTLIST_FOREACH(config->peers, const ed25519_public_key_t *, key,
    smartlist_add(copy->peers, tor_memdup(key, sizeof(*key))));
  copy->targets = rb_targets_dup(config->targets);
  copy->probe_path = config->probe_path ? tor_strdup(config->probe_path) :
    NULL;
  return copy;
}

/** Release <b>config</b>; NULL is fine. */
void
rb_config_free_(rb_config_t *config)
{
  if (!config) {
    return;
  }
  SMARTLIST_FOREACH(config->peers, ed25519_public_key_t *, key,
                    tor_free(key));
  smartlist_free(config->peers);
  rb_targets_free(config->targets);
  tor_free(config->probe_path);
  tor_free(config);
}

/** One number of the settings and the range it must be in. */
typedef struct range_t {
  /** Name of the option. */
  const char *option;
  /** What the option says, in milliseconds if it is a time. */
  uint64_t value;
  uint64_t min;
  uint64_t max;
  /** 1000 for a time, so that messages speak of seconds; else 1. */
  uint64_t unit;
} range_t;

/** Return a new text that says what is wrong with <b>range</b>, or NULL. */
static char *
range_fault(const range_t *range)
{
  char *fault = NULL;
  const char *unit = range->unit == 1 ? "" : " seconds";
  if (range->value < range->min) {
    tor_asprintf(&fault, "%s is %" PRIu64 "%s, but must be at least %"
                 PRIu64 "%s", range->option, range->value / range->unit,
                 unit, range->min / range->unit, unit);
  } else if (range->value > range->max) {
    tor_asprintf(&fault, "%s is %" PRIu64 "%s, but must be at most %"
                 PRIu64 "%s", range->option, range->value / range->unit,
                 unit, range->max / range->unit, unit);
  }
  return fault;
}

/** Return a new text that says which range <b>config</b> leaves, or NULL.
 * <b>is_testing</b> as for rb_config_find_fault(). */
static char *
find_range_fault(const rb_config_t *config, bool is_testing)
{
#define SEC UINT64_C(1000)
#define DAY (UINT64_C(86400) * 1000)
#define TIME(option, field, min) \
  { "HiddenServiceBalance" option, config->field, \
    is_testing ? SEC : (min), DAY, SEC }
#define NUMBER(option, field, min, max) \
  { "HiddenServiceBalance" option, (uint64_t) config->field, min, max, 1 }
  const range_t ranges[] = {
    NUMBER("MaxIntroPoints", max_intro_points, 3, RB_MAX_POINTS),
    NUMBER("MaxPeers", max_peers, 1, 1024),
    NUMBER("TargetCircuits", target_circuits, 1, RB_MAX_TARGET_CIRCUITS),
    NUMBER("TargetStreams", target_streams, 1, RB_MAX_TARGET_STREAMS),
    TIME("TargetTimeout", target_timeout, SEC),
    TIME("TargetHeadTimeout", head_timeout, SEC),
    TIME("TargetIdleTimeout", idle_timeout, SEC),
    TIME("ProbeTimeout", probe_timeout, SEC),
    { "HiddenServiceBalanceProbeInterval", config->probe_interval, 0, DAY,
      SEC },
    NUMBER("DeadThreshold", dead_threshold, 1, 1000),
    TIME("HeartbeatInterval", heartbeat_interval, SEC),
    TIME("PingInterval", ping_interval, SEC),
    TIME("HeartbeatTimeout", heartbeat_timeout, SEC),
    TIME("LeaseDuration", lease_duration, SEC),
    TIME("TakeoverGrace", takeover_grace, 30 * SEC),
    { "HiddenServiceBalanceBackoffJitter", config->backoff_jitter, 0, DAY,
      SEC },
    TIME("ClockSkew", clock_skew, SEC),
    TIME("DescriptorMaxAge", descriptor_max_age, 60 * SEC),
  };
#undef TIME
#undef NUMBER
  char *fault = NULL;

  for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && !fault; ++i) {
    fault = range_fault(&ranges[i]);
  }
  if (!fault && config->refresh_interval > 0) {
    const range_t refresh = {
      "HiddenServiceBalanceRefreshInterval", config->refresh_interval,
      is_testing ? SEC : 60 * SEC, DAY, SEC
    };
    fault = range_fault(&refresh);
  }
  return fault;
#undef SEC
#undef DAY
}

/** Return a new text that says that <b>option</b>, with <b>value</b>, is not
 * longer than the heartbeat interval of <b>config</b>, or NULL if it is. */
static char *
find_shortness_fault(const char *option, uint64_t value,
                     const rb_config_t *config)
{
  char *fault = NULL;
  if (value <= config->heartbeat_interval) {
    tor_asprintf(&fault, "%s is %" PRIu64 " seconds, but must be longer than "
                 "HiddenServiceBalanceHeartbeatInterval, %" PRIu64
                 " seconds", option, value / 1000,
                 config->heartbeat_interval / 1000);
  }
  return fault;
}

/** Return true iff <b>path</b> can stand in a request: it begins with a slash,
 * and has neither spaces nor anything but printable ASCII. */
static bool
path_is_valid(const char *path)
{
  const size_t len = strlen(path);
  if (path[0] != '/' || len > RB_MAX_PROBE_PATH_LEN) {
    return false;
  }
  for (size_t i = 0; i < len; ++i) {
    if (path[i] <= ' ' || path[i] > '~' || path[i] == '#') {
      return false;
    }
  }
  return true;
}

/** Return a new text that says what is wrong with the probes of
 * <b>config</b>, or NULL. */
static char *
find_probe_fault(const rb_config_t *config)
{
  char *fault = NULL;
  if (config->probe_path && !path_is_valid(config->probe_path)) {
    char *quoted = esc_for_log(config->probe_path);
    tor_asprintf(&fault, "HiddenServiceBalanceProbePath is %s, but must begin "
                 "with / and have at most %d characters, no spaces and no #",
                 quoted, RB_MAX_PROBE_PATH_LEN);
    tor_free(quoted);
  } else if (config->probe_interval &&
             config->probe_timeout > config->probe_interval) {
    tor_asprintf(&fault, "HiddenServiceBalanceProbeTimeout is %" PRIu64
                 " seconds, but must not be longer than "
                 "HiddenServiceBalanceProbeInterval, %" PRIu64 " seconds",
                 config->probe_timeout / 1000,
                 config->probe_interval / 1000);
  }
  return fault;
}

/** Return a new text that says what is wrong with <b>config</b>, naming the
 * option, its value and the reason, or NULL if it is fine.  With
 * <b>is_testing</b> (TestingTorNetwork) every time may be as short as a
 * second. */
char *
rb_config_find_fault(const rb_config_t *config, bool is_testing)
{
  char *fault;

  if (config->node_id[0] && !rb_node_id_is_valid(config->node_id)) {
    tor_asprintf(&fault, "HiddenServiceBalanceNodeId is \"%s\", but must "
                 "be 1 to 32 characters of A-Z a-z 0-9 _ -",
                 config->node_id);
    return fault;
  }
  fault = find_range_fault(config, is_testing);
  if (fault) {
    return fault;
  }
  fault = find_shortness_fault("HiddenServiceBalanceHeartbeatTimeout",
                               config->heartbeat_timeout, config);
  if (!fault) {
    fault = find_shortness_fault("HiddenServiceBalanceLeaseDuration",
                                 config->lease_duration, config);
  }
  if (!fault) {
    fault = find_probe_fault(config);
  }
  if (fault) {
    return fault;
  }
  if (smartlist_len(config->peers) > config->max_peers) {
    tor_asprintf(&fault, "HiddenServiceBalancePeer is given %d times, but "
                 "HiddenServiceBalanceMaxPeers is %d",
                 smartlist_len(config->peers), config->max_peers);
    return fault;
  }
  if (smartlist_len(config->targets) > RB_MAX_TARGETS) {
    tor_asprintf(&fault, "HiddenServiceBalanceTarget is given %d times, but "
                 "there may be at most %d targets",
                 smartlist_len(config->targets), RB_MAX_TARGETS);
    return fault;
  }
  return NULL;
}
