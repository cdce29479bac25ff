// Reads and writes its standard streams by the C library, and says what it observes.

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void lines(void) {
    char line[100];
    while (fgets(line, sizeof line, stdin) != NULL) printf("[%.*s]", (int)strcspn(line, "\n"), line);
    printf(" %d\n", feof(stdin) != 0);
}

static void polled(void) {
    struct pollfd input = {0, POLLIN, 0};
    char bytes[100];
    printf("%d ", poll(&input, 1, 60000));
    printf("%d ", (input.revents & POLLIN) != 0);
    ssize_t count = read(0, bytes, sizeof bytes);
    printf("%.*s", (int)count, bytes);
    printf("%d\n", (int)read(0, bytes, sizeof bytes));
}

static void terminal(void) {
    printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    if (strcmp(name, "lines") == 0) lines();
    else if (strcmp(name, "poll") == 0) polled();
    else if (strcmp(name, "terminal") == 0) terminal();
    else return 2;
    return 0;
}
