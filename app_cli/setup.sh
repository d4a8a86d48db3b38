# Sourced by ./run and ./test: make .venv hold exactly what the lock says. POSIX sh; needs only Python >= 3.11.
# usage: . app_cli/setup.sh; set_up requirements.txt

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and none was found; install it or name it by PYTHON=/path/to/python." >&2
    return 1
}

set_up() {
    lock="$1"
    sum=$(cksum "$lock" | cut -d ' ' -f 1,2 | tr ' ' -)
    stamp=".venv/.installed-$lock-$sum"
    [ -f "$stamp" ] && return
    python=$(find_python)
    echo "Setting up .venv from $lock (once) ..." >&2
    if [ ! -x .venv/bin/uv ]; then # uv comes last, so a set-up that was cut short begins anew
        "$python" -m venv --clear .venv || {
            echo "Could not make .venv here: is the folder writable and Python's venv module there (Debian: python3-venv)?" >&2
            return 1
        }
        .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
    fi
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
    rm -f ".venv/.installed-$lock-"*
    touch "$stamp"
}
