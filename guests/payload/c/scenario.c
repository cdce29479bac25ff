/* A value of one language that arrives as one of another. */
#include "scenarios.h"

#include "cogen_json.h"

static cogen_error write_ada(yyjson_mut_doc *ada, cogen_bytes *json) {
    yyjson_mut_val *person = yyjson_mut_obj(ada);
    yyjson_mut_doc_set_root(ada, person);
    yyjson_mut_obj_add_str(ada, person, "name", "Ada");
    yyjson_mut_obj_add_uint(ada, person, "age", 36);
    yyjson_mut_val *tags = yyjson_mut_obj_add_arr(ada, person, "tags");
    yyjson_mut_arr_add_str(ada, tags, "x");
    yyjson_mut_arr_add_str(ada, tags, "y");
    yyjson_mut_val *nested = yyjson_mut_obj_add_obj(ada, person, "nested");
    yyjson_mut_obj_add_real(ada, nested, "pi", 3.25);
    yyjson_mut_obj_add_null(ada, nested, "none");
    yyjson_mut_obj_add_bool(ada, nested, "yes", true);
    return cogen_json_write(ada, json);
}

cogen_error payload(const char *const words[], cogen_bytes *value) {
    yyjson_mut_doc *ada = yyjson_mut_doc_new(NULL);
    cogen_bytes json;
    cogen_error error = write_ada(ada, &json);
    yyjson_mut_doc_free(ada);
    if (error) return error;
    cogen_bytes args = cogen_words("payload-read", json.data);
    cogen_free(&json);
    error = cogen_call(words[0], cogen_view_of(args), NULL, value);
    cogen_free(&args);
    return error;
}

/* The person of the scenario. */
struct person {
    const char *name;
    uint64_t age;
    const char *tags[2];
    double pi;
    bool has_none;
    bool yes;
};

/* Every function of yyjson takes what is not there for what is not of its type. */
static cogen_error read_person(yyjson_val *json, struct person *person) {
    yyjson_val *tags = yyjson_obj_get(json, "tags"), *nested = yyjson_obj_get(json, "nested");
    yyjson_val *age = yyjson_obj_get(json, "age"), *pi = yyjson_obj_get(nested, "pi"), *yes = yyjson_obj_get(nested, "yes");
    person->name = yyjson_get_str(yyjson_obj_get(json, "name"));
    for (size_t i = 0; i < 2; i++) person->tags[i] = yyjson_get_str(yyjson_arr_get(tags, i));
    if (!person->name || !person->tags[0] || !person->tags[1] || !yyjson_is_uint(age) || !yyjson_is_num(pi) ||
        !yyjson_is_bool(yes)) {
        return cogen_fail("this is no person with a name, an age, two tags, and nested in it pi and yes");
    }
    person->age = yyjson_get_uint(age);
    person->pi = yyjson_get_num(pi);
    person->has_none = yyjson_is_null(yyjson_obj_get(nested, "none"));
    person->yes = yyjson_get_bool(yes);
    return COGEN_OK;
}

cogen_error payload_read(const char *const words[], cogen_bytes *value) {
    yyjson_doc *json;
    COGEN_TRY(cogen_json_read(cogen_text(words[0]), &json));
    struct person ada;
    cogen_error error = read_person(yyjson_doc_get_root(json), &ada);
    if (!error) {
        *value = cogen_format("%s %llu %s,%s %g %s %s", ada.name, (unsigned long long)ada.age, ada.tags[0], ada.tags[1], ada.pi,
                              ada.has_none ? "none" : "something", ada.yes ? "yes" : "no");
    }
    yyjson_doc_free(json);
    return error;
}
