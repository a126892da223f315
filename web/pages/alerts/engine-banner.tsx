import type { AlertEngine } from '../../../api/contract/alerts.ts'
import { useAnswer } from '../../answers.ts'
import { ago, counted, duration, instant } from '../../format.ts'
import { useNow } from '../../now.ts'
import { ScopedLink } from '../../parts/scoped-link.tsx'

const REFRESH_MS = 15_000

/** How the alert engine is with the tenant, followed as it goes. */
export function useEngine() {
  return useAnswer('AlertEngine', '/v1/alerts/engine', {}, { refreshMs: REFRESH_MS })
}

/** Says so when the engine stands still, or messages reach nobody: a quiet inbox means nothing then. */
export function EngineBanner() {
  const now = useNow()
  const of = useEngine().data
  if (of === undefined) return null
  return (
    <>
      {of.state === 'late' && of.evaluated_at !== null && (
        <p className="alert-banner" role="status">
          <strong>Alerts are not being evaluated.</strong> The engine last looked {ago(of.evaluated_at, now)} (
          {instant(of.evaluated_at)}): what has come about since is not shown here, and nobody is told of it. Check that a process
          with <span className="mono">alerts</span> runs.
        </p>
      )}
      {of.error !== null && (
        <p className="alert-banner" role="status">
          <strong>The last evaluation failed:</strong> {of.error}
        </p>
      )}
      {of.dead > 0 && (
        <p className="alert-banner" role="status">
          <strong>{counted(of.dead, 'message')} of the last seven days reached nobody.</strong>{' '}
          {of.dead_channels.map(({ channel, title, error }, index) => (
            <span key={channel}>
              {index > 0 && '; '}
              <ScopedLink to={`/alerts/channels/${encodeURIComponent(channel)}`}>{title}</ScopedLink>
              {error !== null && `: ${error}`}
            </span>
          ))}
        </p>
      )}
    </>
  )
}

/** A sentence on the engine for an inbox without alerts: whether its silence can be trusted. */
export function engineSentence(of: AlertEngine, now: number): string {
  if (of.state === 'never' || of.evaluated_at === null)
    return 'The engine has not looked at this tenant yet: nothing is known of it, and nobody would be told.'
  if (of.state === 'late') return `The engine stands still since ${ago(of.evaluated_at, now)}: this silence says nothing.`
  const behind = of.lag_s === null ? '' : `, with the events up to ${duration(of.lag_s)} before now`
  return `The engine looked ${ago(of.evaluated_at, now)}${behind}; ${counted(of.rules, 'rule')} ${of.rules === 1 ? 'is' : 'are'} in force.`
}
