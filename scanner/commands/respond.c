/* portvet respond --key FILE, portvet respond --new-key FILE */
#include "scanner/commands/commands.h"
#include "scanner/commands/confine.h"
#include "scanner/commands/interrupt.h"
#include "scanner/commands/key_file.h"
#include "scanner/privileges/privileges.h"
#include "scanner/responder/respond_live.h"

#include <errno.h>
#include <inttypes.h>

/* Answers a second, where none are asked for: more than an audit at its default rate wants. */
#define DEFAULT_RATE 50000

static void show_counters(struct respond_live *live)
{
    struct respond_live_counters counters;
    respond_live_counters(live, &counters);
    fputs("portvet respond:", stderr);
    for (size_t i = 0; i < RESPOND_FATES; i++)
        fprintf(stderr, " %s %" PRIu64 ",", respond_fate_name((enum respond_fate)i),
                counters.fates[i]);
    fprintf(stderr, " not sent %" PRIu64 ", not captured %" PRIu64 "\n", counters.send_errors,
            counters.capture_dropped);
}

static enum exit_code open_live(struct respond_live **live, const struct options *options,
                                const struct responder_key *key)
{
    const struct respond_live_options wanted = {
        .key = key,
        .max_rate = options->max_rate_given ? options->max_rate : DEFAULT_RATE,
        .interface = options->interface,
    };
    static const struct outputs no_outputs;
    struct error error;
    int status = privileges_raise(&error);
    if (status == 0)
        status = respond_live_open(live, &wanted, &error);
    if (status < 0)
        return command_fail(status == -EPERM ? EXIT_PRIVILEGE : EXIT_NETWORK, "%s", error.text);
    if (confine(options, &no_outputs, &error) < 0)
        return command_fail(EXIT_PRIVILEGE, "%s", error.text);
    return EXIT_MET;
}

/* Until a signal ends it, which is how it is meant to end. */
static enum exit_code serve(struct respond_live *live)
{
    struct error error;
    interrupt_install();
    interrupt_install_request();
    fputs("portvet respond: ready\n", stderr);
    while (*interrupt_flag() == 0) {
        if (respond_live_serve(live, &error) < 0)
            return command_fail(EXIT_NETWORK, "%s", error.text);
        if (interrupt_take_request())
            show_counters(live);
    }
    show_counters(live);
    return EXIT_MET;
}

static enum exit_code make_key(const char *path)
{
    struct error error;
    if (key_file_make(path, &error) < 0)
        return command_fail(EXIT_REPORT, "%s", error.text);
    return EXIT_MET;
}

enum exit_code command_respond(const struct options *options)
{
    if (options->words.count > 0 || !options->key == !options->new_key)
        return command_fail(EXIT_USAGE, "respond takes --key FILE or --new-key FILE");
    if (options->new_key)
        return make_key(options->new_key);
    struct responder_key key;
    struct error error;
    if (key_file_read(&key, options->key, &error) < 0)
        return command_fail(EXIT_FILE, "%s", error.text);
    struct respond_live *live = NULL;
    enum exit_code code = open_live(&live, options, &key);
    if (code == EXIT_MET)
        code = serve(live);
    respond_live_close(live);
    return code;
}
