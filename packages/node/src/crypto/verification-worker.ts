import { parentPort } from 'node:worker_threads'
import { isValidSignature } from '@telltale/core'
import { createNodePrimitives } from './node-primitives.ts'
import { unpackChecks } from './verification-protocol.ts'

/** Runs in a worker: checks one batch after the other. */
const primitives = createNodePrimitives()

parentPort?.on('message', (buffer: ArrayBuffer) => {
  const answers = Uint8Array.from(unpackChecks(buffer), (check) => (isValidSignature(check, primitives) === true ? 1 : 0))
  parentPort?.postMessage(answers, [answers.buffer])
})
