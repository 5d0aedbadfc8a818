#!/bin/sh
# Pins what requirements*.in ask for, with hashes, for every supported Python.
#   scripts/lock.sh           write the locks (UPGRADE=1: take newer versions)
#   scripts/lock.sh --check   fail when they no longer follow from requirements*.in
set -eu
cd "$(dirname "$0")/.."

pin() { # source, lock, further options
    source=$1 lock=$2
    shift 2
    uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        --no-emit-index-url --no-emit-find-links --no-header ${UPGRADE:+--upgrade} \
        "$source" -o "$lock" "$@"
}

if [ "${1:-}" != --check ]; then
    pin requirements.in requirements.txt
    pin requirements-dev.in requirements-dev.txt -c requirements.txt
    exit
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
cp requirements*.in requirements*.txt "$fresh"
here=$(pwd)
cd "$fresh"
ask() { # uv ends with 2 where it cannot ask at all, with 1 where nothing fits
    pin "$@" && return
    [ $? -ne 2 ] && exit 1
    echo "lock: not checked, the package index cannot be asked"
    exit 0
}
ask requirements.in requirements.txt
ask requirements-dev.in requirements-dev.txt -c requirements.txt
for lock in requirements.txt requirements-dev.txt; do
    cmp -s "$lock" "$here/$lock" || { echo "$lock does not follow from its .in: make lock"; exit 1; }
done
