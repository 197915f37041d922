/* The JSON report, written through jansson piece by piece, so that a fleet is never in
 * memory twice. */
#include "reports/json/fields.h"
#include "reports/json/value.h"
#include "reports/writers.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *unsigned_value(const void *at, size_t size)
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
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *address_value(const struct addr *address)
{
    char text[ADDR_TEXT_SIZE];
    return value_of_text(addr_format(address, text));
}

static json_t *forwarding_value(const struct forwarding *forwarding)
{
    char text[FORWARDING_TEXT_SIZE];
    return value_of_text(forwarding_format(forwarding, text));
}

static json_t *ports_value(const struct portset *ports)
{
    char *text = portset_format(ports);
    json_t *value = text ? json_string_nocheck(text) : NULL;
    free(text);
    return value;
}

static json_t *object_value(const void *object, const struct json_field *fields);

static json_t *field_value(const void *object, const struct json_field *field)
{
    const void *at = json_field_in(object, field);
    const double *real = at;
    switch (field->kind) {
    case JSON_KIND_TEXT:
        return value_of_text(*(char *const *)at);
    case JSON_KIND_CHARS:
        return value_of_text(at);
    case JSON_KIND_BOOL:
        return json_boolean(*(const bool *)at);
    case JSON_KIND_UNSIGNED:
        return unsigned_value(at, field->size);
    case JSON_KIND_REAL:
        return json_real(isfinite(*real) ? *real : 0);
    case JSON_KIND_TIME:
        return value_of_time(at);
    case JSON_KIND_ADDRESS:
        return address_value(at);
    case JSON_KIND_FORWARDING:
        return forwarding_value(at);
    case JSON_KIND_PORTS:
        return ports_value(at);
    case JSON_KIND_PROTO:
        return json_string_nocheck(proto_name(*(const enum proto *)at));
    case JSON_KIND_STATE:
        return json_string_nocheck(port_state_name(*(const enum port_state *)at));
    case JSON_KIND_REASON:
        return json_string_nocheck(reason_name(*(const enum reason *)at));
    case JSON_KIND_ORIGIN:
        return json_string_nocheck(origin_name(*(const enum origin *)at));
    case JSON_KIND_RESULT:
        return json_string_nocheck(result_name(*(const enum result *)at));
    case JSON_KIND_OBJECT:
        return object_value(at, field->fields);
    case JSON_KIND_SCHEMA:
        return json_integer(JSON_SCHEMA);
    case JSON_KIND_COUNT:
        return json_integer(portset_size(at));
    case JSON_KIND_END:
        break;
    }
    return NULL;
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

/* The object as JSON; NULL: no memory. */
static json_t *object_value(const void *object, const struct json_field *fields)
{
    json_t *json = json_object();
    for (const struct json_field *field = fields; field->kind != JSON_KIND_END; field++) {
        if (is_absent(object, field))
            continue;
        if (json_object_set_new_nocheck(json, field->name, field_value(object, field)) < 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

static int write_files(FILE *out, const struct audit *audit)
{
    int status = 0;
    fputs(",\n \"files\": [", out);
    for (size_t i = 0; i < audit->file_count && status == 0; i++)
        status =
            value_dump(out, i ? ", " : "", object_value(&audit->files[i], json_file_fields), 0);
    fputs("]", out);
    return status;
}

static int write_warnings(FILE *out, const struct audit *audit)
{
    int status = 0;
    fputs(",\n \"warnings\": [", out);
    for (size_t i = 0; i < audit->warning_count && status == 0; i++)
        status =
            value_dump(out, i ? ", " : "", value_of_text(audit->warnings[i]), JSON_ENCODE_ANY);
    fputs("]", out);
    return status;
}

static int write_host(FILE *out, const struct host_verdicts *host)
{
    int status = value_dump(out, "\n  {", object_value(host, json_host_fields), JSON_EMBED);
    fputs(",\n   \"ports\": [", out);
    for (size_t i = 0; i < host->count && status == 0; i++)
        status = value_dump(out, i ? ",\n    " : "\n    ",
                            object_value(&host->verdicts[i], json_verdict_fields), 0);
    fputs("]}", out);
    return status;
}

int json_write(const struct audit *audit, const struct report_style *style, FILE *out,
               struct error *error)
{
    (void)style;
    int status = value_dump(out, "{", object_value(audit, json_audit_fields), JSON_EMBED);
    if (status == 0)
        status = write_files(out, audit);
    if (status == 0)
        status = write_warnings(out, audit);
    fputs(",\n \"hosts\": [", out);
    for (size_t i = 0; i < audit->host_count && status == 0; i++) {
        fputs(i ? "," : "", out);
        status = write_host(out, &audit->hosts[i]);
    }
    fputs("]}\n", out);
    if (status < 0)
        return error_no_memory(error);
    if (fflush(out) != 0 || ferror(out))
        return error_set(error, -EIO, "the report could not be written");
    return 0;
}
