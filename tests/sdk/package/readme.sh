#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: readme.sh README
# Runs all ```sh blocks of the README, in order and as they stand, in a fresh directory that has BUILD_DIR as
# build/release, and in a fresh home. The first command that fails ends it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk '/^```sh$/ {inside = 1; next} /^```/ {inside = 0} inside' "$1" >"$work/steps"
[ "$(wc -l <"$work/steps")" -ge 10 ] || { echo "$1: where are the commands?"; exit 1; }
mkdir -p "$work/home" "$work/checkout/build"
ln -s "$BUILD_DIR" "$work/checkout/build/release"
cd "$work/checkout"

# Not `set -e` alone: it ignores a failing `! command`, which is how the README says that a failure is expected.
while IFS= read -r command; do
  printf '%s\n' "$command || { echo \"failed: line \$LINENO of the steps\"; exit 1; }"
done <"$work/steps" >"$work/script"
HOME=$work/home bash -u "$work/script"
