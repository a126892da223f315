import { Checkbox, MultiSelect, NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { SEVERITIES } from '../../../../model/alert-rule.ts'
import { useAnswer } from '../../../answers.ts'
import { words } from '../../../format.ts'
import { useToday } from '../../../now.ts'
import { type Draft, listOf, numberOf, recordOf, rowsOf, textOf } from '../rules/draft.ts'
import { Rows, SecondsInput, SeverityInput } from '../rules/inputs.tsx'
import { WhereFields } from '../rules/where-fields.tsx'

type Props = { of: Draft; set: (changes: Draft) => void }
type Choice = { value: string; label: string }

/** The routing as a form: routes in order, parties with steps, rotas with people. */
export function RoutingFields({ of, set }: Props) {
  const rules = useAnswer('Rules', '/v1/rules').data?.rules ?? []
  const channels = useAnswer('Channels', '/v1/channels').data?.channels ?? []
  const today = useToday()
  const [parties, rotas] = [rowsOf(of['parties']), rowsOf(of['rotas'])]
  const partyChoices = choicesOf(parties)
  const channelChoices = channels.map(({ id, title }) => ({ value: id, label: title }))
  return (
    <>
      <Rows
        legend="Route"
        add="Add a route"
        least={0}
        ordered
        rows={rowsOf(of['routes'])}
        fresh={{ class: 'business', parties: [] }}
        onChange={(routes) => set({ routes })}
      >
        {(row, change) => (
          <RouteRow
            of={row}
            set={change}
            parties={partyChoices}
            rules={rules.map(({ id, rule }) => ({ value: id, label: rule.title }))}
          />
        )}
      </Rows>
      <Rows
        legend="Party"
        add="Add a party"
        least={0}
        rows={parties}
        fresh={{ id: '', title: '', calendar: null, at_once_from: 'critical', steps: [] }}
        onChange={(next) => set({ parties: next })}
      >
        {(row, change) => <PartyRow of={row} set={change} channels={channelChoices} rotas={choicesOf(rotas)} />}
      </Rows>
      <Rows
        legend="Rota"
        add="Add a rota"
        least={0}
        rows={rotas}
        fresh={{
          id: '',
          title: '',
          zone: 'Europe/Berlin',
          people: [{ name: '', channel: channels[0]?.id ?? '' }],
          starts_on: iso(today).slice(0, 10),
          every_days: 7,
          at: '09:00',
        }}
        onChange={(next) => set({ rotas: next })}
      >
        {(row, change) => <RotaRow of={row} set={change} channels={channelChoices} />}
      </Rows>
    </>
  )
}

function choicesOf(rows: readonly Draft[]): Choice[] {
  const ids = rows.map((row) => ({ value: textOf(row['id']), label: textOf(row['title']) || textOf(row['id']) }))
  return ids.filter(({ value }, index) => value !== '' && ids.findIndex((one) => one.value === value) === index)
}

/** What can be chosen, and what is chosen though it is not there. */
function withChosen(choices: readonly Choice[], chosen: readonly string[]): Choice[] {
  const missing = chosen.filter((one) => choices.every(({ value }) => value !== one))
  return [...choices, ...missing.map((value) => ({ value, label: value }))]
}

function RouteRow({ of, set, parties, rules }: Props & { parties: Choice[]; rules: Choice[] }) {
  const [chosen, to] = [listOf(of['rules']), listOf(of['parties'])]
  return (
    <>
      <NativeSelect
        label="Class"
        value={textOf(of['class'])}
        onChange={({ currentTarget: { value } }) => set({ class: value === '' ? null : value })}
        data={[
          { value: '', label: 'any' },
          { value: 'business', label: 'Business' },
          { value: 'technical', label: 'Technical' },
        ]}
      />
      <SeverityInput
        label="Severity from"
        value={of['severity_from'] ?? 'low'}
        onChange={(value) => set({ severity_from: value })}
      />
      <NumberInput
        label="Money at risk from"
        min={0}
        value={numberOf(of['money_from'])}
        onChange={(value) => set({ money_from: typeof value === 'number' ? value : null })}
      />
      <MultiSelect
        label="Rules"
        placeholder={chosen.length === 0 ? 'all' : ''}
        searchable
        value={chosen}
        data={withChosen(rules, chosen)}
        onChange={(value) => set({ rules: value })}
      />
      <MultiSelect label="Go to" value={to} data={withChosen(parties, to)} onChange={(value) => set({ parties: value })} />
      <div className="form-wide">
        <WhereFields of={recordOf(of['where'])} onChange={(where) => set({ where })} />
      </div>
      <Checkbox
        label="Goes on to the next route"
        checked={of['continue'] === true}
        onChange={(event) => set({ continue: event.currentTarget.checked })}
      />
    </>
  )
}

function PartyRow({ of, set, channels, rotas }: Props & { channels: Choice[]; rotas: Choice[] }) {
  return (
    <>
      <TextInput label="Id" value={textOf(of['id'])} onChange={(event) => set({ id: event.currentTarget.value })} />
      <TextInput label="Title" value={textOf(of['title'])} onChange={(event) => set({ title: event.currentTarget.value })} />
      <TextInput
        label="Working time of"
        placeholder="at any time"
        value={textOf(of['calendar'])}
        onChange={({ currentTarget: { value } }) => set({ calendar: value === '' ? null : value })}
      />
      <NativeSelect
        label="At once from"
        value={textOf(of['at_once_from'])}
        onChange={({ currentTarget: { value } }) => set({ at_once_from: value === '' ? null : value })}
        data={[{ value: '', label: 'all wait' }, ...SEVERITIES.map((one) => ({ value: one, label: words(one) }))]}
      />
      <div className="form-wide">
        <Rows
          legend="Step"
          add="Add a step"
          least={0}
          rows={rowsOf(of['steps'])}
          fresh={{ after_s: rowsOf(of['steps']).length * 1800, to: [] }}
          onChange={(steps) => set({ steps })}
        >
          {(row, change) => <StepRow of={row} set={change} channels={channels} rotas={rotas} />}
        </Rows>
      </div>
    </>
  )
}

function StepRow({ of, set, channels, rotas }: Props & { channels: Choice[]; rotas: Choice[] }) {
  const chosen = rowsOf(of['to']).map((target) =>
    'rota' in target ? `rota ${textOf(target['rota'])}` : `channel ${textOf(target['channel'])}`,
  )
  const choices = [
    ...channels.map(({ value, label }) => ({ value: `channel ${value}`, label })),
    ...rotas.map(({ value, label }) => ({ value: `rota ${value}`, label: `On duty: ${label}` })),
  ]
  return (
    <>
      <SecondsInput label="After" value={of['after_s']} onChange={(value) => set({ after_s: value })} />
      <MultiSelect
        label="Tell"
        value={chosen}
        data={withChosen(choices, chosen)}
        onChange={(values) =>
          set({
            to: values.map((value) => {
              const [kind = '', id = ''] = value.split(' ')
              return { [kind]: id }
            }),
          })
        }
      />
    </>
  )
}

function RotaRow({ of, set, channels }: Props & { channels: Choice[] }) {
  const today = useToday()
  const person = (row: Draft, change: (changes: Draft) => void) => {
    const channel = textOf(row['channel'])
    return (
      <>
        <TextInput label="Name" value={textOf(row['name'])} onChange={(event) => change({ name: event.currentTarget.value })} />
        <NativeSelect
          label="Reached by"
          value={channel}
          data={withChosen(channels, channel === '' ? [] : [channel])}
          onChange={(event) => change({ channel: event.currentTarget.value })}
        />
      </>
    )
  }
  return (
    <>
      <TextInput label="Id" value={textOf(of['id'])} onChange={(event) => set({ id: event.currentTarget.value })} />
      <TextInput label="Title" value={textOf(of['title'])} onChange={(event) => set({ title: event.currentTarget.value })} />
      <TextInput label="Zone" value={textOf(of['zone'])} onChange={(event) => set({ zone: event.currentTarget.value })} />
      <TextInput
        type="date"
        label="First hand-over"
        value={textOf(of['starts_on'])}
        onChange={(event) => set({ starts_on: event.currentTarget.value })}
      />
      <NumberInput
        label="Every, days"
        min={1}
        max={366}
        value={numberOf(of['every_days'] ?? 7)}
        onChange={(value) => typeof value === 'number' && set({ every_days: value })}
      />
      <TextInput
        type="time"
        label="At"
        value={textOf(of['at'] ?? '09:00')}
        onChange={(event) => set({ at: event.currentTarget.value })}
      />
      <div className="form-wide">
        <Rows
          legend="Person"
          add="Add a person"
          rows={rowsOf(of['people'])}
          fresh={{ name: '', channel: channels[0]?.value ?? '' }}
          onChange={(people) => set({ people })}
        >
          {person}
        </Rows>
      </div>
      <div className="form-wide">
        <Rows
          legend="Stand-in"
          add="Add a stand-in"
          least={0}
          rows={rowsOf(of['overrides'])}
          fresh={{
            from: iso(today),
            to: iso(today + 86_400_000),
            name: '',
            channel: channels[0]?.value ?? '',
          }}
          onChange={(overrides) => set({ overrides })}
        >
          {(row, change) => (
            <>
              <TextInput
                label="From"
                value={textOf(row['from'])}
                onChange={(event) => change({ from: event.currentTarget.value })}
              />
              <TextInput label="To" value={textOf(row['to'])} onChange={(event) => change({ to: event.currentTarget.value })} />
              {person(row, change)}
            </>
          )}
        </Rows>
      </div>
    </>
  )
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
