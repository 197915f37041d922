/* portvet explain FILE HOST PORT */
#include "expect/explain.h"
#include "scanner/commands/audit_run.h"
#include "scanner/commands/explain_causes.h"
#include "scanner/commands/explain_handshakes.h"
#include "scanner/commands/explain_packets.h"
#include "scanner/commands/library.h"
#include "scanner/commands/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORD_FILE, WORD_HOST, WORD_PORT, WORD_COUNT };

/* What is shown while the port is probed, and after it. */
struct demonstration {
    struct explain_packets packets;
    struct explain_handshakes handshakes;
    struct explain_ports ports;
    const struct policy *file;
    struct explain_query query;
};

static struct explain_query make_query(const struct options *options)
{
    struct explain_query query = {
        .host = options->words.items[WORD_HOST],
        .port = options->words.items[WORD_PORT],
        .from = options->from,
    };
    clock_gettime(CLOCK_REALTIME, &query.today);
    return query;
}

static void note_plan(void *context, const struct plan *plan)
{
    struct demonstration *demonstration = context;
    demonstration->packets.key = plan->count > 0 ? plan->targets[0].responder : NULL;
}

static void show_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes,
                        size_t length)
{
    struct demonstration *demonstration = context;
    explain_packet(&demonstration->packets, at, sent, bytes, length);
}

static void show_handshake_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes,
                                  size_t length)
{
    struct demonstration *demonstration = context;
    demonstration->handshakes.packets = &demonstration->packets;
    explain_handshake_packet(&demonstration->handshakes, at, sent, bytes, length);
}

/* What was asked for is a rule's that has been shown before: nothing is left to complain of. */
static int show_judgement(struct demonstration *demonstration, const struct addr *address,
                          const struct observation *seen)
{
    struct complaints complaints = {0};
    demonstration->query.address = *address;
    demonstration->query.seen = seen;
    puts("Judged:");
    int status = policy_explain_judgement(demonstration->file, &demonstration->query, stdout,
                                          &complaints);
    complaints_free(&complaints);
    return status;
}

static int show_verdict(struct demonstration *demonstration, const struct addr *address,
                        const struct observation *seen)
{
    char text[ADDR_TEXT_SIZE];
    const struct portset *asked = &demonstration->ports.asked[seen->proto];
    if (asked->count == 0 || !portset_has(&seen->ports, portset_nth(asked, 0)))
        return 0; /* of a port that was only asked beside it */
    printf("\n%s, port %u/%s is ", addr_format(address, text), portset_nth(asked, 0),
           proto_name(seen->proto));
    explain_verdict(stdout, seen, demonstration->packets.echo_ttl);
    return show_judgement(demonstration, address, seen);
}

/* The verdict on each address, after all packets. */
static int show_verdicts(void *context, const struct audit *audit, struct error *error)
{
    struct demonstration *demonstration = context;
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        for (size_t j = 0; j < host->count; j++) {
            if (show_verdict(demonstration, &host->address, &host->verdicts[j].seen) < 0)
                return error_no_memory(error);
        }
        if (host->problem)
            printf("\n%s: %s\n", host->name, host->problem);
    }
    return 0;
}

/* The port that is asked for and those beside it, as -p has them; NULL: no memory. */
static char *write_ports(const char *asked, const struct portset *beside)
{
    enum { ITEM_SIZE = sizeof ",65535/tcp" };
    size_t size = strlen(asked) + portset_size(beside) * ITEM_SIZE + 1, length;
    char *text = malloc(size);
    if (!text)
        return NULL;
    length = (size_t)snprintf(text, size, "%s", asked);
    for (uint32_t i = 0; i < portset_size(beside); i++)
        length +=
            (size_t)snprintf(text + length, size - length, ",%u/tcp", portset_nth(beside, i));
    return text;
}

static enum exit_code probe_ports(const struct options *options, const char *ports,
                                  const struct udp_library *library,
                                  struct demonstration *demonstration)
{
    struct complaints complaints = {0};
    const char *host = options->words.items[WORD_HOST];
    struct policy *policy = policy_from_ports(ports, library, &host, 1, &complaints);
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    if (!policy)
        return EXIT_USAGE;
    policy_share_responders(policy, demonstration->file);
    const struct audit_watch watch = {
        .planned = note_plan,
        .packet = show_packet,
        .connection_packet = show_handshake_packet,
        .finished = show_verdicts,
        .context = demonstration,
    };
    putchar('\n');
    enum exit_code code = audit_run_watched(options, policy, library, &watch);
    policy_free(policy);
    return code;
}

static enum exit_code probe_with(const struct options *options, const struct policy *file,
                                 const struct udp_library *library)
{
    struct demonstration demonstration = {
        .packets = {.out = stdout}, .file = file, .query = make_query(options)};
    struct explain_ports *ports = &demonstration.ports;
    struct complaints complaints = {
        0}; /* the rule has been shown: there is nothing to complain of */
    int status = policy_explain_ports(file, &demonstration.query, ports, &complaints);
    complaints_free(&complaints);
    if (status < 0)
        return EXIT_SOFTWARE;
    for (int i = 0; i < PROTO_COUNT; i++) {
        if (ports->asked[i].count > 0)
            demonstration.packets.port = portset_nth(&ports->asked[i], 0);
    }
    demonstration.packets.knows_port = true;
    char *text = write_ports(options->words.items[WORD_PORT], &ports->beside);
    enum exit_code code = text ? probe_ports(options, text, library, &demonstration)
                               : command_fail(EXIT_SOFTWARE, "out of memory");
    free(text);
    policy_explain_free_ports(ports);
    return code;
}

static enum exit_code probe(const struct options *options, const struct policy *file)
{
    struct udp_library library = {0};
    enum exit_code code = library_load(&library, options);
    if (code == EXIT_MET)
        code = probe_with(options, file, &library);
    udp_library_free(&library);
    return code;
}

/* The way a check of the file goes. */
static enum exit_code probe_as_set(const struct options *options, const struct policy *policy)
{
    struct options effective = *options; /* what it owns stays with OPTIONS */
    struct error error;
    if (settings_apply(&effective, policy, &error) < 0)
        return command_fail(EXIT_FILE, "settings: %s", error.text);
    effective.until = 0; /* once is enough to see what comes back */
    return probe(&effective, policy);
}

static enum exit_code show_rule(const struct options *options, const struct policy *policy)
{
    struct explain_query query = make_query(options);
    struct complaints complaints = {0};
    int status = policy_explain(policy, &query, stdout, &complaints);
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    if (status == -ENOMEM)
        return EXIT_SOFTWARE;
    return status < 0 ? EXIT_USAGE : EXIT_MET;
}

enum exit_code command_explain(const struct options *options)
{
    if (options->words.count != WORD_COUNT)
        return command_fail(EXIT_USAGE, "explain needs a file, a host and a port: "
                                        "explain edge.yml 203.0.113.10 8080");
    struct complaints complaints = {0};
    struct policy *policy = policy_read(&options->words.items[WORD_FILE], 1, options->variables,
                                        options->variable_count, &complaints);
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    if (!policy)
        return EXIT_FILE;
    enum exit_code code = show_rule(options, policy);
    if (code == EXIT_MET && options->probe)
        code = probe_as_set(options, policy);
    policy_free(policy);
    return code;
}
