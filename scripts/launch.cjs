'use strict'
// Behind `npm start`, `npm test` and the other scripts of package.json: node scripts/launch.cjs <what> [arguments]

const { launch } = require('./setup.cjs')

const targets = {
  start: { main: 'apps/cli/src/main.ts', args: ['demo'], development: false },
  test: { main: 'scripts/test-run.ts', args: [], development: true },
  check: { main: 'scripts/check.ts', args: [], development: true },
  soak: { main: 'scripts/soak.ts', args: [], development: true },
  simulate: { main: 'apps/simulator/src/main.ts', args: [], development: true },
  bench: { main: 'bench/main.ts', args: [], development: true },
  'build-web': { main: 'apps/web/build/main.ts', args: [], development: false },
  lock: { main: 'scripts/lock.ts', args: [], development: true },
}

const what = process.argv[2]
const target = Object.prototype.hasOwnProperty.call(targets, what) ? targets[what] : undefined
if (target === undefined) {
  process.stderr.write('Expected one of ' + Object.keys(targets).join(', ') + '; found ' + (what === undefined ? 'nothing' : what) + '.\n')
  process.exitCode = 2
} else {
  void launch(target.main, target.args.concat(process.argv.slice(3)), target.development)
}
