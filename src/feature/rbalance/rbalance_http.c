/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_http.c
 * @brief One proxied connection: the requests of a client, and the answers of
 * the target.
 *
 * Bytes come in and go out as buffers; rbalance_http_block.c collects heads,
 * rbalance_http_request.c and rbalance_http_response.c rewrite them, and
 * rbalance_http_body.c moves what follows.  What is here is which answer
 * belongs to which request, and when it is over.
 *
 * A client can send requests before the earlier ones are answered, and answers
 * keep that order.  So does a refusal: it is written when all that was asked
 * before is answered.  After a request that offers another protocol nothing is
 * read until the answer says what the next bytes are.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_http.h"

#include "feature/rbalance/rbalance_http_body.h"
#include "feature/rbalance/rbalance_http_page.h"
#include "feature/rbalance/rbalance_http_request.h"
#include "feature/rbalance/rbalance_http_response.h"
#include "feature/rbalance/rbalance_limits.h"
#include "lib/log/util_bug.h"

#include <string.h>

/** A proxied connection. */
struct rb_http_t {
  rb_http_names_t names;
  /** What the texts of names are; owned. */
  char *target_host;
  char *service_host;
  char *circuit_id;
  /** The head, or the body, of a request that arrives. */
  rb_http_block_t request_head;
  rb_http_body_t request_body;
  /** The same of an answer. */
  rb_http_block_t answer_head;
  rb_http_body_t answer_body;
  /** Requests whose answer is not whole: a ring, of which <b>first</b> is the
   * one that is being answered. */
  rb_http_request_t pending[RB_HTTP_MAX_PENDING];
  unsigned first;
  unsigned n_pending;
  /** Status of the page that follows when all are answered, or 0; and whether
   * it answers a HEAD request. */
  int refusal;
  bool refuses_head;
  /** Status of the page that answers the first request, or 0: the target
   * failed before there was one. */
  int failure;
  /** True iff a request has been sent to the target; was answered. */
  bool has_asked;
  bool has_answered;
  /** True iff the client sends no other request. */
  bool has_last;
  /** True iff the head of the answer to the first pending request is on its
   * way to the client; and iff no other answer follows it. */
  bool is_answering;
  bool is_last_answer;
  /** True iff both ends speak another protocol. */
  bool is_raw;
  bool is_over;
};

/** Return a new proxied connection between those that <b>names</b> names. */
rb_http_t *
rb_http_new(const rb_http_names_t *names)
{
  rb_http_t *http = tor_malloc_zero(sizeof(*http));
  http->names = *names;
  http->names.target_host = http->target_host = tor_strdup(names->target_host);
  http->names.service_host = http->service_host =
    tor_strdup(names->service_host);
  if (names->circuit_id) {
    http->names.circuit_id = http->circuit_id = tor_strdup(names->circuit_id);
  }
  return http;
}

/** Release what <b>http</b> holds of messages. */
static void
clear_messages(rb_http_t *http)
{
  rb_http_block_clear(&http->request_head);
  rb_http_body_clear(&http->request_body);
  rb_http_block_clear(&http->answer_head);
  rb_http_body_clear(&http->answer_body);
}

/** Release <b>http</b>; NULL is fine. */
void
rb_http_free_(rb_http_t *http)
{
  if (http) {
    clear_messages(http);
    tor_free(http->target_host);
    tor_free(http->service_host);
    tor_free(http->circuit_id);
    tor_free(http);
  }
}

/** The connection <b>http</b> is over. */
static void
finish(rb_http_t *http)
{
  clear_messages(http);
  http->n_pending = 0;
  http->is_over = true;
}

/** End <b>http</b> with the page for <b>status</b>, which answers a HEAD
 * request iff <b>is_head</b>. */
static void
finish_with_page(rb_http_t *http, int status, bool is_head, buf_t *to_client)
{
  rb_http_page_write(status, is_head, to_client);
  finish(http);
}

/** Return true iff more of the body of a request is to come. */
static bool
has_request_body(const rb_http_t *http)
{
  return !rb_http_body_is_whole(&http->request_body);
}

/** Return the request that is being answered. */
static const rb_http_request_t *
get_first(const rb_http_t *http)
{
  tor_assert(http->n_pending > 0);
  return &http->pending[http->first];
}

/** Return the request that came last, of those that are not answered. */
static rb_http_request_t *
get_latest(rb_http_t *http)
{
  tor_assert(http->n_pending > 0);
  return &http->pending[(http->first + http->n_pending - 1) %
                        RB_HTTP_MAX_PENDING];
}

/** Refuse with <b>status</b> the request that arrives, once all before it are
 * answered.  It answers a HEAD request iff <b>is_head</b>. */
static void
refuse(rb_http_t *http, int status, bool is_head, buf_t *to_client)
{
  if (has_request_body(http)) {
    /* Its head has been sent, and it may have its answer already. */
    if (http->n_pending == 0 ||
        (http->n_pending == 1 && http->is_answering)) {
      finish(http);
      return;
    }
    is_head = get_latest(http)->is_head;
    http->n_pending--;
  }
  rb_http_block_clear(&http->request_head);
  rb_http_body_clear(&http->request_body);
  if (http->n_pending == 0) {
    finish_with_page(http, status, is_head, to_client);
    return;
  }
  http->refusal = status;
  http->refuses_head = is_head;
}

/** Refuse the request whose head is not sound, with <b>status</b>. */
static void
refuse_head(rb_http_t *http, int status, buf_t *to_client)
{
  refuse(http, status, rb_http_block_begins(&http->request_head, "HEAD "),
         to_client);
}

/** The head of a request is whole: send it to the target, rewritten. */
static void
take_request(rb_http_t *http, buf_t *to_target, buf_t *to_client)
{
  rb_http_request_t request;
  int status = 400;
  rb_http_head_t *head = rb_http_head_parse(&http->request_head,
                                            RB_HTTP_REQUEST, &status);
  if (head) {
    status = rb_http_request_rewrite(head, &http->names, &request);
    if (!status) {
      status = http->failure;
    }
  }
  if (status) {
    refuse_head(http, status, to_client);
    rb_http_head_free(head);
    return;
  }
  rb_http_block_clear(&http->request_head);
  rb_http_head_write(head, to_target);
  rb_http_head_free(head);
  http->n_pending++;
  *get_latest(http) = request;
  http->has_asked = true;
  http->has_last = request.is_last;
  rb_http_body_begin(&http->request_body, &request.framing);
}

/** Take from <b>from_client</b> what there is of the head of a request. */
static void
read_request_head(rb_http_t *http, buf_t *from_client, buf_t *to_target,
                  buf_t *to_client)
{
  const rb_http_progress_t progress =
    rb_http_block_take(&http->request_head, RB_HTTP_REQUEST, from_client);
  if (progress == RB_HTTP_WHOLE) {
    take_request(http, to_target, to_client);
  } else if (progress != RB_HTTP_MORE) {
    refuse_head(http, rb_http_progress_get_status(progress), to_client);
  }
}

/** Write to <b>to</b> the end of the chunked <b>body</b>, with its trailer as
 * it is for the client, if <b>is_answer</b>, or else for the target.  Return
 * 0, or -1 if the trailer is not sound. */
static int
end_chunks(const rb_http_t *http, rb_http_body_t *body, bool is_answer,
           buf_t *to)
{
  int fault, r = -1;
  rb_http_head_t *trailer =
    rb_http_head_parse(&body->trailer, RB_HTTP_TRAILER, &fault);
  if (trailer) {
    r = is_answer ? rb_http_response_rewrite_trailer(trailer, &http->names) :
      rb_http_request_rewrite_trailer(trailer);
  }
  if (r == 0) {
    rb_http_body_end(body, trailer, to);
  }
  rb_http_head_free(trailer);
  return r;
}

/** Move <b>body</b> from <b>from</b> to <b>to</b>, for the client iff it
 * <b>is_answer</b>.  Return how far it is. */
static rb_http_progress_t
move_body(const rb_http_t *http, rb_http_body_t *body, bool is_answer,
          buf_t *from, buf_t *to)
{
  const rb_http_progress_t progress = rb_http_body_move(body, from, to);
  if (progress == RB_HTTP_WHOLE) {
    if (body->kind == RB_HTTP_BODY_CHUNKED &&
        end_chunks(http, body, is_answer, to) < 0) {
      return RB_HTTP_BAD;
    }
    rb_http_body_clear(body);
  }
  return progress;
}

/** Return true iff what the client sends next has to wait for an answer. */
static bool
must_wait(rb_http_t *http)
{
  return http->n_pending == RB_HTTP_MAX_PENDING ||
    (http->n_pending > 0 && get_latest(http)->upgrades);
}

/** Take from <b>from_client</b> what the client of <b>http</b> sent, and
 * append what of it goes on to <b>to_target</b>, and an answer of our own to
 * <b>to_client</b>.  What is left in <b>from_client</b> has to wait for an
 * answer of the target: call this again after rb_http_target_read(). */
void
rb_http_client_read(rb_http_t *http, buf_t *from_client, buf_t *to_target,
                    buf_t *to_client)
{
  while (buf_datalen(from_client) > 0) {
    if (http->is_over || http->refusal) {
      buf_clear(from_client);
    } else if (http->is_raw) {
      buf_move_all(to_target, from_client);
    } else if (has_request_body(http)) {
      const rb_http_progress_t progress =
        move_body(http, &http->request_body, false, from_client, to_target);
      if (progress != RB_HTTP_WHOLE && progress != RB_HTTP_MORE) {
        refuse(http, rb_http_progress_get_status(progress), false, to_client);
      }
    } else if (http->has_last) {
      buf_clear(from_client);
    } else if (must_wait(http)) {
      return;
    } else {
      read_request_head(http, from_client, to_target, to_client);
    }
  }
}

/** The answer to the first pending request is whole. */
static void
end_answer(rb_http_t *http, buf_t *to_client)
{
  http->is_answering = false;
  http->has_answered = true;
  http->first = (http->first + 1) % RB_HTTP_MAX_PENDING;
  http->n_pending--;
  if (http->is_last_answer) {
    finish(http);
  } else if (http->n_pending == 0 && http->refusal) {
    finish_with_page(http, http->refusal, http->refuses_head, to_client);
  } else if (http->n_pending == 0 && http->has_last &&
             !has_request_body(http)) {
    finish(http);
  }
}

/** What the target sent is not sound: have <b>http</b> be over, with a page if
 * there is still a place for one. */
static void
give_up(rb_http_t *http, int status, buf_t *to_client)
{
  if (http->n_pending > 0 && !http->is_answering && !http->is_raw) {
    finish_with_page(http, status, get_first(http)->is_head, to_client);
  } else {
    finish(http);
  }
}

/** Do what <b>response</b>, whose head is on its way to the client, means for
 * <b>http</b>. */
static void
begin_answer(rb_http_t *http, const rb_http_response_t *response,
             buf_t *to_client)
{
  if (response->is_interim) {
    return;
  }
  if (response->upgrades) {
    http->n_pending = 0;
    http->is_raw = true;
    return;
  }
  http->is_answering = true;
  http->is_last_answer = response->is_last;
  rb_http_body_begin(&http->answer_body, &response->framing);
  if (rb_http_body_is_whole(&http->answer_body)) {
    end_answer(http, to_client);
  }
}

/** The head of an answer is whole: send it to the client, rewritten. */
static void
take_answer(rb_http_t *http, buf_t *to_client)
{
  rb_http_response_t response;
  rb_http_request_t request = *get_first(http);
  int fault;
  rb_http_head_t *head = rb_http_head_parse(&http->answer_head,
                                            RB_HTTP_RESPONSE, &fault);
  rb_http_block_clear(&http->answer_head);
  /* Whether the client goes on to send what it has announced is not known
   * then, so what it sends next could be anything. */
  request.is_last |= request.expects && http->n_pending == 1 &&
    has_request_body(http);
  if (!head ||
      rb_http_response_rewrite(head, &http->names, &request, &response) < 0 ||
      (response.upgrades && has_request_body(http))) {
    give_up(http, 502, to_client);
  } else {
    if (!response.is_interim || !request.is_old) {
      rb_http_head_write(head, to_client);
    }
    begin_answer(http, &response, to_client);
  }
  rb_http_head_free(head);
}

/** Take from <b>from_target</b> what the target of <b>http</b> sent, and
 * append what of it goes on to <b>to_client</b>. */
void
rb_http_target_read(rb_http_t *http, buf_t *from_target, buf_t *to_client)
{
  while (buf_datalen(from_target) > 0) {
    rb_http_progress_t progress;
    if (http->is_over) {
      buf_clear(from_target);
    } else if (http->is_raw) {
      buf_move_all(to_client, from_target);
    } else if (http->is_answering) {
      progress = move_body(http, &http->answer_body, true, from_target,
                           to_client);
      if (progress == RB_HTTP_WHOLE) {
        end_answer(http, to_client);
      } else if (progress != RB_HTTP_MORE) {
        finish(http);
      }
    } else if (!http->has_asked) {
      http->failure = 502;
      buf_clear(from_target);
    } else if (http->n_pending == 0) {
      /* Nobody asked. */
      finish(http);
    } else {
      progress = rb_http_block_take(&http->answer_head, RB_HTTP_RESPONSE,
                                    from_target);
      if (progress == RB_HTTP_WHOLE) {
        take_answer(http, to_client);
      } else if (progress != RB_HTTP_MORE) {
        give_up(http, 502, to_client);
      }
    }
  }
}

/** The target of <b>http</b> sends nothing more: the request that waits for an
 * answer, or the first that comes, gets a page in <b>to_client</b>.  But what
 * a target may not have seen before it closed an idle connection the client
 * had better ask again (RFC 9112, section 9.3.1). */
void
rb_http_target_eof(rb_http_t *http, buf_t *to_client)
{
  if (http->is_over || http->failure) {
    return;
  }
  if (!http->has_asked) {
    http->failure = 502;
  } else if (http->has_answered && !http->answer_head.bytes) {
    finish(http);
  } else {
    give_up(http, 502, to_client);
  }
}

/** The client of <b>http</b> takes too long. */
static void
fail_client(rb_http_t *http, buf_t *to_client)
{
  if (has_request_body(http)) {
    refuse(http, 408, false, to_client);
  } else if (http->request_head.bytes) {
    refuse_head(http, 408, to_client);
  } else if (http->n_pending == 0) {
    finish(http);
  } else {
    /* All that it has asked for it gets. */
    http->has_last = true;
  }
}

/** Give up on what <b>http</b> waits for, because of <b>failure</b>; append a
 * page to <b>to_client</b> if there is still a place for one.  If nothing was
 * asked, the first request gets the page: go on reading the client. */
void
rb_http_fail(rb_http_t *http, rb_http_failure_t failure, buf_t *to_client)
{
  const int status = failure == RB_HTTP_SLOW_TARGET ? 504 : 502;

  if (http->is_over || http->is_raw || http->is_answering) {
    finish(http);
  } else if (failure == RB_HTTP_SLOW_CLIENT) {
    fail_client(http, to_client);
  } else if (http->has_asked) {
    give_up(http, status, to_client);
  } else {
    http->failure = status;
  }
}

/** Return true iff the target of <b>http</b> failed before it was asked. */
bool
rb_http_has_failed(const rb_http_t *http)
{
  return http->failure && !http->is_over;
}

/** Return what <b>http</b> waits for. */
rb_http_wait_t
rb_http_waits_for(const rb_http_t *http)
{
  if (http->is_over) {
    return RB_HTTP_OVER;
  }
  if (http->is_raw) {
    return RB_HTTP_RAW;
  }
  if (http->is_answering || has_request_body(http)) {
    return RB_HTTP_BODY;
  }
  if (http->n_pending > 0) {
    return RB_HTTP_ANSWER;
  }
  return http->request_head.bytes ? RB_HTTP_HEAD : RB_HTTP_IDLE;
}
