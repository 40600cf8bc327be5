#!/bin/sh
# Makes sure that the page tests have a browser: Debian's Chromium, which they drive at /usr/bin/chromium.
#
#   requirements/browser.sh           installs it where that is possible without asking anyone (root on Debian)
#   requirements/browser.sh --tell    installs nothing, and says in one sentence when it is missing
set -eu
[ -x /usr/bin/chromium ] && exit 0

if [ "${1:-}" = --tell ]; then
    echo "overwinter: There is no /usr/bin/chromium, so the tests of the pages in a browser are skipped;" \
        "\"make browser\" installs it." >&2
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "overwinter: The page tests need Chromium at /usr/bin/chromium: install it as root" \
        "(on Debian: apt-get install chromium) and try again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends chromium
