// Waits by poll(2) and select(2) of the C library, which know pollables and nothing else, and says what it observes.

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// To sleep in each of the ways that there are takes at least as long as was asked for.
static void sleeps(void) {
    long long began = now();
    struct timespec pause = {0, 2000000};
    printf("%d\n", nanosleep(&pause, NULL));
    printf("%d\n", clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL));
    printf("%d\n", usleep(2000));
    printf("%d\n", now() - began >= 6000000);
}

static void outputs(void) {
    struct pollfd outputs[2] = {{1, POLLOUT, 0}, {2, POLLOUT, 0}};
    printf("%d", poll(outputs, 2, 1000));
    printf(" %d %d\n", outputs[0].revents == POLLOUT, outputs[1].revents == POLLOUT);
}

static void timeout(void) {
    long long began = now();
    struct timeval pause = {0, 2000};
    int found = select(0, NULL, NULL, NULL, &pause);
    if (found < 0) {
        printf("select: %s\n", strerror(errno));
        return;
    }
    printf("%d %d\n", found, now() - began >= 2000000);
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    if (strcmp(name, "sleeps") == 0) sleeps();
    else if (strcmp(name, "outputs") == 0) outputs();
    else if (strcmp(name, "timeout") == 0) timeout();
    else return 2;
    return 0;
}
