"""What somebody newly wrote in a message, without what it quotes. Pure, one pass over the lines.

Kept: answers below and between quotes. Cut: lines with `>` and the line above them ("On … wrote:"),
the older message below the headers that Outlook writes, signatures. In English, German, French and
Spanish.
"""

from itertools import islice

from crm.correspondence.headers import addresses

LONGEST_LINE, MOST_LINES_OF_FORWARD = 400, 400
WROTE = {
    "on ": ("wrote:",),
    "am ": ("schrieb:",),
    "le ": ("a écrit:", "a ecrit:"),
    "el ": ("escribió:", "escribio:"),
}
"""How the line above a quote begins and ends, by language."""
SCHRIEB = " schrieb "
MOST_LINES_ABOVE = 3
FROM = ("from", "von", "de")
OTHERS = {
    "sent", "date", "to", "cc", "subject", "reply-to",
    "gesendet", "datum", "an", "betreff", "antwort an",
    "envoyé", "envoye", "à", "a", "objet", "répondre à",
    "enviado", "enviado el", "fecha", "para", "asunto",
}  # fmt: skip
"""Headers that Outlook writes above the message that is answered: the sender, then these."""
FEWEST_HEADERS, WITHIN = 2, 6
SEPARATORS = (
    "original message", "original-nachricht", "ursprüngliche nachricht", "originalnachricht",
    "message d'origine", "message d’origine", "message original", "mensaje original",
)  # fmt: skip
FORWARDED = (
    "forwarded message", "weitergeleitete nachricht", "message transféré", "mensaje reenviado",
    "begin forwarded message:", "anfang der weitergeleiteten nachricht:",
    "début du message transféré", "inicio del mensaje reenviado:",
)  # fmt: skip
SENT_FROM = (
    "sent from my ", "get outlook for ", "von meinem ", "gesendet mit ", "gesendet von ",
    "outlook für ", "envoyé de mon ", "envoyé depuis ", "obtenir outlook pour ",
    "télécharger outlook pour ", "enviado desde ", "obtener outlook para ",
)  # fmt: skip


def newly_written(text: str) -> str:
    """Return what is new in a message; all of it where nothing would be left."""
    whole = text.splitlines()
    lines = [line[:LONGEST_LINE] for line in whole]
    quoted = any(is_quoted(line) for line in lines)
    kept: list[str] = []
    number = 0
    while number < len(lines):
        if is_forward(lines[number]):
            kept += whole[number:]
            break
        after = end_of_old(lines, number, quoted=quoted)
        if after == number:
            kept.append(whole[number])
        number = max(after, number + 1)
    return blocks(kept) or text.strip()


def end_of_old(lines: list[str], number: int, *, quoted: bool) -> int:
    """Return where what is old ends that begins at this line; the line itself if it is new."""
    line = lines[number]
    if not line.strip():
        return number
    if is_older_message(lines, number):
        return len(lines)
    if line.rstrip() == "--":
        return next_quote(lines, number)
    if is_quoted(line) or is_sent_from(line):
        return number + 1
    after = number + lines_above_quote(lines, number, quoted=quoted)
    return after if after == number or quoted_after(lines, after) else len(lines)


def blocks(lines: list[str]) -> str:
    """Return lines as text, several empty ones as one."""
    found: list[str] = []
    for line in lines:
        if line.strip() or (found and found[-1]):
            found.append(line.rstrip())
    return "\n".join(found).strip()


def is_quoted(line: str) -> bool:
    return line.lstrip().startswith((">", "|>"))


def words_of(line: str) -> str:
    """Return a line in lower case, its blanks single, without the stars of bold text."""
    return " ".join(line.replace("*", "").split()).lower().replace(" :", ":")


def lines_above_quote(lines: list[str], number: int, *, quoted: bool) -> int:
    """Return how many lines from here say who wrote what follows, 0 if none does.

    quoted: the message has lines with `>`; without them only what is certain is taken for such
    """
    begin = words_of(lines[number])
    starts = [start for start in WROTE if begin.startswith(start)]
    if not starts and not begin[:4].isdecimal():
        return 0
    said = ""
    for count, line in enumerate(islice(lines, number, number + MOST_LINES_ABOVE), 1):
        said = f"{said} {words_of(line)}".strip()
        if says_who_wrote(said, starts):
            return count if quoted or is_certain(said) else 0
        if not line.strip():
            return 0
    return 0


def says_who_wrote(said: str, starts: list[str]) -> bool:
    if not any(char.isdecimal() for char in said) or not said.endswith(":"):
        return False
    if any(said.endswith(WROTE[start]) for start in starts):
        return True
    return ("am " in starts and SCHRIEB in said) or (said[:4].isdecimal() and "@" in said)


def is_certain(said: str) -> bool:
    """Say whether only a program writes this above a quote: it has a date, a time or an address."""
    digits = sum(char.isdecimal() for char in said)
    return digits >= 6 and (":" in said.rstrip(": \t") or "@" in said)


def quoted_after(lines: list[str], number: int) -> bool:
    """Say whether the next line that says something is quoted with `>`."""
    following = (line for line in islice(lines, number, number + 5) if line.strip())
    return is_quoted(next(following, ""))


def next_quote(lines: list[str], number: int) -> int:
    """Return where the quote below a signature begins, or the end."""
    rest = range(number + 1, len(lines))
    return next((at for at in rest if is_quoted(lines[at])), len(lines))


def is_older_message(lines: list[str], number: int) -> bool:
    """Say whether an older message begins here: by a separator, or by the headers of Outlook."""
    bare = words_of(lines[number]).strip("-_ ")
    if bare.startswith(SEPARATORS) and lines[number].lstrip().startswith(("-", "_", ">")):
        return True
    if label_of(lines[number]) in FROM:
        nearby = islice((line for line in islice(lines, number + 1, number + 12) if line.strip()),
                        WITHIN)  # fmt: skip
        return sum(label_of(line) in OTHERS for line in nearby) >= FEWEST_HEADERS
    rule = len(lines[number].strip()) >= 20 and not lines[number].strip().strip("_-")
    return rule and any(
        label_of(line) in FROM and is_older_message(lines, at)
        for at, line in enumerate(lines[number + 1 : number + 3], number + 1)
    )


def label_of(line: str) -> str:
    """Return the word before the colon of `Subject: …`, in lower case, "" for other lines."""
    label, colon, _ = words_of(line[:40]).partition(":")
    return label if colon else ""


def is_forward(line: str) -> bool:
    bare = words_of(line).strip("- ")
    return bare.startswith(FORWARDED)


def is_sent_from(line: str) -> bool:
    return words_of(line).startswith(SENT_FROM) and len(line) < 80


def forwarded_sender(text: str) -> str:
    """Return the address in the first `From: …` of a text, "" for none."""
    for line in islice(text.splitlines(), MOST_LINES_OF_FORWARD):
        bare = line.lstrip("> \t*")[:LONGEST_LINE]
        if label_of(bare) in FROM:
            found = addresses([bare.partition(":")[2].strip("* ")])
            if found:
                return found[0][1]
    return ""
