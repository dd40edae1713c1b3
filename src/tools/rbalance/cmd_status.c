/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file cmd_status.c
 * @brief tor-rbalance status, and peers: how the service is.
 **/

#include "orconfig.h"
#include "tools/rbalance/cli_commands.h"

#include "tools/rbalance/cli_json.h"
#include "tools/rbalance/cli_view.h"

#include <stdio.h>

/** Print <b>text</b>, and release it. */
static void
print(char *text)
{
  fputs(text, stdout);
  tor_free(text);
}

/** Print the targets of <b>view</b>, if there are any, after an empty
 * line. */
static void
print_targets(const cli_view_t *view)
{
  if (smartlist_len(view->targets)) {
    putchar('\n');
    print(cli_view_print_targets(view, 0));
  }
}

/** Print <b>view</b> of <b>service</b> as JSON, with what it is all together
 * and its targets if <b>is_whole</b>. */
static void
print_json(const cli_view_t *view, const char *service, bool is_whole)
{
  json_t *json = is_whole ? cli_json_row(view->status) : json_object();
  json_t *faults = json_array();
  json_object_set_new(json, "service", json_string(service));
  json_object_set_new(json, "nodes", cli_json_rows(view->peers));
  if (is_whole) {
    json_object_set_new(json, "targets", cli_json_rows(view->targets));
  }
  SMARTLIST_FOREACH(view->faults, const char *, fault,
                    json_array_append_new(faults, json_string(fault)));
  json_object_set_new(json, "faults", faults);
  cli_json_print(json);
}

/** Show the service that <b>options</b> are about: the nodes; if
 * <b>is_whole</b> the status before and the targets behind.  Return the exit
 * status. */
static int
show(const cli_options_t *options, bool is_whole)
{
  cli_client_t *client = cli_client_new(options);
  cli_view_t *view = client ? cli_view_get(client) : NULL;
  int status = CLI_BAD;

  if (view) {
    status = smartlist_len(view->faults) ? CLI_BAD : CLI_GOOD;
    if (options->json) {
      print_json(view, client->service, is_whole);
    } else {
      if (is_whole) {
        print(cli_view_print_status(view, client->service));
        putchar('\n');
      }
      print(cli_view_print_peers(view, 0));
      if (is_whole) {
        print_targets(view);
      }
      print(cli_view_print_faults(view));
    }
  }
  cli_view_free(view);
  cli_client_free(client);
  return status;
}

/** Show how the service is.  Return the exit status. */
int
cmd_status(const cli_options_t *options)
{
  return show(options, true);
}

/** Show the nodes of the service.  Return the exit status. */
int
cmd_peers(const cli_options_t *options)
{
  return show(options, false);
}
