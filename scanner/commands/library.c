#include "scanner/commands/library.h"

#include "probes/udp_library_data.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Larger than any file of probes; what a file may have beyond is told as an error. */
enum { FILE_SIZE_MAX = 1 << 20 };

static int load_built_in(struct udp_library *library, struct complaints *complaints)
{
    int status = 0;
    for (size_t i = 0; i < udp_library_file_count && status == 0; i++) {
        const struct udp_library_file *file = &udp_library_files[i];
        status = probe_file_read(library, file->name, file->text, file->length, complaints);
    }
    return status;
}

static void complain_of(struct complaints *complaints, const char *path, const char *problem)
{
    const struct complaint_place place = {.file = path};
    complaints_add(complaints, false, &place, "%s", problem);
}

/* NULL with errno 0: there is something else, a FIFO perhaps, which nobody need write to. */
static FILE *open_regular(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct stat status;
    int failed = fstat(fd, &status);
    FILE *file = failed || !S_ISREG(status.st_mode) ? NULL : fdopen(fd, "r");
    if (!failed && !S_ISREG(status.st_mode))
        errno = 0;
    if (!file)
        close(fd);
    return file;
}

/* The text of PATH, to be freed; NULL after having complained. */
static char *read_text(const char *path, size_t *length, struct complaints *complaints)
{
    FILE *file = open_regular(path);
    char *text = file ? malloc(FILE_SIZE_MAX + 1) : NULL;
    if (!text) {
        complain_of(complaints, path, errno ? strerror(errno) : "is not a regular file");
        if (file)
            fclose(file);
        return NULL;
    }
    *length = fread(text, 1, FILE_SIZE_MAX + 1, file);
    const char *problem = ferror(file) ? "cannot be read" : NULL;
    if (*length > FILE_SIZE_MAX)
        problem = "is larger than 1 MiB";
    fclose(file);
    if (!problem)
        return text;
    complain_of(complaints, path, problem);
    free(text);
    return NULL;
}

static int load_file(struct udp_library *library, const char *folder, const char *name,
                     struct complaints *complaints)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return -ENOMEM;
    size_t length;
    char *text = read_text(path, &length, complaints);
    int status = text ? probe_file_read(library, path, text, length, complaints) : -EINVAL;
    free(text);
    free(path);
    return status;
}

static int is_probe_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 &&
           strcmp(entry->d_name + length - 4, ".yml") == 0;
}

/* All files are read, so that a person sees the errors of each. */
static int load_folder(struct udp_library *library, const char *folder,
                       struct complaints *complaints)
{
    struct dirent **entries;
    int status = 0, count = scandir(folder, &entries, is_probe_file, alphasort);
    if (count <= 0) {
        complain_of(complaints, folder, count < 0 ? strerror(errno) : "has no *.yml file");
        if (count == 0)
            free(entries);
        return -EINVAL;
    }
    for (int i = 0; i < count; i++) {
        int one = load_file(library, folder, entries[i]->d_name, complaints);
        if (one < 0)
            status = one;
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum exit_code library_load(struct udp_library *library, const struct options *options)
{
    struct complaints complaints = {0};
    enum exit_code code = EXIT_MET;
    if (load_built_in(library, &complaints) < 0)
        code = EXIT_SOFTWARE;
    else if (options->probes_folder &&
             load_folder(library, options->probes_folder, &complaints) < 0)
        code = EXIT_FILE;
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    return code;
}
