/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_llhttp_api.c
 * @brief Compile the other half of llhttp; see rbalance_llhttp.c.
 **/

#include "orconfig.h"
#include <llhttp.h>

#ifdef RBALANCE_COMPILE_LLHTTP
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <api.c>
#include <http.c>
#endif
