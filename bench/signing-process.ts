import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { keyToAddress } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { createNodePrimitives, createNodeSigner } from '@telltale/node'
import { measureCeiling } from './ceiling.ts'
import type { Cost } from './ceiling.ts'
import { signRecords } from './network.ts'
import type { BenchKey, Heads } from './network.ts'

/** The devices' side in a process of its own, so that memory and time of a node are not mixed with those of its load. */
export interface SigningProcess {
  /** The next `perDevice` records of every device. */
  sign(perDevice: number): Promise<Submission[]>
  /** What a check costs the machine now, measured there: the workers for it would count as memory of the node. */
  ceiling(): Promise<Cost>
  stop(): void
}

interface Init {
  network: Uint8Array
  secrets: Uint8Array[]
}

export function startSigning(init: Init): SigningProcess {
  const child: ChildProcess = fork(import.meta.filename, [], { serialization: 'advanced' })
  child.send({ network: init.network, secrets: init.secrets })
  return {
    async sign(perDevice) {
      child.send({ perDevice })
      const [submissions] = (await once(child, 'message')) as [Submission[]]
      return submissions
    },
    async ceiling() {
      child.send('ceiling')
      const [cost] = (await once(child, 'message')) as [Cost]
      return cost
    },
    stop: () => void child.kill(),
  }
}

function serve(): void {
  const primitives = createNodePrimitives()
  const heads: Heads = new Map()
  let network: Uint8Array = new Uint8Array(32)
  let devices: BenchKey[] = []
  process.on('message', (message: Init | { perDevice: number } | 'ceiling') => {
    if (message === 'ceiling') return void measureCeiling('EdDSA', primitives).then((cost) => process.send?.(cost))
    if ('secrets' in message) {
      network = message.network
      devices = message.secrets.map((secret) => {
        const signer = createNodeSigner('EdDSA', secret, 0)
        return { signer, address: keyToAddress(signer.publicKey, primitives) }
      })
      return
    }
    void signRecords({ network, devices }, message.perDevice, 250, primitives, heads).then((submissions) => process.send?.(submissions))
  })
}

if (import.meta.main) serve()
