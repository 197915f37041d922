#include "scanner/commands/explain_causes.h"

#define ANY (-1)

/* The first row that fits counts. */
static const struct causes_row rows[] = {
    {PORT_OPEN, ANY, ANY, REASON_RESPONDER, {"nothing on the way keeps it in"}},
    {PORT_OPEN,
     PROTO_TCP,
     ORIGIN_UNKNOWN,
     ANY,
     {"a SYN proxy or tarpit answers on every port, and a service listens behind it: a full "
      "handshake went further than on random ports"}},
    {PORT_OPEN,
     PROTO_TCP,
     ANY,
     ANY,
     {"a service listens, and no firewall stands before it",
      "a proxy or load balancer accepts in the service's place"}},
    {PORT_OPEN,
     PROTO_UDP,
     ANY,
     ANY,
     {"a service listens and answers strangers, and no firewall stands before it"}},
    {PORT_CLOSED,
     ANY,
     ORIGIN_HOST,
     ANY,
     {"the firewall lets it through, but nothing listens",
      "the service is down, or listens on another address or port"}},
    {PORT_CLOSED,
     ANY,
     ORIGIN_UPSTREAM,
     ANY,
     {"nothing listens on the machine to which the port leads"}},
    {PORT_CLOSED,
     PROTO_UDP,
     ANY,
     ANY,
     {"nothing listens", "a firewall refuses it as the host would: what tells the two apart is "
                         "dropped or limited"}},
    {PORT_CLOSED,
     ANY,
     ANY,
     ANY,
     {"nothing listens", "a firewall refuses it, and looks like the host"}},
    {PORT_REJECTED, ANY, ORIGIN_FIREWALL, ANY, {"the host's own firewall refuses it"}},
    {PORT_REJECTED,
     ANY,
     ORIGIN_UPSTREAM,
     REASON_HOST_UNREACHABLE,
     {"a device before the host refuses it", "a router finds the host gone"}},
    {PORT_REJECTED,
     ANY,
     ORIGIN_UPSTREAM,
     REASON_NET_UNREACHABLE,
     {"a device before the host refuses it", "a router has no route to the host"}},
    {PORT_REJECTED,
     ANY,
     ORIGIN_UPSTREAM,
     ANY,
     {"a device before the host refuses it: a router, or the firewall of its network"}},
    {PORT_REJECTED, ANY, ANY, ANY, {"a firewall refuses it; where it stands cannot be told"}},
    {PORT_DROPPED, ANY, ANY, REASON_LOCAL_FIREWALL, {"this machine's own firewall drops it"}},
    {PORT_DROPPED,
     ANY,
     ANY,
     ANY,
     {"the firewall drops it",
      "a device before the host drops it: a cloud's security group, a provider's filter"}},
    {PORT_SILENT,
     ANY,
     ANY,
     ANY,
     {"the firewall drops it", "a service listens that does not answer strangers"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_HOST_SILENT,
     {"the host is down, or its address is wrong",
      "a firewall drops everything, echo requests too"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_WENT_SILENT,
     {"a firewall began to block this machine", "the host or the path went down meanwhile"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_SEND_FAILED,
     {"this machine's own firewall keeps the probes in"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_NO_ROUTE,
     {"this machine has no route to the host", "a VPN is not connected"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_ANSWERS_EVERYTHING,
     {"a SYN proxy or tarpit answers on every port, so that an answer means nothing",
      "really all ports are open"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_CONFLICT,
     {"the port changed meanwhile",
      "several machines share the address, and they are not alike"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_RATE_LIMITED,
     {"the host limits how often it answers, and did not answer in time"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_TTL_EXCEEDED,
     {"packets go round in a loop before they reach the host"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_WRONG_KEY,
     {"the responder has another key", "no responder runs there",
      "the clocks are more than 5 s apart"}},
    {PORT_UNKNOWN,
     ANY,
     ANY,
     REASON_UNSIGNED,
     {"nothing may go out over TCP",
      "a device on the way drops SYNs with an MD5 option, or strips it"}},
    {PORT_UNKNOWN, ANY, ANY, ANY, {"the path lost too much for an honest verdict; ask again"}},
};

static bool fits(int wanted, unsigned value)
{
    return wanted == ANY || (unsigned)wanted == value;
}

const struct causes_row *explain_causes_find(const struct observation *seen)
{
    const struct causes_row *row = rows;
    while (row->state != seen->state || !fits(row->proto, seen->proto) ||
           !fits(row->origin, seen->origin) || !fits(row->reason, seen->reason))
        row++;
    return row;
}

const char *explain_place(uint8_t ttl, uint8_t echo_ttl, char text[static PLACE_TEXT_SIZE])
{
    static const char *const numbers[] = {"no", "one", "two", "three", "four", "five", "six"};
    int hops = ttl && echo_ttl ? origin_hops(echo_ttl) - origin_hops(ttl) : 0;
    unsigned distance = (unsigned)(hops < 0 ? -hops : hops);
    text[0] = '\0';
    if (distance == 0)
        return text;
    char digits[8];
    snprintf(digits, sizeof digits, "%u", distance);
    snprintf(text, PLACE_TEXT_SIZE, "%s hop%s %s the host",
             distance < sizeof numbers / sizeof numbers[0] ? numbers[distance] : digits,
             distance == 1 ? "" : "s", hops > 0 ? "before" : "behind");
    return text;
}

static void put_causes(FILE *out, const struct observation *seen, uint8_t echo_ttl)
{
    char place[PLACE_TEXT_SIZE];
    bool behind = *explain_place(seen->ttl, echo_ttl, place) &&
                  origin_hops(seen->ttl) > origin_hops(echo_ttl);
    bool forwarded = behind || seen->forwarded.address.family != ADDR_NONE;
    fputs("\nLikely causes:\n", out);
    if (forwarded && seen->state == PORT_REJECTED) {
        fputs("  - the port is forwarded, and the machine that it leads to, or a firewall "
              "before that, refuses it\n",
              out);
        return;
    }
    if (observation_has_syn_ack(seen))
        fputs("  - a service listens, and no firewall stands before it\n"
              "  - a SYN proxy or tarpit answers on every port: no time was left to find out\n",
              out);
    const struct causes_row *row = explain_causes_find(seen);
    for (size_t i = 0; i < CAUSES_MOST && row->causes[i]; i++)
        fprintf(out, "  - %s\n", row->causes[i]);
    if (behind)
        fprintf(out, "  - the port is forwarded to a machine %s\n", place);
}

void explain_verdict(FILE *out, const struct observation *seen, uint8_t echo_ttl)
{
    char by[ADDR_TEXT_SIZE], place[PLACE_TEXT_SIZE], arrived[FORWARDING_TEXT_SIZE];
    fprintf(out, "%s: %s; origin: %s", port_state_name(seen->state), reason_name(seen->reason),
            origin_name(seen->origin));
    if (seen->by.family != ADDR_NONE)
        fprintf(out, "; answered by %s", addr_format(&seen->by, by));
    if (*explain_place(seen->ttl, echo_ttl, place))
        fprintf(out, ", %s", place);
    if (*forwarding_format(&seen->forwarded, arrived))
        fprintf(out, "; arrived as %s: a device on the way forwards this port", arrived);
    if (seen->miss > 0)
        fprintf(out, "; %u probes, chance of a missed answer %.1g", seen->tries, seen->miss);
    put_causes(out, seen, echo_ttl);
}
