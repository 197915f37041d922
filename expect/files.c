#include "expect/files.h"

#include "probes/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Who asks for a file, and where that is written. */
struct request {
    const char *path;
    const struct file *parent; /* NULL: the command line */
    struct place place;        /* of the include; without a source for the command line */
};

/* A complaint about REQUEST itself: where it was included, or about the file as a whole. */
static void complain_request(struct files *files, const struct request *request,
                             const char *problem)
{
    struct complaints *complaints = files->reader->complaints;
    struct complaint_place place = {.file = request->path};
    files->reader->variables->incomplete = true;
    if (request->place.source)
        complain(complaints, request->place, "%s: %s", request->path, problem);
    else
        complaints_add(complaints, false, &place, "%s", problem);
}

/* Reads all of FD into *TEXT, which the caller frees; of a file that is too large, more than
 * is allowed. -errno, or the length. */
static ssize_t read_all(int fd, char **text)
{
    enum { STEP = 16 << 10 };
    size_t length = 0, capacity = 0;
    while (length <= TREE_FILE_MAX) {
        if (length == capacity) {
            char *grown = realloc(*text, capacity += capacity ? capacity : STEP);
            if (!grown)
                return -ENOMEM;
            *text = grown;
        }
        ssize_t count = read(fd, *text + length, capacity - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        if (count == 0)
            break;
        length += (size_t)count;
    }
    return (ssize_t)length;
}

/* Makes FILE's source of TEXT and notes the digest for the reports. */
static bool keep_text(struct files *files, struct file *file, const char *path,
                      const char *text, size_t length)
{
    struct policy *policy = files->reader->policy;
    struct policy_file *listed = arena_alloc(&policy->arena, sizeof *listed);
    if (!listed)
        return false;
    digest_sha256(text, length, listed->sha256);
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    file->source = source_new(&policy->arena, path, text, length);
    listed->source = file->source;
    *policy->files_end = listed;
    policy->files_end = &listed->next;
    return file->source != NULL;
}

static bool load_text(struct files *files, struct file *file, int fd,
                      const struct request *request)
{
    char *text = NULL;
    ssize_t length = read_all(fd, &text);
    bool kept = length >= 0 && length <= TREE_FILE_MAX &&
                keep_text(files, file, request->path, text, (size_t)length);
    if (length > TREE_FILE_MAX)
        complain_request(files, request, "larger than 1 MiB");
    else if (length < 0 && length != -ENOMEM)
        complain_request(files, request, strerror((int)-length));
    else if (!kept)
        reader_no_memory(files->reader);
    free(text);
    return kept;
}

static bool is_open(const struct file *file, const struct stat *status)
{
    return file->device == status->st_dev && file->inode == status->st_ino;
}

/* Has this file been read before? To include it on the way to itself is an error. */
static bool is_known(struct files *files, const struct stat *status,
                     const struct request *request)
{
    for (const struct file *file = request->parent; file; file = file->parent) {
        if (is_open(file, status)) {
            complain_request(files, request, "the file includes itself");
            return true;
        }
    }
    for (const struct file *file = files->opened; file; file = file->earlier) {
        if (is_open(file, status))
            return true;
    }
    return false;
}

static struct file *add_file(struct files *files, const struct request *request,
                             const struct stat *status)
{
    struct file *file = arena_alloc(files->reader->arena, sizeof *file);
    if (!file) {
        reader_no_memory(files->reader);
        return NULL;
    }
    *file = (struct file){.earlier = files->opened,
                          .depth = request->parent ? request->parent->depth + 1 : 1,
                          .device = status->st_dev,
                          .inode = status->st_ino,
                          .parent = request->parent};
    files->opened = file;
    return file;
}

static void read_request(struct files *files, const struct request *request);

static char *join_path(const char *folder, const char *path)
{
    char *joined = NULL;
    return asprintf(&joined, "%s%s", folder, path) < 0 ? NULL : joined;
}

/* The folder of PATH with a slash at its end, "" for the working directory. ESCAPED: what
 * glob(3) would take for more than letters is escaped. */
static char *folder_of(const char *path, bool escaped)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    char *folder = calloc(2, length + 1), *out = folder;
    for (size_t i = 0; folder && i < length; i++) {
        if (escaped && strchr("*?[]\\", path[i]))
            *out++ = '\\';
        *out++ = path[i];
    }
    return folder;
}

/* PATTERN, which is relative to the folder of FILE unless it starts at the root. */
static char *locate(const struct file *file, const char *pattern, bool escaped)
{
    char *folder = folder_of(pattern[0] == '/' ? "" : file->source->name, escaped);
    char *joined = folder ? join_path(folder, pattern) : NULL;
    free(folder);
    return joined;
}

static void include_path(struct files *files, const struct file *file, struct place place,
                         const char *path)
{
    if (files->included == FILES_INCLUDED_MAX) {
        complain(files->reader->complaints, place, "more than %d files are included",
                 FILES_INCLUDED_MAX);
        return;
    }
    files->included++;
    struct request request = {.path = path, .parent = file, .place = place};
    read_request(files, &request);
}

static void include_matches(struct files *files, const struct file *file, struct place place,
                            const char *pattern)
{
    glob_t found = {0};
    char *located = locate(file, pattern, true);
    int failed = located ? glob(located, 0, NULL, &found) : GLOB_NOSPACE;
    free(located);
    if (failed == GLOB_NOSPACE)
        reader_no_memory(files->reader);
    else if (failed)
        complain(files->reader->complaints, place, "no file matches '%.80s'", pattern);
    for (size_t i = 0; !failed && i < found.gl_pathc && files->included <= FILES_INCLUDED_MAX;
         i++)
        include_path(files, file, place, found.gl_pathv[i]);
    globfree(&found);
}

/* Reads what one item of `include` names. A path that is no pattern is opened as it is, so
 * that the reason why it can't be is said. */
static void include_item(struct files *files, const struct file *file, const struct node *node)
{
    struct file_reader *reader = files->reader;
    reader->source = file->source;
    reader->depth = file->depth;
    const char *pattern = reader_string(reader, node, "an include");
    struct place place = node_place(file->source, node);
    if (!pattern)
        return;
    if (strpbrk(pattern, "*?[")) {
        include_matches(files, file, place, pattern);
        return;
    }
    char *path = locate(file, pattern, false);
    if (path)
        include_path(files, file, place, path);
    else
        reader_no_memory(reader);
    free(path);
}

static void read_includes(struct files *files, const struct file *file, const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        include_item(files, file, node);
        return;
    }
    if (!reader_expect(files->reader, node, NODE_LIST, "'include'"))
        return;
    for (const struct node *child = node->children; child; child = child->next)
        include_item(files, file, child);
}

/* Reads a tree's `vars`, which its own includes may use, then its `include`. */
static void read_tree(struct files *files, struct file *file)
{
    struct file_reader *reader = files->reader;
    reader->source = file->source;
    reader->depth = file->depth;
    if (!reader_expect(reader, file->root, NODE_MAP, "the file"))
        return;
    const struct node *vars = node_find(file->root, "vars");
    const struct node *include = node_find(file->root, "include");
    if (vars)
        read_vars(reader, vars);
    if (include)
        read_includes(files, file, include);
    *files->end = file;
    files->end = &file->next;
}

static void read_open(struct files *files, int fd, const struct request *request)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        complain_request(files, request, strerror(errno));
        return;
    }
    if (request->parent && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        complain_request(files, request, "not a regular file");
        return;
    }
    if (is_known(files, &status, request))
        return;
    struct file *file = add_file(files, request, &status);
    if (!file || !load_text(files, file, fd, request))
        return;
    struct file_reader *reader = files->reader;
    file->root = tree_read(reader->arena, file->source, reader->complaints);
    if (file->root)
        read_tree(files, file);
    else
        reader->variables->incomplete = true;
}

static void read_request(struct files *files, const struct request *request)
{
    /* What is included must not wait for somebody to write it; what was named on the command
     * line may, as a shell's <(command) does. */
    int patience = request->parent ? O_NONBLOCK : 0;
    int fd = open(request->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | patience);
    if (fd < 0) {
        complain_request(files, request, strerror(errno));
        return;
    }
    read_open(files, fd, request);
    close(fd);
}

void files_read(struct files *files, const char *path)
{
    struct request request = {.path = path};
    read_request(files, &request);
}
