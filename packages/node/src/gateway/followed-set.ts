import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TelltaleError, bytesToHex, decodeLinks, encodeLinks, followLinks, setHash } from '@telltale/core'
import type { AuthoritySet, PinnedCheckpoint, Primitives } from '@telltale/core'
import type { FastifyBaseLogger } from 'fastify'
import { writeDurably } from '../keys/durable-file.ts'

/** The authorities that a gateway believes: those of its pin, or to whom links led from there. */
export interface FollowedSet {
  authorities(): AuthoritySet
  /** Asks for links to newer authorities, and believes them where every signature holds; what they were is logged, and so is why they are not believed. */
  follow(): Promise<void>
}

interface FollowedSetInit {
  /** Links that were followed lie in it, beside the pin. */
  directory: string
  pin: PinnedCheckpoint
  /** Links from the set with this hash, in hexadecimal, as somebody who is not believed gives them: cbor [* link]. */
  links(setHash: string): Promise<Uint8Array>
  primitives: Primitives
  log: FastifyBaseLogger
}

const LINKS_FILE = 'links'

/** Goes on where links led before; each of them is checked again (the codes of `followLinks` and `decodeLinks`). */
export async function openFollowedSet({ directory, pin, links, primitives, log }: FollowedSetInit): Promise<FollowedSet> {
  const path = join(directory, LINKS_FILE)
  const { network } = pin.checkpoint
  let followed = decodeLinks(await readFile(path).catch(noLinks))
  let set = await followLinks(pin.set, followed, network, primitives)
  const step = async (): Promise<void> => {
    const found = decodeLinks(await links(bytesToHex(setHash(set, primitives))))
    // What follows the last change proves nothing that has to be kept.
    const changes = found.slice(0, found.findLastIndex((link) => link.set !== null) + 1)
    if (changes.length === 0) return
    const next = await followLinks(set, changes, network, primitives)
    const all = [...followed, ...changes]
    await writeDurably(path, encodeLinks(all), { mode: 0o600, replace: true })
    followed = all
    set = next
    log.info({ authorities: next.map(({ address }) => address) }, 'authorities-changed')
  }
  return {
    authorities: () => set,
    async follow() {
      try {
        await step()
      } catch (error) {
        if (!(error instanceof TelltaleError)) throw error
        const { code, message } = error
        log.warn({ code, message }, 'authorities-not-followed')
      }
    },
  }
}

function noLinks(error: NodeJS.ErrnoException): Uint8Array {
  if (error.code === 'ENOENT') return encodeLinks([])
  throw error
}
