// Sockets by the C library: a server that waits for all its connections with one poll(2), and one that says what it observes.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 1100

// A socket that listens at a port of its own, and the port.
static int listener(int *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1024) ||
        getsockname(fd, (struct sockaddr *)&at, &length)) {
        perror("cannot listen");
        exit(1);
    }
    *port = ntohs(at.sin_port);
    return fd;
}

static void do_not_block(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Sends all of it; nobody's answer is long enough to fill what the system keeps.
static int send_all(int fd, const char *bytes, ssize_t count) {
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, 0);
        if (sent < 0 && errno != EAGAIN) {
            return -1;
        }
        if (sent > 0) {
            bytes += sent;
            count -= sent;
        }
    }
    return 0;
}

// Sends back what it gets, to so many connections until they have ended; for ever without a number.
static void echo(int connections) {
    static struct pollfd fds[MOST];
    static char bytes[16384];
    int port, count = 1, ended = 0;
    fds[0] = (struct pollfd){listener(&port), POLLIN, 0};
    do_not_block(fds[0].fd);
    printf("%d\n", port);
    fflush(stdout);
    while (connections == 0 || ended < connections) {
        if (poll(fds, count, -1) < 0) {
            perror("cannot poll");
            exit(1);
        }
        for (int i = count - 1; i > 0; i--) {
            if (!fds[i].revents) {
                continue;
            }
            ssize_t got = recv(fds[i].fd, bytes, sizeof bytes, 0);
            if (got < 0 && errno == EAGAIN) {
                continue;
            }
            if (got <= 0 || send_all(fds[i].fd, bytes, got)) {
                close(fds[i].fd);
                fds[i] = fds[--count];
                ended++;
            }
        }
        while (fds[0].revents && count < MOST) {
            int fd = accept(fds[0].fd, NULL, NULL);
            if (fd < 0) {
                break;
            }
            do_not_block(fd);
            fds[count++] = (struct pollfd){fd, POLLIN, 0};
        }
    }
    printf("%d\n", ended);
}

// To connect without blocking is to wait until one may write, and to ask then.
static void nonblocking(void) {
    int port, error = -1;
    int server = listener(&port);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    do_not_block(client);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int connected = connect(client, (struct sockaddr *)&to, sizeof to);
    printf("%d\n", connected == 0 || errno == EINPROGRESS);
    struct pollfd one = {client, POLLOUT, 0};
    printf("%d", poll(&one, 1, 10000));
    printf(" %d\n", (one.revents & POLLOUT) != 0);
    socklen_t length = sizeof error;
    printf("%d", getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length));
    printf(" %d\n", error);
    int other = accept(server, NULL, NULL);
    printf("%d %zd\n", other >= 0, send(client, "spam", 4, 0));
    char bytes[10] = {0};
    printf("%zd %s\n", recv(other, bytes, sizeof bytes, 0), bytes);
    printf("%d %zd\n", shutdown(client, SHUT_WR), recv(other, bytes, sizeof bytes, 0));
    errno = 0;
    printf("%zd %s\n", recv(client, bytes, sizeof bytes, 0), strerror(errno));
}

static void options(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1, got = 0;
    socklen_t length = sizeof got;
    printf("%d ", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    printf("%d ", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
    printf("%d ", getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &got, &length));
    printf("%d ", got);
    printf("%d ", setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){3}, sizeof on));
    printf("%d ", getsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &got, &length));
    printf("%d ", got);
    printf("%d ", getsockopt(fd, SOL_SOCKET, SO_TYPE, &got, &length));
    printf("%d\n", got == SOCK_STREAM);
}

static void names(void) {
    struct addrinfo *found, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    printf("%d\n", getaddrinfo("localhost", "80", &hints, &found));
    printf("%s\n", inet_ntoa(((struct sockaddr_in *)found->ai_addr)->sin_addr));
    freeaddrinfo(found);
    printf("%d\n", getaddrinfo("no-such-host.invalid", "80", &hints, &found) != 0);
}

static void datagrams(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
    printf("%d\n", bind(server, (struct sockaddr *)&at, sizeof at));
    printf("%d\n", getsockname(server, (struct sockaddr *)&at, &length));
    printf("%zd\n", sendto(client, "spam", 4, 0, (struct sockaddr *)&at, sizeof at));
    char bytes[10] = {0};
    printf("%zd %s\n", recvfrom(server, bytes, sizeof bytes, 0, (struct sockaddr *)&at, &length), bytes);
    printf("%zd\n", sendto(server, "eggs", 5, 0, (struct sockaddr *)&at, sizeof at));
    printf("%zd %s\n", recv(client, bytes, sizeof bytes, 0), bytes);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (!strcmp(name, "echo")) {
        echo(argc > 2 ? atoi(argv[2]) : 0);
    } else if (!strcmp(name, "nonblocking")) {
        nonblocking();
    } else if (!strcmp(name, "options")) {
        options();
    } else if (!strcmp(name, "names")) {
        names();
    } else if (!strcmp(name, "datagrams")) {
        datagrams();
    } else {
        fprintf(stderr, "there is no case %s\n", name);
        return 1;
    }
    return 0;
}
