import { useLocalStorage } from '@mantine/hooks'

/** A network that somebody said they trust, on this device. */
export interface TrustedNetwork {
  /** Fingerprint, 64 hexadecimal digits. */
  id: string
  name: string
}

const KEY = 'telltale.trusted-networks'
/** Far more than anybody deals with; keeps a page from filling the storage. */
const TRUSTED_MAX = 50

/** Networks that are trusted on this device. What another page or version left in the storage is read with care. */
export function useTrustedNetworks(): { trusted: TrustedNetwork[]; trust(network: TrustedNetwork): void; forget(id: string): void } {
  const [trusted, setTrusted] = useLocalStorage<TrustedNetwork[]>({ key: KEY, defaultValue: [], deserialize: readTrusted, getInitialValueInEffect: false })
  return {
    trusted,
    trust: (network) => setTrusted((list) => [network, ...list.filter(({ id }) => id !== network.id)].slice(0, TRUSTED_MAX)),
    forget: (id) => setTrusted((list) => list.filter((network) => network.id !== id)),
  }
}

function readTrusted(text: string | undefined): TrustedNetwork[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(list) ? list.filter(isTrusted).slice(0, TRUSTED_MAX) : []
  } catch {
    // Not ours, or cut off: nothing is trusted.
    return []
  }
}

function isTrusted(item: unknown): item is TrustedNetwork {
  const { id, name } = (item ?? {}) as Partial<TrustedNetwork>
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id) && typeof name === 'string'
}
