/** The repository as the rules see it: its packages, what each declares and may import, and all source files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { readSyntax, type Syntax } from './syntax.ts'

/** One line of layers.json. */
interface Layer {
  folder: string
  mayImport: string[]
  /** No clock and no randomness; nothing of Node. */
  pure?: boolean
  /** For tests only: any test may import it, no other code. */
  dev?: boolean
}

export interface Package extends Layer {
  /** The name in layers.json, for instance `core`. */
  layer: string
  /** The name in package.json, for instance `@telltale/core`. */
  name: string
  /** Names in `dependencies`, `optionalDependencies` and `peerDependencies`. */
  dependencies: string[]
  devDependencies: string[]
}

export interface Source extends Syntax {
  /** From the root, with forward slashes. */
  path: string
  /** The package whose folder it lies in; undefined for scripts, bench and test at the root. */
  owner: Package | undefined
  isTest: boolean
  lines: number
}

export interface Workspace {
  packages: Package[]
  /** What package.json at the root declares, for tests and scripts. */
  rootDependencies: string[]
  sources: Source[]
  /** Folders of workspaces that layers.json does not name. */
  unlayered: string[]
}

interface Manifest {
  name?: string
  dependencies?: object
  devDependencies?: object
  optionalDependencies?: object
  peerDependencies?: object
}

const groups = ['packages', 'apps']
const sourceFolders = [...groups, 'scripts', 'bench', 'test']
const sourceName = /\.(?:ts|tsx|mts|cts|js|jsx|mjs|cjs)$/
const skippedFolders = new Set(['node_modules', 'dist', 'generated', 'coverage'])

/** `dist.NUMBER` is what an interrupted build of the pages leaves. */
function isSkipped(name: string): boolean {
  return skippedFolders.has(name) || name.startsWith('dist.')
}

export function readWorkspace(root: string): Workspace {
  const layers = readJson<Record<string, Layer>>(join(root, 'layers.json'))
  const packages = Object.entries(layers).map(([layer, entry]) => readPackage(root, layer, entry))
  const folders = groups.flatMap((group) => (existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => `${group}/${name}`) : []))
  const manifest = readJson<Manifest>(join(root, 'package.json'))
  return {
    packages,
    rootDependencies: [...namesIn(manifest.dependencies), ...namesIn(manifest.devDependencies), ...namesIn(manifest.optionalDependencies)],
    sources: sourceFolders.flatMap((folder) => sourcePaths(root, join(root, folder))).map((path) => readSource(root, path, packages)),
    unlayered: folders.filter((folder) => existsSync(join(root, folder, 'package.json')) && !packages.some((one) => one.folder === folder)),
  }
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

function namesIn(dependencies: object | undefined): string[] {
  return Object.keys(dependencies ?? {})
}

function readPackage(root: string, layer: string, entry: Layer): Package {
  const manifest = readJson<Manifest>(join(root, entry.folder, 'package.json'))
  return {
    ...entry,
    layer,
    name: manifest.name ?? layer,
    dependencies: [...namesIn(manifest.dependencies), ...namesIn(manifest.optionalDependencies), ...namesIn(manifest.peerDependencies)],
    devDependencies: namesIn(manifest.devDependencies),
  }
}

function sourcePaths(root: string, folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return isSkipped(entry.name) || entry.name.startsWith('.') ? [] : sourcePaths(root, path)
      return sourceName.test(entry.name) ? [relative(root, path).split(sep).join('/')] : []
    })
    .sort()
}

function readSource(root: string, path: string, packages: readonly Package[]): Source {
  const text = readFileSync(join(root, path), 'utf8')
  const owner = packages.find((one) => path.startsWith(`${one.folder}/`))
  const isTest = owner === undefined ? /^(?:test|scripts\/test)\//.test(path) : path.startsWith(`${owner.folder}/test/`)
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return { path, owner, isTest, lines, ...readSyntax(path, text) }
}
