"""How long a reload of many mappings takes: bench/reload.py [MAPPINGS]. Starts a hub and an agent
as the end-to-end tests do, and asks for reloads that change one mapping each."""
import pathlib, statistics, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))

from harness import Site  # noqa: E402
from programs import mapping  # noqa: E402

RELOADS = 15


def text(site, count, odd):
    """So many mappings with two rules each; the last one tells one configuration from the next."""
    rules = 'path = "/a"\nmethods = ["GET"]\n\npath = "/b"\nmatch = "subpaths"'
    parts = [site.default_mapping()]
    for i in range(count - 1):
        more = f'description = "number {i} {odd if i == count - 2 else ""}"'
        parts.append(mapping(site.internal(), f"system{i}.virtual:80", rules, more))
    return "".join(parts)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    site = Site(agent_extra=lambda made: text(made, count, 0))
    try:
        site.start()
        times = []
        for i in range(RELOADS):
            site.agent.write(text(site, count, i + 1))
            begin = time.monotonic()
            site.agent.command("reload")
            times.append((time.monotonic() - begin) * 1000)
        begin = time.monotonic()
        site.agent.command("check")
        check = (time.monotonic() - begin) * 1000
        print(f"{count} mappings: reload median {statistics.median(times):.0f} ms, "
              f"longest {max(times):.0f} ms, with the command; check alone {check:.0f} ms")
    finally:
        site.close()


if __name__ == "__main__":
    main()
