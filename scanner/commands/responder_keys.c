#include "scanner/commands/responder_keys.h"

#include "scanner/commands/key_file.h"

#include <stdlib.h>
#include <string.h>

struct named_key {
    struct named_key *next;
    const char *path; /* the policy's */
    struct responder_key key;
};

static const struct named_key *find_key(const struct responder_keys *keys, const char *path)
{
    for (const struct named_key *named = keys->first; named; named = named->next) {
        if (strcmp(named->path, path) == 0)
            return named;
    }
    return NULL;
}

static int read_key(struct responder_keys *keys, const char *path, struct error *error)
{
    struct named_key *named = calloc(1, sizeof *named);
    if (!named)
        return error_no_memory(error);
    int status = key_file_read(&named->key, path, error);
    if (status < 0) {
        free(named);
        return status;
    }
    named->path = path;
    named->next = keys->first;
    keys->first = named;
    return 0;
}

int responder_keys_assign(struct responder_keys *keys, struct plan *plan, struct error *error)
{
    for (size_t i = 0; i < plan->count; i++) {
        const char *path = plan_responder_key(plan, i);
        if (!path)
            continue;
        int status = find_key(keys, path) ? 0 : read_key(keys, path, error);
        if (status < 0)
            return status;
        plan->targets[i].responder = &find_key(keys, path)->key;
    }
    return 0;
}

void responder_keys_free(struct responder_keys *keys)
{
    while (keys->first) {
        struct named_key *next = keys->first->next;
        explicit_bzero(&keys->first->key, sizeof keys->first->key);
        free(keys->first);
        keys->first = next;
    }
}
