"""Holds what two programs opened against AppArmor's profile for them: profile.py PROFILE TRACE…

PROFILE is what `apparmor_parser --preprocess` prints; each TRACE is what strace -ff -y wrote of one process. Prints what no rule
allows, and ends with 1 if there was something; the last line counts what was looked at. Only rules for files are read."""
import itertools, os, re, sys

def alternatives(text):
    """Every reading of {a,b{c,d}}."""
    depth, start = 0, None
    for i, c in enumerate(text):
        if c == "{":
            if depth == 0: start = i
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                inner, parts, level, last = text[start + 1:i], [], 0, 0
                for k, d in enumerate(inner):
                    level += (d == "{") - (d == "}")
                    if d == "," and level == 0: parts.append(inner[last:k]); last = k + 1
                parts.append(inner[last:])
                return [text[:start] + p + rest for p in parts for rest in alternatives(text[i + 1:])]
    return [text]

def readings(text, variables):
    found = re.search(r"@\{(\w+)\}", text)
    if not found: return alternatives(text)
    return itertools.chain.from_iterable(
        readings(text[:found.start()] + value + text[found.end():], variables) for value in variables.get(found[1], []))

def pattern(glob):
    glob = re.sub("/+", "/", glob)
    out = re.sub(r"\*\*|\*|\?|\[[^]]*\]|.", lambda m: {"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(
        m[0], m[0] if m[0][0] == "[" and len(m[0]) > 1 else re.escape(m[0])), glob)
    return re.compile(out + r"\Z")

def read(path):
    variables, profiles, rules = {}, {}, None
    for line in open(path):
        line = line.split("#")[0].strip()
        if m := re.match(r"@\{(\w+)\}\s*\+?=\s*(.*)", line): variables.setdefault(m[1], []).extend(m[2].replace('"', "").split())
        elif m := re.match(r"profile (\S+) .*\{$", line): rules = profiles.setdefault(m[1], [])
        elif rules is not None and (m := re.match(r"(?:owner\s+)?([/@]\S*)\s+([rwmkixlaPUC]+),$", line)): rules.append((m[1], m[2]))
    return {name: [(pattern(one), rights) for glob, rights in rules for one in readings(glob, variables)] for name, rules in profiles.items()}

profiles, bad, seen = read(sys.argv[1]), 0, 0
for trace in sys.argv[2:]:
    rules = None
    for line in open(trace, errors="replace"):
        if m := re.search(r'execve\("[^"]*/(clipvault-\w+)".*= 0', line): rules, name = profiles[m[1]], m[1]
        if rules is None or "openat(" not in line: continue
        opened = re.search(r", (O_[A-Z_|]+).* = \d+<([^>]*)>", line)
        if not opened: continue # it was not there
        seen += 1
        path, need = re.sub(r"^/proc/self/", "/proc/1234/", opened[2]), "w" if re.search("O_WRONLY|O_RDWR", opened[1]) else "r"
        if "O_DIRECTORY" in opened[1]: path += "/"
        path = os.path.realpath(path) + ("/" if path.endswith("/") else "")
        if not any(need in rights and rule.match(path) for rule, rights in rules):
            bad += 1
            print(f"{name}: no rule lets it open {path} ({need})")
print(f"{seen} files that were opened")
sys.exit(bad > 0 or seen == 0)
