/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_roots.c
 * @brief Test where root certificates are looked for.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_tls.h"

#include "feature/rbalance/rbalance_roots.h"

#ifdef HAVE_SYS_STAT_H
#include <sys/stat.h>
#endif

/** Put a new root into the file <b>name</b> of <b>directory</b>, which is
 * made if need be. */
static void
write_root(const char *directory, const char *name)
{
  rbt_cert_t *root = rbt_cert_new(NULL, NULL);
  char *path = NULL;
  mkdir(directory, 0700);
  tor_asprintf(&path, "%s/%s", directory, name);
  rbt_cert_write(root, path);
  tor_free(path);
  rbt_cert_free(root);
}

/** Return how many certificates <b>store</b> has. */
static int
count(X509_STORE *store)
{
  return sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
}

/** Roots come from a file and from all files in the directories that have a
 * hash for a name; others, and what is no certificate, count for nothing. */
static void
test_rbalance_roots_places(void *arg)
{
  char *one = tor_strdup(get_fname("roots1"));
  char *two = tor_strdup(get_fname("roots2"));
  char *file = NULL, *both = NULL, *junk = NULL, *fault = NULL;
  X509_STORE *roots = NULL;
  (void) arg;

  write_root(one, "0123abcd.0");
  write_root(one, "0123ABCD.12");
  write_root(two, "ffffffff.1");
  write_root(two, "file.pem");
  write_root(two, "ffffffff.");
  write_root(two, "ffffffff");
  write_root(two, "ffffffff.0x");
  write_root(two, "fffffff.0");
  write_root(two, "fffffffff.0");
  tor_asprintf(&junk, "%s/eeeeeeee.0", two);
  write_str_to_file(junk, "-----BEGIN CERTIFICATE-----\nno\n", 0);
  tor_asprintf(&file, "%s/file.pem", two);
  tor_asprintf(&both, "%s:%s:/nonexistent", one, two);

  setenv("SSL_CERT_FILE", file, 1);
  setenv("SSL_CERT_DIR", "/nonexistent", 1);
  roots = rb_roots_take(&fault);
  tt_assert(roots);
  tt_ptr_op(fault, OP_EQ, NULL);
  tt_int_op(count(roots), OP_EQ, 1);
  rb_roots_give_back();

  setenv("SSL_CERT_FILE", "/nonexistent", 1);
  setenv("SSL_CERT_DIR", both, 1);
  roots = rb_roots_take(&fault);
  tt_assert(roots);
  tt_int_op(count(roots), OP_EQ, 3);
  rb_roots_give_back();
 done:
  tor_free(one);
  tor_free(two);
  tor_free(file);
  tor_free(both);
  tor_free(junk);
  tor_free(fault);
}

/** Where there are none, the fault names the places, and the next may find
 * some. */
static void
test_rbalance_roots_none(void *arg)
{
  char *there = tor_strdup(get_fname("roots"));
  char *fault = NULL;
  (void) arg;

  setenv("SSL_CERT_FILE", "/nonexistent/file", 1);
  setenv("SSL_CERT_DIR", "/nonexistent/directory", 1);
  tt_ptr_op(rb_roots_take(&fault), OP_EQ, NULL);
  tt_assert(fault);
  tt_assert(strstr(fault, "/nonexistent/file"));
  tt_assert(strstr(fault, "/nonexistent/directory"));
  tt_assert(strstr(fault, "SSL_CERT_FILE"));
  tor_free(fault);

  write_root(there, "00000000.0");
  setenv("SSL_CERT_DIR", there, 1);
  tt_assert(rb_roots_take(&fault));
  rb_roots_give_back();
 done:
  tor_free(there);
  tor_free(fault);
}

/** All share what the first had read, until nobody needs it. */
static void
test_rbalance_roots_shared(void *arg)
{
  char *there = tor_strdup(get_fname("roots"));
  char *fault = NULL;
  X509_STORE *roots;
  (void) arg;

  write_root(there, "00000000.0");
  setenv("SSL_CERT_FILE", "/nonexistent", 1);
  setenv("SSL_CERT_DIR", there, 1);
  roots = rb_roots_take(&fault);
  tt_assert(roots);
  write_root(there, "00000000.1");
  tt_ptr_op(rb_roots_take(&fault), OP_EQ, roots);
  tt_int_op(count(roots), OP_EQ, 1);
  rb_roots_give_back();
  tt_ptr_op(rb_roots_take(&fault), OP_EQ, roots);
  tt_int_op(count(roots), OP_EQ, 1);
  rb_roots_give_back();
  rb_roots_give_back();
  roots = rb_roots_take(&fault);
  tt_assert(roots);
  tt_int_op(count(roots), OP_EQ, 2);
  rb_roots_give_back();
 done:
  tor_free(there);
  tor_free(fault);
}

#define T(name) { #name, test_rbalance_roots_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_roots_tests[] = {
  T(places),
  T(none),
  T(shared),
  END_OF_TESTCASES
};
