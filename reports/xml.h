/* XML written through libxml2's writer, with a memory of what failed: a report reads like
 * its elements and asks once, at the end. Text is cleaned (escape.h) and escaped here. It
 * knows no report. */
#ifndef REPORTS_XML_H
#define REPORTS_XML_H

#include "probes/error.h"

#include <stdio.h>

struct xml;

/* A document on OUT, which stays the caller's. NULL: no memory. */
struct xml *xml_new(FILE *out);

/* <?xml version="1.0" encoding="UTF-8"?> */
void xml_declare(struct xml *xml);

/* For HTML that is XML too: from now on nothing is indented, and an empty element is
 * closed by a tag of its own. */
void xml_become_html(struct xml *xml);

/* TEXT as it is. For text of our own only. */
void xml_raw(struct xml *xml, const char *text);

void xml_open(struct xml *xml, const char *element);
void xml_close(struct xml *xml);      /* <a/> when it is empty, in HTML <a></a> */
void xml_close_void(struct xml *xml); /* <br/>, in HTML too */

/* An attribute of the element that was just opened. NULL VALUE: no attribute. */
void xml_attribute(struct xml *xml, const char *name, const char *value);
void xml_attribute_format(struct xml *xml, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* VALUE was just allocated and is freed; NULL means that there was no memory for it. */
void xml_attribute_take(struct xml *xml, const char *name, char *value);

void xml_text(struct xml *xml, const char *text);
void xml_text_format(struct xml *xml, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void xml_text_take(struct xml *xml, char *text);

/* Notes a failed allocation of the caller's, for xml_finish(). */
void xml_fail_no_memory(struct xml *xml);

/* Closes what is open, frees XML and says how it went: 0, -ENOMEM or -EIO with *ERROR. */
int xml_finish(struct xml *xml, struct error *error) __attribute__((warn_unused_result));

#endif
