/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_settings.c
 * @brief Test which settings of a balanced service are taken.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_settings.h"

/** Milliseconds of a second and of a day, the longest time. */
#define SEC UINT64_C(1000)
#define DAY (UINT64_C(86400) * 1000)

/** Check that <b>config</b> has the fault <b>expected</b>, which is NULL for
 * none.  Return true iff it does. */
static bool
has_fault(const rb_config_t *config, bool is_testing, const char *expected)
{
  char *fault = rb_config_find_fault(config, is_testing);
  bool is_equal = false;
  if (expected) {
    tt_str_op(fault ? fault : "(none)", OP_EQ, expected);
  } else {
    tt_str_op(fault ? fault : "(none)", OP_EQ, "(none)");
  }
  is_equal = true;
 done:
  tor_free(fault);
  return is_equal;
}

/** New settings are empty, and the defaults have no fault. */
static void
test_rbalance_settings_defaults(void *arg)
{
  rb_config_t *empty = rb_config_new();
  rb_config_t *config = rbt_make_config();
  (void) arg;

  tt_int_op(smartlist_len(empty->peers), OP_EQ, 0);
  tt_int_op(empty->max_peers, OP_EQ, 0);
  tt_str_op(empty->node_id, OP_EQ, "");
  tt_assert(has_fault(config, false, NULL));
  tt_assert(has_fault(config, true, NULL));

 done:
  rb_config_free(empty);
  rb_config_free(config);
}

/** A copy is equal and shares nothing. */
static void
test_rbalance_settings_dup(void *arg)
{
  rb_config_t *config = rbt_make_config();
  rb_config_t *copy = NULL;
  rb_config_t *none = NULL;
  ed25519_keypair_t keys;
  (void) arg;

  strlcpy(config->node_id, "alpha", sizeof(config->node_id));
  for (uint8_t seed = 1; seed <= 3; ++seed) {
    rbt_fill_key(seed, &keys);
    smartlist_add(config->peers, tor_memdup(&keys.pubkey,
                                            sizeof(keys.pubkey)));
  }
  copy = rb_config_dup(config);
  tt_ptr_op(copy->peers, OP_NE, config->peers);
  tt_int_op(smartlist_len(copy->peers), OP_EQ, 3);
  for (int i = 0; i < 3; ++i) {
    tt_ptr_op(smartlist_get(copy->peers, i), OP_NE,
              smartlist_get(config->peers, i));
    tt_mem_op(smartlist_get(copy->peers, i), OP_EQ,
              smartlist_get(config->peers, i), ED25519_PUBKEY_LEN);
  }
  tt_str_op(copy->node_id, OP_EQ, "alpha");
  tt_u64_op(copy->refresh_interval, OP_EQ, config->refresh_interval);
  tt_int_op(copy->max_peers, OP_EQ, config->max_peers);
  tt_ptr_op(copy->probe_path, OP_NE, config->probe_path);
  tt_str_op(copy->probe_path, OP_EQ, config->probe_path);

  rb_config_free(none);
  tt_ptr_op(none, OP_EQ, NULL);

 done:
  rb_config_free(config);
  rb_config_free(copy);
}

/** The node id is empty, for the default, or 1 to 32 sound characters. */
static void
test_rbalance_settings_node_id(void *arg)
{
  rb_config_t *config = rbt_make_config();
  (void) arg;

  strlcpy(config->node_id, "ABCxyz019_-", sizeof(config->node_id));
  tt_assert(has_fault(config, false, NULL));
  strlcpy(config->node_id, "12345678901234567890123456789012",
          sizeof(config->node_id));
  tt_int_op(strlen(config->node_id), OP_EQ, 32);
  tt_assert(has_fault(config, false, NULL));
  strlcpy(config->node_id, "a node", sizeof(config->node_id));
  tt_assert(has_fault(config, false, "HiddenServiceBalanceNodeId is "
                      "\"a node\", but must be 1 to 32 characters of "
                      "A-Z a-z 0-9 _ -"));

 done:
  rb_config_free(config);
}

/** A number of the settings and its bounds. */
typedef struct number_case_t {
  size_t offset;
  int min;
  int max;
  const char *too_small;
  const char *too_large;
} number_case_t;

/** Each number is taken at its bounds and refused beyond them, in a testing
 * network, too. */
static void
test_rbalance_settings_numbers(void *arg)
{
  static const number_case_t cases[] = {
    { offsetof(rb_config_t, max_intro_points), 3, 20,
      "HiddenServiceBalanceMaxIntroPoints is 2, but must be at least 3",
      "HiddenServiceBalanceMaxIntroPoints is 21, but must be at most 20" },
    { offsetof(rb_config_t, max_peers), 1, 1024,
      "HiddenServiceBalanceMaxPeers is 0, but must be at least 1",
      "HiddenServiceBalanceMaxPeers is 1025, but must be at most 1024" },
    { offsetof(rb_config_t, target_circuits), 1, 64,
      "HiddenServiceBalanceTargetCircuits is 0, but must be at least 1",
      "HiddenServiceBalanceTargetCircuits is 65, but must be at most 64" },
    { offsetof(rb_config_t, target_streams), 1, 1000000,
      "HiddenServiceBalanceTargetStreams is 0, but must be at least 1",
      "HiddenServiceBalanceTargetStreams is 1000001, but must be at most "
      "1000000" },
    { offsetof(rb_config_t, dead_threshold), 1, 1000,
      "HiddenServiceBalanceDeadThreshold is 0, but must be at least 1",
      "HiddenServiceBalanceDeadThreshold is 1001, but must be at most "
      "1000" },
  };
  rb_config_t *config = rbt_make_config();
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    int *value = (int *) STRUCT_VAR_P(config, cases[i].offset);
    const int good = *value;
    for (int is_testing = 0; is_testing < 2; ++is_testing) {
      *value = cases[i].min;
      tt_assert(has_fault(config, is_testing, NULL));
      *value = cases[i].max;
      tt_assert(has_fault(config, is_testing, NULL));
      *value = cases[i].min - 1;
      tt_assert(has_fault(config, is_testing, cases[i].too_small));
      *value = cases[i].max + 1;
      tt_assert(has_fault(config, is_testing, cases[i].too_large));
    }
    *value = good;
  }

 done:
  rb_config_free(config);
}

/** A time of the settings and its lower bound; the upper one is a day. */
typedef struct time_case_t {
  const char *option;
  size_t offset;
  uint64_t min;
} time_case_t;

/** Check <b>value</b> of the time <b>c</b> of <b>config</b> against the
 * bound <b>min</b>.  Return true iff it is judged right. */
static bool
time_is_judged(rb_config_t *config, const time_case_t *c, bool is_testing,
               uint64_t value, uint64_t min)
{
  uint64_t *field = STRUCT_VAR_P(config, c->offset);
  const uint64_t good = *field;
  char *expected = NULL;
  bool r;

  if (value < min) {
    tor_asprintf(&expected, "%s is %" PRIu64 " seconds, but must be at least "
                 "%" PRIu64 " seconds", c->option, value / SEC, min / SEC);
  } else if (value > DAY) {
    tor_asprintf(&expected, "%s is %" PRIu64 " seconds, but must be at most "
                 "86400 seconds", c->option, value / SEC);
  }
  *field = value;
  r = has_fault(config, is_testing, expected);
  *field = good;
  tor_free(expected);
  return r;
}

/** Each time is taken at its bounds and refused beyond them; in a testing
 * network the lower bound is one second. */
static void
test_rbalance_settings_times(void *arg)
{
#define CASE(option, field, min) \
  { "HiddenServiceBalance" option, offsetof(rb_config_t, field), min }
  static const time_case_t cases[] = {
    CASE("HeartbeatInterval", heartbeat_interval, SEC),
    CASE("PingInterval", ping_interval, SEC),
    CASE("HeartbeatTimeout", heartbeat_timeout, SEC),
    CASE("LeaseDuration", lease_duration, SEC),
    CASE("TakeoverGrace", takeover_grace, 30 * SEC),
    CASE("BackoffJitter", backoff_jitter, 0),
    CASE("ClockSkew", clock_skew, SEC),
    CASE("TargetTimeout", target_timeout, SEC),
    CASE("TargetHeadTimeout", head_timeout, SEC),
    CASE("TargetIdleTimeout", idle_timeout, SEC),
    CASE("ProbeTimeout", probe_timeout, SEC),
    CASE("DescriptorMaxAge", descriptor_max_age, 60 * SEC),
    CASE("RefreshInterval", refresh_interval, 60 * SEC),
  };
#undef CASE
  rb_config_t *config = rbt_make_config();
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    for (int is_testing = 0; is_testing < 2; ++is_testing) {
      const time_case_t *c = &cases[i];
      const uint64_t min = is_testing && c->min ? SEC : c->min;
      /* So that a time has no other to fit to. */
      config->heartbeat_interval = SEC;
      config->heartbeat_timeout = config->lease_duration = DAY;
      config->probe_interval = DAY;
      if (c->offset == offsetof(rb_config_t, heartbeat_timeout) ||
          c->offset == offsetof(rb_config_t, lease_duration)) {
        tt_assert(time_is_judged(config, c, is_testing, 2 * SEC, min));
      } else if (c->offset != offsetof(rb_config_t, heartbeat_interval)) {
        tt_assert(time_is_judged(config, c, is_testing, DAY, min));
        tt_assert(time_is_judged(config, c, is_testing, min, min));
      } else {
        tt_assert(time_is_judged(config, c, is_testing, DAY - SEC, min));
      }
      tt_assert(time_is_judged(config, c, is_testing, DAY + SEC, min));
      if (min > SEC) {
        tt_assert(time_is_judged(config, c, is_testing, min - SEC, min));
      }
      /* The refresh interval may be 0: tor decides then. */
      if (min && c->offset != offsetof(rb_config_t, refresh_interval)) {
        tt_assert(time_is_judged(config, c, is_testing, 0, min));
      }
    }
  }
  config->refresh_interval = 0;
  tt_assert(has_fault(config, false, NULL));

 done:
  rb_config_free(config);
}

/** Timeout and lease must outlast a heartbeat interval. */
static void
test_rbalance_settings_heartbeats(void *arg)
{
  rb_config_t *config = rbt_make_config();
  (void) arg;

  config->heartbeat_timeout = 11 * SEC;
  config->lease_duration = 11 * SEC;
  tt_assert(has_fault(config, false, NULL));
  config->heartbeat_timeout = 10 * SEC;
  tt_assert(has_fault(config, false, "HiddenServiceBalanceHeartbeatTimeout "
                      "is 10 seconds, but must be longer than "
                      "HiddenServiceBalanceHeartbeatInterval, 10 seconds"));
  config->heartbeat_timeout = 9 * SEC;
  tt_assert(has_fault(config, true, "HiddenServiceBalanceHeartbeatTimeout "
                      "is 9 seconds, but must be longer than "
                      "HiddenServiceBalanceHeartbeatInterval, 10 seconds"));
  config->heartbeat_timeout = 11 * SEC;
  config->lease_duration = 10 * SEC;
  tt_assert(has_fault(config, false, "HiddenServiceBalanceLeaseDuration "
                      "is 10 seconds, but must be longer than "
                      "HiddenServiceBalanceHeartbeatInterval, 10 seconds"));

 done:
  rb_config_free(config);
}

/** More peers than we keep track of can't be named. */
static void
test_rbalance_settings_peers(void *arg)
{
  rb_config_t *config = rbt_make_config();
  ed25519_keypair_t keys;
  (void) arg;

  config->max_peers = 2;
  for (uint8_t seed = 1; seed <= 3; ++seed) {
    tt_assert(has_fault(config, false, NULL));
    rbt_fill_key(seed, &keys);
    smartlist_add(config->peers, tor_memdup(&keys.pubkey,
                                            sizeof(keys.pubkey)));
  }
  tt_assert(has_fault(config, false, "HiddenServiceBalancePeer is given 3 "
                      "times, but HiddenServiceBalanceMaxPeers is 2"));

 done:
  rb_config_free(config);
}

/** There is an end to targets, too. */
static void
test_rbalance_settings_targets(void *arg)
{
  rb_config_t *config = rbt_make_config();
  char *fault = NULL;
  (void) arg;

  for (int i = 0; i < RB_MAX_TARGETS; ++i) {
    rb_target_t *target = rb_target_parse("80 tcp://127.0.0.1:80", &fault);
    tt_assert(target);
    smartlist_add(config->targets, target);
  }
  tt_assert(has_fault(config, false, NULL));
  smartlist_add(config->targets,
                rb_target_parse("80 tcp://127.0.0.1:80", &fault));
  tt_assert(has_fault(config, false, "HiddenServiceBalanceTarget is given 65 "
                      "times, but there may be at most 64 targets"));

 done:
  rb_config_free(config);
  tor_free(fault);
}

/** The path of a probe can stand in a request. */
static void
test_rbalance_settings_probe_path(void *arg)
{
  static const char *const bad[] = {
    "", "health", "/a b", "/a\tb", "/a\r\nX: y", "/a#b", "/\x7f", "/\xc3\xa4",
    "http://a/",
  };
  rb_config_t *config = rbt_make_config();
  char *fault = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    tor_free(config->probe_path);
    config->probe_path = tor_strdup(bad[i]);
    fault = rb_config_find_fault(config, true);
    tt_ptr_op(fault, OP_NE, NULL);
    tt_assert(!strcmpstart(fault, "HiddenServiceBalanceProbePath is \""));
    tt_ptr_op(strchr(fault, '\n'), OP_EQ, NULL);
    tor_free(fault);
  }
  tor_free(config->probe_path);
  config->probe_path = tor_strdup("/");
  tt_assert(has_fault(config, false, NULL));
  tor_free(config->probe_path);
  config->probe_path = tor_strdup("/~a/%20?b=c&d=[e]");
  tt_assert(has_fault(config, false, NULL));

  tor_free(config->probe_path);
  config->probe_path = tor_malloc_zero(RB_MAX_PROBE_PATH_LEN + 2);
  memset(config->probe_path, '/', RB_MAX_PROBE_PATH_LEN);
  tt_assert(has_fault(config, false, NULL));
  config->probe_path[RB_MAX_PROBE_PATH_LEN] = '/';
  fault = rb_config_find_fault(config, false);
  tt_ptr_op(fault, OP_NE, NULL);
 done:
  tor_free(fault);
  rb_config_free(config);
}

/** A probe may take as long as the interval, but not longer, unless nothing is
 * probed. */
static void
test_rbalance_settings_probe_times(void *arg)
{
  rb_config_t *config = rbt_make_config();
  (void) arg;

  config->probe_timeout = config->probe_interval = 3000;
  tt_assert(has_fault(config, false, NULL));
  config->probe_timeout = 4000;
  tt_assert(has_fault(config, false, "HiddenServiceBalanceProbeTimeout is 4 "
                      "seconds, but must not be longer than "
                      "HiddenServiceBalanceProbeInterval, 3 seconds"));
  config->probe_interval = 0;
  tt_assert(has_fault(config, false, NULL));
  config->probe_interval = DAY + SEC;
  tt_assert(has_fault(config, false, "HiddenServiceBalanceProbeInterval is "
                      "86401 seconds, but must be at most 86400 seconds"));
 done:
  rb_config_free(config);
}

struct testcase_t rbalance_settings_tests[] = {
  { "defaults", test_rbalance_settings_defaults, TT_FORK, NULL, NULL },
  { "dup", test_rbalance_settings_dup, TT_FORK, NULL, NULL },
  { "node_id", test_rbalance_settings_node_id, TT_FORK, NULL, NULL },
  { "numbers", test_rbalance_settings_numbers, TT_FORK, NULL, NULL },
  { "times", test_rbalance_settings_times, TT_FORK, NULL, NULL },
  { "heartbeats", test_rbalance_settings_heartbeats, TT_FORK, NULL, NULL },
  { "peers", test_rbalance_settings_peers, TT_FORK, NULL, NULL },
  { "probe_path", test_rbalance_settings_probe_path, TT_FORK, NULL, NULL },
  { "probe_times", test_rbalance_settings_probe_times, TT_FORK, NULL, NULL },
  { "targets", test_rbalance_settings_targets, TT_FORK, NULL, NULL },
  END_OF_TESTCASES
};
