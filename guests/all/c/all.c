/* Every scenario in C, in one component: the first word says which. */
#include "scenarios.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a scenario is called, and how many words follow. */
static const struct {
    const char *name;
    size_t words;
    scenario *run;
} SCENARIOS[] = {
    {"hello", 1, hello},
    {"calls-foo", 1, calls_foo},
    {"calls-bar", 1, calls_bar},
    {"signals-foo", 0, signals_foo},
    {"signals-bar", 0, signals_bar},
    {"failure", 1, fail},
    {"trap", 1, trap},
    {"failure-read", 3, failure_read},
    {"fan-out", 2, fan_out},
    {"square", 1, square},
    {"select", 1, select_first},
    {"cancel", 1, cancel},
    {"sleep-long", 0, sleep_long},
    {"context", 1, context},
    {"context-read", 0, context_read},
    {"echo", 0, echo},
    {"fetch", 2, fetch},
    {"payload", 1, payload},
    {"payload-read", 1, payload_read},
    {"log", 1, log_text},
    {"yields", 1, yields},
    {"surface", 1, surface},
    {"accept-one", 0, accept_one},
};

#define MOST_WORDS 4

cogen_error cogen_main(cogen_view args, cogen_bytes *value) {
    const char *words[MOST_WORDS];
    size_t count;
    COGEN_TRY(cogen_split_words(args, words, MOST_WORDS, &count));
    const char *name = count ? words[0] : "";
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        if (strcmp(name, SCENARIOS[i].name) != 0) continue;
        if (count - 1 == SCENARIOS[i].words) return SCENARIOS[i].run(words + 1, value);
        return cogen_fail("%s takes %zu words, and was given %zu", name, SCENARIOS[i].words, count - 1);
    }
    return cogen_fail("there is no scenario %s", name);
}

cogen_error number(const char *word, uint32_t *number) {
    char *end;
    errno = 0;
    unsigned long long read = strtoull(word, &end, 10);
    if (*word < '0' || *word > '9' || *end || errno || read > UINT32_MAX) return cogen_fail("%s is no number", word);
    *number = (uint32_t)read;
    return COGEN_OK;
}
