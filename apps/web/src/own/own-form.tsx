import { Button, Checkbox, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { TelltaleError } from '@telltale/core'
import { problemOf } from '../api/problem.ts'
import { postJson } from '../api/request.ts'
import { Card } from '../shell/card.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import { words } from '../words.ts'
import type { OwnNetwork } from './made-network.tsx'
import styles from './own.module.css'

/** Where a new network would lie, and what its password needs. */
export interface Place {
  beside: string
  passwordCharactersMin: number
}

type Field = 'name' | 'password' | 'folder'

/** The field that a refusal is about. */
const FIELDS: Record<string, Field> = {
  'malformed-name': 'name',
  'password-too-short': 'password',
  'malformed-folder': 'folder',
  'folder-exists': 'folder',
  'permission-denied': 'folder',
  'directory-read-only': 'folder',
  'disk-full': 'folder',
}

const NAME_CHARACTERS_MAX = 64

/** Name, password and folder; what the node refuses is said beside the field that it is about. */
export function OwnForm({ place: { beside, passwordCharactersMin }, onMade }: { place: Place; onMade: (made: OwnNetwork) => void }) {
  const [name, setName] = useState('')
  const [ownFolder, setOwnFolder] = useState<string | null>(null)
  const [password, setPassword] = useState('')
  const [isShown, setShown] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const folder = ownFolder ?? folderFor(name)
  const make = useMutation({
    mutationFn: () => postJson<OwnNetwork>('/v1/desk/networks', { name, folder, ...(password === '' ? {} : { password }) }),
    onSuccess: onMade,
    onError: (error) => {
      const field = fieldOf(error)
      if (field) form.current?.querySelector<HTMLInputElement>(`[name=${field}]`)?.focus()
    },
  })
  const refused = fieldOf(make.error)
  const flawOf = (field: Field): string | undefined => (refused === field ? flawText(make.error, passwordCharactersMin) : undefined)
  const typed = (set: (text: string) => void, field: Field) => (event: React.ChangeEvent<HTMLInputElement>) => {
    // What is being mended is no longer wrong until the node says so.
    if (refused === field) make.reset()
    set(event.currentTarget.value)
  }
  return (
    <Card>
      <form
        ref={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <TextInput name="name" label={words.own.name} description={words.own.nameHint} autoComplete="off" required withAsterisk={false} maxLength={NAME_CHARACTERS_MAX} value={name} error={flawOf('name')} onChange={typed(setName, 'name')} />
        <TextInput name="folder" label={words.own.folder} description={words.own.folderHint(beside)} autoComplete="off" spellCheck={false} required withAsterisk={false} maxLength={200} value={folder} error={flawOf('folder')} onChange={typed(setOwnFolder, 'folder')} />
        <div className={styles.password}>
          <TextInput name="password" type={isShown ? 'text' : 'password'} label={words.own.password} description={words.own.passwordHint} autoComplete="new-password" spellCheck={false} maxLength={200} value={password} error={flawOf('password')} onChange={typed(setPassword, 'password')} />
          <Checkbox label={words.own.showPassword} checked={isShown} onChange={(event) => setShown(event.currentTarget.checked)} />
        </div>
        <Button className={styles.submit} type="submit" variant="filled" loading={make.isPending}>
          {words.own.make}
        </Button>
      </form>
      {make.error && !refused && <ProblemBox title={words.own.notMade} problem={problemOf(make.error)} />}
    </Card>
  )
}

/** A folder for a name, as people would call it: `North Rail` lies in `north-rail`. */
function folderFor(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

function fieldOf(error: unknown): Field | undefined {
  return error instanceof TelltaleError ? FIELDS[error.code] : undefined
}

function flawText(error: unknown, passwordCharactersMin: number): string {
  const code = (error as TelltaleError).code
  return code === 'password-too-short' ? words.own.passwordTooShort(passwordCharactersMin) : (words.own.flaws[code] ?? (error as TelltaleError).message)
}
