/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_config.c
 * @brief Test the HiddenServiceBalance options, through tor's own parser.
 **/

#define CONFIG_PRIVATE
#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/log_test_helpers.h"
#include "test/rbalance_test_helpers.h"
#include "test/test_helpers.h"

#include "app/config/config.h"
#include "feature/hs/hs_common.h"
#include "feature/hs/hs_config.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_registry.h"
#include "feature/rbalance/rbalance_settings.h"
#include "lib/crypt_ops/crypto_ed25519.h"
#include "lib/fs/dir.h"
#include "lib/fs/files.h"

/** Onion addresses of the nodes with the keys that 1 and 2 make. */
static char node_1[HS_SERVICE_ADDR_LEN_BASE32 + 1];
static char node_2[HS_SERVICE_ADDR_LEN_BASE32 + 1];

/** Directory of the service of the test that runs. */
static const char *service_dir = NULL;

/** Return the path of the file <b>fname</b> in the directory of the service,
 * in a static buffer. */
static const char *
path_of(const char *fname)
{
  static char path[PATH_MAX];
  tor_snprintf(path, sizeof(path), "%s%s", get_fname(service_dir), fname);
  return path;
}

/** Return the result of tor's parser for a service with <b>lines</b>, after
 * <b>head</b>.  It only validates, unless <b>is_real</b>. */
static int
configure(const char *head, const char *lines, bool is_real)
{
  or_options_t *options;
  char *conf = NULL;
  int r;

  /* The parser of the tests sets no defaults outside of a service. */
  tor_asprintf(&conf, "FetchHidServDescriptors 1\n%s"
               "HiddenServiceDir %s\nHiddenServicePort 80\n%s",
               head, path_of(""), lines);
  options = helper_parse_options(conf);
  tor_free(conf);
  if (!options) {
    return -2;
  }
  r = hs_config_service_all(options, !is_real);
  or_options_free(options);
  return r;
}

/** Configure a service with <b>lines</b> and return it, registered, or
 * NULL. */
static const hs_service_t *
make_service(const char *lines)
{
  hs_init();
  if (configure("", lines, true) < 0 || hs_service_load_all_keys() < 0) {
    return NULL;
  }
  return get_first_service();
}

/** Undo make_service(). */
static void
free_services(void)
{
  hs_free_all();
  rb_services_free_all();
}

/** Return true iff a service with <b>lines</b>, after <b>head</b>, is refused
 * with a warning that contains <b>expected</b>. */
static bool
is_refused(const char *head, const char *lines, const char *expected)
{
  bool r = false;
  setup_full_capture_of_logs(LOG_WARN);
  tt_int_op(configure(head, lines, false), OP_EQ, -1);
  expect_log_msg_containing(expected);
  /* It says which service, too. */
  expect_log_msg_containing(path_of(""));
  r = true;
 done:
  teardown_capture_of_logs();
  return r;
}

/** A keyless node needs the public key, reads no secret one even if it is
 * there, and makes none. */
static void
test_rbalance_config_keyless(void *arg)
{
  static const char lines[] =
    "HiddenServiceBalance 1\nHiddenServiceBalanceKeyless 1\n";
  ed25519_keypair_t keys;
  const hs_service_t *service;
  smartlist_t *tokens = NULL;
  (void) arg;

  service_dir = "keyless";
  tt_assert(is_refused("", lines, "HiddenServiceBalanceKeyless is 1, but "));
  tt_int_op(check_private_dir(path_of(""), CPD_CREATE, NULL), OP_EQ, 0);
  tt_int_op(write_str_to_file(path_of("/hs_ed25519_public_key"), "x", 1),
            OP_EQ, 0);
  tt_assert(is_refused("", lines, "HiddenServiceBalanceKeyless is 1, but "));

  ed25519_keypair_generate(&keys, 0);
  tt_int_op(ed25519_pubkey_write_to_file(&keys.pubkey,
              path_of("/hs_ed25519_public_key"), "type0"), OP_EQ, 0);
  tt_int_op(rb_keys_load(path_of(""), true, &keys, &tokens), OP_EQ, 0);
  service = make_service(lines);
  tt_assert(service);
  tt_assert(service->keys.is_identify_key_offline);
  tt_assert(safe_mem_is_zero(&service->keys.identity_sk,
                             sizeof(service->keys.identity_sk)));
  tt_int_op(file_status(path_of("/hs_ed25519_secret_key")), OP_EQ, FN_NOENT);
 done:
  rb_tokens_free(tokens);
  free_services();
}

/** Without HiddenServiceBalance 1 there are no settings, whatever the other
 * options say. */
static void
test_rbalance_config_off(void *arg)
{
  const hs_service_t *service;
  (void) arg;

  service = make_service("HiddenServiceBalance 0\n"
                         "HiddenServiceBalanceNodeId alpha\n"
                         "HiddenServiceBalancePeer nonsense\n"
                         "HiddenServiceBalanceMaxPeers 0\n");
  tt_assert(service);
  tt_ptr_op(service->config.rbalance, OP_EQ, NULL);
  tt_ptr_op(rb_services_find(&service->keys.identity_pk), OP_EQ, NULL);
  tt_int_op(file_status(path_of("/rbalance")), OP_EQ, FN_NOENT);
  free_services();

  service = make_service("");
  tt_assert(service);
  tt_ptr_op(service->config.rbalance, OP_EQ, NULL);

 done:
  free_services();
}

/** The defaults are those of doc/, which the helpers repeat. */
static void
test_rbalance_config_defaults(void *arg)
{
  const hs_service_t *service;
  rb_config_t *expected = rbt_make_config();
  const rb_config_t *config;
  (void) arg;

  service = make_service("HiddenServiceBalance 1\n");
  tt_assert(service);
  config = service->config.rbalance;
  tt_assert(config);
  tt_str_op(config->node_id, OP_EQ, "");
  tt_int_op(smartlist_len(config->peers), OP_EQ, 0);
  tt_int_op(config->priority, OP_EQ, expected->priority);
  tt_int_op(config->max_intro_points, OP_EQ, expected->max_intro_points);
  tt_int_op(config->max_peers, OP_EQ, expected->max_peers);
  tt_int_op(config->dead_threshold, OP_EQ, expected->dead_threshold);
  tt_int_op(config->target_circuits, OP_EQ, expected->target_circuits);
  tt_int_op(config->target_streams, OP_EQ, expected->target_streams);
  tt_int_op(smartlist_len(config->targets), OP_EQ, 0);
#define CHECK(field) tt_u64_op(config->field, OP_EQ, expected->field)
  CHECK(heartbeat_interval);
  CHECK(ping_interval);
  CHECK(heartbeat_timeout);
  CHECK(lease_duration);
  CHECK(takeover_grace);
  CHECK(backoff_jitter);
  CHECK(fast_takeover);
  CHECK(clock_skew);
  CHECK(refresh_interval);
  CHECK(descriptor_max_age);
  CHECK(audit_interval);
  CHECK(target_timeout);
  CHECK(head_timeout);
  CHECK(idle_timeout);
  CHECK(probe_interval);
  CHECK(probe_timeout);
  CHECK(probe_delay);
#undef CHECK
  tt_str_op(config->probe_path, OP_EQ, expected->probe_path);
  tt_assert(rb_services_find(&service->keys.identity_pk));

 done:
  rb_config_free(expected);
  free_services();
}

/** Each option reaches its setting; a peer that is named twice counts
 * once. */
static void
test_rbalance_config_all(void *arg)
{
  const hs_service_t *service;
  const rb_config_t *config;
  ed25519_keypair_t keys;
  char *lines = NULL;
  (void) arg;

  tor_asprintf(&lines, "HiddenServiceBalance 1\n"
               "HiddenServiceBalanceNodeId Node_1-a\n"
               "HiddenServiceBalancePriority 65535\n"
               "HiddenServiceBalancePeer %s.onion\n"
               "HiddenServiceBalancePeer %s.onion\n"
               "HiddenServiceBalancePeer %s.onion\n"
               "HiddenServiceBalanceMaxIntroPoints 3\n"
               "HiddenServiceBalanceMaxPeers 2\n"
               "HiddenServiceBalanceHeartbeatInterval 11 seconds\n"
               "HiddenServiceBalancePingInterval 3\n"
               "HiddenServiceBalanceHeartbeatTimeout 1 minute\n"
               "HiddenServiceBalanceDeadThreshold 5\n"
               "HiddenServiceBalanceLeaseDuration 2 minutes\n"
               "HiddenServiceBalanceTakeoverGrace 1 hour\n"
               "HiddenServiceBalanceBackoffJitter 0\n"
               "HiddenServiceBalanceClockSkew 1 day\n"
               "HiddenServiceBalanceRefreshInterval 0\n"
               "HiddenServiceBalanceProbePath /is/it?well=1\n"
               "HiddenServiceBalanceProbeInterval 20 seconds\n"
               "HiddenServiceBalanceProbeTimeout 20 seconds\n",
               node_1, node_2, node_1);
  service = make_service(lines);
  tt_assert(service);
  config = service->config.rbalance;
  tt_assert(config);
  tt_str_op(config->node_id, OP_EQ, "Node_1-a");
  tt_int_op(config->priority, OP_EQ, 65535);
  tt_int_op(smartlist_len(config->peers), OP_EQ, 2);
  rbt_fill_key(1, &keys);
  tt_mem_op(smartlist_get(config->peers, 0), OP_EQ, &keys.pubkey,
            sizeof(keys.pubkey));
  rbt_fill_key(2, &keys);
  tt_mem_op(smartlist_get(config->peers, 1), OP_EQ, &keys.pubkey,
            sizeof(keys.pubkey));
  tt_int_op(config->max_intro_points, OP_EQ, 3);
  tt_int_op(config->max_peers, OP_EQ, 2);
  tt_u64_op(config->heartbeat_interval, OP_EQ, 11000);
  tt_u64_op(config->ping_interval, OP_EQ, 3000);
  tt_u64_op(config->heartbeat_timeout, OP_EQ, 60000);
  tt_int_op(config->dead_threshold, OP_EQ, 5);
  tt_u64_op(config->lease_duration, OP_EQ, 120000);
  tt_u64_op(config->takeover_grace, OP_EQ, 3600000);
  tt_u64_op(config->backoff_jitter, OP_EQ, 0);
  tt_u64_op(config->clock_skew, OP_EQ, 86400000);
  tt_u64_op(config->refresh_interval, OP_EQ, 0);
  tt_str_op(config->probe_path, OP_EQ, "/is/it?well=1");
  tt_u64_op(config->probe_interval, OP_EQ, 20000);
  tt_u64_op(config->probe_timeout, OP_EQ, 20000);

 done:
  tor_free(lines);
  free_services();
}

/** A target becomes a port of the service, beside those of
 * HiddenServicePort; what is none is refused. */
static void
test_rbalance_config_targets(void *arg)
{
  const hs_service_t *service;
  const hs_port_config_t *port;
  const rb_target_t *target;
  ed25519_keypair_t keys;
  char *lines = NULL, *bad = NULL;
  (void) arg;

  tor_asprintf(&lines, "HiddenServiceBalance 1\n"
               "HiddenServiceBalanceTarget 22 tcp://%s.onion:2222\n"
               "HiddenServiceBalanceTarget 23 tcp://127.0.0.1:2323\n"
               "HiddenServiceBalanceTargetCircuits 64\n"
               "HiddenServiceBalanceTargetTimeout 1 minute\n", node_1);
  service = make_service(lines);
  tt_assert(service);
  tt_int_op(smartlist_len(service->config.rbalance->targets), OP_EQ, 2);
  target = smartlist_get(service->config.rbalance->targets, 0);
  rbt_fill_key(1, &keys);
  tt_assert(ed25519_pubkey_eq(&target->key, &keys.pubkey));
  tt_int_op(service->config.rbalance->target_circuits, OP_EQ, 64);
  tt_u64_op(service->config.rbalance->target_timeout, OP_EQ, 60000);
  tt_int_op(smartlist_len(service->config.ports), OP_EQ, 3);
  port = smartlist_get(service->config.ports, 1);
  tt_int_op(port->virtual_port, OP_EQ, 22);
  tt_int_op(tor_addr_family(&port->real_addr), OP_EQ, AF_UNSPEC);
  port = smartlist_get(service->config.ports, 2);
  tt_int_op(port->virtual_port, OP_EQ, 23);
  tt_int_op(port->real_port, OP_EQ, 2323);

  tt_assert(is_refused("", "HiddenServiceBalance 1\n"
                       "HiddenServiceBalanceTarget 80 ftp://a:1\n",
                       "HiddenServiceBalanceTarget is \"80 ftp://a:1\", "
                       "but its second word must begin with tcp://"));
  /* The last but one character belongs to the checksum. */
  bad = tor_strdup(node_1);
  bad[54] = bad[54] == 'a' ? 'b' : 'a';
  tor_free(lines);
  tor_asprintf(&lines, "HiddenServiceBalance 1\n"
               "HiddenServiceBalanceTarget 80 tcp://%s.onion:80\n", bad);
  tt_assert(is_refused("", lines, "is not a valid version 3 onion address"));
 done:
  tor_free(lines);
  tor_free(bad);
  free_services();
}

/** Put the key that <b>seed</b> makes, of an onion service, into the directory
 * <b>sub</b> of the service: as its public key, or as its address. */
static void
write_key(const char *sub, uint8_t seed, bool as_address)
{
  char address[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *path = NULL, *text = NULL;
  ed25519_keypair_t keys;

  rbt_fill_key(seed, &keys);
  tor_assert(check_private_dir(path_of(""), CPD_CREATE, NULL) == 0);
  tor_assert(check_private_dir(path_of(sub), CPD_CREATE, NULL) == 0);
  tor_asprintf(&path, "%s/%s", path_of(sub),
               as_address ? "hostname" : "hs_ed25519_public_key");
  if (as_address) {
    hs_build_address(&keys.pubkey, HS_VERSION_THREE, address);
    tor_asprintf(&text, "%s.onion\n", address);
    tor_assert(write_str_to_file(path, text, 0) == 0);
  } else {
    tor_assert(ed25519_pubkey_write_to_file(&keys.pubkey, path,
                                            "type0") == 0);
  }
  tor_free(path);
  tor_free(text);
}

/** A target that is the service or one of its nodes is refused, as far as the
 * files and settings tell, whatever it speaks. */
static void
test_rbalance_config_loops(void *arg)
{
  static const struct {
    /** Where a key is put, and how; or NULL if the peer is named. */
    const char *sub;
    bool as_address;
    const char *reason;
  } cases[] = {
    { "", true, "is this onion service itself" },
    { "", false, "is this onion service itself" },
    { "/rbalance", true, "is the address of this node" },
    { "/rbalance", false, "is the address of this node" },
    { NULL, false, "is the address of a node, by HiddenServiceBalancePeer" },
  };
  static const char *const schemes[] = { "tcp", "tls", "http", "https" };
  char *lines = NULL, *expected = NULL;
  (void) arg;

  hs_init();
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    const char *scheme = schemes[i % ARRAY_LENGTH(schemes)];
    service_dir = i == 0 ? "loops0" : i == 1 ? "loops1" : i == 2 ? "loops2" :
      i == 3 ? "loops3" : "loops4";
    tor_asprintf(&lines, "HiddenServiceBalance 1\n"
                 "HiddenServiceBalanceTarget 81 tcp://127.0.0.1:81\n"
                 "HiddenServiceBalanceTarget 80 %s://%s.onion:80\n%s%s%s",
                 scheme, node_1, cases[i].sub ? "" :
                 "HiddenServiceBalancePeer ", cases[i].sub ? "" : node_1,
                 cases[i].sub ? "" : ".onion\n");
    tor_asprintf(&expected, "HiddenServiceBalanceTarget is \"80 "
                 "%s://%s.onion:80\", but that %s", scheme, node_1,
                 cases[i].reason);
    if (cases[i].sub) {
      /* What is there of others is no reason. */
      tt_int_op(configure("", lines, false), OP_EQ, 0);
      write_key(cases[i].sub, 2, cases[i].as_address);
      tt_int_op(configure("", lines, false), OP_EQ, 0);
      write_key(cases[i].sub, 1, cases[i].as_address);
    }
    tt_assert(is_refused("", lines, expected));
    tor_free(lines);
    tor_free(expected);
  }
 done:
  tor_free(lines);
  tor_free(expected);
  free_services();
}

/** The line that HiddenServiceExportCircuitID sends goes with streams of
 * bytes only. */
static void
test_rbalance_config_export(void *arg)
{
  static const char *const schemes[] = { "tcp", "tls", "http", "https" };
  char *lines = NULL;
  (void) arg;

  hs_init();
  for (size_t i = 0; i < ARRAY_LENGTH(schemes); ++i) {
    tor_asprintf(&lines, "HiddenServiceBalance 1\n"
                 "HiddenServiceExportCircuitID haproxy\n"
                 "HiddenServiceBalanceTarget 80 %s://127.0.0.1:80\n",
                 schemes[i]);
    if (i == 0) {
      tt_int_op(configure("", lines, false), OP_EQ, 0);
    } else {
      tt_assert(is_refused("", lines, "does not go with "
                           "HiddenServiceExportCircuitID"));
    }
    tor_free(lines);
  }
 done:
  tor_free(lines);
  free_services();
}

/** What goes beyond a bound is refused; the bounds themselves are tested in
 * test_rbalance_settings.c. */
static void
test_rbalance_config_numbers(void *arg)
{
  static const struct {
    const char *lines;
    const char *expected;
  } cases[] = {
    { "NodeId a.b", "HiddenServiceBalanceNodeId is \"a.b\", but must be 1 to "
      "32 characters of A-Z a-z 0-9 _ -" },
    { "NodeId 123456789012345678901234567890123",
      "HiddenServiceBalanceNodeId is \"123456789012345678901234567890123\"" },
    { "Priority 65536", "HiddenServiceBalancePriority is 65536, but must be "
      "at most 65535" },
    { "MaxIntroPoints 2", "HiddenServiceBalanceMaxIntroPoints is 2, but" },
    { "MaxPeers 1025", "HiddenServiceBalanceMaxPeers is 1025, but" },
    { "DeadThreshold 0", "HiddenServiceBalanceDeadThreshold is 0, but" },
    { "HeartbeatInterval 0", "HiddenServiceBalanceHeartbeatInterval is 0 "
      "seconds, but must be at least 1 seconds" },
    { "HeartbeatTimeout 10", "HiddenServiceBalanceHeartbeatTimeout is 10 "
      "seconds, but must be longer than" },
    { "LeaseDuration 10", "HiddenServiceBalanceLeaseDuration is 10 seconds" },
    { "TakeoverGrace 29", "HiddenServiceBalanceTakeoverGrace is 29 seconds" },
    { "RefreshInterval 59", "HiddenServiceBalanceRefreshInterval is 59 s" },
    { "ClockSkew 2 days", "HiddenServiceBalanceClockSkew is 172800 seconds" },
    /* These are tor's own words. */
    { "Priority -1", "HiddenServiceBalancePriority" },
    { "PingInterval soon", "HiddenServiceBalancePingInterval" },
  };
  char *lines = NULL;
  (void) arg;

  hs_init();
  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    tor_asprintf(&lines, "HiddenServiceBalance 1\nHiddenServiceBalance%s\n",
                 cases[i].lines);
    setup_full_capture_of_logs(LOG_WARN);
    tt_int_op(configure("", lines, false), OP_EQ, -1);
    expect_log_msg_containing(cases[i].expected);
    teardown_capture_of_logs();
    tor_free(lines);
  }
  /* It is all the same with the default of 1 and 0. */
  tt_int_op(configure("", "HiddenServiceBalance 2\n", false), OP_EQ, -1);

 done:
  teardown_capture_of_logs();
  tor_free(lines);
  free_services();
}

/** Only onion addresses of version 3 name a peer, and no more than there may
 * be. */
static void
test_rbalance_config_peers(void *arg)
{
  char bad_checksum[HS_SERVICE_ADDR_LEN_BASE32 + 1];
  char *lines = NULL;
  char *expected = NULL;
  (void) arg;

  hs_init();
  strlcpy(bad_checksum, node_1, sizeof(bad_checksum));
  bad_checksum[53] = bad_checksum[53] == 'a' ? 'b' : 'a';
  const char *const bad[] = {
    node_1, "onion", "www.example.com", ".onion", "short.onion",
    "expyuzz4wqqyqhjn.onion", "www.expyuzz4wqqyqhjn.onion", bad_checksum,
  };
  for (size_t i = 0; i < ARRAY_LENGTH(bad); ++i) {
    tor_asprintf(&lines, "HiddenServiceBalance 1\n"
                 "HiddenServiceBalancePeer %s%s\n", bad[i],
                 bad[i] == bad_checksum ? ".onion" : "");
    tor_asprintf(&expected, "HiddenServiceBalancePeer is \"%s%s\", ", bad[i],
                 bad[i] == bad_checksum ? ".onion" : "");
    tt_assert(is_refused("", lines, expected));
    tor_free(lines);
    tor_free(expected);
  }
  tor_asprintf(&lines, "HiddenServiceBalance 1\n"
               "HiddenServiceBalanceMaxPeers 1\n"
               "HiddenServiceBalancePeer %s.onion\n"
               "HiddenServiceBalancePeer %s.onion\n", node_1, node_2);
  tt_assert(is_refused("", lines, "HiddenServiceBalancePeer is given 2 "
                       "times, but HiddenServiceBalanceMaxPeers is 1"));

 done:
  tor_free(lines);
  tor_free(expected);
  free_services();
}

/** Options that do not go together are refused by name. */
static void
test_rbalance_config_conflicts(void *arg)
{
#define ON "HiddenServiceBalance 1\n"
#define PREFIX "HiddenServiceBalance 1 does not go with "
  char *ob_config = NULL;
  (void) arg;

  hs_init();
  tt_int_op(check_private_dir(path_of(""), CPD_CREATE, NULL),
            OP_EQ, 0);
  tor_asprintf(&ob_config, "MasterOnionAddress %s.onion\n", node_1);
  tt_int_op(write_str_to_file(path_of("/ob_config"), ob_config, 0),
            OP_EQ, 0);
  tt_assert(is_refused("", ON "HiddenServiceOnionBalanceInstance 1\n",
                       PREFIX "HiddenServiceOnionBalanceInstance 1"));
  tt_assert(is_refused("HiddenServiceNonAnonymousMode 1\n"
                       "HiddenServiceSingleHopMode 1\n", ON,
                       PREFIX "HiddenServiceNonAnonymousMode 1"));
  tt_assert(is_refused("FetchHidServDescriptors 0\n", ON,
                       PREFIX "FetchHidServDescriptors 0"));
  tt_int_op(configure("", ON, false), OP_EQ, 0);

 done:
  tor_free(ob_config);
  free_services();
}

/** In a testing network every time may be as short as a second. */
static void
test_rbalance_config_testing(void *arg)
{
  static const char lines[] = ON
    "HiddenServiceBalanceHeartbeatInterval 1\n"
    "HiddenServiceBalancePingInterval 1\n"
    "HiddenServiceBalanceHeartbeatTimeout 2\n"
    "HiddenServiceBalanceLeaseDuration 2\n"
    "HiddenServiceBalanceTakeoverGrace 1\n"
    "HiddenServiceBalanceRefreshInterval 1\n";
  (void) arg;

  hs_init();
  tt_int_op(configure("TestingTorNetwork 1\n", lines, false), OP_EQ, 0);
  tt_assert(is_refused("", lines, "HiddenServiceBalanceTakeoverGrace is 1 "
                       "seconds, but must be at least 30 seconds"));

 done:
  free_services();
}

/** A token file that is no good is refused before anything starts, without a
 * word of its content. */
static void
test_rbalance_config_token(void *arg)
{
  char *path = NULL;
  (void) arg;

  hs_init();
  tt_int_op(configure("", ON, false), OP_EQ, 0);
  tt_int_op(file_status(path_of("/rbalance")), OP_EQ, FN_NOENT);

  tt_int_op(check_private_dir(path_of(""), CPD_CREATE, NULL),
            OP_EQ, 0);
  tt_int_op(check_private_dir(path_of("/rbalance"), CPD_CREATE,
                              NULL), OP_EQ, 0);
  path = tor_strdup(path_of("/rbalance/cluster_token"));
  tt_int_op(write_str_to_file(path, "hush\n", 0), OP_EQ, 0);
  tt_assert(is_refused("", ON, "a token has fewer than 32 characters"));
  setup_full_capture_of_logs(LOG_WARN);
  tt_int_op(configure("", ON, false), OP_EQ, -1);
  expect_log_msg_containing("cluster_token");
  expect_no_log_msg_containing("hush");
  teardown_capture_of_logs();

  tt_int_op(write_str_to_file(path, "0123456789abcdef0123456789abcdef\n", 0),
            OP_EQ, 0);
  tt_int_op(configure("", ON, false), OP_EQ, 0);
#undef ON
#undef PREFIX

 done:
  teardown_capture_of_logs();
  tor_free(path);
  free_services();
}

/** Fill in the addresses that the tests use, and the directory. */
static void *
setup_addresses(const struct testcase_t *testcase)
{
  ed25519_keypair_t keys;
  service_dir = testcase->name;
  rbt_fill_key(1, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, node_1);
  rbt_fill_key(2, &keys);
  hs_build_address(&keys.pubkey, HS_VERSION_THREE, node_2);
  return node_1;
}

/** There is nothing to undo.  Return 1. */
static int
cleanup_addresses(const struct testcase_t *testcase, void *arg)
{
  (void) testcase;
  (void) arg;
  return 1;
}

static const struct testcase_setup_t fixture = {
  setup_addresses, cleanup_addresses
};

#define TEST(name) \
  { #name, test_rbalance_config_ ## name, TT_FORK, &fixture, NULL }

struct testcase_t rbalance_config_tests[] = {
  TEST(off),
  TEST(defaults),
  TEST(all),
  TEST(numbers),
  TEST(peers),
  TEST(targets),
  TEST(loops),
  TEST(export),
  TEST(conflicts),
  TEST(testing),
  TEST(token),
  TEST(keyless),
  END_OF_TESTCASES
};
