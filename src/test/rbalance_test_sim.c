/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_test_sim.c
 * @brief Several nodes of one cluster in one process, with virtual time.
 *
 * Each node is an rb_state_t; what the glue does with tor is done here with
 * lists.  A node's tor looks once a second whether it may upload, as the real
 * one does.  Nothing depends on real time or randomness.
 **/

#include "core/or/or.h"
#include "test/rbalance_test_sim.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_settings.h"
#include "feature/rbalance/rbalance_slot.h"
#include "feature/rbalance/rbalance_step.h"

/** A channel: the two nodes and each one's number for it. */
typedef struct rbt_sim_link_t {
  int node[2];
  uint64_t channel[2];
} rbt_sim_link_t;

/** An event on its way to a node. */
typedef struct rbt_sim_mail_t {
  uint64_t deliver_at;
  int to;
  rb_event_type_t type;
  uint64_t channel;
  int peer;
  bool is_inbound;
  char *text;
} rbt_sim_mail_t;

/** Return a new simulation of <b>n_nodes</b> nodes, none of them running,
 * that all know each other and have <b>n_points</b> introduction points for
 * each descriptor. */
rbt_sim_t *
rbt_sim_new(int n_nodes, int n_points)
{
  rbt_sim_t *sim = tor_malloc_zero(sizeof(*sim));
  tor_assert(n_nodes <= RBT_SIM_MAX_NODES);
  sim->n_nodes = n_nodes;
  sim->latency = 100;
  sim->links = smartlist_new();
  sim->mail = smartlist_new();
  sim->told = smartlist_new();
  for (int i = 0; i < n_nodes; ++i) {
    rbt_fill_key((uint8_t) (i + 1), &sim->nodes[i].keys);
    sim->nodes[i].config = rbt_make_config();
    sim->nodes[i].config->priority = (uint16_t) (10 * (i + 1));
    sim->nodes[i].sets = rbt_make_sets((uint8_t) (1 + i * 2 * n_points),
                                       n_points);
  }
  for (int i = 0; i < n_nodes * n_nodes; ++i) {
    const ed25519_public_key_t *key = &sim->nodes[i / n_nodes].keys.pubkey;
    smartlist_add(sim->nodes[i % n_nodes].config->peers,
                  tor_memdup(key, sizeof(*key)));
  }
  return sim;
}

/** Release <b>sim</b>; NULL is fine. */
void
rbt_sim_free_(rbt_sim_t *sim)
{
  if (!sim) {
    return;
  }
  for (int i = 0; i < sim->n_nodes; ++i) {
    rb_state_free(sim->nodes[i].state);
    rb_config_free(sim->nodes[i].config);
    rb_pointsets_free(sim->nodes[i].sets);
  }
  SMARTLIST_FOREACH(sim->links, rbt_sim_link_t *, link, tor_free(link));
  smartlist_free(sim->links);
  SMARTLIST_FOREACH_BEGIN(sim->mail, rbt_sim_mail_t *, mail) {
    tor_free(mail->text);
    tor_free(mail);
  } SMARTLIST_FOREACH_END(mail);
  smartlist_free(sim->mail);
  SMARTLIST_FOREACH(sim->told, char *, line, tor_free(line));
  smartlist_free(sim->told);
  tor_free(sim);
}

/** Return the time at <b>node</b>. */
static void
get_time(const rbt_sim_t *sim, int node, rb_now_t *now)
{
  now->mono = RBT_MONO + sim->time;
  now->wall = RBT_WALL + sim->time + (uint64_t) sim->nodes[node].skew;
}

/** Put a new event for <b>to</b> on its way and return it. */
static rbt_sim_mail_t *
post(rbt_sim_t *sim, int to, rb_event_type_t type, uint64_t delay)
{
  rbt_sim_mail_t *mail = tor_malloc_zero(sizeof(*mail));
  mail->deliver_at = sim->time + delay;
  mail->to = to;
  mail->type = type;
  smartlist_add(sim->mail, mail);
  return mail;
}

/** Return the node with <b>key</b>, or -1. */
static int
find_node(const rbt_sim_t *sim, const ed25519_public_key_t *key)
{
  for (int i = 0; i < sim->n_nodes; ++i) {
    if (ed25519_pubkey_eq(&sim->nodes[i].keys.pubkey, key)) {
      return i;
    }
  }
  return -1;
}

/** Let <b>node</b> try to reach <b>peer</b>; if that is -1, it never finds
 * it. */
static void
dial(rbt_sim_t *sim, int node, int peer)
{
  rbt_sim_link_t *link;
  if (peer < 0) {
    return;
  }
  if (!sim->nodes[peer].state || sim->nodes[peer].is_stopped) {
    post(sim, node, RB_EV_DIAL_FAILED, 1000)->peer = peer;
    return;
  }
  link = tor_malloc_zero(sizeof(*link));
  link->node[0] = node;
  link->node[1] = peer;
  for (int end = 0; end < 2; ++end) {
    rbt_sim_mail_t *mail = post(sim, link->node[end], RB_EV_CHANNEL_UP,
                                sim->latency * 3);
    link->channel[end] = ++sim->last_channel;
    mail->channel = link->channel[end];
    mail->peer = link->node[!end];
    mail->is_inbound = (end == 1);
  }
  smartlist_add(sim->links, link);
}

/** Close <b>link</b>, and tell both ends. */
static void
close_link(rbt_sim_t *sim, rbt_sim_link_t *link)
{
  for (int end = 0; end < 2; ++end) {
    rbt_sim_mail_t *mail = post(sim, link->node[end], RB_EV_CHANNEL_DOWN,
                                sim->latency);
    mail->channel = link->channel[end];
    mail->peer = link->node[!end];
  }
  smartlist_remove(sim->links, link);
  tor_free(link);
}

/** Return the link that <b>node</b> calls <b>channel</b>, or NULL; store in
 * <b>end_out</b> which end of it that is. */
static rbt_sim_link_t *
find_link(const rbt_sim_t *sim, int node, uint64_t channel, int *end_out)
{
  SMARTLIST_FOREACH_BEGIN(sim->links, rbt_sim_link_t *, link) {
    for (int end = 0; end < 2; ++end) {
      if (link->node[end] == node && link->channel[end] == channel) {
        *end_out = end;
        return link;
      }
    }
  } SMARTLIST_FOREACH_END(link);
  return NULL;
}

/** Carry out <b>action</b> of <b>node</b>. */
static void
carry_out(rbt_sim_t *sim, int node, const rb_action_t *action)
{
  int end = 0;
  rbt_sim_link_t *link = find_link(sim, node, action->channel, &end);
  if (action->type == RB_ACT_SEND && link) {
    rbt_sim_mail_t *mail = post(sim, link->node[!end], RB_EV_FRAME,
                                sim->latency);
    mail->channel = link->channel[!end];
    mail->text = tor_strdup(action->text);
  } else if (action->type == RB_ACT_HANG_UP && link) {
    close_link(sim, link);
  } else if (action->type == RB_ACT_DIAL) {
    dial(sim, node, find_node(sim, &action->peer));
  } else if (action->type == RB_ACT_PUBLISH) {
    const int i = action->blinded_key[0] - 1;
    sim->nodes[node].wants_upload[i] = true;
  } else if (action->type == RB_ACT_ROLE_CHANGED) {
    sim->nodes[node].n_claims += (action->role == RB_ROLE_PUBLISHER);
  } else if (action->type == RB_ACT_STANDING) {
    const int about = find_node(sim, &action->peer);
    smartlist_add_asprintf(sim->told, "%d: %s %d %s", node,
                           rb_standing_to_string(action->standing),
                           about < 0 ? node : about,
                           action->why ? action->why : "OPERATOR");
  }
}

/** Let <b>event</b> happen to <b>node</b>. */
void
rbt_sim_happen(rbt_sim_t *sim, int node, const rb_event_t *event)
{
  rb_now_t now;
  smartlist_t *actions;
  get_time(sim, node, &now);
  actions = rb_step(sim->nodes[node].state, event, now);
  SMARTLIST_FOREACH(actions, const rb_action_t *, action,
                    carry_out(sim, node, action));
  rb_actions_free(actions);
}

/** Deliver <b>mail</b>, if its node can take it. */
static void
deliver(rbt_sim_t *sim, const rbt_sim_mail_t *mail)
{
  rb_event_t event;
  if (!sim->nodes[mail->to].state) {
    return;
  }
  memset(&event, 0, sizeof(event));
  event.type = mail->type;
  if (mail->type == RB_EV_FRAME) {
    event.u.frame.channel = mail->channel;
    event.u.frame.text = mail->text;
    event.u.frame.len = strlen(mail->text);
  } else {
    event.u.channel.number = mail->channel;
    event.u.channel.peer = &sim->nodes[mail->peer].keys.pubkey;
    event.u.channel.is_inbound = mail->is_inbound;
    event.u.channel.rtt = 2 * sim->latency;
  }
  rbt_sim_happen(sim, mail->to, &event);
}

/** Deliver every mail that is due; what is for a stopped node waits. */
static void
deliver_due(rbt_sim_t *sim)
{
  for (int i = 0; i < smartlist_len(sim->mail); ++i) {
    rbt_sim_mail_t *mail = smartlist_get(sim->mail, i);
    if (mail->deliver_at > sim->time || sim->nodes[mail->to].is_stopped) {
      continue;
    }
    smartlist_del_keeporder(sim->mail, i--);
    deliver(sim, mail);
    tor_free(mail->text);
    tor_free(mail);
  }
}

/** Upload the descriptor number <b>i</b> of <b>node</b>. */
static void
upload(rbt_sim_t *sim, int node, int i)
{
  rbt_sim_desc_t *desc = &sim->descs[i];
  rb_state_t *state = sim->nodes[node].state;
  rb_event_t event;
  smartlist_t *choices =
    rb_state_choose(state, state->slots[i].blinded_key,
                    state->config->max_intro_points, NULL, NULL);
  memset(desc->n_points, 0, sizeof(desc->n_points));
  desc->n_total = smartlist_len(choices);
  SMARTLIST_FOREACH_BEGIN(choices, const rb_choice_t *, choice) {
    ed25519_public_key_t key;
    memcpy(key.pubkey, choice->node_key, sizeof(key.pubkey));
    desc->n_points[find_node(sim, &key)]++;
  } SMARTLIST_FOREACH_END(choice);
  rb_choices_free(choices);
  desc->n_uploads++;
  desc->uploader = node;
  sim->nodes[node].n_uploads++;
  sim->nodes[node].wants_upload[i] = false;
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_UPLOADED;
  event.u.uploaded.blinded_key = state->slots[i].blinded_key;
  event.u.uploaded.revision = (RBT_WALL + sim->time) / 1000;
  rbt_sim_happen(sim, node, &event);
}

/** Do what the tor of <b>node</b> does once a second. */
static void
run_tor(rbt_sim_t *sim, int node)
{
  rb_state_t *state = sim->nodes[node].state;
  for (int i = 0; i < state->n_slots; ++i) {
    if (sim->nodes[node].wants_upload[i] &&
        rb_upload_verdict(state, state->slots[i].blinded_key,
                          RBT_MONO + sim->time) != RB_UPLOAD_FORBID) {
      upload(sim, node, i);
    }
  }
}

/** Let time pass at <b>node</b>. */
static void
tick(rbt_sim_t *sim, int node)
{
  rb_event_t event;
  if (!sim->nodes[node].state || sim->nodes[node].is_stopped) {
    return;
  }
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_OWN_POINTS;
  event.u.own_points.sets = sim->nodes[node].sets;
  event.u.own_points.wanted = 1;
  rbt_sim_happen(sim, node, &event);
  memset(&event, 0, sizeof(event));
  event.type = RB_EV_TICK;
  event.u.tick.network_is_ready = true;
  rbt_sim_happen(sim, node, &event);
  if (sim->time % 1000 == 0) {
    run_tor(sim, node);
  }
}

/** Start <b>node</b>, for the first time or again. */
void
rbt_sim_start(rbt_sim_t *sim, int node)
{
  rbt_sim_node_t *n = &sim->nodes[node];
  rb_now_t now;
  get_time(sim, node, &now);
  n->state = rb_state_new(n->config, rbt_cluster_id,
                          &rbt_service_keys()->pubkey, &n->keys,
                          sim->time + (uint64_t) node, now);
  for (int i = 0; i < RB_MAX_SETS; ++i) {
    n->wants_upload[i] = true;
  }
}

/** End <b>node</b> at once, as SIGKILL does. */
void
rbt_sim_kill(rbt_sim_t *sim, int node)
{
  rb_state_free(sim->nodes[node].state);
  for (int other = 0; other < sim->n_nodes; ++other) {
    rbt_sim_cut(sim, node, other);
  }
}

/** Close every channel between <b>a</b> and <b>b</b>. */
void
rbt_sim_cut(rbt_sim_t *sim, int a, int b)
{
  for (int i = 0; i < smartlist_len(sim->links); ++i) {
    rbt_sim_link_t *link = smartlist_get(sim->links, i);
    if ((link->node[0] == a && link->node[1] == b) ||
        (link->node[0] == b && link->node[1] == a)) {
      close_link(sim, link);
      --i;
    }
  }
}

/** Send <b>text</b> to node <b>to</b> as if node <b>from</b> had. */
void
rbt_sim_inject(rbt_sim_t *sim, int from, int to, const char *text)
{
  SMARTLIST_FOREACH_BEGIN(sim->links, const rbt_sim_link_t *, link) {
    for (int end = 0; end < 2; ++end) {
      if (link->node[end] == to && link->node[!end] == from) {
        rbt_sim_mail_t *mail = post(sim, to, RB_EV_FRAME, 0);
        mail->channel = link->channel[end];
        mail->text = tor_strdup(text);
        return;
      }
    }
  } SMARTLIST_FOREACH_END(link);
  tor_assert(0);
}

/** Let <b>msec</b> milliseconds pass. */
void
rbt_sim_run(rbt_sim_t *sim, uint64_t msec)
{
  const uint64_t end = sim->time + msec;
  while (sim->time < end) {
    sim->time += 50;
    deliver_due(sim);
    for (int i = 0; i < sim->n_nodes && sim->time % RB_TICK_MSEC == 0; ++i) {
      tick(sim, i);
    }
  }
}

/** Return a new simulation of three nodes, with three points each, that have
 * settled; node 0 is publisher. */
rbt_sim_t *
rbt_sim_new_trio(void)
{
  rbt_sim_t *sim = rbt_sim_new(3, 3);
  for (int i = 0; i < 3; ++i) {
    rbt_sim_start(sim, i);
  }
  rbt_sim_run(sim, 30000);
  return sim;
}

/** Return how many running nodes think that they are publisher. */
int
rbt_sim_count_publishers(const rbt_sim_t *sim)
{
  int count = 0;
  for (int i = 0; i < sim->n_nodes; ++i) {
    count += sim->nodes[i].state && !sim->nodes[i].is_stopped &&
      sim->nodes[i].state->role == RB_ROLE_PUBLISHER;
  }
  return count;
}

/** Return the first running node that is publisher, or -1. */
int
rbt_sim_find_publisher(const rbt_sim_t *sim)
{
  for (int i = 0; i < sim->n_nodes; ++i) {
    if (sim->nodes[i].state && !sim->nodes[i].is_stopped &&
        sim->nodes[i].state->role == RB_ROLE_PUBLISHER) {
      return i;
    }
  }
  return -1;
}
