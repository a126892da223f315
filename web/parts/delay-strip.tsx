import type { DocumentDelays } from '../../api/contract/delays.ts'
import { duration, instant, words } from '../format.ts'
import '../styles/delays.css'
import { causeName } from './delay-causes.tsx'

/** The life of a document as a strip: each stretch as wide as it is long, in the fill of its cause. */
export function DelayStrip({ of, label }: { of: DocumentDelays; label: string }) {
  const stretches = [
    ...of.segments.map(({ from, to, cause, stage, step, holder, system }) => ({
      from,
      seconds: (Date.parse(to) - Date.parse(from)) / 1000,
      cause,
      where: [stage, step].filter((one) => one !== '').join(' · '),
      who: system === '' ? holder : system,
    })),
    ...(of.open === null || of.open.elapsed_s === 0
      ? []
      : [
          {
            from: of.open.since,
            seconds: of.open.elapsed_s,
            cause: of.open.cause,
            where: `${of.open.stage}, until now`,
            who: of.open.system === '' ? of.open.holder : of.open.system,
          },
        ]),
  ]
  return (
    <ol className="delay-strip" aria-label={label}>
      {stretches.map(({ from, seconds, cause, where, who }) => (
        <li
          key={from}
          data-cause={cause}
          style={{ flexGrow: seconds }}
          title={`${causeName(cause)}, ${duration(seconds)}${who === '' ? '' : `: ${who}`}\n${words(where)}\nfrom ${instant(from)} UTC`}
        >
          <span className="visually-hidden">
            {causeName(cause)}, {duration(seconds)}
          </span>
        </li>
      ))}
    </ol>
  )
}
