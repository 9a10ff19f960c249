"""The archivist: old copies of the vault's files, the key file, and the machine of today (docs/threat-model.md, A3)."""
import itertools, os, shutil

from watching import Broken

FILES = ["keys.db", "index.db", "objects"]


def assemble(stage, parts):
    """A vault of today, of which these parts are from the old copy. Objects are linked: what is tried does not write them."""
    attack = f"{stage}/attack"
    shutil.rmtree(attack, ignore_errors=True)
    shutil.copytree(f"{stage}/vault", attack, symlinks=True, ignore=shutil.ignore_patterns("objects", "*.db-*", *parts))
    for part in parts:
        if part != "objects":
            shutil.copy2(f"{stage}/old/{part}", f"{attack}/{part}")
    shutil.copytree(f"{stage}/{'old' if 'objects' in parts else 'vault'}/objects", f"{attack}/objects", copy_function=os.link)
    return attack


def opens(server, stage, vault, clip):
    seen = f"{stage}/seen"
    for purpose in ("supervision", "intervention"):
        code, _, _ = server.command("--vault", vault, "export", clip.id, "--purpose", purpose, "--to", seen)
        if os.path.exists(seen):
            os.remove(seen)
            return True
        if code == 0:
            return True
    return False


def archivist(server, stage, ended, living):
    tried = 0
    for count in range(1, len(FILES) + 1):
        for parts in itertools.combinations(FILES, count):
            vault = assemble(stage, parts)
            for clip in ended:
                tried += 1
                if opens(server, stage, vault, clip):
                    raise Broken(f"{clip.name} ({clip.id}) was ended, and opens with {', '.join(parts)} of before")
    if not opens(server, stage, f"{stage}/vault", living):
        raise Broken("the control: what lives should open")
    if not opens(server, stage, assemble(stage, [*FILES, "effaceable"]), ended[-1]):
        raise Broken("the control: with the effaceable store of before as well, the attack should succeed")
    return f"old copies: {tried} times tried, nothing that was ended opened; with the effaceable store of before it would have"
