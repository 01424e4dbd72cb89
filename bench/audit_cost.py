#!/usr/bin/env python3
"""Measures what the audit log costs: the same chain of hub, agent and nginx three times, with a log
that is `off`, with every exchange on record (`process`), and with every record on the disk before
the back end hears of it (`power`).

Usage: audit_cost.py BIN_DIR [--rounds N] [--seconds S]
All chains stay up and take turns, so that whatever else the machine does hits all. CPU seconds are
those of hub and agent, from /proc; they are steady where requests/s are not.
"""
import argparse, contextlib, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))

# Name, connections, and how many ms each rests before its next request: without a rest the machine
# is busy, and latency says only how many requests/s there are.
LOADS = (("c1", 1, 0), ("c64", 64, 0), ("paced", 64, 10))
AUDIT = {"off": 'level = "off"\noff_reason = "a measurement"', "process": 'durability = "process"',
         "power": 'durability = "power"'}
UNITS = {"cpu": "CPU s per 10,000 requests", "per_second": "requests/s", "p50_us": "p50, us",
         "p99_us": "p99, us"}


def measure(chains, options, script):
    """(load, figure) -> chain -> values of all rounds"""
    values = {}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for load, connections, pause_ms in LOADS:
            for way in chains if number % 2 == 0 else reversed(chains):
                os.sync()       # what another chain has left to write is not this one's
                result = way.measure_requests(script, connections, options.seconds, pause_ms)
                for figure in UNITS:
                    of_chain = values.setdefault((load, figure), {})
                    of_chain.setdefault(way.name, []).append(result[figure])
    return values


def compared(figure, value, base):
    """How a value stands to that without a log: latencies by what is added, the rest as a ratio."""
    if figure.endswith("_us"):
        return f"{value - base:+.0f} us"
    return f"{value / base:.2f}" if base else "-"


def report(values):
    print(f"\n{'':34}" + "".join(f"{name:>12}" for name in AUDIT) +
          f"{'process/off':>14}{'power/off':>14}")
    for (load, figure), of_chain in values.items():
        medians = {name: statistics.median(of_chain[name]) for name in AUDIT}
        digits = 3 if figure == "cpu" else 0
        print(f"{f'{load}: {UNITS[figure]}':34}" +
              "".join(f"{medians[name]:12.{digits}f}" for name in AUDIT) +
              "".join(f"{compared(figure, medians[name], medians['off']):>14}"
                      for name in ("process", "power")))
    print("\nMedians of all rounds, answers of 1 KiB. c64: 64 connections; paced: 64 that rest 10 "
          "ms before each request.")


def measure_disk(folder, count=2000):
    """How long a write of a record's size and its fdatasync take without any program of ours."""
    took = []
    with (folder / "disk").open("wb", buffering=0) as file:
        for _ in range(count):
            start = time.perf_counter()
            file.write(bytes(512))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - start) * 1e6)
    took.sort()
    print(f"the disk alone, write and fdatasync: p50 {took[count // 2]:.0f} us, "
          f"p99 {took[count * 99 // 100]:.0f} us")


def main(options):
    missing = [tool for tool in ("wrk", "nginx") if not shutil.which(
        tool, path=os.environ["PATH"] + ":/usr/sbin")]
    if missing:
        print(f"bench: not measured, {', '.join(missing)} missing: run ./dev deps")
        return
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-bench-"))
        stack.callback(shutil.rmtree, folder)
        nginx = backends.Nginx(folder / "nginx")
        stack.callback(nginx.close)
        (folder / "nginx/www/1k").write_bytes(bytes(1024))
        script = folder / "wrk.lua"
        script.write_text(chain.WRK_SCRIPT)
        chains = []
        for name, audit in AUDIT.items():
            (folder / name).mkdir()
            chains.append(chain.start_ours(folder / name, nginx.port, nginx.port, stack,
                                           f"[audit]\n{audit}\n", name))
        report(measure(chains, options, str(script)))
        measure_disk(folder)
        for name in AUDIT:
            logged = folder / name / "agent" / "state" / "audit"
            said = subprocess.run([f"{options.bin_dir}/sallyport", "audit", "verify", "--folder",
                                   str(logged)], text=True, capture_output=True, check=False)
            size = sum(file.stat().st_size for file in logged.rglob("*") if file.is_file())
            print(f"{name}: {size / 1e6:.1f} MB; {said.stdout.strip().splitlines()[0]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", metavar="BIN_DIR")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each run of wrk")
    arguments = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = arguments.bin_dir
    import backends, chain     # they look at the environment
    main(arguments)
