import { useParams } from '@tanstack/react-router'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { PageHead } from '../shell/page-head.tsx'
import { words } from '../words.ts'
import { documentedCodes } from './documented-codes.ts'

/** What a code means, where the type of a problem leads. */
export function CodePage() {
  const { code } = useParams({ from: '/codes/$code' })
  const found = documentedCodes().find((documented) => documented.code === code)
  return (
    <div className={layout.page}>
      <PageHead title={code}>{found ? found.area : words.codes.unknown}</PageHead>
      {found && (
        <Card>
          <Facts
            facts={[
              [words.codes.meaning, plain(found.meaning)],
              [words.codes.whatToDo, plain(found.whatToDo)],
            ]}
          />
        </Card>
      )}
    </div>
  )
}

/** Marks of Markdown are for the document. */
function plain(text: string): string {
  return text.replaceAll('`', '').replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
}
