#!/usr/bin/env python3
"""How long a reload of many mappings takes: starts a hub and an agent as the end-to-end tests do,
and asks for reloads that change one mapping each.

Usage: reload.py BIN_DIR [--mappings N] [--reloads N]
Times are those of the commands as an administrator sees them, with the start of the command.
"""
import argparse, os, pathlib, statistics, sys, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "e2e"))


def text(site, count, odd):
    """So many mappings with two rules each; the last one tells one configuration from the next."""
    rules = 'path = "/a"\nmethods = ["GET"]\n\npath = "/b"\nmatch = "subpaths"'
    parts = [site.default_mapping()]
    for i in range(count - 1):
        more = f'description = "number {i} {odd if i == count - 2 else ""}"'
        parts.append(programs.mapping(site.internal(), f"system{i}.virtual:80", rules, more))
    return "".join(parts)


def milliseconds(act):
    begin = time.monotonic()
    act()
    return (time.monotonic() - begin) * 1000


def main(options):
    site = harness.Site(agent_extra=lambda made: text(made, options.mappings, 0))
    try:
        site.start()
        times = []
        for i in range(options.reloads):
            site.agent.write(text(site, options.mappings, i + 1))
            times.append(milliseconds(lambda: site.agent.command("reload")))
        check = milliseconds(lambda: site.agent.command("check"))
        print(f"{options.mappings} mappings: reload median {statistics.median(times):.0f} ms, "
              f"longest {max(times):.0f} ms, with the command; check alone {check:.0f} ms")
    finally:
        site.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", metavar="BIN_DIR")
    parser.add_argument("--mappings", type=int, default=1000)
    parser.add_argument("--reloads", type=int, default=15)
    arguments = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = arguments.bin_dir
    import harness, programs    # they look at the environment
    main(arguments)
