/**
 * Writes test/vectors/certificates: honest and forged certificates, and in expected.json what `telltale verify` answers to each. Other implementations are tested
 * with them. A difference to what lies there means that a format, or what the verifier says, has changed.
 */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const program = resolve(root, 'packages/certificate/test/samples/main.ts')
process.exitCode = spawnSync(process.execPath, [program, resolve(root, 'test/vectors/certificates')], { stdio: 'inherit' }).status ?? 1
