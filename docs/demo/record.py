"""Records a command in a terminal as an animated SVG, without other programs.

    record.py OUTPUT PROGRAM [ARGUMENT...]
    record.py --check OUTPUT PROGRAM [ARGUMENT...]   fails if OUTPUT shows anything else

The command runs in a terminal of COLUMNS columns. Each line appears after the one before, and the
picture scrolls when it is full. The picture has no script: it moves by CSS, and stands still at its
end for readers who prefer that.
"""

import html
import os
import pty
import re
import sys
from pathlib import Path

COLUMNS, ROWS = 100, 26
# Seconds for each line, and for an empty line, which ends a section.
LINE, PAUSE = 0.35, 1.4
# Seconds that the end stands before the picture begins anew.
END = 6
# Pixels.
WIDTH, HEIGHT, MARGIN = 7.8, 18, 14
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff"}


def run(words):
    """Returns what the command writes to a terminal."""
    # The program asks the environment, since the terminal has no size before it starts.
    os.environ.update(COLUMNS=str(COLUMNS), LINES=str(ROWS), TERM="xterm-256color")
    os.environ.pop("NO_COLOR", None)
    process, terminal = pty.fork()
    if process == 0:
        os.execvp(words[0], words)
    output = bytearray()
    try:
        while data := os.read(terminal, 65536):
            output.extend(data)
    except OSError:
        # Linux tells the end of a terminal by an error.
        pass
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if status != 0:
        sys.exit(f"record.py: {words[0]} exited with {status}")
    return output.decode("utf-8").replace("\r\n", "\n")


def cells(text):
    """Returns the lines as lists of characters with their style, wrapped."""
    lines, line, style = [], [], ""
    for escape, character in re.findall(r"\x1b\[([0-9;]*)m|(.|\n)", text):
        if character == "\n":
            lines.append(line)
            line = []
        elif character:
            if len(line) == COLUMNS:
                lines.append(line)
                line = []
            line.append((character, style))
        else:
            codes = escape.split(";")
            if codes in ([""], ["0"]):
                style = ""
            for code in codes:
                style += {"1": "font-weight:bold;", "2": "opacity:.6;"}.get(code, "")
                style += f"fill:{COLOURS[code]};" if code in COLOURS else ""
    return lines + ([line] if line else [])


def spans(line):
    """Returns a line as SVG: a span for each run of one style."""
    parts, start = [], 0
    for end in range(1, len(line) + 1):
        if end == len(line) or line[end][1] != line[start][1]:
            text = html.escape("".join(character for character, _ in line[start:end]))
            style = line[start][1]
            parts.append(f'<tspan style="{style}">{text}</tspan>' if style else text)
            start = end
    return "".join(parts)


def picture(prompt, lines):
    lines = [[(character, "font-weight:bold;") for character in f"$ {prompt}"], *lines]
    times, now = [], 0.0
    for line in lines:
        times.append(now)
        now += LINE if line else PAUSE
    total = now + END
    share = lambda time: f"{100 * time / total:.2f}%"
    rules, texts, scroll = [], [], ["0% { transform: translateY(0) }"]
    for number, (line, time) in enumerate(zip(lines, times)):
        if number >= ROWS:
            before, after = (number - ROWS) * HEIGHT, (number - ROWS + 1) * HEIGHT
            scroll.append(f"{share(time - 0.01)} {{ transform: translateY(-{before}px) }}")
            scroll.append(f"{share(time)} {{ transform: translateY(-{after}px) }}")
        if line:
            rules.append(f"#l{number} {{ animation-name: s{number} }}")
            hidden, shown = share(max(time - 0.01, 0)), share(time + 0.01)
            rules.append(f"@keyframes s{number} {{ 0%, {hidden} {{ opacity: 0 }} "
                         f"{shown}, 100% {{ opacity: 1 }} }}")
            y = (number + 1) * HEIGHT
            texts.append(f'<text id="l{number}" class="l" y="{y}">{spans(line)}</text>')
    last = max(len(lines) - ROWS, 0) * HEIGHT
    scroll.append(f"100% {{ transform: translateY(-{last}px) }}")
    width, height = round(COLUMNS * WIDTH + 2 * MARGIN), ROWS * HEIGHT + 2 * MARGIN
    style = "\n".join([
        "text { font: 13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace;",
        "  fill: #e6edf3; white-space: pre }",
        f".l, #all {{ animation: {total:.2f}s linear infinite both }}",
        "#all { animation-name: scroll }",
        f"@keyframes scroll {{ {' '.join(scroll)} }}",
        *rules,
        "@media (prefers-reduced-motion: reduce) { .l, #all { animation: none }",
        f"  #all {{ transform: translateY(-{last}px) }} }}",
    ])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="The output of {html.escape(prompt)}">\n<style>\n{style}\n</style>\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n'
        f'<svg x="{MARGIN}" y="{MARGIN}" width="{width - 2 * MARGIN}" '
        f'height="{height - 2 * MARGIN + 6}">\n<g id="all">\n'
        + "\n".join(texts)
        + "\n</g>\n</svg>\n</svg>\n"
    )


def timeless(drawn):
    """Returns a picture without the times that the program took, which differ in every run."""
    return re.sub(r" *[0-9.]+ ms", " ms", drawn)


def main():
    checks = sys.argv[1:2] == ["--check"]
    arguments = sys.argv[1 + checks :]
    if len(arguments) < 2:
        sys.exit(__doc__)
    output, words = Path(arguments[0]), arguments[1:]
    prompt = " ".join([Path(words[0]).name, *words[1:]])
    lines = cells(run(words))
    drawn = picture(prompt, lines)
    if not checks:
        output.write_text(drawn, "utf-8")
    elif timeless(drawn) != timeless(output.read_text("utf-8")):
        sys.exit(f"record.py: {output} is not what `{prompt}` prints now: record it again")
    print(f"{output}: {len(lines)} lines")


if __name__ == "__main__":
    main()
