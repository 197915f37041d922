/* The files of a policy: those of the command line and what they include, each read once,
 * included ones before those that include them. */
#ifndef EXPECT_FILES_H
#define EXPECT_FILES_H

#include "expect/reader.h"

#include <sys/types.h>

enum { FILES_INCLUDED_MAX = 64 };

struct file {
    struct file *next;    /* in the order in which they are to be read */
    struct file *earlier; /* the one that was opened before */
    const struct source *source;
    struct node *root;
    unsigned depth; /* 1: of the command line */
    dev_t device;
    ino_t inode;
    const struct file *parent; /* who included it; NULL: the command line */
};

struct files {
    struct file_reader *reader;
    struct file *first, **end; /* those that are trees */
    struct file *opened;       /* the last that was opened, trees or not */
    size_t included;
};

/* Reads PATH and what it includes, and defines the variables of all of them. Problems go
 * into the reader's complaints; a file with errors is left out. */
void files_read(struct files *files, const char *path);

#endif
