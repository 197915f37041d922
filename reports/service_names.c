#include "reports/service_names.h"

#include <stddef.h>
#include <stdlib.h>

enum {
    TCP = 1 << PROTO_TCP,
    UDP = 1 << PROTO_UDP,
    BOTH = TCP | UDP,
};

/* By port. */
static const struct service {
    uint16_t port;
    uint8_t protocols;
    const char *name;
} services[] = {
    {7, BOTH, "echo"},
    {9, BOTH, "discard"},
    {13, BOTH, "daytime"},
    {17, BOTH, "qotd"},
    {19, BOTH, "chargen"},
    {20, TCP, "ftp-data"},
    {21, TCP, "ftp"},
    {22, TCP, "ssh"},
    {23, TCP, "telnet"},
    {25, TCP, "smtp"},
    {37, BOTH, "time"},
    {43, TCP, "nicname"},
    {49, BOTH, "tacacs"},
    {53, BOTH, "domain"},
    {67, UDP, "bootps"},
    {68, UDP, "bootpc"},
    {69, UDP, "tftp"},
    {70, TCP, "gopher"},
    {79, TCP, "finger"},
    {80, TCP, "http"},
    {88, BOTH, "kerberos"},
    {110, TCP, "pop3"},
    {111, BOTH, "sunrpc"},
    {113, TCP, "ident"},
    {119, TCP, "nntp"},
    {123, UDP, "ntp"},
    {135, TCP, "epmap"},
    {137, UDP, "netbios-ns"},
    {138, UDP, "netbios-dgm"},
    {139, TCP, "netbios-ssn"},
    {143, TCP, "imap"},
    {161, UDP, "snmp"},
    {162, UDP, "snmptrap"},
    {177, UDP, "xdmcp"},
    {179, TCP, "bgp"},
    {389, BOTH, "ldap"},
    {443, BOTH, "https"},
    {445, TCP, "microsoft-ds"},
    {464, BOTH, "kpasswd"},
    {465, TCP, "submissions"},
    {500, UDP, "isakmp"},
    {514, UDP, "syslog"},
    {515, TCP, "printer"},
    {520, UDP, "router"},
    {546, UDP, "dhcpv6-client"},
    {547, UDP, "dhcpv6-server"},
    {548, TCP, "afpovertcp"},
    {554, TCP, "rtsp"},
    {587, TCP, "submission"},
    {623, UDP, "asf-rmcp"},
    {631, BOTH, "ipp"},
    {636, TCP, "ldaps"},
    {853, BOTH, "domain-s"},
    {873, TCP, "rsync"},
    {993, TCP, "imaps"},
    {995, TCP, "pop3s"},
    {1080, TCP, "socks"},
    {1194, BOTH, "openvpn"},
    {1433, TCP, "ms-sql-s"},
    {1521, TCP, "ncube-lm"},
    {1701, UDP, "l2tp"},
    {1723, TCP, "pptp"},
    {1812, UDP, "radius"},
    {1813, UDP, "radius-acct"},
    {1883, TCP, "mqtt"},
    {1900, UDP, "ssdp"},
    {2049, BOTH, "nfs"},
    {2181, TCP, "eforward"},
    {3128, TCP, "ndl-aas"},
    {3260, TCP, "iscsi-target"},
    {3306, TCP, "mysql"},
    {3389, BOTH, "ms-wbt-server"},
    {3478, BOTH, "stun"},
    {4500, UDP, "ipsec-nat-t"},
    {4789, UDP, "vxlan"},
    {5060, BOTH, "sip"},
    {5061, BOTH, "sips"},
    {5222, TCP, "xmpp-client"},
    {5269, TCP, "xmpp-server"},
    {5349, BOTH, "stuns"},
    {5353, UDP, "mdns"},
    {5355, UDP, "llmnr"},
    {5432, TCP, "postgresql"},
    {5671, TCP, "amqps"},
    {5672, TCP, "amqp"},
    {5683, UDP, "coap"},
    {5900, TCP, "rfb"},
    {5985, TCP, "wsman"},
    {6379, TCP, "redis"},
    {6443, TCP, "sun-sr-https"},
    {6514, TCP, "syslog-tls"},
    {6667, TCP, "ircu"},
    {8080, TCP, "http-alt"},
    {8443, TCP, "pcsync-https"},
    {8883, TCP, "secure-mqtt"},
    {9418, TCP, "git"},
    {10050, TCP, "zabbix-agent"},
    {11211, BOTH, "memcache"},
    {27017, TCP, "mongodb"},
    {47808, UDP, "bacnet"},
};

static int by_port(const void *key, const void *row)
{
    const uint16_t *port = key;
    const struct service *service = row;
    return (*port > service->port) - (*port < service->port);
}

const char *service_usual_name(uint16_t port, enum proto proto)
{
    const struct service *found = bsearch(&port, services, sizeof services / sizeof services[0],
                                          sizeof services[0], by_port);
    return found && found->protocols & 1U << proto ? found->name : NULL;
}
