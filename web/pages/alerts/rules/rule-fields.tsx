import { Checkbox, MultiSelect, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core'
import { GROUPINGS, SUMMARY_FIELDS, type WatchKind } from '../../../../model/alert-rule.ts'
import { words } from '../../../format.ts'
import { type Draft, listOf, numberOf, recordOf, textOf } from './draft.ts'
import { SecondsInput, SeverityInput } from './inputs.tsx'
import { WatchFields } from './watch-fields.tsx'
import { WATCH_KINDS } from './watch-kinds.ts'
import { WhereFields } from './where-fields.tsx'

type Props = { of: Draft; isNew: boolean; set: (changes: Draft) => void }

/** A rule as a form: what it is called, what it looks at, when it fires, and how its pages are made. */
export function RuleFields({ of, isNew, set }: Props) {
  const watch = recordOf(of['watch'])
  const kind = (Object.keys(WATCH_KINDS) as WatchKind[]).find((one) => one === watch['kind'])
  return (
    <>
      <div className="form-grid">
        <TextInput
          label="Id"
          description="Stays; another id is another rule"
          value={textOf(of['id'])}
          onChange={(event) => set({ id: event.currentTarget.value })}
          disabled={!isNew}
        />
        <TextInput label="Title" value={textOf(of['title'])} onChange={(event) => set({ title: event.currentTarget.value })} />
        <NativeSelect
          label="Class"
          description="Business goes to who owns the work, technical to who is on call"
          value={textOf(of['class'])}
          onChange={(event) => set({ class: event.currentTarget.value })}
          data={[
            { value: 'business', label: 'Business' },
            { value: 'technical', label: 'Technical' },
          ]}
        />
        <SeverityInput label="Severity" value={of['severity'] ?? 'high'} onChange={(severity) => set({ severity })} />
      </div>
      <fieldset className="form-part">
        <legend>What it looks at</legend>
        <div className="form-grid">
          <NativeSelect
            label="Kind"
            {...(kind === undefined ? {} : { description: WATCH_KINDS[kind].meaning })}
            className="form-wide"
            value={kind ?? ''}
            onChange={({ currentTarget: { value } }) => set({ watch: WATCH_KINDS[value as WatchKind].fresh })}
            data={(Object.keys(WATCH_KINDS) as WatchKind[]).map((one) => ({ value: one, label: WATCH_KINDS[one].name }))}
          />
          {kind !== undefined && (
            <WatchFields key={kind} kind={kind} of={watch} set={(changes) => set({ watch: { ...watch, ...changes } })} />
          )}
        </div>
        <WhereFields of={recordOf(of['where'])} onChange={(where) => set({ where })} />
      </fieldset>
      <fieldset className="form-part">
        <legend>When it fires, and when it is over</legend>
        <div className="form-grid">
          <SecondsInput label="Must hold for" value={of['for_s'] ?? 0} onChange={(value) => set({ for_s: value })} />
          <SecondsInput
            label="Must be over for"
            value={of['keep_firing_s'] ?? 0}
            onChange={(value) => set({ keep_firing_s: value })}
          />
          <NumberInput
            label="Documents, at least"
            description="Fewer say nothing: neither that it fires nor that it is over"
            min={0}
            value={numberOf(of['minimum_n'] ?? 0)}
            onChange={(value) => typeof value === 'number' && set({ minimum_n: value })}
          />
          <Checkbox
            label="Held back while an incident blocks the document"
            checked={of['inhibited'] !== false}
            onChange={(event) => set({ inhibited: event.currentTarget.checked })}
          />
        </div>
      </fieldset>
      <PageFields of={of} set={set} />
    </>
  )
}

function PageFields({ of, set }: Omit<Props, 'isNew'>) {
  return (
    <fieldset className="form-part">
      <legend>Its pages</legend>
      <div className="form-grid">
        <MultiSelect
          label="One page for each"
          description="None: one page of all"
          value={listOf(of['group_by'])}
          maxValues={4}
          onChange={(names) => set({ group_by: names })}
          data={GROUPINGS.map((one) => ({ value: one, label: words(one) }))}
        />
        <SecondsInput
          label="Gathers for, before it is told"
          value={of['wait_s'] ?? 30}
          onChange={(value) => set({ wait_s: value })}
        />
        <SecondsInput
          label="More is told after"
          value={of['interval_s'] ?? 300}
          onChange={(value) => set({ interval_s: value })}
        />
        <SecondsInput
          label="Told again after"
          description="While nobody acknowledges it; empty: never"
          value={of['repeat_s'] === undefined ? 14_400 : of['repeat_s']}
          optional
          onChange={(value) => set({ repeat_s: value })}
        />
        <TextInput
          className="form-wide"
          label="Summary"
          description={`The one line of a page; may name ${SUMMARY_FIELDS.map((one) => `{${one}}`).join(' ')}. Empty: made by the kind`}
          value={textOf(of['summary'])}
          onChange={(event) => set({ summary: event.currentTarget.value })}
        />
        <TextInput
          label="Runbook"
          placeholder="https://wiki.example.com/late-invoices"
          value={textOf(of['runbook'])}
          onChange={({ currentTarget: { value } }) => set({ runbook: value === '' ? null : value })}
        />
        <Checkbox
          label="In force"
          description="Otherwise it is kept and not evaluated"
          checked={of['enabled'] !== false}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        <Textarea
          className="form-wide"
          label="Description"
          description="What it means, and what to do about it"
          autosize
          minRows={2}
          value={textOf(of['description'])}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
      </div>
    </fieldset>
  )
}
