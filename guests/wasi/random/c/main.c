// Asks for random bytes by the C library, and says what it observes.

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 10000

static unsigned char one[MOST], other[MOST];

// How many of all the bytes that there are stand there.
static int kinds(const unsigned char *bytes, size_t count) {
    char is_there[256] = {0};
    int found = 0;
    for (size_t i = 0; i < count; i++) {
        found += !is_there[bytes[i]];
        is_there[bytes[i]] = 1;
    }
    return found;
}

static int is_untouched(const unsigned char *bytes, size_t from) {
    return kinds(bytes + from, MOST - from) == 1 && bytes[from] == 0;
}

// What two calls give differs, and nothing is written behind what was asked for.
static void entropy(void) {
    const size_t counts[] = {0, 10, 255, 256};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t count = counts[i];
        memset(one, 0, MOST);
        memset(other, 0, MOST);
        printf("%zu %d", count, getentropy(one, count));
        printf(" %d", getentropy(other, count));
        printf(" %d %d\n", is_untouched(one, count), memcmp(one, other, MOST) != 0);
    }
    printf("%d", getentropy(one, 257));
    printf(" %s\n", strerror(errno));
}

static void numbers(void) {
    memset(one, 0, MOST);
    arc4random_buf(one, 0);
    printf("%d\n", is_untouched(one, 0));
    arc4random_buf(one, 256);
    printf("%d %d\n", is_untouched(one, 256), kinds(one, 256) > 100);
    arc4random_buf(one, MOST);
    arc4random_buf(other, MOST);
    printf("%d %d\n", kinds(one, MOST), memcmp(one, other, MOST) != 0);
    unsigned all = 0;
    for (int i = 0; i < 100; i++) all |= arc4random();
    printf("%x\n", all);
    int counts[10] = {0}, found = 0;
    for (int i = 0; i < 1000; i++) counts[arc4random_uniform(10)]++;
    for (int i = 0; i < 10; i++) found += counts[i] > 0;
    printf("%d\n", found);
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    if (strcmp(name, "entropy") == 0) entropy();
    else if (strcmp(name, "numbers") == 0) numbers();
    else return 2;
    return 0;
}
