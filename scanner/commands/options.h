/* The command line as plain data, read by one table of options that is the source of
 * `--help` and of the man page too. */
#ifndef SCANNER_COMMANDS_OPTIONS_H
#define SCANNER_COMMANDS_OPTIONS_H

#include "expect/expect.h"
#include "reports/reports.h"
#include "scanner/clock.h"

enum {
    REPORTS_MOST = 16,
};

enum when {
    WHEN_AUTO,
    WHEN_ALWAYS,
    WHEN_NEVER,
};

/* Words of the command line, borrowed from argv. */
struct words {
    const char **items; /* owned */
    size_t count;
};

/* Which commands take an option. */
enum command_set {
    FOR_CHECK = 1,
    FOR_SCAN = 2,
    FOR_LINT = 4,
    FOR_RESPOND = 8,
    FOR_EXPLAIN = 16,
    FOR_PROBES = 32,
    FOR_LEARN = 64,
    FOR_DIFF = 128,
    FOR_MERGE = 256,
    FOR_SCANS = FOR_SCAN | FOR_LEARN,
    FOR_RUNS = FOR_CHECK | FOR_SCANS,
    FOR_REPORTS = FOR_CHECK | FOR_SCAN | FOR_MERGE,
    FOR_AUDITS = FOR_RUNS | FOR_EXPLAIN,
    FOR_FILES = FOR_CHECK | FOR_LINT | FOR_EXPLAIN,
    FOR_NETWORK = FOR_AUDITS | FOR_RESPOND,
    FOR_LIBRARY = FOR_AUDITS | FOR_LINT | FOR_PROBES,
    FOR_ALL = FOR_NETWORK | FOR_LINT | FOR_PROBES | FOR_DIFF | FOR_MERGE,
};

struct options {
    enum command_set command;
    uint64_t given;     /* a bit for each row of the table that was on the command line */
    struct words words; /* what is no option: files, targets */
    struct words rules; /* -e */
    const char *ports;  /* -p */
    struct report_request reports[REPORTS_MOST];
    size_t report_count;
    bool quiet, verbose;
    const char *from, *host_glob;
    enum addr_family family; /* ADDR_NONE: both */
    double max_rate, miss;
    bool max_rate_given;
    unsigned max_tries;
    nsec_t deadline; /* 0: none */
    nsec_t until;    /* 0: one round */
    unsigned shard, shards;
    uint32_t max_hosts;
    const char *interface;
    struct addr source;
    uint16_t source_port;
    enum when color, progress;
    bool seed_given;
    uint64_t seed;
    bool never_fail;                   /* --fail-on never */
    struct policy_variable *variables; /* --var; owned, the names too */
    size_t variable_count;
    const char *user; /* --user */
    bool require_sandbox;
    const char *key, *new_key; /* files */
    bool connect;              /* no raw sockets */
    const char *pcap_path, *probes_folder;
    bool probe;
    bool help;
};

struct option_row {
    const char *name;     /* without the dashes; NULL: only a letter */
    char letter;          /* 0: none */
    const char *argument; /* as help shows it, "PPS"; NULL: takes none */
    const char *help;
    unsigned commands; /* of enum command_set */
    /* Reads VALUE (NULL when there is no argument). 0, or -EINVAL or -ENOMEM with *ERROR,
     * whose text says what is wrong with the value. */
    int (*read)(struct options *options, const char *value, struct error *error);
};

const struct option_row *option_rows(size_t *count);

/* Fills *OPTIONS (with the defaults first) from the words after the command. 0, or -EINVAL
 * or -ENOMEM with *ERROR. options_free() is due in any case. */
int options_parse(struct options *options, enum command_set command, char *const *words,
                  size_t count, struct error *error) __attribute__((warn_unused_result));
void options_free(struct options *options);

/* Reads VALUE for the option --NAME, unless that was on the command line. VALUE is borrowed
 * as the words are. 0, or -EINVAL or -ENOMEM with *ERROR. */
int options_default(struct options *options, const char *name, const char *value,
                    struct error *error) __attribute__((warn_unused_result));

/* Reads "500ms", "10s", "2m", "1h". -EINVAL when TEXT is no such time, or negative. */
int options_read_time(const char *text, nsec_t *time) __attribute__((warn_unused_result));

#endif
