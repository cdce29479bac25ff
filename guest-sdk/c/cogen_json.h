/* JSON for coroutines in C, as arguments and values: by yyjson, which is two files to compile with the program
 * (https://github.com/ibireme/yyjson). It is used by its own functions; these two join it to cogen.h.
 *
 * It was chosen because what it reads comes from outside: it checks UTF-8, keeps texts with their lengths and numbers of 64 bits as
 * they are, and needs no stack for what is deeply nested.
 */
#ifndef COGEN_JSON_H
#define COGEN_JSON_H

#include "cogen.h"

#include <yyjson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a value: `yyjson_doc_get_root` of the document, which is to be freed by `yyjson_doc_free`. Fails with COGEN_OTHER when the
 * text is no JSON, and says where it is wrong; then the document is NULL. */
COGEN_CHECKED static inline cogen_error cogen_json_read(cogen_view text, yyjson_doc **document) {
    yyjson_read_err error;
    // Without the flag YYJSON_READ_INSITU the text stays as it is.
    *document = yyjson_read_opts((char *)text.data, text.length, YYJSON_READ_NOFLAG, NULL, &error);
    if (*document) return COGEN_OK;
    return cogen_fail("this is no JSON: %s, at byte %zu", error.msg, error.pos);
}

/* Writes a value, on one line. Fails with COGEN_OTHER when it cannot be written: a text in it is not UTF-8, or a number not finite. */
COGEN_CHECKED static inline cogen_error cogen_json_write(const yyjson_mut_doc *document, cogen_bytes *text) {
    yyjson_write_err error;
    *text = (cogen_bytes){0};
    size_t length;
    char *written = yyjson_mut_write_opts(document, YYJSON_WRITE_NOFLAG, NULL, &length, &error);
    if (!written) return cogen_fail("this cannot be written as JSON: %s", error.msg);
    *text = (cogen_bytes){written, length};
    return COGEN_OK;
}

#ifdef __cplusplus
}
#endif

#endif
