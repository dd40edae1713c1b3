/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_visit.h
 * @brief Header file for rbalance_visit.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_VISIT_H
#define TOR_FEATURE_RBALANCE_RBALANCE_VISIT_H

#include "feature/rbalance/rbalance_probe.h"
#include "feature/rbalance/rbalance_tls.h"

struct hs_port_config_t;

/** One probe under way. */
typedef struct rb_visit_t rb_visit_t;

/** Called once when a probe of <b>owner</b> has ended with <b>outcome</b>, and
 * the HTTP <b>status</b>, if there was one, else 0.  Never called while a
 * function below runs; may free the visit. */
typedef void (*rb_visit_done_fn_t)(void *owner, rb_outcome_t outcome,
                                   int status);

rb_visit_t *rb_visit_target(const rb_target_t *target,
                            rb_tls_target_t *tls_target, const char *path,
                            int session_group, rb_visit_done_fn_t done,
                            void *owner);
rb_visit_t *rb_visit_port(const struct hs_port_config_t *port,
                          rb_visit_done_fn_t done, void *owner);
void rb_visit_blame_circuit(const rb_visit_t *visit);
void rb_visit_free_(rb_visit_t *visit);
#define rb_visit_free(visit) \
  FREE_AND_NULL(rb_visit_t, rb_visit_free_, (visit))

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_VISIT_H) */
