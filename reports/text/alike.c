#include "reports/text/alike.h"

#include <string.h>

static bool is_named_by_address(const struct host_verdicts *host)
{
    char address[ADDR_TEXT_SIZE];
    addr_format(&host->address, address);
    return !host->vantage && !host->problem &&
           (!host->name || strcmp(host->name, address) == 0);
}

static bool has_open_port(const struct host_verdicts *host)
{
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->verdicts[i].seen;
        if (seen->state == PORT_OPEN || seen->open_seen)
            return true;
    }
    return false;
}

/* The same sender, or each host itself. */
static bool are_answered_alike(const struct host_verdicts *a, const struct addr *by_a,
                               const struct host_verdicts *b, const struct addr *by_b)
{
    return addr_equal(by_a, by_b) ||
           (addr_equal(by_a, &a->address) && addr_equal(by_b, &b->address));
}

static bool are_alike(const struct host_verdicts *a, const struct host_verdicts *b)
{
    if (a->alive != b->alive || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct observation *one = &a->verdicts[i].seen, *other = &b->verdicts[i].seen;
        if (one->proto != other->proto || one->state != other->state ||
            one->reason != other->reason || one->origin != other->origin ||
            one->confirmed != other->confirmed || !portset_equal(&one->ports, &other->ports) ||
            !are_answered_alike(a, &one->by, b, &other->by) ||
            forwarding_compare(&one->forwarded, &other->forwarded) != 0)
            return false;
    }
    return true;
}

size_t alike_count(const struct audit *audit, size_t first)
{
    const struct host_verdicts *hosts = audit->hosts;
    size_t next = first + 1;
    if (!is_named_by_address(&hosts[first]) || has_open_port(&hosts[first]))
        return 1;
    for (struct addr expected = hosts[first].address; next < audit->host_count; next++) {
        if (!addr_next(&expected) || !addr_equal(&expected, &hosts[next].address) ||
            !is_named_by_address(&hosts[next]) || !are_alike(&hosts[first], &hosts[next]))
            break;
    }
    return next - first;
}
