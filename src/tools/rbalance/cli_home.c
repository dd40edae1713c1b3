/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cli_home.c
 * @brief The HiddenServiceDir of a node: what tor finds there when it starts.
 *
 * Directories are for their owner only (0700), files, too (0600).  If root
 * makes them, they belong to the user that is named, or else to the owner of
 * the directory they are made in, for that is who tor runs as.  Nothing is
 * ever overwritten.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_home.h"

#include "lib/crypt_ops/crypto_util.h"
#include "lib/fs/files.h"
#include "lib/fs/path.h"
#include "lib/fs/userdb.h"
#include "lib/log/escape.h"
#include "lib/string/printf.h"
#include "tools/rbalance/cli_hints.h"
#include "tools/rbalance/cli_key.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** What tor's key files begin with, padded with zeros to TAGGED_HEAD_LEN. */
#define SECRET_HEAD "== ed25519v1-secret: type0 =="
#define PUBLIC_HEAD "== ed25519v1-public: type0 =="
#define TAGGED_HEAD_LEN 32

/** Return the path of <b>name</b> in <b>home</b>, new. */
char *
cli_home_get_path(const cli_home_t *home, const char *name)
{
  char *path = NULL;
  tor_asprintf(&path, "%s/%s", home->path, name);
  return path;
}

/** Make <b>path</b> belong to the owner of what is in <b>home</b>.  Return 0
 * on success, else -1. */
static int
give_away(const cli_home_t *home, int fd)
{
  return geteuid() == 0 ? fchown(fd, home->uid, home->gid) : 0;
}

/** Make the directory <b>path</b> for <b>home</b>, unless there is one.
 * Return 0 on success; else set *<b>fault_out</b> and return -1. */
static int
make_directory(const cli_home_t *home, const char *path, char **fault_out)
{
  const bool is_new = mkdir(path, 0700) == 0;
  int fd = -1;
  int r = -1;
  if ((is_new || errno == EEXIST) &&
      (fd = tor_open_cloexec(path, O_RDONLY | O_DIRECTORY, 0)) >= 0) {
    r = is_new ? give_away(home, fd) : 0;
  }
  if (r < 0) {
    tor_asprintf(fault_out, "can't make the directory %s: %s. %s",
                 escaped(path), strerror(errno), cli_hint_for_file(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
  return r;
}

/** Make <b>user</b> the owner of what is made in <b>home</b>, which
 * <b>is_there</b> already or not.  Return 0 on success; else set
 * *<b>fault_out</b> and return -1. */
static int
set_user(cli_home_t *home, const char *user, bool is_there, char **fault_out)
{
  const struct passwd *entry = tor_getpwnam(user);
  if (!entry) {
    tor_asprintf(fault_out, "there is no user %s on this machine; name the "
                 "one that tor runs as", escaped(user));
  } else if (geteuid() != 0 && geteuid() != entry->pw_uid) {
    tor_asprintf(fault_out, "only root can make files of another user; run "
                 "this as root or as %s, or leave --user out", user);
  } else if (is_there && home->uid != entry->pw_uid) {
    char *dir = esc_for_log(home->path);
    tor_asprintf(fault_out, "%s does not belong to %s; run `chown -R %s: %s`, "
                 "or leave --user out", dir, user, user, dir);
    tor_free(dir);
  } else {
    home->uid = entry->pw_uid;
    home->gid = entry->pw_gid;
    return 0;
  }
  return -1;
}

/** Find out who owns <b>home</b>, or the directory in which it would be made,
 * and whether it is there.  Return 1 if it is, 0 if it can be made; else set
 * *<b>fault_out</b> and return -1. */
static int
find_owner(cli_home_t *home, char **fault_out)
{
  struct stat st;
  char *parent = tor_strdup(home->path);
  int r = -1;

  if (stat(home->path, &st) == 0) {
    r = 1;
  } else if (errno == EACCES) {
    tor_asprintf(fault_out, "can't look into %s: %s. " CLI_RUN_AS,
                 escaped(home->path), strerror(errno));
  } else if (get_parent_directory(parent) < 0 || stat(parent, &st) < 0) {
    char *dir = esc_for_log(home->path);
    tor_asprintf(fault_out, "there is no directory %s to make %s in; make it "
                 "first, or say another --dir", escaped(parent), dir);
    tor_free(dir);
  } else {
    r = 0;
  }
  if (r >= 0) {
    home->uid = st.st_uid;
    home->gid = st.st_gid;
  }
  tor_free(parent);
  return r;
}

/** Return the directory <b>path</b>, made if it is missing and we
 * <b>may_make</b> it, for <b>user</b>, or if that is NULL for whoever owns
 * where it is.  On failure return NULL and set *<b>fault_out</b>. */
cli_home_t *
cli_home_open(const char *path, bool may_make, const char *user,
              char **fault_out)
{
  cli_home_t *home = tor_malloc_zero(sizeof(*home));
  int is_there;

  home->path = make_path_absolute(path);
  is_there = find_owner(home, fault_out);
  if (is_there < 0) {
    /* The fault is said. */
  } else if (!may_make && file_status(home->path) != FN_DIR) {
    tor_asprintf(fault_out, "there is no directory %s; make it with "
                 "`tor-rbalance init`, or say --dir",
                 escaped(home->path));
  } else if (!user || set_user(home, user, is_there, fault_out) == 0) {
    make_directory(home, home->path, fault_out);
  }
  if (*fault_out) {
    cli_home_free(home);
  }
  return home;
}

/** Return the name of the owner of <b>home</b>, or his number, as a new
 * text. */
char *
cli_home_get_owner(const cli_home_t *home)
{
  const uid_t uid = geteuid() == 0 ? home->uid : geteuid();
  const struct passwd *entry = tor_getpwuid(uid);
  char *name = NULL;
  if (entry) {
    return tor_strdup(entry->pw_name);
  }
  tor_asprintf(&name, "%u", (unsigned) uid);
  return name;
}

/** Release <b>home</b>; NULL is fine. */
void
cli_home_free_(cli_home_t *home)
{
  if (!home) {
    return;
  }
  tor_free(home->path);
  tor_free(home);
}

/** Return true iff there is the key of a service in <b>home</b>. */
bool
cli_home_has_key(const cli_home_t *home)
{
  char *path = cli_home_get_path(home, "hs_ed25519_secret_key");
  const bool has = file_status(path) != FN_NOENT;
  tor_free(path);
  return has;
}

/** Write the <b>len</b> bytes of <b>text</b> to the new file <b>path</b>,
 * which belongs to the owner of <b>home</b> alone.  Return 0 on success; else
 * set *<b>fault_out</b> to a new text and return -1. */
int
cli_home_write_file(const cli_home_t *home, const char *path,
                    const char *text, size_t len, char **fault_out)
{
  const int fd = tor_open_cloexec(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  int r = -1;
  if (fd >= 0 && give_away(home, fd) == 0 &&
      write_all_to_fd(fd, text, len) == (ssize_t) len && fsync(fd) == 0) {
    r = 0;
  }
  if (r < 0) {
    tor_asprintf(fault_out, "can't write %s: %s. %s", escaped(path),
                 strerror(errno), cli_hint_for_file(errno));
  }
  if (fd >= 0 && close(fd) < 0 && r == 0) {
    tor_asprintf(fault_out, "can't write %s: %s. %s", escaped(path),
                 strerror(errno), cli_hint_for_file(errno));
    r = -1;
  }
  return r;
}

/** Write <b>len</b> <b>bytes</b> to the new file <b>name</b> in <b>home</b>,
 * behind <b>head</b> as tor has it.  Return 0 on success, else -1. */
static int
write_tagged(const cli_home_t *home, const char *name, const char *head,
             const uint8_t *bytes, size_t len, char **fault_out)
{
  char *path = cli_home_get_path(home, name);
  char content[TAGGED_HEAD_LEN + ED25519_SECKEY_LEN];
  int r;
  memset(content, 0, sizeof(content));
  memcpy(content, head, strlen(head));
  memcpy(content + TAGGED_HEAD_LEN, bytes, len);
  r = cli_home_write_file(home, path, content, TAGGED_HEAD_LEN + len,
                          fault_out);
  memwipe(content, 0, sizeof(content));
  tor_free(path);
  return r;
}

/** Write <b>keys</b> of a service and its address to <b>home</b>, the secret
 * key only if <b>with_secret</b>.  Return 0 on success; else set
 * *<b>fault_out</b> to a new text and return -1. */
int
cli_home_write_key(const cli_home_t *home, const ed25519_keypair_t *keys,
                   bool with_secret, char **fault_out)
{
  char address[CLI_ADDRESS_LEN + 1];
  char *path, *text = NULL;
  int r;

  if ((with_secret &&
       write_tagged(home, "hs_ed25519_secret_key", SECRET_HEAD,
                    keys->seckey.seckey, ED25519_SECKEY_LEN,
                    fault_out) < 0) ||
      write_tagged(home, "hs_ed25519_public_key", PUBLIC_HEAD,
                   keys->pubkey.pubkey, ED25519_PUBKEY_LEN, fault_out) < 0) {
    return -1;
  }
  cli_key_get_address(&keys->pubkey, address);
  tor_asprintf(&text, "%s.onion\n", address);
  path = cli_home_get_path(home, "hostname");
  r = cli_home_write_file(home, path, text, strlen(text), fault_out);
  tor_free(path);
  tor_free(text);
  return r;
}

/** Write <b>token</b> where tor looks for it in <b>home</b>.  Return 0 on
 * success; else set *<b>fault_out</b> to a new text and return -1. */
int
cli_home_write_token(const cli_home_t *home, const char *token,
                     char **fault_out)
{
  char *dir = cli_home_get_path(home, "rbalance");
  char *path = cli_home_get_path(home, "rbalance/cluster_token");
  char *text = NULL;
  int r = make_directory(home, dir, fault_out);
  tor_asprintf(&text, "%s\n", token);
  if (r == 0) {
    r = cli_home_write_file(home, path, text, strlen(text), fault_out);
  }
  memwipe(text, 0, strlen(text));
  tor_free(text);
  tor_free(path);
  tor_free(dir);
  return r;
}

/** Return the token that the node in <b>home</b> sends with, new.  On failure
 * return NULL and set *<b>fault_out</b>. */
char *
cli_home_read_token(const cli_home_t *home, char **fault_out)
{
  char *path = cli_home_get_path(home, "rbalance/cluster_token");
  char *text = read_file_to_str(path, RFTS_IGNORE_MISSING, NULL);
  char *token = NULL;
  if (text) {
    const char *start = text + strspn(text, " \t\r\n");
    token = tor_strndup(start, strcspn(start, " \t\r\n"));
    memwipe(text, 0, strlen(text));
    tor_free(text);
  } else {
    tor_asprintf(fault_out, "can't read the cluster token %s: %s. %s",
                 escaped(path), strerror(errno), errno == ENOENT ?
                 "Say with --dir where a node is; `tor-rbalance init` or "
                 "`join` makes one." : cli_hint_for_file(errno));
  }
  tor_free(path);
  return token;
}
