#!/bin/sh
# Runs the tests of the mailer and of the server's mail against a real mail server: installs aiosmtpd from PyPI into a virtual
# environment below the build folder, once, and tells the tests where it is.
set -eu
cd "$(dirname "$0")/../.."
venv="${CARGO_TARGET_DIR:-target}/tools/aiosmtpd"
case "$venv" in /*) ;; *) venv="$PWD/$venv" ;; esac
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import aiosmtpd' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'aiosmtpd==1.4.6'
fi
export ESCRUTINIO_SMTP_PYTHON="$venv/bin/python"
# Both of the workspace: a package by itself is compiled with other features, and all that it needs once more.
exec cargo test --workspace --test real --test delivery -- --nocapture "$@"
