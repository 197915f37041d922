#include "reports/cases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(unsigned a, unsigned b)
{
    return (a > b) - (a < b);
}

static int compare_texts(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static enum result outcome(const struct verdict *verdict)
{
    if (verdict->result == RESULT_SCANNED && verdict->seen.state == PORT_UNKNOWN)
        return RESULT_INCONCLUSIVE;
    return verdict->result;
}

static int compare_rules(const struct verdict *a, const struct verdict *b)
{
    int order = compare_numbers(a->seen.proto, b->seen.proto);
    if (order == 0)
        order = compare_texts(a->rule, b->rule);
    if (order == 0)
        order = compare_texts(a->rule_text, b->rule_text);
    if (order == 0)
        order = compare_texts(a->expected, b->expected);
    return order;
}

static int compare_cases(const struct verdict *a, const struct verdict *b)
{
    int order = compare_rules(a, b);
    if (order == 0)
        order = compare_texts(a->waiver, b->waiver);
    if (order == 0)
        order = compare_numbers(outcome(a), outcome(b));
    return order;
}

static int compare_findings(const struct verdict *a, const struct verdict *b)
{
    int order = compare_cases(a, b);
    if (order == 0)
        order = compare_numbers(a->seen.state, b->seen.state);
    if (order == 0)
        order = compare_numbers(a->seen.reason, b->seen.reason);
    if (order == 0)
        order = compare_numbers(a->seen.origin, b->seen.origin);
    if (order == 0)
        order = addr_compare(&a->seen.by, &b->seen.by);
    if (order == 0)
        order = forwarding_compare(&a->seen.forwarded, &b->seen.forwarded);
    return order;
}

static int by_finding(const void *a, const void *b)
{
    return compare_findings(*(const struct verdict *const *)a,
                            *(const struct verdict *const *)b);
}

static int by_first_port(const void *a, const void *b)
{
    const struct report_case *one = a, *other = b;
    int order = compare_numbers(case_rule(one)->seen.proto, case_rule(other)->seen.proto);
    if (order != 0 || one->ports.count == 0 || other->ports.count == 0)
        return order;
    return compare_numbers(one->ports.ranges[0].first, other->ports.ranges[0].first);
}

/* Adds VERDICT to the finding that it belongs to. */
static int finding_merge(struct verdict *finding, const struct verdict *verdict)
{
    struct observation *seen = &finding->seen;
    if (verdict->seen.tries > seen->tries)
        seen->tries = verdict->seen.tries;
    if (verdict->seen.miss > seen->miss)
        seen->miss = verdict->seen.miss;
    if (verdict->seen.confirmed > seen->confirmed)
        seen->confirmed = verdict->seen.confirmed; /* the same sample */
    return portset_add_set(&seen->ports, &verdict->seen.ports);
}

static int case_add(struct report_case *item, const struct verdict *verdict)
{
    int status = portset_add_set(&item->ports, &verdict->seen.ports);
    if (status < 0)
        return status;
    size_t count = item->finding_count;
    if (count > 0 && compare_findings(&item->findings[count - 1], verdict) == 0)
        return finding_merge(&item->findings[count - 1], verdict);

    struct verdict *findings = reallocarray(item->findings, count + 1, sizeof *findings);
    if (!findings)
        return -ENOMEM;
    item->findings = findings;
    item->finding_count++;
    struct verdict *last = &findings[count];
    *last = *verdict;
    last->seen.ports = (struct portset){0};
    return portset_copy(&last->seen.ports, &verdict->seen.ports);
}

/* Which of the cases of one rule, side by side in LIST, goes by the rule's own words. */
static void mark_rests(struct case_list *list)
{
    for (size_t first = 0, end; first < list->count; first = end) {
        struct report_case *rest = NULL;
        for (end = first; end < list->count; end++) {
            struct report_case *item = &list->items[end];
            if (compare_rules(case_rule(&list->items[first]), case_rule(item)) != 0)
                break;
            if (item->result == RESULT_MET)
                rest = item;
        }
        if (end - first == 1)
            rest = &list->items[first];
        if (rest)
            rest->rest = true;
    }
}

static int fill_sorted(struct case_list *list, const struct verdict *const *verdicts,
                       size_t count)
{
    list->items = calloc(count, sizeof *list->items);
    if (!list->items)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_cases(verdicts[i - 1], verdicts[i]) != 0)
            list->items[list->count++].result = outcome(verdicts[i]);
        int status = case_add(&list->items[list->count - 1], verdicts[i]);
        if (status < 0)
            return status;
    }
    mark_rests(list);
    qsort(list->items, list->count, sizeof *list->items, by_first_port);
    return 0;
}

int case_list_fill(struct case_list *list, const struct host_verdicts *host)
{
    *list = (struct case_list){0};
    if (host->count == 0)
        return 0;
    const struct verdict **sorted = reallocarray(NULL, host->count, sizeof *sorted);
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < host->count; i++)
        sorted[i] = &host->verdicts[i];
    qsort(sorted, host->count, sizeof *sorted, by_finding);
    int status = fill_sorted(list, sorted, host->count);
    free(sorted);
    if (status < 0)
        case_list_free(list);
    return status;
}

void case_list_free(struct case_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct report_case *item = &list->items[i];
        for (size_t k = 0; k < item->finding_count; k++)
            portset_free(&item->findings[k].seen.ports);
        free(item->findings);
        portset_free(&item->ports);
    }
    free(list->items);
    *list = (struct case_list){0};
}

int case_each(const struct audit *audit, case_fn *each, void *context)
{
    for (size_t i = 0; i < audit->host_count; i++) {
        struct case_list list;
        int status = case_list_fill(&list, &audit->hosts[i]);
        if (status < 0)
            return status;
        for (size_t k = 0; k < list.count; k++)
            each(context, &audit->hosts[i], &list.items[k]);
        case_list_free(&list);
    }
    return 0;
}
