"""The log of an agent as tiles: a verifier that was written after the specification alone reads and
verifies it, and finds what somebody changed."""
import json, shutil, unittest

from harness import SiteTest
from tiles import WIDTH, TileLog, leaf, path_of

RECORDS = 2 * WIDTH + 20    # a log with full tiles, partial ones and some above


class Tiles(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        agent = cls.site.agent
        while len(agent.records()) < RECORDS:
            for _ in range(40):
                cls.site.ask("GET", "http://unmapped.probe:1/")
        cls.vkey = agent.status()["audit"]["vkey"]
        agent.program.stop()        # and so everything is signed
        cls.folder = cls.site.folder / "tiles"
        said = agent.command("audit", "export", "--format", "tlog-tiles", "--out", cls.folder,
                             "--json")
        cls.exported = json.loads(said)

    def copy(self):
        folder = self.site.folder / self.id()
        shutil.copytree(self.folder, folder)
        return folder

    def test_every_tile_every_bundle_and_the_checkpoint_are_right(self):
        log = TileLog(self.folder)
        self.assertEqual(log.verify(self.vkey), [])
        self.assertEqual(log.size, self.exported["size"])
        self.assertGreater(log.size, 2 * WIDTH)
        lines = [json.loads(entry) for entry in log.entries()]
        self.assertEqual([record["seq"] for record in lines], list(range(log.size)))
        here = self.site.agent.records()
        self.assertEqual([record["time"] for record in lines],
                         [record["time"] for record in here][:log.size])

    def test_one_record_is_proved_to_be_in_the_log(self):
        log = TileLog(self.folder)
        entries = list(log.entries())
        for index in (0, 1, WIDTH - 1, WIDTH, log.size // 2, log.size - 1):
            self.assertTrue(log.includes(index, entries[index]), index)
            self.assertFalse(log.includes(index, entries[index] + b" "), index)
            self.assertFalse(log.includes(index, entries[index - 1]), index)

    def test_whatever_is_changed_is_found(self):
        log = TileLog(self.folder)
        for name in ("tile/entries/000", "tile/0/001", "tile/1/" + f"000.p/{log.size // WIDTH}"):
            folder = self.copy()
            content = bytearray((folder / name).read_bytes())
            content[len(content) // 2] ^= 1
            (folder / name).write_bytes(content)
            self.assertNotEqual(TileLog(folder).verify(self.vkey), [], name)
            shutil.rmtree(folder)
        folder = self.copy()
        text = (folder / "checkpoint").read_text()
        (folder / "checkpoint").write_text(text.replace(f"\n{log.size}\n", f"\n{log.size - 1}\n"))
        self.assertFalse(TileLog(folder).signed_by(self.vkey))
        other = self.vkey[:-8] + "AAAAAAA="
        self.assertFalse(log.signed_by(other))

    def test_names_and_hashes_are_those_of_the_specification(self):
        self.assertEqual([path_of(index) for index in (0, 999, 1000, 1234067)],
                         ["000", "999", "x001/000", "x001/x234/067"])
        self.assertEqual(   # RFC 6962: of the empty text
            leaf(b"").hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")


if __name__ == "__main__":
    unittest.main()
