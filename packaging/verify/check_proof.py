#!/usr/bin/python3
"""Checks what `sallyport audit prove` made: that a record stands in a log, and who signed that.
Needs Python 3 and the program openssl, nothing of Sallyport. The file is a C2SP tlog-proof; its
extra data is the record, then a line each for keys of the log and for what is disclosed of it.

VKEY are keys that you know from elsewhere; a line of `vkeys` will do. Without any, those in the
file are taken: then compare the whole of what is printed with what you know.

Exit code: 0 good, 1 BAD, 2 used the wrong way, or the file cannot be read."""
import argparse, base64, json, pathlib

from verify_audit import given_key, known_keys, require, say, sha256, signers, verdict


def root_of(index, size, node, path):
    """RFC 9162 section 2.1.3.2."""
    last = size - 1
    for sibling in path:
        require(last > 0, "the proof is too long")
        if index & 1 or index == last:
            node = sha256(b"\1", sibling, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    require(last == 0, "the proof is too short")
    return node


def main(file, trusted):
    parts = file.read_bytes().split(b"\n\n")
    require(len(parts) == 3, "this is no proof of a record")
    head, text, lines = parts[0], parts[1] + b"\n", parts[2]
    form, extra, place, *path = head.decode().splitlines()
    require(form == "c2sp.org/tlog-proof@v1" and extra[:6] == "extra " and place[:6] == "index ",
            "this is no proof of a record")
    line, *more = base64.b64decode(extra[6:]).splitlines(keepends=True)
    record, more = json.loads(line), [json.loads(other) for other in more]
    origin, size, root = text.decode().splitlines()[:3]
    index, size = int(place[6:]), int(size)
    require(record["seq"] == index < size, "another record than the proof speaks of")
    computed = root_of(index, size, sha256(b"\0", line), [base64.b64decode(h) for h in path])
    require(computed == base64.b64decode(root), "the record does not stand in this log")
    keys = trusted or [other["vkey"] for other in more if "vkey" in other]
    who = signers(text, lines, known_keys(keys))
    say(line.decode().removesuffix("\n"))
    for other in (other for other in more if "field" in other):
        field, value = other["field"], other["value"]
        commitment = sha256(bytes.fromhex(other["salt"]), value.encode()).hex()
        require(record[field + "_c"] == commitment, f"{field} was not {value}")
        say(f"{field}: {value}")
    say(f"good: record {index} of {size} in log {origin}, signed by {', '.join(who)}")
    if not trusted:
        say("The key stands in the file itself: whoever made the file chose it. Compare it with "
            "what you know of the log, or give that behind the file.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path, help="what `sallyport audit prove` made")
    parser.add_argument("vkey", nargs="*", type=given_key, help="a public key")
    return parser.parse_args()


if __name__ == "__main__":
    args = arguments()
    verdict(main, args.file, args.vkey)
