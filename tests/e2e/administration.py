"""What tests of local administration share: asking over sockets and HTTPS with curl, as whoever a
test wants to be, and checking an answer against a schema."""
import json, os, pathlib, pwd, subprocess

SECONDS = 30
NOBODY = 65534


class Answer:
    def __init__(self, status, text):
        self.status, self.text = status, text

    def json(self):
        return json.loads(self.text)


def curl(*arguments, user=None, groups=()):
    """The answer to one request; None where there was none. As another user only if we are root."""
    identity = {} if user is None else {"user": user, "group": user, "extra_groups": list(groups)}
    done = subprocess.run(["curl", "-sS", "--max-time", str(SECONDS), "-w", "\n%{http_code}",
                           *map(str, arguments)], capture_output=True, text=True, **identity)
    body, _, status = done.stdout.rpartition("\n")
    return Answer(int(status), body) if done.returncode == 0 else None


def over_socket(socket, method, target, body=None, **identity):
    given = ["-d", body, "-H", "content-type: application/json"] if body is not None else []
    return curl("--unix-socket", socket, "-X", method, *given, f"http://localhost{target}",
                **identity)


def may_be_others():
    return os.geteuid() == 0


def account_of(user):
    return pwd.getpwuid(user).pw_name


def document(name):
    source = pathlib.Path(__file__).resolve().parents[2]
    return json.loads((source / "docs" / f"openapi-{name}.json").read_text())


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "number": (int, float)}


def faults(value, schema, whole, place="answer"):
    """What is wrong with a value, by the part of JSON Schema that the documents use; empty: it
    fits. Members that a schema does not name are allowed, as a later version may have them."""
    if "$ref" in schema:
        return faults(value, resolve(schema["$ref"], whole), whole, place)
    unknown = set(schema) - {"type", "properties", "required", "items", "enum", "description",
                             "additionalProperties", "allOf", "example", "minimum"}
    if unknown:
        return [f"{place}: this check knows no {unknown}"]
    wrong = []
    for part in schema.get("allOf", ()):
        wrong += faults(value, part, whole, place)
    kind = schema.get("type")
    fits = kind is None or (isinstance(value, TYPES[kind])
                            and (kind == "boolean" or not isinstance(value, bool)))
    if not fits:
        return [f"{place}: {value!r} is no {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{place}: {value!r} is none of {schema['enum']}")
    if "minimum" in schema and value < schema["minimum"]:
        wrong.append(f"{place}: {value!r} is below {schema['minimum']}")
    if isinstance(value, dict):
        named = schema.get("properties", {})
        wrong += [f"{place}: {key} is missing" for key in schema.get("required", ())
                  if key not in value]
        for key, item in value.items():
            below = named.get(key, schema.get("additionalProperties"))
            if isinstance(below, dict):
                wrong += faults(item, below, whole, f"{place}.{key}")
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            wrong += faults(item, schema["items"], whole, f"{place}[{number}]")
    return wrong


def resolve(reference, whole):
    at = whole
    for part in reference.removeprefix("#/").split("/"):
        at = at[part]
    return at
