#!/bin/bash
# Build the Dockerfile's web image without a Docker engine, start it as its own user, and ask it for a fabric.
# Needs root, buildah and debootstrap (apt install buildah debootstrap) and some minutes. Words after the script's name go to
# `buildah build`. Where the base image cannot be pulled, a Debian with Python 3.11 takes its place. Lints too, where
# hadolint is installed (make setup brings it).
set -euo pipefail
cd "$(dirname "$0")/.."
export STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}" BUILDAH_ISOLATION=chroot
base="docker.io/library/$(sed -n 's/^FROM \(python:[^ ]*\) AS base$/\1/p' Dockerfile)"
image=localhost/aifashion-check
port="${PORT:-18431}"
work="$(mktemp -d)"
server=""
container=""

tidy() {
  if [ -n "$server" ]; then kill -- "-$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  if [ -n "$container" ]; then buildah rm "$container" >/dev/null; fi
  rm -rf "$work"
}
trap tidy EXIT

say() { printf '\n== %s\n' "$*"; }

make_base() {
  say "no $base to be had: Debian 12 with Python 3.11 takes its place"
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/debian" >"$work/log" \
    || { tail -20 "$work/log" >&2; exit 1; }
  ln -s ../../bin/python3.11 "$work/debian/usr/local/bin/python"
  scratch="$(buildah from scratch)"
  buildah add --quiet "$scratch" "$work/debian" / >/dev/null
  buildah config --cmd python "$scratch"
  buildah commit --quiet --rm "$scratch" "$base" >/dev/null
  rm -rf "$work/debian"
}

inside() { buildah run "${settings[@]}" "$container" -- "$@"; }

# Words of a setting of the image, one a line: a string is one word.
setting_of() {
  python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))["Docker"]["config"][sys.argv[2]]
value = value["Test"][1:] if isinstance(value, dict) else value
print(*([value] if isinstance(value, str) else value), sep="\n")' "$work/image.json" "$1"
}

# What the proxy in front would ask.
ask() {
  python3 -c 'import sys, urllib.request as u
question = u.Request(sys.argv[1], headers={"X-Forwarded-Proto": "https"})
sys.stdout.buffer.write(u.urlopen(question, timeout=60).read())' "http://127.0.0.1:$port$1"
}

for lint in hadolint .venv/bin/hadolint; do
  if command -v "$lint" >/dev/null; then say "lint it"; "$lint" Dockerfile; break; fi
done

buildah images "$base" >/dev/null 2>&1 || timeout 60 buildah pull --quiet "$base" >/dev/null 2>&1 || make_base

say "build the stage web"
buildah build --format docker --pull=never --layers=false --target web --tag "$image" "$@" .

say "what the image holds"
container="$(buildah from --pull=never "$image")"
settings=(
  --env "SECRET_KEY=$(head -c 40 /dev/urandom | base64 -w0)" --env ALLOWED_HOSTS=127.0.0.1 --env "PORT=$port"
  --env BEHIND_PROXY=true
)
buildah inspect --type image "$image" >"$work/image.json"
inside sh -c 'test "$(id -u)" != 0 && id && du -sh /app /opt/venv && ls /app'
inside python -c 'import importlib.util as i; assert not i.find_spec("torch"), "torch is in the web image"'
inside sh -c '! touch /app/written 2>/dev/null' || { echo "the site's user can write to its own code" >&2; exit 1; }

say "prepare and start it with its own CMD, as $(setting_of User)"
inside python manage.py prepare_site
inside python manage.py check --deploy --fail-level WARNING
mapfile -t command < <(setting_of Cmd)
set -m
inside "${command[@]}" >"$work/server.log" 2>&1 &
server=$!
set +m
for _ in $(seq 100); do ask /health/live >/dev/null 2>&1 && break; sleep 0.3; done

say "ask it"
ask /health/live; echo
ask /health/ready | tee "$work/ready"; echo
grep -q '"status": "ready"' "$work/ready"
mapfile -t health < <(setting_of Healthcheck)
inside "${health[@]}"
ask / >"$work/home"
ask "$(grep -o '/static/css/[^"]*' "$work/home" | head -1)" | head -c 1 >/dev/null
ask '/fabrics/plaid/7.png?size=256' >"$work/plaid.png"
ask '/fabrics/plaid/7.png?size=256' | cmp - "$work/plaid.png"
python3 - "$work/plaid.png" <<'PNG'
import struct, sys
head = open(sys.argv[1], "rb").read()
assert head[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", head[16:24]) == (256, 256), "that is no fabric of 256 pixels"
print("a fabric of 256 x 256 pixels,", len(head), "bytes")
PNG
say "the Dockerfile holds"
