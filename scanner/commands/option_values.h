/* The readers of option values, for the table in options.c. Each takes the value and sets
 * its field of struct options: see struct option_row. */
#ifndef SCANNER_COMMANDS_OPTION_VALUES_H
#define SCANNER_COMMANDS_OPTION_VALUES_H

#include "scanner/commands/options.h"

int options_add_word(struct options *options, const char *word, struct error *error)
    __attribute__((warn_unused_result));

int option_rules(struct options *options, const char *value, struct error *error);
int option_ports(struct options *options, const char *value, struct error *error);
int option_report(struct options *options, const char *value, struct error *error);
int option_quiet(struct options *options, const char *value, struct error *error);
int option_verbose(struct options *options, const char *value, struct error *error);
int option_help(struct options *options, const char *value, struct error *error);
int option_from(struct options *options, const char *value, struct error *error);
int option_host(struct options *options, const char *value, struct error *error);
int option_ipv4(struct options *options, const char *value, struct error *error);
int option_ipv6(struct options *options, const char *value, struct error *error);
int option_max_rate(struct options *options, const char *value, struct error *error);
int option_miss(struct options *options, const char *value, struct error *error);
int option_max_tries(struct options *options, const char *value, struct error *error);
int option_deadline(struct options *options, const char *value, struct error *error);
int option_until(struct options *options, const char *value, struct error *error);
int option_shard(struct options *options, const char *value, struct error *error);
int option_max_hosts(struct options *options, const char *value, struct error *error);
int option_interface(struct options *options, const char *value, struct error *error);
int option_source(struct options *options, const char *value, struct error *error);
int option_source_port(struct options *options, const char *value, struct error *error);
int option_color(struct options *options, const char *value, struct error *error);
int option_progress(struct options *options, const char *value, struct error *error);
int option_seed(struct options *options, const char *value, struct error *error);
int option_fail_on(struct options *options, const char *value, struct error *error);
int option_variable(struct options *options, const char *value, struct error *error);
int option_user(struct options *options, const char *value, struct error *error);
int option_require_sandbox(struct options *options, const char *value, struct error *error);
int option_connect(struct options *options, const char *value, struct error *error);
int option_pcap(struct options *options, const char *value, struct error *error);
int option_probe(struct options *options, const char *value, struct error *error);
int option_probes(struct options *options, const char *value, struct error *error);
int option_key(struct options *options, const char *value, struct error *error);
int option_new_key(struct options *options, const char *value, struct error *error);

#endif
