import { Button } from '@mantine/core'
import { useNavigate } from 'react-router'
import type { RuleDetail } from '../../../../api/contract/rules.ts'
import { useAct, useAnswer } from '../../../answers.ts'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { Empty, Fault, Shown } from '../../../parts/states.tsx'
import { useAddress } from '../../../scope.ts'
import { useSession } from '../../../session.ts'
import { VersionTable } from '../version-table.tsx'
import type { Draft } from './draft.ts'
import { RuleEditor } from './rule-editor.tsx'
import { Origin, RuleState } from './rule-parts.tsx'
import { WATCH_KINDS } from './watch-kinds.ts'

const STARTING_POINT: Draft = {
  id: 'invoices-late',
  title: 'Invoices late for approval',
  class: 'business',
  severity: 'high',
  watch: WATCH_KINDS.clock.fresh,
  group_by: ['sla', 'owner'],
}

/** One rule: how well it serves, its form, what a change would have done, and its versions; or the form of a new one. */
export function RuleEditorPage({ id }: { id: string }) {
  const isNew = id === 'new'
  const answer = useAnswer('RuleDetail', `/v1/rules/${encodeURIComponent(id)}`, {}, { enabled: !isNew })
  if (isNew)
    return (
      <>
        <div className="detail-head rule-head">
          <ScopedLink to="/alerts/rules">Rules</ScopedLink>
          <h2>New rule</h2>
        </div>
        <RuleEditor of={null} start={STARTING_POINT} quality={undefined} />
      </>
    )
  return <Shown of={answer}>{(of) => <Rule key={of.version} of={of} />}</Shown>
}

function Rule({ of }: { of: RuleDetail }) {
  const quality = useAnswer('AlertQuality', '/v1/alerts/quality').data?.rules.find(({ rule }) => rule === of.id)
  return (
    <>
      <div className="detail-head rule-head">
        <ScopedLink to="/alerts/rules">Rules</ScopedLink>
        <h2>{of.rule.title}</h2>
        <span className="mono dim">{of.id}</span>
        <RuleState of={of} />
        <span className="dim">
          <Origin of={of} /> · version {of.version}
        </span>
        <span style={{ flex: 1 }} />
        <RuleActs of={of} />
      </div>
      <RuleEditor of={of} start={of.rule} quality={quality} />
      <div className="section-below">
        <Versions of={of} />
      </div>
    </>
  )
}

function RuleActs({ of }: { of: RuleDetail }) {
  const admin = useSession().scopes.includes('admin')
  const navigate = useNavigate()
  const address = useAddress()
  const retire = useAct('RuleSaved', () => ({ path: `/v1/rules/${encodeURIComponent(of.id)}/retire`, body: {} }))
  const reset = useAct('RuleSaved', () => ({ path: `/v1/rules/${encodeURIComponent(of.id)}/reset`, body: {} }))
  if (!admin) return null
  return (
    <>
      {of.inherited !== null && of.versions.length > 0 && (of.overridden.length > 0 || of.state === 'retired') && (
        <Button size="xs" variant="default" loading={reset.isPending} onClick={() => reset.mutate()}>
          Back to what is inherited
        </Button>
      )}
      {of.state === 'active' && (
        <Button
          size="xs"
          variant="default"
          loading={retire.isPending}
          onClick={() => retire.mutate(undefined, { onSuccess: () => void navigate(address('/alerts/rules')) })}
        >
          Retire it
        </Button>
      )}
      {retire.isError && <Fault error={retire.error} />}
      {reset.isError && <Fault error={reset.error} />}
    </>
  )
}

/** What was stated about a rule over time, each version beside the one before. */
function Versions({ of }: { of: RuleDetail }) {
  return (
    <Panel
      title="Versions"
      note={of.inherited === null ? 'the latest first' : 'of what this tenant states: differences from what is inherited'}
    >
      {of.versions.length === 0 ? (
        <Empty certain title="It is as it ships: this tenant states nothing about it" />
      ) : (
        <VersionTable of={of.versions} />
      )}
    </Panel>
  )
}
