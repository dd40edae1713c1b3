/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_admission.h
 * @brief Header file for rbalance_admission.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_ADMISSION_H
#define TOR_FEATURE_RBALANCE_RBALANCE_ADMISSION_H

#include "feature/rbalance/rbalance_tag.h"

/** What was answered lately. */
typedef struct rb_admissions_t {
  /** One entry for each tag, owned. */
  smartlist_t *list;
} rb_admissions_t;

rb_admissions_t *rb_admissions_new(void);
void rb_admissions_free_(rb_admissions_t *admissions);
#define rb_admissions_free(admissions) \
  FREE_AND_NULL(rb_admissions_t, rb_admissions_free_, (admissions))
bool rb_admissions_admit(rb_admissions_t *admissions, const rb_tag_t *tag,
                         uint64_t now);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_ADMISSION_H) */
