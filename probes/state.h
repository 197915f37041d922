/* The words for what is known of a port: protocol, state, reason, origin.
 *
 * These names are part of the product's contract: reports print them and expectations
 * accept them, so each enumeration has one table of names and one way back. */
#ifndef PROBES_STATE_H
#define PROBES_STATE_H

enum proto {
    PROTO_TCP,
    PROTO_UDP,
    PROTO_COUNT,
};

enum port_state {
    PORT_UNKNOWN,  /* no honest verdict */
    PORT_OPEN,     /* a service accepts */
    PORT_CLOSED,   /* the host's own stack says that nobody listens */
    PORT_REJECTED, /* a firewall answered in the host's place */
    PORT_DROPPED,  /* TCP: silence, certified */
    PORT_SILENT,   /* UDP: silence, certified; a drop and a mute service look the same */
    PORT_STATE_COUNT,
};

/* How a state is known. */
enum reason {
    REASON_NONE, /* nothing yet */
    /* answers of hosts and services */
    REASON_SYN_ACK,
    REASON_UDP_RESPONSE,
    REASON_RESET,
    REASON_RESPONDER, /* a signed answer (outbound audits) */
    /* ICMP errors, RFC 792, RFC 1122, RFC 1812, RFC 4443 */
    REASON_PORT_UNREACHABLE,
    REASON_PROTO_UNREACHABLE,
    REASON_HOST_UNREACHABLE,
    REASON_NET_UNREACHABLE,
    REASON_HOST_UNKNOWN,
    REASON_NET_UNKNOWN,
    REASON_HOST_ISOLATED,
    REASON_HOST_TOS,
    REASON_NET_TOS,
    REASON_ADMIN_PROHIBITED,
    REASON_HOST_PROHIBITED,
    REASON_NET_PROHIBITED,
    REASON_HOST_PRECEDENCE,
    REASON_PRECEDENCE_CUTOFF,
    REASON_FRAGMENTATION_NEEDED,
    REASON_SOURCE_ROUTE_FAILED,
    REASON_BEYOND_SCOPE,
    REASON_SOURCE_POLICY,
    REASON_REJECT_ROUTE,
    REASON_PACKET_TOO_BIG,
    REASON_TTL_EXCEEDED,
    REASON_REASSEMBLY_TIMEOUT,
    REASON_PARAMETER_PROBLEM,
    REASON_SOURCE_QUENCH,
    REASON_UNASSIGNED_CODE, /* an ICMP error with a code that no RFC defines */
    /* silence */
    REASON_NO_RESPONSE,
    /* why there is no verdict */
    REASON_HOST_SILENT,        /* the host never proved alive */
    REASON_WENT_SILENT,        /* the host answered, then stopped: down, or blocking us */
    REASON_SEND_FAILED,        /* probes did not leave this machine */
    REASON_CAPTURE_LOSS,       /* the capture lost packets */
    REASON_LINK_DOWN,          /* the interface was down or changed meanwhile */
    REASON_CONFLICT,           /* valid answers contradict each other */
    REASON_RATE_LIMITED,       /* answers are limited to a rate */
    REASON_ANSWERS_EVERYTHING, /* SYN proxy or tarpit */
    REASON_TRIES_EXHAUSTED,    /* --max-tries came before the proof */
    REASON_DEADLINE,           /* --deadline came before the proof */
    REASON_INTERRUPTED,        /* a signal came before the proof */
    REASON_UNRESOLVED,         /* the name has no address */
    REASON_NO_ROUTE,           /* this machine has no route to the host */
    REASON_WRONG_KEY,          /* outbound audits: nothing is signed with our key */
    REASON_LOCAL_FIREWALL,     /* outbound audits: refused by this machine's own firewall */
    REASON_UNSIGNED,           /* outbound audits: only answers to UDP are signed */
    REASON_COUNT,
};

/* Who said so. */
enum origin {
    ORIGIN_UNKNOWN,
    ORIGIN_HOST,     /* the host's own stack or service */
    ORIGIN_FIREWALL, /* a firewall on the host itself */
    ORIGIN_UPSTREAM, /* another hop */
    ORIGIN_LOCAL,    /* this machine */
    ORIGIN_COUNT,
};

/* The names in reports and expectations: "tcp", "open", "admin-prohibited", "host". */
const char *proto_name(enum proto proto);
const char *port_state_name(enum port_state state);
const char *reason_name(enum reason reason);
const char *origin_name(enum origin origin);

/* The way back; -1 for a name that is in no table. */
int proto_from_name(const char *name);
int port_state_from_name(const char *name);
int reason_from_name(const char *name);
int origin_from_name(const char *name);

#endif
