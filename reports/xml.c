#include "reports/xml.h"

#include "reports/escape.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

struct xml {
    FILE *out;
    xmlTextWriterPtr writer;
    bool is_html, failed;
};

/* The stream remembers what failed, for xml_finish(); libxml2 would print it. */
static int write_bytes(void *context, const char *bytes, int length)
{
    fwrite(bytes, 1, (size_t)length, context);
    return length;
}

static int keep_open(void *context)
{
    (void)context;
    return 0;
}

#if LIBXML_VERSION >= 21200
typedef const xmlError *xml_error;
#else
typedef xmlErrorPtr xml_error;
#endif

/* libxml2 drops text when it has no memory to escape it, says so here alone, and prints it
 * when nobody listens. */
static void note_error(void *context, xml_error error)
{
    struct xml *xml = context;
    (void)error;
    xml->failed = true;
}

struct xml *xml_new(FILE *out)
{
    struct xml *xml = calloc(1, sizeof *xml);
    if (!xml)
        return NULL;
    xml->out = out;
    xmlSetStructuredErrorFunc(xml, note_error);
    xmlOutputBufferPtr buffer = xmlOutputBufferCreateIO(write_bytes, keep_open, out, NULL);
    if (buffer)
        xml->writer = xmlNewTextWriter(buffer); /* owns the buffer from now on */
    if (xml->writer) {
        xmlTextWriterSetIndent(xml->writer, 1);
        return xml;
    }
    if (buffer)
        xmlOutputBufferClose(buffer);
    xmlSetStructuredErrorFunc(NULL, NULL);
    free(xml);
    return NULL;
}

static void note(struct xml *xml, int written)
{
    if (written < 0)
        xml->failed = true;
}

void xml_declare(struct xml *xml)
{
    note(xml, xmlTextWriterStartDocument(xml->writer, NULL, "UTF-8", NULL));
}

void xml_become_html(struct xml *xml)
{
    xml->is_html = true;
    xmlTextWriterSetIndent(xml->writer, 0);
}

void xml_raw(struct xml *xml, const char *text)
{
    note(xml, xmlTextWriterWriteRaw(xml->writer, BAD_CAST text));
}

void xml_open(struct xml *xml, const char *element)
{
    note(xml, xmlTextWriterStartElement(xml->writer, BAD_CAST element));
}

void xml_close(struct xml *xml)
{
    if (xml->is_html)
        note(xml, xmlTextWriterFullEndElement(xml->writer));
    else
        note(xml, xmlTextWriterEndElement(xml->writer));
}

void xml_close_void(struct xml *xml)
{
    note(xml, xmlTextWriterEndElement(xml->writer));
}

void xml_attribute(struct xml *xml, const char *name, const char *value)
{
    if (!value)
        return;
    char *clean = escape_clean(value);
    if (clean)
        note(xml, xmlTextWriterWriteAttribute(xml->writer, BAD_CAST name, BAD_CAST clean));
    else
        xml->failed = true;
    free(clean);
}

void xml_attribute_take(struct xml *xml, const char *name, char *value)
{
    if (!value)
        xml->failed = true;
    xml_attribute(xml, name, value);
    free(value);
}

void xml_attribute_format(struct xml *xml, const char *name, const char *format, ...)
{
    char *value;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&value, format, arguments) < 0)
        value = NULL;
    va_end(arguments);
    xml_attribute_take(xml, name, value);
}

void xml_text(struct xml *xml, const char *text)
{
    char *clean = escape_clean(text);
    if (clean)
        note(xml, xmlTextWriterWriteString(xml->writer, BAD_CAST clean));
    else
        xml->failed = true;
    free(clean);
}

void xml_text_take(struct xml *xml, char *text)
{
    if (text)
        xml_text(xml, text);
    else
        xml->failed = true;
    free(text);
}

void xml_text_format(struct xml *xml, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    xml_text_take(xml, text);
}

void xml_fail_no_memory(struct xml *xml)
{
    xml->failed = true;
}

int xml_finish(struct xml *xml, struct error *error)
{
    note(xml, xmlTextWriterEndDocument(xml->writer));
    xmlFreeTextWriter(xml->writer);
    xmlSetStructuredErrorFunc(NULL, NULL);
    /* Bytes are handed to the stream, which keeps its own errors; all others are memory. */
    bool unwritten = fflush(xml->out) != 0 || ferror(xml->out);
    bool failed = xml->failed;
    free(xml);
    if (unwritten)
        return error_set(error, -EIO, "the report could not be written");
    return failed ? error_no_memory(error) : 0;
}
