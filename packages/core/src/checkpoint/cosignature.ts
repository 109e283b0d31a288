import { equalBytes } from '../bytes/compare.ts'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { decodeSign1, encodeSign1, signatureInput } from '../cose/sign1.ts'
import { readAlgorithm } from '../cose/transaction.ts'
import { algorithmToNumber } from '../crypto/algorithm.ts'
import type { Algorithm } from '../crypto/algorithm.ts'
import type { SignatureCheck } from '../crypto/signature-validity.ts'
import type { Signer } from '../crypto/signer.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { decode } from '../encoding/reader.ts'
import { asArray, asBytes, asMap, asText, asUint, wrongShape } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'
import { ISSUED_AT_SECONDS_MAX } from '../limits.ts'
import type { Authority } from './authority-set.ts'
import type { Checkpoint } from './checkpoint.ts'

/** An authority's signature on a checkpoint; `issuedAtSeconds` is its own clock (CWT NumericDate, RFC 8392) and never falls. */
export interface Cosignature {
  address: string
  keyNumber: number
  issuedAtSeconds: number
  signature: Uint8Array
}

const LABEL_ISS_SUB = 15
const LABEL_VDS = 395
const LABEL_VDP = 396
const LABEL_CHECKPOINT = -65537
const VDS_RFC9162_SHA256 = 1
const PROOF_INCLUSION = -1

/**
 * Protected header of cosignature and receipt (RFC 9942): claims iss, sub "tt:" + network and iat in 15; verifiable data structure 395; and what foreign
 * verifiers skip, [1, height, size, state root, set hash], under a private label.
 */
function cosignatureHeader(checkpoint: Omit<Checkpoint, 'logRoot'>, algorithm: Algorithm, signed: Omit<Cosignature, 'signature'>): Uint8Array {
  const claims = new Map<number, Cbor>([[1, signed.address], [2, `tt:${bytesToHex(checkpoint.network)}`], [6, signed.issuedAtSeconds]])
  return encode(
    new Map<number, Cbor>([
      [1, algorithmToNumber(algorithm)],
      [4, new Uint8Array([signed.keyNumber])],
      [LABEL_ISS_SUB, claims],
      [LABEL_VDS, VDS_RFC9162_SHA256],
      [LABEL_CHECKPOINT, [1, checkpoint.height, checkpoint.size, checkpoint.stateRoot, checkpoint.setHash]],
    ]),
  )
}

export async function cosign(checkpoint: Checkpoint, address: string, issuedAtSeconds: number, signer: Signer): Promise<Cosignature> {
  const signed = { address, keyNumber: signer.keyNumber, issuedAtSeconds }
  const header = cosignatureHeader(checkpoint, signer.publicKey.algorithm, signed)
  return { ...signed, signature: await signer.sign(signatureInput(header, checkpoint.logRoot)) }
}

/** The check that tells whether `authority` cosigned this checkpoint. */
export function cosignatureCheck(checkpoint: Checkpoint, authority: Authority, cosignature: Pick<Cosignature, 'issuedAtSeconds' | 'signature'>): SignatureCheck {
  const signed = { address: authority.address, keyNumber: authority.keyNumber, issuedAtSeconds: cosignature.issuedAtSeconds }
  const header = cosignatureHeader(checkpoint, authority.key.algorithm, signed)
  return { key: authority.key, message: signatureInput(header, checkpoint.logRoot), signature: cosignature.signature }
}

/** The COSE_Sign1 of a cosignature, payload (the log root) detached. */
export function encodeCosignature(checkpoint: Checkpoint, algorithm: Algorithm, cosignature: Cosignature): Uint8Array {
  return encodeSign1({ protectedBytes: cosignatureHeader(checkpoint, algorithm, cosignature), unprotected: new Map(), payload: null, signature: cosignature.signature })
}

/** What a cosignature says of itself, before anything is checked: who signed, when, and at what height (`wrong-shape` and the codes of the reader). */
export function readCosignature(bytes: Uint8Array): { cosignature: Cosignature; height: number } {
  const { protectedHeader: header, signature } = decodeSign1(bytes)
  const claims = asMap(header.get(LABEL_ISS_SUB), 'cosignature claims')
  const [, height] = asArray(header.get(LABEL_CHECKPOINT), 'cosignature checkpoint', 5)
  const cosignature = {
    address: asText(claims.get(1), 'cosignature iss', 64),
    keyNumber: asBytes(header.get(4), 'cosignature kid', 1)[0] as number,
    issuedAtSeconds: asUint(claims.get(6), 'cosignature iat', ISSUED_AT_SECONDS_MAX),
    signature,
  }
  return { cosignature, height: asUint(height, 'cosignature height') }
}

/** The checkpoint that a cosignature is about, as its header and what stands beside it state it; whether it holds is not looked at. Codes as `readCosignature`. */
export function readCosignedCheckpoint(bytes: Uint8Array, network: Uint8Array, logRoot: Uint8Array): Checkpoint {
  const [, height, size, stateRoot, setHash] = asArray(decodeSign1(bytes).protectedHeader.get(LABEL_CHECKPOINT), 'cosignature checkpoint', 5)
  return {
    network,
    height: asUint(height, 'cosignature height'),
    size: asUint(size, 'cosignature size'),
    logRoot,
    stateRoot: asBytes(stateRoot, 'cosignature state root', 32),
    setHash: asBytes(setHash, 'cosignature set hash', 32),
  }
}

/** An RFC 9942 receipt: the cosignature with an inclusion proof [size, index, path] under unprotected label 396. */
export function encodeReceipt(checkpoint: Checkpoint, algorithm: Algorithm, cosignature: Cosignature, index: number, path: Uint8Array[]): Uint8Array {
  return createReceiptEncoder(checkpoint, algorithm, cosignature)(index, path)
}

/** Encodes many receipts under one cosignature: their header is the same. */
export function createReceiptEncoder(checkpoint: Checkpoint, algorithm: Algorithm, cosignature: Cosignature): (index: number, path: Uint8Array[]) => Uint8Array {
  const protectedBytes = cosignatureHeader(checkpoint, algorithm, cosignature)
  return (index, path) => {
    const proofs = new Map<number, Cbor>([[PROOF_INCLUSION, [encode([checkpoint.size, index, path])]]])
    return encodeSign1({ protectedBytes, unprotected: new Map<number, Cbor>([[LABEL_VDP, proofs]]), payload: null, signature: cosignature.signature })
  }
}

/** A receipt's claims before any signature is checked; the proof's size is the signed one. */
export interface Receipt {
  network: Uint8Array
  algorithm: Algorithm
  cosignature: Cosignature
  height: number
  size: number
  stateRoot: Uint8Array
  setHash: Uint8Array
  index: number
  path: Uint8Array[]
}

/**
 * Reads a receipt (`malformed-cbor`, `not-canonical`, `wrong-shape`, `unknown-algorithm`): exactly what `encodeReceipt` writes, nothing beside it. Check it against a set with
 * `cosignatureCheck` over the root its path leads to.
 */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const { protectedBytes, protectedHeader: header, unprotected, payload, signature } = decodeSign1(bytes)
  const proofs = asMap(unprotected.get(LABEL_VDP), 'receipt proofs')
  if (payload !== null || unprotected.size !== 1 || proofs.size !== 1) throw wrongShape('receipt', 'a detached payload and one proof', unprotected)
  const claims = asMap(header.get(LABEL_ISS_SUB), 'receipt claims')
  const [, height, size, stateRoot, setHash] = asArray(header.get(LABEL_CHECKPOINT), 'receipt checkpoint', 5)
  const [proof] = asArray(proofs.get(PROOF_INCLUSION), 'receipt inclusion proofs', 1)
  const [proofSize, index, path] = asArray(decode(asBytes(proof, 'receipt inclusion proof')), 'receipt inclusion proof', 3)
  if (proofSize !== size) throw wrongShape('receipt proof size', 'the signed size', proofSize)
  const receipt = {
    network: readNetwork(claims.get(2)),
    algorithm: readAlgorithm(header.get(1)),
    cosignature: { address: asText(claims.get(1), 'receipt iss', 64), keyNumber: asBytes(header.get(4), 'receipt kid', 1)[0] as number, issuedAtSeconds: asUint(claims.get(6), 'receipt iat', ISSUED_AT_SECONDS_MAX), signature },
    height: asUint(height, 'receipt height'),
    size: asUint(size, 'receipt size'),
    stateRoot: asBytes(stateRoot, 'receipt state root', 32),
    setHash: asBytes(setHash, 'receipt set hash', 32),
    index: asUint(index, 'receipt index'),
    path: asArray(path, 'receipt path').map((hash) => asBytes(hash, 'receipt path hash', 32)),
  }
  // What was read makes the header again: so nothing else stands in it, and a check over the claims is a check over these bytes.
  if (!equalBytes(protectedBytes, cosignatureHeader(receipt, receipt.algorithm, receipt.cosignature))) throw wrongShape('receipt header', 'exactly the labels of a receipt', header)
  return receipt
}

function readNetwork(value: Cbor | undefined): Uint8Array {
  const sub = asText(value, 'receipt sub', 67)
  if (!/^tt:[0-9a-f]{64}$/.test(sub)) throw wrongShape('receipt sub', 'tt: and a network id', sub)
  return hexToBytes(sub.slice(3))
}
