"""Prints a greeting and returns it."""


def hello(name: str) -> str:
    greeting = f"hello {name}"
    print(greeting)
    return greeting
