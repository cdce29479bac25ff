import cogen


def run(args: bytes) -> str:
    name = args.decode()
    try:
        cogen.wait("bell", timeout=0.5)  # parks this coroutine, and nobody else
    except cogen.OperationTimeout:
        print("nobody rang")
    print(f"hello {name}")
    return name
