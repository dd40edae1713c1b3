/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_roots.c
 * @brief The root certificates that this machine trusts.
 *
 * They are where OpenSSL has them: in the file that the environment variable
 * SSL_CERT_FILE names and the directories, with colons between them, that
 * SSL_CERT_DIR names, or in the places that OpenSSL was built with.
 *
 * SSL_CTX_set_default_verify_paths() would look into the directories when a
 * certificate is checked, and be content if there is nothing.  We read all
 * roots at once: with Sandbox no file can be opened later, and who sets up a
 * machine without roots is told so.  All targets share them; the first that
 * needs them has them read, and the last that goes drops them.
 **/

#include "orconfig.h"

#ifndef ENABLE_OPENSSL
#error "The rbalance module needs OpenSSL, not NSS."
#endif

#include "feature/rbalance/rbalance_roots.h"

#include "lib/cc/compat_compiler.h"
#include "lib/container/smartlist.h"
#include "lib/fs/dir.h"
#include "lib/fs/path.h"
#include "lib/intmath/cmp.h"
#include "lib/log/util_bug.h"
#include "lib/malloc/malloc.h"
#include "lib/string/compat_ctype.h"
#include "lib/string/printf.h"

/* Some versions of OpenSSL declare a function twice. */
DISABLE_GCC_WARNING("-Wredundant-decls")
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
ENABLE_GCC_WARNING("-Wredundant-decls")

#include <stdlib.h>

/** Hexadecimal digits of the hash that a file in a directory of certificates
 * has for its name, before a dot and a number. */
#define HASH_DIGITS 8

/** The roots, or NULL if nobody needs them. */
static X509_STORE *roots = NULL;
/** How many need them. */
static int n_users = 0;

/** Return the environment variable <b>name</b>, or <b>preset</b> if it is not
 * set. */
static const char *
get_setting(const char *name, const char *preset)
{
  const char *value = getenv(name);
  return value ? value : preset;
}

/** Return where a file with roots may be. */
static const char *
get_file(void)
{
  return get_setting(X509_get_default_cert_file_env(),
                     X509_get_default_cert_file());
}

/** Return which directories may have roots, with colons between them. */
static const char *
get_directories(void)
{
  return get_setting(X509_get_default_cert_dir_env(),
                     X509_get_default_cert_dir());
}

/** Read what roots there are in the file at <b>path</b>.  Return how many. */
static int
read_file(X509_LOOKUP *reader, const char *path)
{
  const int n = X509_load_cert_file(reader, path, X509_FILETYPE_PEM);
  return MAX(n, 0);
}

/** Return true iff <b>name</b> is one by which OpenSSL would find a
 * certificate in a directory: a hash, a dot and a number. */
static bool
is_hash_name(const char *name)
{
  int i = 0;
  while (TOR_ISXDIGIT(name[i])) {
    i++;
  }
  if (i != HASH_DIGITS || name[i] != '.' || !name[i + 1]) {
    return false;
  }
  for (i++; name[i]; ++i) {
    if (!TOR_ISDIGIT(name[i])) {
      return false;
    }
  }
  return true;
}

/** Read what roots there are in the directory at <b>path</b>.  Return how
 * many. */
static int
read_directory(X509_LOOKUP *reader, const char *path)
{
  smartlist_t *names = tor_listdir(path);
  int n = 0;

  if (!names) {
    return 0;
  }
  SMARTLIST_FOREACH_BEGIN(names, char *, name) {
    if (is_hash_name(name)) {
      char *file = NULL;
      tor_asprintf(&file, "%s" PATH_SEPARATOR "%s", path, name);
      n += read_file(reader, file);
      tor_free(file);
    }
    tor_free(name);
  } SMARTLIST_FOREACH_END(name);
  smartlist_free(names);
  return n;
}

/** Read all roots there are into <b>store</b>.  Return how many. */
static int
read_all(X509_STORE *store)
{
  X509_LOOKUP *reader = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  smartlist_t *directories;
  int n;

  if (!reader) {
    return 0;
  }
  n = read_file(reader, get_file());
  directories = smartlist_new();
  smartlist_split_string(directories, get_directories(), ":",
                         SPLIT_IGNORE_BLANK, 0);
  SMARTLIST_FOREACH_BEGIN(directories, char *, directory) {
    n += read_directory(reader, directory);
    tor_free(directory);
  } SMARTLIST_FOREACH_END(directory);
  smartlist_free(directories);
  return n;
}

/** Return the roots; the caller gives them back.  If there are none, return
 * NULL and store in <b>fault_out</b> a new text that says so. */
X509_STORE *
rb_roots_take(char **fault_out)
{
  *fault_out = NULL;
  if (!roots) {
    X509_STORE *store = X509_STORE_new();
    if (!store || read_all(store) == 0) {
      tor_asprintf(fault_out, "no root certificates in %s or %s; install "
                   "ca-certificates, or set SSL_CERT_FILE or SSL_CERT_DIR",
                   get_file(), get_directories());
      X509_STORE_free(store);
      store = NULL;
    }
    /* It says which files had none. */
    ERR_clear_error();
    if (!store) {
      return NULL;
    }
    roots = store;
  }
  n_users++;
  return roots;
}

/** The caller of rb_roots_take() needs the roots no more. */
void
rb_roots_give_back(void)
{
  tor_assert(n_users > 0);
  if (--n_users == 0) {
    X509_STORE_free(roots);
    roots = NULL;
  }
}
