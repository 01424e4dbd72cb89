"""An agent that is killed again and again under load, and what its audit log must hold afterwards.
Chance decides; a run is repeated with the seed that it printed (SALLYPORT_CRASH_SEED)."""
import collections, contextlib, functools, os, random, shutil, sys, tempfile, threading, time

import streams, wire
from audit_files import Log
from harness import Site
from programs import mapping, wait_until

CYCLES = int(os.environ.get("SALLYPORT_CRASH_CYCLES", "0"))   # 0: as many as each test thinks
SITE_CYCLES = 50            # then a new site, whose log is short
VERIFIED_EVERY = 10         # cycles; in the others what is new is looked at. Nothing that was wrong
                            # once becomes right again
CLIENTS = 6
STREAM_CLIENTS = 2
RETRY_SECONDS = 0.02        # of a client whose request came to nothing
LIVED_SECONDS_MAX = 0.25    # under load, before it is killed
START_SECONDS_MAX = 0.08    # before it is killed while it starts
KILLED_WHILE_STARTING = 0.2
POST_BYTES_MAX = 20_000
BLOCK = bytes(16 * 1024)
BLOCKS_OF_A_BIG_ANSWER = 16
SMALL_SEGMENTS = "segment_bytes = 1048576\n"  # the least that is allowed
MEMORY = "/dev/shm"         # for the folders, where that is possible: what survives a kill is the
                            # kernel's business there, too, and thousands of fsyncs only take time
ECHO = "echo.virtual:7"
OK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SMALL, BIG = wire.chunked([b"done"]), wire.chunked([BLOCK] * BLOCKS_OF_A_BIG_ANSWER)


if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK):
    tempfile.tempdir = MEMORY


class Heard:
    """The back ends, with what they heard of: it must all be on record."""

    def __init__(self):
        self.targets, self.streams = set(), 0
        self._lock = threading.Lock()
        self.http = streams.Server(self._http)
        self.echo = streams.Server(self._echo)

    def _http(self, sock):
        connection = wire.Connection(sock)
        with contextlib.suppress(wire.Closed):
            while True:
                head = connection.head()
                with self._lock:
                    self.targets.add(head.target)
                connection.body(head, until_close=False)
                connection.send(OK + (BIG if head.target.startswith("/big/") else SMALL))

    def _echo(self, sock):
        data = sock.recv(4096)
        if data:
            with self._lock:
                self.streams += 1
        while data:
            sock.sendall(data)
            data = sock.recv(4096)

    def so_far(self):
        with self._lock:
            return set(self.targets), self.streams

    def close(self):
        self.http.close()
        self.echo.close()


class Traffic:
    """Clients that ask without a pause, each request with a path of its own."""

    def __init__(self, site, dice, loads=()):
        self.site = site
        self.answered = []      # paths whose answers came to their end
        self.outcomes = {}
        self._lock, self._stop = threading.Lock(), threading.Event()
        given_up = (wire.Closed, OSError, streams.Refused)
        work = [(self._ask, given_up)] * CLIENTS + [(self._stream, given_up)] * STREAM_CLIENTS
        for load in loads:
            work += [(functools.partial(load.ask, site), load.given_up)] * load.clients
        self._threads = [threading.Thread(target=self._repeat,
                                          args=(*how, number, random.Random(dice.random())))
                         for number, how in enumerate(work)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, run, given_up, number, dice):
        count = iter(range(1 << 60))
        while not self._stop.is_set():
            with contextlib.suppress(*given_up):
                run(number, count, dice)
            self._stop.wait(RETRY_SECONDS)

    def _ask(self, number, count, dice):
        with contextlib.closing(self.site.connect()) as client:
            while not self._stop.is_set():
                kind = dice.choice(("get", "get", "post", "big"))
                path = f"/{kind}/{number}/{next(count)}"
                body, fields = b"", []
                if kind == "post":
                    body = bytes(dice.randrange(1, POST_BYTES_MAX))
                    fields = [("Content-Length", len(body))]
                method = "POST" if kind == "post" else "GET"
                client.send(self.site.head(method, path, fields) + body)
                answer = client.response()
                self._add(path, answer)
                if answer.status != 200 or not answer.complete:
                    return

    def _add(self, path, answer):
        outcome = answer.status if answer.complete else "cut"
        with self._lock:
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
            if outcome == 200:
                self.answered.append(path)

    def _stream(self, number, count, dice):
        word = b"stream %d/%d" % (number, next(count))
        with streams.connect(self.site.hub, self.site.token, ECHO) as sock:
            for _ in range(dice.randrange(1, 5)):
                sock.sendall(word)
                streams.read_exactly(sock, len(word))

    def so_far(self):
        with self._lock:
            return list(self.answered)


class Crash:
    """One site whose agent is killed. `after_kill` sees it dead, e.g. to cut the power. `loads`:
    what it carries beside HTTP and plain streams (crash_loads.py)."""

    def __init__(self, seed, durability, after_kill=None, loads=()):
        self.dice = random.Random(seed)
        self.after_kill = after_kill
        self.loads = [load() for load in loads]
        self.heard = Heard()
        self.site = Site(agent_extra=lambda site: (
            f'[audit]\ndurability = "{durability}"\n{SMALL_SEGMENTS}' +
            mapping(f"http://127.0.0.1:{self.heard.http.port}") +
            mapping(f"tcp://127.0.0.1:{self.heard.echo.port}", ECHO, rules="") +
            "".join(load.configuration() for load in self.loads)))
        self.agent = self.site.agent
        self.folder = self.agent.state / "audit"
        self.log = Log(self.folder)

    def run(self, cycles, everything_survives=True):
        """Counts. Without `everything_survives` the log only has to be good."""
        self.site.start()
        kills = 0
        with Traffic(self.site, self.dice, self.loads) as traffic:
            for cycle in range(1, cycles + 1):
                self._live(cycle)
                self.kill()
                kills += 1
                while self.dice.random() < KILLED_WHILE_STARTING:
                    self.agent.start()
                    threading.Event().wait(self.dice.uniform(0, START_SECONDS_MAX))
                    self.kill()
                    kills += 1
                self.agent.start()
                self.site.wait_attached()
                self._check(traffic, everything_survives)
                if cycle % VERIFIED_EVERY == 0:
                    self._verify()
        code = self.agent.program.stop()
        assert code == 0, f"the agent ended with {code}"
        self.log = Log(self.folder)     # all of it once more
        self._check(traffic, everything_survives, everything_ended=True)
        self._verify()
        log = self.log
        assert log.paths and (not everything_survives or traffic.answered), "nothing was tried"
        lost = log.ended["lost"]
        return collections.Counter(
            {f"{type(load).__name__.lower()}_answered": len(load.answered) for load in self.loads},
            kills=kills, requests_heard=len(self.heard.targets), streams_heard=self.heard.streams,
            answered_to_clients=len(traffic.answered), records=log.size, begins=log.begins(),
            ends=log.ended.total() - lost, lost=lost, segments=log.segments,
            compressed=log.compressed)

    def _live(self, cycle):
        """As long as chance says; in every other cycle from an answer of one of the loads on."""
        if self.loads and cycle % 2 == 0:
            load = self.loads[cycle // 2 % len(self.loads)]
            before = len(load.so_far()[1])
            wait_until(lambda: len(load.so_far()[1]) > before, f"{type(load).__name__} go on")
        threading.Event().wait(self.dice.uniform(0, LIVED_SECONDS_MAX))

    def kill(self):
        self.agent.program.kill()
        if self.after_kill:
            self.after_kill(self)

    def _check(self, traffic, everything_survives, everything_ended=False):
        answered = traffic.so_far()     # before the log is read: it holds at least this
        targets, stream_count = self.heard.so_far()
        carried = [(load, *load.so_far()) for load in self.loads]
        self.log.read()
        if everything_survives:
            self.log.check(targets, stream_count, answered, everything_ended)
            for load, heard, load_answered in carried:
                load.check(self.log, heard, load_answered, everything_ended)
        self.log.check_sealed()

    def _verify(self):
        self.agent.command("audit", "verify", "--folder", self.folder)

    def close(self):
        faults = self.site.close()
        self.heard.close()
        for load in self.loads:
            load.close()
        return faults


def seeds(cycles):
    """(seed, cycles) of each site of a run."""
    first = int(os.environ.get("SALLYPORT_CRASH_SEED", random.randrange(1 << 32)))
    return [(first + at, min(SITE_CYCLES, cycles - at * SITE_CYCLES))
            for at in range((cycles + SITE_CYCLES - 1) // SITE_CYCLES)]


def keep(state):
    """Of a failed run, for whoever looks into it: SALLYPORT_CRASH_KEEP names a folder."""
    folder = os.environ.get("SALLYPORT_CRASH_KEEP")
    if folder:
        shutil.copytree(state, folder, symlinks=True, dirs_exist_ok=True)


def say(what, began, counts):
    numbers = ", ".join(f"{name} {number}" for name, number in counts.items())
    print(f"{what}: {time.monotonic() - began:.0f} s: {numbers}", file=sys.stderr, flush=True)


def run_all(cycles, durability, after_kill=None, prepare=None, everything_survives=True,
            loads=()):
    """Sites one after the other, until there were so many cycles. A failure shows the logs."""
    began, counts = time.monotonic(), collections.Counter()
    for seed, count in seeds(cycles):
        print(f"crash: {durability}, SALLYPORT_CRASH_SEED={seed}", file=sys.stderr, flush=True)
        crash = Crash(seed, durability, after_kill, loads)
        try:
            if prepare:
                prepare(crash)
            counts.update(crash.run(count, everything_survives))
        except BaseException:
            print(crash.site.logs(), file=sys.stderr)
            keep(crash.agent.state)
            raise
        finally:
            faults = crash.close()
            shutil.rmtree(crash.site.folder, ignore_errors=True)
        assert not faults, faults
    say(f"crash: {durability}, {cycles} cycles", began, counts)
