import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, decodeRefused, encodeRefused, isName } from '@telltale/core'
import type { Primitives, RefusedTransaction } from '@telltale/core'
import { writeWhole } from './durable-write.ts'
import type { RefusedStorage } from './refused.ts'
import type { DeviceStorage } from './state.ts'

/** A device's state in one file. */
export function createFileStorage(path: string): DeviceStorage {
  return {
    async load() {
      try {
        return new Uint8Array(await readFile(path))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    save: (bytes) => writeWhole(path, bytes),
  }
}

const SUFFIX = '.refused'

/** A folder with one file for each refused transaction, `odometer-17-0a1b2c3d.refused`. */
export function createRefusedFolder(folder: string, primitives: Primitives): RefusedStorage {
  return {
    async keep(refused) {
      const { sub, sequence, bytes } = refused
      const hash = bytesToHex(primitives.sha256(bytes)).slice(0, 8)
      await writeWhole(join(folder, `${isName(sub) ? sub : 'other'}-${sequence}-${hash}${SUFFIX}`), encodeRefused(refused))
    },
  }
}

/** Everything that a folder of refused transactions holds, by name of file. */
export async function readRefusedFolder(folder: string): Promise<RefusedTransaction[]> {
  let names: string[]
  try {
    names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return Promise.all(names.map(async (name) => decodeRefused(new Uint8Array(await readFile(join(folder, name))))))
}
