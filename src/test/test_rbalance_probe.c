/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_probe.c
 * @brief Test when targets and backends are probed, and what follows.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_settings.h"

/** Let <b>probe</b>, which is due at <b>now</b>, end with <b>outcome</b>.
 * Return true iff its health changed; false also if it was not due. */
static bool
probe_once(rb_probe_t *probe, const rb_config_t *config, uint64_t now,
           rb_outcome_t outcome)
{
  return rb_probe_begin(probe, config, true, now) &&
    rb_probe_end(probe, outcome, 0, true, now + 1);
}

/** A probe begins at its time, once in an interval, and not while one is under
 * way; one that takes too long is late. */
static void
test_rbalance_probe_times(void *arg)
{
  rb_config_t *config = rbt_make_config();
  rb_probe_t *probe = rb_probe_new("tcp://127.0.0.1:80", false, 120000);
  (void) arg;

  tt_assert(!rb_probe_begin(probe, config, true, 119999));
  tt_assert(!rb_probe_is_late(probe, UINT64_MAX));
  tt_assert(rb_probe_begin(probe, config, true, 120000));
  tt_assert(!rb_probe_begin(probe, config, true, 120000));
  tt_assert(!rb_probe_begin(probe, config, true, 999999));
  tt_assert(!rb_probe_is_late(probe, 124999));
  tt_assert(rb_probe_is_late(probe, 125000));
  rb_probe_end(probe, RB_OUTCOME_TIMEOUT, 0, true, 125000);
  tt_assert(!rb_probe_is_late(probe, 999999));
  tt_assert(!rb_probe_begin(probe, config, true, 179999));
  tt_assert(rb_probe_begin(probe, config, true, 180000));
 done:
  rb_probe_free(probe);
  rb_config_free(config);
}

/** Three failures in a row make Down, one success Up; fewer change nothing. */
static void
test_rbalance_probe_health(void *arg)
{
  /* G a success, F a failure; and the health after each. */
  static const struct {
    const char *outcomes;
    const char *health;
  } cases[] = {
    { "FFFFG", "??DDU" },
    { "GFFGFFGFFF", "UUUUUUUUUD" },
    { "FFGFFFFFFG", "??UUUDDDDU" },
    { "GGG", "UUU" },
  };
  rb_config_t *config = rbt_make_config();
  rb_probe_t *probe = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    char before = '?';
    uint64_t now = 1;
    probe = rb_probe_new("x", true, 0);
    for (size_t j = 0; cases[i].outcomes[j]; ++j) {
      const bool is_good = cases[i].outcomes[j] == 'G';
      const bool changed =
        probe_once(probe, config, now, is_good ? RB_OUTCOME_GOOD :
                                                 RB_OUTCOME_REFUSED);
      tt_int_op("?UD"[probe->health], OP_EQ, cases[i].health[j]);
      tt_int_op(changed, OP_EQ, cases[i].health[j] != before);
      tt_u64_op(probe->ended_at, OP_EQ, now + 1);
      before = cases[i].health[j];
      now += config->probe_interval;
    }
    tt_int_op(probe->n_failures, OP_LE, RB_PROBE_FAILURES);
    rb_probe_free(probe);
  }
 done:
  rb_probe_free(probe);
  rb_config_free(config);
}

/** While tor is not ready, nothing is reached through it, and no failure
 * counts; what is local is probed all the same. */
static void
test_rbalance_probe_network(void *arg)
{
  rb_config_t *config = rbt_make_config();
  rb_probe_t *remote = rb_probe_new("tcp://a.onion:80", true, 0);
  rb_probe_t *local = rb_probe_new("tcp://127.0.0.1:80", false, 0);
  uint64_t now = 1;
  (void) arg;

  tt_assert(!rb_probe_begin(remote, config, false, now));
  for (int i = 0; i < 5; ++i) {
    tt_assert(rb_probe_begin(remote, config, true, now));
    tt_assert(!rb_probe_end(remote, RB_OUTCOME_TIMEOUT, 0, false, now + 1));
    tt_assert(rb_probe_begin(local, config, false, now));
    tt_int_op(rb_probe_end(local, RB_OUTCOME_TIMEOUT, 0, false, now + 1),
              OP_EQ, i == RB_PROBE_FAILURES - 1);
    now += config->probe_interval;
  }
  tt_int_op(remote->health, OP_EQ, RB_HEALTH_UNKNOWN);
  tt_u64_op(remote->ended_at, OP_EQ, 0);
  tt_int_op(local->health, OP_EQ, RB_HEALTH_DOWN);
  /* A success counts even so. */
  tt_assert(rb_probe_begin(remote, config, true, now));
  tt_assert(rb_probe_end(remote, RB_OUTCOME_GOOD, 0, false, now));
  tt_int_op(remote->health, OP_EQ, RB_HEALTH_UP);
 done:
  rb_probe_free(remote);
  rb_probe_free(local);
  rb_config_free(config);
}

/** With the interval 0 nothing is probed, and what was found is forgotten. */
static void
test_rbalance_probe_off(void *arg)
{
  rb_config_t *config = rbt_make_config();
  rb_probe_t *probe = rb_probe_new("x", false, 0);
  (void) arg;

  for (uint64_t i = 0; i < RB_PROBE_FAILURES; ++i) {
    probe_once(probe, config, 1 + i * config->probe_interval,
               RB_OUTCOME_CLOSED);
  }
  tt_int_op(probe->health, OP_EQ, RB_HEALTH_DOWN);
  config->probe_interval = 0;
  tt_assert(!rb_probe_begin(probe, config, true, UINT64_MAX));
  tt_int_op(probe->health, OP_EQ, RB_HEALTH_UNKNOWN);
  tt_int_op(probe->n_failures, OP_EQ, 0);
  tt_int_op(probe->outcome, OP_EQ, RB_OUTCOME_GOOD);
  tt_u64_op(probe->ended_at, OP_EQ, 0);
 done:
  rb_probe_free(probe);
  rb_config_free(config);
}

/** What is known survives a reload; what was under way begins anew. */
static void
test_rbalance_probe_take_over(void *arg)
{
  rb_config_t *config = rbt_make_config();
  rb_probe_t *old = rb_probe_new("x", false, 0);
  rb_probe_t *probe = rb_probe_new("x", false, 999);
  (void) arg;

  tt_assert(rb_probe_begin(old, config, true, 1));
  rb_probe_end(old, RB_OUTCOME_HTTP, 503, true, 7);
  rb_probe_take_over(probe, old);
  tt_int_op(probe->n_failures, OP_EQ, 1);
  tt_int_op(probe->status, OP_EQ, 503);
  tt_u64_op(probe->ended_at, OP_EQ, 7);
  tt_u64_op(probe->next_at, OP_EQ, 60001);
  tt_u64_op(probe->expires_at, OP_EQ, 0);

  tt_assert(rb_probe_begin(old, config, true, 60001));
  rb_probe_take_over(probe, old);
  tt_u64_op(probe->expires_at, OP_EQ, 0);
  tt_assert(rb_probe_begin(probe, config, true, 60002));
 done:
  rb_probe_free(old);
  rb_probe_free(probe);
  rb_config_free(config);
}

/** All are down when there are some, and none is up or unknown. */
static void
test_rbalance_probe_list(void *arg)
{
  smartlist_t *probes = smartlist_new();
  rb_probe_t *a = rb_probe_new("a", false, 0), *b = rb_probe_new("b", true, 0);
  (void) arg;

  tt_assert(!rb_probes_are_down(probes));
  smartlist_add(probes, a);
  smartlist_add(probes, b);
  tt_ptr_op(rb_probes_find(probes, "b"), OP_EQ, b);
  tt_ptr_op(rb_probes_find(probes, "c"), OP_EQ, NULL);
  tt_assert(!rb_probes_are_down(probes));
  a->health = RB_HEALTH_DOWN;
  tt_assert(!rb_probes_are_down(probes));
  b->health = RB_HEALTH_UP;
  tt_assert(!rb_probes_are_down(probes));
  b->health = RB_HEALTH_DOWN;
  tt_assert(rb_probes_are_down(probes));
 done:
  rb_probes_free(probes);
}

/** Every outcome and health has a name of its own, and says why. */
static void
test_rbalance_probe_words(void *arg)
{
  rb_probe_t *probe = rb_probe_new("x", false, 0);
  char *text = rb_probe_format_reason(probe);
  (void) arg;

  tt_str_op(text, OP_EQ, "");
  tor_free(text);
  for (int i = RB_OUTCOME_REFUSED; i <= RB_OUTCOME_HTTP; ++i) {
    for (int j = 0; j < i; ++j) {
      tt_str_op(rb_outcome_to_string((rb_outcome_t) i), OP_NE,
                rb_outcome_to_string((rb_outcome_t) j));
    }
  }
  probe->outcome = RB_OUTCOME_REFUSED;
  text = rb_probe_format_reason(probe);
  tt_str_op(text, OP_EQ, " REASON=REFUSED");
  tor_free(text);
  probe->outcome = RB_OUTCOME_HTTP;
  probe->status = 503;
  text = rb_probe_format_reason(probe);
  tt_str_op(text, OP_EQ, " REASON=HTTP STATUS=503");
  tt_str_op(rb_health_to_string(RB_HEALTH_UNKNOWN), OP_EQ, "UNKNOWN");
  tt_str_op(rb_health_to_string(RB_HEALTH_UP), OP_EQ, "UP");
  tt_str_op(rb_health_to_string(RB_HEALTH_DOWN), OP_EQ, "DOWN");
 done:
  tor_free(text);
  rb_probe_free(probe);
}

#define T(name) { #name, test_rbalance_probe_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_probe_tests[] = {
  T(times),
  T(health),
  T(network),
  T(off),
  T(take_over),
  T(list),
  T(words),
  END_OF_TESTCASES
};
