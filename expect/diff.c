#include "expect/diff.h"

#include "expect/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A host of an audit that knows where it stands, for sorting. */
struct entry {
    const struct host_verdicts *host;
    const char *vantage;
};

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_texts(a->host->name, b->host->name);
    if (order == 0)
        order = addr_compare(&a->host->address, &b->host->address);
    if (order == 0)
        order = compare_texts(a->vantage, b->vantage);
    return order;
}

/* The hosts of AUDIT, sorted for compare_entries(). */
static struct entry *sort_hosts(const struct audit *audit)
{
    struct entry *entries = calloc(audit->host_count + 1, sizeof *entries);
    if (!entries)
        return NULL;
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        entries[i] = (struct entry){host, host->vantage ? host->vantage : audit->vantage};
    }
    qsort(entries, audit->host_count, sizeof *entries, compare_entries);
    return entries;
}

/* Takes over PORTS. */
static int add_change(struct diff *diff, const struct change *change)
{
    if (diff->count == diff->capacity) {
        size_t wanted = diff->capacity ? 2 * diff->capacity : 16;
        struct change *items = reallocarray(diff->items, wanted, sizeof *items);
        if (!items)
            return -ENOMEM;
        diff->items = items;
        diff->capacity = wanted;
    }
    diff->items[diff->count++] = *change;
    return 0;
}

static bool is_same(const struct verdict *a, const struct verdict *b)
{
    return a->seen.state == b->seen.state && a->seen.reason == b->seen.reason &&
           a->result == b->result;
}

/* Adds the ports that A and B have in common, if they say different things of them. */
static int compare_common(struct diff *diff, const struct host_verdicts *host,
                          const struct verdict *before, const struct verdict *after)
{
    struct change change = {
        .host = host, .proto = after->seen.proto, .before = before, .after = after};
    if (is_same(before, after) || !portset_overlaps(&before->seen.ports, &after->seen.ports))
        return 0;
    int failed = portset_copy(&change.ports, &before->seen.ports);
    if (!failed)
        failed = portset_intersect(&change.ports, &after->seen.ports);
    if (!failed)
        failed = add_change(diff, &change);
    if (failed)
        portset_free(&change.ports);
    return failed;
}

/* Adds the ports of CHANGE's only verdict, VERDICT, that OTHER has no verdict on. OTHER may
 * be NULL: none at all. */
static int add_unmatched(struct diff *diff, struct change change, const struct verdict *verdict,
                         const struct host_verdicts *other)
{
    change.proto = verdict->seen.proto;
    int failed = portset_copy(&change.ports, &verdict->seen.ports);
    for (size_t i = 0; other && i < other->count && !failed; i++) {
        if (other->verdicts[i].seen.proto == change.proto)
            failed = portset_remove_set(&change.ports, &other->verdicts[i].seen.ports);
    }
    bool added = false;
    if (!failed && change.ports.count > 0) {
        failed = add_change(diff, &change);
        added = !failed;
    }
    if (!added)
        portset_free(&change.ports);
    return failed;
}

static int compare_changes(const void *left, const void *right)
{
    const struct change *a = left, *b = right;
    if (a->proto != b->proto)
        return a->proto < b->proto ? -1 : 1;
    unsigned first_a = a->ports.ranges[0].first, first_b = b->ports.ranges[0].first;
    return (first_a > first_b) - (first_a < first_b);
}

/* Compares one host. Either may be NULL. */
static int compare_hosts(struct diff *diff, const struct host_verdicts *before,
                         const struct host_verdicts *after)
{
    const struct host_verdicts *host = after ? after : before;
    size_t first = diff->count;
    int failed = 0;
    for (size_t i = 0; before && after && i < before->count; i++) {
        for (size_t j = 0; j < after->count && !failed; j++) {
            if (before->verdicts[i].seen.proto == after->verdicts[j].seen.proto)
                failed = compare_common(diff, host, &before->verdicts[i], &after->verdicts[j]);
        }
    }
    for (size_t i = 0; before && i < before->count && !failed; i++) {
        const struct verdict *gone = &before->verdicts[i];
        failed =
            add_unmatched(diff, (struct change){.host = host, .before = gone}, gone, after);
    }
    for (size_t i = 0; after && i < after->count && !failed; i++) {
        const struct verdict *new = &after->verdicts[i];
        failed = add_unmatched(diff, (struct change){.host = host, .after = new}, new, before);
    }
    if (diff->count > first)
        qsort(diff->items + first, diff->count - first, sizeof *diff->items, compare_changes);
    return failed;
}

static const struct host_verdicts *find(const struct entry *entries, size_t count,
                                        const struct host_verdicts *host, const char *vantage)
{
    struct entry wanted = {host, host->vantage ? host->vantage : vantage};
    const struct entry *found =
        count ? bsearch(&wanted, entries, count, sizeof *entries, compare_entries) : NULL;
    return found ? found->host : NULL;
}

static int compare_audits(struct diff *diff, const struct audit *before,
                          const struct audit *after, const struct entry *entries_before,
                          const struct entry *entries_after)
{
    int failed = 0;
    for (size_t i = 0; i < after->host_count && !failed; i++) {
        const struct host_verdicts *host = &after->hosts[i];
        failed = compare_hosts(
            diff, find(entries_before, before->host_count, host, after->vantage), host);
    }
    for (size_t i = 0; i < before->host_count && !failed; i++) {
        const struct host_verdicts *host = &before->hosts[i];
        if (!find(entries_after, after->host_count, host, before->vantage))
            failed = compare_hosts(diff, host, NULL);
    }
    return failed;
}

int diff_make(struct diff *diff, const struct audit *before, const struct audit *after)
{
    *diff = (struct diff){0};
    struct entry *entries_before = sort_hosts(before), *entries_after = sort_hosts(after);
    int failed = -ENOMEM;
    if (entries_before && entries_after)
        failed = compare_audits(diff, before, after, entries_before, entries_after);
    free(entries_before);
    free(entries_after);
    if (failed)
        diff_free(diff);
    return failed;
}

void diff_free(struct diff *diff)
{
    for (size_t i = 0; i < diff->count; i++)
        portset_free(&diff->items[i].ports);
    free(diff->items);
    *diff = (struct diff){0};
}

/* "open (syn-ack)", with the result when there is one. */
static void put_verdict(FILE *out, const struct verdict *verdict, const char *missing)
{
    if (!verdict) {
        fputs(missing, out);
        return;
    }
    fprintf(out, "%s (%s)", port_state_name(verdict->seen.state),
            reason_name(verdict->seen.reason));
    if (verdict->result != RESULT_SCANNED)
        fprintf(out, " %s", result_name(verdict->result));
}

static void put_host(FILE *out, const struct host_verdicts *host)
{
    char address[ADDR_TEXT_SIZE];
    const char *text = addr_format(&host->address, address);
    const char *name = host->name ? host->name : text;
    utf8_put_safely(out, name);
    if (host->address.family != ADDR_NONE && strcmp(name, text) != 0)
        fprintf(out, " (%s)", text);
    if (host->vantage) {
        fputs(" from ", out);
        utf8_put_safely(out, host->vantage);
    }
    fputc('\n', out);
}

int diff_write(const struct diff *diff, FILE *out)
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct change *change = &diff->items[i];
        char *ports = portset_format(&change->ports);
        if (!ports)
            return -ENOMEM;
        if (i == 0 || change->host != diff->items[i - 1].host)
            put_host(out, change->host);
        fprintf(out, "  %s %s: ", proto_name(change->proto), ports);
        free(ports);
        put_verdict(out, change->before, "not audited");
        fputs(" -> ", out);
        put_verdict(out, change->after, "not audited");
        fputc('\n', out);
    }
    return ferror(out) ? -EIO : 0;
}
