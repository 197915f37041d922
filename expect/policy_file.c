/* Expectation files to a policy: the keys of a file, and the order in which they are
 * read. */
#include "expect/files.h"

#include <stdlib.h>
#include <string.h>

/* The parts of all files are read in passes, because vantages must be known before rules
 * name them, and rules before waivers do. */
enum pass {
    PASS_VANTAGES,
    PASS_RULES,
    PASS_WAIVERS,
    PASS_COUNT,
};

static void read_version(struct file_reader *reader, const struct node *value, void *context)
{
    (void)context;
    const char *version = reader_string(reader, value, "'version'");
    if (version && strcmp(version, "1") != 0)
        complain(reader->complaints, reader_place(reader, value),
                 "version '%.80s' is not known; this portvet reads version 1", version);
}

/* The name of the first file of the command line that has one. */
static void read_name(struct file_reader *reader, const struct node *value, void *context)
{
    (void)context;
    const char *name = reader_string(reader, value, "'name'");
    if (reader->depth == 1 && !reader->policy->name)
        reader->policy->name = name;
}

static void declare_vantage(struct file_reader *reader, const struct node *node)
{
    struct vantage *vantage = reader_vantage(reader, node->key);
    if (vantage)
        vantage->declared = true;
    if (node->kind != NODE_SCALAR)
        reader_expect(reader, node, NODE_SCALAR, "the description of a vantage");
    else if (node->length > 0)
        reader_string(reader, node, "the description of a vantage");
}

static void read_vantages(struct file_reader *reader, const struct node *value, void *context)
{
    (void)context;
    if (!reader_expect(reader, value, NODE_MAP, "'vantages'"))
        return;
    for (const struct node *child = value->children; child; child = child->next)
        declare_vantage(reader, child);
}

/* A group that is being read. */
struct group {
    const char *name;
    struct block *block;
};

static void read_group_hosts(struct file_reader *reader, const struct node *value,
                             void *context)
{
    struct group *group = context;
    size_t count;
    struct host_spec *hosts = reader_hosts(reader, value, "the hosts of a group", &count);
    if (!hosts)
        return;
    group->block->hosts = hosts;
    group->block->host_count = count;
}

static void read_group_expect(struct file_reader *reader, const struct node *value,
                              void *context)
{
    struct group *group = context;
    read_expectations(reader, group->block, value);
}

static void read_group(struct file_reader *reader, const struct node *node)
{
    static const struct schema_key keys[] = {
        {"hosts", true, read_group_hosts},
        {"expect", true, read_group_expect},
    };
    struct group group = {.name = reader_string(reader, node->key, "the name of a group")};
    if (!group.name)
        return;
    group.block = policy_add_block(reader->policy, group.name, 0);
    if (group.block)
        schema_read(reader, node, "a group", keys, sizeof keys / sizeof keys[0], &group);
    else
        reader_no_memory(reader);
}

static void read_groups(struct file_reader *reader, const struct node *value, void *context)
{
    (void)context;
    if (!reader_expect(reader, value, NODE_MAP, "'groups'"))
        return;
    for (const struct node *child = value->children; child; child = child->next)
        read_group(reader, child);
}

static void read_hosts(struct file_reader *reader, const struct node *value, void *context)
{
    (void)context;
    if (!reader_expect(reader, value, NODE_MAP, "'hosts'"))
        return;
    for (const struct node *child = value->children; child; child = child->next) {
        struct block *block = policy_add_block(reader->policy, NULL, 1);
        if (!block) {
            reader_no_memory(reader);
            return;
        }
        block->host_count = reader_host(reader, child->key, "a host", &block->hosts[0]);
        read_expectations(reader, block, child);
    }
}

/* Keys of responders are named relative to the file, as includes are. */
static const char *key_path(struct file_reader *reader, const char *key)
{
    const char *file = reader->source->name, *slash = strrchr(file, '/');
    int folder = key[0] != '/' && slash ? (int)(slash - file) + 1 : 0;
    const char *path = arena_format(reader->arena, "%.*s%s", folder, file, key);
    if (!path)
        reader_no_memory(reader);
    return path;
}

static void read_responder_key(struct file_reader *reader, const struct node *value,
                               void *context)
{
    struct responder *responder = context;
    const char *key = reader_string(reader, value, "the key of a responder");
    if (key)
        responder->key_path = key_path(reader, key);
}

static void read_responders(struct file_reader *reader, const struct node *value, void *context)
{
    static const struct schema_key keys[] = {{"key", true, read_responder_key}};
    (void)context;
    if (!reader_expect(reader, value, NODE_MAP, "'responders'"))
        return;
    for (const struct node *child = value->children; child; child = child->next) {
        struct responder *responder = arena_alloc(reader->arena, sizeof *responder);
        if (!responder) {
            reader_no_memory(reader);
            return;
        }
        if (!reader_host(reader, child->key, "a responder", &responder->host))
            continue;
        schema_read(reader, child, "a responder", keys, 1, responder);
        responder->next = reader->policy->responders;
        reader->policy->responders = responder;
    }
}

void read_vars(struct file_reader *reader, const struct node *node)
{
    if (!reader_expect(reader, node, NODE_MAP, "'vars'"))
        return;
    for (const struct node *child = node->children; child; child = child->next) {
        struct place place = reader_place(reader, child->key);
        struct text value;
        if (!variable_name_is_valid(child->key->text, child->key->length))
            complain(reader->complaints, place,
                     "'%.80s' is no name of a variable; it begins with a letter or _, and "
                     "holds letters, digits, _ and -",
                     child->key->text);
        else if (reader_raw_text(reader, child, "the value of a variable", &value))
            variables_define(reader->variables, child->key->text, place, &value, reader->depth);
        else
            reader->variables->incomplete = true;
    }
}

/* The keys of a file, with the pass in which they are read. `include` and `vars` were read
 * when the file was opened. */
static const struct file_key {
    struct schema_key key;
    enum pass pass;
} file_keys[] = {
    {{"version", false, read_version}, PASS_VANTAGES},
    {{"name", false, read_name}, PASS_VANTAGES},
    {{"include", false, NULL}, PASS_VANTAGES},
    {{"vars", false, NULL}, PASS_VANTAGES},
    {{"vantages", false, read_vantages}, PASS_VANTAGES},
    {{"groups", false, read_groups}, PASS_RULES},
    {{"hosts", false, read_hosts}, PASS_RULES},
    {{"waivers", false, read_waivers}, PASS_WAIVERS},
    {{"settings", false, read_settings}, PASS_WAIVERS},
    {{"responders", false, read_responders}, PASS_WAIVERS},
};

enum { FILE_KEY_COUNT = sizeof file_keys / sizeof file_keys[0] };

/* Unknown keys are found in the first pass. */
static void read_pass(struct file_reader *reader, const struct file *file, enum pass pass)
{
    struct schema_key keys[FILE_KEY_COUNT];
    for (size_t i = 0; i < FILE_KEY_COUNT; i++) {
        keys[i] = file_keys[i].key;
        if (file_keys[i].pass != pass)
            keys[i].read = NULL;
    }
    reader->source = file->source;
    reader->depth = file->depth;
    if (pass == PASS_VANTAGES) {
        schema_read(reader, file->root, "the file", keys, FILE_KEY_COUNT, NULL);
        return;
    }
    for (size_t i = 0; i < FILE_KEY_COUNT; i++) {
        const struct node *value = node_find(file->root, keys[i].name);
        if (value && keys[i].read)
            keys[i].read(reader, value, NULL);
    }
}

static void read_files(struct files *files)
{
    struct file_reader *reader = files->reader;
    for (int pass = 0; pass < PASS_COUNT; pass++) {
        for (const struct file *file = files->first; file; file = file->next)
            read_pass(reader, file, (enum pass)pass);
        /* Without all files nobody can say that a vantage is not declared. */
        if (pass == PASS_VANTAGES)
            reader->vantages_declared =
                reader->policy->vantages && !reader->variables->incomplete;
    }
}

static void define_variables(struct file_reader *reader,
                             const struct policy_variable *variables, size_t count)
{
    struct source *source = source_new(reader->arena, "--var", "", 0);
    if (!source) {
        reader_no_memory(reader);
        return;
    }
    source->line_count = 0;
    struct place place = {source, 0};
    for (size_t i = 0; i < count; i++) {
        struct text value;
        const char *name =
            arena_copy(reader->arena, variables[i].name, strlen(variables[i].name));
        if (!name || !text_of_string(&value, reader->arena, source, variables[i].value))
            return;
        if (variable_name_is_valid(name, strlen(name)))
            variables_define(reader->variables, name, place, &value, 0);
        else
            complain(reader->complaints, place, "'%.80s' is no name of a variable", name);
    }
}

/* A --var that nothing takes up is a slip of the keyboard. */
static void check_variables(struct file_reader *reader, const struct policy_variable *variables,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct variable *variable =
            variables_find(reader->variables, variables[i].name, strlen(variables[i].name));
        if (variable && !variable->used && !variable->overrides &&
            !reader->variables->incomplete)
            complain(reader->complaints, text_place(&variable->value, 0),
                     "no file has a ${%.80s}", variables[i].name);
    }
}

static void check_not_empty(struct file_reader *reader, const struct files *files,
                            const char *path)
{
    if (reader->policy->block_count > 0 || complaints_any_error(reader->complaints))
        return;
    struct complaint_place place = {.file = path};
    if (files->first)
        complaints_add(reader->complaints, false, &place,
                       "nothing to check: neither 'hosts' nor 'groups'");
}

static void read_policy(struct file_reader *reader, const char *const *paths, size_t path_count)
{
    struct files files = {.reader = reader};
    files.end = &files.first;
    for (size_t i = 0; i < path_count; i++)
        files_read(&files, paths[i]);
    read_files(&files);
    policy_check_conflicts(reader->policy, reader->complaints);
    if (path_count > 0)
        check_not_empty(reader, &files, paths[0]);
}

struct policy *policy_read(const char *const *paths, size_t path_count,
                           const struct policy_variable *variables, size_t variable_count,
                           struct complaints *complaints)
{
    struct policy *policy = policy_new();
    struct file_reader reader = {.policy = policy, .complaints = complaints};
    if (policy) {
        reader.arena = &policy->arena;
        reader.variables = variables_new(reader.arena, complaints);
    }
    if (!reader.variables) {
        complaints->out_of_memory = true;
        policy_free(policy);
        return NULL;
    }
    policy->variables = reader.variables;
    define_variables(&reader, variables, variable_count);
    read_policy(&reader, paths, path_count);
    check_variables(&reader, variables, variable_count);
    if (policy->arena.failed)
        complaints->out_of_memory = true;
    if (!complaints_any_error(complaints))
        return policy;
    policy_free(policy);
    return NULL;
}
