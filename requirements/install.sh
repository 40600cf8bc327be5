#!/bin/sh
# Builds or refreshes .venv from the hashed requirement lists, and does nothing when it is already as they say.
#
#   requirements/install.sh runtime    what `make demo` needs
#   requirements/install.sh dev        that, and what the tests, checks and benchmarks need
#
# PYTHON names the interpreter (default python3). Each step leaves a stamp (the hash of the files it was made from) in
# .venv, written last, so that an interrupted step is simply done again.
set -eu
cd "$(dirname "$0")/.."
want=${1:-runtime}
PYTHON=${PYTHON:-python3}

# These would lead pip or the interpreter out of .venv.
unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_ROOT 2>/dev/null || true

fail() {
    printf 'overwinter: %s\n' "$1" >&2
    exit 1
}

command -v "$PYTHON" >/dev/null 2>&1 ||
    fail "There is no \"$PYTHON\" here: install Python 3.11 or newer, or name one, as in: make demo PYTHON=/path/to/python3"
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
    fail "\"$PYTHON\" does not start: install Python 3.11 or newer, or name one, as in: make demo PYTHON=/path/to/python3"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "\"$PYTHON\" is Python $version, and Overwinter needs 3.11 or newer: name a newer one, as in: make demo PYTHON=python3.12"
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "Python $version has no venv module: install it (on Debian or Ubuntu: apt-get install python3-venv)"

hash_of() {
    "$PYTHON" -c 'import hashlib, sys
digest = hashlib.sha256()
for name in sys.argv[1:]:
    digest.update(open(name, "rb").read())
print(digest.hexdigest())' "$@"
}

is_current() { # STAMP HASH
    [ -f ".venv/$1.stamp" ] && [ "$(cat ".venv/$1.stamp")" = "$2" ]
}

install_list() { # NAME
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
        --require-hashes -r "requirements/$1.txt" ||
        fail "The packages of requirements/$1.txt could not be installed; the lines above say why."
}

runtime_hash=$(hash_of requirements/runtime.txt)
if ! is_current runtime "$runtime_hash" || ! .venv/bin/python -c 'pass' 2>/dev/null; then
    echo "Building .venv with Python $version (once; it takes about half a minute) ..." >&2
    "$PYTHON" -m venv --clear .venv || fail "The folder .venv could not be made here; the lines above say why."
    install_list runtime
    printf '%s\n' "$runtime_hash" > .venv/runtime.stamp
fi

if [ "$want" = dev ]; then
    dev_hash=$(hash_of requirements/dev.txt)
    if ! is_current dev "$dev_hash"; then
        echo "Adding what tests, checks and benchmarks need to .venv ..." >&2
        install_list dev
        printf '%s\n' "$dev_hash" > .venv/dev.stamp
    fi
fi

# Our own packages, in place; the build tools come from the pinned list, so nothing else is fetched.
project_hash=$(hash_of pyproject.toml)
if ! is_current project "$project_hash"; then
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
        --no-deps --no-build-isolation -e . ||
        fail "Overwinter itself could not be installed into .venv; the lines above say why."
    printf '%s\n' "$project_hash" > .venv/project.stamp
fi
