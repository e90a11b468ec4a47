"""Says by its exit code whether the process in this container is ready. Standard library only."""

import os
import sys
import urllib.request

ANSWERS_WITHIN_SECONDS = 4


def is_ready(port: str) -> bool:
    """Ask the process on this container's own loopback."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=ANSWERS_WITHIN_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_ready(os.environ.get("LIANXI_GATEWAY_PORT") or os.environ["LIANXI_METRICS_PORT"]) else 1)
