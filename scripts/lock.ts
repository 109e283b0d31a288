/**
 * Completes package-lock.json. `npm install` writes only those platform builds of a package (`@esbuild/win32-x64`, ...)
 * that the registry in use happens to serve, and `npm ci` on another machine then refuses the whole lock file
 * ("Missing: ... from lock file"). Every optional dependency that is missing gets an entry with its exact version and the
 * platform that its name says, so that npm can skip it or fetch it. Run after each change of a dependency: `npm run lock`;
 * with `--check` it changes nothing and fails where something is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

interface LockEntry {
  version?: string
  cpu?: string[]
  dev?: boolean
  libc?: string[]
  optional?: boolean
  os?: string[]
  optionalDependencies?: Record<string, string>
}
interface Lock {
  packages: Record<string, LockEntry>
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** The platform that a package such as `@oxlint/binding-linux-x64-musl` is for; undefined where its name does not say. */
function nameToPlatform(name: string): Pick<LockEntry, 'cpu' | 'libc' | 'os'> | undefined {
  const words = name.split(/[-/]/)
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  if (cpu === undefined || (os === undefined && cpu !== 'wasm32')) return undefined
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc }), ...(os === undefined ? {} : { os: [os] }) }
}

/** The entry as npm itself writes it, version first and the rest by name, so that its next run changes nothing. */
function platformEntry(version: string, platform: Pick<LockEntry, 'cpu' | 'libc' | 'os'>, dev: boolean): LockEntry {
  const rest: LockEntry = { ...platform, ...(dev ? { dev } : {}), optional: true }
  return { version, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, 'en'))) }
}

/** Entries to add, by path in the lock; packages whose platform or version cannot be told are named in `unknown`. */
function missingEntries(lock: Lock): { added: Record<string, LockEntry>; unknown: string[] } {
  const added: Record<string, LockEntry> = {}
  const unknown: string[] = []
  for (const parent of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`
      if (Object.keys(lock.packages).some((key) => key === path || key.endsWith(`/${path}`))) continue
      const platform = nameToPlatform(name)
      if (platform === undefined || !/^\d+\.\d+\.\d+/.test(version)) unknown.push(`${name}@${version}`)
      else added[path] = platformEntry(version, platform, parent.dev === true)
    }
  }
  return { added, unknown }
}

const file = resolve(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
const { added, unknown } = missingEntries(lock)
const count = Object.keys(added).length

if (unknown.length > 0) {
  console.error(`Optional packages whose platform the name does not tell; add them by hand: ${unknown.join(', ')}`)
  process.exitCode = 1
}
if (process.argv[2] === '--check') {
  if (count > 0) console.error(`package-lock.json lacks ${count} entries for other platforms, so \`npm ci\` would refuse it: run \`npm run lock\`.`)
  if (count > 0) process.exitCode = 1
} else {
  const paths = Object.keys({ ...lock.packages, ...added }).sort((a, b) => a.localeCompare(b, 'en'))
  lock.packages = Object.fromEntries(paths.map((path) => [path, lock.packages[path] ?? added[path] ?? {}]))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`package-lock.json: ${count} entries added for platforms that the registry did not list.`)
}
