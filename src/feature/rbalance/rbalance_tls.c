/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_tls.c
 * @brief TLS to targets, from buffer to buffer.
 *
 * OpenSSL reads what came from the target out of a buffer, and writes what
 * the target is to get to another; there is no socket.  So a connection of
 * ours can be anything that has buffers, and this file knows nothing of it.
 * Between calls OpenSSL holds no bytes but those of a record that has not
 * come in whole.
 *
 * Settings of ours are apart from those that tor has for its links to relays.
 * TLS 1.2 and later is spoken, without renegotiation and compression.  Whose
 * certificate is not checked is authenticated otherwise: an onion service by
 * its address.  The others need a certificate for their host, by one of the
 * roots in rbalance_roots.c.
 *
 * The connections to a target share its last session, which saves the
 * certificates and, if they are checked, checking them.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_tls.h"

#include "feature/rbalance/rbalance_roots.h"
#include "lib/cc/compat_compiler.h"
#include "lib/intmath/cmp.h"
#include "lib/log/util_bug.h"
#include "lib/net/address.h"
#include "lib/string/printf.h"

/* Some versions of OpenSSL declare a function twice. */
DISABLE_GCC_WARNING("-Wredundant-decls")
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
ENABLE_GCC_WARNING("-Wredundant-decls")

#include <string.h>

/** Bytes that OpenSSL is given or asked for at a time: what a record takes. */
#define CHUNK_LEN SSL3_RT_MAX_PLAIN_LENGTH

/** The application protocol that an HTTP target is asked for, in the form of
 * RFC 7301: a length and a name. */
static const uint8_t http_protocol[] = "\x08http/1.1";

struct rb_tls_target_t {
  /** How many hold it: its owner, and each of its connections. */
  int n_holders;
  /** Settings of its connections. */
  SSL_CTX *context;
  /** How OpenSSL is to read and write. */
  BIO_METHOD *method;
  /** What the next connection resumes, or NULL. */
  SSL_SESSION *session;
  /** The host to ask for, owned, or NULL if the target is an IP address. */
  char *name;
  /** True iff it needs the roots. */
  bool has_roots;
  /** Why there can be no connection, owned, or NULL. */
  char *fault;
};

struct rb_tls_t {
  /** Held as long as the connection exists. */
  rb_tls_target_t *target;
  /** OpenSSL's part; NULL if it could not be made. */
  SSL *ssl;
  rb_tls_status_t status;
  /** What OpenSSL may read from and write to; NULL between calls. */
  buf_t *from_target, *to_target;
  /** Why the connection failed, owned, or NULL. */
  char *fault;
};

/** Have OpenSSL read up to <b>len</b> bytes at <b>out</b> from the buffer of
 * the connection of <b>bio</b>. */
static int
read_buffer(BIO *bio, char *out, int len)
{
  rb_tls_t *tls = BIO_get_data(bio);
  const size_t n_there = tls->from_target ? buf_datalen(tls->from_target) : 0;

  BIO_clear_retry_flags(bio);
  if (len <= 0 || n_there == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  len = (int) MIN((size_t) len, n_there);
  buf_get_bytes(tls->from_target, out, len);
  return len;
}

/** Have OpenSSL write the <b>len</b> bytes at <b>bytes</b> to the buffer of
 * the connection of <b>bio</b>. */
static int
write_buffer(BIO *bio, const char *bytes, int len)
{
  rb_tls_t *tls = BIO_get_data(bio);

  BIO_clear_retry_flags(bio);
  if (BUG(!tls->to_target) || len < 0 ||
      buf_add(tls->to_target, bytes, len) < 0) {
    return -1;
  }
  return len;
}

/** Answer what OpenSSL wants of <b>bio</b>: that what it wrote is on its
 * way. */
static long
control_buffer(BIO *bio, int command, long number, void *pointer)
{
  (void) bio;
  (void) number;
  (void) pointer;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/** Return how OpenSSL reads and writes buffers, or NULL if it can't say. */
static BIO_METHOD *
make_method(void)
{
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "rbalance buffers");
  if (method && (!BIO_meth_set_read(method, read_buffer) ||
                 !BIO_meth_set_write(method, write_buffer) ||
                 !BIO_meth_set_ctrl(method, control_buffer))) {
    BIO_meth_free(method);
    method = NULL;
  }
  return method;
}

/** Keep <b>session</b> of a connection, instead of the one before, for the
 * next connection to the same target.  OpenSSL calls this for each session or
 * ticket that a target gives us; return 1 to say that it is ours now. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
  rb_tls_target_t *target = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  SSL_SESSION_free(target->session);
  target->session = session;
  return 1;
}

/** Have the certificate of <b>target</b> checked: that it is one for
 * <b>host</b>, which is the IP address <b>addr</b> if that is not NULL.
 * Return 0, or -1 with the fault set unless OpenSSL failed. */
static int
demand_certificate(rb_tls_target_t *target, const tor_addr_t *addr)
{
  X509_VERIFY_PARAM *demands = SSL_CTX_get0_param(target->context);
  X509_STORE *roots = rb_roots_take(&target->fault);
  bool is_set;

  if (!roots) {
    return -1;
  }
  target->has_roots = true;
  SSL_CTX_set1_cert_store(target->context, roots);
  SSL_CTX_set_verify(target->context, SSL_VERIFY_PEER, NULL);
  if (addr) {
    char text[TOR_ADDR_BUF_LEN];
    is_set = tor_addr_to_str(text, addr, sizeof(text), 0) &&
      X509_VERIFY_PARAM_set1_ip_asc(demands, text);
  } else {
    X509_VERIFY_PARAM_set_hostflags(demands,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    is_set = X509_VERIFY_PARAM_set1_host(demands, target->name, 0);
  }
  return is_set ? 0 : -1;
}

/** Make the settings of the connections to <b>target</b>, which is an HTTP
 * server iff <b>is_http</b>.  Return 0, or -1 if OpenSSL failed. */
static int
make_context(rb_tls_target_t *target, bool is_http)
{
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());

  target->context = context;
  target->method = make_method();
  if (!context || !target->method ||
      !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) ||
      /* This one returns 0 if all is well. */
      (is_http && SSL_CTX_set_alpn_protos(context, http_protocol,
                                          sizeof(http_protocol) - 1))) {
    return -1;
  }
  SSL_CTX_set_app_data(context, target);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION|SSL_OP_NO_COMPRESSION);
  /* An idle connection has no use for buffers. */
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT|
                                 SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  return 0;
}

/** Return what the connections to <b>host</b>, a name or an IP address, share.
 * If <b>check_certificate</b>, they fail unless it has a certificate for that
 * name or address, by a root that this machine trusts.  If <b>is_http</b>,
 * they are for HTTP/1.1.
 *
 * The roots are read now, from where OpenSSL has them; the environment
 * variables SSL_CERT_FILE and SSL_CERT_DIR tell it other places.  If there is
 * something in the way, all its connections fail; rb_tls_target_get_fault()
 * says what it is. */
rb_tls_target_t *
rb_tls_target_new(const char *host, bool check_certificate, bool is_http)
{
  rb_tls_target_t *target = tor_malloc_zero(sizeof(*target));
  tor_addr_t addr;
  const bool is_addr = tor_addr_parse(&addr, host) >= 0;

  target->n_holders = 1;
  if (!is_addr) {
    target->name = tor_strdup(host);
  }
  if ((make_context(target, is_http) < 0 ||
       (check_certificate &&
        demand_certificate(target, is_addr ? &addr : NULL) < 0)) &&
      !target->fault) {
    target->fault = tor_strdup("OpenSSL can't be set up");
  }
  ERR_clear_error();
  return target;
}

/** Release <b>target</b>; NULL is fine.  Its connections go on. */
void
rb_tls_target_free_(rb_tls_target_t *target)
{
  if (!target || --target->n_holders > 0) {
    return;
  }
  SSL_SESSION_free(target->session);
  SSL_CTX_free(target->context);
  BIO_meth_free(target->method);
  if (target->has_roots) {
    rb_roots_give_back();
  }
  tor_free(target->name);
  tor_free(target->fault);
  tor_free(target);
}

/** Return why no connection to <b>target</b> can be made, or NULL if nothing
 * is known against it.  It is what the operator has to mend. */
const char *
rb_tls_target_get_fault(const rb_tls_target_t *target)
{
  return target->fault;
}

/** Let <b>tls</b> have failed for <b>reason</b>, of which it takes a copy;
 * what the target gave us to resume is given up, too. */
static void
fail(rb_tls_t *tls, const char *reason)
{
  tls->status = RB_TLS_FAILED;
  tor_free(tls->fault);
  tls->fault = tor_strdup(reason);
  SSL_SESSION_free(tls->target->session);
  tls->target->session = NULL;
}

/** Let <b>tls</b> have failed for the reason that OpenSSL has.  Its texts are
 * fixed ones, so there is nothing in them that somebody sent us. */
static void
fail_as_told(rb_tls_t *tls)
{
  const long verdict = SSL_get_verify_result(tls->ssl);
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());

  if (SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE &&
      verdict != X509_V_OK) {
    char *text = NULL;
    tor_asprintf(&text, "certificate verify failed: %s",
                 X509_verify_cert_error_string(verdict));
    fail(tls, text);
    tor_free(text);
  } else {
    fail(tls, reason ? reason : "OpenSSL failed");
  }
}

/** Make OpenSSL's part of <b>tls</b>.  Return 0, or -1 if it failed. */
static int
make_ssl(rb_tls_t *tls)
{
  const rb_tls_target_t *target = tls->target;
  BIO *bio;

  tls->ssl = SSL_new(target->context);
  bio = BIO_new(target->method);
  if (!tls->ssl || !bio) {
    BIO_free(bio);
    return -1;
  }
  BIO_set_data(bio, tls);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls->ssl, bio, bio);
  SSL_set_connect_state(tls->ssl);
  if (target->name && !SSL_set_tlsext_host_name(tls->ssl, target->name)) {
    return -1;
  }
  if (target->session && SSL_SESSION_is_resumable(target->session)) {
    SSL_set_session(tls->ssl, target->session);
  }
  return 0;
}

/** Return a new connection to <b>target</b>, which sends nothing before
 * rb_tls_write() or rb_tls_read() is called. */
rb_tls_t *
rb_tls_new(rb_tls_target_t *target)
{
  rb_tls_t *tls = tor_malloc_zero(sizeof(*tls));

  target->n_holders++;
  tls->target = target;
  if (target->fault) {
    fail(tls, target->fault);
  } else if (make_ssl(tls) < 0) {
    fail(tls, "OpenSSL can't make a connection to this host");
  }
  ERR_clear_error();
  return tls;
}

/** Release <b>tls</b>; NULL is fine. */
void
rb_tls_free_(rb_tls_t *tls)
{
  if (!tls) {
    return;
  }
  if (tls->ssl && tls->status != RB_TLS_FAILED) {
    /* Else the session of a connection that was cut would be no good. */
    SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN|SSL_RECEIVED_SHUTDOWN);
  }
  SSL_free(tls->ssl);
  rb_tls_target_free(tls->target);
  tor_free(tls->fault);
  tor_free(tls);
}

/** Let OpenSSL work on <b>tls</b>, with these two buffers. */
static void
attach(rb_tls_t *tls, buf_t *from_target, buf_t *to_target)
{
  tls->from_target = from_target;
  tls->to_target = to_target;
  /* It would take errors of others for its own. */
  ERR_clear_error();
}

/** Have OpenSSL give up its own buffers if it holds no part of a record for
 * <b>tls</b>.  Mostly it does so by itself, but a session ticket leaves it
 * with 16 KiB for the next write.  Old versions must not be asked between
 * the header and the body of a record. */
static void
release_memory(rb_tls_t *tls)
{
  if (!strcmp(SSL_rstate_string(tls->ssl), "RH")) {
    SSL_free_buffers(tls->ssl);
  }
}

/** Take the buffers from OpenSSL again, and return how <b>tls</b> stands. */
static rb_tls_status_t
detach(rb_tls_t *tls)
{
  tls->from_target = tls->to_target = NULL;
  if (tls->status == RB_TLS_HANDSHAKE && SSL_is_init_finished(tls->ssl)) {
    tls->status = RB_TLS_OPEN;
  }
  if (tls->status == RB_TLS_OPEN) {
    release_memory(tls);
  }
  ERR_clear_error();
  return tls->status;
}

/** OpenSSL did less on <b>tls</b> than it was asked for, and returned
 * <b>result</b>: take note if that is more than a lack of bytes. */
static void
note_result(rb_tls_t *tls, int result)
{
  switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
      break;
    case SSL_ERROR_ZERO_RETURN:
      if (SSL_is_init_finished(tls->ssl)) {
        tls->status = RB_TLS_CLOSED;
      } else {
        fail(tls, "closed by the target in the handshake");
      }
      break;
    default:
      fail_as_told(tls);
  }
}

/** Take all that is in <b>from_target</b>, and append to <b>plain</b> what it
 * says and to <b>to_target</b> what TLS has to say to it, such as the next
 * step of the handshake or why the connection failed.  Return how <b>tls</b>
 * stands; when it is open now, call rb_tls_write() for what waited for that.
 *
 * If the target hangs up while this is RB_TLS_OPEN, its last bytes may be
 * missing: it, or somebody on the way, cut the connection. */
rb_tls_status_t
rb_tls_read(rb_tls_t *tls, buf_t *from_target, buf_t *plain,
            buf_t *to_target)
{
  char chunk[CHUNK_LEN];

  if (tls->status == RB_TLS_HANDSHAKE || tls->status == RB_TLS_OPEN) {
    int n;
    attach(tls, from_target, to_target);
    while ((n = SSL_read(tls->ssl, chunk, sizeof(chunk))) > 0) {
      buf_add(plain, chunk, n);
    }
    note_result(tls, n);
    detach(tls);
  }
  /* What comes after the end counts for nothing. */
  buf_drain(from_target, buf_datalen(from_target));
  return tls->status;
}

/** Move what is in <b>plain</b> to <b>to_target</b>, encrypted, if the
 * handshake of <b>tls</b> is done and rb_tls_shutdown() was not called; else
 * it stays where it is.  A handshake that has not begun begins.  Return how
 * <b>tls</b> stands. */
rb_tls_status_t
rb_tls_write(rb_tls_t *tls, buf_t *plain, buf_t *to_target)
{
  char chunk[CHUNK_LEN];
  int result;

  if (tls->status == RB_TLS_FAILED) {
    return RB_TLS_FAILED;
  }
  attach(tls, NULL, to_target);
  result = SSL_do_handshake(tls->ssl);
  while (result > 0 && buf_datalen(plain) &&
         !(SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN)) {
    const int len = (int) MIN(buf_datalen(plain), sizeof(chunk));
    buf_get_bytes(plain, chunk, len);
    result = SSL_write(tls->ssl, chunk, len);
  }
  if (result <= 0) {
    note_result(tls, result);
  }
  return detach(tls);
}

/** Tell the target in <b>to_target</b> that <b>tls</b> sends nothing more; it
 * can still be read.  It is told nothing in a handshake or after a failure,
 * where that has no meaning. */
void
rb_tls_shutdown(rb_tls_t *tls, buf_t *to_target)
{
  if (tls->status == RB_TLS_OPEN || tls->status == RB_TLS_CLOSED) {
    attach(tls, NULL, to_target);
    SSL_shutdown(tls->ssl);
    detach(tls);
  }
}

/** Return why <b>tls</b> failed, in a few words for a log, or NULL if it did
 * not.  There is nothing in them that the target or a client sent. */
const char *
rb_tls_get_fault(const rb_tls_t *tls)
{
  return tls->fault;
}
