#include "tests/simulator/pcap_file.h"

enum {
    PCAP_SNAP_LENGTH = 65535,
    PCAP_LINKTYPE_RAW = 101,
};

/* The format of draft-ietf-opsawg-pcap; the byte order is the writer's, which the reader
 * sees by this number. */
#define PCAP_MAGIC_NANOSECONDS UINT32_C(0xa1b23c4d)

FILE *sim_pcap_create(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return NULL;
    const uint16_t version[2] = {2, 4};
    const uint32_t rest[4] = {0, 0, PCAP_SNAP_LENGTH, PCAP_LINKTYPE_RAW};
    const uint32_t magic = PCAP_MAGIC_NANOSECONDS;
    fwrite(&magic, sizeof(magic), 1, file);
    fwrite(version, sizeof(version), 1, file);
    fwrite(rest, sizeof(rest), 1, file);
    return file;
}

void sim_pcap_write(FILE *file, nsec_t at, const uint8_t *bytes, size_t length)
{
    const uint32_t header[4] = {(uint32_t)(at / NSEC_PER_SEC), (uint32_t)(at % NSEC_PER_SEC),
                                (uint32_t)length, (uint32_t)length};
    fwrite(header, sizeof(header), 1, file);
    fwrite(bytes, 1, length, file);
}
