"""Compares the public API of the libraries with the committed lists, from rustdoc's pages.

    check.py DOC            fails if an item, a signature or an implementation is gone or changed
    check.py DOC --write    writes the lists

DOC is the folder that `cargo doc --lib --all-features` writes. The lists are those of the Rust in
packaging/rust-version, because rustdoc's pages change: with another Rust, nothing is compared.
"""

import html
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CRATES = ["picotuf", "picotuf_attest", "picotuf_client"]
SECTION = r'<section id="(impl|method|associatedconstant)[^"]*" class="([^"]+)">(.*?)</section>'
# What rustdoc lists for every type, or of no use to callers.
NO_API = re.compile(r"^impl[^ ]* (Freeze|UnsafeUnpin|StructuralPartialEq)\b")


def plain(text):
    """Returns the text of HTML on one line."""
    text = re.sub(r"<[^>]+>", "", text).replace("ⓘ", "")
    return re.sub(r"\s+", " ", html.unescape(text)).strip()


def items(crate, folder):
    """Yields a line for each item of the crate, member of it, and implementation for it."""
    index = (folder / "all.html").read_text("utf-8")
    for link, name in re.findall(r'<li><a href="([^"]+)">([^<]+)</a></li>', index):
        page = (folder / link).read_text("utf-8")
        path = f"{crate}::{html.unescape(name)}"
        declaration = re.search(r'<pre class="rust item-decl"><code>(.*?)</code></pre>', page, re.S)
        if not declaration:
            sys.exit(f"tests/api: {folder / link} has no declaration")
        for line in plain_lines(declaration[1]):
            yield f"{path}: {line}"
        # What follows holds for every type.
        page = page.split('<h2 id="blanket-implementations"')[0]
        # Of traits, the list of types is on the pages of these.
        page = page.split('<h2 id="implementors"')[0]
        for kind, classes, text in re.findall(SECTION, page, re.S):
            header = re.search(r'class="code-header">(.*?)</h[34]>', text, re.S)
            if not header or "trait-impl" in classes:
                continue
            line = plain(re.sub(r'<div class="where">', " ", header[1]))
            if (kind != "impl" or " for " in line) and not NO_API.match(line):
                yield f"{path}: {line}"


def plain_lines(declaration):
    """Returns the lines of a declaration without comments and attributes of no use to callers."""
    lines = re.sub(r"</div>", "\n", declaration).splitlines()
    lines = [plain(line) for line in lines]
    return [line for line in lines if line and line not in "{}" and not line.startswith("//")]


def main():
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--write"]):
        sys.exit(__doc__)
    rust = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True)
    wanted = (ROOT / "packaging/rust-version").read_text().strip()
    if rust.stdout.split()[1] != wanted:
        print(f"the public API is compared with Rust {wanted} only")
        return
    gone = 0
    for crate in CRATES:
        found = sorted(set(items(crate, Path(sys.argv[1]) / crate)))
        path = HERE / f"{crate.replace('_', '-')}.txt"
        if sys.argv[2:] == ["--write"]:
            path.write_text("\n".join(found) + "\n", "utf-8")
        known = path.read_text("utf-8").splitlines()
        for line in sorted(set(known) - set(found)):
            gone += 1
            print(f"gone or changed: {line}", file=sys.stderr)
        print(f"{crate}: {len(found)} lines, {len(set(found) - set(known))} of them new")
    if gone:
        sys.exit("tests/api: this breaks callers: raise the version, say so in CHANGELOG.md, and "
                 "run check.py --write")


if __name__ == "__main__":
    main()
