#include "expect/tree.h"

#include <string.h>

struct place node_place(const struct source *source, const struct node *node)
{
    return (struct place){source, node->offset};
}

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = {
        [NODE_SCALAR] = "text", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};
    return names[kind];
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Where the content of the scalar RAW[0..LENGTH) starts: behind a quote, or behind the
 * line of a block scalar's | or >. */
static size_t content_start(const char *raw, size_t length)
{
    if (length == 0 || !strchr("\"'|>", raw[0]))
        return 0;
    if (raw[0] == '"' || raw[0] == '\'')
        return 1;
    const char *line_end = memchr(raw, '\n', length);
    return line_end ? (size_t)(line_end - raw) + 1 : 0;
}

/* Finds each byte of the value in the scalar as it was written. What lies between is white
 * space (folds, indentation) or the second of two single quotes. False when they don't
 * match, as with escapes. */
static bool align(uint32_t *at, const struct node *node, const char *raw, size_t length)
{
    size_t from = content_start(raw, length);
    for (size_t i = 0; i < node->length; i++) {
        char byte = node->text[i];
        if (!is_blank(byte)) {
            while (from < length && is_blank(raw[from]))
                from++;
            if (from >= length || raw[from] != byte)
                return false;
        }
        at[i] = node->offset + (uint32_t)(from < length ? from : length);
        if (from < length && raw[from] == byte)
            from += byte == '\'' && raw[0] == '\'' ? 2 : 1;
    }
    at[node->length] = node->offset + (uint32_t)(from < length ? from : length);
    return true;
}

bool node_text(struct text *text, struct arena *arena, const struct source *source,
               const struct node *node)
{
    uint32_t *at = arena_array(arena, node->length + 1, sizeof *at);
    if (!at)
        return false;
    if (!align(at, node, source->text + node->offset, node->end - node->offset)) {
        for (size_t i = 0; i <= node->length; i++)
            at[i] = node->offset;
    }
    *text = (struct text){source, node->text, node->length, at};
    return true;
}
