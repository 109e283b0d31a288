import { Link } from '@tanstack/react-router'
import { words } from '../words.ts'

export function NotFound() {
  return (
    <>
      <h1>{words.shell.notFound}</h1>
      <p>
        <Link to="/">{words.shell.toOverview}</Link>
      </p>
    </>
  )
}
