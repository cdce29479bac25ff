"""One spawns many, and joins them all."""

import cogen


def fan_out(program: str, count: str) -> str:
    spawned = [cogen.spawn(program, cogen.from_words("square", str(number))) for number in range(1, int(count) + 1)]
    return str(sum(int(coroutine.join()) for coroutine in spawned))


def square(number: str) -> str:
    return str(int(number) ** 2)
