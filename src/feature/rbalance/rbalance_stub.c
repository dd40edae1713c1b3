/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file rbalance_stub.c
 * @brief What is linked when the rbalance module is disabled.
 **/

#include "core/or/or.h"
#include "feature/rbalance/rbalance.h"
#include "feature/rbalance/rbalance_sys.h"

#include "feature/control/control_proto.h"
#include "feature/hs/hs_opts_st.h"
#include "lib/subsys/subsys.h"

/** Refuse a service in <b>hs_opts</b> that asks for load balancing: publishing
 * its descriptor alone would take the other nodes out of it.  Return 0 if it
 * does not ask, else -1. */
int
rbalance_config_service(const hs_opts_t *hs_opts, const or_options_t *options,
                        struct hs_service_config_t *config)
{
  (void) options;
  (void) config;
  if (hs_opts->HiddenServiceBalance) {
    log_warn(LD_CONFIG, "HiddenServiceBalance is 1, but this tor was built "
             "without the rbalance module.");
    return -1;
  }
  return 0;
}

/* The calls of the hooks: nothing is balanced, so nothing happens. */

uint32_t
rbalance_get_key_flags(const struct hs_service_config_t *config)
{
  (void) config;
  return 0;
}

void
rbalance_clear_config(struct hs_service_config_t *config)
{
  (void) config;
}

void
rbalance_service_registered(const struct hs_service_t *service)
{
  (void) service;
}

void
rbalance_list_files(const struct hs_service_t *service,
                    struct smartlist_t *files)
{
  (void) service;
  (void) files;
}

void
rbalance_exclude_relays(const struct hs_service_t *service,
                        const struct hs_service_descriptor_t *desc,
                        struct smartlist_t *exclude_nodes)
{
  (void) service;
  (void) desc;
  (void) exclude_nodes;
}

bool
rbalance_forbids_upload(const struct hs_service_t *service,
                        const struct hs_service_descriptor_t *desc)
{
  (void) service;
  (void) desc;
  return false;
}

bool
rbalance_waives_own_points(const struct hs_service_t *service,
                           const struct hs_service_descriptor_t *desc)
{
  (void) service;
  (void) desc;
  return false;
}

void
rbalance_merge_intro_points(const struct hs_service_t *service,
                            struct hs_service_descriptor_t *desc, time_t now)
{
  (void) service;
  (void) desc;
  (void) now;
}

void
rbalance_share_pow(const struct hs_service_t *service, time_t now)
{
  (void) service;
  (void) now;
}

void
rbalance_raise_revision_counter(const struct hs_service_t *service,
                                struct hs_service_descriptor_t *desc)
{
  (void) service;
  (void) desc;
}

void
rbalance_descriptor_sent(const struct hs_service_t *service,
                         const struct hs_service_descriptor_t *desc,
                         const struct node_t *hsdir)
{
  (void) service;
  (void) desc;
  (void) hsdir;
}

void
rbalance_judge_begin(const struct origin_circuit_t *circ,
                     const struct edge_connection_t *stream,
                     const char *address)
{
  (void) circ;
  (void) stream;
  (void) address;
}

bool
rbalance_takes_stream(const struct edge_connection_t *stream)
{
  (void) stream;
  return false;
}

const char *
rbalance_get_begin_address(const struct connection_t *conn)
{
  (void) conn;
  return "";
}

void
rbalance_upload_answered(const struct dir_connection_t *conn,
                         int status_code)
{
  (void) conn;
  (void) status_code;
}

bool
rbalance_take_fetched(const struct dir_connection_t *conn, const char *body,
                      int status_code)
{
  (void) conn;
  (void) body;
  (void) status_code;
  return false;
}

void
rbalance_dir_closed(const struct dir_connection_t *conn)
{
  (void) conn;
}

bool
rbalance_accept_stream(struct origin_circuit_t *circ,
                       struct edge_connection_t *stream)
{
  (void) circ;
  (void) stream;
  return false;
}

void
rbalance_stream_answered(struct entry_connection_t *conn, int endreason)
{
  (void) conn;
  (void) endreason;
}

int
rbalance_conn_process_inbuf(struct connection_t *conn)
{
  (void) conn;
  return -1;
}

int
rbalance_conn_finished_flushing(struct connection_t *conn)
{
  (void) conn;
  return -1;
}

int
rbalance_conn_reached_eof(struct connection_t *conn)
{
  (void) conn;
  return -1;
}

void
rbalance_conn_about_to_close(struct connection_t *conn)
{
  (void) conn;
}

/** Answer a GETINFO hs/balance/...: there is no such thing here. */
void
rbalance_handle_command(struct control_connection_t *control_conn,
                        const struct smartlist_t *args)
{
  (void) args;
  control_write_endreply(control_conn, 551,
                         "This tor was built without the rbalance module");
}

bool
rbalance_drain_before_exit(void)
{
  return false;
}

int
getinfo_helper_rbalance(struct control_connection_t *control_conn,
                        const char *question, char **answer,
                        const char **errmsg)
{
  (void) control_conn;
  (void) question;
  (void) answer;
  *errmsg = "This tor was built without the rbalance module";
  return -1;
}

const struct subsys_fns_t sys_rbalance = {
  SUBSYS_DECLARE_LOCATION(),
  .name = "rbalance",
  .supported = false,
  .level = RBALANCE_SUBSYS_LEVEL,
};
