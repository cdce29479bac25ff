// Asks the clocks by the C library, waits for them, and says what it observes.

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

// The beginning of 2020, in seconds since 1970.
#define BEGINNING_OF_2020 1577836800

#define SECOND 1000000000LL

static long long nanoseconds(struct timespec time) {
    return time.tv_sec * SECOND + time.tv_nsec;
}

static long long now(clockid_t clock) {
    struct timespec time = {0};
    if (clock_gettime(clock, &time)) printf("no time: %s\n", strerror(errno));
    return nanoseconds(time);
}

// The time of day in each of the ways that there are is one and the same, give or take what asking takes.
static void tell(void) {
    long long before = now(CLOCK_MONOTONIC);
    printf("%d\n", before <= now(CLOCK_MONOTONIC));
    struct timespec finest = {0};
    printf("%d", clock_getres(CLOCK_MONOTONIC, &finest));
    printf(" %d\n", nanoseconds(finest) > 0);
    finest = (struct timespec){0};
    printf("%d", clock_getres(CLOCK_REALTIME, &finest));
    printf(" %d %d\n", nanoseconds(finest) > 0, clock_getres(CLOCK_REALTIME, NULL));

    struct timeval of_day = {0};
    struct timespec utc = {0};
    time_t stored = 0;
    long long real = now(CLOCK_REALTIME);
    time_t seconds = time(&stored);
    printf("%d %d\n", real / SECOND > BEGINNING_OF_2020, seconds == stored);
    printf("%d", gettimeofday(&of_day, NULL));
    printf(" %d\n", of_day.tv_usec < 1000000);
    printf("%d", timespec_get(&utc, TIME_UTC) == TIME_UTC);
    printf(" %d\n", utc.tv_nsec < SECOND);
    long long again = now(CLOCK_REALTIME);
    printf("%d", real / SECOND <= seconds && seconds <= again / SECOND);
    long long microseconds = of_day.tv_sec * 1000000LL + of_day.tv_usec;
    printf(" %d", real / 1000 <= microseconds && microseconds <= again / 1000);
    printf(" %d\n", real <= nanoseconds(utc) && nanoseconds(utc) <= again);
    printf("%d\n", gmtime(&seconds)->tm_year + 1900 >= 2020);
}

// To sleep until a time that is past is no sleep.
static void sleep_until(void) {
    long long began = now(CLOCK_MONOTONIC), soon = began + 2000000;
    struct timespec until = {soon / SECOND, soon % SECOND};
    printf("%d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    printf(" %d\n", now(CLOCK_MONOTONIC) >= soon);
    printf("%d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    printf("%d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){0, 0}, NULL));
    printf("%s\n", strerror(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL)));
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    if (strcmp(name, "tell") == 0) tell();
    else if (strcmp(name, "sleep-until") == 0) sleep_until();
    else return 2;
    return 0;
}
