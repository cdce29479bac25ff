"""One signals another one three times, who then waits in vain for more."""

import cogen


def foo() -> None:
    for item in ("spam", "ham", "eggs"):
        cogen.signal("bar", item, recipients=1)
    cogen.sleep(3)


def bar() -> None:
    for _ in range(3):
        print(cogen.wait("bar").decode())
    try:
        print(cogen.wait("bar", timeout=2).decode())
    except cogen.OperationTimeout:
        print("No more stuff!")
