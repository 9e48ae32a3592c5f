#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/isa.md says what the tables say.
set -eu
if ! "$1" | diff -u "$2" -; then
  echo "docs/isa.md is stale: bazel run //fabric/isa:isa_docs > docs/isa.md" >&2
  exit 1
fi
