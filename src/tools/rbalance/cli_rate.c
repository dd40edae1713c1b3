/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_rate.c
 * @brief Bytes per second, from counts of bytes since tor's start.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_rate.h"

#include "lib/malloc/malloc.h"
#include "lib/string/printf.h"

/** Return <b>n</b> bytes in <b>msec</b> milliseconds as bytes per second;
 * <b>msec</b> is at least CLI_RATE_MIN_MSEC, so that nothing overflows. */
static uint64_t
per_second(uint64_t n, uint64_t msec)
{
  return n / msec * 1000 + n % msec * 1000 / msec;
}

/** Take into <b>rate</b> that tor has read <b>n_read</b> bytes and written
 * <b>n_written</b> at <b>now</b>, in monotonic milliseconds.  Soon after
 * another count that changes nothing: the rate would leap.  If bytes became
 * less, tor was started again, and the rate is not known. */
void
cli_rate_count(cli_rate_t *rate, uint64_t n_read, uint64_t n_written,
               uint64_t now)
{
  const bool goes_on = rate->has_count && n_read >= rate->n_read &&
    n_written >= rate->n_written && now >= rate->at;
  if (goes_on) {
    const uint64_t msec = now - rate->at;
    if (msec < CLI_RATE_MIN_MSEC) {
      return;
    }
    rate->in = per_second(n_read - rate->n_read, msec);
    rate->out = per_second(n_written - rate->n_written, msec);
  }
  rate->is_known = goes_on;
  rate->has_count = true;
  rate->n_read = n_read;
  rate->n_written = n_written;
  rate->at = now;
}

/** Return <b>n</b> bytes per second as a new text.  It never says more than
 * there are: what does not show is cut off. */
static char *
print_speed(uint64_t n)
{
  static const char units[] = "KMGTPE";
  uint64_t unit = 1;
  char *text = NULL;
  int i = -1;

  while (n / unit >= 1024) {
    unit *= 1024;
    ++i;
  }
  if (i < 0) {
    tor_asprintf(&text, "%" PRIu64 " B/s", n);
  } else {
    /* 1/1024 of a unit is enough to tell tenths, and does not overflow. */
    const uint64_t parts = n / (unit / 1024);
    tor_asprintf(&text, "%" PRIu64 ".%" PRIu64 " %ciB/s", parts / 1024,
                 parts % 1024 * 10 / 1024, units[i]);
  }
  return text;
}

/** Return a new text with what is known of <b>rate</b>. */
char *
cli_rate_print(const cli_rate_t *rate)
{
  char *in, *out, *text = NULL;
  if (!rate->is_known) {
    return tor_strdup("not measured yet");
  }
  in = print_speed(rate->in);
  out = print_speed(rate->out);
  tor_asprintf(&text, "%s in, %s out", in, out);
  tor_free(in);
  tor_free(out);
  return text;
}
