import assert from 'node:assert/strict'
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '@telltale/client'
import { runCommand } from '../process.ts'
import type { Fault, Scene } from './acts.ts'
import type { RelayedNode } from './relayed-nodes.ts'

/** What a node goes on for, and signs, after its backup was made. */
const SIGNS_ON_MS = 8_000
const PATIENCE_MS = 60_000

/** Runs a command that has to succeed; what it printed. */
async function run<T>(args: string[]): Promise<T> {
  const { status, document } = await runCommand<T>(args)
  assert.equal(status, 0, `${args.join(' ')}: ${JSON.stringify(document)}`)
  return document
}

/** Runs a command that has to be refused with a code. */
async function refused(args: string[], code: string): Promise<void> {
  const { status, document } = await runCommand<{ error?: { code: string } }>(args)
  assert.ok(status !== 0 && document.error?.code === code, `${args.join(' ')}: ${JSON.stringify(document)}`)
}

/** Waits until others see a vote of the authority above all that it signed before. */
async function signsAgain({ network }: Scene, node: RelayedNode, above: number): Promise<void> {
  const other = network.nodes.find((one) => one !== node) as RelayedNode
  const endMs = performance.now() + PATIENCE_MS
  while ((await voteOf(other, node.address)) <= above) {
    assert.ok(performance.now() < endMs, `${node.name} votes no more`)
    await wait(200)
  }
}

async function voteOf(seenBy: RelayedNode, address: string): Promise<number> {
  const { authorities } = await createClient({ url: seenBy.url }).call('listAuthorities', {})
  return authorities.find((one) => one.address === address)?.vote?.height ?? 0
}

/** A backup is made while the node runs; it goes on signing, ends, and comes back as the backup has it: in the place of its store, or where its disk was lost with all that it knew. */
export function restored(scene: Scene, node: RelayedNode, isDiskLost: boolean): Fault {
  const backup = join(scene.folder, `backup-${node.name}-${isDiskLost ? 'lost' : 'kept'}`)
  let last = 0
  return {
    name: `restore ${node.name} from a backup${isDiskLost ? ', its disk lost' : ''}`,
    to: [node],
    async begin() {
      const { height } = await run<{ height: number }>(['store', 'backup', backup, '--data', node.data])
      scene.load.through(scene.network.nodes)
      await wait(SIGNS_ON_MS)
      last = await voteOf(node, node.address)
      assert.ok(last > height + 2, `${node.name} signed up to ${last} after the backup at ${height}`)
      await node.kill()
      if (isDiskLost) rmSync(node.data, { recursive: true })
    },
    during: async () => wait(1_000),
    async end() {
      const { signed } = await run<{ signed: string }>(['store', 'restore', backup, '--data', node.data])
      assert.equal(signed, isDiskLost ? 'whole' : 'behind')
      await node.start()
      await signsAgain(scene, node, last)
    },
  }
}

/** What operation.md forbids: the whole directory is copied, the node goes on signing, and the copy comes back in its place. */
export function copiedBack(scene: Scene, node: RelayedNode): Fault {
  const copy = join(scene.folder, `copy-${node.name}`)
  let last = 0
  return {
    name: `go on from an old copy of ${node.name}`,
    to: [node],
    async begin() {
      await node.stop()
      cpSync(node.data, copy, { recursive: true, preserveTimestamps: true })
      await node.start()
      scene.load.through(scene.network.nodes)
      const height = scene.watch.finalHeight(scene.network.nodes)
      await scene.watch.above([node], height + 5, performance.now())
      last = await voteOf(node, node.address)
      await node.kill()
    },
    during: async () => wait(1_000),
    async end() {
      rmSync(node.data, { recursive: true })
      renameSync(copy, node.data)
      await node.start()
      await signsAgain(scene, node, last)
    },
  }
}

/** The file of what an authority signed is gone: it does not start, and goes on once that is accepted by command. */
export function signedLost(scene: Scene, node: RelayedNode): Fault {
  let last = 0
  return {
    name: `lose store/signed of ${node.name}`,
    to: [node],
    async begin() {
      last = await voteOf(node, node.address)
      await node.kill()
      rmSync(join(node.data, 'store', 'signed'))
    },
    during: async () => refused(['start', '--data', node.data, '--listen', '127.0.0.1:0', '--peer-listen', '/ip4/127.0.0.1/tcp/0'], 'signed-state-lost'),
    async end() {
      await run(['store', 'repair', '--accept-loss', '--data', node.data])
      await node.start()
      await signsAgain(scene, node, last)
    },
  }
}

/** Everything but the keys is gone, and there is no backup: the node joins anew as who it was, with the genesis that the others give. */
export function wiped(scene: Scene, node: RelayedNode): Fault {
  const keys = join(scene.folder, `keys-${node.name}`)
  const genesis = join(scene.folder, `${node.name}.genesis`)
  let last = 0
  return {
    name: `wipe ${node.name} but for its keys`,
    to: [node],
    async begin() {
      last = await voteOf(node, node.address)
      await node.kill()
      renameSync(join(node.data, 'keys'), keys)
      rmSync(node.data, { recursive: true })
    },
    during: async () => wait(2_000),
    async end() {
      const other = scene.network.nodes.find((one) => one !== node) as RelayedNode
      writeFileSync(genesis, Buffer.from(await (await fetch(`${other.url}/v1/genesis`)).arrayBuffer()))
      cpSync(keys, join(node.data, 'keys'), { recursive: true })
      await run(['init', '--data', node.data, '--join', genesis])
      await node.start()
      if (node.role === 'authority') await signsAgain(scene, node, last)
    },
  }
}
