"""The units that the packages bring are what systemd takes, and the handbook names each."""
import pathlib, subprocess, tempfile, unittest

from programs import BIN, ROOT, SECONDS



class Units(unittest.TestCase):
    def test_the_units_are_valid(self):
        """`systemd-analyze verify` says nothing about good units; the programs are where they were
        built, not installed, and so are their manual pages."""
        units = sorted((ROOT / "packaging" / "systemd").iterdir())
        handbook = (ROOT / "docs" / "OPERATIONS.md").read_text()
        with tempfile.TemporaryDirectory(prefix="sallyport-") as folder:
            for unit in units:
                self.assertIn(f"`{unit.name}`", handbook)
                lines = unit.read_text().replace("/usr/bin", str(BIN)).splitlines(keepends=True)
                (pathlib.Path(folder) / unit.name).write_text(
                    "".join(line for line in lines if not line.startswith("Documentation=")))
            done = subprocess.run(
                ["systemd-analyze", "verify", *(f"{folder}/{unit.name}" for unit in units)],
                text=True, capture_output=True, timeout=SECONDS)
        ours = [line for line in done.stderr.splitlines() if "sallyport" in line]
        self.assertEqual((done.returncode, ours), (0, []), done.stderr)


if __name__ == "__main__":
    unittest.main()
