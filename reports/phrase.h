/* The phrases that reports have in common: how a host, a list of ports, a case and a
 * finding are called.
 *
 * Every function returns a string that the caller frees, NULL for no memory. Text from
 * outside is in it as it came: the format escapes it. */
#ifndef REPORTS_PHRASE_H
#define REPORTS_PHRASE_H

#include "reports/cases.h"

/* Longest list of ports in a name and in a sentence, in characters. */
enum { PHRASE_NAME_PORTS = 60, PHRASE_SENTENCE_PORTS = 400 };

/* "node1.example.com (203.0.113.11)", or the address alone; with " from operator" in a
 * report merged from several vantages. */
char *phrase_host(const struct host_verdicts *host);

/* "80,443", or "1-79,81-442,... (65532 ports)" when that is longer than MAX characters. */
char *phrase_port_list(const struct portset *ports, size_t max);

/* The same with its protocol: "8080/tcp", "tcp 80,443". */
char *phrase_ports(enum proto proto, const struct portset *ports, size_t max);

/* What a case is called from run to run: host, protocol, ports, expectation, and nothing
 * that was observed. Unique among the cases of a host. */
char *phrase_case(const struct host_verdicts *host, const struct report_case *item);

/* "8080/tcp open, expected filtered: a service accepts connections from here". */
char *phrase_finding(const struct verdict *finding);

/* Where the expectation comes from and what is said about it: "rule edge.yml:14 (others);
 * note: …; waived until 2026-12-31: …"; "" when there is nothing to say. */
char *phrase_context(const struct verdict *finding);

/* Finding and context in one line, as in "8080/tcp open, expected …: …; rule edge.yml:14". */
char *phrase_message(const struct verdict *finding);

#endif
