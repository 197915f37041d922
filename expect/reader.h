/* What the readers of YAML files share: where they read from, where they put what they
 * read, what a map may hold, and how scalars become text. */
#ifndef EXPECT_READER_H
#define EXPECT_READER_H

#include "expect/policy.h"
#include "expect/tree.h"
#include "expect/variables.h"

struct file_reader {
    struct arena *arena;
    struct complaints *complaints;
    const struct source *source; /* of the nodes that are being read */
    /* Expectation files only. */
    struct policy *policy;
    struct variables *variables;
    unsigned depth;         /* of includes; 1 for a file of the command line */
    bool vantages_declared; /* some file has `vantages` */
};

/* One key of a map and who reads its value. */
struct schema_key {
    const char *name;
    bool required;
    void (*read)(struct file_reader *reader, const struct node *value, void *context);
};

/* Reads the map NODE by KEYS, in the order of the keys. Unknown and missing keys, and a
 * node that is no map, are errors that name WHAT is being read ("a waiver"). False: some
 * key is missing or NODE is no map. */
bool schema_read(struct file_reader *reader, const struct node *node, const char *what,
                 const struct schema_key *keys, size_t count, void *context);

/* The child of the map NODE under KEY, or NULL. */
const struct node *node_find(const struct node *node, const char *key);

/* Complains unless NODE is of KIND and not empty. WHAT is "the hosts of a group". */
bool reader_expect(struct file_reader *reader, const struct node *node, enum node_kind kind,
                   const char *what);

/* A scalar as it is. False: an error, or no memory. */
bool reader_scalar(struct file_reader *reader, const struct node *node, const char *what,
                   struct text *text);

/* A scalar with its variables replaced. False: an error is in the complaints. Empty text
 * and integers that YAML 1.1 reads otherwise than they look (010, 1:30) are errors. */
bool reader_text(struct file_reader *reader, const struct node *node, const char *what,
                 struct text *text);

/* The same without replacing variables. */
bool reader_raw_text(struct file_reader *reader, const struct node *node, const char *what,
                     struct text *text);

/* The same as a string; NULL: an error. */
const char *reader_string(struct file_reader *reader, const struct node *node,
                          const char *what);

/* Reads a host, from a scalar that is a key or a value. */
bool reader_host(struct file_reader *reader, const struct node *node, const char *what,
                 struct host_spec *spec);

/* The hosts of a scalar or a list, in the policy's arena. NULL: an error, or none. */
struct host_spec *reader_hosts(struct file_reader *reader, const struct node *node,
                               const char *what, size_t *count);

/* The vantage that the scalar NODE names. One that no file declares is an error if some
 * file declares any; otherwise it is added. NULL: an error. */
struct vantage *reader_vantage(struct file_reader *reader, const struct node *node);

/* Place of NODE in the reader's source. */
struct place reader_place(const struct file_reader *reader, const struct node *node);

void reader_no_memory(struct file_reader *reader);

/* The value of an `expect` key or of a line of `hosts`: rules from everywhere, or a map of
 * vantages to rules. */
void read_expectations(struct file_reader *reader, struct block *block,
                       const struct node *node);

/* The map under `vars`: defines each. */
void read_vars(struct file_reader *reader, const struct node *node);

/* The list under `waivers`, the map under `settings`. */
void read_waivers(struct file_reader *reader, const struct node *node, void *context);
void read_settings(struct file_reader *reader, const struct node *node, void *context);

#endif
