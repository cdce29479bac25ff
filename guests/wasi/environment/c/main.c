// Says what it finds in its environment by the C library, and changes its own copy of that.

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_text(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static void list(void) {
    char *sorted[64];
    size_t count = 0;
    while (count < 64 && environ[count]) {
        sorted[count] = environ[count];
        count++;
    }
    qsort(sorted, count, sizeof *sorted, by_text);
    for (size_t i = 0; i < count; i++) printf("[%s]", sorted[i]);
    printf(" %zu\n", count);
}

static void show(const char *name) {
    const char *value = getenv(name);
    printf(" %s: %s\n", name, value ? value : "is not there");
}

static void arguments_of(int count, char **arguments) {
    for (int i = 0; i < count; i++) printf("[%s]", arguments[i]);
    printf(" %d %d\n", count, arguments[count] == NULL);
}

static void variables(void) {
    list();
    show("SPAM");
    show("EMPTY");
    show("NOTHING");
    printf("%d", setenv("SPAM", "ham", 0));
    show("SPAM");
    printf("%d", setenv("SPAM", "ham", 1));
    show("SPAM");
    printf("%d %d", setenv("NEW", "new", 0), putenv("PUT=put"));
    show("PUT");
    printf("%d %d", unsetenv("EMPTY"), unsetenv("NOTHING"));
    show("EMPTY");
    printf("%d", setenv("A=B", "", 1));
    printf(" %s\n", strerror(errno));
    list();
    printf("%d", clearenv());
    printf(" %d\n", environ == NULL || *environ == NULL);
    show("SPAM");
}

static void here(void) {
    char path[100] = {0};
    printf("%d %s\n", getcwd(path, sizeof path) == path, path);
}

static void try_to_go(const char *path) {
    errno = 0;
    int result = chdir(path);
    printf("%s %d %s: ", path, result, strerror(errno));
    here();
}

// Where a program is, is its library's own matter: WASI knows paths from a granted folder only.
static void folders(void) {
    here();
    char path[2];
    try_to_go("/data");
    printf("%d %s\n", getcwd(path, sizeof path) == NULL, strerror(errno));
    printf("%d %d\n", access("text", R_OK), access("./folder/../text", R_OK));
    try_to_go("folder");
    printf("%d %d\n", access("text", R_OK), access("../text", R_OK));
    try_to_go("nothing");
    try_to_go("/data/text");
    try_to_go("/elsewhere");
    try_to_go("..");
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    if (strcmp(name, "arguments") == 0) arguments_of(count, arguments);
    else if (strcmp(name, "variables") == 0) variables();
    else if (strcmp(name, "folders") == 0) folders();
    else return 2;
    return 0;
}
