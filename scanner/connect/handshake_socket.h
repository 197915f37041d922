/* What one socket shows of how far its connection got. No data is sent on it. */
#ifndef SCANNER_HANDSHAKE_SOCKET_H
#define SCANNER_HANDSHAKE_SOCKET_H

#include "scanner/connect/connect_socket.h"
#include "scanner/connect/handshake.h"

/* Adds to SIGNS what is to be seen by now. */
void handshake_socket_look(const struct connect_socket *socket, struct handshake_signs *signs);

#endif
