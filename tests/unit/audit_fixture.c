#include "audit_fixture.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is seen on some ports, and what was expected of them. */
struct row {
    const char *ports;
    enum proto proto;
    enum port_state state;
    enum reason reason;
    enum origin origin;
    const char *by;
    enum result result;
    const char *expected, *rule, *rule_text, *note;
};

static char *copy(const char *text)
{
    char *made = text ? strdup(text) : NULL;
    assert(made || !text);
    return made;
}

static struct addr address(const char *text)
{
    struct addr parsed = {0};
    int status = text ? addr_parse(&parsed, text) : 0;
    assert(status == 0);
    return parsed;
}

static struct audit *start(const char *name, const char *vantage)
{
    struct audit *audit = audit_new();
    assert(audit);
    snprintf(audit->version, sizeof audit->version, "0.1.0");
    audit->name = copy(name);
    audit->vantage = copy(vantage);
    audit->mode = copy("raw");
    audit->started = (struct timespec){1795140000, 123000000}; /* 2026-11-20T02:00:00.123Z */
    audit->finished = (struct timespec){1795140004, 333000000};
    audit->traffic =
        (struct audit_traffic){.sent = 262310, .received = 612, .invalid = 3, .seconds = 4.21};
    return audit;
}

static struct host_verdicts *add_host(struct audit *audit, const char *name, const char *at)
{
    struct host_verdicts *host = audit_add_host(audit);
    assert(host);
    host->name = copy(name);
    host->address = address(at);
    host->alive = at != NULL;
    host->rtt_ms = at ? 21.3 : 0;
    host->loss = (struct loss_estimate){0.004, 0.011, 812};
    return host;
}

static struct verdict *add(struct host_verdicts *host, const struct row *row)
{
    struct verdict *verdict = host_add_verdict(host);
    assert(verdict);
    struct observation *seen = &verdict->seen;
    int status = portset_parse(&seen->ports, row->ports);
    assert(status == 0);
    seen->proto = row->proto;
    seen->state = row->state;
    seen->reason = row->reason;
    seen->origin = row->origin;
    seen->by = address(row->by);
    seen->ttl = row->by ? 57 : 0;
    seen->tries = row->reason == REASON_NO_RESPONSE ? 3 : 1;
    seen->miss = row->reason == REASON_NO_RESPONSE ? 4e-7 : 0;
    verdict->result = row->result;
    verdict->expected = copy(row->expected);
    verdict->rule = copy(row->rule);
    verdict->rule_text = copy(row->rule_text);
    verdict->note = copy(row->note);
    return verdict;
}

static void add_all(struct host_verdicts *host, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(host, &rows[i]);
}
#define ADD_ALL(host, rows) add_all(host, rows, sizeof(rows) / sizeof(rows)[0])

static void waive(struct verdict *verdict, const char *until, bool expired)
{
    verdict->waiver = copy("old CLI still in use, OPS-1432");
    verdict->waiver_owner = copy("ops@example.com");
    verdict->waiver_until = copy(until);
    verdict->waiver_expired = expired;
}

static struct audit *finish(struct audit *audit)
{
    audit_finish(audit);
    return audit;
}

struct audit *fixture_met(void)
{
    static const struct row rows[] = {
        {"80,443", PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "203.0.113.10",
         RESULT_MET, "open", "-e:1", "80,443", NULL},
        {"8080", PROTO_TCP, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NULL, RESULT_MET,
         "filtered", "-e:1", "8080", NULL},
    };
    struct audit *audit = start(NULL, NULL);
    audit->traffic = (struct audit_traffic){.sent = 14, .received = 4, .seconds = 0.31};
    ADD_ALL(add_host(audit, "203.0.113.10", "203.0.113.10"), rows);
    return finish(audit);
}

static void add_edge(struct audit *audit)
{
    static const struct row rows[] = {
        {"80,443", PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "203.0.113.11",
         RESULT_MET, "open", "edge.yml:14", "80,443", NULL},
        {"8080", PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "203.0.113.11",
         RESULT_BROKEN, "filtered", "edge.yml:14", "8080,8443", "the admin panel"},
        {"8443", PROTO_TCP, PORT_REJECTED, REASON_RESET, ORIGIN_FIREWALL, "203.0.113.11",
         RESULT_MET, "filtered", "edge.yml:14", "8080,8443", "the admin panel"},
        {"1-79,81-442,444-8079,8081-8442,8444-9999,10011-65535", PROTO_TCP, PORT_DROPPED,
         REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NULL, RESULT_MET, "filtered", "edge.yml:16",
         "others", NULL},
        {"10000-10010", PROTO_TCP, PORT_CLOSED, REASON_RESET, ORIGIN_HOST, "203.0.113.11",
         RESULT_BROKEN, "filtered", "edge.yml:16", "others", NULL},
        {"4648", PROTO_UDP, PORT_SILENT, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NULL,
         RESULT_INCONCLUSIVE, "open", "edge.yml:15", "4648", "gossip"},
    };
    struct host_verdicts *host = add_host(audit, "node1.example.com", "203.0.113.11");
    host->group = copy("nodes");
    ADD_ALL(host, rows);
}

static void add_waived(struct audit *audit)
{
    static const struct row rows[] = {
        {"80,443", PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "2001:db8::12",
         RESULT_MET, "open", "edge.yml:14", "80,443", NULL},
        {"1-79,81-442,444-8079,8081-8442,8444-65535", PROTO_TCP, PORT_REJECTED,
         REASON_ADMIN_PROHIBITED, ORIGIN_UPSTREAM, "2001:db8::1", RESULT_MET, "filtered",
         "edge.yml:16", "others", NULL},
    };
    static const struct row waived = {"8080",         PROTO_TCP,        PORT_OPEN,
                                      REASON_SYN_ACK, ORIGIN_HOST,      "2001:db8::12",
                                      RESULT_WAIVED,  "filtered",       "edge.yml:14",
                                      "8080,8443",    "the admin panel"};
    static const struct row expired = {"8443",         PROTO_TCP,        PORT_OPEN,
                                       REASON_SYN_ACK, ORIGIN_HOST,      "2001:db8::12",
                                       RESULT_BROKEN,  "filtered",       "edge.yml:14",
                                       "8080,8443",    "the admin panel"};
    struct host_verdicts *host = add_host(audit, "node2.example.com", "2001:db8::12");
    host->group = copy("nodes");
    ADD_ALL(host, rows);
    waive(add(host, &waived), "2026-12-31", false);
    waive(add(host, &expired), "2026-10-31", true);
}

static void add_unresolved(struct audit *audit)
{
    static const struct row rows[] = {
        {"80,443", PROTO_TCP, PORT_UNKNOWN, REASON_UNRESOLVED, ORIGIN_UNKNOWN, NULL,
         RESULT_INCONCLUSIVE, "open", "edge.yml:14", "80,443", NULL},
    };
    struct host_verdicts *host = add_host(audit, "node3.example.com", NULL);
    host->group = copy("nodes");
    host->problem = copy("node3.example.com: Name or service not known");
    ADD_ALL(host, rows);
}

static void add_dead(struct audit *audit)
{
    static const struct row rows[] = {
        {"22", PROTO_TCP, PORT_UNKNOWN, REASON_HOST_SILENT, ORIGIN_UNKNOWN, NULL,
         RESULT_INCONCLUSIVE, "open", "edge.yml:20", "22", NULL},
        {"1-21,23-65535", PROTO_TCP, PORT_UNKNOWN, REASON_HOST_SILENT, ORIGIN_UNKNOWN, NULL,
         RESULT_INCONCLUSIVE, "rejected", "edge.yml:20", "others", NULL},
    };
    struct host_verdicts *host = add_host(audit, "203.0.113.40", "203.0.113.40");
    host->alive = false;
    host->rtt_ms = 0;
    host->loss = (struct loss_estimate){0, 1, 0};
    ADD_ALL(host, rows);
}

struct audit *fixture_broken(void)
{
    static const char sha256[65] =
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    struct audit *audit = start("shop-edge", "internet");
    int status = audit_add_file(audit, "edge.yml", sha256);
    assert(status == 0);
    status = audit_add_warning(audit, "edge.yml:31: the waiver for node2.example.com 8080 "
                                      "expires on 2026-12-01, in 11 days");
    assert(status == 0);
    add_edge(audit);
    add_waived(audit);
    add_unresolved(audit);
    add_dead(audit);
    return finish(audit);
}

struct audit *fixture_fleet(size_t hosts)
{
    static const struct row open = {"80,443",      PROTO_TCP,      PORT_OPEN,  REASON_SYN_ACK,
                                    ORIGIN_HOST,   "198.51.100.1", RESULT_MET, "open",
                                    "fleet.yml:3", "80,443",       NULL};
    static const struct row filtered = {
        "1-79,81-442,444-65535", PROTO_TCP, PORT_DROPPED, REASON_NO_RESPONSE,
        ORIGIN_UNKNOWN,          NULL,      RESULT_MET,   "filtered",
        "fleet.yml:3",           "others",  NULL};
    static const struct row filtered_but_one = {"1-79,81-442,444-8079,8081-65535",
                                                PROTO_TCP,
                                                PORT_DROPPED,
                                                REASON_NO_RESPONSE,
                                                ORIGIN_UNKNOWN,
                                                NULL,
                                                RESULT_MET,
                                                "filtered",
                                                "fleet.yml:3",
                                                "others",
                                                NULL};
    static const struct row broken = {
        "8080",        PROTO_TCP,  PORT_OPEN,     REASON_SYN_ACK, ORIGIN_HOST, "198.51.100.1",
        RESULT_BROKEN, "filtered", "fleet.yml:3", "others",       NULL};
    struct audit *audit = start("fleet", NULL);
    for (size_t i = 0; i < hosts; i++) {
        char name[48], at[64];
        bool is_broken = i == hosts / 2;
        snprintf(name, sizeof name, "web%03zu.example.com", i + 1);
        snprintf(at, sizeof at, "10.20.%zu.%zu", i / 250, i % 250 + 1);
        struct host_verdicts *host = add_host(audit, name, at);
        add(host, &open)->seen.by = host->address;
        add(host, is_broken ? &filtered_but_one : &filtered);
        if (is_broken)
            add(host, &broken)->seen.by = host->address;
    }
    return finish(audit);
}

/* Adds the ports of HOST, one of STEP from FIRST on, as seen in ROW. */
static void add_comb(struct host_verdicts *host, const struct row *row, unsigned first,
                     unsigned step)
{
    struct verdict *verdict = add(host, row);
    portset_free(&verdict->seen.ports);
    for (unsigned port = first; port <= 65535; port += step) {
        int status = portset_add(&verdict->seen.ports, (uint16_t)port, (uint16_t)port);
        assert(status == 0);
    }
}

static void add_rest(struct host_verdicts *host, const struct row *row)
{
    struct verdict *verdict = add(host, row);
    for (size_t i = 0; i + 1 < host->count; i++) {
        int status = portset_remove_set(&verdict->seen.ports, &host->verdicts[i].seen.ports);
        assert(status == 0);
    }
}

struct audit *fixture_heavy(size_t hosts)
{
    static const struct row open = {"1",           PROTO_TCP,   PORT_OPEN,     REASON_SYN_ACK,
                                    ORIGIN_HOST,   "10.20.0.1", RESULT_BROKEN, "filtered",
                                    "fleet.yml:3", "others",    NULL};
    static const struct row closed = {"1",           PROTO_TCP,   PORT_CLOSED,   REASON_RESET,
                                      ORIGIN_HOST,   "10.20.0.1", RESULT_BROKEN, "filtered",
                                      "fleet.yml:3", "others",    NULL};
    static const struct row dropped = {
        "1-65535",      PROTO_TCP, PORT_DROPPED, REASON_NO_RESPONSE,
        ORIGIN_UNKNOWN, NULL,      RESULT_MET,   "filtered",
        "fleet.yml:3",  "others",  NULL};
    struct audit *audit = start("fleet", NULL);
    for (size_t i = 0; i < hosts; i++) {
        char name[48], at[64];
        snprintf(name, sizeof name, "web%03zu.example.com", i + 1);
        snprintf(at, sizeof at, "10.20.%zu.%zu", i / 250, i % 250 + 1);
        struct host_verdicts *host = add_host(audit, name, at);
        add_comb(host, &open, 22 + (unsigned)i, 211);
        add_comb(host, &closed, 23 + (unsigned)i, 422);
        add_rest(host, &dropped);
    }
    return finish(audit);
}

struct audit *fixture_interrupted(void)
{
    static const struct row rows[] = {
        {"443", PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "203.0.113.10", RESULT_MET,
         "open", "edge.yml:2", "443", NULL},
        {"1-442,444-65535", PROTO_TCP, PORT_UNKNOWN, REASON_INTERRUPTED, ORIGIN_UNKNOWN, NULL,
         RESULT_INCONCLUSIVE, "dropped", "edge.yml:2", "others", NULL},
    };
    struct audit *audit = start(NULL, NULL);
    ADD_ALL(add_host(audit, "203.0.113.10", "203.0.113.10"), rows);
    audit->interrupted = true;
    return finish(audit);
}

struct audit *fixture_scan(void)
{
    static const struct row rows[] = {
        {"22,80,443", PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "203.0.113.10",
         RESULT_SCANNED, NULL, NULL, NULL, NULL},
        {"113", PROTO_TCP, PORT_REJECTED, REASON_RESET, ORIGIN_FIREWALL, "203.0.113.10",
         RESULT_SCANNED, NULL, NULL, NULL, NULL},
        {"135-139,445", PROTO_TCP, PORT_REJECTED, REASON_ADMIN_PROHIBITED, ORIGIN_UPSTREAM,
         "198.51.100.254", RESULT_SCANNED, NULL, NULL, NULL, NULL},
        {"1-21,23-79,81-112,114-134,140-442,444,446-65535", PROTO_TCP, PORT_DROPPED,
         REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NULL, RESULT_SCANNED, NULL, NULL, NULL, NULL},
        {"53", PROTO_UDP, PORT_OPEN, REASON_UDP_RESPONSE, ORIGIN_HOST, "203.0.113.10",
         RESULT_SCANNED, NULL, NULL, NULL, NULL},
        {"69,161,500", PROTO_UDP, PORT_SILENT, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NULL,
         RESULT_SCANNED, NULL, NULL, NULL, NULL},
        {"123", PROTO_UDP, PORT_CLOSED, REASON_PORT_UNREACHABLE, ORIGIN_UNKNOWN, "203.0.113.10",
         RESULT_SCANNED, NULL, NULL, NULL, NULL},
    };
    static const struct row dead[] = {
        {"1-65535", PROTO_TCP, PORT_UNKNOWN, REASON_HOST_SILENT, ORIGIN_UNKNOWN, NULL,
         RESULT_SCANNED, NULL, NULL, NULL, NULL},
    };
    struct audit *audit = start(NULL, NULL);
    ADD_ALL(add_host(audit, "www.example.com", "203.0.113.10"), rows);
    struct host_verdicts *host = add_host(audit, "203.0.113.99", "203.0.113.99");
    host->alive = false;
    host->rtt_ms = 0;
    ADD_ALL(host, dead);
    return finish(audit);
}

static struct host_verdicts *add_neighbour(struct audit *audit, unsigned last)
{
    char address[32];
    snprintf(address, sizeof address, "192.0.2.%u", last);
    struct host_verdicts *host = add_host(audit, address, address);
    host->rtt_ms = 0.5 + last;
    return host;
}

struct audit *fixture_neighbours(void)
{
    static const struct row open = {
        "22",           PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "192.0.2.1",
        RESULT_SCANNED, NULL,      NULL,      NULL,           NULL};
    static const struct row refused = {
        "1-100",        PROTO_TCP, PORT_CLOSED, REASON_RESET, ORIGIN_HOST, "192.0.2.1",
        RESULT_SCANNED, NULL,      NULL,        NULL,         NULL};
    static const struct row dead = {"1-100",
                                    PROTO_TCP,
                                    PORT_UNKNOWN,
                                    REASON_HOST_SILENT,
                                    ORIGIN_UNKNOWN,
                                    NULL,
                                    RESULT_SCANNED,
                                    NULL,
                                    NULL,
                                    NULL,
                                    NULL};
    struct audit *audit = start(NULL, NULL);
    static const char kinds[] = "rrrodddd r r";
    for (unsigned i = 0; kinds[i]; i++) {
        if (kinds[i] == ' ')
            continue;
        struct host_verdicts *host = add_neighbour(audit, i);
        if (kinds[i] == 'd') {
            host->alive = false;
            host->rtt_ms = 0;
            add(host, &dead);
            continue;
        }
        if (kinds[i] == 'o')
            add(host, &open)->seen.by = host->address;
        else
            add(host, &refused)->seen.by = host->address;
    }
    return finish(audit);
}

struct audit *fixture_merged(void)
{
    static const struct row outside = {
        "8080",         PROTO_TCP, PORT_DROPPED, REASON_NO_RESPONSE,
        ORIGIN_UNKNOWN, NULL,      RESULT_MET,   "filtered",
        "edge.yml:14",  "8080",    NULL};
    static const struct row inside = {
        "8080",        PROTO_TCP,  PORT_OPEN,     REASON_SYN_ACK, ORIGIN_HOST, "203.0.113.11",
        RESULT_BROKEN, "filtered", "edge.yml:15", "8080",         NULL};
    struct audit *audit = start("shop-edge", "internet, operator");
    struct host_verdicts *host = add_host(audit, "node1.example.com", "203.0.113.11");
    host->vantage = copy("internet");
    add(host, &outside);
    host = add_host(audit, "node1.example.com", "203.0.113.11");
    host->vantage = copy("operator");
    add(host, &inside);
    return finish(audit);
}

struct audit *fixture_empty(void)
{
    struct audit *audit = start(NULL, NULL);
    audit->result = RESULT_MET;
    return finish(audit);
}

struct audit *fixture_hostile(const char *text)
{
    const struct row rows[] = {
        {"1", PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, "203.0.113.10", RESULT_BROKEN,
         text, text, text, text},
        {"2", PROTO_TCP, PORT_UNKNOWN, REASON_CONFLICT, ORIGIN_UNKNOWN, NULL,
         RESULT_INCONCLUSIVE, text, text, text, text},
        {"3", PROTO_TCP, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NULL, RESULT_MET,
         text, text, text, text},
    };
    const struct row waived = {"4",         PROTO_UDP, PORT_OPEN,     REASON_UDP_RESPONSE,
                               ORIGIN_HOST, "::1",     RESULT_WAIVED, text,
                               text,        text,      text};
    struct audit *audit = start(text, text);
    int status = audit_add_warning(audit, text);
    assert(status == 0);
    status = audit_add_file(audit, text, (char[65]){"00"});
    assert(status == 0);
    struct host_verdicts *host = add_host(audit, text, "203.0.113.10");
    host->group = copy(text);
    host->vantage = copy(text);
    host->problem = copy(text);
    ADD_ALL(host, rows);
    struct verdict *verdict = add(host, &waived);
    verdict->waiver = copy(text);
    verdict->waiver_owner = copy(text);
    verdict->waiver_until = copy(text);
    return finish(audit);
}
