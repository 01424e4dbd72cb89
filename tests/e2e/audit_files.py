"""The audit log of a folder as it stands there, read by nothing of ours."""
import collections, gzip, hashlib, json

NO_LINE = "0" * 64      # what the first record is chained to


class Log:
    """Each read() takes what is new, as long as what it took last is still there."""

    def __init__(self, folder):
        self.folder = folder
        self._forget()

    def _forget(self):
        self.paths = {}             # to the sequences of begins
        self.outcomes = {}          # by the sequence of the begin
        self.ended = collections.Counter()      # by outcome
        self.connects = 0
        self.calls = {}             # function to the sequence of its call
        self.operations = set()     # numbers of messages of LDAP
        self._call_outcomes = {}    # by the sequence of the call
        self._exchange_of = {}      # likewise
        self._lost = set()          # exchanges that ended so
        self.personal = set()       # records that a user is behind
        self.erased = {}            # how many values, by the commitment to whose
        self.size, self._last = 0, NO_LINE
        self._open, self._wrong = {}, []        # begins without an end; what ends twice, or nothing
        self._last_opened = 0
        self._stem, self._offset, self._line = "", 0, b""   # where the last line ends, and the line

    def read(self):
        stems = sorted({file.name.split(".")[0] for file in self.folder.glob("*.jsonl*")
                        if not file.name.endswith((".torn", ".tmp"))})
        self.signed = self._signed()    # before the records, since they may be written now
        if self._line and not self._content(self._stem, self._offset - len(self._line)).startswith(
                self._line):
            self._forget()      # the power went before that came to the disk
        for stem in stems:
            if stem >= self._stem:
                self._segment(stem)
        self.segments = len(stems)
        self.compressed = len(list(self.folder.glob("*.jsonl.gz")))
        return self

    def _signed(self):
        """The size of the newest checkpoint: the second line of a note."""
        for file in sorted(self.folder.glob("*.cp"), reverse=True):
            lines = file.read_text(errors="replace").splitlines()
            sizes = [int(lines[at + 1]) for at in range(len(lines) - 1)
                     if lines[at].startswith("sallyport/") and lines[at + 1].isdigit()]
            if sizes:
                return max(sizes)
        return 0

    def _content(self, stem, offset):
        try:
            with (self.folder / f"{stem}.jsonl").open("rb") as file:
                file.seek(offset)
                return file.read()
        except FileNotFoundError:
            packed = self.folder / f"{stem}.jsonl.gz"
            return gzip.decompress(packed.read_bytes())[offset:] if packed.exists() else b""

    def _segment(self, stem):
        if stem != self._stem:
            self._stem, self._offset = stem, 0
        for line in self._content(stem, self._offset).splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break           # being written now, or torn by a kill
            record = json.loads(line)
            where = f"{stem}, record {self.size}"
            assert record["seq"] == self.size, f"{where}: sequence {record['seq']}"
            assert record["prev"] == self._last, f"{where}: the chain is broken"
            self._last = hashlib.sha256(b"\0" + line).hexdigest()
            self.size += 1
            self._offset, self._line = self._offset + len(line), line
            self._take(record)

    def _take(self, record):
        event, sequence = record["event"], record["seq"]
        if event == "log.opened":
            self._last_opened = sequence
        if event == "exchange.begin":
            self._open[sequence] = record
            self.paths.setdefault(record.get("path"), []).append(sequence)
            self.connects += record["method"] == "CONNECT"
            if "user_c" in record:
                self.personal.add(sequence)
        if event == "rfc.call" and record["decision"] == "allowed":
            self.calls[record["function"]] = sequence
            self._exchange_of[sequence] = record["exchange"]
        if event == "rfc.call_end" and "begin" in record:
            self._call_outcomes[record["begin"]] = record["outcome"]
        if event == "ldap.operation":
            self.operations.add(record["message_id"])
        if event == "exchange.end" and record["outcome"] == "lost":
            self._lost.add(record["exchange"])
        if event == "audit.erased":
            self.erased[record["subject_c"]] = record["count"]
        if event == "exchange.end" and "begin" in record:
            if self._open.pop(record["begin"], None) is None:
                self._wrong.append(record)
            self.outcomes[record["begin"]] = record["outcome"]
            self.ended[record["outcome"]] += 1

    def check(self, targets, stream_count, answered, everything_ended=False):
        """What the back ends heard of, and what clients got to the end, is on record."""
        assert not self._wrong, f"ends without a begin, or not the only ones: {self._wrong[:5]}"
        left = [begin for sequence, begin in self._open.items()
                if everything_ended or sequence < self._last_opened]
        assert not left, f"{len(left)} begins without an end: {left[:5]}"
        missing = [target for target in targets if target not in self.paths]
        assert not missing, f"the back end heard of {len(missing)} without a begin: {missing[:5]}"
        assert self.connects >= stream_count, f"{self.connects} begins of {stream_count} streams"
        for path in answered:
            outcomes = [self.outcomes.get(sequence) for sequence in self.paths.get(path, [])]
            assert "answered" in outcomes, f"answered was {path}, on record is {outcomes}"
        self.check_sealed()

    def call_outcome(self, function):
        """`lost` with its exchange; None if there is neither an end nor that."""
        sequence = self.calls[function]
        lost = "lost" if self._exchange_of[sequence] in self._lost else None
        return self._call_outcomes.get(sequence, lost)

    def open_calls(self, everything_ended):
        """Functions whose calls have no end, though their process is gone."""
        return [function for function, sequence in self.calls.items()
                if (everything_ended or sequence < self._last_opened)
                and self.call_outcome(function) is None]

    def check_sealed(self):
        assert self.signed <= self.size, "a checkpoint says more than there is"
        generations = [file.name for file in self.folder.glob("generation-*")]
        assert not generations, f"the log was given up for {generations}"

    def disclosed(self):
        """(sequence, value) of all that is still disclosed."""
        for file in self.folder.glob("*.pii"):
            for line in file.read_text().splitlines():
                disclosure = json.loads(line)
                yield disclosure["seq"], disclosure["value"]

    def check_erased(self, promised, to_the_number):
        """By user, before which record nothing is disclosed any more."""
        disclosed = list(self.disclosed())
        left = [(sequence, user) for sequence, user in disclosed
                if sequence < promised.get(user, 0)]
        assert not left, f"was erased, and is there: {left[:5]}"
        unfinished = [file.name for file in self.folder.parent.glob("*.erasure*")]
        assert not unfinished, f"an erasure that was begun is not finished: {unfinished}"
        gone = len(self.personal - {sequence for sequence, _ in disclosed})
        told = sum(self.erased.values())
        assert not to_the_number or gone == told, f"{gone} values are gone, on record are {told}"

    def begins(self):
        return sum(map(len, self.paths.values()))
