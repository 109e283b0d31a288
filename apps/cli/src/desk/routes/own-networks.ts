import { Hash, answers, forOperators, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import type { DeskContext } from '../desk.ts'
import { PASSWORD_CHARACTERS_MIN, createOwnNetwork, folderBeside } from '../own-network.ts'

/** More than is allowed, so that somebody who types too much is told so in words. */
const TYPED_CHARACTERS_MAX = 1000

const Typed = Type.String({ maxLength: TYPED_CHARACTERS_MAX })
const Place = shape({ beside: Type.String({ description: 'folder in which a new network is made' }), passwordCharactersMin: Type.Integer() })
const Wanted = shape({ name: Typed, password: Type.Optional(Typed), folder: Typed })
const Made = shape({ directory: Type.String(), network: Hash, name: Type.String(), hasPassword: Type.Boolean(), command: Type.String({ description: 'starts its node' }), from: Type.String({ description: 'folder to type it in' }) })

/** From the demonstration to a network of one's own: what the command `init` does. */
export function ownNetworks(server: TypedServer, { home, isDemo }: DeskContext): void {
  if (!isDemo) return
  server.get(
    '/v1/desk/networks',
    { config: forOperators, schema: { operationId: 'getOwnNetworkPlace', tags: ['desk'], summary: 'Where a network of your own would lie', response: answers({ 200: Place }) } },
    async () => ({ beside: folderBeside(home.directory), passwordCharactersMin: PASSWORD_CHARACTERS_MIN }),
  )
  server.post(
    '/v1/desk/networks',
    { config: forOperators, schema: { operationId: 'createOwnNetwork', tags: ['desk'], summary: 'Makes a network of your own, beside the demo', body: Wanted, response: answers({ 200: Made }, [409, 413, 415, 503]) } },
    async ({ body: { name, password, folder } }) => createOwnNetwork(home.directory, { name, password: password === undefined || password === '' ? undefined : password, folder }),
  )
}
