import { Button, NativeSelect, NumberInput, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { SlaDetail } from '../../../api/contract/slas.ts'
import { useAct } from '../../answers.ts'
import { ask } from '../../api.ts'
import { counted } from '../../format.ts'
import { jsonText } from '../../json-text.ts'
import { Panel } from '../../parts/panel.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Fault } from '../../parts/states.tsx'
import { useAddress, useScope } from '../../scope.ts'
import { useSession } from '../../session.ts'

const SETTLE_MS = 350

const STARTING_POINT: Body = {
  id: 'invoice-approval-fast',
  title: 'Invoice approved within two business days',
  object_type: 'invoice',
  start: [{ activity: ['invoice.received'] }],
  stop: [{ activity: ['invoice.approved'] }],
  cancel: [{ activity: ['invoice.rejected', 'invoice.cancelled'] }],
  pause: [
    {
      on: [{ activity: ['sent_to_supplier'] }],
      until: [{ activity: ['supplier_answered'] }],
      reason: 'supplier',
      cap_s: 864_000,
    },
  ],
  target: { kind: 'business', seconds: 57_600 },
  objective: 0.9,
}

type Body = Readonly<Record<string, unknown>>

/** The definition of a service level: the usual fields as a form over the whole as JSON, linted while it is typed. */
export function SlaEditor({ of }: { of: SlaDetail | null }) {
  const admin = useSession().scopes.includes('admin')
  const navigate = useNavigate()
  const address = useAddress()
  const saved = jsonText(of === null ? STARTING_POINT : of.definition)
  const [text, setText] = useState(saved)
  const [settled] = useDebouncedValue(text, SETTLE_MS)
  const parsed = parse(settled)
  const lint = useLint(parsed.body)
  const present = parse(text).body
  const save = useAct('Sla', () => ({ path: '/v1/slas', body: present }))
  const wrong = parsed.problem === null ? (lint.data?.problems ?? []) : [{ code: 'no_json', message: parsed.problem }]
  const isKnown = parsed.problem !== null || (lint.isSuccess && !lint.isFetching && settled === text)
  const dirty = text !== saved
  return (
    <Panel
      title="Definition"
      note={dirty ? 'changed, not saved' : 'linted as you type; saving replays its clocks'}
      aside={isKnown && <Verdict count={wrong.length} />}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(undefined, { onSuccess: ({ id }) => void navigate(address(`/slas/${encodeURIComponent(id)}`)) })
        }}
      >
        {present !== undefined && (
          <Fields of={present} isNew={of === null} set={(key, value) => setText(jsonText({ ...present, [key]: value }))} />
        )}
        <Textarea
          className="mono-input"
          label="All of it, as JSON"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autosize
          minRows={12}
          maxRows={32}
          spellCheck={false}
        />
        {lint.isError && <Fault error={lint.error} />}
        {wrong.length > 0 && (
          <ul className="issues" aria-label="What is wrong with the definition">
            {wrong.map(({ code, message }) => (
              <li key={`${code} ${message}`}>
                {message} <span className="mono">{code}</span>
              </li>
            ))}
          </ul>
        )}
        {admin && (
          <div className="row">
            <Button
              size="xs"
              type="submit"
              loading={save.isPending}
              disabled={!isKnown || wrong.length > 0 || (!dirty && of?.state === 'active')}
            >
              {of === null ? 'Save' : `Save as version ${of.version + 1}`}
            </Button>
            {dirty && (
              <Button size="xs" variant="subtle" onClick={() => setText(saved)}>
                Take the changes back
              </Button>
            )}
          </div>
        )}
        {save.isError && <Fault error={save.error} />}
      </form>
    </Panel>
  )
}

const TARGETS = [
  { value: 'business', label: 'Business time' },
  { value: 'elapsed', label: 'Elapsed time' },
  { value: 'end_of_business_day', label: 'End of a business day' },
  { value: 'due', label: 'Stated due date' },
]

type FieldsProps = { of: Body; isNew: boolean; set: (key: string, value: unknown) => void }

function Fields({ of, isNew, set }: FieldsProps) {
  const text = (key: string): string => (typeof of[key] === 'string' ? of[key] : '')
  const target = recordOf(of['target'])
  const kind = typeof target['kind'] === 'string' ? target['kind'] : ''
  const [unit, name] = kind === 'due' ? [1, 'offset_days'] : kind === 'end_of_business_day' ? [1, 'days'] : [3600, 'seconds']
  const size = target[name]
  return (
    <div className="form-grid">
      <TextInput
        label="Id"
        description="Stays; another id is another service level"
        value={text('id')}
        onChange={(event) => set('id', event.currentTarget.value)}
        disabled={!isNew}
      />
      <TextInput label="Title" value={text('title')} onChange={(event) => set('title', event.currentTarget.value)} />
      <TextInput
        label="Object type"
        value={text('object_type')}
        onChange={(event) => set('object_type', event.currentTarget.value)}
      />
      {(['start', 'stop', 'cancel', 'reset'] as const).map((key) => (
        <TagsInput
          key={key}
          label={{ start: 'Starts with', stop: 'Stops with', cancel: 'Is cancelled by', reset: 'Starts anew with' }[key]}
          description={hasFilters(of[key]) ? 'Has filters: change it below' : 'Activities; filters stand below'}
          value={activitiesOf(of[key])}
          onChange={(activities) => set(key, activities.length === 0 ? [] : [{ activity: activities }])}
          disabled={hasFilters(of[key])}
        />
      ))}
      <NativeSelect
        label="Target"
        value={kind}
        data={TARGETS}
        onChange={({ currentTarget: { value } }) => set('target', FIRST_TARGET[value])}
      />
      <NumberInput
        label={unit === 3600 ? 'Hours' : kind === 'due' ? 'Days after it (negative: before)' : 'Business days after'}
        value={typeof size === 'number' ? size / unit : ''}
        onChange={(value) => typeof value === 'number' && set('target', { ...target, [name]: Math.round(value * unit) })}
      />
      <TextInput
        label="Calendar"
        description="Empty: of the document, who is waited on, or the tenant"
        value={text('calendar')}
        onChange={({ currentTarget: { value } }) => set('calendar', value === '' ? null : value)}
      />
      <TextInput
        label="For clocks that start from"
        description="A day or an instant; empty: for those of the past, too"
        value={text('effective_from')}
        onChange={({ currentTarget: { value } }) => set('effective_from', value === '' ? null : value)}
      />
      <TagsInput
        label="Escalates, hours over"
        description="After the deadline, by the clock's own time; rising"
        value={hoursOf(of['overdue_s'])}
        onChange={(hours) =>
          set(
            'overdue_s',
            hours.map((one) => Math.round(Number(one) * 3600)),
          )
        }
      />
      <NumberInput
        label="Share to be met, %"
        min={0}
        max={100}
        value={typeof of['objective'] === 'number' ? Number((of['objective'] * 100).toFixed(2)) : ''}
        onChange={(value) => set('objective', typeof value === 'number' ? value / 100 : null)}
      />
    </div>
  )
}

const FIRST_TARGET: Readonly<Record<string, Body>> = {
  business: { kind: 'business', seconds: 57_600 },
  elapsed: { kind: 'elapsed', seconds: 86_400 },
  end_of_business_day: { kind: 'end_of_business_day', days: 1 },
  due: { kind: 'due', attribute: null, offset_days: 0 },
}

function Verdict({ count }: { count: number }) {
  return count === 0 ? <StateChip tone="good">valid</StateChip> : <StateChip tone="bad">{counted(count, 'mistake')}</StateChip>
}

function useLint(body: Body | undefined) {
  const { tenant } = useScope()
  return useQuery({
    queryKey: [tenant, '/v1/slas/lint', body],
    queryFn: ({ signal }) => ask('SlaProblems', '/v1/slas/lint', { method: 'POST', tenant, body, signal }),
    enabled: body !== undefined,
    placeholderData: (former) => former,
    gcTime: 60_000,
  })
}

function parse(text: string): { body: Body | undefined; problem: string | null } {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return { body: undefined, problem: 'A definition is a JSON object.' }
    return { body: body as Body, problem: null }
  } catch (error) {
    return { body: undefined, problem: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function recordOf(value: unknown): Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : {}
}

function conditionsOf(value: unknown): Body[] {
  return Array.isArray(value) ? value.map((one) => recordOf(one)) : []
}

function activitiesOf(value: unknown): string[] {
  return conditionsOf(value).flatMap(({ activity }) => (Array.isArray(activity) ? activity.map(String) : [String(activity)]))
}

function hoursOf(seconds: unknown): string[] {
  return Array.isArray(seconds) ? seconds.map((one) => String(Number(one) / 3600)) : []
}

function hasFilters(value: unknown): boolean {
  return conditionsOf(value).some(({ where }) => Object.keys(recordOf(where)).length > 0)
}
