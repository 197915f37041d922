#include "expect/merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int copy_text(char **copy, const char *text)
{
    *copy = text ? strdup(text) : NULL;
    return text && !*copy ? -ENOMEM : 0;
}

/* A host and where it was seen from, for finding doubles. */
struct sighting {
    const struct host_verdicts *host;
    const char *vantage;
};

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_sightings(const void *left, const void *right)
{
    const struct sighting *a = left, *b = right;
    int order = compare_texts(a->vantage, b->vantage);
    if (order == 0)
        order = compare_texts(a->host->name, b->host->name);
    if (order == 0)
        order = addr_compare(&a->host->address, &b->host->address);
    return order;
}

static int complain_double(const struct sighting *sighting, struct error *error)
{
    return error_set(error, -EINVAL,
                     "two of the reports hold %s%s%s: merge reports of different vantages or "
                     "shards",
                     sighting->host->name ? sighting->host->name : "the same host",
                     sighting->vantage ? " from " : "",
                     sighting->vantage ? sighting->vantage : "");
}

/* The same host twice would be counted twice, and which of both holds nobody knows. */
static int check_doubles(struct audit *const *audits, size_t count, struct error *error)
{
    size_t total = 0, filled = 0;
    for (size_t i = 0; i < count; i++)
        total += audits[i]->host_count;
    struct sighting *sightings = calloc(total + 1, sizeof *sightings);
    if (!sightings)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < audits[i]->host_count; j++) {
            const struct host_verdicts *host = &audits[i]->hosts[j];
            sightings[filled++] =
                (struct sighting){host, host->vantage ? host->vantage : audits[i]->vantage};
        }
    }
    qsort(sightings, total, sizeof *sightings, compare_sightings);
    int status = 0;
    for (size_t i = 1; i < total && status == 0; i++) {
        if (compare_sightings(&sightings[i - 1], &sightings[i]) == 0)
            status = complain_double(&sightings[i], error);
    }
    free(sightings);
    return status;
}

static int check_kinds(struct audit *const *audits, size_t count, struct error *error)
{
    bool scan = audits[0]->result == RESULT_SCANNED;
    for (size_t i = 1; i < count; i++) {
        if ((audits[i]->result == RESULT_SCANNED) != scan)
            return error_set(error, -EINVAL,
                             "a scan and a check cannot be merged: one has no expectations");
    }
    return 0;
}

static bool is_earlier(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* What is said of the run as a whole. */
static int merge_heads(struct audit *merged, struct audit *const *audits, size_t count)
{
    const struct audit *first = audits[0];
    bool same_name = true, same_vantage = true, same_mode = true;
    merged->started = first->started;
    merged->finished = first->finished;
    merged->result = first->result;
    snprintf(merged->version, sizeof merged->version, "%s", first->version);
    for (size_t i = 0; i < count; i++) {
        const struct audit *audit = audits[i];
        same_name = same_name && is_same_text(audit->name, first->name);
        same_vantage = same_vantage && is_same_text(audit->vantage, first->vantage);
        same_mode = same_mode && is_same_text(audit->mode, first->mode);
        if (is_earlier(audit->started, merged->started))
            merged->started = audit->started;
        if (is_earlier(merged->finished, audit->finished))
            merged->finished = audit->finished;
        merged->interrupted = merged->interrupted || audit->interrupted;
    }
    /* Of two modes the one that knows less. */
    if (copy_text(&merged->mode, same_mode ? first->mode : "connect") != 0 ||
        copy_text(&merged->name, same_name ? first->name : NULL) != 0 ||
        copy_text(&merged->vantage, same_vantage ? first->vantage : NULL) != 0)
        return -ENOMEM;
    return 0;
}

static bool has_file(const struct audit *audit, const struct audit_file *file)
{
    for (size_t i = 0; i < audit->file_count; i++) {
        if (strcmp(audit->files[i].path, file->path) == 0 &&
            strcmp(audit->files[i].sha256, file->sha256) == 0)
            return true;
    }
    return false;
}

static bool has_warning(const struct audit *audit, const char *warning)
{
    for (size_t i = 0; i < audit->warning_count; i++) {
        if (strcmp(audit->warnings[i], warning) == 0)
            return true;
    }
    return false;
}

/* Runs that read different versions of a file did not check the same. */
static int warn_of_versions(struct audit *merged, const struct audit_file *file)
{
    for (size_t i = 0; i < merged->file_count; i++) {
        char *text = NULL;
        if (strcmp(merged->files[i].path, file->path) != 0)
            continue;
        if (asprintf(&text, "%s was not the same in all runs", file->path) < 0)
            return -ENOMEM;
        int status = has_warning(merged, text) ? 0 : audit_add_warning(merged, text);
        free(text);
        return status;
    }
    return 0;
}

static int merge_texts(struct audit *merged, const struct audit *audit)
{
    for (size_t i = 0; i < audit->file_count; i++) {
        const struct audit_file *file = &audit->files[i];
        if (has_file(merged, file))
            continue;
        if (warn_of_versions(merged, file) != 0 ||
            audit_add_file(merged, file->path, file->sha256) != 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < audit->warning_count; i++) {
        if (!has_warning(merged, audit->warnings[i]) &&
            audit_add_warning(merged, audit->warnings[i]) != 0)
            return -ENOMEM;
    }
    return 0;
}

static void add_traffic(struct audit_traffic *sum, const struct audit_traffic *traffic)
{
    sum->sent += traffic->sent;
    sum->received += traffic->received;
    sum->send_errors += traffic->send_errors;
    sum->capture_dropped += traffic->capture_dropped;
    sum->invalid += traffic->invalid;
    sum->seconds += traffic->seconds;
}

/* Gives each host its vantage, unless all have the same. */
static int name_vantages(const struct audit *merged, struct audit *audit)
{
    for (size_t i = 0; i < audit->host_count && !merged->vantage; i++) {
        if (!audit->hosts[i].vantage &&
            copy_text(&audit->hosts[i].vantage, audit->vantage) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int reserve_hosts(struct audit *merged, struct audit *const *audits, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += audits[i]->host_count;
    merged->hosts = calloc(total + 1, sizeof *merged->hosts);
    merged->host_capacity = merged->hosts ? total + 1 : 0;
    return merged->hosts ? 0 : -ENOMEM;
}

static void move_hosts(struct audit *merged, struct audit *audit)
{
    if (audit->host_count)
        memcpy(merged->hosts + merged->host_count, audit->hosts,
               audit->host_count * sizeof *audit->hosts);
    merged->host_count += audit->host_count;
    audit->host_count = 0;
}

static int merge_all(struct audit *merged, struct audit *const *audits, size_t count)
{
    if (merge_heads(merged, audits, count) != 0 || reserve_hosts(merged, audits, count) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (merge_texts(merged, audits[i]) != 0 || name_vantages(merged, audits[i]) != 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        add_traffic(&merged->traffic, &audits[i]->traffic);
        move_hosts(merged, audits[i]);
    }
    audit_finish(merged);
    return 0;
}

int audit_merge(struct audit **merged, struct audit *const *audits, size_t count,
                struct error *error)
{
    int status = check_kinds(audits, count, error);
    if (status == 0)
        status = check_doubles(audits, count, error);
    if (status != 0)
        return status;
    *merged = audit_new();
    if (*merged && merge_all(*merged, audits, count) == 0)
        return 0;
    audit_free(*merged);
    *merged = NULL;
    return error_no_memory(error);
}
