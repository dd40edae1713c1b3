/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_probe.c
 * @brief Targets and backends that are probed: when, and what follows.
 *
 * Each is probed once in an interval.  RB_PROBE_FAILURES failures in a row
 * make it Down, one success makes it Up.  What was never probed may be there,
 * and counts so.  Where tor is not ready, what is reached through Tor is not
 * probed, and a failure does not count.
 *
 * rbalance_prober.c opens the connections.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_probe.h"

#include "lib/log/util_bug.h"
#include "lib/string/printf.h"

#include <string.h>

/** Return a new probe of <b>url</b>, which begins at monotonic milliseconds
 * <b>first_at</b>; see rb_probe_t for <b>needs_network</b>. */
rb_probe_t *
rb_probe_new(const char *url, bool needs_network, uint64_t first_at)
{
  rb_probe_t *probe = tor_malloc_zero(sizeof(*probe));
  probe->url = tor_strdup(url);
  probe->needs_network = needs_network;
  probe->next_at = first_at;
  return probe;
}

/** Release <b>probe</b>; NULL is fine. */
void
rb_probe_free_(rb_probe_t *probe)
{
  if (!probe) {
    return;
  }
  tor_free(probe->url);
  tor_free(probe);
}

/** Let <b>probe</b> go on where <b>old</b>, which probes the same, stops: what
 * was under way is forgotten, and begins anew. */
void
rb_probe_take_over(rb_probe_t *probe, const rb_probe_t *old)
{
  probe->health = old->health;
  probe->n_failures = old->n_failures;
  probe->outcome = old->outcome;
  probe->status = old->status;
  probe->ended_at = old->ended_at;
  probe->next_at = old->expires_at ? 0 : old->next_at;
}

/** Forget all that <b>probe</b> found out. */
static void
forget(rb_probe_t *probe)
{
  probe->health = RB_HEALTH_UNKNOWN;
  probe->n_failures = 0;
  probe->outcome = RB_OUTCOME_GOOD;
  probe->status = 0;
  probe->ended_at = 0;
}

/** Return true iff <b>probe</b> is to begin now, by <b>config</b>, and note
 * that it does.  Where nothing is to be probed, nothing is known. */
bool
rb_probe_begin(rb_probe_t *probe, const rb_config_t *config,
               bool network_is_ready, uint64_t now)
{
  if (!config->probe_interval) {
    forget(probe);
    return false;
  }
  if (probe->expires_at || now < probe->next_at ||
      (probe->needs_network && !network_is_ready)) {
    return false;
  }
  probe->next_at = now + config->probe_interval;
  probe->expires_at = now + config->probe_timeout;
  return true;
}

/** Return true iff the probe of <b>probe</b> under way has taken too long. */
bool
rb_probe_is_late(const rb_probe_t *probe, uint64_t now)
{
  return probe->expires_at && now >= probe->expires_at;
}

/** The probe of <b>probe</b> that was under way ended with <b>outcome</b> and
 * the HTTP <b>status</b>, if there was one, else 0.  Return true iff its
 * health changed. */
bool
rb_probe_end(rb_probe_t *probe, rb_outcome_t outcome, int status,
             bool network_is_ready, uint64_t now)
{
  const rb_health_t before = probe->health;

  probe->expires_at = 0;
  if (outcome != RB_OUTCOME_GOOD && probe->needs_network &&
      !network_is_ready) {
    return false;
  }
  probe->outcome = outcome;
  probe->status = status;
  probe->ended_at = now;
  if (outcome == RB_OUTCOME_GOOD) {
    probe->n_failures = 0;
    probe->health = RB_HEALTH_UP;
  } else if (probe->n_failures < RB_PROBE_FAILURES &&
             ++probe->n_failures == RB_PROBE_FAILURES) {
    probe->health = RB_HEALTH_DOWN;
  }
  return probe->health != before;
}

/** What <b>probe</b> is about must not be reached, for it leads back to the
 * service: it is Down at once, and nothing is under way any more.  Return true
 * iff its health changed. */
bool
rb_probe_forbid(rb_probe_t *probe, uint64_t now)
{
  const bool is_new = probe->health != RB_HEALTH_DOWN;

  probe->health = RB_HEALTH_DOWN;
  probe->n_failures = RB_PROBE_FAILURES;
  probe->outcome = RB_OUTCOME_LOOP;
  probe->status = 0;
  probe->ended_at = now;
  probe->next_at = probe->expires_at = 0;
  return is_new;
}

/** Return the name of <b>outcome</b> in events and GETINFO. */
const char *
rb_outcome_to_string(rb_outcome_t outcome)
{
  switch (outcome) {
    case RB_OUTCOME_GOOD: return "GOOD";
    case RB_OUTCOME_REFUSED: return "REFUSED";
    case RB_OUTCOME_UNREACHABLE: return "UNREACHABLE";
    case RB_OUTCOME_TIMEOUT: return "TIMEOUT";
    case RB_OUTCOME_CLOSED: return "CLOSED";
    case RB_OUTCOME_TLS: return "TLS";
    case RB_OUTCOME_MALFORMED: return "MALFORMED";
    case RB_OUTCOME_HTTP: return "HTTP";
    case RB_OUTCOME_LOOP: return "LOOP";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}

/** Return a new text with the keywords of an event or answer that say why the
 * last probe of <b>probe</b> failed, each after a space; it is empty if the
 * last one did not, or there was none. */
char *
rb_probe_format_reason(const rb_probe_t *probe)
{
  char *text = NULL;
  if (probe->outcome == RB_OUTCOME_GOOD) {
    return tor_strdup("");
  }
  if (probe->outcome == RB_OUTCOME_HTTP) {
    tor_asprintf(&text, " REASON=HTTP STATUS=%d", probe->status);
  } else {
    tor_asprintf(&text, " REASON=%s", rb_outcome_to_string(probe->outcome));
  }
  return text;
}

/** Return the one of <b>probes</b>, a list of rb_probe_t, that probes
 * <b>url</b>, or NULL. */
rb_probe_t *
rb_probes_find(const smartlist_t *probes, const char *url)
{
  SMARTLIST_FOREACH_BEGIN(probes, rb_probe_t *, probe) {
    if (!strcmp(probe->url, url)) {
      return probe;
    }
  } SMARTLIST_FOREACH_END(probe);
  return NULL;
}

/** Return true iff there are <b>probes</b>, and all that they probe is
 * Down. */
bool
rb_probes_are_down(const smartlist_t *probes)
{
  SMARTLIST_FOREACH_BEGIN(probes, const rb_probe_t *, probe) {
    if (probe->health != RB_HEALTH_DOWN) {
      return false;
    }
  } SMARTLIST_FOREACH_END(probe);
  return smartlist_len(probes) > 0;
}

/** Release <b>probes</b>, a list of rb_probe_t; NULL is fine. */
void
rb_probes_free_(smartlist_t *probes)
{
  if (!probes) {
    return;
  }
  SMARTLIST_FOREACH(probes, rb_probe_t *, probe, rb_probe_free(probe));
  smartlist_free(probes);
}

/** Return the name of <b>health</b> in events and GETINFO. */
const char *
rb_health_to_string(rb_health_t health)
{
  switch (health) {
    case RB_HEALTH_UNKNOWN: return "UNKNOWN";
    case RB_HEALTH_UP: return "UP";
    case RB_HEALTH_DOWN: return "DOWN";
  }
  tor_assert_nonfatal_unreached();
  return "UNKNOWN";
}
