/* XML as nmap writes it (nmap.dtd), for the tools that read nmap's. */
#include "reports/nmap_words.h"
#include "reports/service_names.h"
#include "reports/summary.h"
#include "reports/writers.h"
#include "reports/xml.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A state with more ports than this is summed up, as nmap does; open ports never are. */
enum { LISTED_MAX = 25 };

/* The ports of one host that are listed one by one. */
struct listed {
    uint16_t port;
    const struct observation *seen;
};

static int by_port(const void *a, const void *b)
{
    const struct listed *one = a, *other = b;
    if (one->seen->proto != other->seen->proto)
        return one->seen->proto < other->seen->proto ? -1 : 1;
    return (one->port > other->port) - (one->port < other->port);
}

static void write_extras(struct xml *xml, const struct host_verdicts *host,
                         enum nmap_state state, uint32_t count)
{
    xml_open(xml, "extraports");
    xml_attribute(xml, "state", nmap_state_name(state));
    xml_attribute_format(xml, "count", "%" PRIu32, count);
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->verdicts[i].seen;
        if (nmap_state_of(seen) != state)
            continue;
        xml_open(xml, "extrareasons");
        xml_attribute(xml, "reason", nmap_reason(seen->reason));
        xml_attribute_format(xml, "count", "%" PRIu32, portset_size(&seen->ports));
        xml_attribute(xml, "proto", proto_name(seen->proto));
        xml_attribute_take(xml, "ports", portset_format(&seen->ports));
        xml_close(xml);
    }
    xml_close(xml);
}

static void write_port(struct xml *xml, const struct listed *listed)
{
    const struct observation *seen = listed->seen;
    const char *service = service_usual_name(listed->port, seen->proto);
    char by[ADDR_TEXT_SIZE];
    xml_open(xml, "port");
    xml_attribute(xml, "protocol", proto_name(seen->proto));
    xml_attribute_format(xml, "portid", "%u", listed->port);
    xml_open(xml, "state");
    xml_attribute(xml, "state", nmap_state_name(nmap_state_of(seen)));
    xml_attribute(xml, "reason", nmap_reason(seen->reason));
    xml_attribute_format(xml, "reason_ttl", "%u", seen->ttl);
    if (seen->by.family != ADDR_NONE)
        xml_attribute(xml, "reason_ip", addr_format(&seen->by, by));
    xml_close(xml);
    xml_open(xml, "service");
    xml_attribute(xml, "name", service ? service : "unknown");
    xml_attribute(xml, "method", "table");
    xml_attribute(xml, "conf", "3");
    xml_close(xml);
    xml_close(xml);
}

/* The ports whose state is not summed up, sorted; *COUNT of them. NULL: no memory. */
static struct listed *list_ports(const struct host_verdicts *host, const bool *summed,
                                 size_t room, size_t *count)
{
    struct listed *list = calloc(room + 1, sizeof *list);
    *count = 0;
    for (size_t i = 0; list && i < host->count; i++) {
        const struct observation *seen = &host->verdicts[i].seen;
        uint32_t size = summed[nmap_state_of(seen)] ? 0 : portset_size(&seen->ports);
        for (uint32_t k = 0; k < size; k++)
            list[(*count)++] = (struct listed){portset_nth(&seen->ports, k), seen};
    }
    if (list && *count > 0)
        qsort(list, *count, sizeof *list, by_port);
    return list;
}

static void write_ports(struct xml *xml, const struct host_verdicts *host)
{
    uint32_t counts[NMAP_STATE_COUNT] = {0};
    bool summed[NMAP_STATE_COUNT] = {false};
    size_t room = 0, count;
    for (size_t i = 0; i < host->count; i++)
        counts[nmap_state_of(&host->verdicts[i].seen)] +=
            portset_size(&host->verdicts[i].seen.ports);

    xml_open(xml, "ports");
    for (int state = 0; state < NMAP_STATE_COUNT; state++) {
        summed[state] = state != NMAP_OPEN && counts[state] > LISTED_MAX;
        if (summed[state])
            write_extras(xml, host, (enum nmap_state)state, counts[state]);
        else
            room += counts[state];
    }
    struct listed *list = list_ports(host, summed, room, &count);
    if (!list)
        xml_fail_no_memory(xml);
    for (size_t i = 0; list && i < count; i++)
        write_port(xml, &list[i]);
    xml_close(xml);
    free(list);
}

static void write_names(struct xml *xml, const struct host_verdicts *host, const char *address)
{
    xml_open(xml, "hostnames");
    if (host->name && strcmp(host->name, address) != 0) {
        xml_open(xml, "hostname");
        xml_attribute(xml, "name", host->name);
        xml_attribute(xml, "type", "user");
        xml_close(xml);
    }
    xml_close(xml);
}

static void write_host(struct xml *xml, const struct audit *audit,
                       const struct host_verdicts *host)
{
    char address[ADDR_TEXT_SIZE];
    addr_format(&host->address, address);
    xml_open(xml, "host");
    xml_attribute_format(xml, "starttime", "%" PRId64, (int64_t)audit->started.tv_sec);
    xml_attribute_format(xml, "endtime", "%" PRId64, (int64_t)audit->finished.tv_sec);
    xml_open(xml, "status");
    xml_attribute(xml, "state", host->alive ? "up" : "down");
    xml_attribute(xml, "reason", host->alive ? "user-set" : "no-response");
    xml_attribute(xml, "reason_ttl", "0");
    xml_close(xml);
    xml_open(xml, "address");
    xml_attribute(xml, "addr", address);
    xml_attribute(xml, "addrtype", host->address.family == ADDR_IPV6 ? "ipv6" : "ipv4");
    xml_close(xml);
    write_names(xml, host, address);
    write_ports(xml, host);
    xml_close(xml);
}

/* A name without an address is a target that nmap would skip. */
static void write_target(struct xml *xml, const struct host_verdicts *host)
{
    xml_open(xml, "target");
    xml_attribute(xml, "specification", host->name ? host->name : "");
    xml_attribute(xml, "status", "skipped");
    xml_attribute(xml, "reason", "invalid");
    xml_close(xml);
}

static void write_text_time(struct xml *xml, const char *name, const struct timespec *time)
{
    struct tm utc;
    char text[64];
    gmtime_r(&time->tv_sec, &utc);
    strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &utc);
    xml_attribute(xml, name, text);
}

static int collect_ports(const struct audit *audit, enum proto proto, struct portset *ports)
{
    int status = 0;
    for (size_t i = 0; i < audit->host_count && status == 0; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        for (size_t k = 0; k < host->count && status == 0; k++) {
            if (host->verdicts[k].seen.proto == proto)
                status = portset_add_set(ports, &host->verdicts[k].seen.ports);
        }
    }
    return status;
}

/* What was scanned, over all hosts. */
static void write_scaninfo(struct xml *xml, const struct audit *audit, enum proto proto)
{
    struct portset ports = {0};
    if (collect_ports(audit, proto, &ports) < 0)
        xml_fail_no_memory(xml);
    if (ports.count > 0) {
        bool connects = audit->mode && strcmp(audit->mode, "connect") == 0;
        const char *tcp = connects ? "connect" : "syn";
        xml_open(xml, "scaninfo");
        xml_attribute(xml, "type", proto == PROTO_UDP ? "udp" : tcp);
        xml_attribute(xml, "protocol", proto_name(proto));
        xml_attribute_format(xml, "numservices", "%" PRIu32, portset_size(&ports));
        xml_attribute_take(xml, "services", portset_format(&ports));
        xml_close(xml);
    }
    portset_free(&ports);
}

static void write_level(struct xml *xml, const char *element)
{
    xml_open(xml, element);
    xml_attribute(xml, "level", "0");
    xml_close(xml);
}

static void open_run(struct xml *xml, const struct audit *audit)
{
    xml_open(xml, "nmaprun");
    xml_attribute(xml, "scanner", "nmap"); /* the only word that nmap.dtd allows */
    xml_attribute(xml, "args", "portvet");
    xml_attribute_format(xml, "start", "%" PRId64, (int64_t)audit->started.tv_sec);
    write_text_time(xml, "startstr", &audit->started);
    xml_attribute(xml, "version", audit->version);
    xml_attribute(xml, "xmloutputversion", "1.05");
    for (int proto = 0; proto < PROTO_COUNT; proto++)
        write_scaninfo(xml, audit, (enum proto)proto);
    write_level(xml, "verbose");
    write_level(xml, "debugging");
}

static void close_run(struct xml *xml, const struct audit *audit)
{
    size_t up = 0, total = 0;
    for (size_t i = 0; i < audit->host_count; i++) {
        total += audit->hosts[i].address.family != ADDR_NONE;
        up += audit->hosts[i].alive;
    }
    xml_open(xml, "runstats");
    xml_open(xml, "finished");
    xml_attribute_format(xml, "time", "%" PRId64, (int64_t)audit->finished.tv_sec);
    write_text_time(xml, "timestr", &audit->finished);
    xml_attribute_format(xml, "elapsed", "%.2f", audit->traffic.seconds);
    xml_attribute_take(xml, "summary", summary_line(audit));
    xml_attribute(xml, "exit", audit->interrupted ? "error" : "success");
    if (audit->interrupted)
        xml_attribute(xml, "errormsg", "interrupted");
    xml_close(xml);
    xml_open(xml, "hosts");
    xml_attribute_format(xml, "up", "%zu", up);
    xml_attribute_format(xml, "down", "%zu", total - up);
    xml_attribute_format(xml, "total", "%zu", total);
    xml_close(xml);
    xml_close(xml);
    xml_close(xml);
}

int nmap_write(const struct audit *audit, const struct report_style *style, FILE *out,
               struct error *error)
{
    (void)style;
    struct xml *xml = xml_new(out);
    if (!xml)
        return error_no_memory(error);
    xml_declare(xml);
    open_run(xml, audit);
    for (size_t i = 0; i < audit->host_count; i++) {
        if (audit->hosts[i].address.family == ADDR_NONE)
            write_target(xml, &audit->hosts[i]);
        else
            write_host(xml, audit, &audit->hosts[i]);
    }
    close_run(xml, audit);
    return xml_finish(xml, error);
}
