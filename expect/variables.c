#include "expect/variables.h"

#include "expect/suggest.h"

#include <string.h>

struct variables *variables_new(struct arena *arena, struct complaints *complaints)
{
    struct variables *variables = arena_alloc(arena, sizeof *variables);
    if (!variables)
        return NULL;
    *variables = (struct variables){.arena = arena, .complaints = complaints};
    variables->end = &variables->first;
    return variables;
}

bool variable_name_is_valid(const char *name, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                               "0123456789-";
    if (length == 0 || !memchr(letters, name[0], sizeof letters - 1))
        return false;
    for (size_t i = 1; i < length; i++) {
        if (!memchr(rest, name[i], sizeof rest - 1))
            return false;
    }
    return true;
}

struct variable *variables_find(const struct variables *variables, const char *name,
                                size_t length)
{
    struct variable *variable = variables->first;
    while (variable &&
           (strlen(variable->name) != length || memcmp(variable->name, name, length) != 0))
        variable = variable->next;
    return variable;
}

static bool is_same_text(const struct text *a, const struct text *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

void variables_define(struct variables *variables, const char *name, struct place place,
                      const struct text *value, unsigned depth)
{
    struct variable *known = variables_find(variables, name, strlen(name));
    if (known && known->depth == depth && !is_same_text(&known->value, value)) {
        struct complaint *complaint =
            complain(variables->complaints, place, "'%s' has another value elsewhere", name);
        complaint_point_to(variables->complaints, complaint, "first here",
                           text_place(&known->value, 0));
    }
    if (known) {
        known->overrides = known->overrides || depth != known->depth;
        if (depth < known->depth) {
            known->value = *value;
            known->depth = depth;
        }
        return;
    }
    struct variable *variable = arena_alloc(variables->arena, sizeof *variable);
    if (!variable) {
        variables->complaints->out_of_memory = true;
        return;
    }
    *variable = (struct variable){.name = name, .value = *value, .depth = depth};
    *variables->end = variable;
    variables->end = &variable->next;
}

/* Replaces what a variable's own value names. */
static bool resolve(struct variables *variables, struct variable *variable)
{
    if (variable->resolved)
        return true;
    if (variable->busy) {
        complain(variables->complaints, text_place(&variable->value, 0),
                 "variable '%s' contains itself", variable->name);
        return false;
    }
    variable->busy = true;
    variable->resolved = variables_replace(variables, &variable->value);
    variable->busy = false;
    return variable->resolved;
}

static void complain_undefined(struct variables *variables, struct place place,
                               const char *name, size_t length)
{
    char advice[SUGGESTION_TEXT_SIZE];
    const char *copy = arena_copy(variables->arena, name, length);
    if (!copy) {
        variables->complaints->out_of_memory = true;
        return;
    }
    struct suggestion suggestion = {.word = copy};
    for (const struct variable *known = variables->first; known; known = known->next)
        suggestion_offer(&suggestion, known->name);
    complain(variables->complaints, place, "${%.80s} is not defined%s", copy,
             suggestion_format(&suggestion, advice));
}

/* Reads the ${name} at START of TEXT and gives its variable and where it ends. */
static struct variable *read_reference(struct variables *variables, const struct text *text,
                                       size_t start, size_t *end)
{
    struct place place = text_place(text, start);
    const char *name = text->bytes + start + 2;
    const char *brace = memchr(name, '}', text->length - start - 2);
    if (!brace || !variable_name_is_valid(name, (size_t)(brace - name))) {
        complain(variables->complaints, place, "'${' begins a variable, as in ${name}");
        return NULL;
    }
    size_t length = (size_t)(brace - name);
    *end = start + 2 + length + 1;
    struct variable *variable = variables_find(variables, name, length);
    if (!variable) {
        if (!variables->incomplete)
            complain_undefined(variables, place, name, length);
        return NULL;
    }
    variable->used = true;
    return resolve(variables, variable) ? variable : NULL;
}

/* A text that grows to a known capacity. */
struct builder {
    char *bytes;
    uint32_t *at;
    size_t length;
};

static bool builder_init(struct builder *builder, struct arena *arena, size_t capacity)
{
    builder->length = 0;
    builder->bytes = arena_array(arena, capacity + 1, 1);
    builder->at = arena_array(arena, capacity + 1, sizeof *builder->at);
    return builder->bytes && builder->at;
}

static void builder_put(struct builder *builder, char byte, uint32_t at)
{
    builder->bytes[builder->length] = byte;
    builder->at[builder->length++] = at;
}

static const char *find_reference(const struct text *text, size_t from)
{
    if (from >= text->length)
        return NULL;
    return memmem(text->bytes + from, text->length - from, "${", 2);
}

/* Length of TEXT when all is replaced. False: an error. */
static bool measure(struct variables *variables, const struct text *text, size_t *length)
{
    *length = text->length;
    const char *found;
    for (size_t from = 0; (found = find_reference(text, from));) {
        size_t start = (size_t)(found - text->bytes);
        const struct variable *variable = read_reference(variables, text, start, &from);
        if (!variable)
            return false;
        *length = *length - (from - start) + variable->value.length;
        variables->bytes += variable->value.length;
        if (variables->bytes > VARIABLES_BYTES_MAX) {
            complain(variables->complaints, text_place(text, start),
                     "variables put more than 4 MiB into the files");
            return false;
        }
    }
    return true;
}

bool variables_replace(struct variables *variables, struct text *text)
{
    if (!find_reference(text, 0))
        return true;
    size_t length;
    struct builder builder;
    if (!measure(variables, text, &length))
        return false;
    if (!builder_init(&builder, variables->arena, length)) {
        variables->complaints->out_of_memory = true;
        return false;
    }
    for (size_t i = 0; i < text->length;) {
        if (text->length - i < 2 || text->bytes[i] != '$' || text->bytes[i + 1] != '{') {
            builder_put(&builder, text->bytes[i], text->at[i]);
            i++;
            continue;
        }
        size_t start = i;
        const struct variable *variable = read_reference(variables, text, start, &i);
        if (!variable)
            return false;
        for (size_t j = 0; j < variable->value.length; j++)
            builder_put(&builder, variable->value.bytes[j], text->at[start]);
    }
    builder.at[length] = text->at[text->length];
    *text = (struct text){text->source, builder.bytes, length, builder.at};
    return true;
}
