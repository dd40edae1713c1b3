/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_tls.c
 * @brief Test TLS to targets against OpenSSL's own server.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_tls.h"

#include "lib/crypt_ops/crypto_rand.h"

DISABLE_GCC_WARNING("-Wredundant-decls")
#include <openssl/err.h>
#include <openssl/x509v3.h>
ENABLE_GCC_WARNING("-Wredundant-decls")

/** The name of most targets here; its certificate need not be good. */
#define ONION "targetaddress.onion"

/** What to try everything with. */
static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/** Return a new connection to a target, of which it is the only one, that is
 * a new server which speaks <b>version</b>. */
static rbt_tls_pair_t *
make_pair(int version)
{
  rb_tls_target_t *target = rb_tls_target_new(ONION, false, true);
  rbt_cert_t *cert = rbt_cert_new("DNS:elsewhere.example", NULL);
  SSL_CTX *server = rbt_tls_server_new(cert, version);
  rbt_tls_pair_t *pair = rbt_tls_pair_new(target, server);
  SSL_CTX_free(server);
  rbt_cert_free(cert);
  rb_tls_target_free(target);
  return pair;
}

/** Return true iff <b>buf</b> has <b>text</b> and nothing else. */
static bool
has_text(const buf_t *buf, const char *text)
{
  char got[256];
  const size_t len = buf_datalen(buf);
  if (len != strlen(text) || len > sizeof(got)) {
    return false;
  }
  buf_peek(buf, got, len);
  return fast_memeq(got, text, len);
}

/** Have the server of <b>pair</b> say <b>text</b>. */
static void
server_says(rbt_tls_pair_t *pair, const char *text)
{
  tor_assert(SSL_write(pair->server, text, (int) strlen(text)) > 0);
  rbt_tls_server_flush(pair);
}

/** A handshake needs no more than that either end is asked, and may come in
 * byte by byte.  What the client wants to say waits for it. */
static void
test_rbalance_tls_handshake(void *arg)
{
  const size_t steps[] = { SIZE_MAX, 1, 7 };
  rbt_tls_pair_t *pair = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(versions) * ARRAY_LENGTH(steps); ++i) {
    pair = make_pair(versions[i % 2]);
    rbt_tls_client_write(pair);
    tt_int_op(pair->status, OP_EQ, RB_TLS_HANDSHAKE);
    tt_int_op(buf_datalen(pair->to_server), OP_GT, 100);
    buf_add_string(pair->client_says, "question");
    rbt_tls_client_write(pair);
    tt_int_op(buf_datalen(pair->client_says), OP_EQ, 8);
    rbt_tls_run(pair, steps[i / 2]);
    tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
    tt_assert(has_text(pair->server_heard, "question"));
    tt_int_op(buf_datalen(pair->client_says), OP_EQ, 0);
    tt_int_op(SSL_version(pair->server), OP_EQ, versions[i % 2]);
    server_says(pair, "answer");
    rbt_tls_run(pair, steps[i / 2]);
    tt_assert(has_text(pair->client_heard, "answer"));
    tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
    tt_ptr_op(rb_tls_get_fault(pair->client), OP_EQ, NULL);
    tt_int_op(pair->n_errors_left, OP_EQ, 0);
    rbt_tls_pair_free(pair);
  }
 done:
  rbt_tls_pair_free(pair);
}

/** A connection that is read before it is written begins as well. */
static void
test_rbalance_tls_read_first(void *arg)
{
  rbt_tls_pair_t *pair = make_pair(TLS1_3_VERSION);
  (void) arg;

  rbt_tls_client_read(pair, 0);
  tt_int_op(pair->status, OP_EQ, RB_TLS_HANDSHAKE);
  tt_int_op(buf_datalen(pair->to_server), OP_GT, 100);
 done:
  rbt_tls_pair_free(pair);
}

/** Megabytes arrive as they were sent, both ways at once, in pieces that
 * match no record. */
static void
test_rbalance_tls_data(void *arg)
{
  const size_t len = 3 * 1024 * 1024 + 1;
  char *up = tor_malloc(len), *down = tor_malloc(len);
  char *got = NULL;
  size_t got_len = 0, sent = 0;
  rbt_tls_pair_t *pair = NULL;
  (void) arg;

  crypto_rand(up, len);
  crypto_rand(down, len);
  for (size_t i = 0; i < ARRAY_LENGTH(versions); ++i) {
    pair = make_pair(versions[i]);
    rbt_tls_run(pair, SIZE_MAX);
    buf_add(pair->client_says, up, len);
    for (sent = 0; sent < len; ) {
      const size_t part = MIN(len - sent, 50000);
      tt_int_op(SSL_write(pair->server, down + sent, (int) part), OP_EQ, part);
      sent += part;
      rbt_tls_server_flush(pair);
      rbt_tls_client_read(pair, 33333);
      rbt_tls_client_write(pair);
      rbt_tls_server_step(pair, 44444);
    }
    rbt_tls_run(pair, 100001);
    tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
    tt_int_op(pair->n_errors_left, OP_EQ, 0);
    got = buf_extract(pair->server_heard, &got_len);
    tt_int_op(got_len, OP_EQ, len);
    tt_mem_op(got, OP_EQ, up, len);
    tor_free(got);
    got = buf_extract(pair->client_heard, &got_len);
    tt_int_op(got_len, OP_EQ, len);
    tt_mem_op(got, OP_EQ, down, len);
    tor_free(got);
    rbt_tls_pair_free(pair);
  }
 done:
  rbt_tls_pair_free(pair);
  tor_free(up);
  tor_free(down);
  tor_free(got);
}

/** A connection resumes the last session of its target, by a ticket or an
 * identifier, though the one before was just cut; after a failure, of an open
 * connection or in a handshake, none is left. */
static void
test_rbalance_tls_resume(void *arg)
{
  static const struct { int version; long options; } cases[] = {
    { TLS1_2_VERSION, 0 },
    { TLS1_2_VERSION, SSL_OP_NO_TICKET },
    { TLS1_3_VERSION, 0 },
  };
  rbt_cert_t *cert = rbt_cert_new("DNS:" ONION, NULL);
  rb_tls_target_t *target = NULL;
  rbt_tls_pair_t *pair = NULL;
  SSL_CTX *server = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    target = rb_tls_target_new(ONION, false, true);
    server = rbt_tls_server_new(cert, cases[i].version);
    SSL_CTX_set_options(server, cases[i].options);
    for (int n = 0; n < 7; ++n) {
      pair = rbt_tls_pair_new(target, server);
      if (n != 5) {
        rbt_tls_run(pair, SIZE_MAX);
        tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
        tt_int_op(SSL_session_reused(pair->server), OP_EQ, n > 0 && n < 4);
        tt_int_op(pair->n_errors_left, OP_EQ, 0);
      }
      if (n == 3 || n == 5) {
        buf_add_string(pair->to_client, "no TLS");
        rbt_tls_client_read(pair, SIZE_MAX);
        tt_int_op(pair->status, OP_EQ, RB_TLS_FAILED);
      }
      rbt_tls_pair_free(pair);
    }
    rb_tls_target_free(target);
    SSL_CTX_free(server);
    server = NULL;
  }
 done:
  rbt_tls_pair_free(pair);
  rb_tls_target_free(target);
  SSL_CTX_free(server);
  rbt_cert_free(cert);
}

/** Where the certificate is checked, it must be by a known root and for the
 * host; elsewhere anything goes. */
static void
test_rbalance_tls_certificate(void *arg)
{
  static const struct {
    const char *host, *names;
    bool is_known;
    /** Words of the fault, or NULL if all is well. */
    const char *fault;
  } cases[] = {
    { "a.example", "DNS:a.example", true, NULL },
    { "A.Example", "DNS:b.example,DNS:a.example", true, NULL },
    { "a.example", "DNS:*.example", true, "ismatch" },
    { "a.b.example", "DNS:*.b.example", true, NULL },
    { "aa.b.example", "DNS:a*.b.example", true, "ismatch" },
    { "a.example", "DNS:b.example", true, "ostname mismatch" },
    { "a.example", "DNS:example", true, "ostname mismatch" },
    { "a.example", "DNS:a.example", false, "issuer certificate" },
    { "192.0.2.1", "IP:192.0.2.1", true, NULL },
    { "192.0.2.1", "IP:192.0.2.2", true, "IP address mismatch" },
    { "192.0.2.1", "DNS:192.0.2.1", true, "IP address mismatch" },
    { "192.0.2.1", "IP:192.0.2.1", false, "issuer certificate" },
    { "2001:db8::1", "IP:2001:db8::1", true, NULL },
    { "[2001:db8::1]", "IP:2001:DB8:0::1", true, NULL },
    { "[2001:db8::1]", "IP:2001:db8::2", true, "IP address mismatch" },
  };
  rbt_cert_t *root = rbt_cert_new(NULL, NULL), *cert = NULL;
  rbt_cert_t *unknown = rbt_cert_new(NULL, NULL);
  rb_tls_target_t *target = NULL;
  rbt_tls_pair_t *pair = NULL;
  SSL_CTX *server = NULL;
  (void) arg;

  rbt_cert_write(root, get_fname("root.pem"));
  setenv("SSL_CERT_FILE", get_fname("root.pem"), 1);
  setenv("SSL_CERT_DIR", "/nonexistent", 1);
  for (size_t i = 0; i < 4 * ARRAY_LENGTH(cases); ++i) {
    const size_t n = i / 4;
    const bool is_checked = i % 2;
    const char *fault = is_checked ? cases[n].fault : NULL;
    cert = rbt_cert_new(cases[n].names, cases[n].is_known ? root : unknown);
    server = rbt_tls_server_new(cert, versions[i % 4 / 2]);
    target = rb_tls_target_new(cases[n].host, is_checked, true);
    tt_ptr_op(rb_tls_target_get_fault(target), OP_EQ, NULL);
    pair = rbt_tls_pair_new(target, server);
    buf_add_string(pair->client_says, "secret");
    rbt_tls_run(pair, SIZE_MAX);
    tt_int_op(pair->status, OP_EQ, fault ? RB_TLS_FAILED : RB_TLS_OPEN);
    tt_int_op(pair->n_errors_left, OP_EQ, 0);
    tt_assert(has_text(pair->server_heard, fault ? "" : "secret"));
    if (fault) {
      const char *text = rb_tls_get_fault(pair->client);
      tt_assert(!strcmpstart(text, "certificate verify failed: "));
      tt_assert(strstr(text, fault));
    }
    rbt_tls_pair_free(pair);
    rb_tls_target_free(target);
    rbt_cert_free(cert);
    SSL_CTX_free(server);
    server = NULL;
  }
 done:
  rbt_tls_pair_free(pair);
  rb_tls_target_free(target);
  rbt_cert_free(root);
  rbt_cert_free(unknown);
  rbt_cert_free(cert);
  SSL_CTX_free(server);
}

/** Without roots no certificate can be checked: the target says so, and so
 * does each of its connections, which sends nothing. */
static void
test_rbalance_tls_no_roots(void *arg)
{
  rb_tls_target_t *target = NULL;
  rb_tls_t *tls = NULL;
  buf_t *plain = buf_new(), *bytes = buf_new(), *none = buf_new();
  (void) arg;

  setenv("SSL_CERT_FILE", "/nonexistent/file", 1);
  setenv("SSL_CERT_DIR", "/nonexistent/directory", 1);
  target = rb_tls_target_new("a.example", true, true);
  tt_assert(rb_tls_target_get_fault(target));
  tt_assert(strstr(rb_tls_target_get_fault(target), "/nonexistent/file"));
  tls = rb_tls_new(target);
  buf_add_string(plain, "secret");
  tt_int_op(rb_tls_write(tls, plain, bytes), OP_EQ, RB_TLS_FAILED);
  buf_add_string(none, "anything");
  tt_int_op(rb_tls_read(tls, none, plain, bytes), OP_EQ, RB_TLS_FAILED);
  tt_int_op(buf_datalen(none), OP_EQ, 0);
  tt_int_op(buf_datalen(bytes), OP_EQ, 0);
  tt_str_op(rb_tls_get_fault(tls), OP_EQ, rb_tls_target_get_fault(target));
  rb_tls_shutdown(tls, bytes);
  tt_int_op(buf_datalen(bytes), OP_EQ, 0);
 done:
  rb_tls_free(tls);
  rb_tls_target_free(target);
  buf_free(plain);
  buf_free(bytes);
  buf_free(none);
}

/** What a server was offered by ALPN, each name after its length; NULL if
 * nothing was. */
static char *offered = NULL;

/** Note what is offered, and take the first. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                const unsigned char *in, unsigned int len, void *arg)
{
  (void) ssl;
  (void) arg;
  tor_free(offered);
  offered = tor_strndup((const char *) in, len);
  *out = in + 1;
  *out_len = in[0];
  return SSL_TLSEXT_ERR_OK;
}

/** The server hears which host is meant, unless by its address, and that
 * HTTP/1.1 is spoken, if it is. */
static void
test_rbalance_tls_hello(void *arg)
{
  static const struct { const char *host; bool is_http; const char *name; }
  cases[] = {
    { ONION, true, ONION },
    { "a.example", false, "a.example" },
    { "192.0.2.1", true, NULL },
    { "2001:db8::1", false, NULL },
    { "[2001:db8::1]", true, NULL },
  };
  rbt_cert_t *cert = rbt_cert_new("DNS:" ONION, NULL);
  rb_tls_target_t *target = NULL;
  rbt_tls_pair_t *pair = NULL;
  SSL_CTX *server = NULL;
  (void) arg;

  for (size_t i = 0; i < 2 * ARRAY_LENGTH(cases); ++i) {
    const size_t n = i / 2;
    const char *name;
    server = rbt_tls_server_new(cert, versions[i % 2]);
    SSL_CTX_set_alpn_select_cb(server, choose_protocol, NULL);
    target = rb_tls_target_new(cases[n].host, false, cases[n].is_http);
    pair = rbt_tls_pair_new(target, server);
    rbt_tls_run(pair, SIZE_MAX);
    tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
    if (cases[n].is_http) {
      tt_str_op(offered, OP_EQ, "\x08http/1.1");
    } else {
      tt_ptr_op(offered, OP_EQ, NULL);
    }
    tor_free(offered);
    name = SSL_get_servername(pair->server, TLSEXT_NAMETYPE_host_name);
    if (cases[n].name) {
      tt_str_op(name, OP_EQ, cases[n].name);
    } else {
      tt_ptr_op(name, OP_EQ, NULL);
    }
    rbt_tls_pair_free(pair);
    rb_tls_target_free(target);
    SSL_CTX_free(server);
    server = NULL;
  }
 done:
  rbt_tls_pair_free(pair);
  rb_tls_target_free(target);
  SSL_CTX_free(server);
  rbt_cert_free(cert);
  tor_free(offered);
}

/** A target that says that it sends nothing more is believed, and can still
 * be told something; what it sends after that counts for nothing. */
static void
test_rbalance_tls_close(void *arg)
{
  rbt_tls_pair_t *pair = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(versions); ++i) {
    pair = make_pair(versions[i]);
    rbt_tls_run(pair, SIZE_MAX);
    server_says(pair, "last words");
    SSL_shutdown(pair->server);
    rbt_tls_server_flush(pair);
    buf_add_string(pair->to_client, "and more");
    rbt_tls_client_read(pair, SIZE_MAX);
    tt_int_op(pair->status, OP_EQ, RB_TLS_CLOSED);
    tt_assert(has_text(pair->client_heard, "last words"));
    buf_add_string(pair->client_says, "farewell");
    rbt_tls_run(pair, SIZE_MAX);
    tt_int_op(pair->status, OP_EQ, RB_TLS_CLOSED);
    tt_assert(has_text(pair->server_heard, "farewell"));
    buf_add_string(pair->to_client, "and more");
    rbt_tls_client_read(pair, SIZE_MAX);
    tt_int_op(pair->status, OP_EQ, RB_TLS_CLOSED);
    tt_int_op(pair->n_errors_left, OP_EQ, 0);
    rbt_tls_pair_free(pair);
  }
 done:
  rbt_tls_pair_free(pair);
}

/** The target hears that we send nothing more, once, and may go on itself;
 * what we want to say after that stays where it is. */
static void
test_rbalance_tls_shutdown(void *arg)
{
  rbt_tls_pair_t *pair = NULL;
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(versions); ++i) {
    pair = make_pair(versions[i]);
    rb_tls_shutdown(pair->client, pair->to_server);
    tt_int_op(buf_datalen(pair->to_server), OP_EQ, 0);
    rbt_tls_run(pair, SIZE_MAX);
    rb_tls_shutdown(pair->client, pair->to_server);
    tt_int_op(buf_datalen(pair->to_server), OP_GT, 0);
    rbt_tls_server_step(pair, SIZE_MAX);
    tt_int_op(SSL_get_shutdown(pair->server), OP_EQ, SSL_RECEIVED_SHUTDOWN);
    server_says(pair, "still here");
    buf_add_string(pair->client_says, "too late");
    rbt_tls_client_read(pair, SIZE_MAX);
    rbt_tls_client_write(pair);
    rb_tls_shutdown(pair->client, pair->to_server);
    tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
    tt_assert(has_text(pair->client_heard, "still here"));
    tt_assert(has_text(pair->client_says, "too late"));
    tt_int_op(buf_datalen(pair->to_server), OP_EQ, 0);
    tt_int_op(pair->n_errors_left, OP_EQ, 0);
    rbt_tls_pair_free(pair);
  }
 done:
  rbt_tls_pair_free(pair);
}

/** What is no TLS fails, with a reason, and so does TLS that ends in the
 * handshake. */
static void
test_rbalance_tls_garbage(void *arg)
{
  static const struct { const char *bytes; size_t len; const char *fault; }
  cases[] = {
    { "HTTP/1.1 400 Bad Request\r\n\r\n", 28, "wrong version number" },
    { "SSH-2.0-OpenSSH_9.2p1\r\n", 23, "wrong version number" },
    /* Alerts: handshake failure; nothing more will be sent. */
    { "\x15\3\3\0\2\2\x28", 7, "handshake failure" },
    { "\x15\3\3\0\2\1\0", 7, "closed by the target in the handshake" },
  };
  rbt_tls_pair_t *pair = NULL;
  char noise[600];
  (void) arg;

  for (size_t i = 0; i < ARRAY_LENGTH(cases); ++i) {
    pair = make_pair(TLS1_3_VERSION);
    rbt_tls_client_write(pair);
    buf_add(pair->to_client, cases[i].bytes, cases[i].len);
    rbt_tls_client_read(pair, SIZE_MAX);
    tt_int_op(pair->status, OP_EQ, RB_TLS_FAILED);
    tt_assert(strstr(rb_tls_get_fault(pair->client), cases[i].fault));
    rbt_tls_client_write(pair);
    tt_int_op(pair->status, OP_EQ, RB_TLS_FAILED);
    tt_int_op(pair->n_errors_left, OP_EQ, 0);
    rbt_tls_pair_free(pair);
  }
  for (int i = 0; i < 300; ++i) {
    pair = make_pair(versions[i % 2]);
    rbt_tls_client_write(pair);
    crypto_rand(noise, sizeof(noise));
    if (i % 3) {
      /* A record of some type with all the rest. */
      memcpy(noise, i % 3 == 1 ? "\x16\3\3\2" : "\x15\3\3\2", 4);
    }
    buf_add(pair->to_client, noise, sizeof(noise));
    rbt_tls_client_read(pair, SIZE_MAX);
    tt_int_op(pair->status, OP_NE, RB_TLS_OPEN);
    tt_int_op(buf_datalen(pair->client_heard), OP_EQ, 0);
    tt_int_op(pair->n_errors_left, OP_EQ, 0);
    rbt_tls_pair_free(pair);
  }
 done:
  rbt_tls_pair_free(pair);
}

/** Change the byte <b>at</b>, or else the last, of what is on its way to the
 * client of <b>pair</b>, let the ends talk, and return how many bytes there
 * were: signatures differ in length. */
static size_t
tamper(rbt_tls_pair_t *pair, size_t at)
{
  size_t len = 0;
  char *bytes = buf_extract(pair->to_client, &len);
  buf_clear(pair->to_client);
  bytes[MIN(at, len - 1)] ^= 1;
  buf_add(pair->to_client, bytes, len);
  tor_free(bytes);
  rbt_tls_run(pair, SIZE_MAX);
  return len;
}

/** A byte that was changed on the way is found, wherever it was, in the
 * handshake and after it; nothing that follows is believed. */
static void
test_rbalance_tls_tampered(void *arg)
{
  rbt_tls_pair_t *pair = NULL;
  (void) arg;

  for (size_t i = 0; i < 2 * ARRAY_LENGTH(versions); ++i) {
    const bool is_open = i >= ARRAY_LENGTH(versions);
    size_t len = 0;
    /* The header of the very first record is not protected. */
    for (size_t at = is_open ? 0 : 5; !len || at < len; at += 3) {
      pair = make_pair(versions[i % 2]);
      if (is_open) {
        rbt_tls_run(pair, SIZE_MAX);
        tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
        server_says(pair, "words");
      } else {
        rbt_tls_client_write(pair);
        rbt_tls_server_step(pair, SIZE_MAX);
      }
      len = tamper(pair, at);
      tt_int_op(buf_datalen(pair->client_heard), OP_EQ, 0);
      if (!is_open) {
        tt_int_op(pair->status, OP_NE, RB_TLS_OPEN);
      } else if (pair->status != RB_TLS_FAILED) {
        /* A length that is now too long: the rest is waited for. */
        tt_int_op(at, OP_GE, 3);
        tt_int_op(at, OP_LE, 4);
      }
      tt_int_op(pair->status, OP_NE, RB_TLS_CLOSED);
      tt_int_op(pair->n_errors_left, OP_EQ, 0);
      rbt_tls_pair_free(pair);
    }
  }
 done:
  rbt_tls_pair_free(pair);
}

/** A target can't have us negotiate again, and hears so; the connection is no
 * worse for the question. */
static void
test_rbalance_tls_renegotiation(void *arg)
{
  rbt_tls_pair_t *pair = make_pair(TLS1_2_VERSION);
  (void) arg;

  rbt_tls_run(pair, SIZE_MAX);
  server_says(pair, "one ");
  tt_int_op(SSL_renegotiate(pair->server), OP_EQ, 1);
  tt_int_op(SSL_do_handshake(pair->server), OP_EQ, 1);
  server_says(pair, "two");
  rbt_tls_client_read(pair, SIZE_MAX);
  tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
  tt_assert(has_text(pair->client_heard, "one two"));
  tt_int_op(buf_datalen(pair->to_server), OP_GT, 0);
  rbt_tls_server_step(pair, SIZE_MAX);
  tt_int_op(ERR_GET_REASON(ERR_peek_last_error()), OP_EQ,
            SSL_R_NO_RENEGOTIATION);
  tt_int_op(pair->n_errors_left, OP_EQ, 0);
 done:
  rbt_tls_pair_free(pair);
}

/** Old versions of TLS are not spoken. */
static void
test_rbalance_tls_old_version(void *arg)
{
  rbt_tls_pair_t *pair = make_pair(TLS1_1_VERSION);
  (void) arg;

  rbt_tls_run(pair, SIZE_MAX);
  tt_int_op(pair->status, OP_EQ, RB_TLS_FAILED);
  tt_assert(strstr(rb_tls_get_fault(pair->client), "protocol version"));
 done:
  rbt_tls_pair_free(pair);
}

/** Wherever a target is cut, in the handshake or after it, that is neither
 * taken for its end nor for a failure. */
static void
test_rbalance_tls_cut(void *arg)
{
  rbt_tls_pair_t *pair = NULL;
  (void) arg;

  for (size_t i = 0; i < 2 * ARRAY_LENGTH(versions); ++i) {
    const bool is_open = i >= ARRAY_LENGTH(versions);
    bool is_whole = false;
    for (size_t at = 0; !is_whole; at += 7) {
      pair = make_pair(versions[i % 2]);
      if (is_open) {
        rbt_tls_run(pair, SIZE_MAX);
        server_says(pair, "some words");
      } else {
        rbt_tls_client_write(pair);
        rbt_tls_server_step(pair, SIZE_MAX);
      }
      is_whole = at >= buf_datalen(pair->to_client);
      rbt_tls_client_read(pair, at);
      if (is_open || (is_whole && versions[i % 2] == TLS1_3_VERSION)) {
        tt_int_op(pair->status, OP_EQ, RB_TLS_OPEN);
      } else {
        tt_int_op(pair->status, OP_EQ, RB_TLS_HANDSHAKE);
      }
      tt_assert(has_text(pair->client_heard,
                         is_open && is_whole ? "some words" : ""));
      tt_int_op(pair->n_errors_left, OP_EQ, 0);
      rbt_tls_pair_free(pair);
    }
  }
 done:
  rbt_tls_pair_free(pair);
}

/** A connection outlives the owner of its target, in every state, even if it
 * is resumed or gets a session after that. */
static void
test_rbalance_tls_target_gone(void *arg)
{
  rbt_cert_t *cert = rbt_cert_new("DNS:" ONION, NULL);
  SSL_CTX *server = rbt_tls_server_new(cert, TLS1_3_VERSION);
  rb_tls_target_t *target = NULL;
  rbt_tls_pair_t *pairs[3] = { NULL, NULL, NULL };
  (void) arg;

  rbt_cert_write(cert, get_fname("root.pem"));
  setenv("SSL_CERT_FILE", get_fname("root.pem"), 1);
  setenv("SSL_CERT_DIR", "/nonexistent", 1);
  target = rb_tls_target_new(ONION, true, true);
  for (int i = 0; i < 3; ++i) {
    pairs[i] = rbt_tls_pair_new(target, server);
    if (i > 0) {
      rbt_tls_client_write(pairs[i]);
    }
    if (i > 1) {
      rbt_tls_run(pairs[i], SIZE_MAX);
    }
  }
  rb_tls_target_free(target);
  tt_ptr_op(target, OP_EQ, NULL);
  for (int i = 0; i < 3; ++i) {
    rbt_tls_run(pairs[i], SIZE_MAX);
    server_says(pairs[i], "hello");
    rbt_tls_run(pairs[i], SIZE_MAX);
    tt_int_op(pairs[i]->status, OP_EQ, RB_TLS_OPEN);
    tt_assert(has_text(pairs[i]->client_heard, "hello"));
    rbt_tls_pair_free(pairs[i]);
  }
 done:
  for (int i = 0; i < 3; ++i) {
    rbt_tls_pair_free(pairs[i]);
  }
  rb_tls_target_free(target);
  SSL_CTX_free(server);
  rbt_cert_free(cert);
}

#define T(name) { #name, test_rbalance_tls_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_tls_tests[] = {
  T(handshake),
  T(read_first),
  T(data),
  T(resume),
  T(certificate),
  T(no_roots),
  T(hello),
  T(close),
  T(shutdown),
  T(garbage),
  T(tampered),
  T(renegotiation),
  T(old_version),
  T(cut),
  T(target_gone),
  END_OF_TESTCASES
};
