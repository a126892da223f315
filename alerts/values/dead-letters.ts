import { z } from 'zod'
import { openLetters } from '../../queries/dead-letters.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { ValueSource } from './value.ts'

const Raw = z.array(z.object({ feed: z.string(), code: z.string(), letters: z.number() }))

/** Dead letters that wait, by the way in that they came. */
export const deadLetters: ValueSource<'dead_letters', typeof Raw> = {
  series: () => 'open dead letters',
  everyS: ({ watch }) => watch.every_s,
  raw: Raw,
  read: (_rule, { reader, at }) => openLetters(reader, at),
  judge({ watch, severity }, raw): Seen[] {
    const counted = raw.filter(
      ({ feed, code }) =>
        (watch.sources.length === 0 || watch.sources.includes(feed)) && (watch.codes.length === 0 || watch.codes.includes(code)),
    )
    return [...Map.groupBy(counted, ({ feed }) => feed)].map(([feed, rows]) => {
      const letters = rows.reduce((sum, row) => sum + row.letters, 0)
      const codes = rows.toSorted((a, b) => b.letters - a.letters).map(({ code, letters: n }) => `${code} (${n})`)
      return {
        key: feed === '' ? 'events' : feed,
        labels: { system: feed },
        noun: 'record',
        of: null,
        value: letters,
        fields: { value: String(letters), threshold: String(watch.more_than) },
        cause: `${letters} records wait that could not be read: ${codes.slice(0, 3).join(', ')}`,
        holds: letters > watch.more_than,
        severity,
      }
    })
  },
}
