"""What a dump of a process holds, and where.

remains.py CORE ARENA FILE… -- TEXT…    ARENA: a file "address length" that says where the locked arena lies.
Prints how many keys lie in the arena (what is in one of the FILEs as well, such as a sealed slot, is none, nor what touches it), then one line "outside
KEY" for each of them that lies anywhere else as well, and "found TEXT" for each of the texts (hex:… for bytes) that is anywhere in
the dump.
"""
import struct
import sys


def segments(core):
    """(address, bytes) of each PT_LOAD of a 64-bit little-endian ELF core."""
    offset, size, count = struct.unpack_from("<Q", core, 32)[0], *struct.unpack_from("<HH", core, 54)
    for i in range(count):
        kind, _, at, address, _, length = struct.unpack_from("<IIQQQQ", core, offset + i * size)
        if kind == 1 and length:
            yield address, core[at:at + length]


def keys_of(arena, files):
    """Whatever could be a key: 32 aligned bytes that look random."""
    found = {arena[at:at + 32] for at in range(0, len(arena) - 31, 8)}
    found = {piece for piece in found if len(set(piece)) >= 24}
    known = {f[at:at + 8] for f in files for at in range(len(f) - 7)}
    return {piece for piece in found if not any(piece[at:at + 8] in known for at in (0, 8, 16, 24))}


def main():
    core = open(sys.argv[1], "rb").read()
    files = [open(f, "rb").read() for f in sys.argv[3:sys.argv.index("--")]]
    start, length = map(int, open(sys.argv[2]).read().split())
    arena, rest = bytearray(length), []
    for address, data in segments(core):
        low, high = max(address, start), min(address + len(data), start + length)
        if low < high:
            arena[low - start:high - start] = data[low - address:high - address]
            rest += [data[:low - address], data[high - address:]]
        else:
            rest.append(data)
    keys = keys_of(bytes(arena), files)
    print("keys", len(keys))
    heads = {key[:8] for key in keys}
    outside = set()
    for data in rest:
        data = bytes(data)
        for at in range(0, len(data) - 31, 4):  # a number's alignment at least
            if data[at:at + 8] in heads and data[at:at + 32] in keys:
                outside.add(data[at:at + 32])
    for key in sorted(outside):
        print("outside", key.hex())
    for text in sys.argv[sys.argv.index("--") + 1:]:
        wanted = bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode()
        if core.find(wanted) >= 0:
            print("found", text)


main()
