"""Reads the text format of Prometheus (version 0.0.4) as strictly as its documentation allows:
whatever a scraper could stumble over is an AssertionError."""
import math, re

from programs import AdminConnection

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
ENDINGS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type = name, help_text, None
        self.samples = {}       # (name, labels as a sorted tuple) -> value

    def value(self, ending="", **labels):
        return self.samples[(self.name + ending, tuple(sorted(labels.items())))]

    def labels(self):
        """The names of labels that its samples have."""
        return {name for _, labels in self.samples for name, _ in labels if name != "le"}


def labels_of(text):
    labels, at = [], 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"labels: {text}"
        labels.append((match[1], match[2]))
        at = match.end()
    names = [name for name, _ in labels]
    assert len(set(names)) == len(names), f"a label twice: {text}"
    return tuple(sorted(labels))


def parse(text):
    """The families by name."""
    families, family = {}, None
    assert text.endswith("\n"), "the last line has an end"
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_text = line[7:].split(" ", 1)
            assert NAME.fullmatch(name) and name not in families and help_text.endswith("."), line
            family = families[name] = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == family.name and family.type is None and not family.samples, line
            assert kind in ENDINGS, line
            family.type = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] in [family.name + end for end in ENDINGS[family.type]], line
            key = (match[1], labels_of(match[2] or ""))
            assert key not in family.samples, f"a series twice: {line}"
            value = float(match[3])
            assert not math.isnan(value), line
            assert family.type == "gauge" or value >= 0, line
            family.samples[key] = value
    for family in families.values():
        check(family)
    return families


def check(family):
    assert (family.type == "counter") == family.name.endswith("_total"), family.name
    assert family.type != "histogram" or family.name.endswith("_seconds"), family.name
    if family.type != "histogram":
        return
    series = {}
    for (name, labels), value in family.samples.items():
        if name.endswith("_bucket"):
            rest = tuple(label for label in labels if label[0] != "le")
            series.setdefault(rest, []).append((float(dict(labels)["le"]), value))
    for labels, buckets in series.items():
        assert buckets == sorted(buckets), f"{family.name}: {buckets}"
        counts = [count for _, count in buckets]
        assert counts == sorted(counts), f"{family.name}: {buckets}"
        assert buckets[-1] == (math.inf, family.samples[(family.name + "_count", labels)])


def fetch(socket_path, target, seconds):
    """(status, content type, body) of a GET on an admin socket."""
    connection = AdminConnection(socket_path, seconds)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.headers["content-type"], answer.read().decode()
    finally:
        connection.close()
