"""Servers for tests: a real SMTP server, and a small IMAP server that keeps to the protocol."""

import re
import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "rita", "s3cret words"  # noqa: S105


class Postbox:
    """Keeps what arrives; `answer` is said to the content, so that a test can refuse it."""

    def __init__(self) -> None:
        self.letters: list[Envelope] = []
        self.answer = "250 taken"
        self.logins: list[str] = []
        self.refused: set[str] = set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.letters.append(envelope)
        return self.answer

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, given: LoginPassword
    ) -> AuthResult:
        name, password = given.login.decode(), given.password.decode()
        self.logins.append(name)
        known = (name, password) == (USER, PASSWORD)
        return AuthResult(success=known, handled=known)


@contextmanager
def smtp_server() -> Iterator[tuple[Postbox, int]]:
    """Run an SMTP server that wants a log-in; yield what it keeps, and its port."""
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        box, hostname="127.0.0.1", port=port, authenticator=box.log_in, auth_required=True,
        auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


class Folder:
    """An IMAP folder: messages by their number, and the number of its numbering."""

    def __init__(self) -> None:
        self.letters: dict[int, bytes] = {}
        self.validity = 7
        self.broken: set[int] = set()
        self.asked: list[str] = []


class ImapSession(socketserver.StreamRequestHandler):
    """One connection: CAPABILITY, LOGIN, EXAMINE, UID SEARCH, UID FETCH, LOGOUT (RFC 3501)."""

    folder: Folder

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            self.folder.asked.append(line)
            tag, _, command = line.partition(" ")
            if not self.answer(tag, command):
                return

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def answer(self, tag: str, command: str) -> bool:
        word = command.split(" ")[0].upper()
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif word == "LOGIN" and PASSWORD not in command:
            self.say(f"{tag} NO [AUTHENTICATIONFAILED] wrong")
            return True
        elif word == "EXAMINE":
            self.say(f"* {len(self.folder.letters)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {self.folder.validity}] numbered")
        elif word == "UID" and any(f"FETCH {n} " in command for n in self.folder.broken):
            self.say(f"{tag} NO [SERVERBUG] cannot read it")
            return True
        elif word == "UID":
            self.uid(command)
        elif word == "LOGOUT":
            self.say("* BYE")
        self.say(f"{tag} OK done")
        return word != "LOGOUT"

    def uid(self, command: str) -> None:
        if found := re.match(r"UID SEARCH UID (\d+):\*", command):
            numbers = sorted(self.folder.letters)
            new = [n for n in numbers if n >= int(found[1])] or numbers[-1:]
            self.say("* SEARCH " + " ".join(map(str, new)))
        elif found := re.match(
            r"UID FETCH (\d+) \(RFC822\.SIZE BODY\.PEEK\[\]<0\.(\d+)>\)", command
        ):
            number = int(found[1])
            if number in self.folder.letters:
                whole = self.folder.letters[number]
                raw = whole[: int(found[2])]
                size = len(whole)
                self.say(f"* 1 FETCH (UID {number} RFC822.SIZE {size} BODY[]<0> {{{len(raw)}}}")
                self.wfile.write(raw + b")\r\n")


@contextmanager
def imap_server() -> Iterator[tuple[Folder, str]]:
    """Run the server; yield its folder, and the address that INBOUND_IMAP_URL is set to."""
    folder = Folder()
    handler = type("Handler", (ImapSession,), {"folder": folder})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        password = PASSWORD.replace(" ", "%20")
        yield folder, f"imap://crm:{password}@127.0.0.1:{server.server_address[1]}/INBOX"
    finally:
        server.shutdown()
        server.server_close()
