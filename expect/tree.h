/* A YAML file as a tree of nodes, each with its place.
 *
 * YAML 1.1 in a strict subset: one document of maps, lists and scalars; every scalar is
 * text. Anchors, aliases, tags, directives, keys that are not scalars, the same key twice,
 * and depth beyond 32 are errors. It knows nothing of what the files say. yaml.c, which
 * makes the tree, is the only file that uses libyaml. */
#ifndef EXPECT_TREE_H
#define EXPECT_TREE_H

#include "expect/arena.h"
#include "expect/source.h"

#include <stdbool.h>

enum {
    TREE_FILE_MAX = 1 << 20,  /* bytes of a file */
    TREE_NODES_MAX = 1 << 18, /* of a file, keys included */
    TREE_DEPTH_MAX = 32,
};

enum node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP,
};

struct node {
    enum node_kind kind;
    bool plain;           /* a scalar without quotes, | or > */
    uint32_t offset, end; /* where it stands in its source */
    const char *text;     /* of a scalar; terminated */
    size_t length;
    struct node *key;              /* of an entry of a map, else NULL */
    struct node *children, **last; /* of a list or map, in the order of the file */
    size_t count;                  /* of children */
    struct node *next;             /* sibling */
};

/* Reads SOURCE, whose text must live as long as the tree. NULL when it is no YAML or not
 * of the subset; all that can be said is then in COMPLAINTS. Where a key is
 * there twice, COMPLAINTS says so too, and the tree has the first. */
struct node *tree_read(struct arena *arena, const struct source *source,
                       struct complaints *complaints);

struct place node_place(const struct source *source, const struct node *node);

/* A scalar as text whose bytes know where they stand in SOURCE, across quotes, folds and
 * indentation. (After an escape in double quotes, all point at the scalar.) False: no
 * memory. */
bool node_text(struct text *text, struct arena *arena, const struct source *source,
               const struct node *node);

/* "a list", for messages. */
const char *node_kind_name(enum node_kind kind);

#endif
