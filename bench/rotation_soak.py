#!/usr/bin/env python3
"""Hub, agent and nginx under a steady load while certificates that live for a minute renew
themselves: counts renewals and failed requests, and whether the memory of the two programs grows.

Usage: rotation_soak.py BIN_DIR [--minutes N] [--rate N] [--life 1m]
"""
import argparse, contextlib, json, os, pathlib, shutil, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "e2e"))

CLIENTS = 8
SAMPLE_SECONDS = 5
REPORT_SECONDS = 60


def memory_kib(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def slope(points):
    """KiB per minute of (seconds, KiB), by least squares."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return 60 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


class Client(threading.Thread):
    """Requests at a steady rate over one connection, which it opens again when it was closed."""

    def __init__(self, site, rate, end):
        super().__init__(daemon=True)
        self.site, self.pause, self.end = site, 1 / rate, end
        self.answers, self.slowest, self.faults = 0, 0.0, []

    def run(self):
        head = self.site.head("GET", "/1k")
        connection, due = None, time.monotonic()
        while (now := time.monotonic()) < self.end:
            if due > now:
                time.sleep(due - now)
            due = max(due + self.pause, now - 1)
            started = time.monotonic()
            try:
                connection = connection or self.site.connect()
                connection.send(head)
                answer = connection.response("GET")
                if answer.status != 200 or answer.body_bytes != 1024 or not answer.complete:
                    self.fault(answer.start)
                self.answers += 1
            except (OSError, wire.Closed) as error:
                self.fault(repr(error))
                connection = None
            self.slowest = max(self.slowest, time.monotonic() - started)

    def fault(self, what):
        self.faults.append(f"{time.strftime('%H:%M:%S')} {what}")


def renewal(site):
    with contextlib.suppress(AssertionError):
        return json.loads(site.agent.command("status", "--json"))["identity"]["renewal"]


def main(options):
    with contextlib.ExitStack() as stack:
        nginx_folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-bench-"))
        stack.callback(shutil.rmtree, nginx_folder)
        nginx = backends.Nginx(nginx_folder / "nginx")
        stack.callback(nginx.close)
        (nginx_folder / "nginx/www/1k").write_bytes(bytes(1024))
        site = harness.Site(
            hub_extra=f'agent_certificate_lifetime = "{options.life}"\n',
            agent_extra=lambda _: programs.mapping(f"http://127.0.0.1:{nginx.port}"))
        stack.callback(shutil.rmtree, site.folder)
        stack.callback(site.close)
        programs.wait_until(nginx.listening, "nginx listens")
        site.start()
        measure(site, options)


def measure(site, options):
    start = time.monotonic()
    end = start + options.minutes * 60
    clients = [Client(site, options.rate / CLIENTS, end) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    processes = {"hub": site.hub.program.process, "agent": site.agent.program.process}
    samples = {name: [] for name in processes}
    reported = start
    while (now := time.monotonic()) < end:
        for name, process in processes.items():
            samples[name].append((now - start, memory_kib(process)))
        if now - reported >= REPORT_SECONDS:
            reported = now
            told = renewal(site) or {}
            print(f"{(now - start) / 60:5.1f} min  {sum(c.answers for c in clients)} answers  "
                  f"{sum(len(c.faults) for c in clients)} failed  {told.get('renewals')} renewals  "
                  + "  ".join(f"{name} {samples[name][-1][1]} KiB" for name in samples), flush=True)
        time.sleep(SAMPLE_SECONDS)
    for client in clients:
        client.join(programs.SECONDS)
    told = renewal(site)
    faults = [fault for client in clients for fault in client.faults]
    answers = sum(client.answers for client in clients)
    print(f"minutes {options.minutes}  requests {answers + len(faults)}  "
          f"per_second {answers / (options.minutes * 60):.1f}  failed {len(faults)}  "
          f"slowest_ms {1000 * max(client.slowest for client in clients):.0f}")
    print(f"renewals {told['renewals']}  failed_attempts_at_the_end {told['failures']}  "
          f"health {told['health']}")
    for name, process in processes.items():
        print(f"{name}: rss_kib first {samples[name][0][1]} last {samples[name][-1][1]}  "
              f"slope_kib_per_minute {slope(samples[name]):+.1f}  of_the_second_half "
              f"{slope(samples[name][len(samples[name]) // 2:]):+.1f}  fds {descriptors(process)}")
    for fault in faults[:20]:
        print("failed:", fault)
    if faults:
        print(site.logs(), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", metavar="BIN_DIR")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=200, help="requests per second")
    parser.add_argument("--life", default="1m", help="of a certificate")
    arguments = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = arguments.bin_dir
    import backends, harness, programs, wire    # they look at the environment
    main(arguments)
