/* What the process may do at each step, seen from a child that goes through them. Each
 * child ends with 0, or with the number of the line where something was not as it should. */
#include "scanner/network/net_live.h"
#include "scanner/privileges/privileges.h"
#include "scanner/privileges/sandbox.h"
#include "tests/lab/live_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>
#include <cmocka.h>

enum { SKIPPED = 77, NOBODY = 65534, SOMEBODY = 4711 };

/* Ends the child, telling the line, unless CONDITION holds. */
#define EXPECT(condition) ((condition) ? (void)0 : end_child(__LINE__))

/* By the system call: before _exit() AddressSanitizer makes one that the sandbox refuses. */
static void leave(int code)
{
    (void)syscall(SYS_exit_group, code);
}

static void end_child(int line)
{
    fprintf(stderr, "line %d: errno %d\n", line, errno);
    leave(1);
}

static void in_child(void (*steps)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        steps();
        leave(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool raw_socket_works(void)
{
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* The rest of the line of /proc/self/status that begins with NAME. */
static const char *status_line(const char *name)
{
    static char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    EXPECT(file != NULL);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            break;
    fclose(file);
    return line + strlen(name);
}

static bool all_of(const char *name, unsigned long value, int base, int count)
{
    const char *text = status_line(name);
    char *end;
    for (int i = 0; i < count; i++, text = end)
        if (strtoul(text, &end, base) != value || end == text)
            return false;
    return true;
}

static bool no_capability_left(void)
{
    return all_of("CapInh:", 0, 16, 1) && all_of("CapPrm:", 0, 16, 1) &&
           all_of("CapEff:", 0, 16, 1) && all_of("CapAmb:", 0, 16, 1);
}

static int drop(const char *user, int report_directory)
{
    const struct privileges_drop_options options = {.user = user,
                                                    .report_directory = report_directory};
    struct error error;
    return privileges_drop(&options, &error);
}

/* A directory of root's own, and a file descriptor of it. */
static int make_directory(char name[static 32])
{
    snprintf(name, 32, "/tmp/live-test-XXXXXX");
    EXPECT(mkdtemp(name) != NULL);
    int fd = open(name, O_RDONLY | O_DIRECTORY);
    EXPECT(fd >= 0);
    return fd;
}

static void step_by_step(void)
{
    struct error error;
    struct rlimit core;
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(!raw_socket_works());
    EXPECT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
    EXPECT(privileges_raise(&error) == 0);
    EXPECT(raw_socket_works());
    EXPECT(drop(NULL, -1) == 0);
    EXPECT(!raw_socket_works());
    EXPECT(privileges_raise(&error) == -EPERM);
    EXPECT(no_capability_left() && all_of("CapBnd:", 0, 16, 1));
    EXPECT(all_of("NoNewPrivs:", 1, 10, 1));
    EXPECT(all_of("Uid:", NOBODY, 10, 4) && all_of("Gid:", NOBODY, 10, 4));
    EXPECT(getgroups(0, NULL) == 0);
    EXPECT(setuid(0) < 0 && setgid(0) < 0);
}

static void root_becomes_nobody_and_keeps_nothing(void **state)
{
    (void)state;
    in_child(step_by_step);
}

static void as_daemon(void)
{
    struct error error;
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(drop("daemon", -1) == 0);
    EXPECT(all_of("Uid:", 1, 10, 4));
}

static void root_becomes_the_user_that_is_asked_for(void **state)
{
    (void)state;
    in_child(as_daemon);
}

static void as_a_stranger(void)
{
    struct error error;
    const struct privileges_drop_options options = {.user = "no-such-user",
                                                    .report_directory = -1};
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(privileges_drop(&options, &error) == -ENOENT);
    EXPECT(strstr(error.text, "no-such-user") != NULL);
}

static void a_user_that_does_not_exist_is_an_error(void **state)
{
    (void)state;
    in_child(as_a_stranger);
}

/* As an ordinary user whose program has cap_net_raw=p. */
static void become_somebody(bool with_net_raw)
{
    EXPECT(prctl(PR_SET_KEEPCAPS, 1) == 0);
    EXPECT(setresgid(SOMEBODY, SOMEBODY, SOMEBODY) == 0 &&
           setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
    capng_clear(CAPNG_SELECT_CAPS);
    if (with_net_raw)
        capng_update(CAPNG_ADD, CAPNG_PERMITTED, CAP_NET_RAW);
    EXPECT(capng_apply(CAPNG_SELECT_CAPS) == 0);
}

static void as_somebody_with_the_capability(void)
{
    struct error error;
    become_somebody(true);
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(!raw_socket_works());
    EXPECT(privileges_raise(&error) == 0);
    EXPECT(raw_socket_works());
    EXPECT(drop(NULL, -1) == 0);
    EXPECT(!raw_socket_works() && no_capability_left());
    EXPECT(all_of("Uid:", SOMEBODY, 10, 4));
}

static void a_user_with_the_capability_stays_who_he_is(void **state)
{
    (void)state;
    in_child(as_somebody_with_the_capability);
}

static void as_somebody(void)
{
    struct error error;
    become_somebody(false);
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(privileges_raise(&error) == -EPERM);
    EXPECT(strstr(error.text, "setcap cap_net_raw=p /") && strstr(error.text, "--connect"));
    EXPECT(drop(NULL, -1) == 0); /* --connect goes on without */
}

static void a_user_without_it_is_told_the_remedy(void **state)
{
    (void)state;
    in_child(as_somebody);
}

static bool make_file(int directory, const char *name)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return false;
    bool whole = write(fd, "x", 1) == 1 && fsync(fd) == 0;
    close(fd);
    return whole;
}

static void reporting(void)
{
    char name[32], other_name[32];
    int reports = make_directory(name), other = make_directory(other_name);
    struct error error;
    EXPECT(make_file(reports, "old"));
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(drop(NULL, reports) == 0);
    EXPECT(!raw_socket_works() && no_capability_left());
    EXPECT(getuid() == NOBODY && geteuid() == NOBODY && setuid(0) < 0);

    const struct sandbox_options options = {.report_directories = &reports,
                                            .directory_count = 1};
    EXPECT(sandbox_enter(&options, &error) == 0);
    EXPECT(make_file(reports, "new"));
    EXPECT(renameat(reports, "new", reports, "old") == 0);
    EXPECT(unlinkat(reports, "old", 0) == 0);
    EXPECT(!make_file(other, "new") && errno == EACCES);
    EXPECT(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    EXPECT(open("/etc/hostname", O_WRONLY) < 0 && errno == EACCES);
}

static void reports_of_root_are_made_in_their_directory_and_nowhere_else(void **state)
{
    (void)state;
    in_child(reporting);
    assert_true(live_pair_here("rm -rf /tmp/live-test-??????"));
}

static void without_a_report(void)
{
    char name[32];
    int reports = make_directory(name);
    struct error error;
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(drop(NULL, -1) == 0);
    EXPECT(!make_file(reports, "new") && errno == EACCES);
}

static void without_reports_nothing_is_made_in_roots_name(void **state)
{
    (void)state;
    in_child(without_a_report);
    assert_true(live_pair_here("rm -rf /tmp/live-test-??????"));
}

static void enter(enum sandbox_sockets sockets)
{
    struct error error;
    const struct sandbox_options options = {.sockets = sockets};
    EXPECT(privileges_begin(&error) == 0);
    EXPECT(drop(NULL, -1) == 0);
    EXPECT(sandbox_enter(&options, &error) == 0);
}

static void walled_in(void)
{
    enter(SANDBOX_NO_SOCKETS);
    char *const nothing[] = {NULL};
    EXPECT(socket(AF_INET, SOCK_DGRAM, 0) < 0 && errno == EPERM);
    EXPECT(execve("/bin/true", nothing, nothing) < 0 && errno == EPERM);
    EXPECT(fork() < 0 && errno == EPERM);
    EXPECT(open("/proc/self/status", O_RDONLY) < 0 && errno == EACCES);
    EXPECT(kill(getppid(), 0) < 0 && errno == EPERM);
    void *memory = malloc(64 << 20);
    EXPECT(memory != NULL);
    memset(memory, 1, 64 << 20);
    free(memory);
    EXPECT(printf("%s", "") == 0 && isatty(1) >= 0);
}

static void the_sandbox_has_no_sockets_programs_or_files(void **state)
{
    (void)state;
    in_child(walled_in);
}

static void walled_in_but_connecting(void)
{
    enter(SANDBOX_TCP_AND_UDP);
    struct sockaddr_in nobody_there = {.sin_family = AF_INET, .sin_port = htons(9)};
    nobody_there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT(fd >= 0);
    EXPECT(connect(fd, (struct sockaddr *)&nobody_there, sizeof nobody_there) < 0);
    EXPECT(errno == EINPROGRESS || errno == ECONNREFUSED);
    EXPECT(socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
    EXPECT(socket(AF_INET, SOCK_RAW, IPPROTO_RAW) < 0 && errno == EPERM);
    EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
}

static void connecting_opens_tcp_and_udp_sockets_only(void **state)
{
    (void)state;
    in_child(walled_in_but_connecting);
}

static void walled_in_but_shaking_hands(void)
{
    enter(SANDBOX_TCP);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT(fd >= 0 && socket(AF_INET6, SOCK_STREAM, 0) >= 0);
    EXPECT(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0);
    EXPECT(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0 && errno == EPERM);
    EXPECT(socket(AF_INET, SOCK_DGRAM, 0) < 0 && errno == EPERM);
    EXPECT(socket(AF_INET6, SOCK_DGRAM, 0) < 0 && errno == EPERM);
    EXPECT(socket(AF_INET, SOCK_RAW, IPPROTO_RAW) < 0 && errno == EPERM);
    EXPECT(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM);
    EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
}

static void handshakes_open_tcp_sockets_only(void **state)
{
    (void)state;
    in_child(walled_in_but_shaking_hands);
}

static void count_packet(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    (void)at;
    (void)bytes;
    *(size_t *)context += length > 0;
}

/* A minimal SYN; only its addresses and ports matter here. */
static void write_syn(uint8_t packet[static 40], uint16_t source_port)
{
    static const uint8_t syn[40] = {0x45, 0, 0,   40, 0,    1, 0x40, 0, 64, 6, 0, 0, 127, 0,
                                    0,    1, 127, 0,  0,    1, 0,    0, 0,  9, 0, 0, 0,   1,
                                    0,    0, 0,   0,  0x50, 2, 4,    0, 0,  0, 0, 0};
    memcpy(packet, syn, sizeof syn);
    packet[20] = (uint8_t)(source_port >> 8);
    packet[21] = (uint8_t)source_port;
    uint32_t sum = 0;
    for (size_t i = 12; i < 40; i += 2)
        sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
    sum += 6 + 20;
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    packet[36] = (uint8_t)(~sum >> 8);
    packet[37] = (uint8_t)~sum;
}

static void scanning(void)
{
    struct error error;
    struct net *net;
    EXPECT(unshare(CLONE_NEWNET) == 0 && live_pair_here("ip link set lo up"));
    EXPECT(privileges_begin(&error) == 0 && privileges_raise(&error) == 0);
    EXPECT(net_live_open(&net, &(struct net_live_options){0}, &error) == 0);
    EXPECT(drop(NULL, -1) == 0);
    EXPECT(sandbox_enter(&(struct sandbox_options){0}, &error) == 0);

    const struct addr to = {.family = ADDR_IPV4, .bytes = {127, 0, 0, 1}};
    struct net_route route;
    EXPECT(net->route(net, &to, &route) == 0);
    uint8_t room[NET_HEADROOM + 40];
    struct net_packet packet = {.bytes = room + NET_HEADROOM, .length = 40, .route = route.id};
    write_syn(packet.bytes, net->source_port_first);
    EXPECT(net->send(net, &packet, 1) == 0 && packet.error == 0);
    size_t seen = 0;
    nsec_t until = net->now(net) + NSEC_PER_SEC;
    EXPECT(net->receive(net, until, count_packet, &seen) == 0 && seen == 1);
    struct net_counters counters;
    net->counters(net, &counters);
    EXPECT(counters.received == 1 && counters.sent == 1 && counters.send_errors == 0);
    net->close(net);
}

static void the_live_network_works_in_the_sandbox(void **state)
{
    (void)state;
    in_child(scanning);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_becomes_nobody_and_keeps_nothing),
        cmocka_unit_test(root_becomes_the_user_that_is_asked_for),
        cmocka_unit_test(a_user_that_does_not_exist_is_an_error),
        cmocka_unit_test(a_user_with_the_capability_stays_who_he_is),
        cmocka_unit_test(a_user_without_it_is_told_the_remedy),
        cmocka_unit_test(reports_of_root_are_made_in_their_directory_and_nowhere_else),
        cmocka_unit_test(without_reports_nothing_is_made_in_roots_name),
        cmocka_unit_test(the_sandbox_has_no_sockets_programs_or_files),
        cmocka_unit_test(connecting_opens_tcp_and_udp_sockets_only),
        cmocka_unit_test(handshakes_open_tcp_sockets_only),
        cmocka_unit_test(the_live_network_works_in_the_sandbox),
    };
    const char *obstacle = live_pair_obstacle();
    if (obstacle) {
        printf("SKIPPED: %s\n", obstacle);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
