import { randomBytes, timingSafeEqual } from 'node:crypto'
import { ARGON2_DEFAULTS, passwordToKey } from '../keys/secret-box.ts'
import type { Argon2Parameters } from '../keys/secret-box.ts'

/** What is kept of a password: argon2id (RFC 9106) with the parameters of key files. */
export interface PasswordHash {
  argon2id: Argon2Parameters
  hash: Uint8Array
}

export type PasswordCost = Omit<Argon2Parameters, 'salt'>

export async function hashPassword(password: string, cost: PasswordCost = ARGON2_DEFAULTS): Promise<PasswordHash> {
  const argon2id = { ...cost, salt: new Uint8Array(randomBytes(16)) }
  return { argon2id, hash: await passwordToKey(password, argon2id) }
}

export async function isPasswordOf(password: string, { argon2id, hash }: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await passwordToKey(password, argon2id), hash)
}

/** Takes as long as a true check of `like`, and never holds: for names that nobody has. */
export async function refusePassword(password: string, like: PasswordHash | undefined): Promise<false> {
  const argon2id = { ...(like?.argon2id ?? ARGON2_DEFAULTS), salt: new Uint8Array(randomBytes(16)) }
  timingSafeEqual(await passwordToKey(password, argon2id), new Uint8Array(32))
  return false
}
