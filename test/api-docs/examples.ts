import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { withExampleNode } from './example-node.ts'

/** An example of docs/api.md: a command, and what it prints. */
export interface Example {
  command: string
  kind: 'json' | 'text'
  printed: string
}

const EXAMPLE = /```sh\n(curl [^`]*?)\n```\n\n```(json|text)\n([^`]*?)\n```/g
/** Where the node of the page listens. */
const PLACE = 'http://127.0.0.1:8362'

export function readExamples(page: string): Example[] {
  return [...page.matchAll(EXAMPLE)].map(([, command, kind, printed]) => ({ command: command as string, kind: kind as Example['kind'], printed: printed as string }))
}

/** Runs the commands in their order against one example node, and answers with what each prints: JSON laid out for people. */
export async function runExamples(examples: Example[]): Promise<string[]> {
  return withExampleNode(async (url, folder) => {
    const outputs: string[] = []
    for (const { command, kind } of examples) {
      const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll(PLACE, url)], { cwd: folder, timeout: 20_000 }).catch((error: { stdout: string; code: unknown }) => error)
      outputs.push(kind === 'json' ? JSON.stringify(JSON.parse(stdout), null, 2) : stdout.replaceAll('\r', '').trim())
    }
    return outputs
  })
}

/** The page with what its commands print now. */
export async function rewriteExamples(page: string): Promise<string> {
  const outputs = await runExamples(readExamples(page))
  let i = 0
  return page.replaceAll(EXAMPLE, (_, command: string, kind: string) => `\`\`\`sh\n${command}\n\`\`\`\n\n\`\`\`${kind}\n${outputs[i++] as string}\n\`\`\``)
}
