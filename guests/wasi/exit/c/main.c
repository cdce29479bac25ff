// Ends in each of the ways that a program in C has.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void last_words(void) {
    puts("last words");
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    int status = count > 2 ? atoi(arguments[2]) : 0;
    puts(name);
    fflush(stdout);
    atexit(last_words);
    if (strcmp(name, "return") == 0) return status;
    if (strcmp(name, "exit") == 0) exit(status);
    if (strcmp(name, "at-once") == 0) _exit(status);
    if (strcmp(name, "abort") == 0) abort();
    printf("there is no case %s\n", name);
    return 1;
}
