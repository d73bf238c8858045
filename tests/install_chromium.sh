#!/bin/sh
# Install Debian's Chromium for the browser tests, as root or with passwordless sudo; fail quietly where neither works.
set -eu
command -v apt-get >/dev/null || exit 1
if [ "$(id -u)" = 0 ]; then as_root=""; else sudo -n true 2>/dev/null || exit 1; as_root="sudo -n"; fi
$as_root apt-get update -qq >/dev/null
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
