"""A process that only sleeps: its longest delay is the machine's, not ours."""

import signal
import sys
import time


def main() -> None:
    """Until SIGTERM; then prints the longest delay."""
    longest = 0.0

    def tell(*_: object) -> None:
        print(f"machine stood still {longest * 1000:.0f} ms")
        sys.exit()

    signal.signal(signal.SIGTERM, tell)
    while True:
        before = time.perf_counter()
        time.sleep(0.001)
        longest = max(longest, time.perf_counter() - before - 0.001)


if __name__ == "__main__":
    main()
