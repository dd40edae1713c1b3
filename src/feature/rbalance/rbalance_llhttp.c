/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_llhttp.c
 * @brief Compile llhttp where the system has it as sources only.
 *
 * llhttp is generated code under the MIT license; Debian 12 has it in
 * node-llhttp.  What is called http.c there is in rbalance_llhttp_api.c,
 * because the two declare the same functions with different types.
 **/

#include "orconfig.h"
#include <llhttp.h>

#ifdef RBALANCE_COMPILE_LLHTTP
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <llhttp.c>
#endif
