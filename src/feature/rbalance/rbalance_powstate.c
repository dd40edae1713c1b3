/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_powstate.c
 * @brief Tor's proof-of-work state <-> what the nodes have in common.
 *
 * Tor keeps seeds and suggested effort for each service, and puts them into
 * its descriptors by itself.  rbalance_pow.c says what they are to be.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance_powstate.h"

#include "feature/hs/hs_pow.h"
#include "feature/hs/hs_service.h"
#include "feature/rbalance/rbalance_pow.h"
#include "feature/rbalance/rbalance_service.h"

/** Forget the solutions that were used for <b>seed</b>, unless <b>seeds</b>
 * still has it. */
static void
drop_seed(const uint8_t *seed, const rb_pow_seeds_t *seeds)
{
  if (fast_memneq(seed, seeds->current, HS_POW_SEED_HEAD_LEN) &&
      fast_memneq(seed, seeds->previous, HS_POW_SEED_HEAD_LEN)) {
    hs_pow_remove_seed_from_cache(seed);
  }
}

/** Give <b>hs_service</b>, of which <b>service</b> is ours, the seeds and the
 * effort that it should have at <b>now</b>. */
void
rb_powstate_share(rb_service_t *service, const hs_service_t *hs_service,
                  time_t now)
{
  hs_pow_service_state_t *pow = hs_service->state.pow_state;
  const bool is_publisher = service->state->role == RB_ROLE_PUBLISHER;
  rb_pow_seeds_t seeds;

  rb_pow_get_seeds(service->tokens, service->state->cluster_id, is_publisher,
                   (uint64_t) now, &seeds);
  drop_seed(pow->seed_current, &seeds);
  drop_seed(pow->seed_previous, &seeds);
  memcpy(pow->seed_current, seeds.current, sizeof(pow->seed_current));
  memcpy(pow->seed_previous, seeds.previous, sizeof(pow->seed_previous));
  pow->expiration_time = (time_t) seeds.expires;
  pow->suggested_effort = rb_pow_share_effort(service->state,
                                              pow->suggested_effort);
}
