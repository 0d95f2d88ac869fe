"""Do what “First start” of docs/operations.md says, line by line, and see that it works.

The commands are taken out of the page and run as root in a throw-away copy of this machine: a mount
of its own over everything, a process table and a network of its own, a newly made Debian cluster
with its usual pg_hba.conf. Three things are stood in for: fetching the libraries (ours are
linked), systemd (its commands are printed), and the address of the repository.

Needs root, unshare with overlay mounts, and Debian's postgresql-common; says so where it cannot.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "operations.md"
SETUP = "make setup staticfiles/staticfiles.json"
CANNOT = 77
"""Exit status on a machine that cannot make the copy."""

COPY = """
set -eu
mount -t tmpfs copy "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay copy -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t tmpfs run "$1/root/run"
mount -t tmpfs tmp "$1/root/tmp"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
cp "$2" "$1/root/tmp/first_start.sh"
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec env -i PATH="$path" HOME=/root LANG=C.UTF-8 \
    chroot "$1/root" bash -eu /tmp/first_start.sh
"""

MACHINE = """
cd /
chmod 1777 /tmp
version=$(ls /usr/lib/postgresql | sort -n | tail -1)
rm -rf /etc/postgresql /var/lib/postgresql /etc/tandem.env /srv/tandem
mkdir -p /run/postgresql && chown postgres:postgres /run/postgresql
install -d --owner postgres --group postgres /var/lib/postgresql
pg_createcluster "$version" main --start --port 5432 > /tmp/cluster.log
printf '#!/bin/sh\\necho "systemctl $*"\\n' > /usr/local/bin/systemctl
chmod +x /usr/local/bin/systemctl
git config --global --add safe.directory '*'
set -x
"""

LIBRARIES = """ln -s {root}/.venv .venv
for place in $(readlink -f .venv) $(.venv/bin/python -c 'import sys; print(sys.base_prefix)'); do
    while [ "$place" != / ]; do chmod o+rx "$place"; place=$(dirname "$place"); done
done"""

PROOF = """
runuser -u tandem -- psql --dbname tandem --tuples-only \
    --command 'SELECT count(*) AS migrations FROM django_migrations'
runuser -u tandem -- test -w /var/lib/tandem
echo "First start works."
"""


def commands(page: str) -> list[str]:
    """Return the lines of the code blocks under “First start”, in their order."""
    _, found, rest = f"\n{page}".partition("\n## First start\n")
    if not found:
        sys.exit(f"{PAGE} has no section “First start”.")
    blocks = f"\n{rest}".partition("\n## ")[0].split("\n```sh\n")[1:]
    lines = [line for block in blocks for line in block.partition("\n```")[0].splitlines()]
    return [line for line in lines if line.strip()]


def script(lines: list[str]) -> str:
    """Return the page's lines as one script for the copy of this machine."""
    stand_in = LIBRARIES.format(root=ROOT)
    told = [stand_in if line == SETUP else line for line in lines]
    told = [line.replace("<this repository>", f"file://{ROOT}") for line in told]
    told = [line.replace(" && ", "\n") for line in told]  # so that bash -e sees each one fail
    return "\n".join([MACHINE, *told, PROOF])


def why_not() -> str:
    """Return why this machine cannot make the copy, "" if it can."""
    if os.geteuid():
        return "Only root can make a copy of this machine."
    missing = [name for name in ("unshare", "runuser", "pg_createcluster") if not which(name)]
    return f"Not installed: {', '.join(missing)}." if missing else ""


def main() -> int:
    if reason := why_not():
        print(reason)
        return CANNOT
    with tempfile.TemporaryDirectory() as folder:
        place, told = Path(folder, "copy"), Path(folder, "first_start.sh")
        place.mkdir()
        told.write_text(script(commands(PAGE.read_text())))
        alone = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
        command = [*alone, "sh", "-c", COPY, "copy", str(place), str(told)]
        return subprocess.run(command, timeout=600).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
