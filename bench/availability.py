#!/usr/bin/env python3
"""What a site costs at rest, and what its users notice of restarts: memory of hub and agent idle
and with idle clients, the time from killing the hub to the first answer after its restart, and how
many requests fail while each side is restarted as planned, under load.

Usage: availability.py BIN_DIR [--clients N] [--kills N] [--restarts N]
The configuration is the default one; the hub listens on sockets that outlive it, as systemd's
socket units do.
"""
import argparse, contextlib, os, pathlib, shutil, statistics, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "e2e"))

ASKING_THREADS = 8
RETRY_SECONDS = 0.005
HEALTHY_SECONDS = 10        # from then on an agent takes the end of a link for an accident


def rss_mib(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the process has ended")


class Site:
    """A hub and an agent before nginx, with the keys a new installation has."""

    def __init__(self, folder, nginx):
        self.hub = programs.Hub(folder)
        self.hub.command("tenant", "add", "bench")
        client = self.hub.command("client", "add", "bench", "--tenant", "bench")
        self.agent = programs.Agent(folder, "agent", self.hub.url,
                                    programs.mapping(f"http://127.0.0.1:{nginx.port}"))
        self.agent.config.write_text(self.agent.config.read_text().replace(
            '[tunnel]\nreconnect_first = "20ms"\nreconnect_ceiling = "200ms"\n', ""))
        join = self.hub.command("agent", "add", "agent", "--tenant", "bench")["join_token"]
        self.hub.start()
        self.agent.enrol(join)
        self.agent.start()
        self.wait_settled()
        token = self.hub.token(client)
        self.request = (f"GET http://{programs.VIRTUAL}/1k HTTP/1.1\r\nHost: {programs.VIRTUAL}\r\n"
                        f"Proxy-Authorization: Bearer {token}\r\n\r\n").encode()

    def close(self):
        self.agent.program.kill()
        self.hub.program.kill()
        self.hub.close()

    def wait_settled(self):
        def settled():
            status = self.hub.status()      # none yet while the hub starts
            return status and [agent["links"] for agent in status["agents"]] == [2]

        programs.wait_until(settled, "both links are up")

    def ask_on(self, client):
        client.send(self.request)
        answer = client.response()
        return 200 if answer.status == 200 else f"{answer.status} {answer.body.decode()}"

    def ask(self):
        with contextlib.closing(wire.connect(self.hub.proxy)) as client:
            return self.ask_on(client)


def measure_memory(site, count):
    hub, agent = site.hub.program.process, site.agent.program.process
    print(f"RSS idle: hub {rss_mib(hub):.1f} MiB, agent {rss_mib(agent):.1f} MiB")
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(contextlib.closing(wire.connect(site.hub.proxy)))
            if site.ask_on(client) != 200:
                raise SystemExit("a client got no answer")
        print(f"RSS with {count} idle clients, each of which had asked once: "
              f"hub {rss_mib(hub):.1f} MiB, agent {rss_mib(agent):.1f} MiB")


def measure_kills(site, count):
    """Seconds from the kill to the first good answer, each time."""
    taken = []
    for _ in range(count):
        site.wait_settled()
        time.sleep(HEALTHY_SECONDS)
        start = time.monotonic()
        site.hub.program.kill()
        site.hub.program.start(site.hub.sockets)
        while True:
            with contextlib.suppress(wire.Closed, OSError):
                if site.ask() == 200:
                    break
            time.sleep(RETRY_SECONDS)
        taken.append(time.monotonic() - start)
    print(f"hub killed {count} times: first answer after {statistics.median(taken):.2f} s "
          f"(median), {max(taken):.2f} s (worst)")


def measure_restarts(site, program, start, name, count):
    """Failed and good requests while `program` is restarted `count` times."""
    stop, outcomes, lock = threading.Event(), {}, threading.Lock()

    def ask_all_the_time():
        while not stop.is_set():
            try:
                outcome = site.ask()
            except (wire.Closed, OSError) as error:
                outcome = repr(error)
            with lock:
                outcomes[outcome] = outcomes.get(outcome, 0) + 1

    threads = [threading.Thread(target=ask_all_the_time, daemon=True)
               for _ in range(ASKING_THREADS)]
    for thread in threads:
        thread.start()
    for _ in range(count):
        site.wait_settled()
        if program.stop() != 0:
            raise SystemExit(f"the {name} did not end well")
        start()
    site.wait_settled()
    stop.set()
    for thread in threads:
        thread.join()
    good = outcomes.pop(200, 0)
    print(f"{name} restarted {count} times: {good} requests answered, "
          f"{sum(outcomes.values())} failed {outcomes or ''}")


def main(options):
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-bench-"))
        stack.callback(shutil.rmtree, folder)
        nginx = backends.Nginx(folder / "nginx")
        stack.callback(nginx.close)
        (folder / "nginx/www/1k").write_bytes(bytes(1024))
        site = Site(folder, nginx)
        stack.callback(site.close)
        measure_memory(site, options.clients)
        measure_kills(site, options.kills)
        for program, start, name in (
                (site.hub.program, lambda: site.hub.program.start(site.hub.sockets), "hub"),
                (site.agent.program, site.agent.start, "agent")):
            measure_restarts(site, program, start, name, options.restarts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", metavar="BIN_DIR")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--restarts", type=int, default=20)
    arguments = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = arguments.bin_dir
    import backends, programs, wire     # they look at the environment
    main(arguments)
