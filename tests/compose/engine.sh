#!/bin/sh
# Start Docker's engine for the tests, or stop the one that this script started: engine.sh start|stop
set -eu
state="${XDG_CACHE_HOME:-$HOME/.cache}/readmission-stack/engine"
pid_file="$state/dockerd.pid"

is_ours() { [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; }

start() {
    docker info >/dev/null 2>&1 && return
    mkdir -p "$state"
    setsid dockerd --pidfile "$pid_file" >"$state/dockerd.log" 2>&1 </dev/null &
    for _ in $(seq 60); do
        docker info >/dev/null 2>&1 && return
        sleep 0.5
    done
    tail -n 20 "$state/dockerd.log" >&2
    return 1
}

stop() {
    is_ours || return 0
    pid="$(cat "$pid_file")"
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
}

"$1"
