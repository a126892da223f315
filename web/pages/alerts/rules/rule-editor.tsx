import { Button, SegmentedControl } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { AlertQuality } from '../../../../api/contract/alerts.ts'
import type { RuleDetail } from '../../../../api/contract/rules.ts'
import { useAct } from '../../../answers.ts'
import { ask } from '../../../api.ts'
import { counted } from '../../../format.ts'
import { DiffView } from '../../../parts/diff-view.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useAddress, useScope } from '../../../scope.ts'
import { useSession } from '../../../session.ts'
import { Problems } from '../problems.tsx'
import { WhyInput } from '../why-input.tsx'
import { YamlInput } from '../yaml-input.tsx'
import { BacktestPanel } from './backtest-panel.tsx'
import { type Draft } from './draft.ts'
import { draftText, readDraft } from './draft-text.ts'
import { RuleQuality } from './quality-parts.tsx'
import { RuleFields } from './rule-fields.tsx'

const SETTLE_MS = 350

type Props = { of: RuleDetail | null; start: Draft; quality: AlertQuality['rules'][number] | undefined }

/** A rule as a form or as YAML, linted while it is typed, with what it would have done. */
export function RuleEditor({ of, start, quality }: Props) {
  const admin = useSession().scopes.includes('admin')
  const navigate = useNavigate()
  const address = useAddress()
  const saved = draftText(start)
  const [text, setText] = useState(saved)
  const [view, setView] = useState<'form' | 'yaml' | 'change'>('form')
  const [note, setNote] = useState('')
  const [settled] = useDebouncedValue(text, SETTLE_MS)
  const checked = readDraft(settled)
  const present = readDraft(text).draft
  const lint = useLint(checked.draft)
  const save = useAct('RuleSaved', () => ({ path: '/v1/rules', body: { rule: present, note: note.trim() } }))
  const problems =
    checked.problem === null
      ? (lint.data?.problems ?? [])
      : [{ code: 'no_yaml', message: checked.problem, level: 'error' as const }]
  const errors = problems.filter(({ level }) => level === 'error').length
  const isKnown = checked.problem !== null || (lint.isSuccess && !lint.isFetching && settled === text)
  const isDirty = text !== saved
  const set = (changes: Draft): void => {
    if (present !== undefined) setText(draftText({ ...present, ...changes }))
  }
  return (
    <div className="stack">
      {of !== null && (
        <RuleQuality
          of={quality}
          onTake={
            admin
              ? ({ kind, seconds }) =>
                  set(
                    kind === 'retire'
                      ? { enabled: false }
                      : kind === 'raise_for'
                        ? { for_s: seconds }
                        : { keep_firing_s: seconds },
                  )
              : undefined
          }
        />
      )}
      <Panel
        title="Definition"
        note={isDirty ? 'changed, not saved' : 'linted as you type'}
        aside={
          <>
            {isKnown && <Verdict errors={errors} warnings={problems.length - errors} />}
            <SegmentedControl
              size="xs"
              aria-label="Shown as"
              value={view}
              onChange={setView}
              data={[
                { value: 'form', label: 'Form' },
                { value: 'yaml', label: 'YAML' },
                { value: 'change', label: 'What changes' },
              ]}
            />
          </>
        }
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            save.mutate(undefined, {
              onSuccess: ({ id }) => {
                setNote('')
                if (of === null) void navigate(address(`/alerts/rules/${encodeURIComponent(id)}`))
              },
            })
          }}
        >
          {view === 'form' && present !== undefined && <RuleFields of={present} isNew={of === null} set={set} />}
          {view === 'change' && <DiffView former={saved} present={text} label="What the draft changes" />}
          {(view === 'yaml' || (view === 'form' && present === undefined)) && (
            <YamlInput label="The rule as YAML, as it stands in rules as code" value={text} onChange={setText} />
          )}
          {lint.isError && <Fault error={lint.error} />}
          <Problems of={problems} label="What is wrong with the rule" />
          {problems.some(({ code }) => code === 'rule_sla_unknown') && (
            <p className="form-note">
              <ScopedLink to="/slas">Define the service level, or take those that ship</ScopedLink>; the rule watches it from then
              on.
            </p>
          )}
          {admin && (
            <div className="row rule-save">
              <WhyInput value={note} onChange={setNote} />
              <Button
                size="xs"
                type="submit"
                loading={save.isPending}
                disabled={!isKnown || errors > 0 || (!isDirty && of?.state === 'active')}
              >
                {of === null ? 'Save the rule' : 'Save'}
              </Button>
              {isDirty && (
                <Button size="xs" variant="subtle" onClick={() => setText(saved)}>
                  Take the changes back
                </Button>
              )}
            </div>
          )}
          {save.isError && <Fault error={save.error} />}
        </form>
      </Panel>
      <BacktestPanel rule={isKnown && errors === 0 ? checked.draft : undefined} isDirty={isDirty} />
    </div>
  )
}

function Verdict({ errors, warnings }: { errors: number; warnings: number }) {
  if (errors > 0) return <StateChip tone="bad">{counted(errors, 'mistake')}</StateChip>
  if (warnings > 0) return <StateChip tone="caution">{counted(warnings, 'warning')}</StateChip>
  return <StateChip tone="good">valid</StateChip>
}

function useLint(rule: Draft | undefined) {
  const { tenant } = useScope()
  return useQuery({
    queryKey: [tenant, '/v1/rules/lint', rule],
    queryFn: ({ signal }) => ask('AlertProblems', '/v1/rules/lint', { method: 'POST', tenant, body: rule, signal }),
    enabled: rule !== undefined,
    placeholderData: (former) => former,
    gcTime: 60_000,
  })
}
