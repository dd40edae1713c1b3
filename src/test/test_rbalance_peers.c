/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file test_rbalance_peers.c
 * @brief Tests of the table of nodes and of the life of a node.
 **/

#include "core/or/or.h"
#include "test/test.h"
#include "test/rbalance_test_helpers.h"

#include "feature/rbalance/rbalance_peers.h"
#include "feature/rbalance/rbalance_settings.h"

/** Store in <b>out</b> the public key that <b>seed</b> makes. */
static void
make_key(uint8_t seed, ed25519_public_key_t *out)
{
  ed25519_keypair_t keys;
  rbt_fill_key(seed, &keys);
  ed25519_pubkey_copy(out, &keys.pubkey);
}

/** Nodes are added once, up to the limit, and found by key and channel. */
static void
test_rbalance_peers_table(void *arg)
{
  rb_peers_t *peers = rb_peers_new();
  ed25519_public_key_t key[4];
  rb_peer_t *peer;
  smartlist_t *list = NULL;
  (void) arg;

  for (uint8_t i = 0; i < 4; ++i) {
    make_key(i, &key[i]);
  }
  peer = rb_peers_add(peers, &key[0], 3, 77);
  tt_ptr_op(peer, OP_NE, NULL);
  tt_u64_op(peer->last_heard, OP_EQ, 77);
  tt_int_op(peer->state, OP_EQ, RB_NODE_JOINING);
  tt_ptr_op(rb_peers_add(peers, &key[0], 3, 99), OP_EQ, peer);
  tt_int_op(rb_peers_count(peers), OP_EQ, 1);
  rb_peers_add(peers, &key[1], 3, 77);
  rb_peers_add(peers, &key[2], 3, 77);
  tt_ptr_op(rb_peers_add(peers, &key[3], 3, 77), OP_EQ, NULL);
  tt_ptr_op(rb_peers_add(peers, &key[2], 3, 77), OP_NE, NULL);
  tt_ptr_op(rb_peers_find(peers, &key[3]), OP_EQ, NULL);

  peer->channel = 42;
  tt_ptr_op(rb_peers_find_by_channel(peers, 42), OP_EQ, peer);
  tt_ptr_op(rb_peers_find_by_channel(peers, 43), OP_EQ, NULL);

  list = rb_peers_list(peers);
  tt_int_op(smartlist_len(list), OP_EQ, 3);
  for (int i = 1; i < 3; ++i) {
    const rb_peer_t *one = smartlist_get(list, i - 1);
    const rb_peer_t *two = smartlist_get(list, i);
    tt_int_op(fast_memcmp(one->key.pubkey, two->key.pubkey,
                          ED25519_PUBKEY_LEN), OP_LT, 0);
  }
  peer->state = RB_NODE_HEALTHY;
  tt_int_op(rb_peers_count_state(peers, RB_NODE_JOINING), OP_EQ, 2);
  tt_int_op(rb_peers_count_alive(peers), OP_EQ, 1);
 done:
  smartlist_free(list);
  rb_peers_free(peers);
}

/** A reload adds what is new and forgets what is gone, but not ourselves as
 * a peer and not a node that we talk to. */
static void
test_rbalance_peers_configured(void *arg)
{
  rb_peers_t *peers = rb_peers_new();
  rb_config_t *config = rbt_make_config();
  ed25519_public_key_t key[4];
  (void) arg;

  for (uint8_t i = 0; i < 4; ++i) {
    make_key(i, &key[i]);
    smartlist_add(config->peers, tor_memdup(&key[i], sizeof(key[i])));
  }
  rb_peers_set_configured(peers, config, &key[0], 1);
  tt_int_op(rb_peers_count(peers), OP_EQ, 3);
  tt_ptr_op(rb_peers_find(peers, &key[0]), OP_EQ, NULL);
  tt_assert(rb_peers_find(peers, &key[1])->is_configured);

  rb_peers_find(peers, &key[2])->channel = 9;
  tor_free(config->peers->list[2]);
  smartlist_del_keeporder(config->peers, 2);
  tor_free(config->peers->list[2]);
  smartlist_del_keeporder(config->peers, 2);
  rb_peers_set_configured(peers, config, &key[0], 1);
  tt_int_op(rb_peers_count(peers), OP_EQ, 2);
  tt_assert(rb_peers_find(peers, &key[1])->is_configured);
  tt_assert(!rb_peers_find(peers, &key[2])->is_configured);
 done:
  rb_config_free(config);
  rb_peers_free(peers);
}

/** A lost node that the configuration does not name is forgotten after a
 * while, any other is kept. */
static void
test_rbalance_peers_forget(void *arg)
{
  rb_peers_t *peers = rb_peers_new();
  ed25519_public_key_t key[5];
  (void) arg;

  for (uint8_t i = 0; i < 5; ++i) {
    make_key(i, &key[i]);
    rb_peers_add(peers, &key[i], 8, 1000)->state = RB_NODE_DEAD;
  }
  rb_peers_find(peers, &key[0])->is_configured = true;
  rb_peers_find(peers, &key[1])->channel = 3;
  rb_peers_find(peers, &key[2])->state = RB_NODE_HEALTHY;
  rb_peers_find(peers, &key[3])->state = RB_NODE_JOINING;
  tt_int_op(rb_peers_forget(peers, 500, 1499), OP_EQ, 0);
  tt_int_op(rb_peers_forget(peers, 500, 1500), OP_EQ, 2);
  tt_int_op(rb_peers_count(peers), OP_EQ, 3);
  tt_ptr_op(rb_peers_find(peers, &key[4]), OP_EQ, NULL);
 done:
  rb_peers_free(peers);
}

/** A node that others watch is judged by its record and their reports; a
 * refused one is Unhealthy at once. */
static void
test_rbalance_peers_by_others(void *arg)
{
  rb_config_t *config = rbt_make_config();
  rb_peers_t *peers = rb_peers_new();
  rb_lifecycle_reason_t reason = RB_REASON_HEARTBEAT;
  ed25519_public_key_t key;
  rb_peer_t *peer;
  (void) arg;

  make_key(1, &key);
  peer = rb_peers_add(peers, &key, 1, 0);
  peer->pings_unanswered = 9;
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO, &reason), OP_EQ,
            RB_NODE_JOINING);
  peer->n_reports = 1;
  peer->reports[0].at = RBT_MONO;
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO, &reason), OP_EQ,
            RB_NODE_JOINING);
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO + 30000, &reason),
            OP_EQ, RB_NODE_DEAD);
  peer->n_reports = 0;
  peer->record = rb_record_new();
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO, &reason), OP_EQ,
            RB_NODE_INITIALIZING);
  peer->record->n_points = 1;
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO, &reason), OP_EQ,
            RB_NODE_HEALTHY);
  peer->n_reports = 1;
  peer->reports[0].at = RBT_MONO;
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO, &reason), OP_EQ,
            RB_NODE_UNHEALTHY);
  tt_int_op(reason, OP_EQ, RB_REASON_REPORTED);
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO + 30000, &reason),
            OP_EQ, RB_NODE_DEAD);

  peer->is_neighbor = true;
  peer->state = RB_NODE_HEALTHY;
  peer->is_refused = true;
  peer->pings_unanswered = 0;
  peer->last_heard = RBT_MONO;
  tt_int_op(rb_peer_next_state(peer, config, RBT_MONO, &reason), OP_EQ,
            RB_NODE_UNHEALTHY);
  tt_int_op(reason, OP_EQ, RB_REASON_REFUSED);
 done:
  rb_config_free(config);
  rb_peers_free(peers);
}

/** A row of the table of lives: what a node is, and what it becomes. */
typedef struct life_t {
  rb_lifecycle_t state;
  bool has_heartbeat;
  int n_points;
  int pings_unanswered;
  uint64_t silence;
  rb_lifecycle_t next;
} life_t;

/** Every change of state, at the edge of what makes it. */
static void
test_rbalance_peers_lifecycle(void *arg)
{
  static const life_t lives[] = {
    /*  1 */ { RB_NODE_JOINING, false, 0, 0, 0, RB_NODE_JOINING },
    /*  2 */ { RB_NODE_JOINING, false, 3, 0, 0, RB_NODE_JOINING },
    /*  3 */ { RB_NODE_JOINING, true, 0, 0, 0, RB_NODE_INITIALIZING },
    /*  4 */ { RB_NODE_JOINING, true, 1, 0, 0, RB_NODE_HEALTHY },
    /*  5 */ { RB_NODE_INITIALIZING, true, 1, 3, 0, RB_NODE_HEALTHY },
    /*  6 */ { RB_NODE_HEALTHY, true, 0, 0, 0, RB_NODE_INITIALIZING },
    /*  7 */ { RB_NODE_HEALTHY, true, 3, 3, 90000, RB_NODE_HEALTHY },
    /*  8 */ { RB_NODE_HEALTHY, true, 3, 4, 8000, RB_NODE_UNHEALTHY },
    /*  9 */ { RB_NODE_INITIALIZING, true, 0, 4, 8000, RB_NODE_UNHEALTHY },
    /* 10 */ { RB_NODE_UNHEALTHY, true, 3, 9, 30000, RB_NODE_UNHEALTHY },
    /* 11 */ { RB_NODE_UNHEALTHY, true, 3, 9, 30001, RB_NODE_DEAD },
    /* 12 */ { RB_NODE_UNHEALTHY, true, 3, 0, 0, RB_NODE_HEALTHY },
    /* 13 */ { RB_NODE_DEAD, true, 3, 0, 0, RB_NODE_HEALTHY },
    /* 14 */ { RB_NODE_DEAD, true, 0, 0, 0, RB_NODE_INITIALIZING },
    /* 15 */ { RB_NODE_JOINING, false, 0, 9, 30000, RB_NODE_JOINING },
    /* 16 */ { RB_NODE_JOINING, false, 0, 9, 30001, RB_NODE_DEAD },
    /* 17 */ { RB_NODE_DEAD, false, 0, 0, 0, RB_NODE_DEAD },
    /* 18 */ { RB_NODE_DEAD, true, 3, 4, 8000, RB_NODE_DEAD },
    /* 19 */ { RB_NODE_HEALTHY, false, 3, 4, 8000, RB_NODE_UNHEALTHY },
    /* 20 */ { RB_NODE_HEALTHY, false, 3, 0, 0, RB_NODE_HEALTHY },
  };
  rb_config_t *config = rbt_make_config();
  rb_peers_t *peers = rb_peers_new();
  rb_lifecycle_reason_t reason;
  ed25519_public_key_t key;
  rb_peer_t *peer;
  (void) arg;

  make_key(1, &key);
  peer = rb_peers_add(peers, &key, 1, 0);
  peer->is_neighbor = true;
  for (size_t i = 0; i < ARRAY_LENGTH(lives); ++i) {
    const life_t *life = &lives[i];
    rb_record_free(peer->record);
    peer->record = rb_record_new();
    peer->record->n_points = life->n_points;
    peer->state = life->state;
    peer->has_heartbeat = life->has_heartbeat;
    peer->pings_unanswered = life->pings_unanswered;
    peer->last_heard = RBT_MONO - life->silence;
    tt_int_op(rb_peer_next_state(peer, config, RBT_MONO, &reason), OP_EQ,
              life->next);
    tt_str_op(rb_lifecycle_reason_to_string(reason), OP_NE, "UNKNOWN");
  }
 done:
  rb_config_free(config);
  rb_peers_free(peers);
}

/** The names are those of the control interface. */
static void
test_rbalance_peers_names(void *arg)
{
  (void) arg;
  tt_str_op(rb_lifecycle_to_string(RB_NODE_JOINING), OP_EQ, "JOINING");
  tt_str_op(rb_lifecycle_to_string(RB_NODE_INITIALIZING), OP_EQ,
            "INITIALIZING");
  tt_str_op(rb_lifecycle_to_string(RB_NODE_HEALTHY), OP_EQ, "HEALTHY");
  tt_str_op(rb_lifecycle_to_string(RB_NODE_UNHEALTHY), OP_EQ, "UNHEALTHY");
  tt_str_op(rb_lifecycle_to_string(RB_NODE_DEAD), OP_EQ, "DEAD");
 done:
  ;
}

#define T(name) { #name, test_rbalance_peers_ ## name, TT_FORK, NULL, NULL }

struct testcase_t rbalance_peers_tests[] = {
  T(table),
  T(configured),
  T(forget),
  T(by_others),
  T(lifecycle),
  T(names),
  END_OF_TESTCASES
};
