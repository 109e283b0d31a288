import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getJson } from '../api/request.ts'
import { Card } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { NeedsDesk } from '../shell/needs-desk.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { words } from '../words.ts'
import { MadeNetwork } from './made-network.tsx'
import type { OwnNetwork } from './made-network.tsx'
import { OwnForm } from './own-form.tsx'
import type { Place } from './own-form.tsx'

/** From the demo to a network of one's own, in a folder beside it. */
export function OwnPage() {
  return (
    <div className={layout.page}>
      <PageHead title={words.own.title}>{words.own.subtitle}</PageHead>
      <NeedsDesk>{(desk) => (desk.isDemo ? <Maker /> : <Card>{words.own.onlyDemo}</Card>)}</NeedsDesk>
    </div>
  )
}

function Maker() {
  const place = useQuery({ queryKey: ['own-network-place'], queryFn: ({ signal }) => getJson<Place>('/v1/desk/networks', signal), staleTime: Infinity })
  const [made, setMade] = useState<OwnNetwork | null>(null)
  if (made) return <MadeNetwork made={made} />
  return (
    <Loaded query={place} height={380}>
      {(data) => <OwnForm place={data} onMade={setMade} />}
    </Loaded>
  )
}
