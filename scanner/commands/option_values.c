/* What the values of options may look like: one reader for each row of the table. */
#include "scanner/commands/option_values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int refuse(struct error *error, const char *value, const char *wanted)
{
    return error_set(error, -EINVAL, "'%s' is not %s", value, wanted);
}

static int append(struct words *words, const char *word, struct error *error)
{
    const char **grown = realloc(words->items, (words->count + 1) * sizeof *grown);
    if (!grown)
        return error_no_memory(error);
    words->items = grown;
    words->items[words->count++] = word;
    return 0;
}

int options_add_word(struct options *options, const char *word, struct error *error)
{
    return append(&options->words, word, error);
}

static int read_number(const char *text, double least, double most, double *number)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || end == text || *end || !isfinite(value) || value < least || value > most)
        return -EINVAL;
    *number = value;
    return 0;
}

static int read_integer(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || strchr(text, '-') || value < least || value > most)
        return -EINVAL;
    *number = value;
    return 0;
}

int options_read_time(const char *text, nsec_t *time)
{
    static const struct {
        const char *suffix;
        nsec_t factor;
    } units[] = {
        {"ms", NSEC_PER_MSEC},
        {"s", NSEC_PER_SEC},
        {"m", 60 * NSEC_PER_SEC},
        {"h", 3600 * NSEC_PER_SEC},
    };
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || end == text || !(value >= 0) || value > 1e6)
        return -EINVAL;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].suffix) == 0) {
            *time = (nsec_t)(value * (double)units[i].factor);
            return 0;
        }
    }
    return -EINVAL;
}

int option_rules(struct options *options, const char *value, struct error *error)
{
    return append(&options->rules, value, error);
}

int option_ports(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->ports = value;
    return 0;
}

int option_report(struct options *options, const char *value, struct error *error)
{
    struct report_request request;
    int status = report_request_parse(&request, value, error);
    if (status < 0)
        return status;
    for (size_t i = 0; i < options->report_count; i++) {
        const char *path = options->reports[i].path;
        if (!path && !request.path)
            return error_set(error, -EINVAL,
                             "'%s': '%s' goes to standard output already; write one of them "
                             "to a file (-o %s=PATH)",
                             value, options->reports[i].writer->name, request.writer->name);
        if (path && request.path && strcmp(path, request.path) == 0)
            return error_set(error, -EINVAL, "'%s': another report goes to that file already",
                             value);
    }
    if (options->report_count == REPORTS_MOST)
        return error_set(error, -EINVAL, "'%s': more than %d reports", value, REPORTS_MOST);
    options->reports[options->report_count++] = request;
    return 0;
}

int option_quiet(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    options->quiet = true;
    return 0;
}

int option_verbose(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    options->verbose = true;
    return 0;
}

int option_help(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    options->help = true;
    return 0;
}

int option_from(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->from = value;
    return 0;
}

int option_host(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->host_glob = value;
    return 0;
}

static int set_family(struct options *options, enum addr_family family, struct error *error)
{
    if (options->family != ADDR_NONE && options->family != family)
        return error_set(error, -EINVAL, "-4 and -6 exclude each other");
    options->family = family;
    return 0;
}

int option_ipv4(struct options *options, const char *value, struct error *error)
{
    (void)value;
    return set_family(options, ADDR_IPV4, error);
}

int option_ipv6(struct options *options, const char *value, struct error *error)
{
    (void)value;
    return set_family(options, ADDR_IPV6, error);
}

int option_max_rate(struct options *options, const char *value, struct error *error)
{
    options->max_rate_given = true;
    if (read_number(value, 0, 1e8, &options->max_rate) == 0)
        return 0;
    return refuse(error, value, "a number of packets per second");
}

int option_miss(struct options *options, const char *value, struct error *error)
{
    if (read_number(value, 1e-15, 0.5, &options->miss) == 0)
        return 0;
    return refuse(error, value, "a probability between 1e-15 and 0.5");
}

int option_max_tries(struct options *options, const char *value, struct error *error)
{
    uint64_t number;
    if (read_integer(value, 1, 250, &number) < 0)
        return refuse(error, value, "a number of tries from 1 to 250");
    options->max_tries = (unsigned)number;
    return 0;
}

int option_deadline(struct options *options, const char *value, struct error *error)
{
    if (options_read_time(value, &options->deadline) == 0 && options->deadline > 0)
        return 0;
    return refuse(error, value, "a time such as 500ms, 10s or 2m");
}

int option_until(struct options *options, const char *value, struct error *error)
{
    if (options_read_time(value, &options->until) == 0 && options->until > 0)
        return 0;
    return refuse(error, value, "a time such as 500ms, 10s or 2m");
}

int option_shard(struct options *options, const char *value, struct error *error)
{
    char *end;
    unsigned long part = strtoul(value, &end, 10), parts = 0;
    if (end != value && *end == '/')
        parts = strtoul(end + 1, &end, 10);
    if (*end || part < 1 || parts < part || parts > 65536 || strchr(value, '-'))
        return refuse(error, value, "a part such as 1/4 (the first of four)");
    options->shard = (unsigned)part;
    options->shards = (unsigned)parts;
    return 0;
}

int option_max_hosts(struct options *options, const char *value, struct error *error)
{
    uint64_t number;
    if (read_integer(value, 1, UINT64_C(1) << 24, &number) < 0)
        return refuse(error, value, "a number of hosts from 1 to 16777216");
    options->max_hosts = (uint32_t)number;
    return 0;
}

int option_interface(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->interface = value;
    return 0;
}

int option_source(struct options *options, const char *value, struct error *error)
{
    if (addr_parse(&options->source, value) == 0)
        return 0;
    return refuse(error, value, "an IPv4 or IPv6 address");
}

int option_source_port(struct options *options, const char *value, struct error *error)
{
    uint64_t number;
    if (read_integer(value, 1, 65535, &number) < 0)
        return refuse(error, value, "a port from 1 to 65535");
    options->source_port = (uint16_t)number;
    return 0;
}

static int read_when(const char *value, enum when *when, struct error *error)
{
    static const char *const names[] = {
        [WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(value, names[i]) == 0) {
            *when = (enum when)i;
            return 0;
        }
    }
    return refuse(error, value, "auto, always or never");
}

int option_color(struct options *options, const char *value, struct error *error)
{
    return read_when(value, &options->color, error);
}

int option_progress(struct options *options, const char *value, struct error *error)
{
    return read_when(value, &options->progress, error);
}

int option_seed(struct options *options, const char *value, struct error *error)
{
    if (read_integer(value, 0, UINT64_MAX, &options->seed) < 0)
        return refuse(error, value, "a whole number");
    options->seed_given = true;
    return 0;
}

int option_fail_on(struct options *options, const char *value, struct error *error)
{
    options->never_fail = strcmp(value, "never") == 0;
    if (options->never_fail || strcmp(value, "inconclusive") == 0)
        return 0;
    return refuse(error, value, "inconclusive or never");
}

int option_variable(struct options *options, const char *value, struct error *error)
{
    const char *equals = strchr(value, '=');
    if (!equals || equals == value)
        return refuse(error, value, "of the form NAME=VALUE");
    struct policy_variable *grown =
        realloc(options->variables, (options->variable_count + 1) * sizeof *grown);
    if (!grown)
        return error_no_memory(error);
    options->variables = grown;
    char *name = strndup(value, (size_t)(equals - value));
    if (!name)
        return error_no_memory(error);
    grown[options->variable_count++] = (struct policy_variable){name, equals + 1};
    return 0;
}

int option_user(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->user = value;
    return 0;
}

int option_require_sandbox(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    options->require_sandbox = true;
    return 0;
}

int option_connect(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->connect = true;
    return 0;
}

int option_pcap(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->pcap_path = value;
    return 0;
}

int option_probe(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    options->probe = true;
    return 0;
}

int option_probes(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->probes_folder = value;
    return 0;
}

int option_key(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->key = value;
    return 0;
}

int option_new_key(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->new_key = value;
    return 0;
}
