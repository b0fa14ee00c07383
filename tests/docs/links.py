"""Checks the links in all Markdown under version control, and serves as a preprocessor of mdBook.

    links.py check       every link to a file or a heading of this repository leads somewhere, and
                         docs/SUMMARY.md lists every page of docs once
    links.py supports R  as mdBook asks a preprocessor
    links.py < BOOK      makes links that leave docs/ lead to the repository
    links.py site SITE   every link within the site that mdBook built leads somewhere

Other addresses are not asked.
"""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# A link, or the target of one by reference.
LINK = re.compile(r"\]\(([^()\s]+)\)|^\[[^\]]+\]: (\S+)$", re.M)
CODE = re.compile(r"^ *(```|~~~).*?^ *\1|`[^`\n]+`", re.M | re.S)


def prose(text):
    """Returns the text with its code taken out. A link may have code as its text."""
    return CODE.sub(lambda code: "``" if "\n" not in code[0] else "", text)


def anchors(path):
    """Returns the anchors of the headings of a page, as GitHub and mdBook write them."""
    found = set()
    text = re.sub(r"^ *(```|~~~).*?^ *\1", "", path.read_text("utf-8"), flags=re.M | re.S)
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 0
        while (name := slug if number == 0 else f"{slug}-{number}") in found:
            number += 1
        found.add(name)
    return found


def check():
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True,
                           stdout=subprocess.PIPE, text=True).stdout.splitlines()
    faults, count = [], 0
    for name in names:
        page = ROOT / name
        for match in LINK.finditer(prose(page.read_text("utf-8"))):
            link = match[1] or match[2]
            # The last two are links of rustdoc, as in a crate's README.
            if re.match(r"[a-z+]+:", link) or "::" in link or re.fullmatch(r"\w+", link):
                continue
            count += 1
            place, _, anchor = unquote(link).partition("#")
            target = (page.parent / place).resolve() if place else page
            if not target.exists():
                faults.append(f"{name}: {link}: there is no such file")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                faults.append(f"{name}: {link}: there is no such heading")
    listed = re.findall(r"\]\((\S+)\)", (DOCS / "SUMMARY.md").read_text("utf-8"))
    pages = {path.name for path in DOCS.glob("*.md")} - {"SUMMARY.md"}
    faults += [f"docs/SUMMARY.md does not list {name}" for name in sorted(pages - set(listed))]
    twice = {name for name in listed if listed.count(name) > 1}
    faults += [f"docs/SUMMARY.md lists {name} twice" for name in sorted(twice)]
    if faults or not count:
        sys.exit("".join(f"tests/docs: {fault}\n" for fault in faults).rstrip() or "no links")
    print(f"{count} links within the repository, in {len(names)} pages")


def outside(text, repository):
    """Returns a page of docs/ with links to the repository for what is not in docs/."""

    def rewritten(match):
        place, mark, anchor = match[1].partition("#")
        target = (DOCS / unquote(place)).resolve()
        # The site has no page for a folder.
        elsewhere = target.is_dir() or not target.is_relative_to(DOCS)
        if place and not re.match(r"[a-z+]+:", place) and elsewhere:
            return f"]({repository}/blob/main/{target.relative_to(ROOT)}{mark}{anchor})"
        return match[0]

    return re.sub(r"\]\(([^()\s]+)\)", rewritten, text)


def preprocess():
    context, book = json.load(sys.stdin)
    repository = context["config"]["output"]["html"]["git-repository-url"]

    def walk(items):
        for item in items:
            if isinstance(item, dict) and (chapter := item.get("Chapter")):
                chapter["content"] = outside(chapter["content"], repository)
                walk(chapter["sub_items"])

    # The name of the list changed with mdBook 0.5.
    walk(book.get("items", book.get("sections", [])))
    json.dump(book, sys.stdout)


class Page(HTMLParser):
    """The links of a page of the site, and the names that a link to it may have."""

    def __init__(self, path):
        super().__init__()
        self.names, self.links = set(), []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.names.add(value)
            elif name in ("href", "src") and value and not re.match(r"[a-z+]+:", value):
                self.links.append(value)


def check_site(folder):
    pages = {path.resolve(): Page(path) for path in folder.rglob("*.html")}
    faults, count = [], 0
    for path, page in pages.items():
        # A page that is not found is served under any address, and has absolute links.
        for link in page.links if path.name != "404.html" else []:
            count += 1
            place, _, anchor = unquote(link).partition("#")
            target = (path.parent / place).resolve() if place else path
            if not target.is_file():
                faults.append(f"{path.name}: {link}: there is no such file in the site")
            elif anchor and target in pages and anchor not in pages[target].names:
                faults.append(f"{path.name}: {link}: there is no such heading")
    if faults or not count:
        sys.exit("".join(f"tests/docs: {fault}\n" for fault in faults).rstrip() or "no links")
    print(f"{count} links within the site, in {len(pages)} pages")


if __name__ == "__main__":
    if sys.argv[1:2] == ["supports"]:
        sys.exit(0 if sys.argv[2:] == ["html"] else 1)
    elif sys.argv[1:] == ["check"]:
        check()
    elif sys.argv[1:2] == ["site"]:
        check_site(Path(sys.argv[2]))
    else:
        preprocess()
