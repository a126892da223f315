import { connectorStates } from '../platform/connector-state.ts'
import type { RegisteredSource } from '../platform/sources.ts'
import { type Freshness, freshness } from '../queries/freshness.ts'
import type { TenantReader } from '../queries/run.ts'
import type { FeedFreshness } from './contract/freshness.ts'
import type { Services } from './services.ts'

/**
 * How a tenant's sources stand: the freshness of CloudEvents sources by name, and of every way in with the state of its connector.
 * Registered sources that never brought anything are among them. `names` are those of all.
 */
export async function sourceHealth(
  reader: TenantReader,
  services: Pick<Services, 'stores' | 'now'>,
  registered: readonly RegisteredSource[],
): Promise<{ names: ReadonlySet<string>; freshnessOf(source: string): Freshness; feeds: FeedFreshness[] }> {
  const [known, connectors] = await Promise.all([
    freshness(reader, {
      keeper: services.stores,
      now: services.now(),
      atOnce: true,
      registered: registered.map(({ id }) => id),
      paused: new Set(registered.filter(({ state }) => state === 'paused').map(({ id }) => id)),
      declared: new Map(registered.flatMap(({ id, config }) => declaredPace(id, config['expected_every_s']))),
    }),
    connectorStates(services.stores.postgres.db, reader.tenant),
  ])
  const pulled = new Set(registered.filter(({ kind }) => kind === 'n8n').map(({ id }) => id))
  return {
    names: new Set([...known.sources.keys(), ...known.feeds.keys()]),
    freshnessOf: (source) => known.sources.get(source) ?? NEW,
    feeds: [...known.feeds].map(([feed, fresh]) => ({
      feed,
      freshness: fresh,
      connector: pulled.has(feed) ? (connectors.get(feed) ?? NOT_YET) : null,
    })),
  }
}

function declaredPace(id: string, everyS: unknown): [string, number][] {
  return typeof everyS === 'number' && everyS > 0 ? [[id, everyS]] : []
}

/** A source that came up between two reads. */
const NEW: Freshness = {
  last_at: null,
  last_received_at: null,
  expected_gap_s: null,
  learned_from_n: 0,
  state: 'learning',
  silent_since: null,
  message: 'It has just begun to send.',
}

const NOT_YET = { ran_at: null, succeeded_at: null, error: null, failures: 0, next_at: null }
