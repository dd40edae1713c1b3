/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_sys.c
 * @brief The subsystem object of the rbalance module.
 *
 * There is nothing to set up: a balanced service makes what it needs when it
 * is registered.  The shutdown comes after tor has freed its circuits,
 * connections and services, so it touches only our own memory.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_sys.h"

#include "feature/rbalance/rbalance_exit.h"
#include "feature/rbalance/rbalance_inner.h"
#include "feature/rbalance/rbalance_metrics.h"
#include "feature/rbalance/rbalance_registry.h"
#include "lib/subsys/subsys.h"

/** Release all memory of the module. */
static void
subsys_rbalance_shutdown(void)
{
  rb_inner_forget_all();
  rb_exit_free_all();
  rb_services_free_all();
  rb_metrics_free_all();
}

const struct subsys_fns_t sys_rbalance = {
  SUBSYS_DECLARE_LOCATION(),
  .name = "rbalance",
  .supported = true,
  .level = RBALANCE_SUBSYS_LEVEL,
  .shutdown = subsys_rbalance_shutdown,
  .get_metrics = rb_metrics_get_stores,
};
