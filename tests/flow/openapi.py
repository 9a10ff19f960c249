#!/usr/bin/env python3
"""Holds player-bridge/openapi.json against what a running server answers.

openapi.py DOCUMENT answers CALLS [--every TAG…]  what stories asked and were answered (tests/flow/serving.bash keeps it in CALLS);
                                                  --every: each operation of these tags succeeded at least once
openapi.py DOCUMENT strangers BASE COOKIE CSRF    each operation is asked without what it says it needs
openapi.py DOCUMENT events FILE…                  what was heard on event streams: ids in order, and each as its schema says

Reads the part of JSON Schema that the document uses, and stops at any other word of it."""
import fnmatch
import http.client
import json
import os
import re
import sys

METHODS = ("get", "post", "delete", "options", "head", "patch", "put")
WORDS = {"$ref", "type", "const", "enum", "pattern", "properties", "required", "additionalProperties", "items", "minimum", "maximum",
         "format", "description"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
wrong = []


def load(path):
    global document
    with open(path, encoding="utf-8") as file:
        document = json.load(file)


def resolve(node):
    while isinstance(node, dict) and "$ref" in node:
        at = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        node = at
    return node


# ---- a value against its schema

def is_of(value, name):
    return isinstance(value, TYPES[name]) and not (name == "integer" and isinstance(value, bool))


def check_object(value, schema, where):
    members = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}.{name} is missing"
    for name, one in value.items():
        if name in members:
            yield from check(one, members[name], f"{where}.{name}")
        elif schema.get("additionalProperties", True) is False:
            yield f"{where}.{name} is not described"


def check(value, schema, where):
    if set(schema) - WORDS:
        sys.exit(f"{where}: this reader does not know {set(schema) - WORDS}")
    schema = resolve(schema)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_of(value, kind) for kind in kinds):
        yield f"{where} is {value!r}, and not of type {kinds}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where} is {value!r}, not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is {value!r}, none of {schema['enum']}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{where} is {value!r}, not like {schema['pattern']}"
    if is_of(value, "integer") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where} is {value}, out of its bounds"
    if isinstance(value, dict):
        yield from check_object(value, schema, where)
    for at, one in enumerate(value if isinstance(value, list) else []):
        yield from check(one, schema.get("items", {}), f"{where}[{at}]")


# ---- an answer against its operation

def operations():
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method], item.get("parameters", [])


def find(method, path):
    path = path.split("?")[0]
    for known, item in document["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"\\w+", known.replace(".", r"\.")), path):
            got = item.get(method.lower()) or (item.get("get") if method == "HEAD" else None)
            if got:
                return got
    return None


def check_body(response, headers, body):
    kind = headers.get("content-type")
    if "content" not in response:
        if body:
            yield f"has a body, {body[:80]!r}"
        return
    known = [name for name in response["content"] if kind and fnmatch.fnmatch(kind.lower(), name)]
    if not known:
        yield f"is of type {kind}, none of {list(response['content'])}"
        return
    if known[0].endswith("json"):
        schema = response["content"][known[0]].get("schema", {})
        yield from check(json.loads(body), schema, "answer")


def check_answer(method, path, status, headers, body):
    operation = find(method, path)
    if not operation:
        if status not in (404, 405):
            yield "is not described"
        return
    response = operation["responses"].get(str(status)) or (operation["responses"]["default"] if status >= 500 else None)
    if not response:
        yield f"is not described with {status}"
        return
    response = resolve(response)
    for name, header in response.get("headers", {}).items():
        header = resolve(header)
        if name.lower() in headers:
            yield from check(headers[name.lower()], header["schema"], name)
        elif header.get("required"):
            yield f"comes without {name}"
    if method != "HEAD":
        yield from check_body(response, headers, body)


def judge(method, path, status, headers, body):
    for words in check_answer(method, path, status, headers, body):
        wrong.append(f"{method} {path} {status}: {words}")


# ---- what stories asked

def read_headers(path):
    with open(path, encoding="latin-1") as file:
        last = file.read().replace("\r", "").strip().split("\n\n")[-1]
    pairs = (line.split(":", 1) for line in last.split("\n")[1:])
    return {name.lower(): value.strip() for name, value in pairs}


def answers(calls, tags):
    succeeded = set()
    with open(os.path.join(calls, "list"), encoding="utf-8") as file:
        for line in file:
            number, method, path, status = line.split()
            with open(os.path.join(calls, number + ".body"), "rb") as file_of_body:
                judge(method, path, int(status), read_headers(os.path.join(calls, number + ".head")), file_of_body.read())
            operation = find(method, path)
            if operation and int(status) < 400:
                succeeded.add(operation["operationId"])
    for method, path, operation, _ in operations():
        if set(operation["tags"]) & set(tags) and operation["operationId"] not in succeeded:
            wrong.append(f"{method} {path}: was never seen to succeed")


# ---- what happens to those who come without what is needed

def ask(base, method, path, headers, body=None):
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    got = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    judge(method, path, *got)
    return got[0]


def sample(path, operation, shared):
    """A path and headers that are well-formed, of something that is not there."""
    headers = {}
    for parameter in map(resolve, shared + operation.get("parameters", [])):
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", parameter["example"])
        elif parameter["in"] == "header" and parameter.get("required"):
            headers[parameter["name"]] = parameter["example"]
    for kind in operation.get("requestBody", {}).get("content", {}):
        headers["Content-Type"] = kind
    return path, headers


def expect(wanted, got, method, path, words):
    if got not in wanted:
        wrong.append(f"{method} {path} {words}: {got} instead of {wanted}")


def strangers(base, cookie, csrf):
    count = 0
    for method, path, operation, shared in operations():
        path, headers = sample(path, operation, shared)
        needs = [name for one in operation.get("security", document["security"]) for name in one]
        origin = {"Origin": base} if method not in ("GET", "HEAD", "OPTIONS") else {}
        signed_in = {**headers, "Cookie": cookie}
        json_body = "application/json" in operation.get("requestBody", {}).get("content", {})
        if "session" in needs:
            # An address with a token in it is a secret: whether it is there is told to nobody else.
            wanted = (404,) if "/film/" in path else (401,)
            expect(wanted, ask(base, method, path, {**headers, **origin, "X-CSRF": csrf}), method, path, "without a session")
        if "csrf" in needs:
            expect((403,), ask(base, method, path, {**signed_in, **origin}), method, path, "without the token")
            expect((403,), ask(base, method, path, {**signed_in, "X-CSRF": csrf}), method, path, "without Origin")
        if origin:
            expect((403,), ask(base, method, path, {**signed_in, "Origin": "http://elsewhere.example", "X-CSRF": csrf}),
                   method, path, "from another site")
        if json_body:
            expect((400,), ask(base, method, path, {**signed_in, **origin, "X-CSRF": csrf}, '{"nothing_like_it": "x"}'),
                   method, path, "with a member that is not described")
        elif method == "GET" and "400" in operation["responses"]:
            expect((400,), ask(base, method, path + "?nothing_like_it=x", signed_in), method, path, "with an argument too many")
        count += 1
    print(f"{count} operations refuse those who come without what they need")


def events(path):
    """One stream as it came: blocks of "name: value" lines, of which one may be torn at the end."""
    last = 0
    with open(path, encoding="utf-8") as file:
        blocks = file.read().split("\n\n")[:-1]
    if not re.fullmatch(r"retry: [0-9]+\n: \w+", blocks[0]):
        wrong.append(f"{path} begins with {blocks[0]!r}")
    for block in blocks[1:]:
        if block == ":":
            continue
        found = re.fullmatch(r"id: ([0-9]+)\nevent: ([a-z]+)\ndata: (\{.*\})", block)
        if not found or int(found[1]) != last + 1:
            wrong.append(f"{path}: after {last} came {block!r}")
            continue
        last += 1
        schema = {"$ref": f"#/components/schemas/{found[2]}_event"}
        wrong.extend(f"{path}: {words}" for words in check(json.loads(found[3]), schema, found[2]))


def main():
    load(sys.argv[1])
    if sys.argv[2] == "answers":
        answers(sys.argv[3], sys.argv[5:])
    elif sys.argv[2] == "events":
        for path in sys.argv[3:]:
            events(path)
    else:
        strangers(*sys.argv[3:6])
    for line in wrong[:40]:
        print("openapi.json:", line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
