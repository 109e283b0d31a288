import type { SeededRandom } from './seeded-random.ts'
import { SimulatedFile } from './simulated-file.ts'

/** An error as the operating system gives it. */
export class DiskFault extends Error {
  readonly code: string

  constructor(code: string, action: string) {
    super(`${code}: simulated, ${action}`)
    this.name = 'DiskFault'
    this.code = code
  }
}

/** Steps that change something, in the order of which a test can stop or refuse them. */
export type DiskStep = 'create' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'sync-directory' | 'rows'

interface Folder {
  current: Map<string, SimulatedFile>
  durable: Map<string, SimulatedFile>
  pending: ((names: Map<string, SimulatedFile>) => void)[]
}

interface OpenFile {
  read(buffer: Uint8Array, position: number): Promise<number>
  write(parts: readonly Uint8Array[], position: number): Promise<number>
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  length(): Promise<number>
  close(): Promise<void>
}

/**
 * A disk in memory that behaves like a bad real one: what was not synced is lost or torn at a crash, and every step can fail. It has the
 * shape of `Disk` in @telltale/storage. Paths are compared as they are; folders that are made are durable at once.
 */
export class SimulatedDisk {
  /** Steps taken so far. */
  steps = 0
  /** Names of the steps taken so far: what the test of a failing step chooses from. */
  readonly taken: DiskStep[] = []
  /** The step at which the power fails; everything after it is refused until `restart`. */
  crashAtStep = Number.POSITIVE_INFINITY
  /** The step that fails once, and how. */
  failAtStep: { step: number; code: string } | null = null
  /** Bytes that one write takes at most. */
  writeBytesMax = Number.POSITIVE_INFINITY
  isReadOnly = false
  /** Asked at a crash, by whatever else keeps data as if on this disk. */
  readonly onCrash: ((random: SeededRandom) => void)[] = []

  private readonly folders = new Map<string, Folder>()
  private readonly locks = new Set<string>()
  private life = 0
  private isDown = false

  /** The power failed and has not come back. */
  get isOff(): boolean {
    return this.isDown
  }

  /** Counts a step, and refuses it where that was asked for. Returns whether the power fails with it. */
  private step(kind: DiskStep, action: string): boolean {
    this.refuseDown(action)
    if (this.isReadOnly) throw new DiskFault('EROFS', action)
    this.steps += 1
    this.taken.push(kind)
    const { failAtStep } = this
    if (failAtStep?.step === this.steps) {
      this.failAtStep = null
      throw new DiskFault(failAtStep.code, action)
    }
    this.isDown = this.steps >= this.crashAtStep
    return this.isDown
  }

  /** A step of something else that keeps data as if on this disk. */
  takeStep(kind: DiskStep): void {
    if (this.step(kind, kind)) throw new DiskFault('EIO', 'the power failed')
  }

  private refuseDown(action: string): void {
    if (this.isDown) throw new DiskFault('EIO', `the power is off: ${action}`)
  }

  /** The power comes back: what was not synced is left as `random` has it, open files and locks are gone. */
  restart(random: SeededRandom): void {
    for (const folder of this.folders.values()) {
      for (const change of folder.pending.slice(0, random.below(folder.pending.length + 1))) change(folder.durable)
      folder.current = new Map(folder.durable)
      folder.pending = []
      for (const file of folder.current.values()) file.crash(random)
    }
    for (const listener of this.onCrash) listener(random)
    this.locks.clear()
    this.life += 1
    this.isDown = false
    this.crashAtStep = Number.POSITIVE_INFINITY
  }

  /** The process ends and another begins: nothing is lost, open files and locks are gone. */
  kill(): void {
    this.locks.clear()
    this.life += 1
  }

  /** Paths of all files, sorted. */
  paths(): string[] {
    return [...this.folders].flatMap(([path, folder]) => [...folder.current.keys()].map((name) => `${path}/${name}`)).sort()
  }

  contents(path: string): Uint8Array {
    return this.find(path).current.slice()
  }

  /** Changes a file's bytes where they lie. */
  damage(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    this.find(path).damage(change)
  }

  /** All files as they are now, to come back to. */
  snapshot(): Map<string, Uint8Array> {
    return new Map(this.paths().map((path) => [path, this.contents(path)]))
  }

  private folder(path: string, action: string): Folder {
    const folder = this.folders.get(path)
    if (folder === undefined) throw new DiskFault('ENOENT', action)
    return folder
  }

  private find(path: string): SimulatedFile {
    const [folder, name] = split(path)
    const file = this.folder(folder, path).current.get(name)
    if (file === undefined) throw new DiskFault('ENOENT', path)
    return file
  }

  private change(path: string, apply: (names: Map<string, SimulatedFile>) => void): void {
    const folder = this.folder(path, path)
    apply(folder.current)
    folder.pending.push(apply)
  }

  async kindOf(path: string): Promise<'file' | 'directory' | null> {
    this.refuseDown(path)
    if (this.folders.has(path)) return 'directory'
    const [folder, name] = split(path)
    return this.folders.get(folder)?.current.has(name) === true ? 'file' : null
  }

  async list(path: string): Promise<string[]> {
    this.refuseDown(path)
    const inside = [...this.folders.keys()].filter((folder) => split(folder)[0] === path).map((folder) => split(folder)[1])
    return [...this.folder(path, `list ${path}`).current.keys(), ...inside]
  }

  async makeDirectory(path: string): Promise<void> {
    if (this.folders.has(path)) return
    this.step('create', `make ${path}`)
    const [above] = split(path)
    if (above !== '' && !this.folders.has(above)) this.folders.set(above, emptyFolder())
    this.folders.set(path, emptyFolder())
  }

  async open(path: string, mode: 'read' | 'change' | 'create'): Promise<OpenFile> {
    this.refuseDown(path)
    if (mode === 'create') {
      const [folder, name] = split(path)
      if (this.folder(folder, path).current.has(name)) throw new DiskFault('EEXIST', path)
      const file = new SimulatedFile()
      const isLast = this.step('create', path)
      this.change(folder, (names) => names.set(name, file))
      if (isLast) throw new DiskFault('EIO', 'the power failed')
    } else if (mode === 'change' && this.isReadOnly) {
      throw new DiskFault('EROFS', path)
    }
    return this.handle(this.find(path), path)
  }

  async rename(from: string, to: string): Promise<void> {
    const [folder, name] = split(to)
    const [, oldName] = split(from)
    const file = this.find(from)
    const isLast = this.step('rename', `${from} to ${to}`)
    this.change(folder, (names) => {
      names.delete(oldName)
      names.set(name, file)
    })
    if (isLast) throw new DiskFault('EIO', 'the power failed')
  }

  async remove(path: string): Promise<void> {
    const [folder, name] = split(path)
    this.find(path)
    const isLast = this.step('remove', path)
    this.change(folder, (names) => names.delete(name))
    if (isLast) throw new DiskFault('EIO', 'the power failed')
  }

  async removeDirectory(path: string): Promise<void> {
    this.refuseDown(path)
    for (const folder of Array.from(this.folders.keys())) if (folder === path || folder.startsWith(`${path}/`)) this.folders.delete(folder)
  }

  async syncDirectory(path: string): Promise<void> {
    const folder = this.folder(path, `sync ${path}`)
    if (this.step('sync-directory', path)) throw new DiskFault('EIO', 'the power failed')
    for (const change of folder.pending) change(folder.durable)
    folder.pending = []
  }

  async lock(path: string): Promise<{ release(): Promise<void> } | null> {
    this.refuseDown(path)
    const [folder, name] = split(path)
    if (this.isReadOnly) throw new DiskFault('EROFS', path)
    if (!this.folder(folder, path).current.has(name)) this.change(folder, (names) => names.set(name, new SimulatedFile()))
    if (this.locks.has(path)) return null
    this.locks.add(path)
    const { life } = this
    return {
      release: async () => {
        if (life === this.life) this.locks.delete(path)
      },
    }
  }

  private handle(file: SimulatedFile, path: string): OpenFile {
    const { life } = this
    const alive = (): void => {
      this.refuseDown(path)
      if (life !== this.life) throw new DiskFault('EBADF', path)
    }
    return {
      read: async (buffer, position) => {
        alive()
        const bytes = file.current.subarray(position, position + buffer.length)
        buffer.set(bytes)
        return bytes.length
      },
      write: async (parts, position) => {
        alive()
        return this.write(file, path, concat(parts), position)
      },
      sync: async () => {
        alive()
        this.sync(file, path)
      },
      truncate: async (length) => {
        alive()
        const isLast = this.step('truncate', path)
        file.truncate(length)
        if (isLast) throw new DiskFault('EIO', 'the power failed')
      },
      length: async () => {
        alive()
        return file.current.length
      },
      close: async () => undefined,
    }
  }

  /** A write that fails or is cut short by the power may still have written a part. */
  private write(file: SimulatedFile, path: string, bytes: Uint8Array, position: number): number {
    const taken = bytes.subarray(0, Math.min(bytes.length, this.writeBytesMax))
    let isLast: boolean
    try {
      isLast = this.step('write', path)
    } catch (error) {
      if (!this.isReadOnly && !this.isDown) file.write(position, taken.subarray(0, taken.length >> 1))
      throw error
    }
    file.write(position, taken)
    if (isLast) throw new DiskFault('EIO', 'the power failed')
    return taken.length
  }

  private sync(file: SimulatedFile, path: string): void {
    let isLast: boolean
    try {
      isLast = this.step('sync', path)
    } catch (error) {
      if (!this.isDown) file.forgetPending()
      throw error
    }
    if (isLast) throw new DiskFault('EIO', 'the power failed')
    file.sync()
  }
}

function emptyFolder(): Folder {
  return { current: new Map(), durable: new Map(), pending: [] }
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(0, at), path.slice(at + 1)]
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
