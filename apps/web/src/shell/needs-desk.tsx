import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { useDesk } from '../api/desk.ts'
import type { Desk } from '../api/desk.ts'
import { words } from '../words.ts'
import { Card } from './card.tsx'

/** What only the owner at the node's machine may do: with their desk, or how one gets to it. */
export function NeedsDesk({ children }: { children: (desk: Desk) => ReactNode }) {
  const desk = useDesk()
  if (desk) return children(desk)
  if (desk === undefined) return <Skeleton height={200} />
  return (
    <Card>
      <p>{words.desk.needed}</p>
      <p>{words.desk.how}</p>
    </Card>
  )
}
