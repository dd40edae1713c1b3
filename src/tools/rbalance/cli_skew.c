/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_skew.c
 * @brief How far the clocks of a service's nodes may be apart: what tor's
 * configuration says.
 *
 * The control port gives the lines of all onion services, one service after
 * the other, and not which address a HiddenServiceDir has.  That stands in its
 * file hostname, if we may read it.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_skew.h"

#include "lib/confmgt/unitparse.h"
#include "lib/fs/files.h"
#include "lib/malloc/malloc.h"
#include "lib/string/compat_string.h"
#include "lib/string/printf.h"
#include "lib/string/util_string.h"

#include <string.h>

/** Seconds that HiddenServiceBalanceClockSkew is if nobody sets it. */
#define DEFAULT_SKEW_SECONDS 5

/** What is known of one onion service. */
typedef struct candidate_t {
  /** True iff it may be the one that is asked for. */
  bool may_be_ours;
  bool is_balanced;
  int seconds;
} candidate_t;

/** Return false iff the file hostname in <b>dir</b> has another address than
 * <b>service</b>. */
static bool
may_have_address(const char *dir, const char *service)
{
  char *path = NULL, *text;
  bool may;
  tor_asprintf(&path, "%s/hostname", dir);
  text = read_file_to_str(path, RFTS_IGNORE_MISSING, NULL);
  may = !text || !strcasecmpstart(text, service);
  tor_free(path);
  tor_free(text);
  return may;
}

/** Return the greater of <b>seconds</b> and what <b>candidate</b> says, if
 * that may be the service in question. */
static int
consider(const candidate_t *candidate, int seconds)
{
  return candidate->may_be_ours && candidate->is_balanced &&
    candidate->seconds > seconds ? candidate->seconds : seconds;
}

/** Return how many milliseconds the clocks of <b>service</b>'s nodes may be
 * apart, by <b>lines</b>, the reply to GETCONF HiddenServiceOptions.  Of
 * several services that it may be, take the greatest. */
int64_t
cli_skew_find(const smartlist_t *lines, const char *service)
{
  candidate_t candidate = { .may_be_ours = false };
  int seconds = -1;

  SMARTLIST_FOREACH_BEGIN(lines, const char *, line) {
    const char *equals = strchr(line, '=');
    const char *value = equals ? equals + 1 : "";
    int n, ok = 0;
    if (!strcasecmpstart(line, "HiddenServiceDir=")) {
      seconds = consider(&candidate, seconds);
      candidate.may_be_ours = may_have_address(value, service);
      candidate.is_balanced = false;
      candidate.seconds = DEFAULT_SKEW_SECONDS;
    } else if (!strcasecmpstart(line, "HiddenServiceBalance=")) {
      candidate.is_balanced = !strcmp(value, "1");
    } else if (!strcasecmpstart(line, "HiddenServiceBalanceClockSkew=")) {
      n = config_parse_interval(value, &ok);
      candidate.seconds = ok ? n : candidate.seconds;
    }
  } SMARTLIST_FOREACH_END(line);
  seconds = consider(&candidate, seconds);
  return (int64_t) (seconds < 0 ? DEFAULT_SKEW_SECONDS : seconds) * 1000;
}
