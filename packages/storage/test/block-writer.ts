/** Commits blocks to the store in the directory that it is given, and writes the height of each once it is acknowledged, until it is killed. */
import { attachmentOf, blockCommit, row, textBytes } from '@telltale/testing'
import { createStore } from '../src/create-store.ts'

const [directory] = process.argv.slice(2)
const store = await createStore({ directory: directory as string, create: true })
for (let height = store.rowsHeight + 1; height <= store.height; height++) await store.replay(height, [row(`row ${height}`, 'x')], null)
for (;;) {
  const height = store.height + 1
  const attachments = [attachmentOf(textBytes(`attachment of ${height}`))]
  await store.commit(blockCommit(height, 'block', { rows: [row(`row ${height}`, 'x')], attachments }))
  process.stdout.write(`${height}\n`)
}
