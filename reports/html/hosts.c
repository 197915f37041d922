/* A card for each host. */
#include "reports/html/html.h"

#include "reports/phrase.h"
#include "reports/summary.h"

#include <inttypes.h>

/* Of more hosts than this, only those that need looking at have a card. */
enum { CARDS_MAX = 400 };

/* The ports that a second map is worth its room for. */
enum { MAP_MIN = 64 };

static const enum port_state legend[] = {PORT_OPEN,    PORT_CLOSED, PORT_REJECTED,
                                         PORT_DROPPED, PORT_SILENT, PORT_UNKNOWN};

static const char *const meanings[PORT_STATE_COUNT] = {
    [PORT_OPEN] = "a service accepts",      [PORT_CLOSED] = "the host itself refuses",
    [PORT_REJECTED] = "a firewall refuses", [PORT_DROPPED] = "a firewall is silent",
    [PORT_SILENT] = "no answer over UDP",   [PORT_UNKNOWN] = "not decided",
};

static void write_swatch(struct xml *xml, const char *class)
{
    html_open(xml, "i", class);
    xml_close(xml);
    xml_text(xml, " ");
}

static void write_legend(struct xml *xml)
{
    html_open(xml, "ul", "legend");
    for (size_t i = 0; i < sizeof legend / sizeof legend[0]; i++) {
        xml_open(xml, "li");
        write_swatch(xml, port_state_name(legend[i]));
        html_element(xml, "b", NULL, port_state_name(legend[i]));
        xml_text_format(xml, " %s", meanings[legend[i]]);
        xml_close(xml);
    }
    xml_open(xml, "li");
    write_swatch(xml, "unaudited");
    xml_text(xml, "not audited");
    xml_close(xml);
    xml_open(xml, "li");
    write_swatch(xml, "frame");
    xml_text(xml, "framed: broken");
    xml_close(xml);
    xml_close(xml);
}

/* The ports of one protocol in one state, in words; nothing when there are none. */
static void write_state(struct xml *xml, const struct host_verdicts *host, enum proto proto,
                        enum port_state state)
{
    struct portset ports = {0};
    int status = 0;
    for (size_t i = 0; i < host->count && status == 0; i++) {
        const struct observation *seen = &host->verdicts[i].seen;
        if (seen->proto == proto && seen->state == state)
            status = portset_add_set(&ports, &seen->ports);
    }
    if (status < 0)
        xml_fail_no_memory(xml);
    if (ports.count > 0) {
        xml_open(xml, "li");
        write_swatch(xml, port_state_name(state));
        xml_open(xml, "b");
        xml_text_format(xml, "%" PRIu32 " %s", portset_size(&ports), port_state_name(state));
        xml_close(xml);
        xml_text(xml, ": ");
        html_ports(xml, proto, &ports);
        xml_close(xml);
    }
    portset_free(&ports);
}

static void write_title(struct xml *xml, const struct host_verdicts *host)
{
    char address[ADDR_TEXT_SIZE];
    addr_format(&host->address, address);
    html_element(xml, "h3", NULL, host->name ? host->name : address);
    html_open(xml, "p", "about");
    if (*address)
        xml_text(xml, address);
    else
        xml_text(xml, "no address");
    if (host->alive && host->rtt_ms > 0)
        xml_text_format(xml, ", %.*f ms away", host->rtt_ms < 1 ? 2 : 1, host->rtt_ms);
    else if (!host->alive)
        xml_text(xml, ", never answered");
    if (host->group) {
        xml_text(xml, ", ");
        xml_text(xml, host->group);
    }
    if (host->vantage) {
        xml_text(xml, ", from ");
        xml_text(xml, host->vantage);
    }
    xml_close(xml);
}

/* A handful of ports beside those of the other protocol are better read than looked at. */
static void write_maps(struct xml *xml, const struct host_verdicts *host)
{
    uint32_t counts[PROTO_COUNT] = {0};
    for (size_t i = 0; i < host->count; i++)
        counts[host->verdicts[i].seen.proto] += portset_size(&host->verdicts[i].seen.ports);
    enum proto most = counts[PROTO_UDP] > counts[PROTO_TCP] ? PROTO_UDP : PROTO_TCP;
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        if ((enum proto)proto == most || counts[proto] > MAP_MIN)
            html_map(xml, host, (enum proto)proto);
    }
}

static void write_card(struct xml *xml, const struct audit *audit,
                       const struct host_verdicts *host)
{
    enum result result = host_result(audit, host);
    html_open(xml, "article", result_name(result));
    html_element(xml, "p", "badge", result_name(result));
    write_title(xml, host);
    write_maps(xml, host);
    html_open(xml, "ul", "states");
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        for (size_t i = 0; i < sizeof legend / sizeof legend[0]; i++)
            write_state(xml, host, (enum proto)proto, legend[i]);
    }
    xml_close(xml);
    xml_close(xml);
    xml_raw(xml, "\n");
}

void html_hosts(struct xml *xml, const struct audit *audit)
{
    size_t cards = 0, left_out = 0;
    html_open(xml, "section", "hosts");
    html_element(xml, "h2", NULL, "Hosts");
    write_legend(xml);
    html_open(xml, "div", "cards");
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        bool fine = host_result(audit, host) <= RESULT_WAIVED;
        if (cards >= CARDS_MAX || (fine && audit->host_count > CARDS_MAX)) {
            left_out++;
            continue;
        }
        write_card(xml, audit, host);
        cards++;
    }
    xml_close(xml);
    if (left_out > 0) {
        html_open(xml, "p", "left-out");
        xml_text_format(xml, "%zu more hosts have no picture here; the JSON report has them.",
                        left_out);
        xml_close(xml);
    }
    xml_close(xml);
}
