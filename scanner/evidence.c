#include "scanner/evidence.h"

#include "probes/checksum.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SNAP_LENGTH = 65535,
    LINKTYPE_RAW = 101, /* a packet begins with its IPv4 or IPv6 header */
    IPV4_LENGTH_AT = 2,
    IPV6_LENGTH_AT = 4,
    IPV6_HEADER = 40,
};

/* The magic number of files with nanoseconds; readers see the byte order by it. */
#define MAGIC_NANOSECONDS UINT32_C(0xa1b23c4d)

/* How much may be lost when the power fails. */
#define FLUSH_EVERY NSEC_PER_SEC

struct evidence {
    FILE *file;
    char *path;
    int failure; /* the first, -errno; 0: none */
    nsec_t wall_offset;
    bool started;
    nsec_t flushed_at;
    char buffer[1 << 16];
};

static void append(struct evidence *evidence, const void *bytes, size_t length)
{
    if (fwrite(bytes, 1, length, evidence->file) != length && evidence->failure == 0)
        evidence->failure = errno ? -errno : -EIO;
}

static void write_header(struct evidence *evidence)
{
    const uint32_t magic = MAGIC_NANOSECONDS;
    const uint16_t version[2] = {2, 4};
    const uint32_t rest[4] = {0, 0, SNAP_LENGTH, LINKTYPE_RAW};
    append(evidence, &magic, sizeof magic);
    append(evidence, version, sizeof version);
    append(evidence, rest, sizeof rest);
}

struct evidence *evidence_open(const char *path, struct error *error)
{
    struct evidence *evidence = calloc(1, sizeof *evidence);
    char *copy = strdup(path);
    if (!evidence || !copy) {
        free(evidence);
        free(copy);
        error_no_memory(error);
        return NULL;
    }
    evidence->path = copy;
    evidence->file = fopen(path, "wbe");
    if (!evidence->file) {
        error_set(error, -errno, "%s: cannot be written: %s", path, strerror(errno));
        free(evidence->path);
        free(evidence);
        return NULL;
    }
    setvbuf(evidence->file, evidence->buffer, _IOFBF, sizeof evidence->buffer);
    write_header(evidence);
    return evidence;
}

static nsec_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (nsec_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/* What the packet says of its own length. */
static size_t whole_length(const uint8_t *bytes, size_t length)
{
    size_t said = 0;
    if (length >= IPV6_HEADER && bytes[0] >> 4 == 6)
        said = IPV6_HEADER + (size_t)(bytes[IPV6_LENGTH_AT] << 8 | bytes[IPV6_LENGTH_AT + 1]);
    else if (length > IPV4_LENGTH_AT + 1 && bytes[0] >> 4 == 4)
        said = (size_t)(bytes[IPV4_LENGTH_AT] << 8 | bytes[IPV4_LENGTH_AT + 1]);
    return said > length ? said : length;
}

/* With the checksum that the packet has at its end, not on its way through this machine. */
static void append_packet(struct evidence *evidence, const uint8_t *bytes, size_t length)
{
    struct checksum_patch patch;
    if (!checksum_is_unfinished(bytes, length, &patch)) {
        append(evidence, bytes, length);
        return;
    }
    size_t behind = patch.at + sizeof patch.bytes;
    append(evidence, bytes, patch.at);
    append(evidence, patch.bytes, sizeof patch.bytes);
    append(evidence, bytes + behind, length - behind);
}

void evidence_add(struct evidence *evidence, nsec_t at, const uint8_t *bytes, size_t length)
{
    if (!evidence->started) {
        evidence->started = true;
        evidence->wall_offset = wall_clock() - at;
        evidence->flushed_at = at;
    }
    nsec_t wall = at + evidence->wall_offset;
    const uint32_t header[4] = {
        (uint32_t)(wall / NSEC_PER_SEC),
        (uint32_t)(wall % NSEC_PER_SEC),
        (uint32_t)length,
        (uint32_t)whole_length(bytes, length),
    };
    append(evidence, header, sizeof header);
    append_packet(evidence, bytes, length);
    if (at - evidence->flushed_at < FLUSH_EVERY)
        return;
    evidence->flushed_at = at;
    if (fflush(evidence->file) != 0 && evidence->failure == 0)
        evidence->failure = -errno;
}

int evidence_close(struct evidence *evidence, struct error *error)
{
    if (!evidence)
        return 0;
    if (fclose(evidence->file) != 0 && evidence->failure == 0)
        evidence->failure = -errno;
    int status = evidence->failure;
    if (status < 0)
        error_set(error, status, "%s: could not be written to the end: %s", evidence->path,
                  strerror(-status));
    free(evidence->path);
    free(evidence);
    return status;
}
