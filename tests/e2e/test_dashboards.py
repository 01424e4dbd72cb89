#!/usr/bin/env python3
"""The dashboards and alert rules name metrics that there are: those of docs/MONITORING.md."""
import json, pathlib, re, shutil, subprocess, unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging/monitoring"
METRIC = re.compile(r"\b(?:sallyport|process)_[a-z_]+\b")
LABEL = re.compile(r"[({,]\s*([a-z_]+)\s*(?:=~|=|!=|!~)|by \(([a-z_, ]+)\)")
OWN_LABELS = {"instance", "job", "le"}     # of Prometheus
SECONDS = 60


def documented():
    """Each metric with its labels; a histogram under the names of its series."""
    found = {}
    for line in (ROOT / "docs/MONITORING.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 6 or not METRIC.fullmatch(cells[1].strip("`")):
            continue
        name, kind, labels = cells[1].strip("`"), cells[2], set(re.findall(r"`(\w+)`", cells[3]))
        series = [name + end for end in ("_bucket", "_sum", "_count")]
        for each in series if kind == "histogram" else [name]:
            found[each] = labels
    return found


def expressions():
    """(file, expression) of all panels and rules."""
    for file in sorted(FOLDER.glob("*.json")):
        board = json.loads(file.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield file.name, target["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield file.name, variable["query"].replace(", instance)", ")")
    rules = (FOLDER / "sallyport.rules.yml").read_text()
    for expression in re.findall(r"(?m)^ +expr: ((?:\|\n(?: {10,}.*\n)+)|.*\n)", rules):
        yield "sallyport.rules.yml", expression


class Dashboards(unittest.TestCase):
    def test_every_metric_and_label_is_documented(self):
        known = documented()
        self.assertGreater(len(known), 50)
        seen = set()
        for file, expression in expressions():
            names = METRIC.findall(expression)
            self.assertTrue(names, f"{file}: {expression}")
            for name in names:
                self.assertIn(name, known, f"{file}: {expression}")
            labels = set().union(*(known[name] for name in names)) | OWN_LABELS
            for matched, by in LABEL.findall(expression):
                for label in filter(None, re.split(r",\s*", matched or by)):
                    self.assertIn(label, labels, f"{file}: {expression}")
            seen.update(names)
        self.assertGreater(len(seen), 40)

    def test_panels_have_a_place_and_a_number_of_their_own(self):
        for file in sorted(FOLDER.glob("*.json")):
            panels = json.loads(file.read_text())["panels"]
            self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
            taken = set()
            for panel in panels:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])}
                self.assertLessEqual(place["x"] + place["w"], 24)
                self.assertFalse(cells & taken, f"{file.name}: {panel['title']}")
                taken |= cells


@unittest.skipUnless(shutil.which("promtool"),
                     "promtool is missing: apt install prometheus (96 MB, so it is no must)")
class Rules(unittest.TestCase):
    """As Prometheus itself reads them."""

    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *map(str, arguments)], text=True, capture_output=True,
                              timeout=SECONDS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_prometheus_takes_them(self):
        self.promtool("check", "rules", FOLDER / "sallyport.rules.yml")

    def test_they_speak_when_they_should_and_else_are_silent(self):
        self.promtool("test", "rules", pathlib.Path(__file__).with_name("rules_test.yml"))


if __name__ == "__main__":
    unittest.main()
