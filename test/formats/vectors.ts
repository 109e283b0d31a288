import assert from 'node:assert/strict'
import { TelltaleError, portable } from '@telltale/core'
import { LAMP_NAMES, verifyCertificate } from '@telltale/certificate'
import { applyChanges } from './changes.ts'
import { blockVectors, checkpointVectors } from './checkpoint-vectors.ts'
import { cborVectors, keyVectors } from './encoding-vectors.ts'
import { tellResumption } from './lone-story.ts'
import { tellLongStory } from './long-story.ts'
import { coverVectors, grantVectors, openVectors, refusedBodies, sealedVectors } from './record-vectors.ts'
import { refusalCases } from './refusal-cases.ts'
import type { RefusalCase } from './refusal-cases.ts'
import { tellRelay } from './relay-story.ts'
import { retentionVectors } from './retention-story.ts'
import { answersOf, sampleFiles } from './samples.ts'
import type { Samples } from './samples.ts'
import { tellSmallStory } from './small-story.ts'
import type { SmallStory } from './small-story.ts'
import { callVectors, statementVectors, transactionVectors } from './statement-vectors.ts'
import { stateVectors, treeVectors } from './tree-vectors.ts'
import { hex } from './vector.ts'
import type { Json, Vectors } from './vector.ts'

/** Everything that pins the formats, made anew from fixed keys and times: the JSON files of test/vectors and the sample files beside them. */
export async function makeVectors(): Promise<{ vectors: Vectors; samples: Samples }> {
  const small = await tellSmallStory()
  const long = await tellLongStory()
  const samples = await sampleFiles(small, long)
  const networks = { SMALL: small.history.ledger.network, LONG: long.history.ledger.network }
  return {
    samples,
    vectors: {
      cbor: cborVectors(),
      keys: await keyVectors(),
      statements: await statementVectors(small, long),
      transaction: transactionVectors(small),
      calls: callVectors(long, [await tellResumption(), await tellRelay(), await assetCall(small)]),
      records: { open: openVectors(), sealed: sealedVectors(small), covers: coverVectors(), grant: await grantVectors(long), refusedBodies: refusedBodies() },
      trees: treeVectors(small),
      state: stateVectors(small, long),
      blocks: await blockVectors(small),
      checkpoints: await checkpointVectors(small, long),
      retention: await retentionVectors(),
      certificates: { small: hex(small.certificate), answers: await answersOf(samples, networks) },
      refusals: { certificate: 'small.telltale', network: hex(networks.SMALL), cases: await judgeAll(small, await refusalCases(small)) },
    },
  }
}

async function assetCall({ history }: SmallStory): Promise<{ name: string; bytes: Uint8Array }> {
  return { name: 'create asset', bytes: (await history.reader.transaction(2)).bytes }
}

/** Each case, once the verifier gave the code and the lamp that it states. */
async function judgeAll({ certificate, history }: SmallStory, cases: RefusalCase[]): Promise<Json[]> {
  const judged: Json[] = []
  for (const { name, changes, code, lamp } of cases) {
    assert.deepEqual(await judge(applyChanges(certificate, changes), history.ledger.network), { code, lamp }, name)
    judged.push({ name, changes: changes as unknown as Json, code, lamp })
  }
  return judged
}

async function judge(bytes: Uint8Array, network: Uint8Array): Promise<{ code: string | undefined; lamp: string | null }> {
  try {
    const { refusal, lamps } = await verifyCertificate(bytes, { trust: { network } }, portable)
    return { code: refusal?.code, lamp: LAMP_NAMES.find((name) => lamps[name].state === 'refuted') ?? null }
  } catch (error) {
    if (error instanceof TelltaleError) return { code: error.code, lamp: null }
    throw error
  }
}
