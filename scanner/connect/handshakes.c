#include "scanner/connect/handshakes.h"

#include "scanner/connect/connect_state.h"
#include "scanner/connect/handshake_socket.h"

#include <errno.h>
#include <stdlib.h>

enum { SEATS = 256 };
/* A signal that comes just before poll() waits no longer than this. */
#define LOOK_AROUND (100 * NSEC_PER_MSEC)

struct seat {
    struct connect_socket socket;
    struct doubts_question question;
    struct handshake_signs signs;
    nsec_t until;
};

struct handshakes {
    struct doubts *doubts;
    const struct handshakes_options *options;
    struct seat seats[SEATS];
    struct pollfd polls[SEATS];
    size_t seated, seats_most;
    nsec_t next_allowed;
    bool holds; /* a question that found no room */
    struct doubts_question held;
};

static bool is_over(const struct handshakes *all)
{
    const volatile sig_atomic_t *signal = all->options->signal;
    return (signal && *signal) || connect_now() >= all->options->deadline;
}

static bool next_question(struct handshakes *all, struct doubts_question *question)
{
    if (!all->holds)
        return doubts_next(all->doubts, question);
    *question = all->held;
    all->holds = false;
    return true;
}

static bool wants_room(int status)
{
    return status == -EMFILE || status == -ENFILE || status == -ENOBUFS || status == -ENOMEM;
}

static void take_seat(struct handshakes *all, const struct doubts_question *question,
                      nsec_t now)
{
    struct seat *seat = &all->seats[all->seated];
    *seat = (struct seat){.question = *question, .until = now + question->patience};
    seat->socket = (struct connect_socket){
        .proto = PROTO_TCP, .port = question->port, .target = question->address};
    int status = connect_socket_open(&seat->socket, &all->options->way);
    if (wants_room(status) && all->seated > 0) {
        all->seats_most = all->seated; /* as many as there will ever be */
        all->held = *question;
        all->holds = true;
    } else if (status < 0) {
        doubts_note(all->doubts, question, HANDSHAKE_NONE);
    } else {
        all->polls[all->seated++] = (struct pollfd){.fd = seat->socket.fd, .events = POLLOUT};
    }
}

static void leave_seat(struct handshakes *all, size_t index)
{
    connect_socket_close(&all->seats[index].socket);
    all->seats[index] = all->seats[--all->seated];
    all->polls[index] = all->polls[all->seated];
}

static void fill_seats(struct handshakes *all)
{
    struct doubts_question question;
    nsec_t now = connect_now();
    double rate = all->options->max_rate;
    if (all->next_allowed < now - LOOK_AROUND)
        all->next_allowed = now;
    while (all->seated < all->seats_most && all->next_allowed <= now &&
           next_question(all, &question)) {
        take_seat(all, &question, now);
        if (rate > 0)
            all->next_allowed += (nsec_t)((double)NSEC_PER_SEC / rate);
    }
}

/* Whether there is more to be seen. */
static bool goes_on(const struct seat *seat, nsec_t now)
{
    enum handshake how_far = handshake_read(&seat->signs);
    bool over = how_far == HANDSHAKE_REFUSED || how_far == HANDSHAKE_SPOKE ||
                seat->signs.finished || seat->signs.reset;
    return !over && now < seat->until;
}

static void look(struct handshakes *all, size_t index, nsec_t now)
{
    struct seat *seat = &all->seats[index];
    bool was_connected = seat->signs.connected;
    handshake_socket_look(&seat->socket, &seat->signs);
    if (seat->signs.connected && !was_connected) {
        seat->until = now + seat->question.watch;
        all->polls[index].events = POLLIN | POLLRDHUP;
    }
    if (goes_on(seat, now))
        return;
    doubts_note(all->doubts, &seat->question, handshake_read(&seat->signs));
    leave_seat(all, index);
}

static void await(struct handshakes *all)
{
    nsec_t now = connect_now(), until = now + LOOK_AROUND;
    for (size_t i = 0; i < all->seated; i++) {
        if (all->seats[i].until < until)
            until = all->seats[i].until;
    }
    if (all->next_allowed > now && all->next_allowed < until)
        until = all->next_allowed;
    nsec_t left = until > now ? until - now : 0;
    const struct timespec time = {left / NSEC_PER_SEC, left % NSEC_PER_SEC};
    (void)!ppoll(all->polls, all->seated, &time, NULL);
}

static void collect(struct handshakes *all)
{
    nsec_t now = connect_now();
    for (size_t i = all->seated; i-- > 0;) {
        if (all->polls[i].revents || now >= all->seats[i].until)
            look(all, i, now);
    }
}

int handshakes_make(struct doubts *doubts, const struct handshakes_options *options)
{
    struct handshakes *all = calloc(1, sizeof *all);
    if (!all)
        return -ENOMEM;
    all->doubts = doubts;
    all->options = options;
    all->seats_most = SEATS;
    while (!is_over(all)) {
        fill_seats(all);
        if (all->seated == 0 && !all->holds && !doubts_have_questions(doubts))
            break;
        await(all);
        collect(all);
        connect_way_look(&options->way);
    }
    while (all->seated > 0)
        leave_seat(all, all->seated - 1);
    connect_way_look(&options->way);
    free(all);
    return 0;
}
