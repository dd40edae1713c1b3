/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_tls.c
 * @brief A TLS server in memory, and certificates for it, for tests.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_tls.h"

DISABLE_GCC_WARNING("-Wredundant-decls")
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
ENABLE_GCC_WARNING("-Wredundant-decls")

/** Seconds for which a certificate is valid, before and after now. */
#define CERT_SEC (24 * 60 * 60)

/** Return a new key on the curve P-256. */
static EVP_PKEY *
make_key(void)
{
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
  EVP_PKEY *key = NULL;
  tor_assert(ctx);
  tor_assert(EVP_PKEY_keygen_init(ctx) > 0);
  tor_assert(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(
               ctx, NID_X9_62_prime256v1) > 0);
  tor_assert(EVP_PKEY_keygen(ctx, &key) > 0);
  EVP_PKEY_CTX_free(ctx);
  return key;
}

/** Give <b>cert</b> the extension <b>nid</b> with <b>value</b>. */
static void
add_extension(X509 *cert, int nid, const char *value)
{
  char *copy = tor_strdup(value);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, copy);
  tor_assert(extension);
  tor_assert(X509_add_ext(cert, extension, -1));
  X509_EXTENSION_free(extension);
  tor_free(copy);
}

/** Return a new certificate for <b>names</b>, in the form of OpenSSL's
 * subjectAltName, by <b>issuer</b>.  Without names it may issue others,
 * without an issuer it is its own. */
rbt_cert_t *
rbt_cert_new(const char *names, const rbt_cert_t *issuer)
{
  static int serial = 0;
  rbt_cert_t *made = tor_malloc_zero(sizeof(*made));
  X509 *cert = X509_new();
  X509_NAME *subject;
  char *name = NULL;

  tor_assert(cert);
  made->cert = cert;
  made->key = make_key();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(cert), -CERT_SEC);
  X509_gmtime_adj(X509_getm_notAfter(cert), CERT_SEC);
  X509_set_pubkey(cert, made->key);
  subject = X509_get_subject_name(cert);
  tor_asprintf(&name, "test certificate %d", serial);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             (const uint8_t *) name, -1, -1, 0);
  tor_free(name);
  X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer->cert) :
                                      subject);
  if (names) {
    add_extension(cert, NID_subject_alt_name, names);
  } else {
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
  }
  tor_assert(X509_sign(cert, issuer ? issuer->key : made->key, EVP_sha256()));
  return made;
}

/** Release <b>cert</b>; NULL is fine. */
void
rbt_cert_free_(rbt_cert_t *cert)
{
  if (cert) {
    X509_free(cert->cert);
    EVP_PKEY_free(cert->key);
    tor_free(cert);
  }
}

/** Write <b>cert</b>, without its key, into a file at <b>path</b>. */
void
rbt_cert_write(const rbt_cert_t *cert, const char *path)
{
  BIO *file = BIO_new_file(path, "w");
  tor_assert(file);
  tor_assert(PEM_write_bio_X509(file, cert->cert));
  BIO_free(file);
}

/** Return the settings of a server with <b>cert</b> that speaks only
 * <b>version</b> of TLS, old ones as well. */
SSL_CTX *
rbt_tls_server_new(const rbt_cert_t *cert, int version)
{
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  tor_assert(ctx);
  if (version < TLS1_2_VERSION) {
    tor_assert(SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0"));
  }
  tor_assert(SSL_CTX_set_min_proto_version(ctx, version));
  tor_assert(SSL_CTX_set_max_proto_version(ctx, version));
  tor_assert(SSL_CTX_use_certificate(ctx, cert->cert));
  tor_assert(SSL_CTX_use_PrivateKey(ctx, cert->key));
  return ctx;
}

/** Return a new connection to <b>target</b>, which is <b>server</b>. */
rbt_tls_pair_t *
rbt_tls_pair_new(rb_tls_target_t *target, SSL_CTX *server)
{
  rbt_tls_pair_t *pair = tor_malloc_zero(sizeof(*pair));
  pair->client = rb_tls_new(target);
  pair->server = SSL_new(server);
  tor_assert(pair->server);
  SSL_set_bio(pair->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(pair->server);
  pair->to_server = buf_new();
  pair->to_client = buf_new();
  pair->client_says = buf_new();
  pair->client_heard = buf_new();
  pair->server_heard = buf_new();
  return pair;
}

/** Release <b>pair</b>; NULL is fine. */
void
rbt_tls_pair_free_(rbt_tls_pair_t *pair)
{
  if (pair) {
    rb_tls_free(pair->client);
    /* Else nobody could resume its session. */
    SSL_set_shutdown(pair->server, SSL_SENT_SHUTDOWN);
    SSL_free(pair->server);
    buf_free(pair->to_server);
    buf_free(pair->to_client);
    buf_free(pair->client_says);
    buf_free(pair->client_heard);
    buf_free(pair->server_heard);
    tor_free(pair);
  }
}

/** Leave an error of OpenSSL for the client to stumble over. */
static void
leave_error(void)
{
  ERR_clear_error();
  ERR_put_error(ERR_LIB_USER, 0, 1, __FILE__, __LINE__);
}

/** See whether the client of <b>pair</b> left errors of its own. */
static void
check_errors(rbt_tls_pair_t *pair)
{
  if (ERR_peek_error() && ERR_GET_LIB(ERR_peek_error()) != ERR_LIB_USER) {
    pair->n_errors_left++;
  }
}

/** Have the client of <b>pair</b> write. */
void
rbt_tls_client_write(rbt_tls_pair_t *pair)
{
  leave_error();
  pair->status = rb_tls_write(pair->client, pair->client_says,
                              pair->to_server);
  check_errors(pair);
}

/** Have the client of <b>pair</b> read <b>n</b> bytes, or all there are. */
void
rbt_tls_client_read(rbt_tls_pair_t *pair, size_t n)
{
  buf_t *arrived = buf_new();
  size_t left = MIN(n, buf_datalen(pair->to_client));
  buf_move_to_buf(arrived, pair->to_client, &left);
  leave_error();
  pair->status = rb_tls_read(pair->client, arrived, pair->client_heard,
                             pair->to_server);
  check_errors(pair);
  tor_assert(buf_datalen(arrived) == 0);
  buf_free(arrived);
}

/** Put on the way to the client what the server of <b>pair</b> wrote. */
void
rbt_tls_server_flush(rbt_tls_pair_t *pair)
{
  char chunk[4096];
  int n;
  while ((n = BIO_read(SSL_get_wbio(pair->server), chunk,
                       sizeof(chunk))) > 0) {
    buf_add(pair->to_client, chunk, n);
  }
}

/** Have the server of <b>pair</b> read <b>n</b> bytes, or all there are. */
void
rbt_tls_server_step(rbt_tls_pair_t *pair, size_t n)
{
  char chunk[4096];
  int len;
  n = MIN(n, buf_datalen(pair->to_server));
  while (n) {
    const size_t part = MIN(n, sizeof(chunk));
    buf_get_bytes(pair->to_server, chunk, part);
    BIO_write(SSL_get_rbio(pair->server), chunk, (int) part);
    n -= part;
  }
  ERR_clear_error();
  while ((len = SSL_read(pair->server, chunk, sizeof(chunk))) > 0) {
    buf_add(pair->server_heard, chunk, len);
  }
  rbt_tls_server_flush(pair);
}

/** Let the ends of <b>pair</b> talk, <b>step</b> bytes at a time, until
 * nobody has anything to say. */
void
rbt_tls_run(rbt_tls_pair_t *pair, size_t step)
{
  do {
    rbt_tls_client_write(pair);
    rbt_tls_server_step(pair, step);
    if (buf_datalen(pair->to_client)) {
      rbt_tls_client_read(pair, step);
      /* It may have waited for the end of the handshake. */
      rbt_tls_client_write(pair);
    }
  } while (buf_datalen(pair->to_server) || buf_datalen(pair->to_client));
}
