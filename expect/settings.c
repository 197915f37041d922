/* The map under `settings`: defaults for options of the command line. */
#include "expect/reader.h"

#include "expect/suggest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text, double least, double most)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && isfinite(value) && value >= least &&
           value <= most && strspn(text, "0123456789.eE+-") == strlen(text);
}

static bool is_count(const char *text, double least, double most)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) &&
           is_number(text, least, most);
}

static bool is_rate(const char *text)
{
    return is_number(text, 0, 1e8);
}

static bool is_chance(const char *text)
{
    return is_number(text, 1e-15, 0.5);
}

static bool is_tries(const char *text)
{
    return is_count(text, 1, 250);
}

static bool is_host_count(const char *text)
{
    return is_count(text, 1, 1 << 24);
}

static bool is_port(const char *text)
{
    return is_count(text, 1, 65535);
}

/* 500ms, 10s, 2m, 1h; more than nothing */
static bool is_time(const char *text)
{
    static const char *const units[] = {"ms", "s", "m", "h"};
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0 || digits > 6 || strtod(text, NULL) <= 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i]) == 0)
            return true;
    }
    return false;
}

static bool is_failure(const char *text)
{
    return strcmp(text, "inconclusive") == 0 || strcmp(text, "never") == 0;
}

static bool is_address(const char *text)
{
    struct addr addr;
    return addr_parse(&addr, text) == 0;
}

static bool is_anything(const char *text)
{
    return text[0] != '\0';
}

static const struct setting_kind {
    const char *name;
    bool (*is_valid)(const char *text);
    const char *example;
} kinds[] = {
    {"deadline", is_time, "a time such as 500ms, 10s or 2m"},
    {"fail-on", is_failure, "'inconclusive' or 'never'"},
    {"interface", is_anything, "the name of an interface"},
    {"max-hosts", is_host_count, "a number of hosts"},
    {"max-rate", is_rate, "packets per second, or 0"},
    {"max-tries", is_tries, "a number from 1 to 250"},
    {"miss", is_chance, "a chance such as 1e-6"},
    {"source", is_address, "an address of this machine"},
    {"source-port", is_port, "a port"},
    {"until", is_time, "a time such as 500ms, 10s or 2m"},
};

static const struct setting_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static void complain_unknown(struct file_reader *reader, const struct node *key)
{
    char advice[SUGGESTION_TEXT_SIZE];
    struct suggestion suggestion = {.word = key->text};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        suggestion_offer(&suggestion, kinds[i].name);
    complain(reader->complaints, reader_place(reader, key), "'%.80s' is no setting%s",
             key->text, suggestion_format(&suggestion, advice));
}

/* Keeps a setting; that of the file that includes another holds. */
static void keep(struct file_reader *reader, const struct setting *setting)
{
    struct setting **end = &reader->policy->settings;
    while (*end && strcmp((*end)->name, setting->name) != 0)
        end = &(*end)->next;
    if (*end && (*end)->depth == setting->depth && strcmp((*end)->value, setting->value) != 0) {
        struct complaint *complaint =
            complain(reader->complaints, setting->place, "'%s' has another value elsewhere",
                     setting->name);
        complaint_point_to(reader->complaints, complaint, "first here", (*end)->place);
        return;
    }
    if (*end && (*end)->depth <= setting->depth)
        return;
    struct setting *kept = arena_alloc(reader->arena, sizeof *kept);
    if (!kept) {
        reader_no_memory(reader);
        return;
    }
    *kept = *setting;
    kept->next = *end ? (*end)->next : NULL;
    *end = kept;
}

void read_settings(struct file_reader *reader, const struct node *node, void *context)
{
    (void)context;
    if (!reader_expect(reader, node, NODE_MAP, "'settings'"))
        return;
    for (const struct node *child = node->children; child; child = child->next) {
        const struct setting_kind *kind = find_kind(child->key->text);
        if (!kind) {
            complain_unknown(reader, child->key);
            continue;
        }
        struct place place = reader_place(reader, child);
        const char *value = reader_string(reader, child, kind->name);
        if (value && !kind->is_valid(value))
            complain(reader->complaints, place, "%s: '%.80s' is not %s", kind->name, value,
                     kind->example);
        else if (value)
            keep(reader, &(struct setting){.name = kind->name,
                                           .value = value,
                                           .place = place,
                                           .depth = reader->depth});
    }
}

const char *policy_setting(const struct policy *policy, const char *name)
{
    for (const struct setting *setting = policy->settings; setting; setting = setting->next) {
        if (strcmp(setting->name, name) == 0)
            return setting->value;
    }
    return NULL;
}
