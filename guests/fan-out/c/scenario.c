/* Many are started at once, and each is waited for. */
#include "scenarios.h"

#include <inttypes.h>
#include <stdlib.h>

static cogen_error spawn_square(const char *program, uint32_t of, cogen_coroutine *child) {
    cogen_bytes digits = cogen_format("%" PRIu32, of), args = cogen_words("square", digits.data);
    cogen_error error = cogen_spawn(program, cogen_view_of(args), NULL, child);
    cogen_free(&digits);
    cogen_free(&args);
    return error;
}

static cogen_error add_value(cogen_coroutine child, uint64_t *sum) {
    cogen_bytes value;
    COGEN_TRY(cogen_join(child, NULL, &value));
    *sum += strtoull(value.data, NULL, 10);
    cogen_free(&value);
    return COGEN_OK;
}

static cogen_error spawn_and_join(const char *program, cogen_coroutine *children, uint32_t count, uint64_t *sum) {
    for (uint32_t i = 0; i < count; i++) COGEN_TRY(spawn_square(program, i + 1, &children[i]));
    for (uint32_t i = 0; i < count; i++) COGEN_TRY(add_value(children[i], sum));
    return COGEN_OK;
}

cogen_error fan_out(const char *const words[], cogen_bytes *value) {
    uint32_t count;
    COGEN_TRY(number(words[1], &count));
    cogen_coroutine *children = calloc(count, sizeof *children);
    if (count && !children) return cogen_fail("there is no memory for %" PRIu32 " coroutines", count);
    uint64_t sum = 0;
    cogen_error error = spawn_and_join(words[0], children, count, &sum);
    for (uint32_t i = 0; i < count; i++) cogen_coroutine_drop(&children[i]);
    free(children);
    if (!error) *value = cogen_format("%" PRIu64, sum);
    return error;
}

cogen_error square(const char *const words[], cogen_bytes *value) {
    uint32_t side;
    COGEN_TRY(number(words[0], &side));
    *value = cogen_format("%" PRIu64, (uint64_t)side * side);
    return COGEN_OK;
}
