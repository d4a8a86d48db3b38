# Sourced by ./run and ./test: make .venv hold exactly what the lock says. POSIX sh; needs only Python 3.11 to 3.14.
# usage: . app_cli/setup.sh; set_up requirements.txt

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11, 3.12, 3.13 or 3.14 is needed and none was found." >&2
    echo "Install one, or name it by PYTHON=/path/to/python; uv brings one, too: uv python install 3.13" >&2
    return 1
}

pip_setting() { # NAME: what pip uses, from its variables or its configuration files; later lines overrule earlier ones
    for section in :env: install global; do
        value=$(printf "%s\n" "$pip_settings" | sed -n "s/^$section\\.$1='\\(.*\\)'\$/\\1/p" | sed 's/\\n/ /g')
        if [ -n "$value" ]; then
            echo "$value"
            return
        fi
    done
}

hand_pips_settings_to_uv() { # A company's index and certificate are set for pip; uv reads none of pip's settings
    pip_settings=$(.venv/bin/python -m pip --disable-pip-version-check config list 2>/dev/null) || return 0
    index=$(pip_setting index-url)
    if [ -n "$index" ] && [ -z "${UV_INDEX_URL:-}" ]; then
        export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    fi
    more_indexes=$(pip_setting extra-index-url)
    if [ -n "$more_indexes" ] && [ -z "${UV_EXTRA_INDEX_URL:-}" ]; then
        export UV_INDEX="${UV_INDEX:-$more_indexes}"
        export UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}" # as pip does; the lock's hashes decide
    fi
    links=$(pip_setting find-links | tr " " ,)
    [ -z "$links" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$links}"
    certificate=$(pip_setting cert)
    [ -z "$certificate" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificate}"
    hosts=$(pip_setting trusted-host)
    [ -z "$hosts" ] || export UV_INSECURE_HOST="${UV_INSECURE_HOST:-$hosts}"
    case "$(pip_setting no-index)" in 1 | true | True | yes) export UV_NO_INDEX=1 ;; esac
}

require_usable_folder() { # MLflow reads % in the path of its own packages as a variable; : separates paths in PATH
    case "$PWD" in
    *%* | *:*)
        echo "error: the name of the folder $PWD holds % or :, with which MLflow or venv cannot work; rename it." >&2
        return 2
        ;;
    esac
}

set_up() {
    lock="$1"
    require_usable_folder || exit 2
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
    install_lock "$lock"
    rm -f ".venv/.installed-$lock-"*
    touch "$stamp"
}

install_lock() ( # LOCK: in a subshell, so that what is set for uv ends with it
    hand_pips_settings_to_uv
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$1" || {
        echo "uv could not install $1. It uses pip's index, links and certificate, or its own variables:" >&2
        echo "UV_DEFAULT_INDEX, UV_FIND_LINKS, SSL_CERT_FILE, UV_CACHE_DIR." >&2
        return 1
    }
)
