/* The parts of the page: one self-contained HTML file that needs no network and no script
 * to be read. It is XML as well, so that it is escaped by the same writer. */
#ifndef REPORTS_HTML_HTML_H
#define REPORTS_HTML_HTML_H

#include "expect/audit.h"
#include "reports/xml.h"

/* Made from page.css and page.js by the build. */
extern const char html_css[], html_script[];

/* <element class="class">; CLASS NULL: none. */
void html_open(struct xml *xml, const char *element, const char *class);

/* <element class="class">text</element> */
void html_element(struct xml *xml, const char *element, const char *class, const char *text);
void html_element_take(struct xml *xml, const char *element, const char *class, char *text);

/* A list of ports; a long one is folded, and whole when it is opened. */
void html_ports(struct xml *xml, enum proto proto, const struct portset *ports);

/* A section of what was found with RESULT: what, why, where, what to do. Nothing when
 * there is none. */
void html_findings(struct xml *xml, const struct audit *audit, enum result result,
                   const char *heading);

/* A card for each host: result, the map of its ports, and the same in words. */
void html_hosts(struct xml *xml, const struct audit *audit);

/* All 65,536 ports of one protocol of HOST by state, as a picture. */
void html_map(struct xml *xml, const struct host_verdicts *host, enum proto proto);

/* All rules with what was found, and the filters that the script brings to life. */
void html_table(struct xml *xml, const struct audit *audit);

#endif
