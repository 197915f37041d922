#include "scanner/connect/handshake_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tcp.h>

/* Values of tcpi_state, which no header of the kernel's has for programs. */
enum { STATE_ESTABLISHED = 1, STATE_CLOSE_WAIT = 8 };

static void note_error(int error, struct handshake_signs *signs)
{
    if (error == ECONNRESET || error == EPIPE) {
        signs->connected = true; /* in answer to the SYN it would be ECONNREFUSED */
        signs->reset = true;
    } else if (error != 0) {
        signs->refused = true;
    }
}

/* The kernel shows each error once, to whoever asks first. */
static void look_at_errors(const struct connect_socket *socket, struct handshake_signs *signs)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0)
        note_error(error, signs);
    if (socket->refused)
        signs->refused = true;
}

static void look_at_state(const struct connect_socket *socket, struct handshake_signs *signs)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(socket->fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
        return;
    if (info.tcpi_state == STATE_ESTABLISHED || info.tcpi_state == STATE_CLOSE_WAIT)
        signs->connected = true;
    /* Kernels before 5.4 do not fill it in. */
    if (signs->connected && info.tcpi_snd_wnd > signs->window)
        signs->window = info.tcpi_snd_wnd;
}

/* Data that came before a RST is still there after it. */
static void look_at_data(const struct connect_socket *socket, struct handshake_signs *signs)
{
    char octet;
    ssize_t length = recv(socket->fd, &octet, sizeof octet, MSG_PEEK | MSG_DONTWAIT);
    if (length > 0)
        signs->spoke = true;
    else if (length == 0)
        signs->finished = true;
    else if (errno != EAGAIN && errno != ENOTCONN)
        note_error(errno, signs);
}

void handshake_socket_look(const struct connect_socket *socket, struct handshake_signs *signs)
{
    look_at_errors(socket, signs);
    look_at_data(socket, signs);
    look_at_state(socket, signs);
}
