import { readdirSync, readFileSync } from 'node:fs'
import { SightlineError } from '../../platform/errors.ts'
import { Mapping } from './mapping.ts'

const FOLDER = new URL('../mappings/', import.meta.url)
/** Share of a log's activity names that a pack must know to be suggested. */
const KNOWN_SHARE = 0.6

let packs: Map<string, Mapping> | undefined

/** The mappings that ship, by name, read once from `ingest/mappings/*.json`. */
export function mappingPacks(): ReadonlyMap<string, Mapping> {
  packs ??= new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.json'))
      .toSorted()
      .map((file) => {
        const pack = parseMapping(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')), file)
        return [pack.name, pack]
      }),
  )
  return packs
}

/** A mapping that ships, or `undefined`. */
export function findPack(name: string): Mapping | undefined {
  return mappingPacks().get(name)
}

/** The pack that knows most of these activity names, where it knows at least 60 % of them. */
export function suggestPack(activities: Iterable<string>): string | null {
  const names = new Set(activities)
  if (names.size === 0) return null
  let best: { name: string; known: number } | null = null
  for (const [name, pack] of mappingPacks()) {
    const known = [...names].filter((activity) => Object.hasOwn(pack.activities, activity)).length
    if (known / names.size >= KNOWN_SHARE && known > (best?.known ?? 0)) best = { name, known }
  }
  return best?.name ?? null
}

/** Reads a mapping from parsed JSON. @throws SightlineError `file_invalid` that names the field */
export function parseMapping(value: unknown, name: string): Mapping {
  const parsed = Mapping.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SightlineError('file_invalid', `The mapping ${name} is not valid: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`)
}
