#include "scanner/commands/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder for one test, and a key's path in it. */
struct place {
    char folder[64], path[80];
};

static int make_place(void **state)
{
    static struct place place;
    snprintf(place.folder, sizeof place.folder, "/tmp/portvet-key-XXXXXX");
    if (!mkdtemp(place.folder))
        return -1;
    snprintf(place.path, sizeof place.path, "%s/a.key", place.folder);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    const struct place *place = *state;
    (void)unlink(place->path);
    return rmdir(place->folder);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void a_new_key_is_read_again_and_is_its_owners_alone(void **state)
{
    const struct place *place = *state;
    struct error error;
    struct responder_key key;
    struct stat file;
    assert_int_equal(key_file_make(place->path, &error), 0);
    assert_int_equal(stat(place->path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_int_equal(file.st_size, 65);
    assert_int_equal(key_file_read(&key, place->path, &error), 0);
}

static void an_existing_key_is_never_overwritten(void **state)
{
    const struct place *place = *state;
    struct error error;
    struct responder_key before, after;
    assert_int_equal(key_file_make(place->path, &error), 0);
    assert_int_equal(key_file_read(&before, place->path, &error), 0);
    assert_int_equal(key_file_make(place->path, &error), -EEXIST);
    assert_int_equal(key_file_read(&after, place->path, &error), 0);
    assert_memory_equal(&before, &after, sizeof before);
}

static const char right[] =
    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n";

static void a_key_that_others_may_use_is_refused(void **state)
{
    const struct place *place = *state;
    static const mode_t refused[] = {0640, 0604, 0620, 0602, 0644, 0666};
    static const mode_t accepted[] = {0600, 0400, 0700};
    struct error error;
    struct responder_key key;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        write_file(place->path, right, refused[i]);
        assert_int_equal(key_file_read(&key, place->path, &error), -EACCES);
        assert_non_null(strstr(error.text, "chmod 600"));
    }
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        assert_int_equal(chmod(place->path, accepted[i]), 0);
        assert_int_equal(key_file_read(&key, place->path, &error), 0);
    }
}

static void a_file_without_a_key_is_refused(void **state)
{
    const struct place *place = *state;
    static const char *const texts[] = {
        "",
        "\n",
        "key: 00112233",
        "00112233445566778899aabbccddeeff",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
        "                                                                  ",
    };
    struct error error;
    struct responder_key key;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(place->path, texts[i], 0600);
        assert_int_equal(key_file_read(&key, place->path, &error), -EINVAL);
    }
}

static void a_missing_file_or_a_folder_is_no_key(void **state)
{
    const struct place *place = *state;
    struct error error;
    struct responder_key key;
    assert_int_equal(key_file_read(&key, place->path, &error), -ENOENT);
    assert_int_equal(key_file_read(&key, place->folder, &error), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_key_is_read_again_and_is_its_owners_alone,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(an_existing_key_is_never_overwritten, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_use_is_refused, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_file_without_a_key_is_refused, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_missing_file_or_a_folder_is_no_key, make_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
