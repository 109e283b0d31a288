import { Hash } from '../text/hash.tsx'

/** Names authorities as the network page does; null for whoever is none now. */
export type NameOf = (address: string) => string | null

/** An identity: by its name where it has one here, and its address. */
export function Who({ address, nameOf }: { address: string; nameOf: NameOf }) {
  return (
    <>
      {nameOf(address)} <Hash text={address} />
    </>
  )
}
