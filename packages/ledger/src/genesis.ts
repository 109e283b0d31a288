import { AUTHORITIES_MAX, asArray, asBytes, asExactly, asText, asUint, asVersioned, concatBytes, decode, encode, fail, isValidSignature, keyFields, keyToAddress, publicKeyFromCose, publicKeyToCose, signStatement, statementCheck } from '@telltale/core'
import type { Cbor, Primitives, PublicKey, Signer } from '@telltale/core'
import { parametersFromCbor, parametersToCbor } from './parameters.ts'
import type { Parameters } from './parameters.ts'

/** One authority of the first hour: it signed for its own key, so that nobody enrols another's. */
interface GenesisAuthority {
  address: string
  key: PublicKey
  signature: Uint8Array
}

/** The first file of a network. Its SHA-256 is the network's identity, for ever. */
export interface Genesis {
  timeMs: number
  parameters: Parameters
  authorities: GenesisAuthority[]
}

const MAGIC = 'tt-genesis'
const ENGINE = 'chain'
const FIRST_ERA = 0

function genesisToCbor(genesis: Genesis, withSignatures: boolean): Cbor[] {
  const authorities = genesis.authorities.map(({ address, key, signature }) => (withSignatures ? [address, publicKeyToCose(key), signature] : [address, publicKeyToCose(key)]))
  return [MAGIC, 1, FIRST_ERA, null, ENGINE, genesis.timeMs, parametersToCbor(genesis.parameters), authorities]
}

/** While a network has no id, its key statements are bound to 32 zero bytes and the hash of the genesis without its signatures. */
function unsignedNetwork(genesis: Genesis, primitives: Primitives): Uint8Array {
  return concatBytes(new Uint8Array(32), primitives.sha256(encode(genesisToCbor(genesis, false))))
}

export interface GenesisFile {
  genesis: Genesis
  bytes: Uint8Array
  /** SHA-256 of `bytes`. */
  network: Uint8Array
}

/** A genesis signed by every authority in it; all keys have number 0. */
export async function createGenesis(timeMs: number, parameters: Parameters, signers: Signer[], primitives: Primitives): Promise<GenesisFile> {
  const unsigned = signers.map((signer) => ({ address: keyToAddress(signer.publicKey, primitives), key: signer.publicKey, signature: new Uint8Array(0), signer }))
  unsigned.sort((a, b) => (a.address < b.address ? -1 : 1))
  const network = unsignedNetwork({ timeMs, parameters, authorities: unsigned }, primitives)
  const authorities: GenesisAuthority[] = []
  for (const { address, key, signer } of unsigned) {
    const { signature } = await signStatement('key', network, keyFields(address, 'authority', 0, null), signer)
    authorities.push({ address, key, signature })
  }
  const genesis = { timeMs, parameters, authorities }
  const bytes = encode(genesisToCbor(genesis, true))
  return { genesis, bytes, network: primitives.sha256(bytes) }
}

/** Reads a genesis and checks its form, order, addresses and signatures (`malformed-genesis` and the codes of the readers). */
export async function readGenesis(bytes: Uint8Array, primitives: Primitives): Promise<GenesisFile> {
  const [magic, , era, previous, engine, timeMs, parameters, triples] = asVersioned(decode(bytes), 'genesis', 8, 1)
  asExactly(magic, MAGIC, 'genesis')
  asExactly(era, FIRST_ERA, 'genesis era')
  if (previous !== null) throw malformed('no previous link in a first era')
  asExactly(engine, ENGINE, 'genesis engine')
  const items = asArray(triples, 'genesis authorities')
  if (items.length === 0 || items.length > AUTHORITIES_MAX) throw malformed(`1 to ${AUTHORITIES_MAX} authorities`)
  const authorities = items.map((item): GenesisAuthority => {
    const [address, key, signature] = asArray(item, 'genesis authority', 3)
    return { address: asText(address, 'genesis authority address', 64), key: publicKeyFromCose(key), signature: asBytes(signature, 'genesis authority signature') }
  })
  const genesis: Genesis = { timeMs: asUint(timeMs, 'genesis time'), parameters: parametersFromCbor(parameters), authorities }
  const unsigned = unsignedNetwork(genesis, primitives)
  for (const [i, { address, key, signature }] of authorities.entries()) {
    if (i > 0 && authorities[i - 1]!.address >= address) throw malformed('authorities in ascending order of address, each once')
    if (address !== keyToAddress(key, primitives)) throw malformed('each authority at the address of its key')
    const check = statementCheck('key', unsigned, keyFields(address, 'authority', 0, null), key, { keyNumber: 0, signature })
    if (!(await isValidSignature(check, primitives))) throw malformed('the signature of each authority')
  }
  return { genesis, bytes, network: primitives.sha256(bytes) }
}

function malformed(expected: string): Error {
  return fail('malformed-genesis', `The genesis file is not valid: expected ${expected}.`, { expected })
}
