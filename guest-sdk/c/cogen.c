/* What cogen.h promises, over what the engine imports and exports. */
#include "cogen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *with_room_for_nul(void *memory, size_t size);

/* What `wit-bindgen` has made of the WIT. Whatever the engine puts into this memory comes into blocks that its code reserves, which have
 * one more byte: the NUL that makes a string of them. */
#define realloc(memory, size) with_room_for_nul(memory, size)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wextra"
#pragma clang diagnostic ignored "-Wunused-parameter"
#include "bindings/coroutine.c"
#pragma clang diagnostic pop
#undef realloc

/* The linker reads it from a section of its own. */
#include "bindings/component_type.h"

/* The code that is generated asks that this be linked in, as it takes the type to be in an object of its own. */
void __component_type_object_force_link_coroutine(void) {}

/* One type has an alias in each interface of the WIT. */
typedef cogen_engine_types_error_t raw_error;
typedef cogen_engine_types_failure_t raw_failure;
typedef cogen_engine_types_options_t raw_options;
typedef cogen_engine_types_timeout_t raw_timeout;
typedef cogen_engine_handover_thing_t raw_thing;
typedef coroutine_list_u8_t raw_bytes;
typedef coroutine_string_t raw_text;
typedef coroutine_list_string_t raw_texts;

/* ---- Memory ---- */

/* Where no bytes at all are: those cannot be freed, and need not be. */
static char nothing[1];

/* As the code that is generated does, this traps when there is no memory left. */
static void *memory(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory) abort();
    return memory;
}

static void *array(size_t count, size_t size) {
    if (count > SIZE_MAX / size) abort();
    return memory(count * size);
}

static void *with_room_for_nul(void *memory, size_t size) {
    char *longer = size == SIZE_MAX ? NULL : realloc(memory, size + 1);
    if (longer) longer[size] = 0;
    return longer;
}

/* ---- Bytes ---- */

cogen_view cogen_text(const char *text) {
    return text ? (cogen_view){text, strlen(text)} : COGEN_NOTHING;
}

cogen_view cogen_view_of(cogen_bytes bytes) {
    return (cogen_view){bytes.data, bytes.length};
}

static cogen_bytes empty(void) {
    return (cogen_bytes){nothing, 0};
}

/* Room for so many bytes, and the NUL behind them. */
static cogen_bytes room(size_t length) {
    if (length == 0) return empty();
    if (length == SIZE_MAX) abort();
    cogen_bytes bytes = {memory(length + 1), length};
    bytes.data[length] = 0;
    return bytes;
}

cogen_bytes cogen_copy(cogen_view view) {
    cogen_bytes bytes = room(view.length);
    if (view.length) memcpy(bytes.data, view.data, view.length);
    return bytes;
}

static cogen_bytes format_list(const char *format, va_list list) {
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    // What has no length cannot be written, as a wide character that is none.
    cogen_bytes bytes = room(length > 0 ? (size_t)length : 0);
    if (bytes.length) vsnprintf(bytes.data, bytes.length + 1, format, again);
    va_end(again);
    return bytes;
}

cogen_bytes cogen_format(const char *format, ...) {
    va_list list;
    va_start(list, format);
    cogen_bytes bytes = format_list(format, list);
    va_end(list);
    return bytes;
}

void cogen_free(cogen_bytes *bytes) {
    if (bytes->length) free(bytes->data);
    *bytes = empty();
}

/* What the engine has put into this memory becomes the caller's. */
static cogen_bytes from_engine(uint8_t *data, size_t length) {
    return length ? (cogen_bytes){(char *)data, length} : empty();
}

cogen_bytes cogen_join_words(const char *const words[], size_t count) {
    // One word that is empty, or several of which the last is, have a NUL behind it.
    bool closed = count && !*words[count - 1];
    size_t length = closed ? count : count ? count - 1 : 0;
    for (size_t i = 0; i < count; i++) length += strlen(words[i]);
    cogen_bytes bytes = room(length);
    char *end = bytes.data;
    for (size_t i = 0; i < count; i++) {
        size_t word = strlen(words[i]);
        memcpy(end, words[i], word);
        end += word;
        if (closed || i + 1 < count) *end++ = 0;
    }
    return bytes;
}

void cogen_texts_free(cogen_texts *texts) {
    for (size_t i = 0; i < texts->count; i++) cogen_free(&texts->items[i]);
    free(texts->items);
    *texts = (cogen_texts){0};
}

static cogen_texts texts_from_engine(raw_texts raw) {
    cogen_texts texts = {array(raw.len, sizeof(cogen_bytes)), raw.len};
    for (size_t i = 0; i < raw.len; i++) texts.items[i] = from_engine(raw.ptr[i].ptr, raw.ptr[i].len);
    if (raw.len) free(raw.ptr);
    return texts;
}

/* ---- UTF-8 ---- */

/* The length of the character that these bytes begin with, or zero if they begin with none. */
static size_t character(const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char first = bytes[0];
    if (first < 0x80) return 1;
    size_t count = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || count > length) return 0;
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xc0) != 0x80) return 0;
    }
    // What has a shorter form, is half of a pair of UTF-16, or lies beyond the last character.
    unsigned char second = bytes[1];
    bool is_none = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
                   (first == 0xf4 && second > 0x8f);
    return is_none ? 0 : count;
}

/* How many of these bytes are UTF-8. */
static size_t valid_up_to(const char *text, size_t length) {
    size_t at = 0;
    while (at < length) {
        size_t count = character(text + at, length - at);
        if (!count) break;
        at += count;
    }
    return at;
}

/* The text, with U+FFFD for each byte that is not UTF-8. It is used up. */
static cogen_bytes as_utf8(cogen_bytes text) {
    if (valid_up_to(text.data, text.length) == text.length) return text;
    if (text.length > (SIZE_MAX - 1) / 3) abort();
    char *replaced = memory(3 * text.length + 1), *end = replaced;
    for (size_t at = 0; at < text.length;) {
        size_t count = character(text.data + at, text.length - at);
        memcpy(end, count ? text.data + at : "\xef\xbf\xbd", count ? count : 3);
        end += count ? count : 3;
        at += count ? count : 1;
    }
    *end = 0;
    cogen_free(&text);
    return (cogen_bytes){replaced, (size_t)(end - replaced)};
}

/* ---- Errors ---- */

/* What went wrong last. Nobody else has this memory, and there is one thread. */
static struct {
    cogen_error code;
    cogen_bytes text;
    cogen_network_problem problem;
    /* Of COGEN_ENDED. */
    bool has_failure;
    cogen_failure failure;
} last = {.text = {nothing, 0}};

static void free_failure(cogen_failure *failure) {
    free((char *)failure->program);
    free((char *)failure->message);
    free((char *)failure->backtrace);
    *failure = (cogen_failure){0};
}

/* Keeps an error until the next one. The text is used up. */
static cogen_error fail(cogen_error code, cogen_bytes text) {
    if (last.has_failure) free_failure(&last.failure);
    cogen_free(&last.text);
    last.code = code;
    last.text = text;
    last.problem = COGEN_NETWORK_OTHER;
    last.has_failure = false;
    return code;
}

static cogen_error fail_with(cogen_error code, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));

static cogen_error fail_with(cogen_error code, const char *format, ...) {
    va_list list;
    va_start(list, format);
    cogen_bytes text = format_list(format, list);
    va_end(list);
    return fail(code, text);
}

cogen_error cogen_fail(const char *format, ...) {
    va_list list;
    va_start(list, format);
    cogen_bytes text = format_list(format, list);
    va_end(list);
    return fail(COGEN_OTHER, as_utf8(text));
}

const char *cogen_error_text(void) {
    return last.text.data;
}

const cogen_failure *cogen_last_failure(void) {
    return last.has_failure ? &last.failure : NULL;
}

cogen_network_problem cogen_last_network_problem(void) {
    return last.problem;
}

const char *cogen_ending_name(cogen_ending ending) {
    switch (ending) {
    case COGEN_ENDING_FAILED: return "failed";
    case COGEN_ENDING_TRAPPED: return "trapped";
    case COGEN_ENDING_EXCEEDED: return "exceeded";
    case COGEN_ENDING_CANCELLED: return "cancelled";
    case COGEN_ENDING_KILLED: return "killed";
    }
    return "ended";
}

/* What the engine has put into this memory, as a string that can always be freed. */
static char *string_from_engine(raw_text text) {
    if (text.len) return (char *)text.ptr;
    char *string = memory(1);
    *string = 0;
    return string;
}

static cogen_failure failure_from_engine(raw_failure raw) {
    return (cogen_failure){
        .id = raw.id,
        .ending = (cogen_ending)raw.ending,
        .program = string_from_engine(raw.program),
        .message = string_from_engine(raw.message),
        .backtrace = string_from_engine(raw.backtrace),
    };
}

/* A failure in words, with where it trapped: a caller that passes the error on says with it where it came from. */
static cogen_bytes in_words(const cogen_failure *failure) {
    static const char *const endings[] = {"failed", "trapped", "exceeded a limit", "was cancelled", "was killed"};
    const char *colon = *failure->message ? ": " : "", *line = *failure->backtrace ? "\n" : "";
    int trace = (int)strlen(failure->backtrace);
    while (trace && failure->backtrace[trace - 1] == '\n') trace--;
    return cogen_format("`%s` %s%s%s%s%.*s", failure->program, endings[failure->ending], colon, failure->message, line, trace,
                        failure->backtrace);
}

/* Keeps how another one ended. The failure is used up. */
static cogen_error fail_ended(cogen_bytes text, cogen_failure failure) {
    fail(COGEN_ENDED, text);
    last.failure = failure;
    last.has_failure = true;
    return COGEN_ENDED;
}

static cogen_error fail_ended_by_engine(raw_failure raw) {
    cogen_failure failure = failure_from_engine(raw);
    return fail_ended(in_words(&failure), failure);
}

/* A text of the engine's with words in front. */
static cogen_error fail_saying(cogen_error code, const char *before, raw_text raw) {
    cogen_bytes text = from_engine(raw.ptr, raw.len);
    fail_with(code, "%s%s", before, text.data);
    cogen_free(&text);
    return code;
}

/* Keeps what the engine has answered, which is used up. */
static cogen_error fail_by_engine(const raw_error *error) {
    switch (error->tag) {
    case COGEN_ENGINE_TYPES_ERROR_TIMED_OUT: return fail_with(COGEN_TIMED_OUT, "timed out");
    case COGEN_ENGINE_TYPES_ERROR_CANCELLED: return fail_with(COGEN_CANCELLED, "cancelled");
    case COGEN_ENGINE_TYPES_ERROR_ENDED: return fail_ended_by_engine(error->val.ended);
    case COGEN_ENGINE_TYPES_ERROR_UNKNOWN_PROGRAM:
        return fail_saying(COGEN_UNKNOWN_PROGRAM, "there is no program ", error->val.unknown_program);
    case COGEN_ENGINE_TYPES_ERROR_INVALID_ARGUMENT:
        return fail_saying(COGEN_INVALID_ARGUMENT, "invalid argument: ", error->val.invalid_argument);
    case COGEN_ENGINE_TYPES_ERROR_LIMIT_REACHED:
        return fail_saying(COGEN_LIMIT_REACHED, "limit reached: ", error->val.limit_reached);
    case COGEN_ENGINE_TYPES_ERROR_NOT_READY: return fail_with(COGEN_NOT_READY, "not ready");
    case COGEN_ENGINE_TYPES_ERROR_NOT_FOUND: return fail_with(COGEN_NOT_FOUND, "not found");
    case COGEN_ENGINE_TYPES_ERROR_NETWORK:
        fail_saying(COGEN_NETWORK, "", error->val.network.message);
        last.problem = (cogen_network_problem)error->val.network.problem;
        return COGEN_NETWORK;
    case COGEN_ENGINE_TYPES_ERROR_DENIED: return fail_saying(COGEN_DENIED, "denied: ", error->val.denied);
    case COGEN_ENGINE_TYPES_ERROR_TOO_LONG: return fail_with(COGEN_TOO_LONG, "the line is too long");
    default: return fail_saying(COGEN_OTHER, "", error->val.other);
    }
}

/* ---- What is asked, as the engine takes it ---- */

static raw_bytes to_bytes(cogen_view view) {
    return (raw_bytes){(uint8_t *)view.data, view.length};
}

/* A string as text: what is not UTF-8 would be a trap. */
static cogen_error to_text(const char *what, const char *string, raw_text *text) {
    *text = (raw_text){0};
    if (!string) return fail_with(COGEN_INVALID_ARGUMENT, "invalid argument: the %s is NULL", what);
    size_t length = strlen(string), valid = valid_up_to(string, length);
    if (valid < length) {
        return fail_with(COGEN_INVALID_ARGUMENT, "invalid argument: the %s is not UTF-8 text: the byte at %zu is wrong", what,
                         valid);
    }
    *text = (raw_text){(uint8_t *)string, length};
    return COGEN_OK;
}

/* That a handle is one: the engine traps otherwise. */
static cogen_error check(int32_t handle, const char *what) {
    if (handle) return COGEN_OK;
    return fail_with(COGEN_INVALID_ARGUMENT, "invalid argument: there is no %s: it was dropped or given away, or never had", what);
}

static raw_timeout to_timeout(cogen_timeout timeout) {
    raw_timeout raw = {.tag = (uint8_t)timeout.kind};
    raw.val.within = timeout.time;
    return raw;
}

static raw_options to_options(const cogen_options *options) {
    if (!options) return (raw_options){0};
    return (raw_options){to_timeout(options->timeout), (uint8_t)options->priority};
}

/* The engine counts by 32 bits, as this memory does. */
static uint32_t to_count(size_t count) {
    return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

/* ---- What is answered, as the caller takes it ---- */

static cogen_error answer(bool done, const raw_error *error) {
    return done ? COGEN_OK : fail_by_engine(error);
}

static cogen_error answer_bytes(bool done, const raw_bytes *raw, const raw_error *error, cogen_bytes *bytes) {
    if (!done) return fail_by_engine(error);
    *bytes = from_engine(raw->ptr, raw->len);
    return COGEN_OK;
}

static cogen_error answer_text(bool done, const raw_text *raw, const raw_error *error, cogen_bytes *text) {
    if (!done) return fail_by_engine(error);
    *text = from_engine(raw->ptr, raw->len);
    return COGEN_OK;
}

static cogen_error answer_texts(bool done, const raw_texts *raw, const raw_error *error, cogen_texts *texts) {
    if (!done) return fail_by_engine(error);
    *texts = texts_from_engine(*raw);
    return COGEN_OK;
}

static cogen_error answer_handle(bool done, const int32_t *raw, const raw_error *error, int32_t *handle) {
    if (!done) return fail_by_engine(error);
    *handle = *raw;
    return COGEN_OK;
}

/* ---- The entry ---- */

cogen_error cogen_split_words(cogen_view args, const char *words[], size_t most, size_t *count) {
    *count = 0;
    if (!args.length) return COGEN_OK;
    const char *word = args.data, *end = args.data + args.length;
    if (end[-1] == 0) end--;
    for (;;) {
        if (*count == most) return fail_with(COGEN_INVALID_ARGUMENT, "invalid argument: there are more than %zu words", most);
        words[(*count)++] = word;
        const char *nul = memchr(word, 0, (size_t)(end - word));
        if (!nul) return COGEN_OK;
        word = nul + 1;
    }
}

/* An error that is returned, and is not the last one, is made by the program: there is no more to say of it. */
static cogen_bytes message_of(cogen_error error) {
    static const char *const texts[] = {
        [COGEN_TIMED_OUT] = "timed out",          [COGEN_CANCELLED] = "cancelled",
        [COGEN_ENDED] = "another one has ended",  [COGEN_UNKNOWN_PROGRAM] = "unknown program",
        [COGEN_INVALID_ARGUMENT] = "invalid argument", [COGEN_LIMIT_REACHED] = "limit reached",
        [COGEN_NOT_READY] = "not ready",          [COGEN_NOT_FOUND] = "not found",
        [COGEN_NETWORK] = "network",              [COGEN_DENIED] = "denied",
        [COGEN_TOO_LONG] = "the line is too long", [COGEN_OTHER] = "an error without words",
    };
    if (error == last.code) return cogen_copy(cogen_view_of(last.text));
    if (error > 0 && (size_t)error < sizeof texts / sizeof *texts) return cogen_copy(cogen_text(texts[error]));
    return cogen_format("error %d", (int)error);
}

bool exports_coroutine_run(raw_bytes *args, raw_bytes *ret, raw_text *err) {
    // Lines, since what several coroutines print comes in the order in which they print it.
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    cogen_bytes given = from_engine(args->ptr, args->len), value = empty();
    cogen_error error = cogen_main(cogen_view_of(given), &value);
    // Whoever has done what it was to do has not failed because nobody reads what it printed.
    fflush(stdout);
    cogen_free(&given);
    if (!error) {
        *ret = to_bytes(cogen_view_of(value));
        return true;
    }
    cogen_free(&value);
    cogen_bytes message = message_of(error);
    *err = (raw_text){(uint8_t *)message.data, message.length};
    return false;
}

/* ---- Time ---- */

cogen_instant cogen_now(void) {
    return cogen_engine_time_now();
}

cogen_instant cogen_after(cogen_instant instant, cogen_duration duration) {
    return duration > UINT64_MAX - instant ? UINT64_MAX : instant + duration;
}

cogen_error cogen_sleep(cogen_duration duration) {
    raw_error error;
    return answer(cogen_engine_time_sleep(duration, &error), &error);
}

cogen_error cogen_sleep_until(cogen_instant deadline) {
    raw_error error;
    return answer(cogen_engine_time_sleep_until(deadline, &error), &error);
}

cogen_error cogen_yield_now(void) {
    raw_error error;
    return answer(cogen_engine_time_yield_now(&error), &error);
}

/* ---- Coroutines ---- */

typedef cogen_engine_coroutines_own_coroutine_t own_coroutine;

static cogen_engine_coroutines_borrow_coroutine_t of_coroutine(cogen_coroutine coroutine) {
    return (cogen_engine_coroutines_borrow_coroutine_t){coroutine.handle};
}

cogen_error cogen_spawn(const char *program, cogen_view args, const cogen_options *options, cogen_coroutine *coroutine) {
    *coroutine = (cogen_coroutine){0};
    raw_text name;
    COGEN_TRY(to_text("program", program, &name));
    raw_bytes bytes = to_bytes(args);
    raw_options chosen = to_options(options);
    own_coroutine made;
    raw_error error;
    bool done = cogen_engine_coroutines_spawn(&name, &bytes, &chosen, &made, &error);
    return answer_handle(done, &made.__handle, &error, &coroutine->handle);
}

cogen_error cogen_call(const char *program, cogen_view args, const cogen_options *options, cogen_bytes *value) {
    *value = empty();
    raw_text name;
    COGEN_TRY(to_text("program", program, &name));
    raw_bytes bytes = to_bytes(args), returned;
    raw_options chosen = to_options(options);
    raw_error error;
    bool done = cogen_engine_coroutines_call(&name, &bytes, &chosen, &returned, &error);
    return answer_bytes(done, &returned, &error, value);
}

cogen_error cogen_start_call(const char *program, cogen_view args, cogen_pending_call *call) {
    *call = (cogen_pending_call){0};
    raw_text name;
    COGEN_TRY(to_text("program", program, &name));
    raw_bytes bytes = to_bytes(args);
    cogen_engine_coroutines_own_pending_call_t made;
    raw_error error;
    bool done = cogen_engine_coroutines_start_call(&name, &bytes, &made, &error);
    return answer_handle(done, &made.__handle, &error, &call->handle);
}

cogen_error cogen_finish_call(cogen_pending_call call, cogen_bytes *value) {
    *value = empty();
    COGEN_TRY(check(call.handle, "call"));
    raw_bytes returned;
    raw_error error;
    bool done = cogen_engine_coroutines_method_pending_call_finish(
        (cogen_engine_coroutines_borrow_pending_call_t){call.handle}, &returned, &error);
    return answer_bytes(done, &returned, &error, value);
}

void cogen_pending_call_drop(cogen_pending_call *call) {
    if (call->handle) cogen_engine_coroutines_pending_call_drop_own((cogen_engine_coroutines_own_pending_call_t){call->handle});
    call->handle = 0;
}

cogen_coroutine cogen_current(void) {
    return (cogen_coroutine){cogen_engine_coroutines_current().__handle};
}

cogen_error cogen_coroutine_info(cogen_coroutine coroutine, cogen_info *info) {
    *info = (cogen_info){.program = empty()};
    COGEN_TRY(check(coroutine.handle, "coroutine"));
    cogen_engine_coroutines_info_t raw;
    cogen_engine_coroutines_method_coroutine_info(of_coroutine(coroutine), &raw);
    *info = (cogen_info){
        .id = raw.id,
        .parent = raw.parent.is_some ? raw.parent.val : 0,
        .has_parent = raw.parent.is_some,
        .state = (cogen_state)raw.state,
        .program = from_engine(raw.program.ptr, raw.program.len),
    };
    return COGEN_OK;
}

cogen_error cogen_join(cogen_coroutine coroutine, const cogen_options *options, cogen_bytes *value) {
    *value = empty();
    COGEN_TRY(check(coroutine.handle, "coroutine"));
    raw_options chosen = to_options(options);
    raw_bytes returned;
    raw_error error;
    bool done = cogen_engine_coroutines_method_coroutine_join(of_coroutine(coroutine), &chosen, &returned, &error);
    return answer_bytes(done, &returned, &error, value);
}

cogen_error cogen_outcome(cogen_coroutine coroutine, const cogen_options *options, bool *returned, cogen_bytes *value) {
    *returned = false;
    *value = empty();
    COGEN_TRY(check(coroutine.handle, "coroutine"));
    raw_options chosen = to_options(options);
    cogen_engine_coroutines_outcome_t outcome;
    raw_error error;
    if (!cogen_engine_coroutines_method_coroutine_outcome(of_coroutine(coroutine), &chosen, &outcome, &error)) {
        return fail_by_engine(&error);
    }
    if (outcome.tag == COGEN_ENGINE_COROUTINES_OUTCOME_FAILED) {
        fail_ended_by_engine(outcome.val.failed);
        return COGEN_OK;
    }
    *returned = true;
    *value = from_engine(outcome.val.returned.ptr, outcome.val.returned.len);
    return COGEN_OK;
}

cogen_error cogen_coroutine_share(cogen_coroutine coroutine, cogen_coroutine *shared) {
    *shared = (cogen_coroutine){0};
    COGEN_TRY(check(coroutine.handle, "coroutine"));
    shared->handle = cogen_engine_coroutines_method_coroutine_share(of_coroutine(coroutine)).__handle;
    return COGEN_OK;
}

cogen_error cogen_cancel(cogen_coroutine coroutine) {
    COGEN_TRY(check(coroutine.handle, "coroutine"));
    raw_error error;
    return answer(cogen_engine_coroutines_method_coroutine_cancel(of_coroutine(coroutine), &error), &error);
}

cogen_error cogen_kill(cogen_coroutine coroutine) {
    COGEN_TRY(check(coroutine.handle, "coroutine"));
    raw_error error;
    return answer(cogen_engine_coroutines_method_coroutine_kill(of_coroutine(coroutine), &error), &error);
}

void cogen_coroutine_drop(cogen_coroutine *coroutine) {
    if (coroutine->handle) cogen_engine_coroutines_coroutine_drop_own((own_coroutine){coroutine->handle});
    coroutine->handle = 0;
}

/* ---- Signals ---- */

cogen_error cogen_signal(const char *name, cogen_view value, uint32_t recipients, const cogen_options *options,
                         uint32_t *woken) {
    if (woken) *woken = 0;
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    raw_bytes bytes = to_bytes(value);
    raw_options chosen = to_options(options);
    uint32_t count;
    raw_error error;
    if (!cogen_engine_signals_signal(&text, &bytes, recipients, &chosen, &count, &error)) return fail_by_engine(&error);
    if (woken) *woken = count;
    return COGEN_OK;
}

cogen_error cogen_start_signal(const char *name, cogen_view value, uint32_t recipients, const cogen_options *options,
                               cogen_pending_signal *pending) {
    *pending = (cogen_pending_signal){0};
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    raw_bytes bytes = to_bytes(value);
    raw_options chosen = to_options(options);
    cogen_engine_signals_own_pending_signal_t made;
    raw_error error;
    bool done = cogen_engine_signals_start_signal(&text, &bytes, recipients, &chosen, &made, &error);
    return answer_handle(done, &made.__handle, &error, &pending->handle);
}

cogen_error cogen_finish_signal(cogen_pending_signal pending, uint32_t *woken) {
    if (woken) *woken = 0;
    COGEN_TRY(check(pending.handle, "signal"));
    uint32_t count;
    raw_error error;
    bool done = cogen_engine_signals_method_pending_signal_finish(
        (cogen_engine_signals_borrow_pending_signal_t){pending.handle}, &count, &error);
    if (!done) return fail_by_engine(&error);
    if (woken) *woken = count;
    return COGEN_OK;
}

void cogen_pending_signal_drop(cogen_pending_signal *pending) {
    if (pending->handle) {
        cogen_engine_signals_pending_signal_drop_own((cogen_engine_signals_own_pending_signal_t){pending->handle});
    }
    pending->handle = 0;
}

cogen_error cogen_wait(const char *name, const cogen_options *options, cogen_bytes *value) {
    *value = empty();
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    raw_options chosen = to_options(options);
    raw_bytes bytes;
    raw_error error;
    bool done = cogen_engine_signals_wait_for_signal(&text, &chosen, &bytes, &error);
    return answer_bytes(done, &bytes, &error, value);
}

cogen_error cogen_start_wait(const char *name, cogen_signal_wait *wait) {
    *wait = (cogen_signal_wait){0};
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    cogen_engine_signals_own_signal_wait_t made;
    raw_error error;
    bool done = cogen_engine_signals_start_wait(&text, &made, &error);
    return answer_handle(done, &made.__handle, &error, &wait->handle);
}

cogen_error cogen_finish_wait(cogen_signal_wait wait, cogen_bytes *value) {
    *value = empty();
    COGEN_TRY(check(wait.handle, "wait"));
    raw_bytes bytes;
    raw_error error;
    bool done = cogen_engine_signals_method_signal_wait_finish(
        (cogen_engine_signals_borrow_signal_wait_t){wait.handle}, &bytes, &error);
    return answer_bytes(done, &bytes, &error, value);
}

void cogen_signal_wait_drop(cogen_signal_wait *wait) {
    if (wait->handle) cogen_engine_signals_signal_wait_drop_own((cogen_engine_signals_own_signal_wait_t){wait->handle});
    wait->handle = 0;
}

/* ---- Context and log ---- */

cogen_error cogen_context_get(const char *name, cogen_bytes *value) {
    *value = empty();
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    raw_bytes bytes;
    raw_error error;
    bool done = cogen_engine_context_get(&text, &bytes, &error);
    return answer_bytes(done, &bytes, &error, value);
}

cogen_error cogen_context_set(const char *name, cogen_view value) {
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    raw_bytes bytes = to_bytes(value);
    raw_error error;
    return answer(cogen_engine_context_set(&text, &bytes, &error), &error);
}

cogen_error cogen_context_remove(const char *name) {
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    cogen_engine_context_remove(&text);
    return COGEN_OK;
}

cogen_texts cogen_context_names(void) {
    raw_texts names;
    cogen_engine_context_names(&names);
    return texts_from_engine(names);
}

void cogen_log(cogen_level level, const char *format, ...) {
    va_list list;
    va_start(list, format);
    cogen_bytes message = as_utf8(format_list(format, list));
    va_end(list);
    raw_text text = {(uint8_t *)message.data, message.length};
    cogen_engine_log_log((cogen_engine_log_level_t)level, &text);
    cogen_free(&message);
}

/* ---- Connections ---- */

typedef cogen_engine_connections_own_connection_t own_connection;

static cogen_engine_connections_borrow_connection_t of_connection(cogen_connection connection) {
    return (cogen_engine_connections_borrow_connection_t){connection.handle};
}

cogen_error cogen_tcp_connect(const char *address, const char *local, const cogen_options *options,
                              cogen_connection *connection) {
    *connection = (cogen_connection){0};
    raw_text to, from;
    COGEN_TRY(to_text("address", address, &to));
    COGEN_TRY(to_text("local address", local ? local : "", &from));
    raw_options chosen = to_options(options);
    own_connection made;
    raw_error error;
    bool done = cogen_engine_tcp_connect(&to, &from, &chosen, &made, &error);
    return answer_handle(done, &made.__handle, &error, &connection->handle);
}

cogen_error cogen_unix_connect(const char *path, const cogen_options *options, cogen_connection *connection) {
    *connection = (cogen_connection){0};
    raw_text text;
    COGEN_TRY(to_text("path", path, &text));
    raw_options chosen = to_options(options);
    own_connection made;
    raw_error error;
    bool done = cogen_engine_unix_connect(&text, &chosen, &made, &error);
    return answer_handle(done, &made.__handle, &error, &connection->handle);
}

cogen_error cogen_tcp_start_connect(const char *address, const char *local, cogen_pending_connect *pending) {
    *pending = (cogen_pending_connect){0};
    raw_text to, from;
    COGEN_TRY(to_text("address", address, &to));
    COGEN_TRY(to_text("local address", local ? local : "", &from));
    cogen_engine_connections_own_pending_connect_t made;
    raw_error error;
    bool done = cogen_engine_tcp_start_connect(&to, &from, &made, &error);
    return answer_handle(done, &made.__handle, &error, &pending->handle);
}

cogen_error cogen_unix_start_connect(const char *path, cogen_pending_connect *pending) {
    *pending = (cogen_pending_connect){0};
    raw_text text;
    COGEN_TRY(to_text("path", path, &text));
    cogen_engine_connections_own_pending_connect_t made;
    raw_error error;
    bool done = cogen_engine_unix_start_connect(&text, &made, &error);
    return answer_handle(done, &made.__handle, &error, &pending->handle);
}

cogen_error cogen_finish_connect(cogen_pending_connect pending, cogen_connection *connection) {
    *connection = (cogen_connection){0};
    COGEN_TRY(check(pending.handle, "pending connection"));
    own_connection made;
    raw_error error;
    bool done = cogen_engine_connections_method_pending_connect_finish(
        (cogen_engine_connections_borrow_pending_connect_t){pending.handle}, &made, &error);
    return answer_handle(done, &made.__handle, &error, &connection->handle);
}

void cogen_pending_connect_drop(cogen_pending_connect *pending) {
    if (pending->handle) {
        cogen_engine_connections_pending_connect_drop_own((cogen_engine_connections_own_pending_connect_t){pending->handle});
    }
    pending->handle = 0;
}

cogen_error cogen_read(cogen_connection connection, size_t most, const cogen_options *options, cogen_bytes *bytes) {
    *bytes = empty();
    COGEN_TRY(check(connection.handle, "connection"));
    raw_options chosen = to_options(options);
    raw_bytes read;
    raw_error error;
    bool done = cogen_engine_connections_method_connection_read(of_connection(connection), to_count(most), &chosen, &read, &error);
    return answer_bytes(done, &read, &error, bytes);
}

cogen_error cogen_read_exact(cogen_connection connection, size_t length, const cogen_options *options, cogen_bytes *bytes) {
    *bytes = empty();
    COGEN_TRY(check(connection.handle, "connection"));
    raw_options chosen = to_options(options);
    raw_bytes read;
    raw_error error;
    bool done = cogen_engine_connections_method_connection_read_exact(of_connection(connection), to_count(length), &chosen, &read,
                                                                      &error);
    return answer_bytes(done, &read, &error, bytes);
}

cogen_error cogen_read_line(cogen_connection connection, size_t most, const cogen_options *options, cogen_bytes *line) {
    *line = empty();
    COGEN_TRY(check(connection.handle, "connection"));
    raw_options chosen = to_options(options);
    raw_bytes read;
    raw_error error;
    bool done = cogen_engine_connections_method_connection_read_line(of_connection(connection), to_count(most), &chosen, &read,
                                                                     &error);
    return answer_bytes(done, &read, &error, line);
}

cogen_error cogen_write(cogen_connection connection, cogen_view bytes, const cogen_options *options, size_t *taken) {
    if (taken) *taken = 0;
    COGEN_TRY(check(connection.handle, "connection"));
    raw_bytes raw = to_bytes(bytes);
    raw_options chosen = to_options(options);
    uint32_t count;
    raw_error error;
    if (!cogen_engine_connections_method_connection_write(of_connection(connection), &raw, &chosen, &count, &error)) {
        return fail_by_engine(&error);
    }
    if (taken) *taken = count;
    return COGEN_OK;
}

cogen_error cogen_write_all(cogen_connection connection, cogen_view bytes, const cogen_options *options) {
    COGEN_TRY(check(connection.handle, "connection"));
    raw_bytes raw = to_bytes(bytes);
    raw_options chosen = to_options(options);
    raw_error error;
    return answer(cogen_engine_connections_method_connection_write_all(of_connection(connection), &raw, &chosen, &error), &error);
}

cogen_error cogen_send_file(cogen_connection connection, const char *path, uint64_t offset, uint64_t length,
                            const cogen_options *options, uint64_t *sent) {
    if (sent) *sent = 0;
    COGEN_TRY(check(connection.handle, "connection"));
    raw_text text;
    COGEN_TRY(to_text("path", path, &text));
    raw_options chosen = to_options(options);
    uint64_t count;
    raw_error error;
    bool done = cogen_engine_connections_method_connection_send_file(of_connection(connection), &text, offset, length, &chosen,
                                                                     &count, &error);
    if (!done) return fail_by_engine(&error);
    if (sent) *sent = count;
    return COGEN_OK;
}

cogen_error cogen_shutdown(cogen_connection connection, cogen_direction direction) {
    COGEN_TRY(check(connection.handle, "connection"));
    raw_error error;
    bool done = cogen_engine_connections_method_connection_shutdown(of_connection(connection),
                                                                    (cogen_engine_connections_direction_t)direction, &error);
    return answer(done, &error);
}

cogen_error cogen_local_address(cogen_connection connection, cogen_bytes *address) {
    *address = empty();
    COGEN_TRY(check(connection.handle, "connection"));
    raw_text text;
    raw_error error;
    bool done = cogen_engine_connections_method_connection_local_address(of_connection(connection), &text, &error);
    return answer_text(done, &text, &error, address);
}

cogen_error cogen_peer_address(cogen_connection connection, cogen_bytes *address) {
    *address = empty();
    COGEN_TRY(check(connection.handle, "connection"));
    raw_text text;
    raw_error error;
    bool done = cogen_engine_connections_method_connection_peer_address(of_connection(connection), &text, &error);
    return answer_text(done, &text, &error, address);
}

cogen_error cogen_counts_of(cogen_connection connection, cogen_counts *counts) {
    *counts = (cogen_counts){0};
    COGEN_TRY(check(connection.handle, "connection"));
    cogen_engine_connections_counts_t raw;
    cogen_engine_connections_method_connection_counts(of_connection(connection), &raw);
    *counts = (cogen_counts){raw.read, raw.written};
    return COGEN_OK;
}

cogen_error cogen_set_timeout(cogen_connection connection, cogen_timeout timeout) {
    COGEN_TRY(check(connection.handle, "connection"));
    raw_timeout raw = to_timeout(timeout);
    cogen_engine_connections_method_connection_set_timeout(of_connection(connection), &raw);
    return COGEN_OK;
}

cogen_error cogen_set_idle_timeout(cogen_connection connection, cogen_timeout timeout) {
    COGEN_TRY(check(connection.handle, "connection"));
    raw_timeout raw = to_timeout(timeout);
    raw_error error;
    return answer(cogen_engine_connections_method_connection_set_idle_timeout(of_connection(connection), &raw, &error), &error);
}

cogen_error cogen_nodelay(cogen_connection connection, bool *on) {
    *on = false;
    COGEN_TRY(check(connection.handle, "connection"));
    raw_error error;
    return answer(cogen_engine_tcp_nodelay(of_connection(connection), on, &error), &error);
}

cogen_error cogen_set_nodelay(cogen_connection connection, bool on) {
    COGEN_TRY(check(connection.handle, "connection"));
    raw_error error;
    return answer(cogen_engine_tcp_set_nodelay(of_connection(connection), on, &error), &error);
}

cogen_error cogen_set_keep_alive(cogen_connection connection, cogen_duration every) {
    COGEN_TRY(check(connection.handle, "connection"));
    raw_error error;
    return answer(cogen_engine_tcp_set_keep_alive(of_connection(connection), every, &error), &error);
}

cogen_error cogen_buffer_sizes(cogen_connection connection, uint32_t *receive, uint32_t *send) {
    *receive = *send = 0;
    COGEN_TRY(check(connection.handle, "connection"));
    coroutine_tuple2_u32_u32_t sizes;
    raw_error error;
    if (!cogen_engine_tcp_buffer_sizes(of_connection(connection), &sizes, &error)) return fail_by_engine(&error);
    *receive = sizes.f0;
    *send = sizes.f1;
    return COGEN_OK;
}

cogen_error cogen_set_buffer_sizes(cogen_connection connection, uint32_t receive, uint32_t send) {
    COGEN_TRY(check(connection.handle, "connection"));
    raw_error error;
    return answer(cogen_engine_tcp_set_buffer_sizes(of_connection(connection), receive, send, &error), &error);
}

cogen_error cogen_connection_share(cogen_connection connection, cogen_connection *shared) {
    *shared = (cogen_connection){0};
    COGEN_TRY(check(connection.handle, "connection"));
    own_connection made;
    raw_error error;
    bool done = cogen_engine_connections_method_connection_share(of_connection(connection), &made, &error);
    return answer_handle(done, &made.__handle, &error, &shared->handle);
}

void cogen_connection_drop(cogen_connection *connection) {
    if (connection->handle) cogen_engine_connections_connection_drop_own((own_connection){connection->handle});
    connection->handle = 0;
}

/* ---- Listeners ---- */

typedef cogen_engine_connections_own_listener_t own_listener;

static cogen_engine_connections_borrow_listener_t of_listener(cogen_listener listener) {
    return (cogen_engine_connections_borrow_listener_t){listener.handle};
}

cogen_error cogen_tcp_listen(const char *address, const cogen_listen_options *options, cogen_listener *listener) {
    *listener = (cogen_listener){0};
    raw_text text;
    COGEN_TRY(to_text("address", address, &text));
    cogen_engine_tcp_listen_options_t chosen = {0};
    if (options) chosen = (cogen_engine_tcp_listen_options_t){options->backlog, options->reuse_port, options->only_v6};
    own_listener made;
    raw_error error;
    bool done = cogen_engine_tcp_listen(&text, &chosen, &made, &error);
    return answer_handle(done, &made.__handle, &error, &listener->handle);
}

cogen_error cogen_unix_listen(const char *path, uint32_t backlog, cogen_listener *listener) {
    *listener = (cogen_listener){0};
    raw_text text;
    COGEN_TRY(to_text("path", path, &text));
    own_listener made;
    raw_error error;
    bool done = cogen_engine_unix_listen(&text, backlog, &made, &error);
    return answer_handle(done, &made.__handle, &error, &listener->handle);
}

cogen_error cogen_accept(cogen_listener listener, const cogen_options *options, cogen_connection *connection,
                         cogen_bytes *peer) {
    *connection = (cogen_connection){0};
    if (peer) *peer = empty();
    COGEN_TRY(check(listener.handle, "listener"));
    raw_options chosen = to_options(options);
    cogen_engine_connections_tuple2_own_connection_string_t accepted;
    raw_error error;
    if (!cogen_engine_connections_method_listener_accept(of_listener(listener), &chosen, &accepted, &error)) {
        return fail_by_engine(&error);
    }
    connection->handle = accepted.f0.__handle;
    cogen_bytes address = from_engine(accepted.f1.ptr, accepted.f1.len);
    if (peer) *peer = address;
    else cogen_free(&address);
    return COGEN_OK;
}

cogen_error cogen_serve(cogen_listener *listener, const char *program, cogen_view args, uint32_t most,
                        cogen_coroutine *accepting) {
    *accepting = (cogen_coroutine){0};
    COGEN_TRY(check(listener->handle, "listener"));
    raw_text name;
    cogen_error invalid = to_text("program", program, &name);
    if (invalid) {
        cogen_listener_drop(listener);
        return invalid;
    }
    raw_bytes bytes = to_bytes(args);
    own_coroutine made;
    raw_error error;
    bool done = cogen_engine_connections_static_listener_serve((own_listener){listener->handle}, &name, &bytes, most, &made,
                                                               &error);
    listener->handle = 0;
    return answer_handle(done, &made.__handle, &error, &accepting->handle);
}

cogen_error cogen_listener_address(cogen_listener listener, cogen_bytes *address) {
    *address = empty();
    COGEN_TRY(check(listener.handle, "listener"));
    raw_text text;
    raw_error error;
    bool done = cogen_engine_connections_method_listener_local_address(of_listener(listener), &text, &error);
    return answer_text(done, &text, &error, address);
}

cogen_error cogen_listener_set_timeout(cogen_listener listener, cogen_timeout timeout) {
    COGEN_TRY(check(listener.handle, "listener"));
    raw_timeout raw = to_timeout(timeout);
    cogen_engine_connections_method_listener_set_timeout(of_listener(listener), &raw);
    return COGEN_OK;
}

cogen_error cogen_listener_share(cogen_listener listener, cogen_listener *shared) {
    *shared = (cogen_listener){0};
    COGEN_TRY(check(listener.handle, "listener"));
    own_listener made;
    raw_error error;
    bool done = cogen_engine_connections_method_listener_share(of_listener(listener), &made, &error);
    return answer_handle(done, &made.__handle, &error, &shared->handle);
}

void cogen_listener_drop(cogen_listener *listener) {
    if (listener->handle) cogen_engine_connections_listener_drop_own((own_listener){listener->handle});
    listener->handle = 0;
}

/* ---- Datagrams ---- */

typedef cogen_engine_udp_own_udp_socket_t own_udp_socket;

static cogen_engine_udp_borrow_udp_socket_t of_udp_socket(cogen_udp_socket socket) {
    return (cogen_engine_udp_borrow_udp_socket_t){socket.handle};
}

cogen_error cogen_udp_bind(const char *address, cogen_udp_socket *socket) {
    *socket = (cogen_udp_socket){0};
    raw_text text;
    COGEN_TRY(to_text("address", address, &text));
    own_udp_socket made;
    raw_error error;
    bool done = cogen_engine_udp_static_udp_socket_bind(&text, &made, &error);
    return answer_handle(done, &made.__handle, &error, &socket->handle);
}

cogen_error cogen_udp_connect(cogen_udp_socket socket, const char *address) {
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_text text;
    COGEN_TRY(to_text("address", address, &text));
    raw_error error;
    return answer(cogen_engine_udp_method_udp_socket_connect(of_udp_socket(socket), &text, &error), &error);
}

cogen_error cogen_udp_send(cogen_udp_socket socket, cogen_view bytes, const char *address, const cogen_options *options) {
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_bytes raw = to_bytes(bytes);
    raw_options chosen = to_options(options);
    raw_error error;
    if (!address) return answer(cogen_engine_udp_method_udp_socket_send(of_udp_socket(socket), &raw, &chosen, &error), &error);
    raw_text text;
    COGEN_TRY(to_text("address", address, &text));
    return answer(cogen_engine_udp_method_udp_socket_send_to(of_udp_socket(socket), &raw, &text, &chosen, &error), &error);
}

cogen_error cogen_udp_receive(cogen_udp_socket socket, size_t most, const cogen_options *options, cogen_bytes *bytes,
                              cogen_bytes *from) {
    *bytes = empty();
    if (from) *from = empty();
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_options chosen = to_options(options);
    raw_error error;
    if (!from) {
        raw_bytes read;
        bool done = cogen_engine_udp_method_udp_socket_receive(of_udp_socket(socket), to_count(most), &chosen, &read, &error);
        return answer_bytes(done, &read, &error, bytes);
    }
    coroutine_tuple2_list_u8_string_t received;
    if (!cogen_engine_udp_method_udp_socket_receive_from(of_udp_socket(socket), to_count(most), &chosen, &received, &error)) {
        return fail_by_engine(&error);
    }
    *bytes = from_engine(received.f0.ptr, received.f0.len);
    *from = from_engine(received.f1.ptr, received.f1.len);
    return COGEN_OK;
}

cogen_error cogen_udp_local_address(cogen_udp_socket socket, cogen_bytes *address) {
    *address = empty();
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_text text;
    raw_error error;
    bool done = cogen_engine_udp_method_udp_socket_local_address(of_udp_socket(socket), &text, &error);
    return answer_text(done, &text, &error, address);
}

cogen_error cogen_udp_peer_address(cogen_udp_socket socket, cogen_bytes *address) {
    *address = empty();
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_text text;
    raw_error error;
    bool done = cogen_engine_udp_method_udp_socket_peer_address(of_udp_socket(socket), &text, &error);
    return answer_text(done, &text, &error, address);
}

cogen_error cogen_udp_set_broadcast(cogen_udp_socket socket, bool on) {
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_error error;
    return answer(cogen_engine_udp_method_udp_socket_set_broadcast(of_udp_socket(socket), on, &error), &error);
}

cogen_error cogen_udp_set_buffer_sizes(cogen_udp_socket socket, uint32_t receive, uint32_t send) {
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_error error;
    return answer(cogen_engine_udp_method_udp_socket_set_buffer_sizes(of_udp_socket(socket), receive, send, &error), &error);
}

cogen_error cogen_udp_set_timeout(cogen_udp_socket socket, cogen_timeout timeout) {
    COGEN_TRY(check(socket.handle, "UDP socket"));
    raw_timeout raw = to_timeout(timeout);
    cogen_engine_udp_method_udp_socket_set_timeout(of_udp_socket(socket), &raw);
    return COGEN_OK;
}

void cogen_udp_socket_drop(cogen_udp_socket *socket) {
    if (socket->handle) cogen_engine_udp_udp_socket_drop_own((own_udp_socket){socket->handle});
    socket->handle = 0;
}

/* ---- Names ---- */

cogen_error cogen_resolve(const char *name, const cogen_options *options, cogen_texts *addresses) {
    *addresses = (cogen_texts){0};
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    raw_options chosen = to_options(options);
    raw_texts found;
    raw_error error;
    bool done = cogen_engine_names_resolve(&text, &chosen, &found, &error);
    return answer_texts(done, &found, &error, addresses);
}

cogen_error cogen_start_resolve(const char *name, cogen_pending_resolve *pending) {
    *pending = (cogen_pending_resolve){0};
    raw_text text;
    COGEN_TRY(to_text("name", name, &text));
    cogen_engine_names_own_pending_resolve_t made;
    raw_error error;
    bool done = cogen_engine_names_start_resolve(&text, &made, &error);
    return answer_handle(done, &made.__handle, &error, &pending->handle);
}

cogen_error cogen_finish_resolve(cogen_pending_resolve pending, cogen_texts *addresses) {
    *addresses = (cogen_texts){0};
    COGEN_TRY(check(pending.handle, "lookup"));
    raw_texts found;
    raw_error error;
    bool done = cogen_engine_names_method_pending_resolve_finish(
        (cogen_engine_names_borrow_pending_resolve_t){pending.handle}, &found, &error);
    return answer_texts(done, &found, &error, addresses);
}

void cogen_pending_resolve_drop(cogen_pending_resolve *pending) {
    if (pending->handle) {
        cogen_engine_names_pending_resolve_drop_own((cogen_engine_names_own_pending_resolve_t){pending->handle});
    }
    pending->handle = 0;
}

/* ---- Handover ---- */

/* A thing, or none if the handle is none. */
#define GIVE(thing_kind, member, holder)                            \
    do {                                                            \
        cogen_thing thing = {.kind = (holder)->handle ? (thing_kind) : COGEN_NO_THING}; \
        thing.member = *(holder);                                   \
        (holder)->handle = 0;                                       \
        return thing;                                               \
    } while (0)

cogen_thing cogen_give_connection(cogen_connection *connection) {
    GIVE(COGEN_A_CONNECTION, connection, connection);
}

cogen_thing cogen_give_listener(cogen_listener *listener) {
    GIVE(COGEN_A_LISTENER, listener, listener);
}

cogen_thing cogen_give_udp_socket(cogen_udp_socket *socket) {
    GIVE(COGEN_A_UDP_SOCKET, udp_socket, socket);
}

cogen_thing cogen_give_coroutine(cogen_coroutine *coroutine) {
    GIVE(COGEN_A_COROUTINE, coroutine, coroutine);
}

void cogen_thing_drop(cogen_thing *thing) {
    switch (thing->kind) {
    case COGEN_NO_THING: break;
    case COGEN_A_CONNECTION: cogen_connection_drop(&thing->connection); break;
    case COGEN_A_LISTENER: cogen_listener_drop(&thing->listener); break;
    case COGEN_A_UDP_SOCKET: cogen_udp_socket_drop(&thing->udp_socket); break;
    case COGEN_A_COROUTINE: cogen_coroutine_drop(&thing->coroutine); break;
    }
    thing->kind = COGEN_NO_THING;
}

static void drop_things(cogen_thing *things, size_t count) {
    for (size_t i = 0; i < count; i++) cogen_thing_drop(&things[i]);
}

/* Something as the engine takes it. */
static raw_thing to_thing(cogen_thing thing) {
    raw_thing raw = {.tag = (uint8_t)(thing.kind - COGEN_A_CONNECTION)};
    raw.val.connection.__handle = thing.connection.handle;
    return raw;
}

static cogen_thing from_thing(raw_thing raw) {
    cogen_thing thing = {.kind = COGEN_A_CONNECTION};
    switch (raw.tag) {
    case COGEN_ENGINE_HANDOVER_THING_CONNECTION: break;
    case COGEN_ENGINE_HANDOVER_THING_LISTENER: thing.kind = COGEN_A_LISTENER; break;
    case COGEN_ENGINE_HANDOVER_THING_UDP_SOCKET: thing.kind = COGEN_A_UDP_SOCKET; break;
    case COGEN_ENGINE_HANDOVER_THING_COROUTINE: thing.kind = COGEN_A_COROUTINE; break;
    }
    thing.connection.handle = raw.val.connection.__handle;
    return thing;
}

/* Whom to start, with what, and what it is given. */
struct start {
    raw_text program;
    raw_bytes args;
    cogen_engine_handover_list_thing_t things;
    raw_options options;
};

static cogen_error check_start(struct start *start, const char *program, cogen_thing *things, size_t count) {
    COGEN_TRY(to_text("program", program, &start->program));
    for (size_t i = 0; i < count; i++) {
        if (things[i].kind == COGEN_NO_THING) return check(0, "thing to give");
    }
    return COGEN_OK;
}

/* The things are used up, and `end_start` has to follow. If this fails, they are dropped, and it has not. */
static cogen_error begin_start(struct start *start, const char *program, cogen_view args, cogen_thing *things, size_t count,
                               const cogen_options *options) {
    *start = (struct start){.args = to_bytes(args), .options = to_options(options)};
    cogen_error error = check_start(start, program, things, count);
    if (error) {
        drop_things(things, count);
        return error;
    }
    start->things.ptr = array(count, sizeof(raw_thing));
    start->things.len = count;
    for (size_t i = 0; i < count; i++) {
        start->things.ptr[i] = to_thing(things[i]);
        things[i] = (cogen_thing){0};
    }
    return COGEN_OK;
}

static void end_start(struct start *start) {
    free(start->things.ptr);
}

cogen_error cogen_handover_spawn(const char *program, cogen_view args, cogen_thing *things, size_t count,
                                 const cogen_options *options, cogen_coroutine *coroutine) {
    *coroutine = (cogen_coroutine){0};
    struct start start;
    COGEN_TRY(begin_start(&start, program, args, things, count, options));
    own_coroutine made;
    raw_error error;
    bool done = cogen_engine_handover_spawn(&start.program, &start.args, &start.things, &start.options, &made, &error);
    end_start(&start);
    return answer_handle(done, &made.__handle, &error, &coroutine->handle);
}

/* What this coroutine was given, once it has asked the engine, and how much of it was taken. */
static struct {
    bool asked;
    cogen_engine_handover_list_thing_t things;
    size_t taken;
} received;

/* The next thing, which stays. */
static cogen_thing peek(void) {
    if (!received.asked) cogen_engine_handover_received(&received.things);
    received.asked = true;
    return received.taken < received.things.len ? from_thing(received.things.ptr[received.taken]) : (cogen_thing){0};
}

cogen_thing cogen_take(void) {
    cogen_thing thing = peek();
    if (thing.kind != COGEN_NO_THING) received.taken++;
    return thing;
}

static cogen_error take_kind(cogen_thing_kind kind, int32_t *handle) {
    static const char *const kinds[] = {"nothing more", "a connection", "a listener", "a UDP socket", "a coroutine"};
    cogen_thing thing = peek();
    *handle = 0;
    if (thing.kind != kind) return cogen_fail("%s was expected, but %s was given", kinds[kind], kinds[thing.kind]);
    received.taken++;
    *handle = thing.connection.handle;
    return COGEN_OK;
}

cogen_error cogen_take_connection(cogen_connection *connection) {
    return take_kind(COGEN_A_CONNECTION, &connection->handle);
}

cogen_error cogen_take_listener(cogen_listener *listener) {
    return take_kind(COGEN_A_LISTENER, &listener->handle);
}

cogen_error cogen_take_udp_socket(cogen_udp_socket *socket) {
    return take_kind(COGEN_A_UDP_SOCKET, &socket->handle);
}

cogen_error cogen_take_coroutine(cogen_coroutine *coroutine) {
    return take_kind(COGEN_A_COROUTINE, &coroutine->handle);
}

/* ---- Scopes ---- */

static cogen_engine_scopes_borrow_scope_t of_scope(cogen_scope scope) {
    return (cogen_engine_scopes_borrow_scope_t){scope.handle};
}

cogen_scope cogen_scope_new(void) {
    return (cogen_scope){cogen_engine_scopes_constructor_scope().__handle};
}

cogen_error cogen_scope_spawn(cogen_scope scope, const char *program, cogen_view args, cogen_thing *things, size_t count,
                              const cogen_options *options, cogen_coroutine *coroutine) {
    *coroutine = (cogen_coroutine){0};
    cogen_error invalid = check(scope.handle, "scope");
    if (invalid) {
        drop_things(things, count);
        return invalid;
    }
    struct start start;
    COGEN_TRY(begin_start(&start, program, args, things, count, options));
    cogen_engine_scopes_list_thing_t given = {start.things.ptr, start.things.len};
    own_coroutine made;
    raw_error error;
    bool done = cogen_engine_scopes_method_scope_spawn(of_scope(scope), &start.program, &start.args, &given, &start.options,
                                                       &made, &error);
    end_start(&start);
    return answer_handle(done, &made.__handle, &error, &coroutine->handle);
}

void cogen_failures_free(cogen_failures *failures) {
    for (size_t i = 0; i < failures->count; i++) free_failure(&failures->first[i]);
    free(failures->first);
    *failures = (cogen_failures){0};
}

static cogen_failures failures_from_engine(cogen_engine_scopes_failures_t raw) {
    cogen_failures failures = {array(raw.first.len, sizeof(cogen_failure)), raw.first.len, raw.more};
    for (size_t i = 0; i < failures.count; i++) failures.first[i] = failure_from_engine(raw.first.ptr[i]);
    if (raw.first.len) free(raw.first.ptr);
    return failures;
}

/* All that went wrong in a scope, in words. */
static cogen_bytes failures_in_words(const cogen_failures *failures) {
    cogen_bytes words = in_words(&failures->first[0]);
    for (size_t i = 1; i < failures->count; i++) {
        cogen_bytes before = words, next = in_words(&failures->first[i]);
        words = cogen_format("%s; %s", before.data, next.data);
        cogen_free(&before);
        cogen_free(&next);
    }
    if (!failures->more) return words;
    cogen_bytes all = cogen_format("%s; and %llu more", words.data, (unsigned long long)failures->more);
    cogen_free(&words);
    return all;
}

static char *same_string(const char *string) {
    size_t size = strlen(string) + 1;
    return memcpy(memory(size), string, size);
}

static cogen_failure same_failure(const cogen_failure *failure) {
    cogen_failure same = *failure;
    same.program = same_string(failure->program);
    same.message = same_string(failure->message);
    same.backtrace = same_string(failure->backtrace);
    return same;
}

cogen_error cogen_scope_join(cogen_scope scope, const cogen_options *options, cogen_failures *failures) {
    if (failures) *failures = (cogen_failures){0};
    COGEN_TRY(check(scope.handle, "scope"));
    raw_options chosen = to_options(options);
    cogen_engine_scopes_failures_t raw;
    raw_error error;
    if (!cogen_engine_scopes_method_scope_join(of_scope(scope), &chosen, &raw, &error)) return fail_by_engine(&error);
    cogen_failures all = failures_from_engine(raw);
    if (all.count) fail_ended(failures_in_words(&all), same_failure(&all.first[0]));
    bool failed = all.count;
    if (failures) *failures = all;
    else cogen_failures_free(&all);
    return failed ? COGEN_ENDED : COGEN_OK;
}

cogen_error cogen_scope_cancel(cogen_scope scope) {
    COGEN_TRY(check(scope.handle, "scope"));
    cogen_engine_scopes_method_scope_cancel(of_scope(scope));
    return COGEN_OK;
}

void cogen_scope_drop(cogen_scope *scope) {
    if (scope->handle) cogen_engine_scopes_scope_drop_own((cogen_engine_scopes_own_scope_t){scope->handle});
    scope->handle = 0;
}

/* ---- Sandbox ---- */

typedef cogen_engine_sandbox_bounds_t raw_bounds;

static void free_bounds(raw_bounds *bounds) {
    if (bounds->grants.tag == COGEN_ENGINE_SANDBOX_GRANTS_ONLY) free(bounds->grants.val.only.ptr);
    free(bounds->limits.ptr);
}

static cogen_error fill_bounds(const cogen_bounds *bounds, raw_bounds *raw) {
    for (size_t i = 0; i < raw->limits.len; i++) {
        COGEN_TRY(to_text("key of a limit", bounds->limits[i].key, &raw->limits.ptr[i].key));
        raw->limits.ptr[i].most = bounds->limits[i].most;
    }
    if (bounds->kind != COGEN_ONLY) return COGEN_OK;
    for (size_t i = 0; i < bounds->grant_count; i++) {
        cogen_engine_sandbox_grant_t *grant = &raw->grants.val.only.ptr[i];
        grant->tag = (uint8_t)bounds->grants[i].kind;
        COGEN_TRY(to_text("rule of a grant", bounds->grants[i].rule, &grant->val.connect));
    }
    return COGEN_OK;
}

/* To be freed by `free_bounds`, unless this fails. */
static cogen_error to_bounds(const cogen_bounds *bounds, raw_bounds *raw) {
    static const cogen_bounds none;
    if (!bounds) bounds = &none;
    *raw = (raw_bounds){.grants.tag = (uint8_t)bounds->kind};
    raw->limits.ptr = array(bounds->limit_count, sizeof *raw->limits.ptr);
    raw->limits.len = bounds->limit_count;
    if (bounds->kind == COGEN_ONLY) {
        raw->grants.val.only.ptr = array(bounds->grant_count, sizeof *raw->grants.val.only.ptr);
        raw->grants.val.only.len = bounds->grant_count;
    }
    cogen_error error = fill_bounds(bounds, raw);
    if (error) free_bounds(raw);
    return error;
}

cogen_error cogen_sandbox_spawn(const char *program, cogen_view args, cogen_thing *things, size_t count,
                                const cogen_bounds *bounds, const cogen_options *options, cogen_coroutine *coroutine) {
    *coroutine = (cogen_coroutine){0};
    struct start start;
    COGEN_TRY(begin_start(&start, program, args, things, count, options));
    raw_bounds within;
    cogen_error invalid = to_bounds(bounds, &within);
    if (invalid) {
        for (size_t i = 0; i < start.things.len; i++) {
            cogen_thing thing = from_thing(start.things.ptr[i]);
            cogen_thing_drop(&thing);
        }
        end_start(&start);
        return invalid;
    }
    cogen_engine_sandbox_list_thing_t given = {start.things.ptr, start.things.len};
    own_coroutine made;
    raw_error error;
    bool done = cogen_engine_sandbox_spawn(&start.program, &start.args, &given, &within, &start.options, &made, &error);
    free_bounds(&within);
    end_start(&start);
    return answer_handle(done, &made.__handle, &error, &coroutine->handle);
}

cogen_error cogen_sandbox_call(const char *program, cogen_view args, const cogen_bounds *bounds, const cogen_options *options,
                               cogen_bytes *value) {
    *value = empty();
    raw_text name;
    COGEN_TRY(to_text("program", program, &name));
    raw_bounds within;
    COGEN_TRY(to_bounds(bounds, &within));
    raw_bytes bytes = to_bytes(args), returned;
    raw_options chosen = to_options(options);
    raw_error error;
    bool done = cogen_engine_sandbox_call(&name, &bytes, &within, &chosen, &returned, &error);
    free_bounds(&within);
    return answer_bytes(done, &returned, &error, value);
}

/* ---- Waiting for the first of several things ---- */

enum {
    ON_END,
    ON_CALL,
    ON_SCOPE,
    ON_WAIT,
    ON_SIGNAL,
    ON_CONNECT,
    ON_RESOLVE,
    ON_READ,
    ON_WRITE,
    ON_ACCEPT,
    ON_RECEIVE,
    ON_SEND,
    ON_DEADLINE,
};

cogen_event cogen_on_end(cogen_coroutine coroutine) { return (cogen_event){ON_END, coroutine.handle, 0}; }
cogen_event cogen_on_call(cogen_pending_call call) { return (cogen_event){ON_CALL, call.handle, 0}; }
cogen_event cogen_on_scope(cogen_scope scope) { return (cogen_event){ON_SCOPE, scope.handle, 0}; }
cogen_event cogen_on_wait(cogen_signal_wait wait) { return (cogen_event){ON_WAIT, wait.handle, 0}; }
cogen_event cogen_on_signal(cogen_pending_signal pending) { return (cogen_event){ON_SIGNAL, pending.handle, 0}; }
cogen_event cogen_on_connect(cogen_pending_connect pending) { return (cogen_event){ON_CONNECT, pending.handle, 0}; }
cogen_event cogen_on_resolve(cogen_pending_resolve pending) { return (cogen_event){ON_RESOLVE, pending.handle, 0}; }
cogen_event cogen_on_read(cogen_connection connection) { return (cogen_event){ON_READ, connection.handle, 0}; }
cogen_event cogen_on_write(cogen_connection connection) { return (cogen_event){ON_WRITE, connection.handle, 0}; }
cogen_event cogen_on_accept(cogen_listener listener) { return (cogen_event){ON_ACCEPT, listener.handle, 0}; }
cogen_event cogen_on_receive(cogen_udp_socket socket) { return (cogen_event){ON_RECEIVE, socket.handle, 0}; }
cogen_event cogen_on_send(cogen_udp_socket socket) { return (cogen_event){ON_SEND, socket.handle, 0}; }
cogen_event cogen_on_deadline(cogen_instant deadline) { return (cogen_event){ON_DEADLINE, 0, deadline}; }

static wasi_io_poll_own_pollable_t subscribe(cogen_event event) {
    int32_t handle = event.handle;
    switch (event.kind) {
    case ON_END: return cogen_engine_coroutines_method_coroutine_subscribe((cogen_engine_coroutines_borrow_coroutine_t){handle});
    case ON_CALL:
        return cogen_engine_coroutines_method_pending_call_subscribe((cogen_engine_coroutines_borrow_pending_call_t){handle});
    case ON_SCOPE: return cogen_engine_scopes_method_scope_subscribe((cogen_engine_scopes_borrow_scope_t){handle});
    case ON_WAIT: return cogen_engine_signals_method_signal_wait_subscribe((cogen_engine_signals_borrow_signal_wait_t){handle});
    case ON_SIGNAL:
        return cogen_engine_signals_method_pending_signal_subscribe((cogen_engine_signals_borrow_pending_signal_t){handle});
    case ON_CONNECT:
        return cogen_engine_connections_method_pending_connect_subscribe(
            (cogen_engine_connections_borrow_pending_connect_t){handle});
    case ON_RESOLVE: return cogen_engine_names_method_pending_resolve_subscribe((cogen_engine_names_borrow_pending_resolve_t){handle});
    case ON_READ:
        return cogen_engine_connections_method_connection_subscribe_read((cogen_engine_connections_borrow_connection_t){handle});
    case ON_WRITE:
        return cogen_engine_connections_method_connection_subscribe_write((cogen_engine_connections_borrow_connection_t){handle});
    case ON_ACCEPT: return cogen_engine_connections_method_listener_subscribe((cogen_engine_connections_borrow_listener_t){handle});
    case ON_RECEIVE: return cogen_engine_udp_method_udp_socket_subscribe_receive((cogen_engine_udp_borrow_udp_socket_t){handle});
    case ON_SEND: return cogen_engine_udp_method_udp_socket_subscribe_send((cogen_engine_udp_borrow_udp_socket_t){handle});
    default: return cogen_engine_time_subscribe_sleep_until(event.deadline);
    }
}

static cogen_error check_events(const cogen_event events[], size_t count) {
    // That wait could never end.
    if (!count) return fail_with(COGEN_INVALID_ARGUMENT, "invalid argument: there is nothing to wait for");
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind != ON_DEADLINE) COGEN_TRY(check(events[i].handle, "handle to wait for"));
    }
    return COGEN_OK;
}

cogen_error cogen_select(const cogen_event events[], size_t count, size_t *position) {
    *position = 0;
    COGEN_TRY(check_events(events, count));
    wasi_io_poll_borrow_pollable_t *pollables = array(count, sizeof *pollables);
    for (size_t i = 0; i < count; i++) pollables[i].__handle = subscribe(events[i]).__handle;
    wasi_io_poll_list_borrow_pollable_t list = {pollables, count};
    coroutine_list_u32_t ready;
    wasi_io_poll_poll(&list, &ready);
    for (size_t i = 0; i < count; i++) {
        wasi_io_poll_pollable_drop_own((wasi_io_poll_own_pollable_t){pollables[i].__handle});
    }
    free(pollables);
    *position = count;
    for (size_t i = 0; i < ready.len; i++) {
        if (ready.ptr[i] < *position) *position = ready.ptr[i];
    }
    if (ready.len) free(ready.ptr);
    return COGEN_OK;
}
