#include "reports/json/fields.h"

#define FIELD(name_, kind_, type, member, ...)                                             \
    {                                                                                      \
        .name = name_, .kind = JSON_KIND_##kind_, .offset = offsetof(struct type, member), \
        .size = sizeof(((struct type *)0)->member), __VA_ARGS__                            \
    }

static bool rtt_is_unknown(const void *object)
{
    const struct host_verdicts *host = object;
    return !(host->rtt_ms > 0);
}

static bool is_scan(const void *object)
{
    const struct verdict *verdict = object;
    return verdict->result == RESULT_SCANNED;
}

/* Where nobody answered, there is no origin to speak of. */
static bool nobody_answered(const void *object)
{
    const struct verdict *verdict = object;
    return verdict->seen.by.family == ADDR_NONE && verdict->seen.origin == ORIGIN_UNKNOWN;
}

static bool ttl_is_unknown(const void *object)
{
    const struct verdict *verdict = object;
    return verdict->seen.ttl == 0;
}

static bool has_no_miss(const void *object)
{
    const struct verdict *verdict = object;
    return !(verdict->seen.miss > 0);
}

static bool none_is_confirmed(const void *object)
{
    const struct verdict *verdict = object;
    return verdict->seen.confirmed == 0;
}

static bool is_not_forwarded(const void *object)
{
    const struct verdict *verdict = object;
    return verdict->seen.forwarded.address.family == ADDR_NONE;
}

static bool waiver_holds(const void *object)
{
    const struct verdict *verdict = object;
    return !verdict->waiver_expired;
}

static const struct json_field summary_fields[] = {
    FIELD("hosts", UNSIGNED, audit_summary, hosts),
    FIELD("expectations", UNSIGNED, audit_summary, expectations),
    FIELD("met", UNSIGNED, audit_summary, met),
    FIELD("broken", UNSIGNED, audit_summary, broken),
    FIELD("inconclusive", UNSIGNED, audit_summary, inconclusive),
    FIELD("waived", UNSIGNED, audit_summary, waived),
    {.kind = JSON_KIND_END},
};

static const struct json_field traffic_fields[] = {
    FIELD("sent", UNSIGNED, audit_traffic, sent),
    FIELD("received", UNSIGNED, audit_traffic, received),
    FIELD("send_errors", UNSIGNED, audit_traffic, send_errors),
    FIELD("capture_dropped", UNSIGNED, audit_traffic, capture_dropped),
    FIELD("invalid", UNSIGNED, audit_traffic, invalid),
    FIELD("seconds", REAL, audit_traffic, seconds),
    {.kind = JSON_KIND_END},
};

const struct json_field json_audit_fields[] = {
    FIELD("portvet", CHARS, audit, version, .required = true),
    {.name = "schema", .kind = JSON_KIND_SCHEMA, .required = true},
    FIELD("name", TEXT, audit, name),
    FIELD("vantage", TEXT, audit, vantage),
    FIELD("started", TIME, audit, started),
    FIELD("finished", TIME, audit, finished),
    FIELD("mode", TEXT, audit, mode),
    FIELD("result", RESULT, audit, result, .required = true),
    FIELD("interrupted", BOOL, audit, interrupted),
    FIELD("summary", OBJECT, audit, summary, .fields = summary_fields),
    FIELD("traffic", OBJECT, audit, traffic, .fields = traffic_fields),
    {.kind = JSON_KIND_END},
};

const struct json_field json_file_fields[] = {
    FIELD("path", TEXT, audit_file, path, .required = true),
    FIELD("sha256", CHARS, audit_file, sha256, .required = true),
    {.kind = JSON_KIND_END},
};

static const struct json_field loss_fields[] = {
    FIELD("estimate", REAL, loss_estimate, estimate),
    FIELD("upper", REAL, loss_estimate, upper),
    FIELD("samples", UNSIGNED, loss_estimate, samples),
    {.kind = JSON_KIND_END},
};

const struct json_field json_host_fields[] = {
    FIELD("name", TEXT, host_verdicts, name),
    FIELD("address", ADDRESS, host_verdicts, address),
    FIELD("group", TEXT, host_verdicts, group),
    FIELD("vantage", TEXT, host_verdicts, vantage),
    FIELD("alive", BOOL, host_verdicts, alive),
    FIELD("rtt_ms", REAL, host_verdicts, rtt_ms, .absent = rtt_is_unknown),
    FIELD("loss", OBJECT, host_verdicts, loss, .fields = loss_fields),
    FIELD("problem", TEXT, host_verdicts, problem),
    {.kind = JSON_KIND_END},
};

const struct json_field json_verdict_fields[] = {
    FIELD("proto", PROTO, verdict, seen.proto, .required = true),
    FIELD("ports", PORTS, verdict, seen.ports, .required = true),
    FIELD("count", COUNT, verdict, seen.ports),
    FIELD("state", STATE, verdict, seen.state, .required = true),
    FIELD("reason", REASON, verdict, seen.reason, .required = true),
    FIELD("origin", ORIGIN, verdict, seen.origin, .absent = nobody_answered),
    FIELD("by", ADDRESS, verdict, seen.by),
    FIELD("forwarded", FORWARDING, verdict, seen.forwarded, .absent = is_not_forwarded),
    FIELD("ttl", UNSIGNED, verdict, seen.ttl, .absent = ttl_is_unknown),
    FIELD("tries", UNSIGNED, verdict, seen.tries),
    FIELD("miss", REAL, verdict, seen.miss, .absent = has_no_miss),
    FIELD("confirmed", UNSIGNED, verdict, seen.confirmed, .absent = none_is_confirmed),
    FIELD("expected", TEXT, verdict, expected),
    FIELD("rule", TEXT, verdict, rule),
    FIELD("rule_text", TEXT, verdict, rule_text),
    FIELD("note", TEXT, verdict, note),
    FIELD("result", RESULT, verdict, result, .absent = is_scan),
    FIELD("waiver", TEXT, verdict, waiver),
    FIELD("waiver_owner", TEXT, verdict, waiver_owner),
    FIELD("waiver_until", TEXT, verdict, waiver_until),
    FIELD("waiver_expired", BOOL, verdict, waiver_expired, .absent = waiver_holds),
    {.kind = JSON_KIND_END},
};
