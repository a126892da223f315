import type { AlertDetail } from '../../../api/contract/alerts.ts'
import { instant } from '../../format.ts'

type Entry = AlertDetail['story'][number]

/** How an entry of a story weighs: what the engine did, what people did, and what ended well or badly. */
export type Mark = 'engine' | 'person' | 'good' | 'bad'

/** What happened, in a sentence, and what was said about it. */
export function storyText(
  entry: Entry & { also: readonly string[] },
  titles: ReadonlyMap<string, string>,
): { text: string; said: string; mark: Mark } {
  const { what, detail, actor } = entry
  const text = (name: string): string => (typeof detail[name] === 'string' ? detail[name] : '')
  const list = (name: string): string[] => (Array.isArray(detail[name]) ? detail[name].map(String) : [])
  const party = (id: string): string => titles.get(id) ?? id
  const said = text('note') || text('text') || text('reason')
  const mark: Mark = actor === 'engine' ? 'engine' : 'person'
  const key = text('key')
  const { also } = entry
  const [some, verb] = also.length === 0 ? [key || 'Something', 'is'] : [`${key} and ${also.length} more`, 'are']
  switch (what) {
    case 'opened':
      return { text: 'Opened', said, mark: 'bad' }
    case 'joined':
      return { text: `${some} joined`, said, mark }
    case 'left':
      return { text: `${some} ${verb} over`, said, mark }
    case 'retracted':
      return { text: `${some}: taken back, since late or corrected events say that it never was`, said, mark }
    case 'raised':
      return { text: `Became ${text('severity') || 'graver'}${key === '' ? '' : ` by ${key}`}`, said, mark: 'bad' }
    case 'stale':
      return { text: 'Its data is missing: it stays as it was known last', said, mark: 'bad' }
    case 'fresh':
      return { text: 'Its data is back', said, mark }
    case 'inhibited':
      return {
        text: text('by') === '' ? 'Holds back alerts of what it blocks' : 'Held back while an incident blocks its documents',
        said,
        mark,
      }
    case 'released':
      return { text: 'No longer held back', said, mark }
    case 'silenced':
      return { text: 'Silenced', said, mark }
    case 'told':
      return { text: `Told ${party(text('party'))}${by(list('channels'))}`, said, mark }
    case 'not_told': {
      const until = detail['until']
      const late = typeof until === 'number' ? `: its working time begins ${instant(new Date(until / 1000).toISOString())}` : ''
      return { text: text('party') === '' ? 'Nobody was told' : `${party(text('party'))} is not told yet${late}`, said, mark }
    }
    case 'acknowledged':
      return { text: `Acknowledged for ${list('parties').map(party).join(', ') || 'all'}`, said, mark: 'good' }
    case 'handed_over':
      return { text: `Handed over from ${party(text('party'))} to ${party(text('to'))}`, said, mark }
    case 'escalated':
      return {
        text: `Escalated at ${party(text('party'))}${by(list('channels'))}: nobody had acknowledged it`,
        said,
        mark: 'bad',
      }
    case 'resolved':
      return { text: actor === 'engine' ? 'All of it is over' : 'Closed by hand', said, mark: 'good' }
    case 'reopened':
      return { text: 'Opened again', said, mark: 'bad' }
    case 'verdict':
      return { text: `Called ${text('verdict')}`, said, mark }
    case 'note':
      return { text: 'Note', said, mark }
    default:
      return { text: what.replaceAll('_', ' '), said, mark }
  }
}

function by(channels: readonly string[]): string {
  return channels.length === 0 ? '' : ` by ${channels.join(', ')}`
}

/** A story in which documents that came or went one after the other are one entry: an outage that blocks 300 has a story of a page. */
export function condensed(story: readonly Entry[]): (Entry & { also: string[] })[] {
  const out: (Entry & { also: string[] })[] = []
  for (const entry of story) {
    const last = out.at(-1)
    const isRun = last !== undefined && last.what === entry.what && RUNS.has(entry.what) && minute(last.at) === minute(entry.at)
    if (isRun) last.also.push(typeof entry.detail['key'] === 'string' ? entry.detail['key'] : '')
    else out.push({ ...entry, also: [] })
  }
  return out
}

const RUNS = new Set(['joined', 'left', 'retracted'])

function minute(at: string): string {
  return at.slice(0, 16)
}
