#include "scanner/commands/connect_audit.h"

#include "scanner/commands/interrupt.h"

#include <errno.h>
#include <string.h>

static int refuse(const struct options *options, const struct plan *plan, struct error *error)
{
    if (options->source_port)
        return error_set(error, -EINVAL, "--source-port needs raw sockets: not with --connect");
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->targets[i].responder)
            return error_set(error, -EINVAL,
                             "responders are asked by raw sockets: not with --connect");
    }
    return 0;
}

struct connect *connect_audit_open(const struct connect_audit_setting *setting,
                                   const struct plan *plan, struct error *error)
{
    const struct options *options = setting->options;
    if (refuse(options, plan, error) < 0)
        return NULL;
    struct connect_options connect_options = {
        .way = {.interface = options->interface,
                .source = options->source,
                .library = setting->library,
                .watch = setting->watch},
        .max_rate = options->max_rate,
        .miss = options->miss,
        .max_tries = options->max_tries,
        .deadline = options->deadline,
        .seed = options->seed,
        .signal = interrupt_flag(),
        .progress = progress_show,
        .progress_context = setting->progress,
    };
    struct cookie_key key;
    cookie_key_draw(&key);
    if (!options->seed_given)
        memcpy(&connect_options.seed, key.bytes, sizeof connect_options.seed);
    return connect_new(&connect_options, error);
}

struct audit_traffic connect_audit_traffic(const struct connect *connect)
{
    struct connect_totals totals;
    connect_totals(connect, &totals);
    return (struct audit_traffic){
        .sent = totals.sent,
        .received = totals.received,
        .send_errors = totals.send_errors,
        .seconds = totals.seconds,
    };
}
