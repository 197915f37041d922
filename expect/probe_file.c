#include "expect/probe_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PROBE_NAME_MAX = 32 };

/* Reads a line of text into a string of its own. */
static void read_line(struct file_reader *reader, const struct node *value, const char *what,
                      char **line)
{
    struct text text;
    if (!reader_scalar(reader, value, what, &text))
        return;
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.bytes[i] < ' ') {
            complain(reader->complaints, reader_place(reader, value), "%s is one line of text",
                     what);
            return;
        }
    }
    if (text.length == 0) {
        complain(reader->complaints, reader_place(reader, value), "%s must not be empty", what);
        return;
    }
    *line = strdup(text.bytes);
    if (!*line)
        reader_no_memory(reader);
}

static void read_name(struct file_reader *reader, const struct node *value, void *context)
{
    struct udp_probe *probe = &((struct probe_draft *)context)->probe;
    read_line(reader, value, "the name of a probe", &probe->name);
    if (probe->name && (strlen(probe->name) > PROBE_NAME_MAX ||
                        probe->name[strspn(probe->name, "abcdefghijklmnopqrstuvwxyz"
                                                        "0123456789-")] != '\0'))
        complain(reader->complaints, reader_place(reader, value),
                 "'%.80s' is no name of a probe: lower-case letters, digits and -, at most %d",
                 probe->name, PROBE_NAME_MAX);
}

static void read_description(struct file_reader *reader, const struct node *value,
                             void *context)
{
    read_line(reader, value, "a description",
              &((struct probe_draft *)context)->probe.description);
}

static void read_source(struct file_reader *reader, const struct node *value, void *context)
{
    read_line(reader, value, "a source", &((struct probe_draft *)context)->probe.source);
}

static void read_effect(struct file_reader *reader, const struct node *value, void *context)
{
    read_line(reader, value, "an effect", &((struct probe_draft *)context)->probe.effect);
}

static void read_ports(struct file_reader *reader, const struct node *value, void *context)
{
    struct udp_probe *probe = &((struct probe_draft *)context)->probe;
    struct text text;
    if (!reader_scalar(reader, value, "'ports'", &text))
        return;
    int failed = portset_parse(&probe->ports, text.bytes);
    if (failed == -ENOMEM)
        reader_no_memory(reader);
    else if (failed || probe->ports.count == 0)
        complain(reader->complaints, reader_place(reader, value),
                 "'%.80s' are no ports; numbers and ranges are, as in 53 or 5060,27015-27020",
                 text.bytes);
}

/* True when VALUE says so. */
static bool read_flag(struct file_reader *reader, const struct node *value)
{
    struct text text;
    if (!reader_scalar(reader, value, "the value", &text))
        return false;
    bool yes = strcmp(text.bytes, "true") == 0;
    if (!yes && strcmp(text.bytes, "false") != 0)
        complain(reader->complaints, reader_place(reader, value), "either true or false");
    return yes;
}

static void read_other_port(struct file_reader *reader, const struct node *value, void *context)
{
    ((struct probe_draft *)context)->probe.answers_from_other_port = read_flag(reader, value);
}

static void read_never(struct file_reader *reader, const struct node *value, void *context)
{
    ((struct probe_draft *)context)->probe.never_answers = read_flag(reader, value);
}

static void read_probe(struct file_reader *reader, struct udp_library *library,
                       const struct node *node)
{
    /* `payload` before `answer`: an answer repeats its transaction. */
    static const struct schema_key keys[] = {
        {"name", true, read_name},
        {"description", true, read_description},
        {"ports", true, read_ports},
        {"source", true, read_source},
        {"effect", false, read_effect},
        {"payload", false, read_payload},
        {"answer", false, read_answer},
        {"answers-within-ms", false, read_answers_within},
        {"answers-from-other-port", false, read_other_port},
        {"never-answers", false, read_never},
    };
    struct probe_draft draft = {
        .probe.reply_transaction_offset = UDP_TRANSACTION_NOWHERE,
    };
    size_t errors = reader->complaints->errors;
    schema_read(reader, node, "a probe", keys, sizeof keys / sizeof keys[0], &draft);
    bool good = reader->complaints->errors == errors && !reader->complaints->out_of_memory;
    if (good && udp_library_add(library, &draft.probe) != 0)
        reader_no_memory(reader);
    udp_probe_free(&draft.probe);
}

static void read_root(struct file_reader *reader, struct udp_library *library,
                      const struct node *root)
{
    if (root->kind != NODE_LIST) {
        read_probe(reader, library, root);
        return;
    }
    if (!reader_expect(reader, root, NODE_LIST, "the file"))
        return;
    for (const struct node *child = root->children; child; child = child->next)
        read_probe(reader, library, child);
}

int probe_file_read(struct udp_library *library, const char *path, const char *text,
                    size_t length, struct complaints *complaints)
{
    struct arena arena = {0};
    size_t errors = complaints->errors;
    struct source *source = source_new(&arena, path, text, length);
    if (!source) {
        complaints->out_of_memory = true;
        arena_free(&arena);
        return -ENOMEM;
    }
    struct file_reader reader = {.arena = &arena, .complaints = complaints, .source = source};
    const struct node *root = tree_read(&arena, source, complaints);
    if (root)
        read_root(&reader, library, root);
    if (arena.failed)
        complaints->out_of_memory = true;
    arena_free(&arena);
    if (complaints->out_of_memory)
        return -ENOMEM;
    return complaints->errors == errors ? 0 : -EINVAL;
}
