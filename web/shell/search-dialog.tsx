import { TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQueries } from '@tanstack/react-query'
import { useId, useState, type KeyboardEvent } from 'react'
import { useNavigate } from 'react-router'
import { useAnswer } from '../answers.ts'
import { ask } from '../api.ts'
import { day, words } from '../format.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icons.tsx'
import { Fault } from '../parts/states.tsx'
import { useAddress, useScope } from '../scope.ts'
import '../styles/search.css'

const TYPES_SEARCHED = 6
const HITS_EACH = 5

/** Finds a document of any type by part of its id; arrows choose, Enter opens. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const { tenant } = useScope()
  const navigate = useNavigate()
  const address = useAddress()
  const list = useId()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const [q] = useDebouncedValue(text.trim(), 160)
  const types = useAnswer('ProcessTypes', '/v1/process')
  const searched = (types.data?.types ?? []).slice(0, TYPES_SEARCHED).map(({ type }) => type)
  const answers = useQueries({
    queries: searched.map((type) => ({
      queryKey: [tenant, '/v1/objects', type, 'dialog', q],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        ask('ObjectSearch', `/v1/objects/${encodeURIComponent(type)}`, { tenant, parameters: { q, limit: HITS_EACH }, signal }),
      enabled: q !== '',
    })),
  })
  const hits = answers.flatMap(({ data }) => (data?.objects ?? []).map((object) => ({ type: data?.type ?? '', ...object })))
  const failed = answers.find(({ error }) => error !== null)
  const busy = q !== text.trim() || answers.some(({ isFetching }) => isFetching)
  const open = (index: number): void => {
    const hit = hits[index]
    if (hit === undefined) return
    void navigate(address(`/objects/${encodeURIComponent(hit.type)}/${encodeURIComponent(hit.id)}`))
    onClose()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setChosen(Math.min(hits.length - 1, chosen + 1))
    else if (event.key === 'ArrowUp') setChosen(Math.max(0, chosen - 1))
    else if (event.key === 'Enter') open(chosen)
    else return
    event.preventDefault()
  }
  return (
    <Dialog opened onClose={onClose} title="Search a document" size="50rem">
      <TextInput
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setChosen(0)
        }}
        onKeyDown={onKeyDown}
        leftSection={<Icon name="search" />}
        placeholder="Part of an id, such as INV-10"
        aria-label="Part of a document's id"
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls={list}
        {...(hits[chosen] === undefined ? {} : { 'aria-activedescendant': `${list}-${chosen}` })}
      />
      {failed !== undefined && <Fault error={failed.error} />}
      <div className="search-hits" id={list} role="listbox" aria-label="Documents">
        {hits.map((hit, index) => (
          <div
            key={`${hit.type} ${hit.id}`}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onMouseEnter={() => setChosen(index)}
            onMouseDown={() => open(index)}
          >
            <span className="chip">{words(hit.type)}</span>
            <strong className="clip">{hit.id}</strong>
            <span className="dim clip">{hit.supplier}</span>
            <span className="dim clip">
              {words(hit.last_activity)}, {day(hit.last_at)}
            </span>
          </div>
        ))}
      </div>
      {hits.length === 0 && failed === undefined && (
        <p className="dim" role="status">
          {q === ''
            ? 'Requisitions, orders, invoices and every other type are searched.'
            : busy
              ? 'Searching …'
              : `No document has “${q}” in its id.`}
        </p>
      )}
    </Dialog>
  )
}
