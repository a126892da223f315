import { MultiSelect, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { SilencePreview } from '../../../../api/contract/silences.ts'
import type { Matcher } from '../../../../model/alert-routing.ts'
import { SEVERITIES } from '../../../../model/alert-rule.ts'
import { useAct, useAnswer } from '../../../answers.ts'
import { ask } from '../../../api.ts'
import { counted, instant, words } from '../../../format.ts'
import { Dialog, DialogActions } from '../../../parts/dialog.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useScope } from '../../../scope.ts'
import { Problems } from '../problems.tsx'
import { listOf } from '../rules/draft.ts'
import { WhereFields } from '../rules/where-fields.tsx'

const SETTLE_MS = 350
const HOUR_MS = 3_600_000

const LENGTHS = [
  { value: '1', label: 'one hour' },
  { value: '4', label: 'four hours' },
  { value: '12', label: 'twelve hours' },
  { value: '24', label: 'a day' },
  { value: '168', label: 'a week' },
  { value: 'until', label: 'until an instant …' },
]

type Props = { start: Matcher; onClose: () => void }

/** Makes a silence or a maintenance window, with what it matches now beside what is typed. */
export function SilenceDialog({ start, onClose }: Props) {
  const rules = useAnswer('Rules', '/v1/rules').data?.rules ?? []
  const [kind, setKind] = useState<'silence' | 'maintenance'>('silence')
  const [matcher, setMatcher] = useState(start)
  const [length, setLength] = useState('4')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [reason, setReason] = useState('')
  const body = { kind, matcher: withoutEmpty(matcher), ...(from === '' ? {} : { from: utc(from) }) }
  const [settled] = useDebouncedValue(body, SETTLE_MS)
  const preview = usePreview(settled)
  const save = useAct('SilenceCreated', () => ({
    path: '/v1/silences',
    body: { ...body, to: endOf(length, from, to), reason: reason.trim() },
  }))
  const refused = preview.data?.problems.some(({ level }) => level === 'error') === true
  const known = new Map(rules.map(({ id, rule }) => [id, rule.title]))
  for (const id of matcher.rules) if (!known.has(id)) known.set(id, id)
  return (
    <Dialog title={kind === 'silence' ? 'New silence' : 'New maintenance window'} opened onClose={onClose} size="44rem">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(undefined, { onSuccess: onClose })
        }}
      >
        <p className="form-note">
          Nobody is told of what it matches. Evaluation goes on, and whoever was told before is still told when it is over.
        </p>
        <div className="form-grid">
          <MultiSelect
            label="Rules"
            description="Empty: all"
            searchable
            value={[...matcher.rules]}
            onChange={(value) => setMatcher({ ...matcher, rules: value })}
            data={[...known].map(([value, label]) => ({ value, label }))}
          />
          <NativeSelect
            label="Class"
            value={matcher.class ?? ''}
            onChange={({ currentTarget: { value } }) =>
              setMatcher({ ...matcher, class: value === 'business' || value === 'technical' ? value : null })
            }
            data={[
              { value: '', label: 'any' },
              { value: 'business', label: 'Business' },
              { value: 'technical', label: 'Technical' },
            ]}
          />
          <NativeSelect
            label="Severity up to"
            description="Graver ones are told all the same"
            value={matcher.severity_to ?? ''}
            onChange={({ currentTarget: { value } }) =>
              setMatcher({ ...matcher, severity_to: SEVERITIES.find((one) => one === value) ?? null })
            }
            data={[{ value: '', label: 'any' }, ...SEVERITIES.map((one) => ({ value: one, label: words(one) }))]}
          />
          <NativeSelect
            label="Kind"
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value === 'maintenance' ? 'maintenance' : 'silence')}
            data={[
              { value: 'silence', label: 'Silence' },
              { value: 'maintenance', label: 'Planned maintenance' },
            ]}
          />
        </div>
        <WhereFields of={matcher.where} onChange={(where) => setMatcher({ ...matcher, where })} />
        <div className="form-grid">
          <TextInput
            type="datetime-local"
            label="From"
            description="UTC; empty: now"
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <NativeSelect label="For" value={length} onChange={(event) => setLength(event.currentTarget.value)} data={LENGTHS} />
          {length === 'until' && (
            <TextInput
              type="datetime-local"
              label="Until"
              description="UTC"
              required
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
          )}
        </div>
        <Textarea
          label="Reason"
          description="Shown with every alert that it silences"
          required
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {preview.isError ? (
          <Fault error={preview.error} />
        ) : (
          preview.data !== undefined && <Preview of={preview.data} titles={known} />
        )}
        {save.isError && <Fault error={save.error} />}
        <DialogActions
          onCancel={onClose}
          loading={save.isPending}
          disabled={refused || reason.trim() === '' || (length === 'until' && to === '')}
        >
          Silence it
        </DialogActions>
      </form>
    </Dialog>
  )
}

function Preview({ of, titles }: { of: SilencePreview; titles: ReadonlyMap<string, string> }) {
  return (
    <section className="silence-preview" aria-label="What it matches now">
      <p>
        <strong>
          Matches {counted(of.alerts_n, 'open alert')} and {counted(of.instances_n, 'document or key', 'documents or keys')} now.
        </strong>
      </p>
      {of.alerts.length > 0 && (
        <ul>
          {of.alerts.slice(0, 5).map(({ id, rule, severity, opened_at: opened }) => (
            <li key={id}>
              <ScopedLink to={`/alerts/${id}`}>{titles.get(rule) ?? rule}</ScopedLink>{' '}
              <span className="dim">
                {severity}, opened {instant(opened)}
              </span>
            </li>
          ))}
          {of.alerts_n > 5 && <li className="dim">and {of.alerts_n - 5} more</li>}
        </ul>
      )}
      <Problems of={of.problems} label="What is wrong with the silence" />
    </section>
  )
}

function usePreview(body: object) {
  const { tenant } = useScope()
  return useQuery({
    queryKey: [tenant, '/v1/silences/preview', body],
    queryFn: ({ signal }) => ask('SilencePreview', '/v1/silences/preview', { method: 'POST', tenant, body, signal }),
    placeholderData: (former) => former,
    gcTime: 60_000,
  })
}

/** A dimension without a value yet is not sent: it would be refused while it is typed. */
function withoutEmpty(matcher: Matcher): Matcher {
  const where = Object.entries(matcher.where).filter(([, values]) => listOf(values).length > 0)
  return { ...matcher, where: Object.fromEntries(where) }
}

function utc(local: string): string {
  return new Date(`${local}Z`).toISOString()
}

function endOf(length: string, from: string, to: string): string {
  if (length === 'until') return to === '' ? '' : utc(to)
  const start = from === '' ? Date.now() : Date.parse(`${from}Z`)
  return new Date(start + Number(length) * HOUR_MS).toISOString()
}
