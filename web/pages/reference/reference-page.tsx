import { Navigate, NavLink, useParams } from 'react-router'
import type { ReferenceKindInfo } from '../../../api/contract/reference.ts'
import { useAnswer } from '../../answers.ts'
import { count } from '../../format.ts'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { useAddress } from '../../scope.ts'
import '../../styles/intake.css'
import '../../styles/reference.css'
import { KindSection } from './kind-section.tsx'

/** What events do not say – suppliers, contracts, authority, rates, targets … – each with the period in which it holds. */
export function ReferencePage() {
  const { kind } = useParams()
  const address = useAddress()
  const kinds = useAnswer('ReferenceKinds', '/v1/reference')
  return (
    <>
      <PageHead title="Reference data">What events do not say, each row with the period in which it holds</PageHead>
      <Shown of={kinds} height={480}>
        {({ kinds: all }) => {
          const shown = all.find((one) => one.kind === kind)
          const [first] = all
          if (shown === undefined)
            return first === undefined ? null : <Navigate replace to={address(`/reference/${first.kind}`)} />
          return (
            <div className="reference">
              <Kinds of={all} />
              {shown.kind === 'systems' ? <SystemsNote of={shown} /> : <KindSection key={shown.kind} of={shown} />}
            </div>
          )
        }}
      </Shown>
    </>
  )
}

function Kinds({ of }: { of: readonly ReferenceKindInfo[] }) {
  const address = useAddress()
  return (
    <nav className="panel reference-kinds" aria-label="Kinds of reference data">
      {of.map(({ kind, title, rows }) => (
        <NavLink key={kind} to={address(`/reference/${kind}`)}>
          {title}
          <span className={rows === 0 ? 'dim' : 'num'}>{rows === 0 ? 'none' : count(rows)}</span>
        </NavLink>
      ))}
    </nav>
  )
}

function SystemsNote({ of }: { of: ReferenceKindInfo }) {
  return (
    <Panel title={of.title} note={`${count(of.rows)} registered`}>
      <p className="reference-holds">
        {of.holds} <span className="dim">Needed by: {of.needed_by}.</span>
      </p>
      <Empty title="Systems are registered beside their calls">
        <p>
          <ScopedLink to="/integrations/systems">Open the systems</ScopedLink> to see how each is doing, and to register or change
          one.
        </p>
      </Empty>
    </Panel>
  )
}
