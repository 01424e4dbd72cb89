#!/usr/bin/env python3
"""Kills the agent under load, and cuts its power, as often as asked; after every cycle the audit
log must hold everything that the back ends heard of, and prove it. tests/e2e does the same, with
fewer cycles. What was counted is printed in the end: what back ends and clients got, and the
records of it.

Usage: crash_suite.py BIN_DIR [--cycles N] [--seed N] [--only KIND]
kill: kill -9 of the agent. loads: the same with RFC, LDAP and SFTP beside HTTP and plain streams.
power, process: the power goes with that durability; the disk then holds what was made durable, and
with luck a part of the rest. log-...: the same with a program that keeps a log in small segments
and does nothing else. A run is repeated with the seed it printed.
"""
import argparse, os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))


KINDS = {
    "kill": lambda cycles: crash.run_all(cycles, "process"),
    "loads": lambda cycles: crash.run_all(cycles, "process", loads=crash_loads.ALL),
    "power": lambda cycles: test_power_cut.run_all(cycles, "power", everything_survives=True),
    "process": lambda cycles: test_power_cut.run_all(cycles, "process", everything_survives=False),
    "log-kill": lambda cycles: test_log_crash.run_all(cycles, "process", cut=False),
    "log-power": lambda cycles: test_log_crash.run_all(cycles, "power", cut=True),
    "log-process": lambda cycles: test_log_crash.run_all(cycles, "process", cut=True,
                                                         everything_survives=False)}


def main(options):
    for kind in options.only or KINDS:
        KINDS[kind](options.cycles)
        print(f"{kind}: good after each of {options.cycles} cycles", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", metavar="BIN_DIR")
    parser.add_argument("--cycles", type=int, default=1000, help="of each kind")
    parser.add_argument("--seed", type=int, help="of the first 50 cycles; then one more each")
    parser.add_argument("--only", choices=KINDS, action="append")
    arguments = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = arguments.bin_dir
    if arguments.seed is not None:
        os.environ["SALLYPORT_CRASH_SEED"] = str(arguments.seed)
    import crash, crash_loads, test_log_crash, test_power_cut    # they look at the environment
    main(arguments)
