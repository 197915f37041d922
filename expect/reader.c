#include "expect/reader.h"

#include "expect/suggest.h"

#include <string.h>

struct place reader_place(const struct file_reader *reader, const struct node *node)
{
    return node_place(reader->source, node);
}

void reader_no_memory(struct file_reader *reader)
{
    reader->complaints->out_of_memory = true;
}

const struct node *node_find(const struct node *node, const char *key)
{
    for (const struct node *child = node->children; child; child = child->next) {
        if (strcmp(child->key->text, key) == 0)
            return child;
    }
    return NULL;
}

static void complain_kind(struct file_reader *reader, const struct node *node,
                          enum node_kind kind, const char *what)
{
    struct complaint *complaint =
        complain(reader->complaints, reader_place(reader, node), "%s must be %s, not %s", what,
                 node_kind_name(kind), node_kind_name(node->kind));
    if (kind == NODE_MAP && node->kind == NODE_SCALAR && strchr(node->text, ':'))
        complaint_set_hint(reader->complaints, complaint,
                           "in YAML a space follows the colon of a key");
}

bool reader_expect(struct file_reader *reader, const struct node *node, enum node_kind kind,
                   const char *what)
{
    struct place place = reader_place(reader, node);
    if (node->kind == kind && (kind == NODE_SCALAR || node->count > 0))
        return true;
    if (node->kind == kind || (node->kind == NODE_SCALAR && node->length == 0))
        complain(reader->complaints, place, "%s must not be empty", what);
    else
        complain_kind(reader, node, kind, what);
    return false;
}

static const struct schema_key *find_key(const struct schema_key *keys, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

static void complain_unknown_key(struct file_reader *reader, const struct node *key,
                                 const char *what, const struct schema_key *keys, size_t count)
{
    char advice[SUGGESTION_TEXT_SIZE];
    struct suggestion suggestion = {.word = key->text};
    for (size_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, keys[i].name);
    complain(reader->complaints, reader_place(reader, key), "%s has no key '%.80s'%s", what,
             key->text, suggestion_format(&suggestion, advice));
}

bool schema_read(struct file_reader *reader, const struct node *node, const char *what,
                 const struct schema_key *keys, size_t count, void *context)
{
    bool complete = true;
    if (!reader_expect(reader, node, NODE_MAP, what))
        return false;
    for (const struct node *child = node->children; child; child = child->next) {
        if (!find_key(keys, count, child->key->text))
            complain_unknown_key(reader, child->key, what, keys, count);
    }
    for (size_t i = 0; i < count; i++) {
        const struct node *value = node_find(node, keys[i].name);
        if (value && keys[i].read) {
            keys[i].read(reader, value, context);
        } else if (!value && keys[i].required) {
            complain(reader->complaints, reader_place(reader, node), "%s needs the key '%s'",
                     what, keys[i].name);
            complete = false;
        }
    }
    return complete;
}

/* Integers that YAML 1.1 (the type !!int) reads otherwise than a person does. */
static bool is_octal(const char *text)
{
    text += *text == '-' || *text == '+';
    return text[0] == '0' && text[1] != '\0' && text[1 + strspn(text + 1, "01234567_")] == '\0';
}

static bool is_sexagesimal(const char *text)
{
    text += *text == '-' || *text == '+';
    if (*text < '1' || *text > '9')
        return false;
    text += strspn(text, "0123456789_");
    if (*text != ':')
        return false;
    while (*text == ':') {
        size_t digits = strspn(text + 1, "0123456789");
        if (digits == 0 || digits > 2 || (digits == 2 && text[1] > '5'))
            return false;
        text += 1 + digits;
    }
    return *text == '\0';
}

static bool check_integer(struct file_reader *reader, const struct node *node)
{
    const char *kind = is_octal(node->text)         ? "an octal integer"
                       : is_sexagesimal(node->text) ? "an integer to the base 60"
                                                    : NULL;
    if (!node->plain || !kind)
        return true;
    struct complaint *complaint = complain(reader->complaints, reader_place(reader, node),
                                           "%.80s is %s in YAML", node->text, kind);
    complaint_set_hint(reader->complaints, complaint,
                       "quote it if it is meant as it stands: \"%.80s\"", node->text);
    return false;
}

bool reader_scalar(struct file_reader *reader, const struct node *node, const char *what,
                   struct text *text)
{
    if (!reader_expect(reader, node, NODE_SCALAR, what))
        return false;
    if (!node_text(text, reader->arena, reader->source, node)) {
        reader_no_memory(reader);
        return false;
    }
    return true;
}

bool reader_raw_text(struct file_reader *reader, const struct node *node, const char *what,
                     struct text *text)
{
    return reader_scalar(reader, node, what, text) && check_integer(reader, node);
}

bool reader_text(struct file_reader *reader, const struct node *node, const char *what,
                 struct text *text)
{
    if (!reader_raw_text(reader, node, what, text) ||
        !variables_replace(reader->variables, text))
        return false;
    if (text->length == 0) {
        complain(reader->complaints, reader_place(reader, node), "%s must not be empty", what);
        return false;
    }
    if (memchr(text->bytes, '\0', text->length)) {
        complain(reader->complaints, reader_place(reader, node), "%s holds a NUL", what);
        return false;
    }
    return true;
}

const char *reader_string(struct file_reader *reader, const struct node *node, const char *what)
{
    struct text text;
    return reader_text(reader, node, what, &text) ? text.bytes : NULL;
}

bool reader_host(struct file_reader *reader, const struct node *node, const char *what,
                 struct host_spec *spec)
{
    const char *text = reader_string(reader, node, what);
    return text && host_spec_parse(spec, text, reader_place(reader, node), reader->complaints);
}

struct host_spec *reader_hosts(struct file_reader *reader, const struct node *node,
                               const char *what, size_t *count)
{
    *count = 0;
    if (node->kind != NODE_SCALAR && !reader_expect(reader, node, NODE_LIST, what))
        return NULL;
    size_t most = node->kind == NODE_SCALAR ? 1 : node->count;
    struct host_spec *hosts = arena_array(reader->arena, most, sizeof *hosts);
    if (!hosts) {
        reader_no_memory(reader);
        return NULL;
    }
    if (node->kind == NODE_SCALAR) {
        *count = reader_host(reader, node, what, hosts);
        return *count ? hosts : NULL;
    }
    for (const struct node *child = node->children; child; child = child->next)
        *count += reader_host(reader, child, "a host", &hosts[*count]);
    return *count ? hosts : NULL;
}

static bool is_vantage_name(const char *name)
{
    return name[0] != '\0' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_.-")] == '\0';
}

static struct vantage *complain_unknown_vantage(struct file_reader *reader, struct place place,
                                                const char *name)
{
    char advice[SUGGESTION_TEXT_SIZE];
    struct suggestion suggestion = {.word = name};
    for (const struct vantage *known = reader->policy->vantages; known; known = known->next)
        suggestion_offer(&suggestion, known->name);
    complain(reader->complaints, place, "'%.80s' is no vantage%s", name,
             suggestion_format(&suggestion, advice));
    return NULL;
}

struct vantage *reader_vantage(struct file_reader *reader, const struct node *node)
{
    const char *name = reader_string(reader, node, "a vantage");
    if (!name)
        return NULL;
    struct place place = reader_place(reader, node);
    struct vantage *vantage = policy_find_vantage(reader->policy, name);
    if (vantage)
        return vantage;
    if (reader->vantages_declared)
        return complain_unknown_vantage(reader, place, name);
    if (!is_vantage_name(name)) {
        complain(reader->complaints, place,
                 "'%.80s' is no name of a vantage; letters, digits, _ . and - are", name);
        return NULL;
    }
    vantage = policy_add_vantage(reader->policy, name, place);
    if (!vantage)
        reader_no_memory(reader);
    return vantage;
}
