/* The JSON report (RFC 8259), field by field as the tables have it. It is written as text,
 * because that of a fleet has millions of values, and making each of them with jansson took an
 * eighth of the whole run; jansson reads it back, in tests and fuzzing too. */
#include "reports/json/fields.h"
#include "reports/json/value.h"
#include "reports/stream.h"
#include "reports/writers.h"

#include <math.h>
#include <string.h>

static const struct escape string_escape = {{
    ['\\'] = "\\\\",
    ['"'] = "\\\"",
    ['\t'] = "\\t",
    ['\n'] = "\\n",
    ['\r'] = "\\r",
}};

static void write_word(struct stream *json, const char *word)
{
    stream_copy(json, "\"");
    stream_copy(json, word);
    stream_copy(json, "\"");
}

static void write_text(struct stream *json, const char *text)
{
    stream_copy(json, "\"");
    stream_text(json, text);
    stream_copy(json, "\"");
}

static void write_ports(struct stream *json, const struct portset *ports)
{
    stream_copy(json, "\"");
    stream_take(json, portset_format(ports));
    stream_copy(json, "\"");
}

static void write_unsigned(struct stream *json, const void *at, size_t size)
{
    union {
        uint8_t one;
        uint16_t two;
        uint32_t four;
        uint64_t eight;
    } number;
    memcpy(&number, at, size);
    uint64_t value = size == 1   ? number.one
                     : size == 2 ? number.two
                     : size == 4 ? number.four
                                 : number.eight;
    stream_number(json, value > INT64_MAX ? INT64_MAX : value);
}

/* Nine digits carry every measure; more would show the noise of binary fractions. A real number
 * shows that it is one. */
static void write_real(struct stream *json, double value)
{
    char text[32];
    if (value >= 0 && value < 1e9 && value == floor(value)) { /* most are 0 or 1 */
        stream_number(json, (uint64_t)value);
        stream_copy(json, ".0");
        return;
    }
    snprintf(text, sizeof text, "%.9g", isfinite(value) ? value : 0);
    char *exponent = strchr(text, 'e');
    if (exponent) { /* 5e-7, not 5e-07 */
        char *digits = exponent + 1 + (exponent[1] == '-');
        const char *first = digits + strspn(digits, "+0");
        memmove(digits, first, strlen(first) + 1);
    }
    stream_copy(json, text);
    stream_copy(json, strpbrk(text, ".e") ? "" : ".0");
}

static void write_fields(struct stream *json, const void *object,
                         const struct json_field *fields);

static void write_value(struct stream *json, const void *object, const struct json_field *field)
{
    const void *at = json_field_in(object, field);
    char text[FORWARDING_TEXT_SIZE]; /* the longest */
    _Static_assert(sizeof text >= TIME_TEXT_SIZE && sizeof text >= ADDR_TEXT_SIZE, "room");
    switch (field->kind) {
    case JSON_KIND_TEXT:
        write_text(json, *(char *const *)at);
        break;
    case JSON_KIND_CHARS:
        write_text(json, at);
        break;
    case JSON_KIND_BOOL:
        stream_copy(json, *(const bool *)at ? "true" : "false");
        break;
    case JSON_KIND_UNSIGNED:
        write_unsigned(json, at, field->size);
        break;
    case JSON_KIND_REAL:
        write_real(json, *(const double *)at);
        break;
    case JSON_KIND_TIME:
        write_word(json, value_time_text(at, text));
        break;
    case JSON_KIND_ADDRESS:
        write_word(json, addr_format(at, text));
        break;
    case JSON_KIND_FORWARDING:
        write_word(json, forwarding_format(at, text));
        break;
    case JSON_KIND_PORTS:
        write_ports(json, at);
        break;
    case JSON_KIND_PROTO:
        write_word(json, proto_name(*(const enum proto *)at));
        break;
    case JSON_KIND_STATE:
        write_word(json, port_state_name(*(const enum port_state *)at));
        break;
    case JSON_KIND_REASON:
        write_word(json, reason_name(*(const enum reason *)at));
        break;
    case JSON_KIND_ORIGIN:
        write_word(json, origin_name(*(const enum origin *)at));
        break;
    case JSON_KIND_RESULT:
        write_word(json, result_name(*(const enum result *)at));
        break;
    case JSON_KIND_OBJECT:
        stream_copy(json, "{");
        write_fields(json, at, field->fields);
        stream_copy(json, "}");
        break;
    case JSON_KIND_SCHEMA:
        stream_number(json, JSON_SCHEMA);
        break;
    case JSON_KIND_COUNT:
        stream_number(json, portset_size(at));
        break;
    case JSON_KIND_END:
        break;
    }
}

static bool is_absent(const void *object, const struct json_field *field)
{
    const void *at = json_field_in(object, field);
    if (field->kind == JSON_KIND_TEXT)
        return *(char *const *)at == NULL;
    if (field->kind == JSON_KIND_ADDRESS)
        return ((const struct addr *)at)->family == ADDR_NONE;
    return field->absent && field->absent(object);
}

/* What stands between the braces of an object. */
static void write_fields(struct stream *json, const void *object,
                         const struct json_field *fields)
{
    const char *before = "\"";
    for (const struct json_field *field = fields; field->kind != JSON_KIND_END; field++) {
        if (is_absent(object, field))
            continue;
        stream_copy(json, before);
        stream_copy(json, field->name);
        stream_copy(json, "\": ");
        write_value(json, object, field);
        before = ", \"";
    }
}

static void write_files(struct stream *json, const struct audit *audit)
{
    stream_copy(json, ",\n \"files\": [");
    for (size_t i = 0; i < audit->file_count; i++) {
        stream_copy(json, i ? ", {" : "{");
        write_fields(json, &audit->files[i], json_file_fields);
        stream_copy(json, "}");
    }
    stream_copy(json, "]");
}

static void write_warnings(struct stream *json, const struct audit *audit)
{
    stream_copy(json, ",\n \"warnings\": [");
    for (size_t i = 0; i < audit->warning_count; i++) {
        stream_copy(json, i ? ", " : "");
        write_text(json, audit->warnings[i]);
    }
    stream_copy(json, "]");
}

static void write_host(struct stream *json, const struct host_verdicts *host)
{
    stream_copy(json, "\n  {");
    write_fields(json, host, json_host_fields);
    stream_copy(json, ",\n   \"ports\": [");
    for (size_t i = 0; i < host->count; i++) {
        stream_copy(json, i ? ",\n    {" : "\n    {");
        write_fields(json, &host->verdicts[i], json_verdict_fields);
        stream_copy(json, "}");
    }
    stream_copy(json, "]}");
}

int json_write(const struct audit *audit, const struct report_style *style, FILE *out,
               struct error *error)
{
    (void)style;
    struct stream json = {out, &string_escape, false};
    stream_copy(&json, "{");
    write_fields(&json, audit, json_audit_fields);
    write_files(&json, audit);
    write_warnings(&json, audit);
    stream_copy(&json, ",\n \"hosts\": [");
    for (size_t i = 0; i < audit->host_count; i++) {
        stream_copy(&json, i ? "," : "");
        write_host(&json, &audit->hosts[i]);
    }
    stream_copy(&json, "]}\n");
    return stream_finish(&json, error);
}
