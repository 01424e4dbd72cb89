"""What docs/OPERATIONS.md tells an administrator to copy is what systemd takes."""
import pathlib, re, subprocess, tempfile, unittest

from programs import BIN, ROOT, SECONDS

UNITS = ["sallyport-hub-tls.socket", "sallyport-hub-proxy.socket",
         "sallyport-hub-socks5.socket", "sallyport-hub.service",
         "sallyport.service"]


class Units(unittest.TestCase):
    def test_the_units_of_the_handbook_are_valid(self):
        """`systemd-analyze verify` says nothing about good units; the programs are where they were
        built, not installed."""
        text = (ROOT / "docs" / "OPERATIONS.md").read_text()
        blocks = re.findall(r"```ini\n(.*?)```", text, re.DOTALL)
        with tempfile.TemporaryDirectory(prefix="sallyport-") as folder:
            for name, block in zip(UNITS, blocks, strict=True):
                unit = block.replace("/usr/local/bin", str(BIN))
                (pathlib.Path(folder) / name).write_text(unit)
            done = subprocess.run(
                ["systemd-analyze", "verify", *(f"{folder}/{name}" for name in UNITS)], text=True,
                capture_output=True, timeout=SECONDS)
        ours = [line for line in done.stderr.splitlines() if "sallyport" in line]
        self.assertEqual((done.returncode, ours), (0, []), done.stderr)


if __name__ == "__main__":
    unittest.main()
