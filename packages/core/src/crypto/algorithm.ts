import { fail } from '../errors.ts'

/** COSE algorithms a key may be registered with (RFC 9053; the numbers foreign tools know today, not yet RFC 9864's). */
export type Algorithm = 'EdDSA' | 'ES256' | 'ES256K' | 'RS256'

const NUMBERS: Record<Algorithm, number> = { EdDSA: -8, ES256: -7, ES256K: -47, RS256: -257 }

export const ALGORITHMS = Object.keys(NUMBERS) as Algorithm[]

export function algorithmToNumber(algorithm: Algorithm): number {
  return NUMBERS[algorithm]
}

/** The algorithm of a COSE number (`unknown-algorithm`). */
export function numberToAlgorithm(number: number): Algorithm {
  for (const algorithm of ALGORITHMS) if (NUMBERS[algorithm] === number) return algorithm
  throw fail('unknown-algorithm', `COSE algorithm ${number} is not supported.`, { expected: ALGORITHMS.map((name) => `${name} (${NUMBERS[name]})`).join(', '), found: String(number) })
}
