import type { Decimal } from '../decimal.ts'

/** A CBOR item under tag 18 (COSE_Sign1); tag 4 becomes a Decimal. No other tag exists here. */
export class Tagged {
  readonly tag: 18
  readonly value: Cbor

  constructor(value: Cbor) {
    this.tag = 18
    this.value = value
  }
}

export type CborKey = number | string
export type CborMap = Map<CborKey, Cbor>

/** What our subset of deterministic CBOR can say (RFC 8949, 4.2.1): no floats, no undefined, nothing of indefinite length. */
export type Cbor = number | string | boolean | null | Uint8Array | Decimal | Tagged | Cbor[] | CborMap
