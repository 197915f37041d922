#include "scanner/commands/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key, the end of its line, and a little white space. */
enum { KEY_FILE_MOST = RESPONDER_KEY_TEXT_SIZE + 16 };

static int write_key(int fd)
{
    struct responder_key key;
    char line[RESPONDER_KEY_TEXT_SIZE];
    responder_key_draw(&key);
    responder_key_format(&key, line);
    line[sizeof line - 1] = '\n';
    if (fchmod(fd, 0600) < 0)
        return -errno;
    ssize_t written = write(fd, line, sizeof line);
    if (written < 0)
        return -errno;
    if ((size_t)written < sizeof line)
        return -ENOSPC;
    return fsync(fd) < 0 ? -errno : 0;
}

int key_file_make(const char *path, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set(error, -errno, "%s cannot be made: %s", path, strerror(errno));
    int status = write_key(fd);
    if (close(fd) < 0 && status == 0)
        status = -errno;
    if (status < 0) {
        (void)unlink(path);
        return error_set(error, status, "%s cannot be written: %s", path, strerror(-status));
    }
    return 0;
}

static int check_owner(int fd, const char *path, struct error *error)
{
    struct stat file;
    if (fstat(fd, &file) < 0)
        return error_set(error, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return error_set(error, -EINVAL, "%s is no plain file", path);
    if (file.st_mode & (S_IRWXG | S_IRWXO))
        return error_set(error, -EACCES,
                         "%s holds a key that others may use: make it its owner's alone "
                         "(chmod 600), or make a new one with portvet respond --new-key",
                         path);
    return 0;
}

static int parse(struct responder_key *key, int fd, const char *path, struct error *error)
{
    char text[KEY_FILE_MOST + 1];
    ssize_t length = read(fd, text, sizeof text);
    if (length < 0)
        return error_set(error, -errno, "%s cannot be read: %s", path, strerror(errno));
    if (length < (ssize_t)sizeof text) {
        text[length] = '\0';
        if (responder_key_parse(key, text) == 0)
            return 0;
    }
    return error_set(error, -EINVAL,
                     "%s holds no key: one line of 64 hexadecimal digits is expected, as "
                     "portvet respond --new-key writes it",
                     path);
}

int key_file_read(struct responder_key *key, const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(error, -errno, "the key %s cannot be read: %s", path, strerror(errno));
    int status = check_owner(fd, path, error);
    if (status == 0)
        status = parse(key, fd, path, error);
    close(fd);
    return status;
}
