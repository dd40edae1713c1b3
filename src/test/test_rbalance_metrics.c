/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_metrics.c
 * @brief Test what MetricsPort shows of the balanced services.
 **/

#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "app/config/config.h"
#include "feature/hs/hs_common.h"
#include "feature/rbalance/rbalance_desc.h"
#include "feature/rbalance/rbalance_metrics.h"
#include "lib/metrics/metrics_store.h"

/** Return all that is shown now, as a new text. */
static char *
scrape(void)
{
  buf_t *data = buf_new();
  size_t len = 0;
  char *text;
  SMARTLIST_FOREACH(rb_metrics_get_stores(), const metrics_store_t *, store,
    metrics_store_get_output(METRICS_FORMAT_PROMETHEUS, store, data));
  text = buf_extract(data, &len);
  buf_free(data);
  return text;
}

/** Return how often <b>needle</b> is in what is shown now. */
static int
count_in_scrape(const char *needle)
{
  char *text = scrape();
  int n = 0;
  for (const char *at = text; (at = strstr(at, needle)); ++at) {
    ++n;
  }
  tor_free(text);
  return n;
}

/** Return true iff the line tor_hs_balance_<b>line</b> is shown of
 * <b>service</b>, whose address ADDR stands for. */
static bool
is_shown(const rb_service_t *service, const char *line)
{
  smartlist_t *parts = smartlist_new();
  char *expected = NULL, *full = NULL;
  bool found;

  smartlist_split_string(parts, line, "ADDR", 0, 0);
  expected = smartlist_join_strings(parts, service->address, 0, NULL);
  tor_asprintf(&full, "\ntor_hs_balance_%s\n", expected);
  found = count_in_scrape(full) == 1;
  if (!found) {
    TT_DECLARE("FAIL", ("%s is not shown", expected));
  }
  SMARTLIST_FOREACH(parts, char *, part, tor_free(part));
  smartlist_free(parts);
  tor_free(expected);
  tor_free(full);
  return found;
}

/** Without a balanced service there is nothing to see. */
static void
test_rbalance_metrics_nothing(void *arg)
{
  char *text = scrape();
  (void) arg;
  tt_str_op(text, OP_EQ, "");
 done:
  tor_free(text);
}

/** All there is to see of a standby with one peer. */
static void
test_rbalance_metrics_standby(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  rb_state_t *state = balanced->state;
  smartlist_t *sets = smartlist_new();
  rb_peer_t *peer;
  (void) arg;

  smartlist_add(sets, rbt_make_desc_set(service->desc_current, 20, 1));
  smartlist_add(sets, rbt_make_desc_set(service->desc_next, 30, 2));
  peer = rbt_add_peer(balanced, 2, "Beta", sets);
  rbt_add_intro_point(service->desc_current, 1, true);
  rbt_add_intro_point(service->desc_next, 2, true);
  rb_desc_report_points(balanced, service);
  peer->rtt = 340;
  peer->skew = -12;
  rbt_add_channel(balanced, NULL, 2, false)->is_up = true;
  rbt_add_channel(balanced, NULL, 2, false);
  balanced->counters.uploads[RB_RESULT_FAILED] = 3;
  balanced->counters.takeovers = 4;
  balanced->counters.joins_accepted = 5;
  balanced->counters.repairs[RB_KIND_STEP_DOWN] = 6;
  state->dropped[RB_DROP_OLD_RECORD] = 7;
  state->audit.n_newer = 11;
  state->n_heartbeats_sent = 8;
  state->n_heartbeats_received = 9;
  state->last_upload_ok_ts = (uint64_t) approx_time() - 10;
  state->role = RB_ROLE_STANDBY;

  tt_assert(is_shown(balanced, "peers{onion=\"ADDR\",state=\"healthy\"} 1"));
  tt_assert(is_shown(balanced, "peers{onion=\"ADDR\",state=\"dead\"} 0"));
  tt_assert(is_shown(balanced, "publisher{onion=\"ADDR\"} 0"));
  tt_assert(is_shown(balanced, "points{onion=\"ADDR\",desc=\"current\","
                               "owner=\"own\"} 1"));
  tt_assert(is_shown(balanced, "points{onion=\"ADDR\",desc=\"next\","
                               "owner=\"peer\"} 2"));
  tt_assert(is_shown(balanced, "publish_total{onion=\"ADDR\","
                               "result=\"failed\"} 3"));
  tt_assert(is_shown(balanced, "publish_total{onion=\"ADDR\","
                               "result=\"ok\"} 0"));
  tt_assert(is_shown(balanced, "takeovers_total{onion=\"ADDR\"} 4"));
  tt_assert(is_shown(balanced, "joins_total{onion=\"ADDR\","
                               "result=\"accepted\"} 5"));
  tt_assert(is_shown(balanced, "repairs_total{onion=\"ADDR\","
                               "action=\"step_down\"} 6"));
  tt_assert(is_shown(balanced, "messages_dropped_total{onion=\"ADDR\","
                               "reason=\"old_record\"} 7"));
  tt_assert(is_shown(balanced, "heartbeats_total{onion=\"ADDR\","
                               "direction=\"sent\"} 8"));
  tt_assert(is_shown(balanced, "heartbeats_total{onion=\"ADDR\","
                               "direction=\"received\"} 9"));
  tt_assert(is_shown(balanced, "newer_found_total{onion=\"ADDR\"} 11"));
  tt_assert(is_shown(balanced, "streams{onion=\"ADDR\",kind=\"peer\"} 1"));
  tt_assert(is_shown(balanced, "peer_rtt_seconds{onion=\"ADDR\","
                               "node=\"Beta\"} 0.340"));
  tt_assert(is_shown(balanced, "clock_skew_seconds{onion=\"ADDR\","
                               "node=\"Beta\"} -0.012"));
  tt_int_op(count_in_scrape("descriptor_age"), OP_EQ, 0);

 done:
  ;
}

/** The age of the descriptor is shown on the publisher, once it published. */
static void
test_rbalance_metrics_age(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  rb_state_t *state = balanced->state;
  (void) arg;

  state->role = RB_ROLE_PUBLISHER;
  tt_int_op(count_in_scrape("descriptor_age"), OP_EQ, 0);
  tt_assert(is_shown(balanced, "publisher{onion=\"ADDR\"} 1"));
  state->last_upload_ok_ts = (uint64_t) approx_time() - 10;
  tt_assert(is_shown(balanced, "descriptor_age_seconds{onion=\"ADDR\"} 10"));
  /* The clock was set back. */
  state->last_upload_ok_ts = (uint64_t) approx_time() + 10;
  tt_assert(is_shown(balanced, "descriptor_age_seconds{onion=\"ADDR\"} 0"));

 done:
  ;
}

/** Nodes of the same name are told apart by their address; one whose distance
 * is not known is not shown. */
static void
test_rbalance_metrics_names(void *arg)
{
  rb_service_t *balanced = rbt_find_balanced(rbt_register_service(1));
  ed25519_keypair_t keys;
  char part[RB_NODE_ID_LEN + 1];
  char *line = NULL;
  (void) arg;

  for (uint8_t seed = 2; seed <= 5; ++seed) {
    rb_peer_t *peer = rbt_add_peer(balanced, seed, "beta", smartlist_new());
    peer->rtt = seed == 5 ? 0 : 1000 + seed;
  }
  tt_int_op(count_in_scrape("\ntor_hs_balance_peer_rtt_seconds{"), OP_EQ, 3);
  tt_int_op(count_in_scrape("\ntor_hs_balance_clock_skew_seconds{"),
            OP_EQ, 3);
  tt_int_op(count_in_scrape("node=\"beta\""), OP_EQ, 2);
  /* A node that takes the name which another would get instead. */
  rbt_fill_key(3, &keys);
  rb_state_default_node_id(&keys.pubkey, part);
  rbt_add_peer(balanced, 6, part, smartlist_new())->rtt = 1;
  tor_asprintf(&line, "peer_rtt_seconds{onion=\"%s\",node=\"%s\"}",
               balanced->address, part);
  tt_int_op(count_in_scrape(line), OP_LE, 1);

 done:
  tor_free(line);
}

/** Two services share each description, and a second look shows the same. */
static void
test_rbalance_metrics_two(void *arg)
{
  rb_service_t *first = rbt_find_balanced(rbt_register_service(1));
  rb_service_t *second = rbt_find_balanced(rbt_register_service(2));
  char *one = NULL, *two = NULL;
  (void) arg;

  tt_int_op(count_in_scrape("# TYPE tor_hs_balance_publisher gauge\n"),
            OP_EQ, 1);
  tt_int_op(count_in_scrape("# HELP tor_hs_balance_publisher "), OP_EQ, 1);
  tt_assert(is_shown(first, "publisher{onion=\"ADDR\"} 0"));
  tt_assert(is_shown(second, "publisher{onion=\"ADDR\"} 0"));
  one = scrape();
  two = scrape();
  tt_str_op(one, OP_EQ, two);

 done:
  tor_free(one);
  tor_free(two);
}

/** A line of the table of test cases. */
#define METRICS_TEST(name) \
  { #name, test_rbalance_metrics_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_metrics_tests[] = {
  METRICS_TEST(nothing),
  METRICS_TEST(standby),
  METRICS_TEST(age),
  METRICS_TEST(names),
  METRICS_TEST(two),
  END_OF_TESTCASES
};
