import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from '@telltale/core'
import { createChain, createInlineVerifier } from '@telltale/consensus'
import { createLedgerReader } from '@telltale/ledger'
import { DEFAULT_LIMITS, createApiServer, silentLog } from '@telltale/node/service'
import { CALLS, admit, createAsset, createPlainStore, createTestNetwork, enrolDevice, recordContent, role, testIdentity } from '@telltale/testing'

/** When everything in the examples happens. */
const START_MS = 1_767_225_600_000

interface ExampleNode {
  url: string
  close(): Promise<void>
}

/** Runs `work` with an example node and a folder that go when it ends. */
export async function withExampleNode<T>(work: (url: string, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-example-'))
  try {
    const node = await startExampleNode(folder)
    try {
      return await work(node.url, folder)
    } finally {
      await node.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/**
 * The node that docs/api.md talks to: fixed keys and a fixed clock, so that it gives the same answers everywhere. A car with one stream and three sealed
 * records; the fourth lies in `record.cbor` of the folder, ready to be sent.
 */
async function startExampleNode(folder: string): Promise<ExampleNode> {
  const store = createPlainStore()
  const network = await createTestNetwork({ authorities: 1, store, timeMs: START_MS, parameters: { name: 'example' } })
  const [owner, device] = [testIdentity(10), testIdentity(11)]
  await admit(network, owner, { roles: [role('owner')] })
  const asset = await createAsset(network, { owner })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  await store.writeSigned({ sealedHeight: 0, sealedId: network.ledger.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
  const { ledger, primitives } = network
  const [authority] = network.authorities
  const clock = { nowMs: () => START_MS + 60_000 }
  const chain = await createChain({ ledger, signer: authority!.signer, address: authority!.address, verifier: createInlineVerifier(primitives), primitives, clock })
  const next = async (): Promise<{ bytes: Uint8Array; attachments: Uint8Array[] }> => {
    const { args, body, sequence } = recordContent(network, device, 'odometer', { epoch: 0 })
    return { bytes: await network.sign({ key: device, call: CALLS.record, sub: 'odometer', args, sequence }), attachments: [body] }
  }
  for (let i = 0; i < 3; i++) await chain.submit(await next())
  const { bytes, attachments } = await next()
  await writeFile(join(folder, 'record.cbor'), encode([[bytes, attachments]]))
  const api = await createApiServer({
    ledger,
    chain,
    reader: createLedgerReader(ledger, primitives),
    peers: null,
    primitives,
    clock,
    log: silentLog(),
    version: '0.1.0',
    isDemo: true,
    access: { token: null, isAnyHost: false, accounts: null },
    limits: DEFAULT_LIMITS,
    tls: null,
    isBehindProxy: false,
    mounts: [],
    pages: null,
  })
  await api.server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.server.server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      api.announceStop()
      await api.server.close()
      await chain.stop()
    },
  }
}
