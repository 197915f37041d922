/* The shape of the JSON report as tables: each struct of an audit, field by field, with
 * its name, its kind and where it lies. Writer and reader walk the same tables, so that
 * neither knows a field that the other does not. */
#ifndef REPORTS_JSON_FIELDS_H
#define REPORTS_JSON_FIELDS_H

#include "expect/audit.h"

enum { JSON_SCHEMA = 1 }; /* the version of the shape */

enum json_kind {
    JSON_KIND_TEXT,  /* char *, absent when NULL */
    JSON_KIND_CHARS, /* char[SIZE] */
    JSON_KIND_BOOL,
    JSON_KIND_UNSIGNED, /* of SIZE bytes */
    JSON_KIND_REAL,
    JSON_KIND_TIME,
    JSON_KIND_ADDRESS, /* absent when there is none */
    JSON_KIND_FORWARDING,
    JSON_KIND_PORTS,
    JSON_KIND_PROTO,
    JSON_KIND_STATE,
    JSON_KIND_REASON,
    JSON_KIND_ORIGIN,
    JSON_KIND_RESULT,
    JSON_KIND_OBJECT, /* FIELDS */
    JSON_KIND_SCHEMA, /* JSON_SCHEMA, nothing in the struct */
    JSON_KIND_COUNT,  /* how many ports; written only */
    JSON_KIND_END,
};

struct json_field {
    const char *name;
    enum json_kind kind;
    size_t offset, size;
    bool required;                      /* a report without it is none */
    bool (*absent)(const void *object); /* true: not written; NULL: always written */
    const struct json_field *fields;    /* of an object within */
};

/* Each table ends with JSON_KIND_END. Arrays are not in them: files, warnings, hosts, and
 * a host's ports. */
extern const struct json_field json_audit_fields[];
extern const struct json_field json_file_fields[];
extern const struct json_field json_host_fields[];
extern const struct json_field json_verdict_fields[];

/* Where FIELD lies in OBJECT. */
static inline void *json_field_of(void *object, const struct json_field *field)
{
    return (char *)object + field->offset;
}
static inline const void *json_field_in(const void *object, const struct json_field *field)
{
    return (const char *)object + field->offset;
}

#endif
