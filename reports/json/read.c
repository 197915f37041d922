/* A JSON report read back into an audit, strictly: what has the wrong type or an unknown
 * word is refused with its place, what has an unknown name is passed over, so that a later
 * portvet may add fields. */
#include "reports/json/fields.h"
#include "reports/reports.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int read_text(char **text, const json_t *value)
{
    if (!json_is_string(value))
        return -EINVAL;
    *text = strdup(json_string_value(value));
    return *text ? 0 : -ENOMEM;
}

static int read_chars(char *text, size_t size, const json_t *value)
{
    if (!json_is_string(value) || json_string_length(value) >= size)
        return -EINVAL;
    memcpy(text, json_string_value(value), json_string_length(value) + 1);
    return 0;
}

static int read_unsigned(void *at, size_t size, const json_t *value)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 ||
        (size < sizeof number && number >> (8 * size) != 0))
        return -EINVAL;
    union {
        uint8_t one;
        uint16_t two;
        uint32_t four;
        uint64_t eight;
    } narrow;
    if (size == 1)
        narrow.one = (uint8_t)number;
    else if (size == 2)
        narrow.two = (uint16_t)number;
    else if (size == 4)
        narrow.four = (uint32_t)number;
    else
        narrow.eight = (uint64_t)number;
    memcpy(at, &narrow, size);
    return 0;
}

static int read_time(struct timespec *time, const json_t *value)
{
    struct tm utc = {0};
    unsigned milliseconds;
    int length = 0;
    const char *text = json_string_value(value);
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;
    if (!rest || sscanf(rest, ".%3uZ%n", &milliseconds, &length) != 1 || length != 5 ||
        rest[length] != '\0')
        return -EINVAL;
    time->tv_sec = timegm(&utc);
    time->tv_nsec = (long)milliseconds * 1000000;
    return 0;
}

static int read_address(struct addr *address, const json_t *value)
{
    return json_is_string(value) ? addr_parse(address, json_string_value(value)) : -EINVAL;
}

static int read_forwarding(struct forwarding *forwarding, const json_t *value)
{
    return json_is_string(value) ? forwarding_parse(forwarding, json_string_value(value))
                                 : -EINVAL;
}

static int read_ports(struct portset *ports, const json_t *value)
{
    int status =
        json_is_string(value) ? portset_parse(ports, json_string_value(value)) : -EINVAL;
    return status == 0 && ports->count == 0 ? -EINVAL : status;
}

/* A word of one of the enumerations, which are all as wide as an unsigned. */
static int read_word(unsigned *at, int (*from_name)(const char *name), const json_t *value)
{
    int number = json_is_string(value) ? from_name(json_string_value(value)) : -1;
    if (number < 0)
        return -EINVAL;
    *at = (unsigned)number;
    return 0;
}

static int read_object(void *object, const struct json_field *fields, const json_t *json,
                       struct error *error);

static int read_field(void *object, const struct json_field *field, const json_t *value,
                      struct error *error)
{
    void *at = json_field_of(object, field);
    switch (field->kind) {
    case JSON_KIND_TEXT:
        return read_text(at, value);
    case JSON_KIND_CHARS:
        return read_chars(at, field->size, value);
    case JSON_KIND_BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ? 0 : -EINVAL;
    case JSON_KIND_UNSIGNED:
        return read_unsigned(at, field->size, value);
    case JSON_KIND_REAL:
        *(double *)at = json_number_value(value);
        return json_is_number(value) ? 0 : -EINVAL;
    case JSON_KIND_TIME:
        return read_time(at, value);
    case JSON_KIND_ADDRESS:
        return read_address(at, value);
    case JSON_KIND_FORWARDING:
        return read_forwarding(at, value);
    case JSON_KIND_PORTS:
        return read_ports(at, value);
    case JSON_KIND_PROTO:
        return read_word(at, proto_from_name, value);
    case JSON_KIND_STATE:
        return read_word(at, port_state_from_name, value);
    case JSON_KIND_REASON:
        return read_word(at, reason_from_name, value);
    case JSON_KIND_ORIGIN:
        return read_word(at, origin_from_name, value);
    case JSON_KIND_RESULT:
        return read_word(at, result_from_name, value);
    case JSON_KIND_OBJECT:
        return read_object(at, field->fields, value, error);
    case JSON_KIND_SCHEMA:
    case JSON_KIND_COUNT:
    case JSON_KIND_END:
        break;
    }
    return 0;
}

static int read_object(void *object, const struct json_field *fields, const json_t *json,
                       struct error *error)
{
    if (!json_is_object(json))
        return error_set(error, -EINVAL, "an object is missing");
    for (const struct json_field *field = fields; field->kind != JSON_KIND_END; field++) {
        const json_t *value = json_object_get(json, field->name);
        if (!value && field->required)
            return error_set(error, -EINVAL, "\"%s\" is missing", field->name);
        int status = value ? read_field(object, field, value, error) : 0;
        if (status == -ENOMEM)
            return error_no_memory(error);
        if (status < 0)
            return error_set(error, status, "\"%s\" has no value that fits", field->name);
    }
    return 0;
}

/* Puts a place before what *ERROR says and returns STATUS. */
static int at_place(struct error *error, int status, const char *list, size_t index)
{
    struct error inner = {{0}};
    if (error)
        inner = *error;
    return error_set(error, status, "%s %zu: %.400s", list, index + 1, inner.text);
}

static int read_verdicts(struct host_verdicts *host, const json_t *list, struct error *error)
{
    size_t index;
    json_t *value;
    json_array_foreach((json_t *)list, index, value)
    {
        struct verdict *verdict = host_add_verdict(host);
        if (!verdict)
            return error_no_memory(error);
        int status = read_object(verdict, json_verdict_fields, value, error);
        if (status < 0)
            return at_place(error, status, "entry", index);
    }
    return 0;
}

static int read_host(struct audit *audit, const json_t *value, struct error *error)
{
    struct host_verdicts *host = audit_add_host(audit);
    if (!host)
        return error_no_memory(error);
    const json_t *ports = json_object_get(value, "ports");
    int status = read_object(host, json_host_fields, value, error);
    if (status < 0)
        return status;
    if (!json_is_array(ports))
        return error_set(error, -EINVAL, "\"ports\" is no list");
    return read_verdicts(host, ports, error);
}

static int read_file(struct audit *audit, const json_t *value, struct error *error)
{
    struct audit_file file = {0};
    int status = read_object(&file, json_file_fields, value, error);
    if (status == 0 && audit_add_file(audit, file.path, file.sha256) < 0)
        status = error_no_memory(error);
    free(file.path);
    return status;
}

static int read_warning(struct audit *audit, const json_t *value, struct error *error)
{
    if (!json_is_string(value))
        return error_set(error, -EINVAL, "it is no text");
    return audit_add_warning(audit, json_string_value(value)) < 0 ? error_no_memory(error) : 0;
}

/* The lists of an audit, and what reads an item of each. */
static const struct audit_list {
    const char *name, *item;
    int (*read)(struct audit *audit, const json_t *value, struct error *error);
    bool required;
} audit_lists[] = {
    {"files", "file", read_file, false},
    {"warnings", "warning", read_warning, false},
    {"hosts", "host", read_host, true},
};

static int read_list(struct audit *audit, const struct audit_list *kind, const json_t *root,
                     struct error *error)
{
    json_t *list = json_object_get(root, kind->name);
    if (!list && !kind->required)
        return 0;
    if (!json_is_array(list))
        return error_set(error, -EINVAL, "\"%s\" is no list", kind->name);
    size_t index;
    json_t *value;
    json_array_foreach(list, index, value)
    {
        int status = kind->read(audit, value, error);
        if (status < 0)
            return at_place(error, status, kind->item, index);
    }
    return 0;
}

static int read_audit(struct audit *audit, const json_t *root, struct error *error)
{
    const json_t *schema = json_object_get(root, "schema");
    if (!json_object_get(root, "portvet") || !json_is_integer(schema))
        return error_set(error, -EINVAL, "this is no JSON report of portvet's");
    if (json_integer_value(schema) != JSON_SCHEMA)
        return error_set(error, -EINVAL,
                         "its schema is %" JSON_INTEGER_FORMAT ", this portvet knows %d",
                         json_integer_value(schema), JSON_SCHEMA);
    int status = read_object(audit, json_audit_fields, root, error);
    for (size_t i = 0; i < sizeof audit_lists / sizeof audit_lists[0] && status == 0; i++)
        status = read_list(audit, &audit_lists[i], root, error);
    return status;
}

/* The JSON in the file; NULL with *STATUS and *ERROR. */
static json_t *load(const char *path, int *status, struct error *error)
{
    json_error_t json_error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &json_error);
    if (root)
        return root;
    /* Short memory often has no text of its own in jansson. */
    if (json_error_code(&json_error) == json_error_out_of_memory || *json_error.text == '\0')
        *status = error_no_memory(error);
    else if (json_error_code(&json_error) == json_error_cannot_open_file)
        *status = error_set(error, -EINVAL, "%s: %s", path, strerror(errno));
    else
        *status = error_set(error, -EINVAL, "%s:%d:%d: %s", path, json_error.line,
                            json_error.column, json_error.text);
    return NULL;
}

int audit_read_json(struct audit **audit, const char *path, struct error *error)
{
    int status = 0;
    json_t *root = load(path, &status, error);
    if (!root)
        return status;
    struct error inner = {{0}};
    struct audit *read = audit_new();
    status = read ? read_audit(read, root, &inner) : error_no_memory(&inner);
    json_decref(root);
    if (status < 0) {
        audit_free(read);
        return error_set(error, status, "%s: %.400s", path, inner.text);
    }
    *audit = read;
    return 0;
}
