import { Autocomplete, Checkbox, MultiSelect, NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { SEVERITIES, type WatchKind } from '../../../../model/alert-rule.ts'
import { DIMENSIONS } from '../../../../model/vocabulary.ts'
import { useAnswer } from '../../../answers.ts'
import { words } from '../../../format.ts'
import { type Draft, listOf, numberOf, recordOf, rowsOf, textOf } from './draft.ts'
import { NamesInput, Rows, SecondsInput, SeverityInput } from './inputs.tsx'

type Props = { of: Draft; set: (changes: Draft) => void }

/** The fields of what a rule looks at, for each kind of it. */
export function WatchFields({ kind, ...rest }: Props & { kind: WatchKind }) {
  const Fields = FIELDS[kind]
  return <Fields {...rest} />
}

const FIELDS: Readonly<Record<WatchKind, (props: Props) => React.ReactNode>> = {
  clock: ClockFields,
  risk: RiskFields,
  control: ControlFields,
  incident: IncidentFields,
  kpi: KpiFields,
  burn: BurnFields,
  source: SourceFields,
  arrivals: ArrivalFields,
  dead_letters: DeadLetterFields,
}

function useSlaIds(): string[] {
  return useAnswer('Slas', '/v1/slas').data?.slas.flatMap(({ id, state }) => (state === 'active' ? [id] : [])) ?? []
}

function useSourceIds(): string[] {
  return useAnswer('Sources', '/v1/sources').data?.sources.map(({ source }) => source) ?? []
}

function ClockFields({ of, set }: Props) {
  return (
    <>
      <NamesInput label="Service levels" value={of['slas']} data={useSlaIds()} onChange={(slas) => set({ slas })} />
      <Rows
        title="Steps"
        noun="step"
        add="Add a step"
        rows={rowsOf(of['steps'])}
        fresh={{ at: { warn: 0.75 }, severity: 'medium' }}
        onChange={(steps) => set({ steps })}
      >
        {(row, change) => <StepRow of={row} set={change} />}
      </Rows>
    </>
  )
}

function StepRow({ of, set }: Props) {
  const at = recordOf(of['at'])
  const kind = 'warn' in at ? 'warn' : 'overdue' in at ? 'overdue' : 'breach'
  return (
    <>
      <NativeSelect
        label="Alerts at"
        value={kind}
        onChange={({ currentTarget: { value } }) =>
          set({ at: value === 'warn' ? { warn: 0.75 } : value === 'overdue' ? { overdue: 1 } : 'breach' })
        }
        data={[
          { value: 'warn', label: 'A share of its time' },
          { value: 'breach', label: 'The breach' },
          { value: 'overdue', label: 'An escalation tier' },
        ]}
      />
      {kind === 'warn' && (
        <NumberInput
          label="Share, %"
          min={1}
          max={100}
          value={typeof at['warn'] === 'number' ? Math.round(at['warn'] * 100) : ''}
          onChange={(value) => typeof value === 'number' && set({ at: { warn: value / 100 } })}
        />
      )}
      {kind === 'overdue' && (
        <NumberInput
          label="Tier"
          min={1}
          max={10}
          value={numberOf(at['overdue'])}
          onChange={(value) => typeof value === 'number' && set({ at: { overdue: value } })}
        />
      )}
      <SeverityInput label="Severity" value={of['severity']} onChange={(severity) => set({ severity })} />
    </>
  )
}

function RiskFields({ of, set }: Props) {
  const { probability } = of
  return (
    <>
      <NamesInput label="Service levels" value={of['slas']} data={useSlaIds()} onChange={(slas) => set({ slas })} />
      <NumberInput
        label="Probability of a breach, at least, %"
        min={1}
        max={99}
        value={typeof probability === 'number' ? Math.round(probability * 100) : ''}
        onChange={(value) => typeof value === 'number' && set({ probability: value / 100 })}
      />
      <SecondsInput label="Looked at every" value={of['every_s']} onChange={(value) => set({ every_s: value })} />
    </>
  )
}

function ControlFields({ of, set }: Props) {
  const controls = useAnswer('Controls', '/v1/controls').data?.controls.map(({ control }) => control) ?? []
  return (
    <>
      <NamesInput label="Controls" value={of['controls']} data={controls} onChange={(value) => set({ controls: value })} />
      <MultiSelect
        label="Severities"
        description="Empty: all"
        value={listOf(of['severities'])}
        onChange={(severities) => set({ severities })}
        data={SEVERITIES.map((one) => ({ value: one, label: words(one) }))}
      />
    </>
  )
}

function IncidentFields({ of, set }: Props) {
  const systems = useAnswer('Systems', '/v1/systems').data?.systems.map(({ id }) => id) ?? []
  return (
    <>
      <NamesInput label="Systems" value={of['systems']} data={systems} onChange={(value) => set({ systems: value })} />
      <NamesInput
        label="Kinds of failure"
        value={of['families']}
        data={['availability', 'auth', 'rate_limit', 'schema_mapping']}
        onChange={(families) => set({ families })}
      />
      <NumberInput
        label="Blocked documents, at least"
        description="0: from its first failure"
        min={0}
        value={numberOf(of['blocked_at_least'])}
        onChange={(value) => typeof value === 'number' && set({ blocked_at_least: value })}
      />
    </>
  )
}

function KpiFields({ of, set }: Props) {
  const kpis = useAnswer('KpiCatalogue', '/v1/kpis').data?.kpis.map(({ kpi }) => kpi) ?? []
  return (
    <>
      <Autocomplete label="KPI" value={textOf(of['kpi'])} data={kpis} onChange={(kpi) => set({ kpi })} />
      <NativeSelect
        label="For each"
        description="One alert for each value; empty: one for all"
        value={textOf(of['by'])}
        onChange={({ currentTarget: { value } }) => set({ by: value === '' ? null : value })}
        data={[{ value: '', label: 'no division' }, ...DIMENSIONS.map((one) => ({ value: one, label: words(one) }))]}
      />
      <SecondsInput label="Over a window of" value={of['window_s']} onChange={(value) => set({ window_s: value })} />
      <SecondsInput label="Looked at every" value={of['every_s']} onChange={(value) => set({ every_s: value })} />
      <ConditionFields of={recordOf(of['when'])} set={(when) => set({ when })} />
    </>
  )
}

const FRESH_CONDITIONS: Readonly<Record<string, Draft>> = {
  threshold: { kind: 'threshold', above: 0.1, below: null, confident: true },
  change: { kind: 'change', by: 0.2 },
  band: { kind: 'band', score: 3.5, weeks: 8 },
}

function ConditionFields({ of, set }: { of: Draft; set: (when: Draft) => void }) {
  const kind = textOf(of['kind'])
  const optional = (value: string | number): number | null => (typeof value === 'number' ? value : null)
  return (
    <fieldset className="form-part form-wide">
      <legend>When it alerts</legend>
      <div className="form-grid">
        <NativeSelect
          label="Condition"
          value={kind}
          onChange={({ currentTarget: { value } }) => set(FRESH_CONDITIONS[value] ?? {})}
          data={[
            { value: 'threshold', label: 'Beyond a threshold' },
            { value: 'change', label: 'Changed against the window before' },
            { value: 'band', label: 'Outside of what earlier weeks were like' },
          ]}
        />
        {kind === 'threshold' && (
          <>
            <span />
            <NumberInput
              label="Above"
              description="In the unit of the KPI: shares of 1, seconds, counts"
              value={numberOf(of['above'])}
              onChange={(value) => set({ ...of, above: optional(value) })}
            />
            <NumberInput
              label="Below"
              description="Empty: not looked at"
              value={numberOf(of['below'])}
              onChange={(value) => set({ ...of, below: optional(value) })}
            />
            <Checkbox
              label="Only where few documents cannot explain it"
              description="Of a share: the bound of its Wilson interval is beyond the threshold, too"
              checked={of['confident'] !== false}
              onChange={(event) => set({ ...of, confident: event.currentTarget.checked })}
            />
          </>
        )}
        {kind === 'change' && (
          <NumberInput
            label="By, %"
            description="20: a fifth more; −20: a fifth less"
            value={typeof of['by'] === 'number' ? Number((of['by'] * 100).toFixed(2)) : ''}
            onChange={(value) => typeof value === 'number' && set({ ...of, by: value / 100 })}
          />
        )}
        {kind === 'band' && (
          <>
            <NumberInput
              label="Modified z-score"
              description="3.5 is remarkable"
              value={numberOf(of['score'])}
              onChange={(value) => typeof value === 'number' && set({ ...of, score: value })}
            />
            <NumberInput
              label="Earlier weeks"
              min={4}
              max={26}
              value={numberOf(of['weeks'])}
              onChange={(value) => typeof value === 'number' && set({ ...of, weeks: value })}
            />
          </>
        )}
      </div>
    </fieldset>
  )
}

function BurnFields({ of, set }: Props) {
  return (
    <>
      <Autocomplete label="Service level" value={textOf(of['sla'])} data={useSlaIds()} onChange={(sla) => set({ sla })} />
      <NumberInput
        label="Objective, %"
        description="Empty: that of the service level"
        min={0}
        max={100}
        value={typeof of['objective'] === 'number' ? Number((of['objective'] * 100).toFixed(3)) : ''}
        onChange={(value) => set({ objective: typeof value === 'number' ? value / 100 : null })}
      />
      <CalendarInput value={of['calendar']} onChange={(calendar) => set({ calendar })} />
      <SecondsInput label="Looked at every" value={of['every_s']} onChange={(value) => set({ every_s: value })} />
      <Rows
        title="Windows"
        noun="window"
        add="Add a window"
        rows={rowsOf(of['windows'])}
        fresh={{ long_s: 3600, short_s: 300, factor: 14.4, severity: 'critical' }}
        onChange={(windows) => set({ windows })}
      >
        {(row, change) => (
          <>
            <SecondsInput label="Long" value={row['long_s']} onChange={(value) => change({ long_s: value })} />
            <SecondsInput label="Short" value={row['short_s']} onChange={(value) => change({ short_s: value })} />
            <NumberInput
              label="Times too fast"
              value={numberOf(row['factor'])}
              onChange={(value) => typeof value === 'number' && change({ factor: value })}
            />
            <SeverityInput label="Severity" value={row['severity']} onChange={(severity) => change({ severity })} />
          </>
        )}
      </Rows>
    </>
  )
}

function SourceFields({ of, set }: Props) {
  return (
    <>
      <NamesInput label="Sources" value={of['sources']} data={useSourceIds()} onChange={(sources) => set({ sources })} />
      <NativeSelect
        label="Alerts when"
        value={textOf(of['state'])}
        onChange={({ currentTarget: { value } }) => set({ state: value })}
        data={[
          { value: 'silent', label: 'Silent: far past its pace' },
          { value: 'late', label: 'Late: past its pace' },
        ]}
      />
    </>
  )
}

function ArrivalFields({ of, set }: Props) {
  const isLearned = of['at_least'] === 'learned'
  return (
    <>
      <Autocomplete label="Source" value={textOf(of['source'])} data={useSourceIds()} onChange={(source) => set({ source })} />
      <TextInput
        label="Activity"
        description="Empty: events of any kind"
        value={textOf(of['activity'])}
        onChange={({ currentTarget: { value } }) => set({ activity: value === '' ? null : value })}
      />
      <TextInput
        label="By"
        description="A time of day, such as 10:00"
        value={textOf(of['by'])}
        onChange={({ currentTarget: { value } }) => set({ by: value })}
      />
      <CalendarInput value={of['calendar']} onChange={(calendar) => set({ calendar })} />
      <Checkbox
        label="As many as earlier days of the kind tell"
        checked={isLearned}
        onChange={(event) => set({ at_least: event.currentTarget.checked ? 'learned' : 1 })}
      />
      {!isLearned && (
        <NumberInput
          label="Events, at least"
          min={1}
          value={numberOf(of['at_least'])}
          onChange={(value) => typeof value === 'number' && set({ at_least: value })}
        />
      )}
    </>
  )
}

function DeadLetterFields({ of, set }: Props) {
  return (
    <>
      <NamesInput label="Sources" value={of['sources']} data={useSourceIds()} onChange={(sources) => set({ sources })} />
      <NamesInput label="Reasons" description="Codes; empty: all" value={of['codes']} onChange={(codes) => set({ codes })} />
      <NumberInput
        label="More than"
        min={0}
        value={numberOf(of['more_than'])}
        onChange={(value) => typeof value === 'number' && set({ more_than: value })}
      />
      <SecondsInput label="Looked at every" value={of['every_s']} onChange={(value) => set({ every_s: value })} />
    </>
  )
}

function CalendarInput({ value, onChange }: { value: unknown; onChange: (name: string | null) => void }) {
  return (
    <TextInput
      label="Calendar"
      description="Empty: the tenant’s"
      value={textOf(value)}
      onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  )
}
