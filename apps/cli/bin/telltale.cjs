#!/usr/bin/env node
'use strict'
// `npx telltale ...` in a clone: installs what is missing, finds a Node that runs TypeScript, passes everything on.

const { launch } = require('../../../scripts/setup.cjs')

void launch('apps/cli/src/main.ts', process.argv.slice(2), false)
