import { Button, NativeSelect, NumberInput, TagsInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { RoutingPreview } from '../../../../api/contract/routing.ts'
import { SEVERITIES } from '../../../../model/alert-rule.ts'
import { useAnswer } from '../../../answers.ts'
import { ask } from '../../../api.ts'
import { instant, words } from '../../../format.ts'
import { Panel } from '../../../parts/panel.tsx'
import { Empty, Fault } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useScope } from '../../../scope.ts'
import type { Draft } from '../rules/draft.ts'

/** Who would be told of an alert, when, and by what. @param routing one to try; the one in force where not given */
export function PreviewPanel({ routing }: { routing: Draft | undefined }) {
  const { tenant } = useScope()
  const rules = useAnswer('Rules', '/v1/rules').data?.rules ?? []
  const [rule, setRule] = useState('')
  const [severity, setSeverity] = useState<string>('')
  const [money, setMoney] = useState<number | ''>('')
  const [labels, setLabels] = useState<string[]>([])
  const [at, setAt] = useState('')
  const chosen = rules.find(({ id }) => id === rule) ?? rules[0]
  const run = useMutation({
    mutationFn: () =>
      ask('RoutingPreview', '/v1/routing/preview', {
        method: 'POST',
        tenant,
        body: {
          alert: {
            rule: chosen?.id,
            class: chosen?.rule.class,
            severity: severity === '' ? chosen?.rule.severity : severity,
            labels: labelsOf(labels),
            money: money === '' ? null : money,
          },
          ...(at === '' ? {} : { at: new Date(`${at}Z`).toISOString() }),
          ...(routing === undefined ? {} : { routing }),
        },
      }),
  })
  return (
    <Panel title="Who would be told?" note="of one alert, if nobody acknowledges it">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          run.mutate()
        }}
      >
        <div className="form-grid preview-fields">
          <NativeSelect
            label="Rule"
            value={chosen?.id ?? ''}
            onChange={(event) => setRule(event.currentTarget.value)}
            data={rules.map(({ id, rule: of }) => ({ value: id, label: of.title }))}
          />
          <NativeSelect
            label="Severity"
            value={severity}
            onChange={(event) => setSeverity(event.currentTarget.value)}
            data={[{ value: '', label: 'that of the rule' }, ...SEVERITIES.map((one) => ({ value: one, label: words(one) }))]}
          />
          <NumberInput
            label="Money at risk"
            min={0}
            value={money}
            onChange={(value) => setMoney(typeof value === 'number' ? value : '')}
          />
          <TextInput
            type="datetime-local"
            label="Fires"
            description="UTC; empty: now"
            value={at}
            onChange={(event) => setAt(event.currentTarget.value)}
          />
          <TagsInput className="form-wide" label="Labels" description="Such as entity=DE01" value={labels} onChange={setLabels} />
        </div>
        <div>
          <Button size="xs" type="submit" variant="default" loading={run.isPending} disabled={chosen === undefined}>
            Show who
          </Button>
        </div>
      </form>
      {run.isError && <Fault error={run.error} />}
      {run.data !== undefined && <Told of={run.data} />}
    </Panel>
  )
}

type Told = RoutingPreview['parties'][number]['told'][number] & { party: string; held: string | null }

function Told({ of }: { of: RoutingPreview }) {
  if (of.parties.length === 0)
    return (
      <Empty certain title="Nobody">
        <p>No route takes such an alert: it waits in the inbox.</p>
      </Empty>
    )
  const rows = of.parties.flatMap(({ title, told, held_until: held }) => told.map((one) => ({ ...one, party: title, held })))
  const silent = of.parties.filter(({ told }) => told.length === 0)
  return (
    <>
      <Table<Told>
        label="Who would be told"
        rows={rows.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))}
        rowKey={(one) => `${one.party} ${one.step} ${one.at} ${one.channel}`}
        columns={[
          { head: 'At', render: ({ at }) => instant(at), nowrap: true },
          { head: 'Party', render: ({ party, held }) => (held === null ? party : `${party}, once its working time begins`) },
          { head: 'Step', render: ({ step }) => step, right: true },
          {
            head: 'By',
            render: ({ channel, person, channel_state: state }) => (
              <>
                <span className="mono">{channel}</span>
                {person !== null && ` (${person} is on duty)`}
                {state !== 'active' && <span className="text-bad"> {state}</span>}
              </>
            ),
          },
        ]}
      />
      {silent.length > 0 && (
        <p className="dim form-note">
          {silent.map(({ title }) => title).join(', ')}: has no steps, so that it finds the alert in the inbox.
        </p>
      )}
    </>
  )
}

function labelsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((text) => {
      const at = text.indexOf('=')
      return at <= 0 ? [] : [[text.slice(0, at).trim(), text.slice(at + 1).trim()] as const]
    }),
  )
}
