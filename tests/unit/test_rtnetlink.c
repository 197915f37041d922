#include "scanner/network/routes.h"
#include "scanner/network/rtnetlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* A message as the kernel would write it, put together from its parts. */
struct message {
    _Alignas(struct nlmsghdr) uint8_t bytes[512];
    size_t length;
};

static void put(struct message *message, const void *bytes, size_t length)
{
    assert_true(NLMSG_ALIGN(message->length + length) <= sizeof message->bytes);
    memcpy(message->bytes + message->length, bytes, length);
    message->length = NLMSG_ALIGN(message->length + length);
}

static void put_attribute(struct message *message, unsigned type, const void *bytes,
                          size_t length)
{
    const struct nlattr head = {.nla_len = (uint16_t)(sizeof head + length),
                                .nla_type = (uint16_t)type};
    put(message, &head, sizeof head);
    put(message, bytes, length);
}

static void put_u32(struct message *message, unsigned type, uint32_t value)
{
    put_attribute(message, type, &value, sizeof value);
}

static void begin(struct message *message, unsigned type, const void *header, size_t length)
{
    *message = (struct message){.length = 0};
    const struct nlmsghdr head = {.nlmsg_type = (uint16_t)type};
    put(message, &head, sizeof head);
    put(message, header, length);
}

static const struct nlmsghdr *end(struct message *message)
{
    uint32_t length = (uint32_t)message->length;
    memcpy(message->bytes, &length, sizeof length); /* nlmsg_len is the first field */
    const void *bytes = message->bytes;
    return bytes;
}

static const uint8_t target[] = {203, 0, 113, 7}, source[] = {192, 0, 2, 1};
static const uint8_t gateway[] = {192, 0, 2, 254};
static const uint8_t link_local[16] = {0xfe, 0x80, [15] = 1};
static const uint8_t mac[] = {2, 0, 0, 0, 0, 7};

static void begin_route(struct message *message, unsigned type, uint8_t family)
{
    const struct rtmsg header = {
        .rtm_family = family, .rtm_dst_len = 32, .rtm_type = (uint8_t)type};
    begin(message, RTM_NEWROUTE, &header, sizeof header);
}

static void a_route_has_interface_source_and_gateway(void **state)
{
    (void)state;
    struct message message;
    begin_route(&message, RTN_UNICAST, AF_INET);
    put_attribute(&message, RTA_DST, target, 4);
    put_u32(&message, RTA_OIF, 3);
    put_attribute(&message, RTA_PREFSRC, source, 4);
    put_attribute(&message, RTA_GATEWAY, gateway, 4);
    struct kernel_route route;
    assert_int_equal(kernel_route_read(&route, end(&message)), 0);
    assert_int_equal(route.interface, 3);
    assert_memory_equal(route.source.bytes, source, 4);
    assert_memory_equal(route.gateway.bytes, gateway, 4);
    assert_false(route.local);
}

static void a_route_on_the_link_has_no_gateway(void **state)
{
    (void)state;
    struct message message;
    begin_route(&message, RTN_UNICAST, AF_INET);
    put_u32(&message, RTA_OIF, 3);
    struct kernel_route route;
    assert_int_equal(kernel_route_read(&route, end(&message)), 0);
    assert_int_equal(route.gateway.family, ADDR_NONE);
}

static void a_gateway_may_be_of_the_other_family(void **state)
{
    (void)state;
    struct message message;
    uint8_t via[18] = {AF_INET6, 0};
    memcpy(via + 2, link_local, 16);
    begin_route(&message, RTN_UNICAST, AF_INET);
    put_u32(&message, RTA_OIF, 3);
    put_attribute(&message, RTA_VIA, via, sizeof via);
    struct kernel_route route;
    assert_int_equal(kernel_route_read(&route, end(&message)), 0);
    assert_int_equal(route.gateway.family, ADDR_IPV6);
    assert_int_equal(route.gateway.scope, 3);
    assert_memory_equal(route.gateway.bytes, link_local, 16);
}

static void a_route_of_a_refusing_type_is_an_error(void **state)
{
    (void)state;
    const struct {
        unsigned type;
        int error;
    } rows[] = {
        {RTN_UNREACHABLE, -EHOSTUNREACH}, {RTN_PROHIBIT, -EACCES},
        {RTN_BLACKHOLE, -ENETUNREACH},    {RTN_BROADCAST, -EADDRNOTAVAIL},
        {RTN_MULTICAST, -EADDRNOTAVAIL},  {200, -ENETUNREACH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct message message;
        begin_route(&message, rows[i].type, AF_INET);
        put_u32(&message, RTA_OIF, 3);
        struct kernel_route route;
        assert_int_equal(kernel_route_read(&route, end(&message)), rows[i].error);
    }
}

static void a_route_without_interface_is_refused(void **state)
{
    (void)state;
    struct message message;
    begin_route(&message, RTN_UNICAST, AF_INET);
    struct kernel_route route;
    assert_int_equal(kernel_route_read(&route, end(&message)), -EBADMSG);
}

static void a_message_cut_short_is_refused(void **state)
{
    (void)state;
    struct message message;
    begin(&message, RTM_NEWROUTE, "", 1);
    struct kernel_route route;
    assert_int_equal(kernel_route_read(&route, end(&message)), -EBADMSG);
    struct change change;
    change_read(&change, end(&message));
    assert_int_equal(change.kind, CHANGE_NONE);
}

static void neighbour(struct message *message, unsigned neighbour_state)
{
    const struct ndmsg header = {.ndm_family = AF_INET, .ndm_state = (uint16_t)neighbour_state};
    begin(message, RTM_NEWNEIGH, &header, sizeof header);
}

static void a_reachable_or_stale_neighbour_has_an_address(void **state)
{
    (void)state;
    const unsigned states[] = {NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct message message;
        uint8_t found[MAC_SIZE];
        neighbour(&message, states[i]);
        put_attribute(&message, NDA_LLADDR, mac, sizeof mac);
        assert_int_equal(kernel_neighbour_read(found, end(&message)), 0);
        assert_memory_equal(found, mac, sizeof mac);
    }
}

static void a_failed_or_incomplete_neighbour_has_none(void **state)
{
    (void)state;
    const unsigned states[] = {NUD_FAILED, NUD_INCOMPLETE};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct message message;
        uint8_t found[MAC_SIZE];
        neighbour(&message, states[i]);
        put_attribute(&message, NDA_LLADDR, mac, sizeof mac);
        assert_int_equal(kernel_neighbour_read(found, end(&message)), -ENOENT);
    }
    struct message without_address;
    uint8_t found[MAC_SIZE];
    neighbour(&without_address, NUD_REACHABLE);
    assert_int_equal(kernel_neighbour_read(found, end(&without_address)), -ENOENT);
}

static void link_message(struct message *message, unsigned type, unsigned flags,
                         unsigned hardware)
{
    const struct ifinfomsg header = {
        .ifi_index = 5, .ifi_flags = flags, .ifi_type = (uint16_t)hardware};
    begin(message, type, &header, sizeof header);
}

static void an_ethernet_link_has_a_mac_and_a_tunnel_none(void **state)
{
    (void)state;
    struct message message;
    struct kernel_link link;
    link_message(&message, RTM_NEWLINK, IFF_UP | IFF_RUNNING, ARPHRD_ETHER);
    put_attribute(&message, IFLA_ADDRESS, mac, sizeof mac);
    assert_int_equal(kernel_link_read(&link, end(&message)), 0);
    assert_true(link.ethernet && link.up);
    assert_int_equal(link.interface, 5);
    assert_memory_equal(link.mac, mac, sizeof mac);

    link_message(&message, RTM_NEWLINK, IFF_UP | IFF_RUNNING, ARPHRD_NONE);
    assert_int_equal(kernel_link_read(&link, end(&message)), 0);
    assert_true(!link.ethernet && link.up);
}

static void a_link_without_carrier_is_down(void **state)
{
    (void)state;
    struct message message;
    struct change change;
    link_message(&message, RTM_NEWLINK, IFF_UP, ARPHRD_ETHER);
    change_read(&change, end(&message));
    assert_int_equal(change.kind, CHANGE_LINK);
    assert_true(change.present && !change.link.up);
}

static void a_deleted_link_is_absent_and_down(void **state)
{
    (void)state;
    struct message message;
    struct change change;
    link_message(&message, RTM_DELLINK, IFF_UP | IFF_RUNNING, ARPHRD_ETHER);
    change_read(&change, end(&message));
    assert_int_equal(change.kind, CHANGE_LINK);
    assert_true(!change.present && !change.link.up);
    assert_int_equal(change.link.interface, 5);
}

static void an_address_change_tells_our_end_of_the_link(void **state)
{
    (void)state;
    const struct ifaddrmsg header = {.ifa_family = AF_INET, .ifa_index = 5};
    struct message message;
    struct change change;
    begin(&message, RTM_DELADDR, &header, sizeof header);
    put_attribute(&message, IFA_ADDRESS, gateway, 4);
    put_attribute(&message, IFA_LOCAL, source, 4);
    change_read(&change, end(&message));
    assert_int_equal(change.kind, CHANGE_ADDRESS);
    assert_false(change.present);
    assert_memory_equal(change.address.bytes, source, 4);
}

static void the_default_route_is_a_block_of_prefix_0(void **state)
{
    (void)state;
    const struct rtmsg header = {.rtm_family = AF_INET6, .rtm_type = RTN_UNICAST};
    struct message message;
    struct change change;
    begin(&message, RTM_NEWROUTE, &header, sizeof header);
    change_read(&change, end(&message));
    assert_int_equal(change.kind, CHANGE_ROUTE);
    assert_int_equal(change.prefix, 0);
    assert_int_equal(change.address.family, ADDR_IPV6);
}

static void a_cached_route_is_no_change(void **state)
{
    (void)state;
    const struct rtmsg header = {.rtm_family = AF_INET, .rtm_flags = RTM_F_CLONED};
    struct message message;
    struct change change;
    begin(&message, RTM_NEWROUTE, &header, sizeof header);
    change_read(&change, end(&message));
    assert_int_equal(change.kind, CHANGE_NONE);
}

static void a_link_header_is_destination_source_type(void **state)
{
    (void)state;
    const uint8_t own[] = {2, 0, 0, 0, 0, 1};
    const uint8_t ipv4[] = {2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1, 0x08, 0x00};
    const uint8_t ipv6[] = {2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1, 0x86, 0xdd};
    uint8_t header[LINK_HEADER_SIZE];
    link_header_write(header, mac, own, ADDR_IPV4);
    assert_memory_equal(header, ipv4, sizeof ipv4);
    link_header_write(header, mac, own, ADDR_IPV6);
    assert_memory_equal(header, ipv6, sizeof ipv6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_has_interface_source_and_gateway),
        cmocka_unit_test(a_route_on_the_link_has_no_gateway),
        cmocka_unit_test(a_gateway_may_be_of_the_other_family),
        cmocka_unit_test(a_route_of_a_refusing_type_is_an_error),
        cmocka_unit_test(a_route_without_interface_is_refused),
        cmocka_unit_test(a_message_cut_short_is_refused),
        cmocka_unit_test(a_reachable_or_stale_neighbour_has_an_address),
        cmocka_unit_test(a_failed_or_incomplete_neighbour_has_none),
        cmocka_unit_test(an_ethernet_link_has_a_mac_and_a_tunnel_none),
        cmocka_unit_test(a_link_without_carrier_is_down),
        cmocka_unit_test(a_deleted_link_is_absent_and_down),
        cmocka_unit_test(an_address_change_tells_our_end_of_the_link),
        cmocka_unit_test(the_default_route_is_a_block_of_prefix_0),
        cmocka_unit_test(a_cached_route_is_no_change),
        cmocka_unit_test(a_link_header_is_destination_source_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
