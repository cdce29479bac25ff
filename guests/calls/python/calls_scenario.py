"""One calls another one and prints what it returns."""

import cogen


def foo(program: str) -> bytes:
    print("foo")
    dish = cogen.call(program, cogen.from_words("calls-bar", "ham"))
    print(dish.decode())
    return dish


def bar(param: str) -> str:
    print("bar")
    return f"spam, {param} and eggs"
