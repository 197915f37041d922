#include "scanner/commands/options.h"

#include "expect/suggest.h"
#include "scanner/commands/option_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row rows[] = {
    {"expect", 'e', "RULES", "expectations as a rule line: '80,443 open; 8080 filtered'",
     FOR_CHECK, option_rules},
    {"ports", 'p', "PORTS",
     "what to scan: '22,80-90,53/udp'; default: all of TCP, and each UDP port that the "
     "probe library can ask",
     FOR_SCANS, option_ports},
    {"output", 'o', "FORMAT[=PATH]",
     "write a report; may be given several times, at most one without a path", FOR_REPORTS,
     option_report},
    {"quiet", 'q', NULL, "print nothing when all is met", FOR_REPORTS, option_quiet},
    {"verbose", 'v', NULL, "show what is met one by one, too", FOR_REPORTS, option_verbose},
    {"from", 0, "VANTAGE", "where this audit runs from", FOR_CHECK | FOR_LEARN | FOR_EXPLAIN,
     option_from},
    {"host", 0, "GLOB", "only hosts whose name or address matches", FOR_RUNS, option_host},
    {"var", 0, "NAME=VALUE", "set a variable of the file", FOR_FILES, option_variable},
    {NULL, '4', NULL, "IPv4 addresses only", FOR_AUDITS, option_ipv4},
    {NULL, '6', NULL, "IPv6 addresses only", FOR_AUDITS, option_ipv6},
    {"max-rate", 0, "PPS",
     "packets per second, 20000 by default (respond: 50000); 0: as fast as the path carries",
     FOR_NETWORK, option_max_rate},
    {"miss", 0, "P", "accepted chance that a certified silence is wrong, 1e-6 by default",
     FOR_AUDITS, option_miss},
    {"max-tries", 0, "N", "give up on a silent port after N probes (it is unknown then)",
     FOR_AUDITS, option_max_tries},
    {"deadline", 0, "TIME", "stop after this time; what is undecided then is inconclusive",
     FOR_AUDITS, option_deadline},
    {"until", 0, "TIME",
     "probe what is unmet again until all is met, in two rounds one after the other, or the "
     "time is over",
     FOR_CHECK, option_until},
    {"fail-on", 0, "inconclusive|never", "never: exit 0 whatever the result, the reports tell",
     FOR_CHECK, option_fail_on},
    {"shard", 0, "K/N", "only part K of N of the hosts", FOR_RUNS, option_shard},
    {"max-hosts", 0, "N", "refuse more addresses than this, 65536 by default", FOR_RUNS,
     option_max_hosts},
    {"interface", 0, "NAME", "send through this interface", FOR_NETWORK, option_interface},
    {"source", 0, "ADDRESS", "send from this address", FOR_AUDITS, option_source},
    {"source-port", 0, "PORT", "send from this port instead of random ones", FOR_AUDITS,
     option_source_port},
    {"color", 0, "auto|always|never", "colours in the text report (NO_COLOR is honoured)",
     FOR_REPORTS, option_color},
    {"progress", 0, "auto|always|never", "a progress line on standard error", FOR_RUNS,
     option_progress},
    {"seed", 0, "N", "repeatable order of probes", FOR_AUDITS, option_seed},
    {"user", 0, "NAME",
     "who to become once everything is open, when started as root; nobody "
     "by default",
     FOR_NETWORK, option_user},
    {"require-sandbox", 0, NULL, "refuse to run where the kernel lacks a part of the sandbox",
     FOR_NETWORK, option_require_sandbox},
    {"probe", 0, NULL, "ask the port now, and show each packet and what it proves", FOR_EXPLAIN,
     option_probe},
    {"probes", 0, "DIR", "add the UDP probes of the *.yml files there to the library",
     FOR_LIBRARY, option_probes},
    {"connect", 0, NULL,
     "use connections instead of raw sockets: no privilege is needed, less can be said",
     FOR_RUNS, option_connect},
    {"pcap", 0, "FILE",
     "write every packet sent and every answer that counted; with --connect it needs a "
     "privilege",
     FOR_AUDITS, option_pcap},
    {"key", 0, "FILE", "the key that probes are signed with", FOR_RESPOND, option_key},
    {"new-key", 0, "FILE", "make a key for both ends, and nothing else", FOR_RESPOND,
     option_new_key},
    {"help", 'h', NULL, "this text", FOR_ALL, option_help},
};

_Static_assert(sizeof rows / sizeof rows[0] <= 64, "options.given has a bit for each");

const struct option_row *option_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

static const struct option_row *find_name(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].name && strlen(rows[i].name) == length &&
            memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    }
    return NULL;
}

static const struct option_row *find_letter(char letter)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].letter == letter)
            return &rows[i];
    }
    return NULL;
}

/* The words of the command line that are still to be read. */
struct reader {
    struct options *options;
    enum command_set command;
    char *const *words;
    size_t count, next;
};

static int read_value(struct reader *reader, const struct option_row *row, const char *shown,
                      const char *value, struct error *error)
{
    if (!(row->commands & reader->command))
        return error_set(error, -EINVAL, "%s: this command has no such option", shown);
    if (row->argument && !value) {
        if (reader->next == reader->count)
            return error_set(error, -EINVAL, "%s needs an argument: %s", shown, row->argument);
        value = reader->words[reader->next++];
    }
    struct error cause;
    int status = row->read(reader->options, value, &cause);
    reader->options->given |= UINT64_C(1) << (row - rows);
    return status < 0 ? error_set(error, status, "%s: %s", shown, cause.text) : 0;
}

/* WORD, LENGTH bytes of it, with its dashes. */
static int refuse_name(enum command_set command, const char *word, size_t length,
                       struct error *error)
{
    char name[32], advice[SUGGESTION_TEXT_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)(length - 2), word + 2);
    struct suggestion suggestion = {.word = name};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].name && rows[i].commands & command)
            suggestion_offer(&suggestion, rows[i].name);
    }
    return error_set(error, -EINVAL, "%.*s: no such option%s; see portvet --help", (int)length,
                     word, suggestion_format(&suggestion, advice));
}

static int read_long(struct reader *reader, const char *word, struct error *error)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const struct option_row *row = find_name(word + 2, length - 2);
    if (!row)
        return refuse_name(reader->command, word, length, error);
    if (equals && !row->argument)
        return error_set(error, -EINVAL, "--%s takes no argument", row->name);
    char shown[48];
    snprintf(shown, sizeof shown, "--%s", row->name);
    return read_value(reader, row, shown, equals ? equals + 1 : NULL, error);
}

/* "-qv", "-ojson" and "-o json" all work, as getopt's users expect. */
static int read_letters(struct reader *reader, const char *word, struct error *error)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const char shown[] = {'-', *letter, '\0'};
        const struct option_row *row = find_letter(*letter);
        if (!row)
            return error_set(error, -EINVAL, "%s: no such option; see portvet --help", shown);
        const char *rest = row->argument && letter[1] ? letter + 1 : NULL;
        int status = read_value(reader, row, shown, rest, error);
        if (status < 0 || row->argument)
            return status;
    }
    return 0;
}

int options_parse(struct options *options, enum command_set command, char *const *words,
                  size_t count, struct error *error)
{
    *options = (struct options){
        .command = command,
        .max_rate = 20000,
        .miss = 1e-6,
        .shard = 1,
        .shards = 1,
        .max_hosts = 65536,
    };
    struct reader reader = {options, command, words, count, 0};
    bool only_words = false;
    while (reader.next < count) {
        const char *word = words[reader.next++];
        int status;
        if (only_words || word[0] != '-' || !word[1])
            status = options_add_word(options, word, error);
        else if (strcmp(word, "--") == 0)
            status = 0, only_words = true;
        else if (word[1] == '-')
            status = read_long(&reader, word, error);
        else
            status = read_letters(&reader, word, error);
        if (status < 0)
            return status;
    }
    return 0;
}

int options_default(struct options *options, const char *name, const char *value,
                    struct error *error)
{
    const struct option_row *row = find_name(name, strlen(name));
    if (!row)
        return error_set(error, -EINVAL, "%s: no such option", name);
    if (options->given & UINT64_C(1) << (row - rows))
        return 0;
    struct error cause;
    int status = row->read(options, value, &cause);
    return status < 0 ? error_set(error, status, "%s: %s", name, cause.text) : 0;
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < options->variable_count; i++)
        free((void *)(uintptr_t)options->variables[i].name);
    free(options->variables);
    free(options->words.items);
    free(options->rules.items);
}
