/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance.h
 * @brief The facade of the rbalance module: all that tor calls.
 *
 * This is the only header of the module that files outside of it include.
 * Without the module the functions are the empty ones of rbalance_stub.c.
 **/

#ifndef TOR_FEATURE_RBALANCE_RBALANCE_H
#define TOR_FEATURE_RBALANCE_RBALANCE_H

#include "lib/cc/torint.h"

struct connection_t;
struct control_connection_t;
struct dir_connection_t;
struct edge_connection_t;
struct entry_connection_t;
struct hs_opts_t;
struct hs_service_config_t;
struct hs_service_descriptor_t;
struct hs_service_t;
struct node_t;
struct or_options_t;
struct origin_circuit_t;
struct smartlist_t;

#ifdef HAVE_MODULE_RBALANCE
#define have_module_rbalance() (1)
#else
#define have_module_rbalance() (0)
#endif

int rbalance_config_service(const struct hs_opts_t *hs_opts,
                            const struct or_options_t *options,
                            struct hs_service_config_t *config);
uint32_t rbalance_get_key_flags(const struct hs_service_config_t *config);
void rbalance_clear_config(struct hs_service_config_t *config);
void rbalance_service_registered(const struct hs_service_t *service);
void rbalance_list_files(const struct hs_service_t *service,
                         struct smartlist_t *files);
void rbalance_exclude_relays(const struct hs_service_t *service,
                             const struct hs_service_descriptor_t *desc,
                             struct smartlist_t *exclude_nodes);
bool rbalance_forbids_upload(const struct hs_service_t *service,
                             const struct hs_service_descriptor_t *desc);
bool rbalance_waives_own_points(const struct hs_service_t *service,
                                const struct hs_service_descriptor_t *desc);
void rbalance_merge_intro_points(const struct hs_service_t *service,
                                 struct hs_service_descriptor_t *desc,
                                 time_t now);
void rbalance_raise_revision_counter(const struct hs_service_t *service,
                                     struct hs_service_descriptor_t *desc);
void rbalance_share_pow(const struct hs_service_t *service, time_t now);
void rbalance_descriptor_sent(const struct hs_service_t *service,
                              const struct hs_service_descriptor_t *desc,
                              const struct node_t *hsdir);
void rbalance_judge_begin(const struct origin_circuit_t *circ,
                          const struct edge_connection_t *stream,
                          const char *address);
bool rbalance_takes_stream(const struct edge_connection_t *stream);
const char *rbalance_get_begin_address(const struct connection_t *conn);
void rbalance_upload_answered(const struct dir_connection_t *conn,
                              int status_code);
bool rbalance_take_fetched(const struct dir_connection_t *conn,
                           const char *body, int status_code);
void rbalance_dir_closed(const struct dir_connection_t *conn);
bool rbalance_accept_stream(struct origin_circuit_t *circ,
                            struct edge_connection_t *stream);
void rbalance_stream_answered(struct entry_connection_t *conn,
                              int endreason);
int rbalance_conn_process_inbuf(struct connection_t *conn);
int rbalance_conn_finished_flushing(struct connection_t *conn);
int rbalance_conn_reached_eof(struct connection_t *conn);
void rbalance_conn_about_to_close(struct connection_t *conn);
void rbalance_handle_command(struct control_connection_t *control_conn,
                             const struct smartlist_t *args);
bool rbalance_drain_before_exit(void);
int getinfo_helper_rbalance(struct control_connection_t *control_conn,
                            const char *question, char **answer,
                            const char **errmsg);

#endif /* !defined(TOR_FEATURE_RBALANCE_RBALANCE_H) */
