/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_links.c
 * @brief The network of a simulated world.
 *
 * A link is a Tor stream: what goes in at one end comes out at the other in
 * that order, later, or the link breaks.  A call takes a while; the relays of
 * a node that is dead, or whose present life is too young to be known, refuse;
 * a node that hangs, or is beyond a silent partition, does not answer.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_links.h"

/** Return the link that has the end with the number <b>channel</b>, or NULL,
 * and store which end that is in <b>end_out</b>. */
static rbt_link_t *
find_link(const rbt_world_t *world, uint64_t channel, int *end_out)
{
  const uint64_t i = (channel - 1) / 2;
  *end_out = (int) ((channel - 1) % 2);
  if (!channel || i >= (uint64_t) smartlist_len(world->links)) {
    return NULL;
  }
  return smartlist_get(world->links, (int) i);
}

/** Return true iff the partition, or the gap, lies between the ends of
 * <b>link</b>. */
static bool
is_cut(const rbt_world_t *world, const rbt_link_t *link)
{
  if (link->node[0] == world->gap[0] || link->node[0] == world->gap[1]) {
    if (link->node[1] == world->gap[0] || link->node[1] == world->gap[1]) {
      return true;
    }
  }
  return world->nodes[link->node[0]].side != world->nodes[link->node[1]].side;
}

/** Return true iff the node at <b>end</b> of <b>link</b> still lives the life
 * in which it had that link. */
static bool
end_lives(const rbt_world_t *world, const rbt_link_t *link, int end)
{
  const rbt_node_t *n = &world->nodes[link->node[end]];
  return n->state && n->life == link->life[end];
}

/** Post what is to happen at <b>end</b> of <b>link</b>, not before anything
 * that was posted for that end earlier. */
static rbt_mail_t *
post_in_order(rbt_world_t *world, rbt_occasion_t occasion, rbt_link_t *link,
              int end, uint64_t delay)
{
  rbt_mail_t *mail;
  uint64_t at = world->time + delay;
  at = MAX(at, link->last_arrival[end]);
  at = MAX(at, link->stalled_until);
  mail = rbt_world_post(world, occasion, link->node[end], at - world->time);
  mail->life = link->life[end];
  mail->link = link;
  mail->end = end;
  link->last_arrival[end] = at;
  return mail;
}

/** Post what is to happen to the caller of <b>link</b>. */
static void
post_to_caller(rbt_world_t *world, rbt_occasion_t occasion, rbt_link_t *link,
               uint64_t delay)
{
  rbt_mail_t *mail = rbt_world_post(world, occasion, link->node[0], delay);
  mail->link = link;
}

/** Let <b>node</b> call the node with <b>key</b>. */
void
rbt_links_dial(rbt_world_t *world, int node, const ed25519_public_key_t *key)
{
  const int other = rbt_world_find(world, key);
  rbt_link_t *link = tor_malloc_zero(sizeof(*link));
  const rbt_node_t *n;
  rbt_mail_t *mail;

  tor_assert(other >= 0 && other != node);
  n = &world->nodes[other];
  link->node[0] = node;
  link->node[1] = other;
  link->life[0] = world->nodes[node].life;
  link->life[1] = n->life;
  link->delay = 50 + rbt_world_random(world, 400);
  link->held = smartlist_new();
  link->index = smartlist_len(world->links);
  smartlist_add(world->links, link);
  rbt_world_trace(world, "n%d: dials n%d", node, other);

  if (is_cut(world, link)) {
    post_to_caller(world, RBT_DIAL_FAILED, link, world->partition_is_silent ?
                   world->dial_timeout : 1000 + rbt_world_random(world, 4000));
  } else if (!n->state || world->time < n->reachable_at) {
    if (n->life > (n->state ? 1 : 0)) {
      const uint64_t refused = 300 + rbt_world_random(world, 3000);
      post_to_caller(world, RBT_REFUSED, link, refused);
      post_to_caller(world, RBT_DIAL_FAILED, link,
                     refused + rbt_world_random(world, 5000));
    } else {
      post_to_caller(world, RBT_DIAL_FAILED, link,
                     3000 + rbt_world_random(world, 10000));
    }
  } else {
    mail = rbt_world_post(world, RBT_ACCEPT, other,
                          300 + n->slowness + rbt_world_random(world, 1500));
    mail->link = link;
    post_to_caller(world, RBT_DIAL_FAILED, link, world->dial_timeout);
  }
}

/** Return the number of the channel that <b>link</b> is at <b>end</b>. */
static uint64_t
number_of(const rbt_link_t *link, int end)
{
  return 1 + (uint64_t) end + 2 * (uint64_t) link->index;
}

/** Tell the node at <b>end</b> of <b>link</b> what became of it. */
static void
tell(rbt_world_t *world, rbt_link_t *link, int end, rb_event_type_t type)
{
  const rbt_node_t *other = &world->nodes[link->node[!end]];
  rb_event_t event;
  memset(&event, 0, sizeof(event));
  event.type = type;
  if (type == RB_EV_REFUSED) {
    event.u.refused = &other->keys.pubkey;
  } else {
    event.u.channel.number = number_of(link, end);
    event.u.channel.peer = &other->keys.pubkey;
    event.u.channel.is_inbound = (end == 1);
    event.u.channel.rtt = 2 * link->delay;
    event.u.channel.skew = other->skew - world->nodes[link->node[end]].skew;
  }
  rbt_world_trace(world, "n%d: %s n%d", link->node[end],
                  type == RB_EV_CHANNEL_UP ? "up with" :
                  type == RB_EV_CHANNEL_DOWN ? "lost channel to" :
                  type == RB_EV_REFUSED ? "is refused by relays of" :
                  "can't reach", link->node[!end]);
  rbt_world_happen(world, link->node[end], &event);
}

/** Carry a frame from <b>node</b> over <b>channel</b>. */
void
rbt_links_send(rbt_world_t *world, int node, uint64_t channel,
               const char *text)
{
  int end = 0;
  rbt_link_t *link = find_link(world, channel, &end);
  uint64_t delay;

  tor_assert(link && link->node[end] == node);
  world->nodes[node].n_sent++;
  world->nodes[node].n_bytes += RB_FRAME_HEADER_LEN + strlen(text);
  if (link->phase != RBT_LINK_OPEN) {
    return;
  }
  if (world->n_broken &&
      rbt_world_random(world, 1000) < (uint64_t) world->n_broken) {
    rbt_links_break(world, link);
    return;
  }
  delay = link->delay + rbt_world_random(world, 50) +
    world->nodes[node].slowness + world->nodes[link->node[!end]].slowness;
  post_in_order(world, RBT_FRAME, link, !end, delay)->text = tor_strdup(text);
  if (world->n_replayed &&
      rbt_world_random(world, 1000) < (uint64_t) world->n_replayed) {
    rbt_mail_t *mail = post_in_order(world, RBT_FRAME, link, !end, delay);
    mail->text = tor_strdup(text);
    mail->is_replay = true;
  }
}

/** Close <b>link</b>: both ends learn of it within half a second. */
void
rbt_links_break(rbt_world_t *world, rbt_link_t *link)
{
  if (link->phase != RBT_LINK_OPEN) {
    return;
  }
  link->phase = RBT_LINK_CLOSED;
  for (int end = 0; end < 2; ++end) {
    /* What was on the way is lost, unless it is faster. */
    rbt_mail_t *mail = rbt_world_post(world, RBT_DOWN, link->node[end],
                                      rbt_world_random(world, 500));
    mail->link = link;
    mail->end = end;
    mail->life = link->life[end];
  }
}

/** <b>node</b> died: close every link of it, and let its relays refuse those
 * who call it. */
void
rbt_links_break_node(rbt_world_t *world, int node)
{
  SMARTLIST_FOREACH_BEGIN(world->links, rbt_link_t *, link) {
    if ((link->node[0] != node && link->node[1] != node) ||
        link->phase == RBT_LINK_CLOSED ||
        (is_cut(world, link) && world->partition_is_silent)) {
      continue;
    }
    rbt_links_break(world, link);
    if (link->phase == RBT_LINK_DIALING && link->node[1] == node &&
        end_lives(world, link, 0)) {
      const uint64_t refused = 300 + rbt_world_random(world, 3000);
      post_to_caller(world, RBT_REFUSED, link, refused);
      post_to_caller(world, RBT_DIAL_FAILED, link,
                     refused + rbt_world_random(world, 5000));
    }
  } SMARTLIST_FOREACH_END(link);
}

/** Let <b>node</b> close its <b>channel</b>: the other end learns of it
 * after all that was sent. */
void
rbt_links_hang_up(rbt_world_t *world, int node, uint64_t channel)
{
  int end = 0;
  rbt_link_t *link = find_link(world, channel, &end);
  tor_assert(link && link->node[end] == node);
  if (link->phase != RBT_LINK_OPEN) {
    return;
  }
  rbt_world_trace(world, "n%d: hangs up on n%d", node, link->node[!end]);
  link->phase = RBT_LINK_CLOSED;
  post_in_order(world, RBT_DOWN, link, end, rbt_world_random(world, 250));
  post_in_order(world, RBT_DOWN, link, !end, link->delay);
}

/** Note in the trace of <b>world</b>, if it keeps one, the arrival of the
 * frame in <b>mail</b>; pings and pongs only if all is printed. */
static void
trace_frame(rbt_world_t *world, const rbt_mail_t *mail)
{
  const char *type;
  int len;
  if (!world->trace) {
    return;
  }
  type = strstr(mail->text, "\"type\":\"");
  type = type ? type + strlen("\"type\":\"") : "?";
  len = (int) strcspn(type, "\"");
  if (world->prints_trace || (strcmpstart(type, "ping") &&
                              strcmpstart(type, "pong"))) {
    rbt_world_trace(world, "n%d: from n%d%s %.*s", mail->node,
                    mail->link->node[!mail->end],
                    mail->is_replay ? " again" : "", len, type);
  }
}

/** Let the frame in <b>mail</b> arrive. */
static void
deliver_frame(rbt_world_t *world, const rbt_mail_t *mail)
{
  rbt_node_t *n = &world->nodes[mail->node];
  const uint64_t channel = number_of(mail->link, mail->end);
  const bool is_known = rb_peers_find_by_channel(n->state->peers, channel);
  const uint64_t n_replayed = n->state->dropped[RB_DROP_REPLAYED];
  rb_event_t event;

  memset(&event, 0, sizeof(event));
  event.type = RB_EV_FRAME;
  event.u.frame.channel = channel;
  event.u.frame.text = mail->text;
  event.u.frame.len = strlen(mail->text);
  trace_frame(world, mail);
  rbt_world_happen(world, mail->node, &event);
  if (mail->is_replay && is_known &&
      n->state->dropped[RB_DROP_REPLAYED] != n_replayed + 1) {
    rbt_world_fail(world, "n%d took a message twice", mail->node);
  }
}

/** Let the called node of the link of <b>mail</b> answer. */
static void
accept_call(rbt_world_t *world, const rbt_mail_t *mail)
{
  rbt_link_t *link = mail->link;
  if (link->phase != RBT_LINK_DIALING || !end_lives(world, link, 0) ||
      is_cut(world, link)) {
    return;
  }
  link->phase = RBT_LINK_OPEN;
  post_in_order(world, RBT_UP, link, 0, link->delay);
  tell(world, link, 1, RB_EV_CHANNEL_UP);
}

/** Let what <b>mail</b> brings happen to its link. */
void
rbt_links_deliver(rbt_world_t *world, rbt_mail_t *mail)
{
  rbt_link_t *link = mail->link;

  if (mail->occasion != RBT_ACCEPT && mail->occasion != RBT_DIAL_FAILED &&
      mail->occasion != RBT_REFUSED && is_cut(world, link) &&
      world->partition_is_silent) {
    rbt_mail_t *copy = tor_memdup(mail, sizeof(*mail));
    mail->text = NULL;
    smartlist_add(link->held, copy);
    return;
  }
  switch (mail->occasion) {
    case RBT_FRAME:
      if (!link->is_down[mail->end]) {
        deliver_frame(world, mail);
      }
      break;
    case RBT_ACCEPT:
      accept_call(world, mail);
      break;
    case RBT_UP:
      if (!link->is_down[0]) {
        link->is_up = true;
        tell(world, link, 0, RB_EV_CHANNEL_UP);
      }
      break;
    case RBT_DOWN:
      if (!link->is_down[mail->end]) {
        link->is_down[mail->end] = true;
        tell(world, link, mail->end, mail->end == 0 && !link->is_up ?
             RB_EV_DIAL_FAILED : RB_EV_CHANNEL_DOWN);
      }
      break;
    case RBT_REFUSED:
      tell(world, link, 0, RB_EV_REFUSED);
      break;
    case RBT_DIAL_FAILED:
      if (link->phase == RBT_LINK_DIALING) {
        link->phase = RBT_LINK_CLOSED;
        tell(world, link, 0, RB_EV_DIAL_FAILED);
      }
      break;
    case RBT_TICK:
    case RBT_ROTATE:
    case RBT_POINTS:
    case RBT_UPLOADED:
    case RBT_FETCHED:
      tor_assert_nonfatal_unreached();
      break;
  }
}

/** Let the sides of the nodes of <b>world</b> be a partition from now on:
 * links between them break, or, iff <b>is_silent</b>, carry nothing. */
void
rbt_links_partition(rbt_world_t *world, bool is_silent)
{
  world->partition_is_silent = is_silent;
  SMARTLIST_FOREACH_BEGIN(world->links, rbt_link_t *, link) {
    if (is_cut(world, link) && !is_silent) {
      rbt_links_break(world, link);
    }
  } SMARTLIST_FOREACH_END(link);
}

/** Let the nodes <b>a</b> and <b>b</b> of <b>world</b> not reach each other
 * from now on. */
void
rbt_links_open_gap(rbt_world_t *world, int a, int b)
{
  world->gap[0] = a;
  world->gap[1] = b;
  SMARTLIST_FOREACH_BEGIN(world->links, rbt_link_t *, link) {
    if (is_cut(world, link) && !world->partition_is_silent) {
      rbt_links_break(world, link);
    }
  } SMARTLIST_FOREACH_END(link);
}

/** End the partition and the gap of <b>world</b>.  Of the links that were
 * silent some have broken, the others bring what they hold. */
void
rbt_links_heal(rbt_world_t *world)
{
  SMARTLIST_FOREACH_BEGIN(world->links, rbt_link_t *, link) {
    const bool breaks = is_cut(world, link) &&
      (rbt_world_random(world, 2) || !end_lives(world, link, 0) ||
       !end_lives(world, link, 1));
    SMARTLIST_FOREACH(link->held, rbt_mail_t *, mail,
                      rbt_world_requeue(world, mail, world->time));
    smartlist_clear(link->held);
    if (breaks) {
      rbt_links_break(world, link);
    }
  } SMARTLIST_FOREACH_END(link);
  for (int i = 0; i < world->n_nodes; ++i) {
    world->nodes[i].side = 0;
  }
  world->gap[0] = world->gap[1] = -1;
  world->partition_is_silent = false;
  rbt_world_trace(world, "the partition is over");
}

/** Sort the running nodes into parts that are joined by links in use; store
 * how many parts there are in <b>n_parts_out</b> and the part of each node, -1
 * if it does not run, in the array <b>part_of_out</b>.  Return true iff there
 * is one part at most. */
bool
rbt_links_are_joined(const rbt_world_t *world, int *n_parts_out,
                     int *part_of_out)
{
  bool changed = true;
  int n_parts = 0;
  for (int i = 0; i < world->n_nodes; ++i) {
    const bool runs = world->nodes[i].state && !world->nodes[i].is_stopped;
    part_of_out[i] = runs ? i : -1;
  }
  while (changed) {
    changed = false;
    SMARTLIST_FOREACH_BEGIN(world->links, const rbt_link_t *, link) {
      int *a = &part_of_out[link->node[0]], *b = &part_of_out[link->node[1]];
      if (link->phase == RBT_LINK_OPEN && *a >= 0 && *b >= 0 && *a != *b &&
          !is_cut(world, link) && world->time >= link->stalled_until) {
        *a = *b = MIN(*a, *b);
        changed = true;
      }
    } SMARTLIST_FOREACH_END(link);
  }
  for (int i = 0; i < world->n_nodes; ++i) {
    n_parts += (part_of_out[i] == i);
  }
  *n_parts_out = n_parts;
  return n_parts <= 1;
}
