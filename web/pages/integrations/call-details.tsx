import type { IntegrationCall } from '../../../api/contract/integrations.ts'
import { percent, words } from '../../format.ts'
import { ClassBadge, isExceptionClass } from '../../parts/classes.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { CallStatus } from './call-status.tsx'
import { took } from './milliseconds.ts'

/** Every field of one call. */
export function CallDetails({ of, totalMs }: { of: IntegrationCall; totalMs?: number }) {
  const fields: readonly [string, string][] = [
    ['Reported by', of.reporter],
    ['Kind', [of.kind, of.span_kind].filter((text) => text !== '').join(', ')],
    ['Started', of.started_at],
    ['Attempt', of.attempt === 0 ? '' : String(of.attempt)],
    ['Error', of.error_type],
    ['Queue', of.queue],
    ['Workflow', of.workflow],
    ['Span', of.span_id],
  ]
  return (
    <div className="stack call-details">
      <div className="row">
        <CallStatus of={of} />
        {isExceptionClass(of.class) && <ClassBadge of={of.class} category={of.category} />}
        <span className="dim num">
          {took(of.duration_ms)}
          {totalMs !== undefined && totalMs > 0 && `, ${percent(of.duration_ms / totalMs)} of the trace`}
        </span>
      </div>
      {of.message !== '' && <p className="call-message">{of.message}</p>}
      {of.class !== 'none' && of.reaction !== '' && <p>What helps: {words(of.reaction).toLowerCase()}</p>}
      {of.objects.length > 0 && (
        <p className="row">
          {of.objects.map(({ type, id }) => (
            <span key={`${type} ${id}`} className="chip">
              {words(type)} <DocumentLink type={type} id={id} />
            </span>
          ))}
        </p>
      )}
      <dl className="meaning">
        <dt>System</dt>
        <dd>
          <ScopedLink to={`/integrations/systems/${encodeURIComponent(of.system)}`}>{of.system}</ScopedLink>
        </dd>
        {fields
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        {of.workflow_run !== '' && (
          <>
            <dt>Run</dt>
            <dd>
              <ScopedLink to={`/integrations/runs/${encodeURIComponent(of.workflow_run)}`}>{of.workflow_run}</ScopedLink>
            </dd>
          </>
        )}
        {Object.entries(of.attributes).map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt className="mono">{name}</dt>
            <dd className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
