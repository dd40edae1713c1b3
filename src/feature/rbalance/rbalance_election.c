/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_election.c
 * @brief Who publishes: numbered rules over what we know at one moment.
 *
 * The rules, with the numbers that the code and its tests carry:
 *
 *  1. Nodes are ordered by priority number, lower first, then by node key.
 *     This is a total order, whatever order the nodes arrived in.
 *  2. Only an alive, non-drained node that can sign descriptors is a
 *     candidate.
 *  3. When no live publisher is known and no lease runs, the first candidate
 *     claims the role, after a jitter.
 *  4. A publisher renews its lease with every heartbeat; an expired lease is
 *     a vacancy.
 *  5. A released lease is a vacancy at once.  (The release clears
 *     is_publisher before it gets here.)
 *  6. Silence for the heartbeat timeout makes the publisher suspect; being
 *     suspect for the takeover grace makes a vacancy.
 *  7. When the channel to the publisher broke and the relays of its
 *     introduction points refuse introductions, as everybody says who can
 *     judge, there is a vacancy at once.  Tor is the failure detector: a slow
 *     network is not mistaken for a dead node.
 *  8. Of two live publishers, the one later in the order steps down.
 *  9. A better node that comes back does not take the role by itself: no
 *     rule gives it the role while it is not vacant.
 *
 * Two publishers at once do no harm: they merge the same points, and tor's
 * revision counters of different nodes compare.  rbalance_step.c builds the
 * view and carries out the verdict.
 **/

#include "orconfig.h"
#include "feature/rbalance/rbalance_election.h"

#include "lib/ctime/di_ops.h"

#include <string.h>

/** Rule 1: return a negative number iff <b>a</b> comes before <b>b</b> in the
 * order of nodes, positive iff after, 0 iff they are the same node. */
int
rb_candidate_cmp(const rb_candidate_t *a, const rb_candidate_t *b)
{
  if (a->priority != b->priority) {
    return a->priority < b->priority ? -1 : 1;
  }
  return fast_memcmp(a->key, b->key, ED25519_PUBKEY_LEN);
}

/** Rule 2: return true iff <b>node</b> may be publisher. */
static bool
is_candidate(const rb_candidate_t *node)
{
  return node->is_alive && node->can_publish;
}

/** Return true iff <b>node</b> holds the role as far as anybody can know:
 * its lease runs (rule 4), it is not suspect for too long (rule 6), and not
 * known to be gone (rule 7). */
static bool
holds_role(const rb_candidate_t *node, const rb_election_view_t *view,
           uint64_t now)
{
  return node->is_publisher && !node->is_gone && now < node->lease_until &&
    now < node->last_heard + view->heartbeat_timeout + view->takeover_grace;
}

/** Return true iff <b>node</b> is a publisher that is not even suspect. */
static bool
is_live_publisher(const rb_candidate_t *node, const rb_election_view_t *view,
                  uint64_t now)
{
  return holds_role(node, view, now) &&
    now < node->last_heard + view->heartbeat_timeout;
}

/** Rules 3 to 7: return true iff nobody else holds the publisher role. */
bool
rb_election_is_vacant(const rb_election_view_t *view, uint64_t now)
{
  for (int i = 0; i < view->n_others; ++i) {
    if (holds_role(&view->others[i], view, now)) {
      return false;
    }
  }
  return true;
}

/** Rules 1 and 2: return true iff we are the first of all candidates. */
bool
rb_election_self_is_first(const rb_election_view_t *view)
{
  if (!is_candidate(&view->self)) {
    return false;
  }
  for (int i = 0; i < view->n_others; ++i) {
    if (is_candidate(&view->others[i]) &&
        rb_candidate_cmp(&view->others[i], &view->self) < 0) {
      return false;
    }
  }
  return true;
}

/** Decide for a publisher: rules 2, 4 and 8. */
static rb_election_verdict_t
decide_as_publisher(const rb_election_view_t *view, uint64_t now)
{
  if (now >= view->self.lease_until) {
    return RB_ELECTION_LEASE_LOST;
  }
  if (!is_candidate(&view->self)) {
    return RB_ELECTION_STEP_DOWN;
  }
  for (int i = 0; i < view->n_others; ++i) {
    if (is_live_publisher(&view->others[i], view, now) &&
        rb_candidate_cmp(&view->others[i], &view->self) < 0) {
      return RB_ELECTION_STEP_DOWN;
    }
  }
  return RB_ELECTION_KEEP;
}

/** Decide on the publisher role as <b>view</b> shows it at monotonic
 * milliseconds <b>now</b>.  *<b>claim_at</b> is kept between calls: 0, or
 * when the jitter of our claim ends.  <b>random</b> is a fresh random number
 * for that jitter. */
rb_election_verdict_t
rb_election_decide(const rb_election_view_t *view, uint64_t now,
                   uint64_t random, uint64_t *claim_at)
{
  uint64_t jitter;

  if (view->self.is_publisher) {
    *claim_at = 0;
    return decide_as_publisher(view, now);
  }
  if (view->is_listening || !rb_election_self_is_first(view) ||
      !rb_election_is_vacant(view, now)) {
    *claim_at = 0;
    return RB_ELECTION_KEEP;
  }
  if (*claim_at == 0) {
    jitter = view->backoff_jitter;
    if (view->is_complete && jitter > RB_SHORT_JITTER_MSEC) {
      jitter = RB_SHORT_JITTER_MSEC;
    }
    if (view->n_others == 0) {
      jitter = 0;
    }
    *claim_at = now + random % (jitter + 1);
  }
  return now >= *claim_at ? RB_ELECTION_CLAIM : RB_ELECTION_KEEP;
}
