#!/usr/bin/env python3
"""Measures what a call of RFC costs more through hub and agent than on a direct connection to the
same simulated gateway: one call after the other on one conversation, the two ways taking turns.

Usage: rfc_latency.py BIN_DIR [--rounds N] [--calls N] [--durability process|power]
The client and the gateway are Python programs, each in a process of its own; what they take
themselves is in both ways. Each call is inspected and on record before it reaches the gateway.
"""
import argparse, json, os, pathlib, shutil, socket, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent / "tests" / "e2e"
sys.path.insert(0, str(TESTS))

ABAP = "abap.virtual:3300"
FUNCTION = "BAPI_BENCH"
WARM_UP_CALLS = 200
MAPPING = """[audit]
durability = "{durability}"
[[mapping]]
virtual = "abap.virtual:sapgw00"
internal = "rfc://127.0.0.1:{port}"
[mapping.rfc]
instance = 0
[[mapping.rule]]
function = "BAPI_"
match = "prefix"
"""


class Way:
    """One conversation, and how long its calls took."""

    def __init__(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = rfc_client.Client(sock).set_up()
        self.client.logon()
        items = rfc_frames.call_items(FUNCTION, [("REQUTEXT", "x" * 255)])
        self.call = self.client.record(items)
        self.times = []
        self.run(WARM_UP_CALLS)
        self.times.clear()

    def run(self, calls):
        for _ in range(calls):
            # What is kept for tests would only grow here.
            self.client.sent.clear()
            self.client.received.clear()
            began = time.perf_counter_ns()
            self.client.send(self.call)
            self.client.receive()
            self.times.append(time.perf_counter_ns() - began)

    def summary(self):
        ordered = sorted(self.times)
        return {"p50_us": ordered[len(ordered) // 2] / 1000,
                "p99_us": ordered[len(ordered) * 99 // 100] / 1000,
                "mean_us": statistics.fmean(ordered) / 1000}


def measure(options):
    gateway = subprocess.Popen([sys.executable, "-B", TESTS / "rfc_gateway.py"],
                               stdout=subprocess.PIPE, text=True)
    site = None
    try:
        port = int(gateway.stdout.readline())
        site = harness.Site(agent_extra=lambda _: MAPPING.format(
            port=port, durability=options.durability))
        site.start()
        ways = {"direct": Way(socket.create_connection(("127.0.0.1", port), programs.SECONDS)),
                "through": Way(streams.connect(site.hub, site.token, ABAP))}
        for _ in range(options.rounds):
            for way in ways.values():
                way.run(options.calls)
        return {name: way.summary() for name, way in ways.items()}
    finally:
        gateway.kill()
        gateway.wait()
        if site:
            site.close()
            shutil.rmtree(site.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--calls", type=int, default=500, help="of each way in a round")
    parser.add_argument("--durability", choices=("process", "power"), default="process")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = str(options.bin_dir.resolve())
    global harness, programs, rfc_client, rfc_frames, streams
    import harness, programs, rfc_client, rfc_frames, streams
    found = measure(options)
    direct, through = found["direct"], found["through"]
    found["added"] = {key: through[key] - direct[key] for key in direct}
    found["ratio"] = {key: through[key] / direct[key] for key in direct}
    if options.json:
        print(json.dumps(found))
        return
    print(f"{options.rounds} x {options.calls} calls each way, durability {options.durability}")
    print(f"{'':10}{'median':>12}{'p99':>12}{'mean':>12}")
    for name in ("direct", "through", "added"):
        row = found[name]
        print(f"{name:10}" + "".join(f"{row[key]:9.0f} us" for key in direct))
    print(f"{'ratio':10}" + "".join(f"{found['ratio'][key]:11.2f}x" for key in direct))


if __name__ == "__main__":
    main()
