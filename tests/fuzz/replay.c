/* Runs the files of folders through a fuzz target once each, without a fuzzer: so that
 * every build with every compiler knows what was found before. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FILE_MOST = 2 << 20 };

static int run_file(const char *path)
{
    static uint8_t buffer[FILE_MOST];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    size_t size = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes)
        return -1;
    memcpy(bytes, buffer, size);
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return 0;
}

/* How many files were run, or -1. */
static int run_folder(const char *path)
{
    struct dirent **entries;
    int found = scandir(path, &entries, NULL, alphasort), count = 0;
    if (found < 0) {
        perror(path);
        return -1;
    }
    for (int i = 0; i < found; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (count >= 0 && entries[i]->d_type == DT_REG)
            count = run_file(file) < 0 ? -1 : count + 1;
        free(entries[i]);
    }
    free(entries);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = run_folder(argv[i]);
        if (count < 0)
            return EXIT_FAILURE;
        total += count;
    }
    printf("%d inputs\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
