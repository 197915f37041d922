/* Audits for the tests of reports, made in code: the same ones for every format, so that a
 * golden file of one can be held against that of another. */
#ifndef TESTS_UNIT_AUDIT_FIXTURE_H
#define TESTS_UNIT_AUDIT_FIXTURE_H

#include "expect/audit.h"

/* One host, three ports, all as expected. */
struct audit *fixture_met(void);

/* A small fleet with everything at once: broken, undecided, waived, an expired waiver, a
 * name without address, IPv6, UDP, rejects by the host and on the way, warnings. */
struct audit *fixture_broken(void);

/* As many hosts as that, all as expected but one port of one host. */
struct audit *fixture_fleet(size_t hosts);

/* As many hosts, each with all ports of TCP and some hundred of them open or closed here
 * and there. */
struct audit *fixture_heavy(size_t hosts);

/* A check that a signal ended. */
struct audit *fixture_interrupted(void);

/* A scan of two hosts: one behind a firewall, one that never answered. */
struct audit *fixture_scan(void);

/* A scan of neighbours: three that refuse by themselves, one with an open port, four where
 * nobody is, and two that refuse but are no neighbours of each other. */
struct audit *fixture_neighbours(void);

/* The same host as two vantages saw it, merged. */
struct audit *fixture_merged(void);

/* No host at all. */
struct audit *fixture_empty(void);

/* A broken, an undecided and a waived port with TEXT in every field that holds text. */
struct audit *fixture_hostile(const char *text);

#endif
