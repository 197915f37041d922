/* Events of libyaml to a tree of nodes. */
#include "expect/tree.h"

#include "expect/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    struct arena *arena;
    const struct source *source;
    struct complaints *complaints;
    yaml_parser_t parser;
    size_t index, offset; /* character INDEX of the text is byte OFFSET; libyaml counts
                             characters */
    struct node *stack[TREE_DEPTH_MAX]; /* the lists and maps that are open */
    struct node *keys[TREE_DEPTH_MAX];  /* of each map, the key that waits for its value */
    size_t depth;
    size_t nodes;
    struct node *root;
    size_t errors; /* of this file */
    bool stopped;  /* nothing more can be read */
};

/* The byte of character INDEX. Marks come in ascending order but for short steps back. */
static uint32_t offset_of(struct reader *reader, size_t index)
{
    const struct source *source = reader->source;
    uint32_t code;
    while (reader->index < index && reader->offset < source->length) {
        reader->offset +=
            utf8_decode(source->text + reader->offset, source->length - reader->offset, &code);
        reader->index++;
    }
    while (reader->index > index && reader->offset > 0) {
        do
            reader->offset--;
        while (reader->offset > 0 && ((uint8_t)source->text[reader->offset] & 0xC0) == 0x80);
        reader->index--;
    }
    return (uint32_t)reader->offset;
}

static struct complaint *complain_at(struct reader *reader, uint32_t offset, const char *text)
{
    reader->errors++;
    return complain(reader->complaints, (struct place){reader->source, offset}, "%s", text);
}

static void stop(struct reader *reader, uint32_t offset, const char *text)
{
    complain_at(reader, offset, text);
    reader->stopped = true;
}

static void stop_without_memory(struct reader *reader)
{
    reader->complaints->out_of_memory = true;
    reader->stopped = true;
}

/* What libyaml could not read. Tabs deserve better words than its own. */
static void stop_at_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        stop_without_memory(reader);
        return;
    }
    uint32_t offset = offset_of(reader, parser->problem_mark.index);
    reader->errors++;
    reader->stopped = true;
    struct place place = {reader->source, offset};
    if (offset < reader->source->length && reader->source->text[offset] == '\t') {
        complain(reader->complaints, place, "a tab cannot indent in YAML; use spaces");
        return;
    }
    struct complaint *complaint = complain(reader->complaints, place, "not YAML: %s",
                                           parser->problem ? parser->problem : "unreadable");
    if (parser->context)
        complaint_set_hint(reader->complaints, complaint, "%s in line %zu", parser->context,
                           parser->context_mark.line + 1);
}

static struct node *new_node(struct reader *reader, enum node_kind kind,
                             const yaml_event_t *event)
{
    uint32_t offset = offset_of(reader, event->start_mark.index);
    if (reader->nodes++ == TREE_NODES_MAX) {
        stop(reader, offset, "the file holds too many values");
        return NULL;
    }
    struct node *node = arena_alloc(reader->arena, sizeof *node);
    if (!node) {
        stop_without_memory(reader);
        return NULL;
    }
    node->kind = kind;
    node->offset = offset;
    node->last = &node->children;
    return node;
}

/* Puts NODE where it belongs: the root, the next of a list, a key, or a key's value. */
static void attach(struct reader *reader, struct node *node)
{
    if (reader->depth == 0) {
        reader->root = node;
        return;
    }
    struct node *parent = reader->stack[reader->depth - 1];
    struct node **key = &reader->keys[reader->depth - 1];
    if (parent->kind == NODE_MAP && !*key) {
        if (node->kind != NODE_SCALAR)
            stop(reader, node->offset, "a key must be text, not a list or a map");
        *key = node;
        return;
    }
    if (parent->kind == NODE_MAP) {
        node->key = *key;
        *key = NULL;
    }
    *parent->last = node;
    parent->last = &node->next;
    parent->count++;
}

static void forbid(struct reader *reader, uint32_t offset, const yaml_char_t *anchor,
                   const yaml_char_t *tag)
{
    if (anchor)
        complain_at(reader, offset, "anchors (&name) are not part of the language");
    if (tag)
        complain_at(reader, offset, "tags (!name) are not part of the language");
}

static void read_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct node *node = new_node(reader, NODE_SCALAR, event);
    if (!node)
        return;
    forbid(reader, node->offset, event->data.scalar.anchor, event->data.scalar.tag);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->length = event->data.scalar.length;
    node->text =
        arena_copy(reader->arena, (const char *)event->data.scalar.value, node->length);
    if (!node->text) {
        stop_without_memory(reader);
        return;
    }
    attach(reader, node);
    node->end = offset_of(reader, event->end_mark.index);
}

/* Reading goes on with an empty text in the alias's place. */
static void read_alias(struct reader *reader, const yaml_event_t *event)
{
    struct node *node = new_node(reader, NODE_SCALAR, event);
    if (!node)
        return;
    complain_at(reader, node->offset, "aliases (*name) are not part of the language");
    node->end = node->offset;
    node->text = "";
    attach(reader, node);
}

static void open_node(struct reader *reader, enum node_kind kind, const yaml_event_t *event)
{
    struct node *node = new_node(reader, kind, event);
    if (!node)
        return;
    if (kind == NODE_MAP)
        forbid(reader, node->offset, event->data.mapping_start.anchor,
               event->data.mapping_start.tag);
    else
        forbid(reader, node->offset, event->data.sequence_start.anchor,
               event->data.sequence_start.tag);
    attach(reader, node);
    if (reader->depth == TREE_DEPTH_MAX) {
        stop(reader, node->offset, "nested too deeply; 32 levels are allowed");
        return;
    }
    reader->keys[reader->depth] = NULL;
    reader->stack[reader->depth++] = node;
}

static int compare_entries(const void *left, const void *right)
{
    const struct node *a = (*(struct node *const *)left)->key;
    const struct node *b = (*(struct node *const *)right)->key;
    int order = strcmp(a->text, b->text);
    return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

static bool same_key(const struct node *a, const struct node *b)
{
    return strcmp(a->key->text, b->key->text) == 0;
}

/* Of the sorted ENTRIES of MAP, those whose key is there before. */
static void leave_out_repeated(struct node *map, struct node **entries, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        if (same_key(entries[i - 1], entries[i - 2]))
            entries[i - 1]->key = NULL;
    }
    struct node **link = &map->children;
    while (*link) {
        if ((*link)->key) {
            link = &(*link)->next;
            continue;
        }
        *link = (*link)->next;
        map->count--;
    }
}

/* Complains about each key that is there before. Sorting keeps this quick for maps of
 * any size. The rest of the tree is read all the same, for what else is wrong. */
static void check_keys(struct reader *reader, struct node *map)
{
    struct node **entries = reallocarray(NULL, map->count + 1, sizeof *entries);
    if (!entries) {
        stop_without_memory(reader);
        return;
    }
    size_t count = 0;
    for (struct node *entry = map->children; entry; entry = entry->next)
        entries[count++] = entry;
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 1; i < count; i++) {
        const struct node *key = entries[i]->key, *before = entries[i - 1]->key;
        if (!same_key(entries[i], entries[i - 1]))
            continue;
        struct complaint *complaint =
            complain(reader->complaints, node_place(reader->source, key),
                     "key '%.80s' is here twice", key->text);
        complaint_point_to(reader->complaints, complaint, "first here",
                           node_place(reader->source, before));
    }
    leave_out_repeated(map, entries, count);
    free(entries);
}

static void close_node(struct reader *reader, const yaml_event_t *event)
{
    struct node *node = reader->stack[--reader->depth];
    node->end = offset_of(reader, event->end_mark.index);
    if (node->kind == NODE_MAP)
        check_keys(reader, node);
}

static void start_document(struct reader *reader, const yaml_event_t *event)
{
    uint32_t offset = offset_of(reader, event->start_mark.index);
    if (reader->root)
        stop(reader, offset, "a second document; a file holds one");
    else if (event->data.document_start.version_directive ||
             event->data.document_start.tag_directives.start !=
                 event->data.document_start.tag_directives.end)
        complain_at(reader, offset, "directives (%…) are not part of the language");
}

static void read_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        start_document(reader, event);
        break;
    case YAML_ALIAS_EVENT:
        read_alias(reader, event);
        break;
    case YAML_SCALAR_EVENT:
        read_scalar(reader, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        open_node(reader, NODE_LIST, event);
        break;
    case YAML_MAPPING_START_EVENT:
        open_node(reader, NODE_MAP, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_node(reader, event);
        break;
    case YAML_STREAM_END_EVENT:
        reader->stopped = true;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

static void read_events(struct reader *reader)
{
    while (!reader->stopped) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            stop_at_syntax(reader);
            return;
        }
        read_event(reader, &event);
        yaml_event_delete(&event);
    }
}

/* YAML 1.1, section 5.1, checked here because libyaml gives no place for what it finds. */
static bool is_allowed(uint32_t code)
{
    return code == '\t' || code == '\n' || code == '\r' || code == 0x85 ||
           (code >= 0x20 && code != 0x7F && !(code >= 0x80 && code < 0xA0) && code != 0xFEFF &&
            code != 0xFFFE && code != 0xFFFF);
}

static bool check_characters(struct reader *reader)
{
    const struct source *source = reader->source;
    static const char replacement[] = "\xEF\xBF\xBD";
    uint32_t code;
    for (size_t at = 0, used; at < source->length; at += used) {
        used = utf8_decode(source->text + at, source->length - at, &code);
        if (code == UTF8_REPLACEMENT &&
            (used != 3 || memcmp(source->text + at, replacement, 3) != 0)) {
            complain_at(reader, (uint32_t)at, "not UTF-8");
            return false;
        }
        if (!is_allowed(code)) {
            reader->errors++;
            complain(reader->complaints, (struct place){source, (uint32_t)at},
                     "the character U+%04X is not allowed in YAML", (unsigned)code);
            return false;
        }
    }
    return true;
}

struct node *tree_read(struct arena *arena, const struct source *source,
                       struct complaints *complaints)
{
    struct reader reader = {.arena = arena, .source = source, .complaints = complaints};
    if (!check_characters(&reader))
        return NULL;
    if (!yaml_parser_initialize(&reader.parser)) {
        complaints->out_of_memory = true;
        return NULL;
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)source->text,
                                 source->length);
    read_events(&reader);
    yaml_parser_delete(&reader.parser);
    if (!reader.root && reader.errors == 0 && !complaints->out_of_memory)
        complain_at(&reader, 0, "the file is empty");
    return reader.errors == 0 && !complaints->out_of_memory ? reader.root : NULL;
}
