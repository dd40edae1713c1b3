/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_statefile.c
 * @brief The file rbalance/state in a HiddenServiceDir.
 *
 * It is written when what is in it changes, and replaced as a whole.  A
 * damaged file is set aside and never stops tor.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_statefile.h"

#include "feature/rbalance/rbalance_keys.h"
#include "feature/rbalance/rbalance_memory.h"
#include "lib/fs/files.h"

#include <sys/stat.h>

/** Name of the file among ours. */
static const char fname_state[] = "state";

/** Set the damaged file <b>path</b> aside, and say so. */
static void
set_aside(const char *path, const char *reason)
{
  char *aside = NULL;
  tor_asprintf(&aside, "%s.damaged", path);
  if (replace_file(path, aside) == 0) {
    log_warn(LD_REND, "The file %s is not usable: %s. It is now called %s, "
             "and this node learns the others anew.", escaped(path), reason,
             aside);
  } else {
    log_warn(LD_REND, "The file %s is not usable, and can't be renamed: %s.",
             escaped(path), reason);
  }
  tor_free(aside);
}

/** Take over into <b>state</b>, of a node that just started, what its file in
 * <b>service_dir</b> remembers, if there is one. */
void
rb_statefile_load(const char *service_dir, rb_state_t *state, rb_now_t now)
{
  char *path = rb_keys_get_path(service_dir, fname_state);
  char *text = NULL;
  struct stat st;

  if (stat(path, &st) < 0) {
    /* There is none. */
    goto end;
  }
  if (st.st_size > RB_MAX_STATEFILE_LEN) {
    set_aside(path, "it is too large");
    goto end;
  }
  text = read_file_to_str(path, RFTS_IGNORE_MISSING, NULL);
  if (!text) {
    set_aside(path, "it can't be read");
  } else if (rb_memory_apply(state, text, now) < 0) {
    set_aside(path, "it is damaged, or of another version");
  }
 end:
  tor_free(text);
  tor_free(path);
}

/** Write what <b>state</b> should remember to its file in
 * <b>service_dir</b>, unless that is *<b>saved</b>, the text that was written
 * last, or NULL; update that. */
void
rb_statefile_save(const char *service_dir, const rb_state_t *state,
                  char **saved)
{
  char *text = rb_memory_write(state);
  char *path;

  if (*saved && !strcmp(text, *saved)) {
    tor_free(text);
    return;
  }
  path = rb_keys_get_path(service_dir, fname_state);
  if (write_str_to_file(path, text, 0) < 0) {
    static ratelim_t limit = RATELIM_INIT(3600);
    log_fn_ratelim(&limit, LOG_WARN, LD_REND, "Can't write %s. After a "
                   "restart this node will not remember the others.",
                   escaped(path));
  }
  tor_free(path);
  tor_free(*saved);
  *saved = text;
}
