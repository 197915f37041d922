#include "expect/audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const result_names[RESULT_COUNT] = {
    [RESULT_SCANNED] = "scanned", [RESULT_MET] = "met",
    [RESULT_WAIVED] = "waived",   [RESULT_INCONCLUSIVE] = "inconclusive",
    [RESULT_BROKEN] = "broken",
};

const char *result_name(enum result result)
{
    return result_names[result];
}

int result_from_name(const char *name)
{
    for (int i = 0; i < RESULT_COUNT; i++) {
        if (strcmp(result_names[i], name) == 0)
            return i;
    }
    return -1;
}

struct audit *audit_new(void)
{
    return calloc(1, sizeof(struct audit));
}

static void verdict_release(struct verdict *verdict)
{
    portset_free(&verdict->seen.ports);
    free(verdict->expected);
    free(verdict->rule);
    free(verdict->rule_text);
    free(verdict->note);
    free(verdict->waiver);
    free(verdict->waiver_owner);
    free(verdict->waiver_until);
}

static void host_release(struct host_verdicts *host)
{
    for (size_t i = 0; i < host->count; i++)
        verdict_release(&host->verdicts[i]);
    free(host->verdicts);
    free(host->name);
    free(host->group);
    free(host->vantage);
    free(host->problem);
}

void audit_free(struct audit *audit)
{
    if (!audit)
        return;
    for (size_t i = 0; i < audit->host_count; i++)
        host_release(&audit->hosts[i]);
    for (size_t i = 0; i < audit->file_count; i++)
        free(audit->files[i].path);
    for (size_t i = 0; i < audit->warning_count; i++)
        free(audit->warnings[i]);
    free(audit->hosts);
    free(audit->files);
    free(audit->warnings);
    free(audit->name);
    free(audit->vantage);
    free(audit->mode);
    free(audit);
}

/* Doubles ARRAY's room when it is full; most hosts of a fleet have one verdict. NULL: no
 * memory, and ARRAY is as it was. */
static void *make_room(void *array, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return array;
    size_t wanted = *capacity ? *capacity * 2 : 1;
    void *grown = reallocarray(array, wanted, item_size);
    if (grown)
        *capacity = wanted;
    return grown;
}

struct host_verdicts *audit_add_host(struct audit *audit)
{
    struct host_verdicts *hosts =
        make_room(audit->hosts, audit->host_count, &audit->host_capacity, sizeof *audit->hosts);
    if (!hosts)
        return NULL;
    audit->hosts = hosts;
    struct host_verdicts *host = &hosts[audit->host_count++];
    *host = (struct host_verdicts){0};
    return host;
}

struct verdict *host_add_verdict(struct host_verdicts *host)
{
    struct verdict *verdicts =
        make_room(host->verdicts, host->count, &host->capacity, sizeof *host->verdicts);
    if (!verdicts)
        return NULL;
    host->verdicts = verdicts;
    struct verdict *verdict = &verdicts[host->count++];
    *verdict = (struct verdict){0};
    return verdict;
}

int audit_add_file(struct audit *audit, const char *path, const char sha256[static 65])
{
    struct audit_file *files =
        reallocarray(audit->files, audit->file_count + 1, sizeof *audit->files);
    if (!files)
        return -ENOMEM;
    audit->files = files;
    struct audit_file *file = &files[audit->file_count];
    file->path = strdup(path);
    if (!file->path)
        return -ENOMEM;
    memcpy(file->sha256, sha256, sizeof file->sha256);
    audit->file_count++;
    return 0;
}

int audit_add_warning(struct audit *audit, const char *text)
{
    char **warnings =
        reallocarray(audit->warnings, audit->warning_count + 1, sizeof *audit->warnings);
    if (!warnings)
        return -ENOMEM;
    audit->warnings = warnings;
    warnings[audit->warning_count] = strdup(text);
    if (!warnings[audit->warning_count])
        return -ENOMEM;
    audit->warning_count++;
    return 0;
}

static unsigned first_port(const struct verdict *verdict)
{
    return verdict->seen.ports.count ? verdict->seen.ports.ranges[0].first : 0;
}

static int compare_verdicts(const void *left, const void *right)
{
    const struct verdict *a = left, *b = right;
    if (a->seen.proto != b->seen.proto)
        return a->seen.proto < b->seen.proto ? -1 : 1;
    return (first_port(a) > first_port(b)) - (first_port(a) < first_port(b));
}

static uint64_t *summary_counter(struct audit_summary *summary, enum result result)
{
    switch (result) {
    case RESULT_MET:
        return &summary->met;
    case RESULT_WAIVED:
        return &summary->waived;
    case RESULT_INCONCLUSIVE:
        return &summary->inconclusive;
    case RESULT_BROKEN:
        return &summary->broken;
    case RESULT_SCANNED:
    case RESULT_COUNT:
        break;
    }
    return NULL;
}

static void count_host(struct audit_summary *summary, const struct host_verdicts *host)
{
    for (size_t i = 0; i < host->count; i++) {
        uint64_t *counter = summary_counter(summary, host->verdicts[i].result);
        if (!counter)
            continue;
        uint32_t ports = portset_size(&host->verdicts[i].seen.ports);
        *counter += ports;
        summary->expectations += ports;
    }
}

/* The worst of all verdicts. Without verdicts the result stays as whoever started the
 * audit set it. */
static enum result worst_result(const struct audit *audit)
{
    enum result worst = RESULT_SCANNED;
    bool any = false;
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        for (size_t j = 0; j < host->count; j++) {
            any = true;
            if (host->verdicts[j].result > worst)
                worst = host->verdicts[j].result;
        }
    }
    if (!any)
        return audit->result;
    return worst == RESULT_WAIVED ? RESULT_MET : worst;
}

void audit_finish(struct audit *audit)
{
    audit->summary = (struct audit_summary){.hosts = audit->host_count};
    for (size_t i = 0; i < audit->host_count; i++) {
        struct host_verdicts *host = &audit->hosts[i];
        if (host->count)
            qsort(host->verdicts, host->count, sizeof *host->verdicts, compare_verdicts);
        count_host(&audit->summary, host);
    }
    audit->result = worst_result(audit);
    /* A check that was cut short must not read as a pass. */
    if (audit->interrupted && audit->result == RESULT_MET)
        audit->result = RESULT_INCONCLUSIVE;
}
