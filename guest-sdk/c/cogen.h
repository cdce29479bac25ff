/* Write coroutines for cogen in C.
 *
 * A coroutine is a component with one entry: the function `cogen_main`, which the program defines. It runs alone in its sandbox and
 * asks the engine for everything else. What cannot be done at once *parks* it: the call returns when the result is there, and others
 * run in the meantime. There are no callbacks and no threads; the code reads as if it blocked.
 *
 *     #include "cogen.h"
 *
 *     #include <stdio.h>
 *
 *     // Waits for readings of a sensor until none has come for two seconds, and answers how many there were.
 *     cogen_error cogen_main(cogen_view args, cogen_bytes *value) {
 *         const cogen_options patience = {.timeout = cogen_within(2 * COGEN_SECOND)};
 *         int readings = 0;
 *         for (;;) {
 *             cogen_bytes reading;
 *             cogen_error error = cogen_wait(args.data, &patience, &reading);
 *             if (error == COGEN_TIMED_OUT) break;
 *             // The only other way out is to be cancelled: pass it on, and be done.
 *             if (error) return error;
 *             readings++;
 *             printf("%s\n", reading.data);
 *             cogen_free(&reading);
 *         }
 *         *value = cogen_format("%d", readings);
 *         return COGEN_OK;
 *     }
 *
 * It is built by `clang --target=wasm32-wasip2 -mexec-model=reactor app.c cogen.c -o app.wasm`.
 *
 * Errors. What can fail answers a `cogen_error`: zero if it did not. `cogen_error_text` says in words what went wrong last,
 * `cogen_last_failure` how another coroutine ended, `cogen_last_network_problem` what the network said. A coroutine has memory of its
 * own and no threads, so that nobody else changes these; they hold until the next operation that fails. When an operation fails,
 * what it would have answered by a pointer is empty or none, and may be freed or dropped.
 *
 * Bytes. What is taken is a `cogen_view`, which belongs to the caller. What is answered is a `cogen_bytes`, which the caller frees
 * by `cogen_free`. Behind the last byte of what the engine or this SDK answers there is a NUL that does not count, so that it can
 * be used as a string. Names, addresses and other short texts are strings that end with a NUL, in UTF-8: what is not UTF-8 fails
 * with COGEN_INVALID_ARGUMENT.
 *
 * Handles (`cogen_coroutine`, `cogen_connection` and so on) are small values that are passed by value. Each is dropped once, by its
 * `..._drop`, which makes it none; to drop none does nothing. To use none, or one that was dropped or given away, fails with
 * COGEN_INVALID_ARGUMENT, but for copies of it: those trap, as they would name what is not there.
 *
 * Times are nanoseconds (`COGEN_MILLISECOND`, `COGEN_SECOND`). When there is no memory left the coroutine traps.
 *
 * `printf`, files, clocks and random numbers are those of the C library. Standard output goes by lines, and is flushed at the end.
 */
#ifndef COGEN_H
#define COGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors ---- */

/* Why an operation did not succeed. More may come in a later version: treat what you do not know as COGEN_OTHER. */
typedef enum cogen_error {
    COGEN_OK = 0,
    /* The time given was up. What the operation had registered is undone. */
    COGEN_TIMED_OUT,
    /* This coroutine has been cancelled. From now on each of its waits answers so: clean up and return. */
    COGEN_CANCELLED,
    /* The other coroutine ended without a value: `cogen_last_failure` tells how. */
    COGEN_ENDED,
    /* No program of that name may be run from here. */
    COGEN_UNKNOWN_PROGRAM,
    /* An argument makes no sense; the text says which, and what is allowed. */
    COGEN_INVALID_ARGUMENT,
    /* A bound of the engine was met; the text names it, its number, and where to change it. */
    COGEN_LIMIT_REACHED,
    /* There is no result to be had yet: `cogen_select` first. */
    COGEN_NOT_READY,
    /* Nothing is kept under that name. */
    COGEN_NOT_FOUND,
    /* The network, or the machine's part of it, said no: `cogen_last_network_problem` tells what sort of no. */
    COGEN_NETWORK,
    /* This program was not granted that; the text says what is missing, and where to grant it. */
    COGEN_DENIED,
    /* A line is longer than was allowed. What has come of it can be read. */
    COGEN_TOO_LONG,
    /* Anything else, in words. */
    COGEN_OTHER,
} cogen_error;

/* For what answers an error: not to look at it is a warning. */
#define COGEN_CHECKED __attribute__((__warn_unused_result__))

/* Leaves the function with the error of an operation, if it failed. What the function still holds is not freed. */
#define COGEN_TRY(operation)                  \
    do {                                      \
        cogen_error cogen_error_ = (operation); \
        if (cogen_error_) return cogen_error_;  \
    } while (0)

/* What went wrong last, in words; empty if nothing did. It holds until the next operation that fails. */
const char *cogen_error_text(void);

/* Makes an error of the coroutine's own, with words as of `printf`: `return cogen_fail("no reading of %s", name);`. Returned by
 * `cogen_main`, they are the message with which the coroutine ends as failed, as they are. What is not UTF-8 is replaced by U+FFFD. */
COGEN_CHECKED cogen_error cogen_fail(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* The way a coroutine ended without a value. */
typedef enum cogen_ending {
    /* It returned an error, or exited with a status that is not zero. */
    COGEN_ENDING_FAILED,
    /* It trapped: an abort, an unreachable instruction, a bad memory access, an overflow of its stack. */
    COGEN_ENDING_TRAPPED,
    /* It went over a limit. */
    COGEN_ENDING_EXCEEDED,
    /* It was cancelled and gave up. */
    COGEN_ENDING_CANCELLED,
    /* It was killed. */
    COGEN_ENDING_KILLED,
} cogen_ending;

/* One word for an ending: `failed`, `trapped`, `exceeded`, `cancelled` or `killed`. */
const char *cogen_ending_name(cogen_ending ending);

/* How another coroutine ended, as told to one that called or joined it. */
typedef struct cogen_failure {
    /* The coroutine that ended so. */
    uint64_t id;
    cogen_ending ending;
    /* The program it ran. */
    const char *program;
    /* Its own message; of a chain of calls, the deepest message with the programs on the way before it. */
    const char *message;
    /* Where it trapped, innermost frame first, a line each; empty if it did not trap. */
    const char *backtrace;
} cogen_failure;

/* How the coroutine ended because of which the last operation failed with COGEN_ENDED; of a scope, its first child that failed.
 * NULL if that was not the last error. It holds until the next operation that fails. */
const cogen_failure *cogen_last_failure(void);

/* What sort of thing a network, or the machine's part of it, has said no with. */
typedef enum cogen_network_problem {
    /* Nobody listens there. */
    COGEN_REFUSED,
    /* The connection was torn down, by the peer or on the way. */
    COGEN_RESET,
    /* This direction of the connection has ended: nothing more can be written. */
    COGEN_CLOSED,
    /* No way leads there, or it leads nowhere. */
    COGEN_UNREACHABLE,
    /* Somebody else has the address. */
    COGEN_ADDRESS_IN_USE,
    /* The address is none of this machine's. */
    COGEN_ADDRESS_UNAVAILABLE,
    /* There is no such name, or nobody who knows. */
    COGEN_NAME_UNKNOWN,
    /* The operating system does not let the engine do it. */
    COGEN_NETWORK_DENIED,
    /* Anything else; the text says what. */
    COGEN_NETWORK_OTHER,
} cogen_network_problem;

/* What the network said, if the last error was COGEN_NETWORK; else COGEN_NETWORK_OTHER. */
cogen_network_problem cogen_last_network_problem(void);

/* ---- Bytes ---- */

/* Bytes that belong to somebody else. `data` may be NULL if there are none. */
typedef struct cogen_view {
    const char *data;
    size_t length;
} cogen_view;

/* Bytes of one's own, to be freed by `cogen_free`. */
typedef struct cogen_bytes {
    char *data;
    size_t length;
} cogen_bytes;

/* No bytes at all. */
#define COGEN_NOTHING ((cogen_view){0})

/* A string as bytes, without its NUL; NULL is none. */
cogen_view cogen_text(const char *text);

/* One's own bytes, to be looked at while they are there. */
cogen_view cogen_view_of(cogen_bytes bytes);

/* Bytes of one's own with the same content. */
cogen_bytes cogen_copy(cogen_view view);

/* Bytes of one's own with a text as of `printf`. */
cogen_bytes cogen_format(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Frees them, and leaves none. */
void cogen_free(cogen_bytes *bytes);

/* The words of a command line, as `cogen run program.wasm -- a b` passes them and `cogen_join_words` makes them: with a NUL between
 * two, and one more behind the last if that is empty. Without any bytes there are no words.
 *
 * `words` has room for `most`, and `count` is how many there were. They lie in `args`, behind which there must be a NUL, as there
 * is behind all that the engine answers. Fails with COGEN_INVALID_ARGUMENT if there are more. */
COGEN_CHECKED cogen_error cogen_split_words(cogen_view args, const char *words[], size_t most, size_t *count);

/* A command line of `count` words. */
cogen_bytes cogen_join_words(const char *const words[], size_t count);

/* The same of words that are written out: `cogen_words("calls-bar", "ham")`. */
#define cogen_words(...)                                                              \
    cogen_join_words((const char *const[]){__VA_ARGS__},                              \
                     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- The entry ---- */

/* The coroutine's life, which the program defines. `args` is what the one that started it gave, until this returns. On COGEN_OK the
 * bytes put into `value`, which is empty before, are what the caller and joiners get; the SDK frees them.
 *
 * With any other error the coroutine ends as failed, and the message is the text of that error. */
cogen_error cogen_main(cogen_view args, cogen_bytes *value);

/* ---- Time ---- */

#define COGEN_MICROSECOND UINT64_C(1000)
#define COGEN_MILLISECOND UINT64_C(1000000)
#define COGEN_SECOND UINT64_C(1000000000)

/* A length of time in nanoseconds. */
typedef uint64_t cogen_duration;

/* A moment on the engine's clock, in nanoseconds since a point that the engine chose. It means nothing in another engine, nor to
 * the clocks of the C library. */
typedef uint64_t cogen_instant;

/* The present moment. Never parks, and never goes backwards. */
cogen_instant cogen_now(void);

/* A moment and a duration later; the clock's last moment stands for all that would be later. */
cogen_instant cogen_after(cogen_instant instant, cogen_duration duration);

/* Park for at least `duration`. A sleep of zero lets everybody run who is ready now. Fails with COGEN_CANCELLED only. */
COGEN_CHECKED cogen_error cogen_sleep(cogen_duration duration);

/* Park until `deadline` or a little later; a moment that has passed is a sleep of zero. Fails with COGEN_CANCELLED only. */
COGEN_CHECKED cogen_error cogen_sleep_until(cogen_instant deadline);

/* Go to the back of this worker's queue. Alone there, the coroutine continues at once. Fails with COGEN_CANCELLED only. */
COGEN_CHECKED cogen_error cogen_yield_now(void);

/* ---- Options ---- */

typedef enum cogen_timeout_kind {
    COGEN_TIMEOUT_DEFAULT,
    COGEN_TIMEOUT_NEVER,
    COGEN_TIMEOUT_WITHIN,
    COGEN_TIMEOUT_BY,
} cogen_timeout_kind;

/* How long an operation may wait. Zeros, `(cogen_timeout){0}`, are the default: the program's timeout, else the engine's; without
 * either, for ever. */
typedef struct cogen_timeout {
    cogen_timeout_kind kind;
    /* The duration of COGEN_TIMEOUT_WITHIN, or the instant of COGEN_TIMEOUT_BY. */
    uint64_t time;
} cogen_timeout;

/* For ever, whatever the defaults say. */
static inline cogen_timeout cogen_never(void) {
    return (cogen_timeout){COGEN_TIMEOUT_NEVER, 0};
}

/* At most this long, counted from the moment the operation is asked for. Zero means "try once": what cannot be done without waiting
 * fails with COGEN_TIMED_OUT at once. */
static inline cogen_timeout cogen_within(cogen_duration duration) {
    return (cogen_timeout){COGEN_TIMEOUT_WITHIN, duration};
}

/* Until this moment at the latest. One that has passed means "try once". */
static inline cogen_timeout cogen_by(cogen_instant deadline) {
    return (cogen_timeout){COGEN_TIMEOUT_BY, deadline};
}

/* Who goes first when an operation makes several coroutines able to run. Order is only promised between coroutines of one worker. */
typedef enum cogen_priority {
    /* The program's default, else the engine's, which is COGEN_PRIORITY_LAST unless configured. */
    COGEN_PRIORITY_DEFAULT,
    /* Everybody goes to the back of the queue: the woken first, then the one that asked. */
    COGEN_PRIORITY_LAST,
    /* The woken go to the front of the queue, the one that asked to the back. */
    COGEN_PRIORITY_OPERATION,
    /* The one that asked goes on first; the woken go to the back. */
    COGEN_PRIORITY_COROUTINE,
    /* The one that asked goes on first, then the woken, before everybody else. */
    COGEN_PRIORITY_FIRST,
} cogen_priority;

/* How an operation waits and whom it lets pass. Wherever a pointer to these is taken, NULL stands for `(cogen_options){0}`: as the
 * program or the engine is configured. */
typedef struct cogen_options {
    cogen_timeout timeout;
    cogen_priority priority;
} cogen_options;

/* ---- Coroutines ---- */

/* A handle of a coroutine: the authority to wait for it and to end it. To drop it neither ends nor detaches anything. */
typedef struct cogen_coroutine {
    int32_t handle;
} cogen_coroutine;

/* Start a coroutine that runs `program` with `args`, of 16 MiB at most, beside this one, and answer its handle. The options say who
 * runs first; their timeout is not used.
 *
 * Fails with COGEN_DENIED, COGEN_UNKNOWN_PROGRAM, COGEN_LIMIT_REACHED, COGEN_CANCELLED or COGEN_INVALID_ARGUMENT. */
COGEN_CHECKED cogen_error cogen_spawn(const char *program, cogen_view args, const cogen_options *options,
                                      cogen_coroutine *coroutine);

/* Run `program` with `args` as a new coroutine, park until it has ended, and answer what it returned. When the time is up, or this
 * coroutine is cancelled, the callee is killed.
 *
 * Fails with COGEN_ENDED when it ended without a value, with COGEN_TIMED_OUT, and as `cogen_spawn` does. */
COGEN_CHECKED cogen_error cogen_call(const char *program, cogen_view args, const cogen_options *options, cogen_bytes *value);

/* A call under way. To drop it kills the callee if it has not ended. */
typedef struct cogen_pending_call {
    int32_t handle;
} cogen_pending_call;

/* Begin a call without waiting for its end: `cogen_select` on it with others. Fails as `cogen_spawn` does. */
COGEN_CHECKED cogen_error cogen_start_call(const char *program, cogen_view args, cogen_pending_call *call);

/* The answer, once: COGEN_NOT_READY while the callee runs, then what `cogen_call` would have answered. Never parks. */
COGEN_CHECKED cogen_error cogen_finish_call(cogen_pending_call call, cogen_bytes *value);

void cogen_pending_call_drop(cogen_pending_call *call);

/* The handle of this coroutine itself. */
cogen_coroutine cogen_current(void);

/* Where a coroutine is in its life. */
typedef enum cogen_state {
    /* Made, and not yet started. */
    COGEN_STATE_CREATED,
    /* Waiting for its turn on its worker. */
    COGEN_STATE_READY,
    COGEN_STATE_RUNNING,
    /* Waiting for something to happen. */
    COGEN_STATE_PARKED,
    /* Over; `cogen_join` and `cogen_outcome` tell how. */
    COGEN_STATE_ENDED,
} cogen_state;

/* A coroutine as seen at one moment. */
typedef struct cogen_info {
    /* Unique in its engine and never used again; it carries no authority. */
    uint64_t id;
    /* Who spawned or called it, if `has_parent`: it has none if it was started from outside. */
    uint64_t parent;
    bool has_parent;
    cogen_state state;
    /* The program it runs, to be freed. */
    cogen_bytes program;
} cogen_info;

/* What the engine knows of it now. Never parks. */
COGEN_CHECKED cogen_error cogen_coroutine_info(cogen_coroutine coroutine, cogen_info *info);

/* Park until the coroutine has ended, and answer what it returned. Many may join one coroutine, and one may join many times.
 *
 * Fails with COGEN_ENDED, COGEN_TIMED_OUT, COGEN_CANCELLED, or COGEN_INVALID_ARGUMENT when a coroutine joins itself. */
COGEN_CHECKED cogen_error cogen_join(cogen_coroutine coroutine, const cogen_options *options, cogen_bytes *value);

/* Park until the coroutine has ended, and answer how: `returned` tells whether it returned `value`. If it did not, then
 * `cogen_last_failure` and `cogen_error_text` tell of its end. What fails is the wait alone, as `cogen_join` but for COGEN_ENDED: so
 * whoever watches over another one can tell its being cancelled from their own. */
COGEN_CHECKED cogen_error cogen_outcome(cogen_coroutine coroutine, const cogen_options *options, bool *returned,
                                        cogen_bytes *value);

/* Another handle of the same coroutine, for instance to be given to another one. */
COGEN_CHECKED cogen_error cogen_coroutine_share(cogen_coroutine coroutine, cogen_coroutine *shared);

/* Ask the coroutine to end: its present wait, and each later one, fails with COGEN_CANCELLED. Never parks, and does not wait for it
 * to comply.
 *
 * Fails with COGEN_DENIED for one that this coroutine neither is nor has started, unless it is granted its program (`cancel`). */
COGEN_CHECKED cogen_error cogen_cancel(cogen_coroutine coroutine);

/* End the coroutine now, wherever it is, with whatever it has called. A coroutine that kills itself does not return from this. Fails
 * as `cogen_cancel` does. */
COGEN_CHECKED cogen_error cogen_kill(cogen_coroutine coroutine);

void cogen_coroutine_drop(cogen_coroutine *coroutine);

/* ---- Signals ---- */

/* Named signals carry a value from one coroutine to all that wait for the name now. One that nobody waits for is gone. Names have 1
 * to 256 bytes, values 1 MiB at most; more fails with COGEN_INVALID_ARGUMENT. */

/* Wake all that wait for `name` now with `value`, in the order they came; `woken`, which may be NULL, is how many they were. With
 * `recipients` above zero park first until so many wait.
 *
 * Fails with COGEN_TIMED_OUT when they did not come, COGEN_CANCELLED, COGEN_DENIED, COGEN_INVALID_ARGUMENT or
 * COGEN_LIMIT_REACHED. */
COGEN_CHECKED cogen_error cogen_signal(const char *name, cogen_view value, uint32_t recipients, const cogen_options *options,
                                       uint32_t *woken);

/* A signal that waits for its recipients. To drop it takes the signal back if it was not yet given. */
typedef struct cogen_pending_signal {
    int32_t handle;
} cogen_pending_signal;

/* Begin a signal with recipients without waiting for them. The options' timeout is not used. */
COGEN_CHECKED cogen_error cogen_start_signal(const char *name, cogen_view value, uint32_t recipients,
                                             const cogen_options *options, cogen_pending_signal *pending);

/* How many were woken, which may be NULL: COGEN_NOT_READY until the signal has been given. Never parks. */
COGEN_CHECKED cogen_error cogen_finish_signal(cogen_pending_signal pending, uint32_t *woken);

void cogen_pending_signal_drop(cogen_pending_signal *pending);

/* Park until somebody signals `name`, and answer the value. Fails with COGEN_TIMED_OUT, COGEN_CANCELLED, COGEN_DENIED or
 * COGEN_INVALID_ARGUMENT. */
COGEN_CHECKED cogen_error cogen_wait(const char *name, const cogen_options *options, cogen_bytes *value);

/* A place in the row of those who wait for a signal, kept until this is dropped. It takes one signal. */
typedef struct cogen_signal_wait {
    int32_t handle;
} cogen_signal_wait;

/* Begin to wait for `name` without parking. From now on this coroutine counts as one that waits. */
COGEN_CHECKED cogen_error cogen_start_wait(const char *name, cogen_signal_wait *wait);

/* The value, once: COGEN_NOT_READY until the signal has come, and COGEN_INVALID_ARGUMENT after that. Never parks. */
COGEN_CHECKED cogen_error cogen_finish_wait(cogen_signal_wait wait, cogen_bytes *value);

void cogen_signal_wait_drop(cogen_signal_wait *wait);

/* ---- Context ---- */

/* Named values that a coroutine hands down: whoever it starts begins with a copy of what is set at that moment. At most 64 values
 * under names of 1 to 256 bytes, and 64 KiB in all. Nothing here parks. */

/* The value under `name`. Fails with COGEN_NOT_FOUND. */
COGEN_CHECKED cogen_error cogen_context_get(const char *name, cogen_bytes *value);

/* Set the value under `name`. Fails with COGEN_INVALID_ARGUMENT or COGEN_LIMIT_REACHED. */
COGEN_CHECKED cogen_error cogen_context_set(const char *name, cogen_view value);

/* Forget the value under `name`; that it was not there is no error. Fails with COGEN_INVALID_ARGUMENT for what is not UTF-8. */
COGEN_CHECKED cogen_error cogen_context_remove(const char *name);

/* Texts of one's own, to be freed by `cogen_texts_free`. */
typedef struct cogen_texts {
    cogen_bytes *items;
    size_t count;
} cogen_texts;

void cogen_texts_free(cogen_texts *texts);

/* The names that are set, in order. */
cogen_texts cogen_context_names(void);

/* ---- Log ---- */

/* How much a message matters. */
typedef enum cogen_level {
    COGEN_TRACE,
    COGEN_DEBUG,
    COGEN_INFO,
    COGEN_WARN,
    COGEN_ERROR,
} cogen_level;

/* Tell the operator something, with words as of `printf`. The `cogen` command writes them to standard error with the program's name in
 * front. More than 64 KiB is cut there, and what is not UTF-8 is replaced by U+FFFD. Never parks. */
void cogen_log(cogen_level level, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));

/* ---- Connections ---- */

/* Streams of bytes, over TCP or Unix sockets. The end of a stream is one thing, and no error: less than was asked for. What a read
 * that fails had got is kept, and can be read.
 *
 * Each address needs a grant in the manifest's `[program.NAME.allow]`; what is not granted fails with COGEN_DENIED. What was given
 * to a coroutine it may use without. */

/* One end of a connection. To drop it closes it, unless it is shared. */
typedef struct cogen_connection {
    int32_t handle;
} cogen_connection;

/* Park until there is a connection over TCP to `address`: a name, an IPv4 address or an IPv6 address in brackets, and a port, as
 * `example.org:80`. `local` is the address to connect from, or NULL for any.
 *
 * Fails with COGEN_NETWORK, COGEN_TIMED_OUT, COGEN_CANCELLED, COGEN_DENIED, COGEN_INVALID_ARGUMENT or COGEN_LIMIT_REACHED. */
COGEN_CHECKED cogen_error cogen_tcp_connect(const char *address, const char *local, const cogen_options *options,
                                            cogen_connection *connection);

/* Park until there is a connection to the Unix socket at `path`. Fails as `cogen_tcp_connect` does. */
COGEN_CHECKED cogen_error cogen_unix_connect(const char *path, const cogen_options *options, cogen_connection *connection);

/* A connection that is being made. To drop this gives it up. */
typedef struct cogen_pending_connect {
    int32_t handle;
} cogen_pending_connect;

/* Begin to connect without parking. */
COGEN_CHECKED cogen_error cogen_tcp_start_connect(const char *address, const char *local, cogen_pending_connect *pending);
COGEN_CHECKED cogen_error cogen_unix_start_connect(const char *path, cogen_pending_connect *pending);

/* The connection, once: COGEN_NOT_READY until it is decided. Never parks. */
COGEN_CHECKED cogen_error cogen_finish_connect(cogen_pending_connect pending, cogen_connection *connection);

void cogen_pending_connect_drop(cogen_pending_connect *pending);

/* Park until there is something to read, and answer at most `most` bytes of it, 256 KiB in any case. None are the end.
 *
 * Fails with COGEN_TIMED_OUT, COGEN_CANCELLED, COGEN_NETWORK, or COGEN_INVALID_ARGUMENT when `most` is zero. */
COGEN_CHECKED cogen_error cogen_read(cogen_connection connection, size_t most, const cogen_options *options,
                                     cogen_bytes *bytes);

/* Park until `length` bytes are there, 16 MiB at most. Fewer mean that the stream has ended. Fails as `cogen_read` does, and with
 * COGEN_LIMIT_REACHED. */
COGEN_CHECKED cogen_error cogen_read_exact(cogen_connection connection, size_t length, const cogen_options *options,
                                           cogen_bytes *bytes);

/* Park until a line is there, and answer it with its newline. A line without one is the last of the stream; none is its end. `most`
 * bounds the line with its newline, 1 MiB at most: a longer one fails with COGEN_TOO_LONG. Fails as `cogen_read_exact` does. */
COGEN_CHECKED cogen_error cogen_read_line(cogen_connection connection, size_t most, const cogen_options *options,
                                          cogen_bytes *line);

/* Park until the system takes some of `bytes`; `taken`, which may be NULL, is how many. At most 16 MiB at a time.
 *
 * Fails with COGEN_TIMED_OUT, COGEN_CANCELLED, COGEN_NETWORK or COGEN_INVALID_ARGUMENT. */
COGEN_CHECKED cogen_error cogen_write(cogen_connection connection, cogen_view bytes, const cogen_options *options,
                                      size_t *taken);

/* Park until the system has taken all of `bytes`, at most 16 MiB. After a failure `cogen_counts_of` tells how many it took. */
COGEN_CHECKED cogen_error cogen_write_all(cogen_connection connection, cogen_view bytes, const cogen_options *options);

/* Write `length` bytes of a file from `offset` on, or up to its end, without moving them through the guest; `sent`, which may be
 * NULL, is how many. The path is one of a directory that is granted to this program. Fails as `cogen_write` does, and with
 * COGEN_DENIED or COGEN_NOT_FOUND. */
COGEN_CHECKED cogen_error cogen_send_file(cogen_connection connection, const char *path, uint64_t offset, uint64_t length,
                                          const cogen_options *options, uint64_t *sent);

/* A direction of a stream, as its holder sees it. */
typedef enum cogen_direction {
    COGEN_READ,
    COGEN_WRITE,
    COGEN_BOTH,
} cogen_direction;

/* End a direction: after COGEN_WRITE the peer reads the end; after COGEN_READ reads here answer it. Never parks. */
COGEN_CHECKED cogen_error cogen_shutdown(cogen_connection connection, cogen_direction direction);

/* Where this end, or the other one, is: `127.0.0.1:80`, `[::1]:80` or a path; empty for a Unix socket without a name. */
COGEN_CHECKED cogen_error cogen_local_address(cogen_connection connection, cogen_bytes *address);
COGEN_CHECKED cogen_error cogen_peer_address(cogen_connection connection, cogen_bytes *address);

/* How many bytes have gone through a handle: handed to the guest, and handed to the operating system. */
typedef struct cogen_counts {
    uint64_t read;
    uint64_t written;
} cogen_counts;

COGEN_CHECKED cogen_error cogen_counts_of(cogen_connection connection, cogen_counts *counts);

/* How long operations of this connection may take that give no timeout themselves. */
COGEN_CHECKED cogen_error cogen_set_timeout(cogen_connection connection, cogen_timeout timeout);

/* How long nothing at all may move while an operation of this connection waits; zeros and `cogen_never` mean for ever, and
 * `cogen_by` fails with COGEN_INVALID_ARGUMENT. */
COGEN_CHECKED cogen_error cogen_set_idle_timeout(cogen_connection connection, cogen_timeout timeout);

/* Of TCP: whether small writes are sent at once instead of being gathered. */
COGEN_CHECKED cogen_error cogen_nodelay(cogen_connection connection, bool *on);
COGEN_CHECKED cogen_error cogen_set_nodelay(cogen_connection connection, bool on);

/* Of TCP: let the system ask a silent peer every so often whether it is still there, or not any more with zero. */
COGEN_CHECKED cogen_error cogen_set_keep_alive(cogen_connection connection, cogen_duration every);

/* Of TCP: how many bytes the system keeps in each direction. It may give others than asked for; zero leaves one as it is. */
COGEN_CHECKED cogen_error cogen_buffer_sizes(cogen_connection connection, uint32_t *receive, uint32_t *send);
COGEN_CHECKED cogen_error cogen_set_buffer_sizes(cogen_connection connection, uint32_t receive, uint32_t send);

/* Another handle of the same connection. What this one has read from the system and not handed out stays with it: of those who
 * share a connection, one reads. Fails with COGEN_LIMIT_REACHED when the process has no more descriptors. */
COGEN_CHECKED cogen_error cogen_connection_share(cogen_connection connection, cogen_connection *shared);

void cogen_connection_drop(cogen_connection *connection);

/* ---- Listeners ---- */

/* Something that others connect to. */
typedef struct cogen_listener {
    int32_t handle;
} cogen_listener;

/* How to listen over TCP. NULL stands for zeros. */
typedef struct cogen_listen_options {
    /* How many may have connected and not been accepted yet; zero stands for 1,024. */
    uint32_t backlog;
    /* Let other sockets listen at the same address, which share those who connect. Not everywhere. */
    bool reuse_port;
    /* On an IPv6 address, do not listen for IPv4. */
    bool only_v6;
} cogen_listen_options;

/* Listen at an IP address with a port; port zero lets the system choose one. Never parks. Fails with COGEN_NETWORK, COGEN_DENIED,
 * COGEN_INVALID_ARGUMENT or COGEN_LIMIT_REACHED. */
COGEN_CHECKED cogen_error cogen_tcp_listen(const char *address, const cogen_listen_options *options, cogen_listener *listener);

/* Listen at a path. A socket that is there and that nobody listens to any more is replaced. A `backlog` of zero stands for 1,024. */
COGEN_CHECKED cogen_error cogen_unix_listen(const char *path, uint32_t backlog, cogen_listener *listener);

/* Park until somebody connects; answer the connection, and the peer's address unless `peer` is NULL. Fails with COGEN_TIMED_OUT,
 * COGEN_CANCELLED or COGEN_NETWORK. */
COGEN_CHECKED cogen_error cogen_accept(cogen_listener listener, const cogen_options *options, cogen_connection *connection,
                                       cogen_bytes *peer);

/* Accept for as long as the answered coroutine lives, and start `program` with `args` for each connection, which is given to it.
 * At most `most` live at a time, or as many as there is room for if that is zero. The listener is used up, also when this fails.
 * Fails as `cogen_spawn` does. */
COGEN_CHECKED cogen_error cogen_serve(cogen_listener *listener, const char *program, cogen_view args, uint32_t most,
                                      cogen_coroutine *accepting);

/* Where it listens, with the port that was chosen. */
COGEN_CHECKED cogen_error cogen_listener_address(cogen_listener listener, cogen_bytes *address);

/* How long accepts may take that give no timeout themselves. */
COGEN_CHECKED cogen_error cogen_listener_set_timeout(cogen_listener listener, cogen_timeout timeout);

/* Another handle of the same listener. Each who connects is accepted by one of the handles. */
COGEN_CHECKED cogen_error cogen_listener_share(cogen_listener listener, cogen_listener *shared);

void cogen_listener_drop(cogen_listener *listener);

/* ---- Datagrams ---- */

/* A socket for datagrams over UDP, of 65,507 bytes at most. */
typedef struct cogen_udp_socket {
    int32_t handle;
} cogen_udp_socket;

/* Bind to an IP address with a port; port zero lets the system choose one. Never parks. */
COGEN_CHECKED cogen_error cogen_udp_bind(const char *address, cogen_udp_socket *socket);

/* From now on datagrams without an address go there, and only what comes from there is received. Never parks. */
COGEN_CHECKED cogen_error cogen_udp_connect(cogen_udp_socket socket, const char *address);

/* Park until the system takes the datagram. `address` is where it goes, or NULL for where the socket is connected to. Fails with
 * COGEN_TIMED_OUT, COGEN_CANCELLED, COGEN_NETWORK, COGEN_DENIED or COGEN_INVALID_ARGUMENT. */
COGEN_CHECKED cogen_error cogen_udp_send(cogen_udp_socket socket, cogen_view bytes, const char *address,
                                         const cogen_options *options);

/* Park until a datagram comes; answer it, and where it is from unless `from` is NULL. Of one that is longer than `most` bytes the
 * rest is lost. Fails with COGEN_TIMED_OUT, COGEN_CANCELLED or COGEN_NETWORK. */
COGEN_CHECKED cogen_error cogen_udp_receive(cogen_udp_socket socket, size_t most, const cogen_options *options,
                                            cogen_bytes *bytes, cogen_bytes *from);

COGEN_CHECKED cogen_error cogen_udp_local_address(cogen_udp_socket socket, cogen_bytes *address);
COGEN_CHECKED cogen_error cogen_udp_peer_address(cogen_udp_socket socket, cogen_bytes *address);

/* Whether datagrams may go to everybody on a network. */
COGEN_CHECKED cogen_error cogen_udp_set_broadcast(cogen_udp_socket socket, bool on);

/* As `cogen_set_buffer_sizes` and `cogen_set_timeout`. */
COGEN_CHECKED cogen_error cogen_udp_set_buffer_sizes(cogen_udp_socket socket, uint32_t receive, uint32_t send);
COGEN_CHECKED cogen_error cogen_udp_set_timeout(cogen_udp_socket socket, cogen_timeout timeout);

void cogen_udp_socket_drop(cogen_udp_socket *socket);

/* ---- Names ---- */

/* Park until the addresses of `name` are known, and answer them in the order in which to try them, without ports.
 *
 * Fails with COGEN_NETWORK (COGEN_NAME_UNKNOWN), COGEN_TIMED_OUT, COGEN_CANCELLED, COGEN_DENIED, COGEN_LIMIT_REACHED or
 * COGEN_INVALID_ARGUMENT. */
COGEN_CHECKED cogen_error cogen_resolve(const char *name, const cogen_options *options, cogen_texts *addresses);

/* A name that is being looked up. To drop it forgets the answer. */
typedef struct cogen_pending_resolve {
    int32_t handle;
} cogen_pending_resolve;

/* Begin to look a name up without parking. */
COGEN_CHECKED cogen_error cogen_start_resolve(const char *name, cogen_pending_resolve *pending);

/* The answer, once: COGEN_NOT_READY until it is known. Never parks. */
COGEN_CHECKED cogen_error cogen_finish_resolve(cogen_pending_resolve pending, cogen_texts *addresses);

void cogen_pending_resolve_drop(cogen_pending_resolve *pending);

/* ---- Handover ---- */

typedef enum cogen_thing_kind {
    COGEN_NO_THING,
    COGEN_A_CONNECTION,
    COGEN_A_LISTENER,
    COGEN_A_UDP_SOCKET,
    COGEN_A_COROUTINE,
} cogen_thing_kind;

/* Something that can be given away. All zeros are nothing. */
typedef struct cogen_thing {
    cogen_thing_kind kind;
    union {
        cogen_connection connection;
        cogen_listener listener;
        cogen_udp_socket udp_socket;
        cogen_coroutine coroutine;
    };
} cogen_thing;

/* Things from handles, which are given away with them: they become none here. */
cogen_thing cogen_give_connection(cogen_connection *connection);
cogen_thing cogen_give_listener(cogen_listener *listener);
cogen_thing cogen_give_udp_socket(cogen_udp_socket *socket);
cogen_thing cogen_give_coroutine(cogen_coroutine *coroutine);

void cogen_thing_drop(cogen_thing *thing);

/* As `cogen_spawn`, and give `count` things, at most 64, to the new coroutine. They are gone in any case: when this fails, they are
 * dropped. What a connection had read and not handed out goes with it, and so do its timeouts. */
COGEN_CHECKED cogen_error cogen_handover_spawn(const char *program, cogen_view args, cogen_thing *things, size_t count,
                                               const cogen_options *options, cogen_coroutine *coroutine);

/* The next thing that this coroutine was given when it was started, and that has not been taken yet; of COGEN_NO_THING if there is
 * none. */
cogen_thing cogen_take(void);

/* The next thing, which must be of this kind. Fails with COGEN_OTHER when it is another one, which stays, or there is none. */
COGEN_CHECKED cogen_error cogen_take_connection(cogen_connection *connection);
COGEN_CHECKED cogen_error cogen_take_listener(cogen_listener *listener);
COGEN_CHECKED cogen_error cogen_take_udp_socket(cogen_udp_socket *socket);
COGEN_CHECKED cogen_error cogen_take_coroutine(cogen_coroutine *coroutine);

/* ---- Scopes ---- */

/* Coroutines that end together. The first child that ends without a value cancels the others. To drop the scope kills those that
 * have not ended; that it is dropped when this coroutine ends, the engine sees to. */
typedef struct cogen_scope {
    int32_t handle;
} cogen_scope;

/* A scope without children. */
cogen_scope cogen_scope_new(void);

/* As `cogen_handover_spawn`, with the new coroutine as a child of this scope; without things, `things` is NULL. The handle is as any
 * other. In a scope of which a child has failed this fails with COGEN_ENDED, after `cogen_scope_cancel` with
 * COGEN_INVALID_ARGUMENT. */
COGEN_CHECKED cogen_error cogen_scope_spawn(cogen_scope scope, const char *program, cogen_view args, cogen_thing *things,
                                            size_t count, const cogen_options *options, cogen_coroutine *coroutine);

/* What went wrong in a scope, to be freed by `cogen_failures_free`. */
typedef struct cogen_failures {
    /* The children that ended without a value, in the order of their ends: the first 100. Those that were cancelled with the scope,
     * and gave up, are not among them. */
    cogen_failure *first;
    size_t count;
    /* How many more there were. */
    uint64_t more;
} cogen_failures;

void cogen_failures_free(cogen_failures *failures);

/* Park until all children have ended. It may be asked again, also after further children were started.
 *
 * Fails with COGEN_ENDED when a child ended without a value: the text has all their failures, `cogen_last_failure` is the first, and
 * `failures` has them if it is not NULL. When this coroutine is cancelled, so are the children, and they are given the time to end
 * before this fails with COGEN_CANCELLED. After COGEN_TIMED_OUT they go on. */
COGEN_CHECKED cogen_error cogen_scope_join(cogen_scope scope, const cogen_options *options, cogen_failures *failures);

/* Cancel all children, as a failure of one of them does. Never parks. */
COGEN_CHECKED cogen_error cogen_scope_cancel(cogen_scope scope);

void cogen_scope_drop(cogen_scope *scope);

/* ---- Sandbox ---- */

typedef enum cogen_grant_kind {
    COGEN_MAY_CONNECT,
    COGEN_MAY_LISTEN,
    COGEN_MAY_UDP,
    COGEN_MAY_UDP_BIND,
    COGEN_MAY_RESOLVE,
    COGEN_MAY_DIRECTORY,
    COGEN_MAY_ENVIRONMENT,
    COGEN_MAY_SPAWN,
    COGEN_MAY_CALL,
    COGEN_MAY_CANCEL,
    COGEN_MAY_SEND,
    COGEN_MAY_WAIT,
} cogen_grant_kind;

/* One thing that is left to a coroutine, as a rule of `[program.NAME.allow]` has it: `{COGEN_MAY_CONNECT, "example.org:443"}`. */
typedef struct cogen_grant {
    cogen_grant_kind kind;
    const char *rule;
} cogen_grant;

/* A limit: its key in `[program.NAME.limits]`, and the most in its unit: bytes, nanoseconds, or a number. */
typedef struct cogen_limit {
    const char *key;
    uint64_t most;
} cogen_limit;

typedef enum cogen_bounds_kind {
    /* All that its program is granted. */
    COGEN_OWN,
    /* What this coroutine may do itself. */
    COGEN_WITHIN_MINE,
    /* The grants that follow, and nothing else; at most 64. */
    COGEN_ONLY,
} cogen_bounds_kind;

/* What is left to a coroutine of that which its program has. All zeros leave it everything. */
typedef struct cogen_bounds {
    cogen_bounds_kind kind;
    const cogen_grant *grants;
    size_t grant_count;
    const cogen_limit *limits;
    size_t limit_count;
} cogen_bounds;

/* As `cogen_handover_spawn`, within bounds; without things, `things` is NULL. What is left to a coroutine holds for it and for all
 * that it starts, and they start.
 *
 * Fails as that does, with COGEN_INVALID_ARGUMENT for a grant or a limit that is none, and with COGEN_LIMIT_REACHED when grants have
 * been narrowed 16 times above one another. */
COGEN_CHECKED cogen_error cogen_sandbox_spawn(const char *program, cogen_view args, cogen_thing *things, size_t count,
                                              const cogen_bounds *bounds, const cogen_options *options,
                                              cogen_coroutine *coroutine);

/* As `cogen_call`, within bounds. */
COGEN_CHECKED cogen_error cogen_sandbox_call(const char *program, cogen_view args, const cogen_bounds *bounds,
                                             const cogen_options *options, cogen_bytes *value);

/* ---- Waiting for the first of several things ---- */

/* Something that `cogen_select` can wait for. It is made by the functions below, and names a handle that must be there until then. */
typedef struct cogen_event {
    int kind;
    int32_t handle;
    cogen_instant deadline;
} cogen_event;

/* The end of a coroutine, a call or a scope; the moment in which what was begun is decided. */
cogen_event cogen_on_end(cogen_coroutine coroutine);
cogen_event cogen_on_call(cogen_pending_call call);
cogen_event cogen_on_scope(cogen_scope scope);
cogen_event cogen_on_wait(cogen_signal_wait wait);
cogen_event cogen_on_signal(cogen_pending_signal pending);
cogen_event cogen_on_connect(cogen_pending_connect pending);
cogen_event cogen_on_resolve(cogen_pending_resolve pending);

/* That a read, a write, an accept, a receive or a send would not park. */
cogen_event cogen_on_read(cogen_connection connection);
cogen_event cogen_on_write(cogen_connection connection);
cogen_event cogen_on_accept(cogen_listener listener);
cogen_event cogen_on_receive(cogen_udp_socket socket);
cogen_event cogen_on_send(cogen_udp_socket socket);

/* A moment; for one that is a while from now, `cogen_on_deadline(cogen_after(cogen_now(), duration))`. */
cogen_event cogen_on_deadline(cogen_instant deadline);

/* Park until one of `events` has come, and answer its position; of several, the first. When this coroutine is cancelled all have
 * come: the operation that follows fails with COGEN_CANCELLED.
 *
 * Fails with COGEN_INVALID_ARGUMENT when there are none, or when a handle is none. */
COGEN_CHECKED cogen_error cogen_select(const cogen_event events[], size_t count, size_t *position);

#ifdef __cplusplus
}
#endif

#endif
