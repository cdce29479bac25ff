/* Uses what no other scenario does, and checks what comes of it. What is wrong ends the coroutine, and so all that it holds. */
#include "scenarios.h"

#include <string.h>

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) return cogen_fail("line %d: %s; the last error is: %s", __LINE__, #condition, cogen_error_text()); \
    } while (0)

/* That an operation fails with this error. */
#define CHECK_FAILS(expected, operation) CHECK((operation) == (expected))

static const cogen_options AT_ONCE = {.timeout = {COGEN_TIMEOUT_WITHIN, 0}};
static const cogen_options TEN_SECONDS = {.timeout = {COGEN_TIMEOUT_WITHIN, 10 * COGEN_SECOND}};

/* Whether bytes are this text; they are freed. */
static bool is(cogen_bytes *bytes, const char *text) {
    bool same = bytes->length == strlen(text) && memcmp(bytes->data, text, bytes->length) == 0;
    cogen_free(bytes);
    return same;
}

static cogen_error wait_for(cogen_event event) {
    size_t first;
    return cogen_select(&event, 1, &first);
}

static cogen_error bytes_and_words(void) {
    const char *words[3];
    size_t count;
    cogen_bytes line = cogen_words("a", "two words", "");
    COGEN_TRY(cogen_split_words(cogen_view_of(line), words, 3, &count));
    CHECK(count == 3 && !strcmp(words[0], "a") && !strcmp(words[1], "two words") && !*words[2]);
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_split_words(cogen_view_of(line), words, 2, &count));
    cogen_free(&line);
    line = cogen_words("");
    COGEN_TRY(cogen_split_words(cogen_view_of(line), words, 3, &count));
    CHECK(line.length == 1 && count == 1 && !*words[0]);
    COGEN_TRY(cogen_split_words(COGEN_NOTHING, words, 3, &count));
    CHECK(count == 0);
    cogen_free(&line);
    CHECK_FAILS(COGEN_OTHER, cogen_fail("not \xc3\x28 UTF-8, \xed\xa0\x80 nor this: na\xc3\xafve"));
    CHECK(!strcmp(cogen_error_text(), "not \xef\xbf\xbd( UTF-8, \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd nor this: na\xc3\xafve"));
    return COGEN_OK;
}

static cogen_error clock_and_sleep(void) {
    cogen_instant began = cogen_now();
    COGEN_TRY(cogen_sleep(10 * COGEN_MILLISECOND));
    COGEN_TRY(cogen_sleep_until(cogen_after(began, 20 * COGEN_MILLISECOND)));
    COGEN_TRY(cogen_yield_now());
    CHECK(cogen_now() >= began + 20 * COGEN_MILLISECOND);
    CHECK(cogen_after(began, UINT64_MAX) == UINT64_MAX);
    return COGEN_OK;
}

static cogen_error handles(const char *program) {
    cogen_info me, info;
    cogen_coroutine own = cogen_current(), child, shared;
    COGEN_TRY(cogen_coroutine_info(own, &me));
    CHECK(me.state == COGEN_STATE_RUNNING && is(&me.program, program));
    COGEN_TRY(cogen_spawn(program, cogen_text("sleep-long"), &(cogen_options){.priority = COGEN_PRIORITY_FIRST}, &child));
    COGEN_TRY(cogen_coroutine_share(child, &shared));
    COGEN_TRY(cogen_coroutine_info(shared, &info));
    CHECK(info.has_parent && info.parent == me.id && is(&info.program, program));
    COGEN_TRY(cogen_kill(shared));
    cogen_event events[] = {cogen_on_deadline(cogen_after(cogen_now(), 30 * COGEN_SECOND)), cogen_on_end(child)};
    size_t first;
    COGEN_TRY(cogen_select(events, 2, &first));
    CHECK(first == 1);
    bool returned;
    cogen_bytes value;
    COGEN_TRY(cogen_outcome(child, &AT_ONCE, &returned, &value));
    CHECK(!returned && cogen_last_failure()->ending == COGEN_ENDING_KILLED && cogen_last_failure()->id == info.id);
    cogen_coroutine_drop(&shared);
    cogen_coroutine_drop(&child);
    cogen_coroutine_drop(&child);
    cogen_coroutine_drop(&own);
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_join(child, NULL, &value));
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_select(events, 0, &first));
    return COGEN_OK;
}

static cogen_error calls(const char *program) {
    cogen_bytes square = cogen_words("square", "12"), value;
    cogen_pending_call call;
    COGEN_TRY(cogen_start_call(program, cogen_view_of(square), &call));
    CHECK_FAILS(COGEN_NOT_READY, cogen_finish_call(call, &value));
    COGEN_TRY(wait_for(cogen_on_call(call)));
    COGEN_TRY(cogen_finish_call(call, &value));
    CHECK(is(&value, "144"));
    cogen_pending_call_drop(&call);
    cogen_free(&square);
    const cogen_options impatient = {.timeout = cogen_within(10 * COGEN_MILLISECOND)};
    CHECK_FAILS(COGEN_TIMED_OUT, cogen_call(program, cogen_text("sleep-long"), &impatient, &value));
    CHECK_FAILS(COGEN_UNKNOWN_PROGRAM, cogen_call("nobody", COGEN_NOTHING, NULL, &value));
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_call("no\xff" "body", COGEN_NOTHING, NULL, &value));
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_call(NULL, COGEN_NOTHING, NULL, &value));
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_signal("", COGEN_NOTHING, 0, NULL, NULL));
    return COGEN_OK;
}

static cogen_error signals(void) {
    cogen_signal_wait wait;
    cogen_pending_signal pending;
    uint32_t woken;
    cogen_bytes value;
    COGEN_TRY(cogen_start_wait("own", &wait));
    COGEN_TRY(cogen_start_signal("own", cogen_text("value"), 1, NULL, &pending));
    COGEN_TRY(wait_for(cogen_on_signal(pending)));
    COGEN_TRY(cogen_finish_signal(pending, &woken));
    CHECK(woken == 1);
    COGEN_TRY(cogen_finish_wait(wait, &value));
    CHECK(is(&value, "value"));
    cogen_pending_signal_drop(&pending);
    cogen_signal_wait_drop(&wait);
    COGEN_TRY(cogen_signal("own", COGEN_NOTHING, 0, NULL, &woken));
    CHECK(woken == 0);
    return COGEN_OK;
}

static cogen_error contexts(void) {
    const char bytes[] = {0, (char)0xff};
    cogen_bytes value;
    COGEN_TRY(cogen_context_set("one", (cogen_view){bytes, 2}));
    COGEN_TRY(cogen_context_set("two", COGEN_NOTHING));
    COGEN_TRY(cogen_context_get("one", &value));
    CHECK(value.length == 2 && memcmp(value.data, bytes, 3) == 0);
    cogen_free(&value);
    cogen_texts names = cogen_context_names();
    CHECK(names.count == 2 && !strcmp(names.items[0].data, "one") && !strcmp(names.items[1].data, "two"));
    cogen_texts_free(&names);
    COGEN_TRY(cogen_context_remove("one"));
    CHECK_FAILS(COGEN_NOT_FOUND, cogen_context_get("one", &value));
    return COGEN_OK;
}

static cogen_error scope_of_squares(const char *program) {
    cogen_scope scope = cogen_scope_new();
    cogen_coroutine children[3];
    for (int i = 0; i < 3; i++) {
        cogen_bytes digits = cogen_format("%d", i), args = cogen_words("square", digits.data);
        COGEN_TRY(cogen_scope_spawn(scope, program, cogen_view_of(args), NULL, 0, NULL, &children[i]));
        cogen_free(&digits);
        cogen_free(&args);
    }
    COGEN_TRY(wait_for(cogen_on_scope(scope)));
    COGEN_TRY(cogen_scope_join(scope, NULL, NULL));
    const char *const squares[] = {"0", "1", "4"};
    for (int i = 0; i < 3; i++) {
        cogen_bytes value;
        COGEN_TRY(cogen_join(children[i], NULL, &value));
        CHECK(is(&value, squares[i]));
        cogen_coroutine_drop(&children[i]);
    }
    cogen_scope_drop(&scope);
    return COGEN_OK;
}

static cogen_error scope_that_fails(const char *program) {
    cogen_scope scope = cogen_scope_new();
    cogen_coroutine sleeper, failing;
    cogen_bytes args = cogen_words("failure", "no");
    COGEN_TRY(cogen_scope_spawn(scope, program, cogen_text("sleep-long"), NULL, 0, NULL, &sleeper));
    COGEN_TRY(cogen_scope_spawn(scope, program, cogen_view_of(args), NULL, 0, NULL, &failing));
    cogen_failures failures;
    CHECK_FAILS(COGEN_ENDED, cogen_scope_join(scope, NULL, &failures));
    CHECK(failures.count == 1 && failures.more == 0 && !strcmp(failures.first[0].message, "no"));
    CHECK(!strcmp(cogen_last_failure()->message, "no") && strstr(cogen_error_text(), "failed: no"));
    cogen_failures_free(&failures);
    CHECK_FAILS(COGEN_ENDED, cogen_scope_spawn(scope, program, COGEN_NOTHING, NULL, 0, NULL, &sleeper));
    cogen_free(&args);
    cogen_scope_drop(&scope);
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_scope_cancel(scope));
    return COGEN_OK;
}

static cogen_error sandboxes(const char *program) {
    cogen_bytes square = cogen_words("square", "3"), calling = cogen_words("calls-foo", program), value;
    const cogen_limit limit = {"memory", 1 << 30};
    const cogen_bounds nothing = {.kind = COGEN_ONLY, .limits = &limit, .limit_count = 1};
    COGEN_TRY(cogen_sandbox_call(program, cogen_view_of(square), &nothing, NULL, &value));
    CHECK(is(&value, "9"));
    cogen_coroutine child;
    const cogen_bounds mine = {.kind = COGEN_WITHIN_MINE};
    COGEN_TRY(cogen_sandbox_spawn(program, cogen_view_of(square), NULL, 0, &mine, NULL, &child));
    COGEN_TRY(cogen_join(child, NULL, &value));
    CHECK(is(&value, "9"));
    cogen_coroutine_drop(&child);
    const cogen_grant grant = {COGEN_MAY_CONNECT, "127.0.0.1:*"};
    const cogen_bounds one = {.kind = COGEN_ONLY, .grants = &grant, .grant_count = 1};
    CHECK_FAILS(COGEN_ENDED, cogen_sandbox_call(program, cogen_view_of(calling), &one, NULL, &value));
    CHECK(strstr(cogen_last_failure()->message, "call"));
    const cogen_limit nonsense = {"nonsense", 1};
    const cogen_bounds wrong = {.limits = &nonsense, .limit_count = 1};
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_sandbox_call(program, cogen_view_of(square), &wrong, NULL, &value));
    cogen_free(&square);
    cogen_free(&calling);
    return COGEN_OK;
}

static cogen_error names(void) {
    cogen_texts addresses;
    cogen_pending_resolve pending;
    COGEN_TRY(cogen_resolve("127.0.0.1", NULL, &addresses));
    CHECK(addresses.count == 1 && is(&addresses.items[0], "127.0.0.1"));
    cogen_texts_free(&addresses);
    COGEN_TRY(cogen_start_resolve("127.0.0.1", &pending));
    COGEN_TRY(wait_for(cogen_on_resolve(pending)));
    COGEN_TRY(cogen_finish_resolve(pending, &addresses));
    CHECK(addresses.count == 1 && is(&addresses.items[0], "127.0.0.1"));
    cogen_texts_free(&addresses);
    cogen_pending_resolve_drop(&pending);
    return COGEN_OK;
}

static cogen_error settings(cogen_connection connection) {
    bool on;
    uint32_t receive, send;
    COGEN_TRY(cogen_set_nodelay(connection, true));
    COGEN_TRY(cogen_nodelay(connection, &on));
    CHECK(on);
    COGEN_TRY(cogen_set_keep_alive(connection, 60 * COGEN_SECOND));
    COGEN_TRY(cogen_set_buffer_sizes(connection, 1 << 16, 1 << 16));
    COGEN_TRY(cogen_buffer_sizes(connection, &receive, &send));
    CHECK(receive > 0 && send > 0);
    COGEN_TRY(cogen_set_timeout(connection, cogen_within(10 * COGEN_SECOND)));
    COGEN_TRY(cogen_set_idle_timeout(connection, cogen_within(10 * COGEN_SECOND)));
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_set_idle_timeout(connection, cogen_by(cogen_now())));
    return COGEN_OK;
}

static cogen_error talk(cogen_connection near, cogen_connection far) {
    const cogen_event events[] = {cogen_on_read(far), cogen_on_write(near)};
    size_t first, taken;
    cogen_bytes bytes;
    COGEN_TRY(cogen_select(events, 2, &first));
    CHECK(first == 1);
    COGEN_TRY(cogen_write(near, cogen_text("spam\nham"), NULL, &taken));
    CHECK(taken == 8);
    COGEN_TRY(cogen_read_line(far, 100, NULL, &bytes));
    CHECK(is(&bytes, "spam\n"));
    CHECK_FAILS(COGEN_TIMED_OUT, cogen_read_exact(far, 4, &AT_ONCE, &bytes));
    COGEN_TRY(cogen_read(far, 100, NULL, &bytes));
    CHECK(is(&bytes, "ham"));
    cogen_counts counts;
    COGEN_TRY(cogen_counts_of(far, &counts));
    CHECK(counts.read == 8 && counts.written == 0);
    cogen_connection writer;
    COGEN_TRY(cogen_connection_share(far, &writer));
    COGEN_TRY(cogen_write_all(writer, cogen_text("xxxxxxxxxxxxxxxxxxxx"), NULL));
    cogen_connection_drop(&writer);
    CHECK_FAILS(COGEN_TOO_LONG, cogen_read_line(near, 10, NULL, &bytes));
    COGEN_TRY(cogen_shutdown(near, COGEN_WRITE));
    COGEN_TRY(cogen_read(far, 100, NULL, &bytes));
    CHECK(bytes.length == 0);
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_read(far, 0, NULL, &bytes));
    return COGEN_OK;
}

static cogen_error streams(void) {
    cogen_listener listener;
    cogen_bytes address, one, other;
    COGEN_TRY(cogen_tcp_listen("127.0.0.1:0", &(cogen_listen_options){.backlog = 8}, &listener));
    COGEN_TRY(cogen_listener_address(listener, &address));
    cogen_pending_connect pending;
    cogen_connection near, far;
    COGEN_TRY(cogen_tcp_start_connect(address.data, NULL, &pending));
    COGEN_TRY(wait_for(cogen_on_connect(pending)));
    COGEN_TRY(cogen_finish_connect(pending, &near));
    cogen_pending_connect_drop(&pending);
    COGEN_TRY(cogen_listener_set_timeout(listener, cogen_within(10 * COGEN_SECOND)));
    COGEN_TRY(wait_for(cogen_on_accept(listener)));
    COGEN_TRY(cogen_accept(listener, &TEN_SECONDS, &far, &one));
    COGEN_TRY(cogen_local_address(near, &other));
    CHECK(is(&other, one.data));
    COGEN_TRY(cogen_peer_address(near, &other));
    CHECK(is(&other, address.data));
    COGEN_TRY(settings(near));
    COGEN_TRY(talk(near, far));
    cogen_connection_drop(&near);
    cogen_connection_drop(&far);
    cogen_listener_drop(&listener);
    CHECK_FAILS(COGEN_NETWORK, cogen_tcp_connect(address.data, NULL, NULL, &near));
    CHECK(cogen_last_network_problem() == COGEN_REFUSED);
    cogen_free(&one);
    cogen_free(&address);
    return COGEN_OK;
}

static cogen_error serve(const char *program) {
    cogen_listener listener, shared;
    cogen_bytes address, bytes;
    COGEN_TRY(cogen_tcp_listen("127.0.0.1:0", NULL, &listener));
    COGEN_TRY(cogen_listener_address(listener, &address));
    COGEN_TRY(cogen_listener_share(listener, &shared));
    cogen_listener_drop(&listener);
    cogen_coroutine accepting;
    COGEN_TRY(cogen_serve(&shared, program, cogen_text("echo"), 0, &accepting));
    CHECK(!shared.handle);
    cogen_connection client;
    COGEN_TRY(cogen_tcp_connect(address.data, NULL, &TEN_SECONDS, &client));
    COGEN_TRY(cogen_write_all(client, cogen_text("naïve\n"), NULL));
    COGEN_TRY(cogen_read_exact(client, strlen("naïve\n"), &TEN_SECONDS, &bytes));
    CHECK(is(&bytes, "naïve\n"));
    cogen_connection_drop(&client);
    COGEN_TRY(cogen_cancel(accepting));
    bool returned;
    COGEN_TRY(cogen_outcome(accepting, NULL, &returned, &bytes));
    cogen_free(&bytes);
    cogen_coroutine_drop(&accepting);
    cogen_free(&address);
    return COGEN_OK;
}

static cogen_error hand_over(const char *program) {
    cogen_listener listener;
    cogen_bytes address, bytes;
    COGEN_TRY(cogen_tcp_listen("127.0.0.1:0", NULL, &listener));
    COGEN_TRY(cogen_listener_address(listener, &address));
    cogen_thing thing = cogen_give_listener(&listener);
    cogen_coroutine child;
    COGEN_TRY(cogen_handover_spawn(program, cogen_text("accept-one"), &thing, 1, NULL, &child));
    CHECK(!listener.handle && thing.kind == COGEN_NO_THING);
    cogen_connection client;
    COGEN_TRY(cogen_tcp_connect(address.data, NULL, &TEN_SECONDS, &client));
    COGEN_TRY(cogen_read(client, 100, &TEN_SECONDS, &bytes));
    CHECK(is(&bytes, "accepted"));
    cogen_connection_drop(&client);
    cogen_coroutine_drop(&child);
    CHECK(cogen_take().kind == COGEN_NO_THING);
    CHECK_FAILS(COGEN_INVALID_ARGUMENT, cogen_handover_spawn(program, COGEN_NOTHING, &thing, 1, NULL, &child));
    cogen_free(&address);
    return COGEN_OK;
}

cogen_error accept_one(const char *const words[], cogen_bytes *value) {
    (void)words, (void)value;
    cogen_connection connection;
    cogen_listener listener;
    CHECK_FAILS(COGEN_OTHER, cogen_take_connection(&connection));
    COGEN_TRY(cogen_take_listener(&listener));
    COGEN_TRY(cogen_accept(listener, NULL, &connection, NULL));
    cogen_error error = cogen_write_all(connection, cogen_text("accepted"), NULL);
    cogen_connection_drop(&connection);
    cogen_listener_drop(&listener);
    return error;
}

static cogen_error datagrams(void) {
    cogen_udp_socket one, other;
    cogen_bytes address, from, bytes;
    COGEN_TRY(cogen_udp_bind("127.0.0.1:0", &one));
    COGEN_TRY(cogen_udp_bind("127.0.0.1:0", &other));
    COGEN_TRY(cogen_udp_set_timeout(one, cogen_within(10 * COGEN_SECOND)));
    COGEN_TRY(cogen_udp_set_buffer_sizes(one, 1 << 16, 1 << 16));
    COGEN_TRY(cogen_udp_set_broadcast(one, false));
    COGEN_TRY(cogen_udp_local_address(other, &address));
    COGEN_TRY(cogen_udp_send(one, cogen_text("spam"), address.data, NULL));
    COGEN_TRY(wait_for(cogen_on_receive(other)));
    COGEN_TRY(cogen_udp_receive(other, 100, &TEN_SECONDS, &bytes, &from));
    CHECK(is(&bytes, "spam"));
    COGEN_TRY(cogen_udp_connect(other, from.data));
    cogen_free(&address);
    COGEN_TRY(cogen_udp_peer_address(other, &address));
    CHECK(is(&address, from.data));
    COGEN_TRY(wait_for(cogen_on_send(other)));
    COGEN_TRY(cogen_udp_send(other, cogen_text("ham"), NULL, NULL));
    COGEN_TRY(cogen_udp_receive(one, 2, NULL, &bytes, NULL));
    CHECK(is(&bytes, "ha"));
    cogen_free(&from);
    cogen_udp_socket_drop(&one);
    cogen_udp_socket_drop(&other);
    return COGEN_OK;
}

cogen_error surface(const char *const words[], cogen_bytes *value) {
    const char *program = words[0];
    COGEN_TRY(bytes_and_words());
    COGEN_TRY(clock_and_sleep());
    COGEN_TRY(handles(program));
    COGEN_TRY(calls(program));
    COGEN_TRY(signals());
    COGEN_TRY(contexts());
    COGEN_TRY(scope_of_squares(program));
    COGEN_TRY(scope_that_fails(program));
    COGEN_TRY(sandboxes(program));
    COGEN_TRY(names());
    COGEN_TRY(streams());
    COGEN_TRY(serve(program));
    COGEN_TRY(hand_over(program));
    COGEN_TRY(datagrams());
    *value = cogen_format("all well");
    return COGEN_OK;
}
