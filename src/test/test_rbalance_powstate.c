/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_powstate.c
 * @brief Test that tor's proof-of-work state is what all nodes have in common.
 **/

#define HS_SERVICE_PRIVATE

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_glue.h"
#include "test/rbalance_test_helpers.h"

#include "feature/hs/hs_pow.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_pow.h"

/** Give <b>service</b> a proof-of-work state as tor makes it, in place of the
 * one it has; return it. */
static hs_pow_service_state_t *
renew_pow_state(hs_service_t *service)
{
  hs_pow_service_state_t *pow = tor_malloc_zero(sizeof(*pow));
  hs_pow_free_service_state(service->state.pow_state);
  pow->rend_request_pqueue = smartlist_new();
  memset(pow->seed_current, 1, sizeof(pow->seed_current));
  memset(pow->seed_previous, 2, sizeof(pow->seed_previous));
  service->state.pow_state = pow;
  return pow;
}

/** Seeds, their end and the effort are put into tor's state, and what tor drew
 * itself is replaced. */
static void
test_rbalance_powstate_share(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  hs_pow_service_state_t *pow = renew_pow_state(service);
  const time_t now = approx_time();
  rb_pow_seeds_t seeds;
  rb_peer_t *peer;
  (void) arg;

  pow->suggested_effort = 3;
  rbalance_share_pow(service, now);
  rb_pow_get_seeds(balanced->tokens, balanced->state->cluster_id, false,
                   (uint64_t) now, &seeds);
  tt_mem_op(pow->seed_current, OP_EQ, seeds.current, HS_POW_SEED_LEN);
  tt_mem_op(pow->seed_previous, OP_EQ, seeds.previous, HS_POW_SEED_LEN);
  tt_u64_op((uint64_t) pow->expiration_time, OP_EQ, seeds.expires);
  tt_u64_op((uint64_t) pow->expiration_time, OP_GT, (uint64_t) now);
  tt_u64_op(pow->suggested_effort, OP_EQ, 3);

  peer = rbt_add_peer(balanced, 2, "beta", smartlist_new());
  peer->pow_effort = 20;
  balanced->state->role = RB_ROLE_PUBLISHER;
  rbalance_share_pow(service, (time_t) seeds.expires);
  tt_mem_op(pow->seed_previous, OP_EQ, seeds.current, HS_POW_SEED_LEN);
  tt_u64_op(pow->suggested_effort, OP_EQ, 20);

  /* A service that is not balanced keeps its own. */
  pow = renew_pow_state(service);
  rb_services_free_all();
  rbalance_share_pow(service, now);
  tt_int_op(pow->seed_current[0], OP_EQ, 1);
 done:
  ;
}

/** A solution of the publisher's puzzle is accepted by a standby, once; one of
 * another puzzle is not. */
static void
test_rbalance_powstate_solution(void *arg)
{
  hs_service_t *service = rbt_register_service(1);
  rb_service_t *balanced = rbt_find_balanced(service);
  const ed25519_public_key_t *blinded_key =
    &service->desc_current->blinded_kp.pubkey;
  hs_pow_service_state_t *pow = renew_pow_state(service);
  hs_pow_solver_inputs_t inputs;
  hs_pow_solution_t solution;
  (void) arg;

  memset(&inputs, 0, sizeof(inputs));
  inputs.effort = 1;
  inputs.CompiledProofOfWorkHash = 0;
  ed25519_pubkey_copy(&inputs.service_blinded_id, blinded_key);
  balanced->state->role = RB_ROLE_PUBLISHER;
  rbalance_share_pow(service, approx_time());
  memcpy(inputs.seed, pow->seed_current, sizeof(inputs.seed));
  if (!have_module_pow()) {
    tt_int_op(hs_pow_solve(&inputs, &solution), OP_EQ, -1);
    goto done;
  }
  tt_int_op(hs_pow_solve(&inputs, &solution), OP_EQ, 0);

  balanced->state->role = RB_ROLE_STANDBY;
  pow = renew_pow_state(service);
  tt_int_op(hs_pow_verify(blinded_key, pow, &solution), OP_EQ, -1);
  rbalance_share_pow(service, approx_time());
  tt_int_op(hs_pow_verify(blinded_key, pow, &solution), OP_EQ, 0);
  tt_int_op(hs_pow_verify(blinded_key, pow, &solution), OP_EQ, -1);
  /* The next call, a second later, must not forget what was used. */
  rbalance_share_pow(service, approx_time() + 1);
  tt_int_op(hs_pow_verify(blinded_key, pow, &solution), OP_EQ, -1);
 done:
  ;
}

#define TEST(name) \
  { #name, test_rbalance_powstate_ ## name, TT_FORK, &rbt_glue_setup, NULL }

struct testcase_t rbalance_powstate_tests[] = {
  TEST(share),
  TEST(solution),
  END_OF_TESTCASES
};
