#include "expect/learn.h"

#include "expect/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Consecutive addresses that are written as a range. */
enum { RANGE_LEAST = 3 };

/* A host with the rules that were learnt of it. */
struct pupil {
    const struct host_verdicts *host;
    char *rules;
    char key[ADDR_TEXT_SIZE]; /* its address */
    bool by_name;             /* the file names it by its name */
    bool repeated;            /* an earlier address of the same name stands for it */
    size_t class;             /* number of the first host with the same rules */
};

struct school {
    const struct audit *audit;
    const struct service_names *names;
    struct pupil *pupils;
    size_t count;
    size_t *class_sizes; /* by class: entries in the file */
    FILE *out;
};

static bool is_plain_name(const char *name)
{
    return name && name[0] != '\0' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789._-")] == '\0';
}

static const char *name_of(const struct pupil *pupil)
{
    return pupil->host->name ? pupil->host->name : pupil->key;
}

static int compare_names(const void *left, const void *right)
{
    const struct pupil *a = *(struct pupil *const *)left, *b = *(struct pupil *const *)right;
    int order = strcmp(name_of(a), name_of(b));
    return order ? order : (a > b) - (a < b);
}

static int compare_rules(const void *left, const void *right)
{
    const struct pupil *a = *(struct pupil *const *)left, *b = *(struct pupil *const *)right;
    int order = strcmp(a->rules, b->rules);
    return order ? order : (a > b) - (a < b);
}

/* Addresses of one name are that name when the same was found of all. */
static void choose_keys(struct pupil **sorted, size_t count)
{
    for (size_t first = 0, end; first < count; first = end) {
        bool same = is_plain_name(name_of(sorted[first]));
        for (end = first;
             end < count && strcmp(name_of(sorted[end]), name_of(sorted[first])) == 0; end++)
            same = same && strcmp(sorted[end]->rules, sorted[first]->rules) == 0;
        for (size_t i = first; i < end; i++) {
            sorted[i]->by_name = same;
            sorted[i]->repeated = same && i > first;
        }
    }
}

static void number_classes(struct school *school, struct pupil **sorted)
{
    size_t first = 0;
    for (size_t i = 0; i < school->count; i++) {
        if (strcmp(sorted[i]->rules, sorted[first]->rules) != 0)
            first = i;
        sorted[i]->class = (size_t)(sorted[first] - school->pupils);
        school->class_sizes[sorted[i]->class] += !sorted[i]->repeated;
    }
}

static int gather(struct school *school)
{
    const struct audit *audit = school->audit;
    school->pupils = calloc(audit->host_count + 1, sizeof *school->pupils);
    school->class_sizes = calloc(audit->host_count + 1, sizeof *school->class_sizes);
    struct pupil **sorted = calloc(audit->host_count + 1, sizeof(struct pupil *));
    int failed = school->pupils && school->class_sizes && sorted ? 0 : -ENOMEM;
    for (size_t i = 0; i < audit->host_count && !failed; i++) {
        struct pupil *pupil = &school->pupils[i];
        pupil->host = &audit->hosts[i];
        pupil->rules = learn_rules(pupil->host, school->names);
        addr_format(&pupil->host->address, pupil->key);
        sorted[i] = pupil;
        school->count++;
        failed = pupil->rules ? 0 : -ENOMEM;
    }
    if (!failed && school->count > 0) {
        qsort(sorted, school->count, sizeof(struct pupil *), compare_names);
        choose_keys(sorted, school->count);
        qsort(sorted, school->count, sizeof(struct pupil *), compare_rules);
        number_classes(school, sorted);
    }
    free(sorted);
    return failed;
}

static const char *key_of(const struct pupil *pupil)
{
    return pupil->by_name ? name_of(pupil) : pupil->key;
}

/* Colons, of IPv6, would end a key. */
static void put_key(FILE *out, const char *key)
{
    fprintf(out, strchr(key, ':') ? "\"%s\"" : "%s", key);
}

/* The rules, indented; under the vantage when there is one. */
static void put_rules(const struct school *school, const struct pupil *pupil, unsigned indent)
{
    const char *vantage = school->audit->vantage;
    if (is_plain_name(vantage)) {
        fprintf(school->out, "%*s%s:\n", (int)indent, "", vantage);
        indent += 2;
    }
    for (const char *line = pupil->rules; *line;) {
        size_t length = strcspn(line, "\n");
        fprintf(school->out, "%*s%.*s\n", (int)indent, "", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* How many hosts from INDEX on are one range of addresses of the same class. */
static size_t run_length(const struct school *school, size_t index)
{
    const struct pupil *pupils = school->pupils;
    struct addr expected = pupils[index].host->address;
    size_t end = index;
    while (end < school->count && pupils[end].class == pupils[index].class &&
           strcmp(key_of(&pupils[end]), pupils[end].key) == 0 &&
           addr_equal(&pupils[end].host->address, &expected)) {
        end++;
        if (!addr_next(&expected))
            break;
    }
    return end - index;
}

static void put_class_hosts(const struct school *school, size_t class)
{
    for (size_t i = class; i < school->count;) {
        const struct pupil *pupil = &school->pupils[i];
        if (pupil->class != class || pupil->repeated) {
            i++;
            continue;
        }
        size_t run = run_length(school, i);
        fputs("      - ", school->out);
        if (run >= RANGE_LEAST) {
            char range[2 * ADDR_TEXT_SIZE];
            snprintf(range, sizeof range, "%s-%s", pupil->key, pupil[run - 1].key);
            put_key(school->out, range);
            i += run;
        } else {
            put_key(school->out, key_of(pupil));
            i++;
        }
        fputc('\n', school->out);
    }
}

static bool is_first(const struct school *school, size_t index)
{
    return school->pupils[index].class == index && school->pupils[index].rules[0] != '\0';
}

static void put_groups(const struct school *school)
{
    unsigned number = 0;
    for (size_t i = 0; i < school->count; i++) {
        if (!is_first(school, i) || school->class_sizes[i] < 2)
            continue;
        fprintf(school->out, "%s  group%u:\n    hosts:\n", number ? "" : "groups:\n",
                number + 1);
        number++;
        put_class_hosts(school, i);
        fputs("    expect:\n", school->out);
        put_rules(school, &school->pupils[i], 6);
    }
}

static void put_hosts(const struct school *school)
{
    bool any = false;
    for (size_t i = 0; i < school->count; i++) {
        if (!is_first(school, i) || school->class_sizes[i] != 1)
            continue;
        fprintf(school->out, "%s  ", any ? "" : "hosts:\n");
        any = true;
        put_key(school->out, key_of(&school->pupils[i]));
        fputs(":\n", school->out);
        put_rules(school, &school->pupils[i], 4);
    }
}

static void put_unknown(const struct school *school)
{
    for (size_t i = 0; i < school->count; i++) {
        const struct pupil *pupil = &school->pupils[i];
        if (pupil->rules[0] != '\0')
            continue;
        fputs("# nothing is known of ", school->out);
        utf8_put_safely(school->out, name_of(pupil));
        if (pupil->host->problem) {
            fputs(": ", school->out);
            utf8_put_safely(school->out, pupil->host->problem);
        } else if (pupil->host->count > 0) {
            fprintf(school->out, ": %s", reason_name(pupil->host->verdicts[0].seen.reason));
        }
        fputc('\n', school->out);
    }
}

static void put_file(const struct school *school)
{
    char date[32];
    struct tm utc;
    const struct audit *audit = school->audit;
    gmtime_r(&audit->started.tv_sec, &utc);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &utc);
    fprintf(school->out,
            "# What portvet %s found on %s: not what should be, but what was.\n"
            "# Review it before it becomes an expectation.\n"
            "version: 1\n",
            audit->version, date);
    if (is_plain_name(audit->vantage))
        fprintf(school->out, "vantages:\n  %s:\n", audit->vantage);
    put_groups(school);
    put_hosts(school);
    put_unknown(school);
}

int learn_write(const struct audit *audit, const struct service_names *names, FILE *out)
{
    struct school school = {.audit = audit, .names = names, .out = out};
    int failed = gather(&school);
    if (!failed) {
        put_file(&school);
        failed = ferror(out) ? -EIO : 0;
    }
    for (size_t i = 0; i < school.count; i++)
        free(school.pupils[i].rules);
    free(school.pupils);
    free(school.class_sizes);
    return failed;
}
