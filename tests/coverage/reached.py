#!/usr/bin/env python3
"""What gcov counted: lines and branches reached of each source and of the whole, and whether the rooms that must be reached wholly are.

    reached.py DATA [--rooms] [--no-list]    DATA: *.gcno and *.gcda as in the build's obj/; --rooms: shows the rooms alone;
                                             --no-list: judges nothing

A branch is one way out of a condition, as gcc has them: `a && b` has four. Rooms are the sources that rooms.txt lists. Whatever is not
reached there must stand in unreached.tsv, with the reason; and what stands there must not be reached, else the list would say more than
is so. gcovr would count the same, but its marks in sources are not checked in either way.
"""
import collections
import fnmatch
import json
import os
import subprocess
import sys

HERE = os.path.dirname(__file__)
KINDS = {'memory': 'memory ran out', 'never': 'cannot happen', 'elsewhere': 'another test reaches it'}


def counted(data):
    """{source: gcov's lines}, of what lies under our folders and is no test."""
    notes = sorted(os.path.join(folder, name) for folder, _, names in os.walk(data) for name in names if name.endswith('.gcno'))
    notes = [note for note in notes if not os.path.relpath(note, data).startswith(('tests/', 'build/'))]
    told = subprocess.run(['gcov', '--json-format', '--branch-probabilities', '--stdout', *notes],
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if told.returncode:
        sys.exit('reached.py: gcov cannot read what was counted; was something compiled meanwhile?')
    sources = {}
    for document in filter(None, told.stdout.splitlines()):
        for file in json.loads(document)['files']:
            if file['file'].endswith('.c') and not file['file'].startswith(('/', 'tests/', 'build/')):
                sources[file['file']] = file['lines']
    return sources


def figures(lines):
    branches = [branch['count'] > 0 for line in lines for branch in line['branches']]
    reached = {line['line_number']: line['count'] > 0 for line in lines}
    return collections.Counter(lines=len(reached), lines_reached=sum(reached.values()),
                               branches=len(branches), branches_reached=sum(branches))


def show(name, f):
    def part(what):
        return f"{100 * f[what + '_reached'] / f[what]:6.1f} % of {f[what]:5d}" if f[what] else f"{'–':>6}   of {0:5d}"
    print(f"{part('lines')}   {part('branches')}   {name}")


def gaps(source, lines):
    """{(source, function, text of the line): (branches that were not reached, line)}; the same text twice in a function adds up."""
    with open(source, encoding='utf-8') as file:
        text = file.read().splitlines()
    found = {}
    for line in lines:
        missed = sum(branch['count'] == 0 for branch in line['branches'])
        if missed:
            key = (source, line['function_name'], text[line['line_number'] - 1].strip())
            found[key] = (found.get(key, (0, 0))[0] + missed, line['line_number'])
    return found


def listed():
    """{(source, function, text): (branches, kind)} from unreached.tsv."""
    entries = {}
    with open(os.path.join(HERE, 'unreached.tsv'), encoding='utf-8') as file:
        for line in file:
            if line.startswith('#') or not line.strip():
                continue
            place, kind, count, text, reason = line.rstrip('\n').split('\t')
            if kind not in KINDS or not reason:
                sys.exit(f'unreached.tsv: {place}: no such kind, or no reason')
            entries[(*place.split(':'), text)] = (int(count), kind)
    return entries


def rooms():
    with open(os.path.join(HERE, 'rooms.txt'), encoding='utf-8') as file:
        return [line.strip() for line in file if line.strip() and not line.startswith('#')]


def judge(sources):
    """How many findings; tells of each."""
    entries, patterns, found, kinds = listed(), rooms(), {}, collections.Counter()
    inside = [s for s in sources if any(fnmatch.fnmatch(s, p) for p in patterns)]
    findings = [f'{p}:1: is listed in rooms.txt, and nothing of it was built' for p in patterns if not fnmatch.filter(sources, p)]
    for source in inside:
        found.update(gaps(source, sources[source]))
    for key, (missed, line) in sorted(found.items(), key=lambda item: (item[0][0], item[1][1])):
        allowed, kind = entries.get(key, (0, None))
        kinds[kind] += min(missed, allowed)
        if missed > allowed:
            findings.append(f'{key[0]}:{line}: {missed - allowed} of its branches not reached: {key[2]}')
    for key, (allowed, _) in sorted(entries.items()):
        if found.get(key, (0, 0))[0] < allowed:
            findings.append(f'{key[0]}:1: unreached.tsv lists {allowed} branches of {key[1]} as unreached, and they are not: {key[2]}')
    whole = sum((figures(sources[s]) for s in inside), collections.Counter())
    show('the rooms that must be reached wholly', whole)
    beyond = ', '.join(f'{kinds[k]} where {words}' for k, words in KINDS.items())
    print(f"of their {whole['branches']} branches {whole['branches_reached']} are reached; listed as beyond reach: {beyond}")
    print('\n'.join(findings), end='\n' if findings else '')
    return len(findings)


def main():
    sources = counted(sys.argv[1])
    print('lines reached      branches reached')
    patterns = rooms()
    for source, lines in sorted(sources.items()):
        if '--rooms' not in sys.argv or any(fnmatch.fnmatch(source, p) for p in patterns):
            show(source, figures(lines))
    show('the whole', sum((figures(lines) for lines in sources.values()), collections.Counter()))
    sys.exit(1 if '--no-list' not in sys.argv and judge(sources) else 0)


main()
