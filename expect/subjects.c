/* The hosts of a plan one by one: blocks expanded, names resolved, what the options leave
 * out left out. */
#include "expect/plan.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct expansion {
    struct plan_details *details;
    struct complaints *complaints;
    const struct coverage_piece *piece; /* being expanded */
    uint64_t host;                      /* how many names and addresses came before; decides
                                           the shard, so it must not depend on the resolver */
};

const char *subject_name(const struct subject *subject, char text[static ADDR_TEXT_SIZE])
{
    const struct host_spec *spec = subject->piece->spec;
    return host_spec_is_name(spec) ? spec->text : addr_format(&subject->address, text);
}

const char *subject_group(const struct subject *subject)
{
    const struct coverage_piece *piece = subject->piece;
    for (size_t i = 0; i < piece->block_count; i++) {
        if (piece->blocks[i]->group)
            return piece->blocks[i]->group;
    }
    return NULL;
}

static bool complain_too_many(struct expansion *expansion)
{
    complain(expansion->complaints, expansion->piece->spec->place,
             "'%s' makes more than %u hosts; raise --max-hosts if that is meant",
             expansion->piece->spec->text, expansion->details->options.max_hosts);
    return false;
}

static struct subject *add_subject(struct expansion *expansion)
{
    struct plan_details *details = expansion->details;
    if (details->count == details->options.max_hosts) {
        complain_too_many(expansion);
        return NULL;
    }
    if (details->count == details->capacity) {
        size_t wanted = details->capacity ? 2 * details->capacity : 64;
        struct subject *subjects = reallocarray(details->subjects, wanted, sizeof *subjects);
        if (!subjects) {
            expansion->complaints->out_of_memory = true;
            return NULL;
        }
        details->subjects = subjects;
        details->capacity = wanted;
    }
    struct subject *subject = &details->subjects[details->count++];
    *subject = (struct subject){.piece = expansion->piece,
                                .profile = &details->profiles[expansion->piece->profile]};
    return subject;
}

/* Counts a name or an address, and says whether it is of our shard. */
static bool is_in_shard(struct expansion *expansion)
{
    const struct plan_options *options = &expansion->details->options;
    return expansion->host++ % options->shards == options->shard - 1;
}

static bool matches(const char *glob, const char *text)
{
    return !glob || fnmatch(glob, text, FNM_CASEFOLD) == 0;
}

static bool matches_address(const char *glob, const struct addr *addr)
{
    char text[ADDR_TEXT_SIZE];
    return !glob || matches(glob, addr_format(addr, text));
}

static bool is_wanted_family(const struct plan_details *details, const struct addr *addr)
{
    return details->options.family == ADDR_NONE || details->options.family == addr->family;
}

static bool expand_span(struct expansion *expansion)
{
    struct plan_details *details = expansion->details;
    const struct coverage_piece *piece = expansion->piece;
    if (!is_wanted_family(details, &piece->first))
        return true;
    if (addr_count(&piece->first, &piece->last) > details->options.max_hosts)
        return complain_too_many(expansion);
    struct addr address = piece->first;
    for (;;) {
        if (is_in_shard(expansion) && matches_address(details->options.host_glob, &address)) {
            struct subject *subject = add_subject(expansion);
            if (!subject)
                return false;
            subject->address = address;
        }
        if (addr_equal(&address, &piece->last) || !addr_next(&address))
            return true;
    }
}

static bool add_problem(struct expansion *expansion, const char *problem)
{
    struct subject *subject = add_subject(expansion);
    if (!subject)
        return false;
    subject->problem = arena_copy(&expansion->details->arena, problem, strlen(problem));
    return subject->problem != NULL;
}

static bool warn_family(struct expansion *expansion)
{
    struct plan_details *details = expansion->details;
    const char *text = arena_format(&details->arena, "%s has no IPv%d address: not audited",
                                    expansion->piece->spec->text, (int)details->options.family);
    if (text)
        details->warnings[details->warning_count++] = text;
    return text != NULL;
}

static int compare_addresses(const void *left, const void *right)
{
    return addr_compare(left, right);
}

/* Adds each of the COUNT addresses of a name once, in the order of addresses, so that the
 * moods of a resolver don't change the order of reports. */
static bool add_addresses(struct expansion *expansion, struct addr *addresses, size_t count,
                          bool all)
{
    struct plan_details *details = expansion->details;
    bool any = false;
    qsort(addresses, count, sizeof *addresses, compare_addresses);
    for (size_t i = 0; i < count; i++) {
        if ((i > 0 && addr_equal(&addresses[i], &addresses[i - 1])) ||
            !is_wanted_family(details, &addresses[i]))
            continue;
        any = true;
        if (!all && !matches_address(details->options.host_glob, &addresses[i]))
            continue;
        struct subject *subject = add_subject(expansion);
        if (!subject)
            return false;
        subject->address = addresses[i];
    }
    return any || !all || warn_family(expansion);
}

static bool expand_name(struct expansion *expansion)
{
    const struct plan_options *options = &expansion->details->options;
    const char *name = expansion->piece->spec->text;
    if (!is_in_shard(expansion))
        return true;
    bool all = matches(options->host_glob, name);
    struct addr *addresses = NULL;
    struct error error = {0};
    int count = options->resolve(options->resolve_context, name, &addresses, &error);
    bool done = true;
    if (count == -ENOMEM) {
        expansion->complaints->out_of_memory = true;
        done = false;
    } else {
        if (count > 0)
            done = add_addresses(expansion, addresses, (size_t)count, all);
        else if (error.text[0] == '\0')
            error_set(&error, -ENOENT, "the name has no address");
        if (done && all && error.text[0])
            done = add_problem(expansion, error.text);
    }
    free(addresses);
    return done;
}

bool subjects_make(struct plan_details *details, struct complaints *complaints)
{
    struct expansion expansion = {.details = details, .complaints = complaints};
    struct coverage *coverage = &details->coverage;
    details->warnings =
        arena_array(&details->arena, coverage->count, sizeof *details->warnings);
    bool done = details->warnings != NULL;
    for (size_t i = 0; i < coverage->count && done; i++) {
        expansion.piece = &coverage->pieces[i];
        /* Hosts of which nothing is expected from this vantage. */
        if (details->profiles[expansion.piece->profile].count == 0)
            continue;
        done = host_spec_is_name(expansion.piece->spec) ? expand_name(&expansion)
                                                        : expand_span(&expansion);
    }
    if (details->arena.failed)
        complaints->out_of_memory = true;
    return done;
}
